"""What the integration tests share: a daemon with everything of its own, and the promise that nothing is left.

CAMD_BUILD names the build directory whose programs are tested. Every test has a directory, a run directory, a
cameras directory and a prefix in /dev/shm of its own, so that tests run side by side. Waiting always means polling a
condition within a bound, never a sleep of a guessed length. A test process is the reaper of all that it starts,
directly or not, so a worker that outlives its daemon is seen.
"""
import ctypes
import json
import os
import pty
import random
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
BUILD = Path(os.environ.get("CAMD_BUILD", REPOSITORY / "build"))
# Sanitizers make everything several times slower; the bounds of polls grow with it.
SLOWNESS = float(os.environ.get("CAMD_TEST_SLOWNESS", "1"))
FULL = os.environ.get("CAMD_TEST_FULL") == "1"
PYTHON = "/usr/bin/python3"

# What sanitizers go by, and what tests tell the programs that camd starts, which get nothing else of its environment.
PASSED = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "LD_PRELOAD", "CAMD_TEST_FSYNC_GATE",
          "CAMD_TEST_CAMERA", "CAMD_TEST_OTHER")

SANITIZER_REPORT = re.compile(
    r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:|Assertion `|SUMMARY: .*Sanitizer"
)
PR_SET_CHILD_SUBREAPER = 36
PORTS = []  # reservations, until this process ends


def become_reaper():
    """Processes whose parent dies become ours instead of init's: none of them can get away unseen."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def wait_for(condition, what, timeout=30.0):
    """Polls until condition() is true and returns what it returned. timeout bounds the wait, no more."""
    deadline = time.monotonic() + timeout * SLOWNESS
    pause = 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout * SLOWNESS:.0f} s in vain: {what} (last seen: {value!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def wait_for_window(count, seconds, most, what, windows=8):
    """Waits for a window of so many seconds in which count() grows by no more than most(length of the window), and returns by how much.

    What comes by itself now and then, on a loaded machine at any time, spoils a window; what comes again and again spoils
    all of them.
    """
    seen = []
    for _ in range(windows):
        begun, before = time.monotonic(), count()
        time.sleep(seconds)  # what is measured, not a synchronisation
        length, grown = time.monotonic() - begun, count() - before
        if grown <= most(length):
            return grown
        seen.append(f"{grown} in {length:.1f} s")
    raise AssertionError(f"{what}: {', '.join(seen)}")


def process_state(pid):
    """The state letter of /proc/PID/stat, or None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_running(pid):
    return process_state(pid) not in (None, "Z", "X")


def processes():
    """(pid, parent, command line) of every process but zombies."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            command = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] not in "ZX":
            yield int(entry), int(fields[1]), command.strip()


def descendants(root):
    """{pid: command line} of everything below a process."""
    listed = list(processes())
    found, border = {}, {root}
    while border:
        border = {pid for pid, parent, _ in listed if parent in border and pid not in found}
        found.update((pid, command) for pid, _, command in listed if pid in border)
    return found


def reap_orphans():
    """Collects dead processes that were adopted; those that subprocess.Popen waits for have to be waited for first.

    Whether there is no process any more, whose parent is this one: then there is none below it at all.
    """
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        return True
    return False


def program(name):
    """A program of the build, wherever in the build tree it is."""
    for path in sorted(BUILD.glob(f"src/**/{name}")) + sorted(BUILD.glob(f"tests/*/{name}")):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"{name} has not been built in {BUILD} (CAMD_BUILD names the build directory)")


def clip():
    """The surveillance clip: the real one where there is one, else one with moving shapes made for this run."""
    made = os.environ.get("CAMD_TEST_CLIP")
    if made:
        return Path(made)
    return find_clip() or make_clip(Path(tempfile.mkdtemp(prefix="camd-clip.")))


def find_clip():
    places = [
        Path(os.environ.get("CAMD_DATA", REPOSITORY.parent / "shared" / "data")) / "vtest.avi",
        Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi"),
    ]
    return next((place for place in places if place.is_file()), None)


def make_clip(directory):
    """As long and large as the real one: two shapes move over a grey ground."""
    path = directory / "shapes.avi"
    ffmpeg(
        "-f", "lavfi", "-i", "color=c=gray:s=768x576:r=10:d=79.5",
        "-f", "lavfi", "-i", "color=c=white:s=60x120:r=10:d=79.5",
        "-f", "lavfi", "-i", "color=c=black:s=90x60:r=10:d=79.5",
        "-filter_complex",
        "[0][1]overlay=x='mod(t*60,768)':y=300[a];[a][2]overlay=x='700-mod(t*45,700)':y=120",
        "-c:v", "mpeg4", "-q:v", "4", "-pix_fmt", "yuv420p", path,
    )
    return path


def ffmpeg(*arguments, output=False):
    """Runs ffmpeg and fails with what it said. output: returns the bytes it wrote to standard output."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120 * SLOWNESS, check=False)
    if done.returncode != 0 or (done.stderr and not output):
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def frame_digests(path):
    """MD5 of every frame of a file as ffmpeg decodes it to I420, in order."""
    text = ffmpeg("-i", path, "-map", "0:v:0", "-pix_fmt", "yuv420p", "-vsync", "passthrough", "-f", "framemd5", "-",
                  output=True).decode()
    return [line.split(",")[-1].strip() for line in text.splitlines() if line and not line.startswith("#")]


def static_pattern(size="320x240", rate=10, graph="smptebars"):
    """A picture that never changes, from libavfilter."""
    return f"lavfi:{graph}=size={size}:rate={rate}"


# A bright square on grey, 80 pixels a second to the right: little enough changes that motion is calibrated within a second.
WALKER = ("lavfi:color=c=gray:s=320x240:r=20[ground];color=c=white:s=24x48:r=20[walker];"
          "[ground][walker]overlay=x=mod(t*80\\,320):y=100")


def still_picture(size="320x240", rate=10):
    """Grey all over: nothing in it takes the motion detector longer to learn than the rest."""
    return f"lavfi:color=c=gray:size={size}:rate={rate}"


def moving_pattern(size="320x240", rate=10):
    return f"lavfi:testsrc2=size={size}:rate={rate}"


MOUNT_PRIVATELY = ["unshare", "--mount", "--propagation", "private"]


def need_private_mounts():
    """Skips the test where nothing can be mounted that others don't see: not as root, or in a chroot or container."""
    tried = subprocess.run(MOUNT_PRIVATELY + ["true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise unittest.SkipTest(f"needs mounts of its own: {tried.stderr.strip()}")


def need_localhost():
    """A root that was made a minute ago may have no /etc/hosts."""
    try:
        socket.getaddrinfo("localhost", None, socket.AF_INET)
    except OSError as error:
        raise unittest.SkipTest(f"localhost is no name here: {error}") from None


def fork_on_terminal():
    """pty.fork(), where there are terminals."""
    try:
        return pty.fork()
    except OSError as error:
        raise unittest.SkipTest(f"no terminal can be made here, is /dev/pts mounted? {error}") from error


class Control:
    """A client of the control socket that speaks the protocol itself: for polls, and for what camctl would never send."""

    def __init__(self, path, timeout=20.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # bounded by the kernel, since Python's own time-out would not wait where the queue of connections is full
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(timeout * SLOWNESS), 0))
        self.socket.connect(str(path))
        self.socket.settimeout(timeout * SLOWNESS)
        self.buffer = b""
        self.greeting = self.receive()
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def receive(self):
        """The next line as an object, or None at the end of the connection."""
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def send(self, verb, **members):
        self.number += 1
        request = {"id": self.number, "verb": verb, **members}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        return self.number

    def answers_after(self, step):
        """What the request is answered, which it is not before the step is done."""
        patience = self.socket.gettimeout()
        self.socket.settimeout(0.2)
        try:
            raise AssertionError(f"it is answered already: {self.receive()}")
        except TimeoutError:
            self.socket.settimeout(patience)
        step()
        return self.receive()

    def ask(self, verb, **members):
        """(parts, last line) of one request."""
        number = self.send(verb, **members)
        parts = []
        while True:
            reply = self.receive()
            if reply is None:
                raise AssertionError(f"the daemon closed the connection instead of answering {verb}")
            if reply.get("id") != number:
                raise AssertionError(f"an answer to something else: {reply}")
            if "part" not in reply:
                return parts, reply
            parts.append(reply["part"])


# What stays in /dev/shm tells by its name which run it is of: others may go on beside it, and may have been killed before.
RUN = os.environ.get("CAMD_TEST_RUN", str(os.getpid()))

# LeakSanitizer attaches to its own process, which no sandbox allows
SANDBOX = "no" if "ASAN_OPTIONS" in os.environ else "yes"


class Camd:
    """One daemon in a directory of its own."""

    count = 0

    def __init__(self, test, settings=None, defaults=None, cameras=None, shm_mb=None, shm_files=0, wrapper=(), directory=None):
        Camd.count += 1
        self.test = test
        self.directory = Path(directory or test.directory / f"camd{Camd.count}")
        self.run_dir = self.directory / "run"
        self.state_dir = self.directory / "state"
        self.cameras_dir = self.directory / "cameras.d"
        self.libexec = self.directory / "libexec"
        for path in (self.run_dir, self.state_dir, self.cameras_dir, self.libexec):
            path.mkdir(parents=True, exist_ok=True)
        for name in ("camd-capture", "camd-tracker", "camd-sync", "camd-grid", "camd-events", "camd-exec", "camd-import", "camd-detector", "camd-top", "camd-mqtt"):
            try:
                (self.libexec / name).symlink_to(program(name))
            except FileNotFoundError:
                if name not in ("camd-sync", "camd-detector", "camd-top", "camd-mqtt"):  # built with OpenCV, ncurses, libmosquitto only
                    raise
        # numbers of processes come again, and a test that was killed leaves what it had
        self.prefix = f"camdtest-{RUN}-{Camd.count}-{random.getrandbits(32):08x}."
        self.settings = {
            "run_dir": self.run_dir,
            "state_dir": self.state_dir,
            "cameras_dir": self.cameras_dir,
            "shm_prefix": self.prefix,
            "log_level": "debug",
            "worker_user": "none",  # clips of tests are in directories that only root can enter
            "sandbox": SANDBOX,
            "pass_environment": ",".join(PASSED),
            **(settings or {}),
        }
        self.prefix = self.settings["shm_prefix"]
        self.defaults = defaults or {}
        self.cameras = cameras or {}
        self.config = self.directory / "camd.ini"
        self.socket = Path(self.settings["run_dir"]) / "camd.sock"
        self.log = self.directory / "camd.log"
        self.shm_mb = shm_mb
        self.shm_files = shm_files  # at most, with shm_mb, the directory itself and the lock counted in; 0: any number
        self.wrapper = list(wrapper)
        self.process = None
        self.pid = None
        self.write_config()
        test.daemons.append(self)

    # ---- configuration -------------------------------------------------------------------------------------

    def write_config(self):
        lines = ["[camd]"] + [f"{key} = {value}" for key, value in self.settings.items()]
        if self.defaults:
            lines += ["[defaults]"] + [f"{key} = {value}" for key, value in self.defaults.items()]
        for name, settings in self.cameras.items():
            lines += [f"[camera {name}]"] + [f"{key} = {value}" for key, value in settings.items()]
        self.config.write_text("\n".join(lines) + "\n")

    def write_camera(self, name, **settings):
        text = f"[camera {name}]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())
        (self.cameras_dir / f"{name}.ini").write_text(text)

    # ---- the process ---------------------------------------------------------------------------------------

    def replace_program(self, name, script):
        """Another program of camd's becomes that script, in one step: whoever executes it meanwhile finds one of the two.
        "$REAL" is the real one."""
        new = self.libexec / "new"
        new.write_text(f'#!/bin/sh\nREAL="{program(name)}"\n{script}\n')
        new.chmod(0o755)
        new.rename(self.libexec / name)

    def install_again(self, name):
        """Another file of the same program, as a package installs it."""
        shutil.copy(program(name), self.libexec / "new")
        (self.libexec / "new").rename(self.libexec / name)

    def environment(self):
        environment = dict(os.environ, CAMD_LIBEXECDIR=str(self.libexec))
        environment.pop("NOTIFY_SOCKET", None)
        return environment

    def command(self, *arguments):
        command = [str(program("camd")), "-c", str(self.config), *map(str, arguments)]
        if self.shm_mb:
            # a /dev/shm of this size that only the daemon and its workers see
            mount = f'mount -t tmpfs -o size={self.shm_mb}m,nr_inodes={self.shm_files},mode=1777 tmpfs /dev/shm && exec "$@"'
            command = MOUNT_PRIVATELY + ["sh", "-c", mount, "sh"] + command
        return self.wrapper + command

    def run(self, *arguments, timeout=60):
        """camd that is expected to end by itself: -n, or a refusal to start."""
        return subprocess.run(self.command(*arguments), env=self.environment(), text=True, errors="replace",
                              capture_output=True, timeout=timeout * SLOWNESS, check=False)

    def start(self, *arguments, wait=True):
        with open(self.log, "ab") as log:
            log.write(f"---- camd {' '.join(map(str, arguments))} ----\n".encode())
            log.flush()
            self.process = subprocess.Popen(self.command(*arguments), env=self.environment(), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        self.pid = self.process.pid
        if wait:
            self.wait_answer()
        return self

    def wait_answer(self):
        def answers():
            if self.process and self.process.poll() is not None:
                raise AssertionError(f"camd ended with {self.process.returncode} instead of answering")
            try:
                with self.control() as control:
                    return control.greeting
            except (FileNotFoundError, ConnectionRefusedError):
                return None

        return wait_for(answers, "the control socket answers")

    def stop(self, signal_number=signal.SIGTERM, expect=0):
        self.process.send_signal(signal_number)
        return self.wait_end(expect)

    def wait_end(self, expect=0):
        status = self.process.wait(timeout=60 * SLOWNESS)
        if expect is not None:
            self.test.assertEqual(status, expect, "exit status of camd")
        self.process = None
        return status

    def kill(self):
        """kill -9, as an out-of-memory killer does."""
        self.process.kill()
        self.process.wait(timeout=30)
        self.process = None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def workers(self):
        """{pid: command line} of the daemon's workers: not what waits for the disk in its place."""
        passing = {"camd", "camd-events", "camd-grid", "camd-sync"}

        def name(line):
            words = line.split(" ")  # "camd-exec PROGRAM ..." is about to be the program
            return Path(words[1] if Path(words[0]).name == "camd-exec" and len(words) > 1 else words[0]).name

        # none: it is about to be executed, or has just ended
        return {pid: line for pid, line in descendants(self.pid).items() if line and name(line) not in passing}

    # ---- asking --------------------------------------------------------------------------------------------

    def control(self):
        return Control(self.socket)

    def ask(self, verb, **members):
        with self.control() as control:
            parts, last = control.ask(verb, **members)
        if "error" in last:
            raise AssertionError(f"{verb}: {last['error']}")
        return parts, last["ok"]

    def status(self):
        """As `camctl --json status` shows it."""
        status = {"cameras": []}
        for part in self.ask("status")[0]:
            if "camera" in part:
                status["cameras"].append(part["camera"])
            else:
                status.update(part)
        return status

    def camera(self, name):
        """The camera's status, or None when there is none of that name."""
        return next((camera for camera in self.status()["cameras"] if camera["name"] == name), None)

    def wait_camera(self, name, condition, what, timeout=30):
        """Waits until condition(status of the camera) holds, and returns that status."""
        last = None

        def holds():
            nonlocal last
            last = self.camera(name)
            return last if last and condition(last) else None

        try:
            return wait_for(holds, f"{name}: {what}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\nlast status: {json.dumps(last, indent=1)}") from None

    def wait_state(self, name, state, timeout=30):
        return self.wait_camera(name, lambda camera: camera["state"] == state, f"state {state}", timeout)

    def wait_back_off(self, name):
        """The first failure is tried again at once: waits for one after which nothing happens for restart_delay."""
        return self.wait_camera(name, lambda camera: camera["state"] == "backoff" and camera["capture"]["failures"] >= 2
                                and camera["next_start_ms"], "waits for its next try")

    def wait_frames(self, name, frames, timeout=60):
        """A server that a loaded machine keeps from sending all that it should makes a camera degraded: frames come."""
        return self.wait_camera(name, lambda camera: camera["state"] in ("up", "degraded") and camera["frames"] >= frames,
                                f"up with {frames} frames", timeout)

    def events(self, **members):
        return [part["event"] for part in self.ask("events", **members)[0] if "event" in part]

    def camctl_command(self, *arguments):
        command = [str(program("camctl")), "-s", str(self.socket), *map(str, arguments)]
        if self.shm_mb:
            command = ["nsenter", f"--mount=/proc/{self.pid}/ns/mnt", "--wdns=/", *command]
        return command

    def camctl(self, *arguments, expect=0, stdin=None, timeout=60):
        """Runs camctl, checks its exit status (None: any), and returns the finished process."""
        done = subprocess.run(self.camctl_command(*arguments), input=stdin, text=True, errors="replace",
                              capture_output=True, timeout=timeout * SLOWNESS, check=False, env=self.environment())
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"camctl {' '.join(map(str, arguments))}: exit status {done.returncode}, expected "
                                 f"{expect}\nstandard output: {done.stdout}\nstandard error: {done.stderr}")
        return done

    def camctl_json(self, *arguments, **options):
        return json.loads(self.camctl("--json", *arguments, **options).stdout)

    # ---- segments ------------------------------------------------------------------------------------------

    def shm_directory(self):
        return Path(f"/proc/{self.pid}/root/dev/shm") if self.shm_mb else Path("/dev/shm")

    def segments(self, camera=""):
        """Names of the instance's files in /dev/shm, the lock aside."""
        lock = f"{self.prefix}lock"
        names = os.listdir(self.shm_directory())
        return sorted(name for name in names if name.startswith(f"{self.prefix}{camera}") and name != lock)


class CamdTest(unittest.TestCase):
    """A test with daemons. When it ends nothing of them may be left."""

    maxDiff = 20000  # characters: a difference of files or pictures would have thousands of lines

    def run(self, result=None):
        become_reaper()
        self.daemons = []
        self.helpers = []
        self.directory = Path(tempfile.mkdtemp(prefix="camd-test."))
        problems = len(result.failures) + len(result.errors) if result else 0
        try:
            super().run(result)
            if result and len(result.failures) + len(result.errors) > problems:
                self.show_logs()
        finally:
            self.clean_up()
        return result

    def start_helper(self, *command, **options):
        """A process that the test needs and that is ended with it; its output is shown on failure."""
        output = self.directory / f"helper{len(self.helpers)}.log"
        with open(output, "ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **options}
            helper = subprocess.Popen([str(word) for word in command], **options)
        self.helpers.append(helper)
        return helper

    def end_helpers(self):
        for helper in self.helpers:
            if helper.poll() is None:
                helper.send_signal(signal.SIGCONT)
                helper.kill()
            helper.wait(timeout=30)
            for stream in (helper.stdout, helper.stderr):
                if stream:
                    stream.close()
        self.helpers.clear()

    def tearDown(self):
        """Stops the daemons in good order, then looks for anything left."""
        self.end_helpers()
        for daemon in self.daemons:
            if daemon.process and daemon.process.poll() is None:
                daemon.stop()
            elif daemon.process:
                self.assertEqual(daemon.process.returncode, 0, "camd ended by itself")
        self.assert_nothing_left()

    def assert_nothing_left(self):
        try:
            wait_for(reap_orphans, "every process ends")
        except AssertionError:
            self.fail(f"processes left: {descendants(os.getpid())}")
        for daemon in self.daemons:
            if not daemon.shm_mb:
                self.assertEqual(daemon.segments(), [], "segments left in /dev/shm")
            self.assertFalse(daemon.socket.exists(), "control socket left")
            complaint = SANITIZER_REPORT.search(daemon.log_text())
            if complaint:
                said = daemon.log_text()[complaint.start():].splitlines()[:20]
                self.fail("a sanitizer or an assertion complained:\n" + "\n".join(said))

    def show_logs(self):
        for path in sorted(self.directory.glob("**/*.log")):
            lines = path.read_text(errors="replace").splitlines()
            print(f"==== {path.relative_to(self.directory)} ({len(lines)} lines) ====", file=sys.stderr)
            print("\n".join(lines if len(lines) <= 200 else lines[:50] + ["..."] + lines[-150:]), file=sys.stderr)

    def clean_up(self):
        """Whatever happened: no process, segment or file of the test stays."""
        for pid in {} if reap_orphans() else descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for daemon in self.daemons:
            if daemon.process:
                daemon.process.wait()
        for helper in self.helpers:
            helper.wait()
        reap_orphans()
        for daemon in self.daemons:
            for name in os.listdir("/dev/shm"):
                if name.startswith(daemon.prefix):
                    os.unlink(f"/dev/shm/{name}")
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- what many tests say -------------------------------------------------------------------------------

    def camd(self, *arguments, **options):
        """A daemon that is up."""
        return Camd(self, **options).start(*arguments)

    def assert_camera_goes_on(self, daemon, name, before):
        """The camera has the same processes as in the earlier status, and new frames."""
        after = daemon.wait_camera(name, lambda camera: camera["frames"] > before["frames"] + 2, "frames go on")
        for worker in ("capture", "tracker"):
            self.assertEqual(after[worker]["pid"], before[worker]["pid"], f"{name}: {worker} was replaced")
            self.assertEqual(after[worker]["restarts"], before[worker]["restarts"], f"{name}: {worker} was restarted")


def limit_open_files(pid, count):
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (count, hard))


def free_port():
    """A port that is nobody else's while this test runs, also when what listens there stops and starts again.

    It is below those that the kernel gives to who asks for any, and an abstract socket of its name keeps other tests away.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(lowest * 3 // 4, lowest), lowest // 4):
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0camd-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        PORTS.append(reservation)
        return port
    raise AssertionError("no port is free")
