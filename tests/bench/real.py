"""A camd with its own workers, for the parts that decode and look."""
import json
import os
import signal
import subprocess
import time
from pathlib import Path

PROGRAMS = ("camd-capture", "camd-tracker", "camd-detector", "camd-sync", "camd-grid", "camd-exec", "camd-events")


class Daemon:
    """Started at once, without cameras but for those in the text; it ends with its place."""

    def __init__(self, place, sections=""):
        self.place, directory = place, place.directory
        libexec = directory / "libexec"
        libexec.mkdir(exist_ok=True)
        for name in PROGRAMS:
            program = next((path for path in sorted(place.build.glob(f"src/**/{name}")) if path.is_file()), None)
            if program and not (libexec / name).exists():
                (libexec / name).symlink_to(program)
        self.prefix = f"camdbench-{os.getpid()}."
        (directory / "camd.ini").write_text(
            f"[camd]\nrun_dir = {directory}/run\nstate_dir = {directory}/state\ncameras_dir = none\nworker_user = none\n"
            f"shm_prefix = {self.prefix}\nlog = {directory}/log\n{sections}", encoding="utf-8")
        environment = dict(os.environ, CAMD_LIBEXECDIR=str(libexec))
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

    def workers(self):
        """The process ids of all workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()
        return list(map(int, children))

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


def private_mb(pids):
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(("Private_Clean", "Private_Dirty")))
    return total / 1024
