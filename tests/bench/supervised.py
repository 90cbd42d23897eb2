"""The parents that are measured: camd, a bare loop, s6, runit and supervisord, each with the same trivial workers.

A parent is started with a number of cameras and has two workers a camera. What the workers tell lies on a Board."""
import mmap
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH, HEIGHT = 64, 48
BOARD_PIDS = 65536
HEAD = struct.Struct("<QQqqQ")
RUNIT_MAX = 900  # services that one runsvdir takes


def wait(condition, what, limit_s=300, poll_s=0.0005):
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {limit_s} s")
        time.sleep(poll_s)


def limits():
    """In a child: enough descriptors and processes for 1000 cameras, and a group of its own."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))


class Board:
    """What the workers tell: see scale_board.h."""

    def __init__(self, path):
        path.write_bytes(bytes(HEAD.size + 4 * BOARD_PIDS))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def head(self):
        return HEAD.unpack_from(self.memory)  # started, ready, started_ns, ready_ns, events a second

    def clear(self):
        self.memory[:] = bytes(len(self.memory))

    def say_events(self, a_second):
        struct.pack_into("<Q", self.memory, HEAD.size - 8, a_second)

    def pids(self):
        started = self.head()[0]
        return struct.unpack_from(f"<{min(started, BOARD_PIDS)}I", self.memory, HEAD.size)


def find_program(build, name):
    """A program of a build directory, or None."""
    return next((path for path in sorted(Path(build).resolve().glob(f"**/{name}")) if path.is_file() and os.access(path, os.X_OK)), None)


def program(build, name):
    """A program of a build directory, which has to be there."""
    return find_program(build, name) or sys.exit(f"bench: there is no {name} in {build}: meson setup -Dbench=true")


def private_mb(pids):
    """Private memory of these processes together."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(("Private_Clean", "Private_Dirty")))
    return total / 1024


def children(pid):
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()))


class Place:
    """A directory for a measurement: the worker's program, its board, and whatever a parent needs."""

    def __init__(self, build, slots=4):
        self.build, self.slots = Path(build).resolve(), slots
        self.directory = Path(tempfile.mkdtemp(prefix="camd-bench-"))
        self.worker = self.directory / "worker"
        shutil.copy(self.program("scale-worker"), self.worker)
        self.board = Board(self.directory / "board")
        self.parents = []  # processes that end with the place

    def program(self, name):
        return program(self.build, name)

    def libexec(self):
        """A directory with camd's own programs, all that are built."""
        directory = self.directory / "libexec"
        directory.mkdir(exist_ok=True)
        for name in ("camd-capture", "camd-tracker", "camd-detector", "camd-sync", "camd-grid", "camd-exec", "camd-events"):
            found = next((path for path in sorted(self.build.glob(f"src/**/{name}")) if path.is_file()), None)
            if found and not (directory / name).exists():
                (directory / name).symlink_to(found)
        return directory

    def fresh(self, name):
        """An empty directory of that name."""
        path = self.directory / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def close(self):
        for process in self.parents:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory)
        for left in Path("/dev/shm").glob(f"camdbench-{os.getpid()}*"):
            left.unlink()


class Parent:
    """A parent with its workers. `stop` ends all of it and returns the milliseconds that took."""
    name, packages, at_most = None, (), None

    def __init__(self, place):
        self.place, self.process = place, None

    @classmethod
    def missing(cls):
        """The program that is not installed, or None."""
        return next((program for program in cls.packages if not shutil.which(program)), None)

    def start(self, cameras):
        """Starts all and waits; returns the milliseconds until the last worker was there. What looks for files is in prepare."""
        self.place.board.clear()
        self.prepare(cameras)
        begun = time.monotonic_ns()
        self.process = self.execute(cameras)
        self.place.parents.append(self.process)
        came = self.came
        wait(lambda: self.place.board.head()[came] >= 2 * cameras or self.process.poll() is not None, f"{self.name}: all workers")
        if self.process.poll() is not None:
            raise ChildProcessError(f"{self.name} ended with {self.process.returncode}")
        return (self.place.board.head()[came + 2] - begun) / 1e6

    came = 0  # of the board's head: started, or ready for those with a channel

    def prepare(self, cameras):
        pass

    def execute(self, cameras):
        raise NotImplementedError

    def pids(self):
        """Of the parent itself: what its memory is counted of."""
        return [self.process.pid]

    def stop(self):
        begun = time.monotonic_ns()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        return (time.monotonic_ns() - begun) / 1e6

    def kill_one(self, count, victim=None):
        """kill -9 of a worker to its replacement's main, in ms, and the replacement."""
        board = self.place.board
        before, ready = board.head()[:2]
        if victim is None:
            pids = board.pids()[-count:]
            victim = random.choice(pids)
            while not os.path.exists(f"/proc/{victim}"):
                victim = random.choice(pids)
        begun = time.monotonic_ns()
        os.kill(victim, signal.SIGKILL)
        wait(lambda: board.head()[0] > before, f"{self.name}: the replacement")
        value = (board.head()[2] - begun) / 1e6
        if self.came == 1:
            wait(lambda: board.head()[1] > ready, f"{self.name}: the replacement's ready")
        return value, board.pids()[-1]

    def private_mb(self):
        return private_mb(self.pids())


class Bare(Parent):
    name, came = "bare loop", 1

    def prepare(self, cameras):
        self.program = self.place.program("bare-loop")

    def execute(self, cameras):
        place = self.place
        return subprocess.Popen([self.program, place.worker, str(cameras), str(place.slots), str(WIDTH * HEIGHT * 3 // 2),
                                 f"camdbench-{os.getpid()}-bare."], preexec_fn=limits)


class Camd(Parent):
    name, came = "camd", 1
    own_settings = ""  # of [camd]
    settings = "restart_delay = 0\nbest_pictures = 0\n"  # the bare loop has no such segment

    def prepare(self, cameras):
        place = self.place
        self.program = place.program("camd")
        self.environment = dict(os.environ, CAMD_LIBEXECDIR=str(place.libexec()))
        shutil.rmtree(place.directory / "state", ignore_errors=True)
        text = [f"[camd]\nrun_dir = {place.directory}/run\nstate_dir = {place.directory}/state\ncameras_dir = none\n"
                f"shm_prefix = camdbench-{os.getpid()}.\nslots_max = {place.slots}\nlog = {place.directory}/log\n"
                f"log_level = warning\nworker_user = none\n{self.own_settings}[defaults]\nwidth = {WIDTH}\nheight = {HEIGHT}\nstall_timeout = 3600\n"
                f"first_frame_timeout = 3600\ncapture = {place.worker}\ntracker = {place.worker}\n{self.settings}"]
        text += [f"[camera c{i}]\ninput = /dev/null\n" for i in range(cameras)]
        (place.directory / "camd.ini").write_text("".join(text), encoding="utf-8")

    def execute(self, cameras):
        return subprocess.Popen([self.program, "-c", self.place.directory / "camd.ini"], env=self.environment, preexec_fn=limits)

    def camctl(self, *words):
        return [self.place.program("camctl"), "-s", self.place.directory / "run/camd.sock", *words]

    def socket(self):
        return self.place.directory / "run/camd.sock"


class CamdThatIsTold(Camd):
    """Its trackers tell events, as many as the board says."""
    own_settings = "pass_environment = SCALE_TELLS\n"

    def prepare(self, cameras):
        super().prepare(cameras)
        self.environment["SCALE_TELLS"] = "1"


class CamdAsItComes(Camd):
    name, settings = "camd as it comes", ""


class CamdWithoutEvents(Camd):
    """Nothing has to reach the disk before it ends, as nothing of the bare loop's has."""
    name, own_settings = "camd without events", "events_keep_days = 0\n"


def alone():
    """The environment of a worker that no parent greets: it waits for a signal."""
    return dict(os.environ, SCALE_ALONE="1")


class S6(Parent):
    name, packages = "s6", ("s6-svscan",)

    def prepare(self, cameras):
        self.scan = self.place.fresh("s6")
        for at in range(2 * cameras):
            service = self.scan / f"c{at}"
            service.mkdir()
            (service / "run").symlink_to(self.place.worker)

    def execute(self, cameras):
        return subprocess.Popen(["s6-svscan", "-c", str(2 * cameras + 1), self.scan], env=alone(), preexec_fn=limits)

    def pids(self):
        return [self.process.pid, *children(self.process.pid)]


class Runit(Parent):
    name, packages = "runit", ("runsvdir",)

    def prepare(self, cameras):
        self.scans = []
        for at in range(2 * cameras):
            if at % RUNIT_MAX == 0:
                self.scans.append(self.place.fresh(f"runit{at // RUNIT_MAX}"))
            service = self.scans[-1] / f"c{at}"
            service.mkdir()
            (service / "run").symlink_to(self.place.worker)

    def execute(self, cameras):
        self.others = [subprocess.Popen(["runsvdir", scan], env=alone(), preexec_fn=limits) for scan in self.scans[1:]]
        return subprocess.Popen(["runsvdir", self.scans[0]], env=alone(), preexec_fn=limits)

    def pids(self):
        return [pid for process in [self.process, *self.others] for pid in (process.pid, *children(process.pid))]

    def stop(self):
        """SIGHUP: runsvdir tells every runsv to stop its service, and goes; the last worker has to go, too."""
        begun = time.monotonic_ns()
        supervisors = self.pids()
        for process in [self.process, *self.others]:
            process.send_signal(signal.SIGHUP)
        for process in [self.process, *self.others]:
            process.wait()
        wait(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in supervisors), "runit: its end")
        return (time.monotonic_ns() - begun) / 1e6


class Supervisord(Parent):
    name, packages = "supervisord", ("supervisord",)
    startsecs = 0

    def prepare(self, cameras):
        directory = self.place.directory
        text = f"""[supervisord]
logfile=/dev/null
logfile_maxbytes=0
pidfile={directory}/supervisord.pid
nodaemon=true
minfds=20000
minprocs=4096
identifier=bench
[unix_http_server]
file={directory}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{directory}/supervisor.sock
[program:c]
command={self.place.worker}
process_name=%(program_name)s%(process_num)d
numprocs={2 * cameras}
autorestart=true
startsecs={self.startsecs}
environment=SCALE_ALONE="1"
stdout_logfile=NONE
stderr_logfile=NONE
"""
        (directory / "supervisord.conf").write_text(text, encoding="utf-8")

    def execute(self, cameras):
        return subprocess.Popen(["supervisord", "-s", "-c", self.place.directory / "supervisord.conf"], preexec_fn=limits,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class SupervisordAsItComes(Supervisord):
    name, startsecs = "supervisord as it comes", 1


PEERS = (S6, Runit, Supervisord)
PEERS_ALL_ROUNDS = 100  # cameras: with more, supervisord alone takes minutes to start


def turns(options, cameras, kinds, more=0):
    """Who is measured, in turns: all in each round, but peers with many cameras in the first one only; the others `more` times more."""
    for number in range(options.rounds):
        yield from (kind for kind in kinds if number == 0 or cameras <= PEERS_ALL_ROUNDS or kind not in PEERS)
        for _ in range(more):
            yield from (kind for kind in kinds if kind not in PEERS)
