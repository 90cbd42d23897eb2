"""top: a screen of what the cameras do and take, looked at through a model of a terminal; and one table elsewhere."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import termios
import threading
import time
import unittest
from types import SimpleNamespace

from harness import Camd, CamdTest, descendants, moving_pattern, program, wait_for
from screen import Screen


def camera(name, **members):
    process = {"pid": 1, "uptime_s": 10, "cpu_s": 1, "memory_mb": 20, "restarts": 0}
    return {"name": name, "state": "up", "want": "up", "camera_fps": 5, "skipped_fps": 0, "bytes": 0, "objects": 0, "reason": "",
            "capture": process, "tracker": process, **members}

WRITE = {"x86_64": 1, "aarch64": 64}.get(os.uname().machine)  # as /proc/PID/syscall has it


class Answering:
    """A daemon that answers `status`, so many times."""

    def __init__(self, test, cameras, answers=None):
        self.path = test.directory / f"fake{len(list(test.directory.glob('fake*.sock')))}.sock"
        self.cameras, self.answers = cameras, answers
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        test.addCleanup(self.listener.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        client, _ = self.listener.accept()
        with contextlib.suppress(OSError), client, client.makefile("rw", encoding="utf-8") as lines:
            print(json.dumps({"camd": "9.9", "protocol": 1}), file=lines, flush=True)
            for number, line in enumerate(lines, 1):
                request = json.loads(line)["id"]
                daemon = {"version": "9.9", "uptime_s": 5, "shm": {"total_mb": 64, "available_mb": 32}}
                for part in [{"daemon": daemon}, {"detectors": []}, *({"camera": camera} for camera in self.cameras)]:
                    print(json.dumps({"id": request, "part": part}), file=lines)
                print(json.dumps({"id": request, "ok": {}}), file=lines, flush=True)
                if number == self.answers:
                    break


class TopTest(CamdTest):
    def setUp(self):
        super().setUp()
        try:
            program("camd-top")
        except FileNotFoundError as error:
            raise unittest.SkipTest("built without ncurses") from error

    def screen(self, daemon, *options, columns=80, lines=24, **environment):
        return Screen([str(program("camctl")), "-s", str(daemon.socket), "top", *options],
                      {**daemon.environment(), "TERM": "xterm-256color", **environment}, columns, lines)

    def fake(self, *cameras, **options):
        return SimpleNamespace(socket=Answering(self, cameras, **options).path, environment=Camd(self).environment)


class Real(TopTest):
    def setUp(self):
        super().setUp()
        self.daemon = Camd(self, defaults={"fps": 5})
        for name in ("front", "yard"):
            self.daemon.write_camera(name, input=moving_pattern())
        self.daemon.write_camera("dark", input="/none.avi", restart_delay=300, restart_max_delay=300)
        self.daemon.start()
        for name in ("front", "yard"):
            self.daemon.wait_frames(name, 1)
        self.daemon.wait_back_off("dark")

    def test_screen_goes_on_over_a_resize_and_a_restart_of_camd(self):
        with self.screen(self.daemon, "--every", "500 ms") as screen:
            lines = screen.wait(lambda lines: lines[3].startswith("dark") and not lines[4].endswith("-"), "the camera in trouble first")
            self.assertRegex(lines[0], r"^camd \S+, up .*; every 500 ms, by state +\d\d:\d\d:\d\d$")
            self.assertRegex(lines[1], r"^2 of 3 cameras up; CPU [\d.]+ %, memory \d+ MB; .* MB shm free$")
            self.assertEqual(lines[2], "CAMERA  STATE       FPS  SKIP  OBJ  RESTARTS   CPU%    MEM  BIT/S")
            self.assertRegex(lines[4], r"^front   up +[\d.]+ +[\d.]+ +\d+ +0 +[\d.]+ +[\d.]+M +[\d.]+[kM]$")
            self.assertIn("/none.avi cannot be opened", lines[23])
            self.assertIn("green", screen.colours())
            screen.type(b"n")
            screen.wait(lambda lines: "by name" in lines[0] and lines[5].startswith("yard"), "names in order")
            screen.type(b"R")
            screen.wait(lambda lines: lines[3].startswith("yard") and lines[5].startswith("dark"), "the other way round")
            screen.resize(200, 50)
            screen.wait(lambda lines: lines[5].startswith("dark") and "/none.avi cannot be opened" in lines[5] and lines[49], "200x50")
            screen.resize(40, 8)
            screen.wait(lambda lines: all(len(line) <= 40 for line in lines) and lines[2].startswith("CAMERA"), "40x8")
            screen.resize(80, 24)
            self.daemon.stop()
            screen.wait(lambda lines: lines[0].startswith("camd: no camd is there; trying again"), "that camd has gone")
            self.daemon.start()
            screen.wait(lambda lines: lines[0].startswith("camd 0"), "the next camd")
            screen.type(b"q")
            self.assertEqual(screen.wait_end(), 0)

    def test_table_and_document(self):
        lines = self.daemon.camctl("top").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["CAMERA", "STATE", "FPS", "SKIP", "OBJ", "RESTARTS", "CPU%", "MEM", "BIT/S"])
        self.assertEqual([line.split()[0] for line in lines[1:4]], ["dark", "front", "yard"])
        self.assertRegex(lines[4], r"^2 of 3 cameras up; CPU")
        self.assertEqual(self.daemon.camctl("top", "--once", "--sort", "name").stdout.splitlines()[1].split()[0], "dark")
        document = self.daemon.camctl_json("top")
        self.assertEqual(document["up"], 2)
        front = document["cameras"][1]
        self.assertGreater(front["memory_mb"], 1)
        self.assertGreater(front["bit_rate_kbps"], 1)
        self.assertIsNone(document["cameras"][0]["cpu_percent"])


class Faked(TopTest):
    def test_a_thousand_cameras_scroll(self):
        daemon = self.fake(*(camera(f"camera-{number:03}", bytes=number) for number in range(1000)))
        with self.screen(daemon) as screen:
            screen.wait(lambda lines: lines[3].startswith("camera-000") and lines[22].startswith("camera-019"), "the first ones")
            screen.type(b"\x1b[6~")  # page down
            screen.wait(lambda lines: lines[22].startswith("camera-020"), "one more")
            screen.type(b"\x1bOF")  # end
            screen.wait(lambda lines: lines[22].startswith("camera-999"), "the last one")
            screen.type(b"\x1bOH")
            screen.wait(lambda lines: lines[3].startswith("camera-000"), "the first one")

    def test_long_names_wide_characters_and_nonsense_stay_in_their_columns(self):
        long = "a" * 40
        daemon = self.fake(camera(long, state="degraded", reason="\u8d64\u5916\u7dda \x1b[2J" + "\u5149" * 60), camera("b"))
        with self.screen(daemon) as screen:
            lines = screen.wait(lambda lines: lines[3].startswith("aaaa"), "the long name")
            self.assertRegex(lines[3], r"^a{20,}~  degraded ")
            self.assertEqual(lines[3].index("degraded"), lines[2].index("STATE"))
            self.assertTrue("".join(lines[22].split()).startswith("\u8d64\u5916\u7dda\\x1b[2J\u5149"), lines[22:])
            screen.resize(200, 50)
            screen.wait(lambda lines: lines[3].startswith(long + "  degraded"), "all of it")

    def test_what_is_wrong_and_the_keys_are_shown_whole_in_80_columns(self):
        reason = "capture: open: rtsp://viewer:***@192.0.2.7:554/h264/channel1 cannot be opened: Connection refused"
        daemon = self.fake(*(camera(f"camera-{number:02}", state="backoff", reason=reason if number == 0 else "") for number in range(40)))
        with self.screen(daemon) as screen:
            lines = screen.wait(lambda lines: lines[22].startswith("capture: "), "why")
            self.assertEqual(" ".join(lines[22:]), reason)
            self.assertTrue(lines[21].startswith("camera-18"), lines[21])
            screen.type(b"\x1bOB")  # down: what it says takes a line
            screen.wait(lambda lines: lines[22].startswith("camera-19") and lines[23].startswith("q quit"), "one more")
            screen.type(b"h")
            screen.wait(lambda lines: any(line.endswith("(below them: what is wrong with it)") for line in lines), "the keys")

    def test_a_connection_that_camd_has_closed_is_not_looked_at_all_the_time(self):
        def used(screen):
            fields = pathlib.Path(f"/proc/{screen.pid}/stat").read_text().rsplit(") ")[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        with self.screen(self.fake(camera("front"), answers=1), "--every", "60 s") as screen:
            clock = screen.wait(lambda lines: lines[3].startswith("front"), "the camera")[0]
            began, used_before = time.monotonic(), used(screen)
            clock = screen.wait(lambda lines: lines[0] != clock, "its clock goes on")[0]
            screen.wait(lambda lines: lines[0] != clock, "its clock goes on")
            self.assertLess(used(screen) - used_before, 0.2 * (time.monotonic() - began))

    @unittest.skipUnless(WRITE and os.access("/proc/self/syscall", os.R_OK), "this kernel does not say what a process waits in")
    def test_ctrl_z_while_it_draws_suspends_it(self):
        """ncurses ignores it then, and it was lost. While it was held back, a terminal that throws away its output for it held the drawing up for good."""
        reason = "x" * 300
        daemon = self.fake(*(camera(f"camera-{number:03}", state="backoff", reason=reason) for number in range(220)))
        suspended, ended = self.directory / "suspended", self.directory / "ended"
        command = f"{program('camctl')} -s {daemon.socket} top; touch {suspended}; fg && touch {ended}"
        with Screen(["sh", "-m", "-c", command], {**daemon.environment(), "TERM": "xterm-256color"}, columns=350, lines=220) as screen:
            def draws():
                """The terminal is full: nobody reads it."""
                for pid, line in descendants(screen.pid).items():
                    if "camd-top" in line:
                        return pathlib.Path(f"/proc/{pid}/syscall").read_text(encoding="utf-8").startswith(f"{WRITE} ")
                return False

            wait_for(draws, "it waits for the terminal")
            screen.type(b"\x1a")
            screen.wait(lambda lines: suspended.exists(), "it is suspended")
            screen.wait(lambda lines: screen.type(b"q") or ended.exists(), "it goes on, and takes keys")
            self.assertEqual(screen.wait_end(), 0)

    @contextlib.contextmanager
    def in_shell(self):
        """top as a job of a shell, which takes the terminal while it is suspended, and goes on with it when `go` is there."""
        daemon = self.fake(camera("front"))
        files = SimpleNamespace(**{name: pathlib.Path(f"{daemon.socket}.{name}") for name in ("suspended", "go", "ended")})
        command = (f"trap : INT; {program('camctl')} -s {daemon.socket} top; touch {files.suspended}; "
                   f"while kill -0 %1 && [ ! -e {files.go} ]; do sleep 0.02; done; fg; touch {files.ended}; sleep 60")
        with Screen(["sh", "-m", "-c", command], {**daemon.environment(), "TERM": "xterm-256color"}) as screen:
            screen.wait(lambda lines: any(line.startswith("front") for line in lines), "the camera")
            yield screen, next(pid for pid, line in descendants(screen.pid).items() if "camd-top" in line), files

    def state_of(self, pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ")[1][0]
        except OSError:
            return "gone"

    def test_whatever_ends_or_suspends_it_leaves_the_terminal_sane(self):
        """SIGHUP and SIGQUIT left the other screen, without echo and without a cursor."""
        stop, go_on = signal.SIGTSTP, signal.SIGCONT
        for signals in ((signal.SIGTERM,), (signal.SIGINT,), (signal.SIGHUP,), (signal.SIGQUIT,), (stop, signal.SIGTERM), (stop, signal.SIGHUP, go_on),
                        (stop, go_on, signal.SIGINT), (stop, go_on, stop, go_on, signal.SIGTERM), (signal.SIGSTOP, signal.SIGTERM, go_on)):
            with self.subTest(signals=signals), self.in_shell() as (screen, pid, files):
                for number in signals:
                    os.kill(pid, number)
                    if number in (stop, signal.SIGSTOP):
                        screen.wait(lambda lines: self.state_of(pid) == "T", "it is suspended")
                files.go.touch()
                screen.wait(lambda lines: files.ended.exists(), "it has ended")
                wait_for(screen.is_sane, "the terminal is sane")

    def test_after_it_was_stopped_it_draws_all_again(self):
        """SIGSTOP, which nobody can catch: who used the terminal meanwhile had left it without the screen's modes."""
        with self.in_shell() as (screen, pid, files):
            os.kill(pid, signal.SIGSTOP)
            screen.wait(lambda lines: files.suspended.exists(), "it is suspended")
            modes = termios.tcgetattr(screen.terminal)
            modes[3] |= termios.ECHO | termios.ICANON
            termios.tcsetattr(screen.terminal, termios.TCSANOW, modes)
            files.go.touch()
            wait_for(lambda: screen.read() and not termios.tcgetattr(screen.terminal)[3] & termios.ICANON, "it has the terminal again")
            screen.wait(lambda lines: screen.type(b"q") or files.ended.exists(), "it takes keys, and ends")
            wait_for(screen.is_sane, "the terminal is sane")

    @unittest.skipUnless(WRITE and os.access("/proc/self/syscall", os.R_OK), "this kernel does not say what a process waits in")
    def test_ctrl_z_during_its_last_draw_leaves_the_terminal_sane(self):
        """The signal came when ncurses had ended, to its handler, which is there for a screen."""
        with self.in_shell() as (screen, pid, files):
            screen.type(b"\x13q")  # no output from here on
            wait_for(lambda: pathlib.Path(f"/proc/{pid}/syscall").read_text(encoding="utf-8").startswith(f"{WRITE} "), "it waits for the terminal")
            os.kill(pid, signal.SIGTSTP)
            screen.type(b"\x11")
            screen.wait(lambda lines: files.suspended.exists(), "it is suspended")
            wait_for(screen.is_sane, "the terminal is the shell's")
            files.go.touch()
            screen.wait(lambda lines: screen.type(b"q") or files.ended.exists(), "it goes on to its end")
            wait_for(screen.is_sane, "the terminal is sane")

    def test_no_colour_where_it_is_not_wanted(self):
        daemon = self.fake(camera("front"), camera("back", state="backoff"))
        with self.screen(daemon, NO_COLOR="1") as screen:
            screen.wait(lambda lines: lines[3].startswith("back"), "cameras")
            self.assertEqual(screen.colours(), set())

    def test_a_terminal_that_can_do_nothing_gets_a_table(self):
        with self.screen(self.fake(camera("front")), TERM="dumb") as screen:
            self.assertEqual(screen.wait_end(), 0)
            self.assertTrue(screen.read()[1].startswith("front"), screen.read())

    def test_a_camd_that_says_nothing_is_not_to_be_started(self):
        silent = socket.socket(socket.AF_UNIX)
        silent.bind(str(self.directory / "silent.sock"))
        silent.listen()
        self.addCleanup(silent.close)
        done = Camd(self).camctl("-s", self.directory / "silent.sock", "--timeout", "100 ms", "top", expect=3)
        self.assertRegex(done.stderr, r"^camctl: camd at \S+/silent.sock did not answer within 100 ms\n  hint: it may be stopped, or busy")

    def test_started_by_hand_it_names_the_socket(self):
        """It said "no camd answers at (null)"."""
        socket_path = self.directory / "none.sock"
        done = subprocess.run([program("camd-top")], capture_output=True, text=True, env=dict(os.environ, CAMD_SOCKET=str(socket_path)), check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"no camd answers at {socket_path}: ", done.stderr)
        done = subprocess.run([program("camd-top"), "front"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, "camctl: expected options only, not front\n"))

    def test_a_full_disk_is_named(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([program("camctl"), "-s", str(self.fake(camera("front")).socket), "top"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, env=dict(os.environ, **Camd(self).environment()), check=False)
        self.assertEqual((done.returncode, done.stderr), (1, "camctl: the output cannot be written: No space left on device\n"))

    def test_mistakes_and_nobody_there(self):
        daemon = Camd(self)
        self.assertIn(f"no camd answers at {daemon.socket}", daemon.camctl("top", expect=3).stderr)
        error = daemon.camctl_json("top", expect=3)["error"]
        self.assertEqual(error["code"], "no_answer")
        self.assertIn("start it", error["hint"])
        self.assertIn("--sort", daemon.camctl("top", "--sort", "weight", expect=2).stderr)
        self.assertIn("--every", daemon.camctl("top", "--every", "1 ms", expect=2).stderr)
        os.unlink(daemon.libexec / "camd-top")
        self.assertIn("needs ncurses", daemon.camctl("top", expect=1).stderr)
