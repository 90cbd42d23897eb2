"""What camd does and says when a worker fails: again and again, before it is executed, or with too much to say."""
import fcntl
import json
import os
import re
import resource
import signal
import time
import unittest
from pathlib import Path

from harness import Camd, CamdTest, is_running, limit_open_files, moving_pattern, process_state, program, still_picture, wait_for

HELLO = """#!/usr/bin/python3
import json, socket, sys, time
channel = socket.socket(fileno=3)
def say(**message):
    channel.send(json.dumps(message).encode())
hello = json.loads(channel.recv(65536))
"""


class Failures(CamdTest):
    def script(self, name, text, head=HELLO):
        path = self.directory / name
        path.write_text(head + text)
        path.chmod(0o755)
        return path

    def lease(self, path):
        """Whoever opens the file waits from now on, as on a file system that does not answer; returns what ends that."""
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        held = os.open(path, os.O_RDONLY)
        try:
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError as error:
            os.close(held)
            raise unittest.SkipTest(f"the file system of {path} has no leases: {error}") from error
        self.addCleanup(os.close, held)
        return lambda: fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    # ---- what programs get -----------------------------------------------------------------------------------------

    def test_a_worker_s_environment_and_limits_are_not_those_that_camd_made_for_itself(self):
        """NOTIFY_SOCKET, all of root's environment and the raised limit of open files reached every worker."""
        worker = self.script("worker", """
import os, resource
print("GOT", json.dumps([dict(os.environ), resource.getrlimit(resource.RLIMIT_NOFILE)]), flush=True)
time.sleep(1000)
""")
        daemon = Camd(self, wrapper=("prlimit", "--nofile=321:1234"), settings={"pass_environment": "PASSED"})
        environment = daemon.environment()
        daemon.environment = lambda: dict(environment, NOTIFY_SOCKET="@nobody", WATCHDOG_USEC="9000000", SECRET="s", PASSED="p",
                                          TZ="Europe/Berlin", PATH="/usr/bin:/bin:/root/bin")
        daemon.start()
        self.assertEqual(resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)[0], 1234)
        daemon.camctl("add", "front", f"input={moving_pattern()}", f"capture={worker}", "--timeout", "0.1", expect=7)
        text = wait_for(lambda: re.search(r"GOT (.*)", daemon.log_text()), "the worker tells")[1]
        got, limit = json.loads(text)
        self.assertEqual(limit, [321, 1234])
        self.assertEqual({name: got[name] for name in ("PATH", "PASSED", "TZ")},
                         {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PASSED": "p", "TZ": "Europe/Berlin"})
        self.assertEqual(set(got) - {"PATH", "PASSED", "TZ", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_CTYPE", "LC_ALL", "CAMD_INSTANCE"},
                         set())

    # ---- programs that are not executed ----------------------------------------------------------------------------

    def test_a_program_whose_execution_hangs_does_not_hold_up_camd(self):
        """posix_spawn waited for it, and nothing answered any more."""
        worker = self.script("worker", "time.sleep(1000)\n")
        answer = self.lease(worker)
        daemon = self.camd(defaults={"stop_timeout": 1})
        daemon.camctl("add", "front", "input=lavfi:testsrc", "width=64", "height=48", f"capture={worker}",
                      "--timeout", "0.1", expect=7)
        daemon.camctl("version")
        camera = daemon.wait_camera("front", lambda camera: "is not executed yet" in camera["reason"], "status says so")
        self.assertEqual(camera["capture"]["state"], "starting")
        self.assertTrue(is_running(camera["capture"]["pid"]))
        daemon.camctl("stop", "front")
        daemon.wait_state("front", "down")
        self.assertIsNone(process_state(camera["capture"]["pid"]))
        daemon.camctl("start", "front")
        pid = daemon.wait_camera("front", lambda camera: camera["capture"]["pid"], "it is started")["capture"]["pid"]
        answer()
        wait_for(lambda: Path(f"/proc/{pid}/cmdline").read_text().startswith("/usr/bin/python3\0"), "the same process is it now")

    def test_an_execution_that_hangs_for_too_long_is_a_failure_with_words(self):
        worker = self.script("worker", "time.sleep(1000)\n")
        self.lease(worker)
        daemon = self.camd(defaults={"stop_timeout": 1, "first_frame_timeout": 1})
        daemon.camctl("add", "front", "input=lavfi:testsrc", f"capture={worker}", "--timeout", "0.1", expect=7)
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] >= 1, "it has failed")
        self.assertIn("could not be executed in time", daemon.log_text())
        wait_for(lambda: daemon.camera("front")["capture"]["pid"] not in (None, camera["capture"]["pid"]), "it is tried again")

    def test_a_missing_camd_exec_is_named(self):
        daemon = Camd(self)
        (daemon.libexec / "camd-exec").unlink()
        daemon.start()
        self.assertIn("is camd installed as a whole?", daemon.camctl("add", "front", f"input={moving_pattern()}", expect=1).stderr)
        daemon.camctl("add", "front", f"input={moving_pattern()}", "--runtime", "--timeout", "0.1", expect=7)
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] >= 2, "it has failed")
        self.assertIn("/camd-exec, which is to start ", camera["reason"])
        self.assertIn("installed as a whole", camera["hint"])
        (daemon.libexec / "camd-exec").symlink_to(program("camd-exec"))
        daemon.camctl("kick", "front")
        daemon.wait_state("front", "up")

    def test_the_end_of_a_program_that_says_nothing_has_a_hint(self):
        """A library that was missing was "exited with status 127", a sandbox's signal 31 just that."""
        ends = {"library": ("exit 127", "exited with status 127", "a library or another program that it needs is not installed"),
                "mode": ("exit 126", "exited with status 126", "cannot be executed: look at that file's mode"),
                "shell": ("exit 137", "exited with status 137 (128 + signal 9, Killed)", "memory may have been short"),
                "call": ("kill -SYS $$", "was killed by signal 31 (Bad system call)", "SANDBOX in camd(8)"),
                "mapped": ("kill -BUS $$", "was killed by signal 7 (Bus error)", "/dev/shm"),
                "killed": ("kill -KILL $$", "was killed by signal 9 (Killed)", "memory may have been short"),
                "fault": ("kill -SEGV $$", "was killed by signal 11 (Segmentation fault)", "a fault of the program"),
                "own": ("exit 3", "exited with status 3", "camctl kick own tries again now")}  # the camera's, when nothing is known
        daemon = Camd(self, defaults={"restart_delay": 20})
        for name, (script, _, _) in ends.items():
            program = self.directory / f"{name}.sh"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            daemon.write_camera(name, input="/x", capture=program)
        daemon.start()
        for name, (_, reason, hint) in ends.items():
            camera = daemon.wait_camera(name, lambda camera: camera["capture"]["failures"] >= 2, "it has failed, and its delay has begun")
            self.assertIn(reason, camera["reason"])
            self.assertIn(hint, camera["hint"])
            if name != "own":
                self.assertRegex(daemon.log_text(), rf"{name} capture: .*{re.escape(hint)}")
        self.assertRegex(daemon.log_text(), "own capture: .*exited with status 3; trying again at once")

    def test_a_helper_that_lacks_a_library_is_not_a_fault_of_the_disk(self):
        """Its status 127 was taken for an errno: "Key has expired"."""
        daemon = self.camd()
        daemon.camctl("add", "side", f"input={still_picture()}", "--runtime")
        path = self.directory / "side.grid"
        wait_for(lambda: daemon.camctl("grid", "side", "--export", path, expect=None).returncode == 0, "the grids are read")
        daemon.camctl("grid", "side", "--import", path)  # it is on the disk
        for helper in ("camd-grid", "camd-events", "camd-sync"):
            daemon.replace_program(helper, "exit 127")
        done = daemon.camctl("add", "front", f"input={still_picture()}", "--timeout", "0.1", expect=None)
        self.assertIn("camd-sync, which writes to the disk, cannot be executed", done.stderr)
        self.assertIn("camd-sync exited with status 127: a library", daemon.log_text())
        done = daemon.camctl("grid", "side", "--import", path, expect=1)
        self.assertRegex(done.stderr, "camd-grid, which was to write .*, exited with status 127")
        done = daemon.camctl("remove", "side", expect=1)
        self.assertRegex(done.stderr, "its region grid could not be removed from the disk: camd-grid, which was to write .*, exited with status 127")
        self.assertIn("install camd again", done.stderr)
        self.assertNotIn("Key has expired", daemon.log_text() + done.stderr)

    # ---- the same again and again ------------------------------------------------------------------------------------

    def test_a_camera_that_is_added_without_a_tracker_does_not_run(self):
        """add said "added, backoff", with exit status 0."""
        daemon = self.camd()
        (daemon.libexec / "camd-tracker").unlink()
        for options in ((), ("--require-frame",)):
            done = daemon.camctl("add", "front", f"input={still_picture()}", *options, expect=7)
            self.assertIn("front is saved, but does not run yet: tracker: cannot execute", done.stderr)
            daemon.camctl("remove", "front")

    def test_a_dark_camera_is_one_line_in_the_log_until_it_is_back(self):
        """It was three lines for every try, and that it was back was told without the length of the outage."""
        mended = self.directory / "mended"
        worker = self.script("worker", f"""
import os
if not os.path.exists({str(mended)!r}):
    print("<4>trying", flush=True)
    say(type="error", stage="open", **{{"class": "network"}}, text="no answer", hint="look at the cable")
    sys.exit(1)
say(type="ready")
while channel.recv(65536):
    pass
""")
        daemon = self.camd(defaults={"restart_delay": 0.05, "restart_max_delay": 0.1}, settings={"log_level": "info"})
        daemon.camctl("add", "front", "input=lavfi:testsrc", "width=64", "height=48", f"capture={worker}",
                      "--timeout", "0.1", expect=7)
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] >= 5, "it has failed often")
        self.assertIn("no answer", camera["reason"])
        log = daemon.log_text()
        self.assertEqual(log.count("no answer"), 1, "the fault is said once")
        self.assertEqual(log.count("look at the cable"), 1)
        self.assertEqual(log.count("trying\n"), 1)
        mended.write_text("")
        daemon.wait_camera("front", lambda camera: camera["capture"]["state"] == "up", "up")
        wait_for(lambda: "notice front capture: up again after " in daemon.log_text(), "the end is said")

    def test_the_last_words_of_one_that_is_never_ready_are_told_once(self):
        """camd ends it again and again for the same fault: its words were in the log each time, and are in camctl logs."""
        capture = self.directory / "capture"
        capture.write_text("#!/bin/sh\necho a word >&2\nexec sleep 1000\n")
        capture.chmod(0o755)
        daemon = self.camd(defaults={"first_frame_timeout": 1, "restart_delay": 0}, settings={"log_level": "info"})
        daemon.camctl("add", "front", "input=/x", f"capture={capture}", "--runtime", "--timeout", "0.1", expect=None)
        daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] >= 2, "is tried again")
        self.assertEqual(daemon.log_text().count(": a word"), 1, daemon.log_text())
        self.assertEqual(daemon.log_text().count("was not ready in time"), 1, daemon.log_text())
        wait_for(lambda: daemon.camctl("logs", "front").stdout.count("a word") >= 2, "camctl logs has the words of each")

    def test_without_a_restart_delay_a_program_that_is_missing_does_not_spin(self):
        """537 MB of log in five minutes."""
        daemon = self.camd(defaults={"restart_delay": 0})
        daemon.camctl("add", "front", f"input={moving_pattern()}", "capture=/nonexistent/capture", "--timeout", "0.1", expect=7)
        begun = time.monotonic()
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] >= 3 and camera["capture"]["next_start_ms"],
                                    "it has failed again, and waits")
        self.assertLess(camera["capture"]["failures"], 6 + time.monotonic() - begun)
        self.assertEqual(daemon.log_text().count("warning front capture: backoff"), 1)

    def test_without_a_restart_delay_want_of_descriptors_does_not_spin(self):
        """A start that failed at once was tried again at once: 537 MB of log in five minutes."""
        daemon = self.camd()
        worker = program("misbehave")
        daemon.camctl("add", "front", "input=misbehave://well", f"capture={worker}", f"tracker={worker}", "fps=20", "restart_delay=0")
        before = daemon.wait_frames("front", 2)
        most = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)[0]
        with daemon.control() as control:

            def front():
                return next(part["camera"] for part in control.ask("status")[0] if "camera" in part)

            limit_open_files(daemon.pid, 8)
            begun = time.monotonic()
            os.kill(before["capture"]["pid"], signal.SIGKILL)
            wait_for(lambda: front()["capture"]["failures"] >= 3, "it is tried again")
            self.assertIn("Too many open files", front()["reason"])
            self.assertIn("raise the limit", front()["hint"])
            limit_open_files(daemon.pid, most)
        daemon.wait_camera("front", lambda camera: camera["state"] == "up", "up again by itself")
        self.assertLess(daemon.camera("front")["capture"]["restarts"], 10 + time.monotonic() - begun)
        self.assertEqual(len(re.findall(r"warning front capture.*Too many open files", daemon.log_text())), 1)

    def test_a_reload_tries_a_refused_password_at_once(self):
        worker = program("misbehave")
        daemon = self.camd()
        daemon.camctl("add", "front", "input=misbehave://capture.hello.fail=auth", f"capture={worker}", f"tracker={worker}",
                      "--timeout", "5", expect=7)
        for restarts in range(3):
            camera = daemon.wait_camera("front", lambda camera: camera["state"] == "backoff"
                                        and camera["capture"]["restarts"] == restarts, f"{restarts} tries more")
            # a reload says that the password may be another one: the wait does not grow
            self.assertGreater(camera["capture"]["next_start_ms"], 290_000)
            self.assertLess(camera["capture"]["next_start_ms"], 331_000)
            daemon.camctl("reload")

    # ---- much to say -------------------------------------------------------------------------------------------------

    def test_what_a_tracker_says_too_fast_is_told_in_full(self):
        """Starts and ends of objects were dropped: 32 that never ended, 303 that had never begun."""
        count = 130
        tracker = self.script("tracker", f"""
say(type="ready")
event = dict(type="event", event="object", phase="start", reason="", label="person", score=0.9, computed_score=0.9,
             top_score=0.9, box=[1, 2, 30, 40], region=[0, 0, 64, 64], area=1131, zones=[], entered_zones=[],
             stationary=False, motionless=0, position_changes=0, start_ns=1, seen_ns=2, wall_ns=2, frame_id=3,
             path=[[10, 40, 2]], best=dict(frame_id=3, wall_ns=2, score=0.9, box=[1, 2, 30, 40], region=[0, 0, 64, 64]))
for number in range(1, {count} + 1):
    say(**{{**event, "id": number}})
    say(**{{**event, "id": number, "phase": "end", "reason": "lost"}})
sys.exit(0)
""")
        daemon = self.camd(defaults={"restart_limit": 1})
        daemon.camctl("add", "front", f"input={moving_pattern()}", f"tracker={tracker}", "--timeout", "5", expect=None)
        daemon.wait_camera("front", lambda camera: camera["tracker"]["state"] == "failed", "it has said all")
        events = [event for event in daemon.events(name="front") if event["event"] == "object"]
        said = [(event["phase"], event["id"]) for event in events]
        self.assertEqual(said, [(phase, number) for number in range(1, count + 1) for phase in ("start", "end")])
        self.assertNotIn("dropped", daemon.log_text())
