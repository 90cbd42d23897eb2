"""A camd with its own workers, for the parts that decode and look."""
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import supervised


class Daemon:
    """Started at once, without cameras but for those in the text; it ends with its place."""

    def __init__(self, place, sections=""):
        self.place, directory = place, place.directory
        self.prefix = f"camdbench-{os.getpid()}."
        (directory / "camd.ini").write_text(
            f"[camd]\nrun_dir = {directory}/run\nstate_dir = {directory}/state\ncameras_dir = none\nworker_user = none\n"
            f"shm_prefix = {self.prefix}\nlog = {directory}/log\n{sections}", encoding="utf-8")
        environment = dict(os.environ, CAMD_LIBEXECDIR=str(place.libexec()))
        self.process = subprocess.Popen([place.program("camd"), "-c", directory / "camd.ini"], env=environment)
        place.parents.append(self.process)
        self.socket = directory / "run/camd.sock"
        while not self.socket.exists():
            if self.process.poll() is not None:
                raise ChildProcessError(f"camd ended with {self.process.returncode}")
            time.sleep(0.001)

    def camctl(self, *words):
        """Its output; camctl's complaint is an exception."""
        done = subprocess.run([self.place.program("camctl"), "-s", self.socket, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChildProcessError(f"camctl {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def status(self):
        return json.loads(self.camctl("--json", "status"))

    def camera(self, name):
        return next(camera for camera in self.status()["cameras"] if camera["name"] == name)

    def await_slots(self):
        """Until each camera has filled all its slots: memory that is touched for the first time is cleared by the kernel, which takes longer than the copy."""
        supervised.wait(lambda: all(camera["frames"] > camera["slots"] for camera in self.status()["cameras"]), "all slots were filled", poll_s=0.2)

    def workers(self):
        """The process ids of all workers."""
        return supervised.children(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def cpu_s(pids):
    """User and system seconds that these processes have used."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
