"""What dies is replaced, what hangs is killed, and frames go on in the same segments."""
import os
import random
import signal
import time

from harness import Camd, CamdTest, FULL, HERE, is_running, moving_pattern, wait_for
from segments import Segments
from test_streams import StreamsCase


class Standstill(StreamsCase):
    """A machine that sleeps, or stands still as a whole, is no fault of its cameras."""

    def test_nobody_is_restarted_because_all_stood_still(self):
        """All captures and trackers were: they had made no progress for as long as the machine had slept."""
        daemon = self.camd(defaults={"stall_timeout": 2, "read_timeout": 2, "fps": 10})
        self.add(daemon, "front", self.start_rtsp("--fps", "20"))
        self.add(daemon, "back", moving_pattern())
        before = {name: daemon.wait_frames(name, 5) for name in ("front", "back")}
        pids = [daemon.pid, self.camera_process.pid, *daemon.workers()]
        self.addCleanup(lambda: [os.kill(pid, signal.SIGCONT) for pid in pids if is_running(pid)])
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        stopped = time.monotonic()
        wait_for(lambda: time.monotonic() - stopped > 5, "the time-outs are over twice, and camd's clock has jumped")
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        for name, camera in before.items():
            after = daemon.wait_frames(name, camera["frames"] + 15)
            for worker in ("capture", "tracker"):
                self.assertEqual((after[worker]["pid"], after[worker]["restarts"]), (camera[worker]["pid"], 0), name)
            self.assertEqual((after["hour"]["outages"], after["hour"]["stalls"]), (0, 0))

    def test_one_that_stands_still_alone_is_restarted(self):
        daemon = self.camd(defaults={"stall_timeout": 1})
        self.add(daemon, "front", moving_pattern())
        pid = daemon.wait_frames("front", 5)["capture"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        after = daemon.wait_camera("front", lambda camera: camera["state"] == "up" and camera["capture"]["pid"] != pid, "is up again")
        self.assertIn("no progress for 1 s", after["capture"]["last_exit"]["reason"])


class Kill(CamdTest):
    def frames_after(self, segments, frame_id, count=5):
        """Ids of frames newer than frame_id, as a reader sees them come, until there are count of them."""
        seen = []

        def look():
            index = segments.newest_slot()
            if index is not None:
                newest = segments.slot(index)
                if newest.sequence % 2 == 0 and newest.frame_id > (seen[-1] if seen else frame_id):
                    seen.append(newest.frame_id)
            return len(seen) >= count

        wait_for(look, f"{count} frames after frame {frame_id}")
        return seen

    def kill_worker(self, worker):
        daemon = self.camd()
        for name in ("front", "back"):
            daemon.camctl("add", name, f"input={moving_pattern(rate=20)}", "fps=20")
        before, other = daemon.wait_frames("front", 3), daemon.wait_frames("back", 3)
        with Segments("front", daemon.prefix) as segments:
            inodes, epoch, counted = segments.inodes(), segments.capture_epoch(), segments.next_frame_id() - 1
            os.kill(before[worker]["pid"], signal.SIGKILL)
            after = daemon.wait_camera(
                "front", lambda camera: camera[worker]["restarts"] == 1 and camera[worker]["state"] == "up", "replaced")
            self.assertNotEqual(after[worker]["pid"], before[worker]["pid"])
            self.assertFalse(is_running(before[worker]["pid"]))
            self.assertEqual((after[worker]["last_exit"]["kind"], after[worker]["last_exit"]["signal"]), ("signal", 9))
            ids = self.frames_after(segments, counted)
            self.assertEqual(ids, sorted(set(ids)), "ids only grow")
            self.assertEqual(segments.inodes(), inodes, "the same segments")
            self.assertEqual(segments.capture_epoch(), epoch + (1 if worker == "capture" else 0))
            self.assert_tracker_goes_on(segments)
        survivor = "tracker" if worker == "capture" else "capture"
        self.assertEqual(daemon.camera("front")[survivor]["pid"], before[survivor]["pid"])
        self.assert_camera_goes_on(daemon, "back", other)

    def assert_tracker_goes_on(self, segments):
        counted = segments.tracker_counters()["frames"]
        wait_for(lambda: segments.tracker_counters()["frames"] > counted + 3, "the tracker processes frames")

    def test_of_capture_replaces_it_and_frames_go_on_in_the_same_slots(self):
        self.kill_worker("capture")

    def test_of_the_tracker_replaces_it_and_capture_goes_on(self):
        self.kill_worker("tracker")

    def test_of_a_tracker_that_hangs_frees_the_slot_it_leased(self):
        daemon = Camd(self, defaults={"stall_timeout": 2}).start()
        daemon.camctl("add", "front", f"input={moving_pattern(rate=20)}", "fps=20")
        before = daemon.wait_frames("front", 3)
        os.kill(before["tracker"]["pid"], signal.SIGSTOP)
        after = daemon.wait_camera("front", lambda camera: camera["tracker"]["restarts"] >= 1
                                   and camera["tracker"]["state"] == "up", "the hanging tracker is replaced")
        self.assertEqual(after["capture"]["pid"], before["capture"]["pid"])
        with Segments("front", daemon.prefix) as segments:
            self.assert_tracker_goes_on(segments)

    def test_of_a_capture_that_hangs_is_done_by_the_stall_time_out(self):
        daemon = Camd(self, defaults={"stall_timeout": 2}).start()
        daemon.camctl("add", "front", f"input={moving_pattern(rate=20)}", "fps=20")
        before = daemon.wait_frames("front", 3)
        os.kill(before["capture"]["pid"], signal.SIGSTOP)
        daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] >= 1 and camera["state"] == "up",
                           "the hanging capture is replaced")
        daemon.wait_frames("front", before["frames"] + 5)

    def test_again_and_again_of_both_loses_neither_ids_nor_segments(self):
        """restart_delay = 0: replaced at once, however often."""
        kills = 2000 if FULL else 20
        daemon = Camd(self, defaults={"restart_delay": 0}).start()
        daemon.camctl("add", "front", f"input={moving_pattern(rate=30)}", "fps=30")
        daemon.wait_frames("front", 2)
        generator = random.Random(1)
        descriptors = None
        with Segments("front", daemon.prefix) as segments:
            inodes = segments.inodes()
            last = 0
            for number in range(kills):
                worker = generator.choice(("capture", "tracker"))
                # a start that fails waits for its back-off: only who is up is replaced at once
                pid = daemon.wait_camera("front", lambda camera: camera[worker]["state"] == "up", f"{worker} is up")[worker]["pid"]
                os.kill(pid, signal.SIGKILL)
                daemon.wait_camera("front", lambda camera: camera[worker]["pid"] not in (None, pid), f"{worker} is replaced")
                if number % 10 == 0:
                    last = self.frames_after(segments, last, 1)[-1]
                    daemon.wait_camera("front", lambda camera: camera["tracker"]["state"] == "up"
                                       and camera["capture"]["state"] == "up", "both up")
                    count = len(os.listdir(f"/proc/{daemon.pid}/fd"))
                    descriptors = descriptors or count
                    self.assertLessEqual(count, descriptors + 2, "descriptors of the daemon")
            self.frames_after(segments, last)
            self.assertEqual(segments.inodes(), inodes)
        restarts = [daemon.camera("front")[worker]["restarts"] for worker in ("capture", "tracker")]
        self.assertEqual(sum(restarts), kills)

    def test_of_the_daemon_ends_its_workers_and_the_next_start_cleans_exactly_what_was_left(self):
        daemon = self.camd()
        for name in ("front", "back"):
            daemon.camctl("add", name, f"input={moving_pattern()}")
        workers = daemon.workers()
        self.assertGreaterEqual(len(workers), 4)
        daemon.kill()
        wait_for(lambda: not any(map(is_running, workers)), f"the workers end: {workers}", 10)
        left = daemon.segments()
        self.assertTrue(left, "a killed daemon leaves segments behind")

        # names that resemble ours and are somebody else's
        prefix = daemon.prefix
        foreign = [f"{prefix}front", f"{prefix}front.", f"{prefix}front.frame", f"{prefix}front.framex", f"{prefix}front.frame0.bak",
                   f"{prefix}front.frame64x", f"{prefix}.info", f"{prefix}fr nt.info", f"{prefix}front.infos", f"x{prefix}front.info",
                   f"{prefix[:-1]}x.front.info", f"{prefix}{'x' * 41}.info", f"{prefix}front.ctl~"]
        for name in foreign:
            with open(f"/dev/shm/{name}", "xb") as file:
                file.write(b"somebody else's")
            self.addCleanup(lambda path=f"/dev/shm/{name}": os.path.exists(path) and os.unlink(path))
        os.unlink(daemon.cameras_dir / "front.ini")
        os.rename(daemon.cameras_dir / "back.ini", self.directory / "back.ini")
        daemon.start()
        mine = [name for name in left if os.path.exists(f"/dev/shm/{name}")]
        self.assertEqual(mine, [], "left-overs of the killed daemon")
        for name in foreign:
            with open(f"/dev/shm/{name}", "rb") as file:
                self.assertEqual(file.read(), b"somebody else's", name)
            os.unlink(f"/dev/shm/{name}")
        os.rename(self.directory / "back.ini", daemon.cameras_dir / "back.ini")
        daemon.camctl("reload")
        daemon.wait_frames("back", 2)


class Stall(CamdTest):
    def test_is_not_seen_in_new_segments_that_have_no_frame_yet(self):
        daemon = self.camd()
        daemon.ask("add", name="front", timeout_s=20, settings={
            "input": "/none", "capture": str(HERE / "resizing_capture.py"), "stall_timeout": "2"})
        camera = daemon.wait_camera("front", lambda camera: camera["frames"] >= 1000 or camera["capture"]["restarts"],
                                    "counts on after the look")
        self.assertEqual((camera["capture"]["restarts"], camera["width"]), (0, 322), camera["capture"]["last_exit"])


class Stop(CamdTest):
    def test_stops_capture_first_and_lets_the_tracker_drain(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=10")
        daemon.wait_frames("front", 3)
        daemon.camctl("stop", "front")
        camera = daemon.wait_state("front", "down")
        self.assertIsNone(camera["capture"]["pid"])
        self.assertIsNone(camera["tracker"]["pid"])
        for worker in ("capture", "tracker"):
            self.assertEqual((camera[worker]["last_exit"]["kind"], camera[worker]["last_exit"]["code"]), ("exit", 0))
        downs = [event["worker"] for event in daemon.events(name="front")
                 if event["event"] == "worker_state" and event["state"] == "down"]
        self.assertEqual(downs[-2:], ["capture", "tracker"])
        daemon.camctl("start", "front")
        daemon.wait_frames("front", 1)

    def test_of_a_camera_in_back_off_is_immediate(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.directory / 'missing.avi'}", expect=7)
        daemon.wait_state("front", "backoff")
        daemon.camctl("stop", "front")
        camera = daemon.wait_state("front", "down")
        self.assertIsNone(camera["capture"]["next_start_ms"])

    def test_restart_replaces_both_workers(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.wait_frames("front", 1)
        daemon.camctl("restart", "front")
        after = daemon.wait_camera("front", lambda camera: camera["state"] == "up"
                                   and camera["capture"]["pid"] not in (None, before["capture"]["pid"])
                                   and camera["tracker"]["pid"] not in (None, before["tracker"]["pid"]), "new workers")
        self.assertEqual(after["capture"]["failures"], 0)

    def test_of_the_daemon_ends_a_dozen_cameras_in_parallel(self):
        daemon = Camd(self, defaults={"fps": 2}).start()
        names = [f"camera{number}" for number in range(12)]
        for name in names:
            daemon.write_camera(name, input=moving_pattern("64x48", 5))
        daemon.camctl("reload")
        for name in names:
            daemon.wait_state(name, "up", 60)
        workers = daemon.workers()
        self.assertEqual(len(workers), 24)
        daemon.stop()
        self.assertFalse(any(map(is_running, workers)))


class Words(CamdTest):
    def says(self, daemon, *words, expect=0):
        done = daemon.camctl(*words, expect=expect)
        return (done.stdout + done.stderr).strip()

    def test_of_verbs_say_what_is_the_case(self):
        """kick said "trying again" of a camera that was disabled, stopped or up, and start "starting" of one that was up."""
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        for verb in ("start", "kick"):
            self.assertEqual(self.says(daemon, verb, "front"), "front: up already")
        self.assertEqual(self.says(daemon, "restart", "front"), "front: restarting")
        self.assertEqual(self.says(daemon, "stop", "front"), "front: stopped")
        self.assertEqual(self.says(daemon, "stop", "front"), "front: down already")
        self.assertIn("front is stopped: there is nothing to try again", self.says(daemon, "kick", "front", expect=1))
        self.assertEqual(self.says(daemon, "restart", "front"), "front: starting")
        daemon.wait_state("front", "up")
        self.assertEqual(self.says(daemon, "enable", "front"), "front: enabled already")
        self.assertEqual(self.says(daemon, "disable", "front"), "front: disabled")
        self.assertEqual(self.says(daemon, "disable", "front"), "front: disabled already")
        for verb in ("kick", "start", "restart"):
            self.assertIn("front is disabled", self.says(daemon, verb, "front", expect=1))
        self.assertEqual(self.says(daemon, "enable", "front"), "front: enabled")

    def test_differ_from_camera_to_camera(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.camctl("add", "back", "input=/none.avi", "restart_delay=100", "restart_max_delay=100", expect=7)
        document = daemon.camctl_json("start", "front", "back")
        self.assertEqual(document, {"done": "starting", "cameras": ["front", "back"],
                                    "outcomes": {"front": "up already", "back": "trying again"}})
        self.assertEqual(daemon.camctl_json("stop", "front", "back")["done"], "stopped")
