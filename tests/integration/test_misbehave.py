"""Workers that misbehave in every way there is: the daemon, and the camera beside theirs, must not notice.

What misbehave does is in misbehave.h. Each test has a camera whose workers are that program, and a witness.
"""
import os
import re
from pathlib import Path

from harness import Camd, CamdTest, SLOWNESS, descendants, is_running, moving_pattern, program, wait_for

# Short time-outs, so that the tests are.
SETTINGS = {"stall_timeout": 1, "first_frame_timeout": 2, "stop_timeout": 0.5, "restart_delay": 0.2, "restart_max_delay": 0.5}
LOG_BYTES_MAX = 4 << 20
MEMORY_KIB_MAX = 64 << 10


class Counters(CamdTest):
    """Whatever a worker writes where it counts, what is shown is what a camera can have come to."""

    def numbers(self, value):
        if isinstance(value, dict):
            value = value.values()
        if isinstance(value, (int, float)):
            yield value
        elif not isinstance(value, (str, type(None))):
            for item in value:
                yield from self.numbers(item)

    def test_of_a_worker_that_writes_nonsense_are_not_believed(self):
        daemon = Camd(self)
        worker = daemon.directory / "worker"
        worker.write_text("#!/bin/sh\nexec sleep 1000\n")
        worker.chmod(0o755)
        daemon.write_camera("bad", input="/none", width=64, height=48, capture=worker, tracker=worker)
        daemon.start()
        daemon.wait_camera("bad", lambda camera: camera["slots"] > 0, "has segments")
        with open(f"/dev/shm/{daemon.prefix}bad.ctl", "r+b") as ctl:
            for nonsense in (b"\xff", b"\x80", b"\x7f"):
                ctl.seek(0)
                ctl.write(nonsense * 3 * 16384)
                ctl.flush()
                camera = daemon.camera("bad")
                numbers = [number for key in camera for number in self.numbers({key: camera[key]}) if key != "capture"]
                self.assertTrue(all(0 <= number < 1e6 for number in numbers), camera)
                self.assertNotRegex(daemon.camctl("status", "bad").stdout, r" -[0-9]|[0-9]{12}")


class Misbehave(CamdTest):
    def setUp(self):
        if self._testMethodName == "test_truncated_segments":
            # who truncates his own segments gets SIGBUS: here that is no finding of a sanitizer
            os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":handle_sigbus=0"
        self.daemon = self.camd()
        self.daemon.camctl("add", "witness", f"input={moving_pattern(rate=20)}", "fps=20")
        self.before = self.daemon.wait_frames("witness", 2)

    def add(self, plan, **settings):
        """The camera `bad`; how its add ends does not matter."""
        worker = program("misbehave")
        keys = {"input": f"misbehave://{plan}", "capture": worker, "tracker": worker, **SETTINGS, **settings}
        self.daemon.camctl("add", "bad", *[f"{key}={value}" for key, value in keys.items()], "--timeout", "5", expect=None)
        self.assertIsNotNone(self.daemon.camera("bad"), "the camera was not even added")

    def wait_bad(self, condition, what, timeout=30):
        return self.daemon.wait_camera("bad", condition, what, timeout)

    def assert_unharmed(self, frames=20):
        """The witness goes on, the daemon answers and has not grown; then the bad camera goes without a trace."""
        target = self.daemon.camera("witness")["frames"] + frames
        self.daemon.wait_frames("witness", target)
        self.assert_camera_goes_on(self.daemon, "witness", self.before)
        status = Path(f"/proc/{self.daemon.pid}/status").read_text()
        if SLOWNESS == 1:  # sanitizers need more
            self.assertLess(int(re.search(r"VmRSS:\s*(\d+)", status).group(1)), MEMORY_KIB_MAX, "KiB of the daemon")
        self.assertLess(self.daemon.log.stat().st_size, LOG_BYTES_MAX, "bytes of log")
        workers = [pid for pid, command in self.daemon.workers().items() if "misbehave" in command]
        self.daemon.camctl("remove", "bad", timeout=30)
        self.assertFalse(any(map(is_running, workers)), "workers of the removed camera")
        self.assertEqual(self.daemon.segments("bad."), [])

    def assert_restarted(self, worker, plan, **settings):
        self.add(plan, **settings)
        camera = self.wait_bad(lambda camera: camera[worker]["restarts"] >= 2, f"{worker} is started again and again")
        self.assert_unharmed()
        return camera[worker]["last_exit"]

    # ---- good behaviour, so that the rest means something ---------------------------------------------------

    def test_well(self):
        self.add("well")
        self.daemon.wait_frames("bad", 5)
        self.assert_unharmed()

    # ---- ends ----------------------------------------------------------------------------------------------

    def test_exit_at_every_stage(self):
        for worker in ("capture", "tracker"):
            for moment in ("start", "hello", "frames", "ready", "after-3"):
                with self.subTest(worker=worker, moment=moment):
                    last = self.assert_restarted(worker, f"{worker}.{moment}.exit=7")
                    self.assertEqual((last["kind"], last["code"]), ("exit", 7))

    def test_exit_with_0_without_being_told(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                self.assert_restarted(worker, f"{worker}.ready.exit=0")

    def test_crash(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                last = self.assert_restarted(worker, f"{worker}.after-2.signal=11")
                self.assertEqual((last["kind"], last["signal"]), ("signal", 11))

    def test_failure_while_stopping_is_no_failure(self):
        self.add("stop.exit=5", stall_timeout=20, first_frame_timeout=20, stop_timeout=20)
        self.daemon.wait_frames("bad", 3)
        self.daemon.camctl("stop", "bad")
        camera = self.daemon.wait_state("bad", "down")
        self.assertEqual(camera["capture"]["failures"], 0)
        self.assertEqual(camera["capture"]["last_exit"]["code"], 5)
        self.assert_unharmed()

    def test_a_program_that_is_not_there(self):
        self.add("well", capture=self.directory / "nothing")
        camera = self.wait_bad(lambda camera: camera["capture"]["failures"] >= 2, "failures")
        self.assertIn("nothing", camera["reason"] + camera["hint"] + self.daemon.log_text())
        self.assert_unharmed()

    def test_an_error_with_a_class_and_a_password_in_it(self):
        self.add("capture.fail=auth")
        camera = self.wait_bad(lambda camera: camera["state"] == "backoff", "backs off")
        self.assertGreater(camera["capture"]["next_start_ms"], 290_000)
        self.assert_secret_kept()
        self.assert_unharmed()

    def assert_secret_kept(self):
        for text in (self.daemon.log_text(), self.daemon.camctl("--json", "status").stdout,
                     self.daemon.camctl("--json", "events").stdout):
            self.assertNotIn("geheim", text)

    def test_secrets_in_its_log(self):
        self.add("secrets")
        self.daemon.wait_frames("bad", 3)
        self.assert_secret_kept()
        self.assert_unharmed()

    def test_half_a_password_as_its_last_words(self):
        """It is killed in the middle of a line: the @ that shows where a password ends never comes."""
        worker = self.directory / "last-words"
        worker.write_text("#!/bin/sh\nprintf 'last words: cannot open rtsp://admin:hunter2'\nkill -9 $$\n")
        worker.chmod(0o755)
        self.daemon.camctl("add", "bad", "input=misbehave://well", f"capture={worker}", "--timeout", "1", expect=None)
        wait_for(lambda: "last words: " in self.daemon.log_text(), "the line is logged")
        self.assertNotIn("hunter2", self.daemon.log_text())
        self.assert_unharmed()

    # ---- silence -------------------------------------------------------------------------------------------

    def test_never_ready(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                self.assert_restarted(worker, f"{worker}.never-ready")

    def test_stall(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                self.assert_restarted(worker, f"{worker}.after-3.stall")

    def test_hang(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                self.assert_restarted(worker, f"{worker}.after-3.hang")

    def test_hang_at_the_start(self):
        self.assert_restarted("capture", "capture.start.hang")

    def test_ignored_requests_to_stop(self):
        self.add("ignore-term")
        self.daemon.wait_frames("bad", 3)
        self.daemon.camctl("stop", "bad")
        camera = self.daemon.wait_state("bad", "down")
        for worker in ("capture", "tracker"):
            self.assertEqual((camera[worker]["last_exit"]["kind"], camera[worker]["last_exit"]["signal"]), ("signal", 9))
        self.assert_unharmed()

    def test_hang_while_stopping(self):
        self.add("capture.stop.hang,tracker.stop.hang")
        self.daemon.wait_frames("bad", 3)
        self.assert_unharmed()

    def test_ignored_requests_to_stop_do_not_hold_up_the_shutdown(self):
        self.add("ignore-term")
        self.daemon.wait_frames("bad", 3)
        self.daemon.stop()

    # ---- what it shares ------------------------------------------------------------------------------------

    def test_truncated_segments(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                self.add(f"{worker}.after-3.truncate")
                self.wait_bad(lambda camera: camera["capture"]["restarts"] + camera["tracker"]["restarts"] >= 1, "noticed")
                self.assert_unharmed()

    def test_scribbling_over_its_segments(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                self.add(f"{worker}.after-3.scribble")
                self.assert_unharmed(60)

    def test_leases_for_ever(self):
        for slot in (1, 4, 99999, 4294967295):
            with self.subTest(slot=slot):
                self.add(f"tracker.after-1.lease={slot}")
                frames = self.daemon.wait_frames("bad", 3)["frames"]
                self.daemon.wait_frames("bad", frames + 15)
                self.assert_unharmed()

    def test_a_stream_that_changes_its_size(self):
        self.add("size=640x480,capture.after-5.resize=320x240")
        self.wait_bad(lambda camera: camera["state"] == "up" and (camera["width"], camera["height"]) == (320, 240), "the new size")
        self.daemon.wait_frames("bad", 10)
        self.assert_unharmed()

    def test_nonsense_as_size(self):
        for size in ("0x0", "7x7", "1x100000", "4294967295x2", "99999x99999", "640x481"):
            with self.subTest(size=size):
                self.add(f"size={size}")
                self.assert_unharmed(5)

    # ---- channel and log -----------------------------------------------------------------------------------

    def test_closed_channel(self):
        for worker in ("capture", "tracker"):
            with self.subTest(worker=worker):
                self.assert_restarted(worker, f"{worker}.after-3.close-channel")

    def test_closed_log_is_its_own_affair(self):
        self.add("close-log", stall_timeout=20, first_frame_timeout=20)
        frames = self.daemon.wait_frames("bad", 3)["frames"]
        camera = self.daemon.wait_frames("bad", frames + 10)
        self.assertEqual(camera["capture"]["restarts"], 0)
        self.assert_unharmed()

    def test_messages_that_are_none(self):
        for behaviour in ("garbage", "wrong-types", "unknown", "long", "descriptors=100"):
            for worker in ("capture", "tracker"):
                with self.subTest(behaviour=behaviour, worker=worker):
                    descriptors = len(os.listdir(f"/proc/{self.daemon.pid}/fd"))
                    self.add(f"{worker}.after-2.{behaviour}")
                    self.assert_unharmed(10)
                    wait_for(lambda: len(os.listdir(f"/proc/{self.daemon.pid}/fd")) <= descriptors, "its descriptors are closed")

    def test_floods(self):
        for behaviour in ("flood-events=1000", "flood-ready=1000", "flood-garbage=1000", "flood-lines=1000", "flood-bytes=1000000",
                          "flood-controls"):
            with self.subTest(behaviour=behaviour):
                self.add(f"capture.{behaviour}")
                self.assert_unharmed(40)
                log = self.daemon.log.read_bytes()
                self.assertIsNone(re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", log), "control characters in the log")

    def test_messages_that_are_none_are_told_once(self):
        """Each kind of them was a line of log a second, for as long as the worker did it, and some more with each restart."""
        self.add("capture.flood-garbage=30,capture.after-5.exit=1")
        self.wait_bad(lambda camera: camera["capture"]["restarts"] >= 3, "restarts")
        self.assert_unharmed(10)
        told = re.findall(r"bad capture: sent a message that (.*?): dropped", self.daemon.log_text())
        self.assertEqual(sorted(told), ["carries descriptors", "is no JSON object", "is too long"])

    def test_an_event_in_another_form_is_told(self):
        """It was dropped without a word for who writes a tracker."""
        self.add("tracker.after-2.wrong-types")
        wait_for(lambda: "bad tracker: sent a message that tells an event in another form" in self.daemon.log_text(), "the log says so")
        self.assert_unharmed(10)

    def test_floods_of_the_tracker(self):
        for behaviour in ("flood-events=1000", "flood-lines=1000"):
            with self.subTest(behaviour=behaviour):
                self.add(f"tracker.{behaviour}")
                self.assert_unharmed(40)

    # ---- processes -----------------------------------------------------------------------------------------

    def test_grandchildren_go_with_it(self):
        self.add("capture.grandchild")
        self.daemon.wait_frames("bad", 3)
        self.assert_unharmed()
        wait_for(lambda: not any("misbehave" in command for command in descendants(os.getpid()).values()),
                 "no process of the camera is left")

    def test_grandchildren_in_another_session_hold_up_nothing(self):
        """They are found when camd has stopped; neither remove nor shutdown may wait for them."""
        self.add("capture.grandchild-session")
        self.daemon.wait_frames("bad", 3)
        self.assert_unharmed()
        self.daemon.stop()

    def test_ended_of_a_capture_that_failed_is_no_end(self):
        """Its reason was the end of its file, and nobody knew why it was tried again and again."""
        self.assertEqual(self.assert_restarted("capture", "capture.after-3.ended=3")["reason"], "exited with status 3")

    def test_ended_of_the_tracker_does_not_stop_the_camera_for_good(self):
        self.add("tracker.after-3.ended")
        frames = self.daemon.wait_camera("bad", lambda camera: camera["frames"] > 5, "frames")["frames"]
        self.wait_bad(lambda camera: camera["frames"] > frames + 10, "frames go on")
        self.assert_unharmed()
