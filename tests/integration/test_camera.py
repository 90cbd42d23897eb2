"""A camera's life: added, running, ended, removed; and its frames as strangers see them."""
import os
import unittest

from harness import Camd, CamdTest, clip, ffmpeg, frame_digests, is_running, moving_pattern, static_pattern, still_picture, wait_for
from segments import SEGMENTS_LIVE, Segments, digest

WORKER_MEMBERS = {"state", "pid", "restarts", "failures", "uptime_s", "next_start_ms", "reason", "last_exit"}
CAMERA_MEMBERS = {
    "name", "state", "want", "enabled", "width", "height", "fps", "slots", "frames", "frame_age_s", "camera_fps",
    "process_fps", "detection_fps", "skipped_fps", "objects", "capture", "tracker", "input", "file", "motion", "reason",
    "hint", "stream", "uptime_s", "dark_s", "next_start_ms",
}
# Fails, or starts without an end, as the file beside it says.
FAILING_CAPTURE = """#!/usr/bin/python3 -S
import json, socket, sys, time
from pathlib import Path
channel = socket.socket(fileno=3)
if (Path(sys.path[0]) / "behaviour").read_text() == "fail":
    channel.send(json.dumps({"type": "error", "stage": "open", "class": "network", "text": "the camera is asleep",
                             "hint": "wake it"}).encode())
    sys.exit(1)
time.sleep(1000)
"""


class Add(CamdTest):
    def test_a_local_file_reaches_its_first_frame(self):
        daemon = self.camd()
        done = daemon.camctl_json("add", "front", f"input={clip()}", "loop=yes", "fps=10")
        self.assertEqual(done["name"], "front")
        self.assertGreaterEqual(done["frames"], 1)
        camera = daemon.wait_state("front", "up")
        self.assertEqual((camera["width"], camera["height"]), (768, 576))

    def test_the_file_in_cameras_d_is_private_and_starts_the_camera_again(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=10")
        file = daemon.cameras_dir / "front.ini"
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        self.assertEqual(daemon.camera("front")["file"], str(file))
        daemon.stop()
        daemon.start()
        daemon.wait_frames("front", 2)

    def test_a_runtime_camera_is_not_saved(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "--runtime")
        self.assertEqual(os.listdir(daemon.cameras_dir), [])
        self.assertIsNone(daemon.camera("front")["file"])
        daemon.stop()
        daemon.start()
        self.assertIsNone(daemon.camera("front"))

    def test_a_name_that_is_taken_is_refused(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.camera("front")
        text = (daemon.cameras_dir / "front.ini").read_text()
        refused = daemon.camctl("add", "front", f"input={static_pattern()}", expect=1)
        self.assertIn("front", refused.stderr)
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), text)
        self.assert_camera_goes_on(daemon, "front", before)

    def test_the_url_can_come_from_standard_input(self):
        daemon = self.camd()
        daemon.camctl("add", "front", "input=-", stdin=moving_pattern() + "\n")
        daemon.wait_frames("front", 1)

    def test_require_frame_takes_a_camera_without_frames_back(self):
        daemon = self.camd()
        nothing = self.directory / "nothing.avi"
        refused = daemon.camctl("add", "front", f"input={nothing}", "--require-frame", "--timeout", "5", expect=1)
        self.assertIn("front", refused.stderr)
        self.assertIsNone(daemon.camera("front"))
        self.assertEqual(os.listdir(daemon.cameras_dir), [])
        self.assertEqual(daemon.segments(), [])

    def test_a_camera_without_frames_is_saved_and_said_to_be_not_running(self):
        daemon = self.camd()
        late = self.directory / "late.avi"
        saved = daemon.camctl("add", "front", f"input={late}", "--timeout", "10", expect=7)
        self.assertIn("front", saved.stderr)
        self.assertTrue((daemon.cameras_dir / "front.ini").exists())
        # and when the reason is gone, it runs at the next try
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=5", "-c:v", "mpeg4", late)
        daemon.camctl("kick", "front")
        daemon.wait_frames("front", 1)


class Status(CamdTest):
    def test_has_every_member_of_the_design(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "fps=10")
        daemon.wait_frames("front", 3)
        status = daemon.camctl_json("status")
        self.assertLessEqual({"version", "pid", "uptime_s", "shm"}, status["daemon"].keys())
        self.assertLessEqual({"total_mb", "available_mb", "slots", "recommended_mb", "prefix"}, status["daemon"]["shm"].keys())
        self.assertEqual(status["daemon"]["pid"], daemon.pid)
        camera, = status["cameras"]
        self.assertLessEqual(CAMERA_MEMBERS, camera.keys())
        for worker in ("capture", "tracker"):
            self.assertLessEqual(WORKER_MEMBERS, camera[worker].keys())
            self.assertEqual(camera[worker]["state"], "up")
            self.assertIn(camera[worker]["pid"], daemon.workers())
            self.assertEqual(camera[worker]["restarts"], 0)
            self.assertIsNone(camera[worker]["last_exit"])
            self.assertIsNone(camera[worker]["next_start_ms"])
        self.assertEqual(camera["fps"], 10)
        self.assertGreaterEqual(camera["slots"], 4)
        self.assertEqual(camera["stream"]["width"], 768)

    def test_of_a_camera_that_is_tried_again_keeps_the_reason_and_since_when_it_is_dark(self):
        """While it tried there was only "capture starting", for a minute and more."""
        worker = self.directory / "capture" / "capture.py"
        worker.parent.mkdir()
        worker.write_text(FAILING_CAPTURE)
        worker.chmod(0o755)
        behaviour = worker.parent / "behaviour"
        behaviour.write_text("fail")
        daemon = self.camd()
        daemon.ask("add", name="up", settings={"input": still_picture()}, timeout_s=20)
        daemon.camctl("add", "front", "input=/asleep", f"capture={worker}", "restart_max_delay=1", expect=7)
        camera = daemon.wait_camera("front", lambda camera: camera["state"] == "backoff" and camera["next_start_ms"] > 0,
                                    "waits for its next try")
        self.assertEqual((camera["reason"], camera["hint"]), ("capture: open: the camera is asleep", "wake it"))
        behaviour.write_text("start")
        camera = daemon.wait_camera("front", lambda camera: camera["state"] == "starting", "is tried again")
        self.assertEqual((camera["reason"], camera["hint"]), ("capture: open: the camera is asleep", "wake it"))
        self.assertEqual(camera["capture"]["reason"], "open: the camera is asleep")
        self.assertGreater(camera["dark_s"], 0)
        self.assertIsNone(camera["next_start_ms"])
        self.assertRegex(daemon.camctl("status").stdout, r"\nfront +starting .*\n +capture: open: the camera is asleep\n")
        self.assertRegex(daemon.camctl("status", "front").stdout, r"waiting +no pictures for [0-9]")
        self.assertIsNone(daemon.camera("up")["dark_s"])

    def test_of_a_camera_in_back_off_says_when_the_next_try_is(self):
        daemon = self.camd()
        daemon.camctl("add", "front", "input=/none.avi", "restart_delay=100", "restart_max_delay=100", expect=7)
        self.assertRegex(daemon.camctl("status", "front").stdout, r"no pictures for [0-9.]+ .*; next try in [0-9]")
        self.assertGreater(daemon.camera("front")["next_start_ms"], 10000)

    def test_rates_settle_at_the_configured_rate(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern(rate=20)}", "fps=5")
        daemon.wait_camera("front", lambda camera: 4 <= camera["camera_fps"] <= 6 and 4 <= camera["process_fps"] <= 6,
                           "both rates near 5 frames a second", 60)

    def test_for_people_names_the_camera_and_its_state(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        for arguments in (("status",), ("status", "front")):
            text = daemon.camctl(*arguments).stdout
            self.assertIn("front", text)
            self.assertIn("up", text)
        daemon.camctl("status", "nobody", expect=5)


class Frames(CamdTest):
    def test_equal_ffmpegs_decode_byte_for_byte(self):
        """Frames of the running camera, told apart by their stream time."""
        wanted = frame_digests(clip())
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "fps=10")
        compared = {}
        with Segments("front", daemon.prefix) as segments:
            self.assertEqual((segments.abi_major, segments.state), (1, SEGMENTS_LIVE))
            self.assertEqual((segments.width, segments.height), (768, 576))
            self.assertEqual(segments.frame_bytes, 768 * 576 * 3 // 2)
            self.assertEqual(segments.slots, daemon.camera("front")["slots"])

            def compare_newest():
                read = segments.read_newest()
                if read and read[0].frame_id not in compared:
                    slot, pixels = read
                    number = round(slot.stream_time_ns * 10 / 1e9) % len(wanted)
                    self.assertEqual(digest(pixels), wanted[number],
                                     f"frame {slot.frame_id} in slot, frame {number} of the clip")
                    compared[slot.frame_id] = number
                return len(compared) >= 20

            wait_for(compare_newest, "20 different frames compared", 60)
        self.assertGreater(len(set(compared.values())), 15, "the frames should differ")

    def test_a_whole_file_at_full_speed_loses_no_frame_and_leaves_the_last_ones_right(self):
        """pace = no: every frame of the clip is processed, none skipped."""
        wanted = frame_digests(clip())
        daemon = self.camd()
        daemon.write_camera("front", input=clip(), loop="no", pace="no", fps=60, enabled="no")
        daemon.ask("reload")
        # what was written stays readable for whoever has it mapped
        daemon.camctl("enable", "front")
        segments = wait_for(lambda: self.mapped(daemon), "the segments are there")
        with segments:
            daemon.wait_state("front", "ended", 120)
            wait_for(lambda: segments.tracker_counters()["frames"] >= len(wanted), "the tracker drains the ring")
            capture, tracker = segments.capture_counters(), segments.tracker_counters()
            self.assertEqual(capture["frames"], len(wanted))
            self.assertEqual(capture["skipped"], 0)
            self.assertEqual(capture["damaged"], 0)
            self.assertEqual(tracker["frames"], len(wanted))
            self.assertEqual(tracker["lost"], 0)
            self.assertEqual(segments.next_frame_id(), len(wanted) + 1)
            seen = set()
            for index in range(segments.slots):
                read = segments.read(index)
                if read:
                    slot, pixels = read
                    self.assertEqual(digest(pixels), wanted[slot.frame_id - 1], f"frame {slot.frame_id}")
                    seen.add(slot.frame_id)
            self.assertIn(len(wanted), seen)
            self.assertGreaterEqual(len(seen), 4)

    def mapped(self, daemon):
        try:
            return Segments("front", daemon.prefix)
        except (FileNotFoundError, ValueError):
            return None

    def test_are_scaled_to_the_configured_size(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "width=320", "height=240", "fps=10")
        camera = daemon.wait_frames("front", 3)
        self.assertEqual((camera["width"], camera["height"]), (320, 240))
        self.assertEqual((camera["stream"]["width"], camera["stream"]["height"]), (768, 576))
        with Segments("front", daemon.prefix) as segments:
            self.assertEqual(segments.frame_bytes, 320 * 240 * 3 // 2)
            slot, pixels = wait_for(segments.read_newest, "a whole frame")
            self.assertGreater(len(set(pixels[: 320 * 240])), 20, "the picture has contents")

    def test_outsiders_can_only_read(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        for name in daemon.segments("front"):
            self.assertEqual(os.stat(f"/dev/shm/{name}").st_mode & 0o777, 0o640, name)


class End(CamdTest):
    def short_clip(self):
        path = self.directory / "short.avi"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=1", "-c:v", "mpeg4", path)
        return path

    def test_of_a_file_without_loop_is_no_failure(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.short_clip()}", "loop=no", "fps=10")
        camera = daemon.wait_state("front", "ended")
        self.assertEqual(camera["frames"], 10)
        self.assertEqual(camera["capture"]["restarts"], 0)
        self.assertIsNone(camera["capture"]["pid"])
        self.assertEqual(camera["capture"]["failures"], 0)
        states = [(event["worker"], event["state"]) for event in daemon.events(name="front")
                  if event["event"] == "worker_state"]
        self.assertNotIn(("capture", "backoff"), states)

    def test_of_a_file_with_loop_is_its_start(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.short_clip()}", "loop=yes", "fps=10")
        pid = daemon.camera("front")["capture"]["pid"]
        camera = daemon.wait_frames("front", 25)
        self.assertEqual(camera["capture"]["pid"], pid)
        with Segments("front", daemon.prefix) as segments:
            self.assertGreaterEqual(segments.capture_counters()["reopened"], 2)


class Remove(CamdTest):
    def test_leaves_nothing_of_it_and_others_go_on(self):
        daemon = self.camd()
        for name in ("front", "back", "front2"):
            daemon.camctl("add", name, f"input={moving_pattern()}", "fps=10")
        before = {name: daemon.wait_frames(name, 2) for name in ("back", "front2")}
        gone = daemon.camera("front")
        daemon.camctl("remove", "front")
        for worker in ("capture", "tracker"):
            self.assertFalse(is_running(gone[worker]["pid"]), f"{worker} still runs after remove")
        self.assertEqual(daemon.segments("front."), [])
        self.assertFalse((daemon.cameras_dir / "front.ini").exists())
        self.assertIsNone(daemon.camera("front"))
        leftovers = [str(path) for path in daemon.state_dir.rglob("*") if "front" in path.name and "front2" not in path.name]
        self.assertEqual(leftovers, [])
        for name, camera in before.items():
            self.assert_camera_goes_on(daemon, name, camera)
        daemon.camctl("remove", "front", expect=5)

    def test_of_a_camera_of_camd_ini_is_refused_with_file_and_line(self):
        daemon = Camd(self, cameras={"front": {"input": moving_pattern()}}).start()
        before = daemon.wait_frames("front", 1)
        refused = daemon.camctl("remove", "front", expect=1)
        self.assertRegex(refused.stderr, r"camd\.ini(:|, line )\d+")
        self.assert_camera_goes_on(daemon, "front", before)

    def test_and_add_again_gives_new_segments(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern('320x240')}")
        with Segments("front", daemon.prefix) as old:
            daemon.camctl("remove", "front")
            self.assertNotEqual(int.from_bytes(old.info[12:16], "little"), SEGMENTS_LIVE, "readers are told")
        daemon.camctl("add", "front", f"input={moving_pattern('640x480')}")
        with Segments("front", daemon.prefix) as new:
            self.assertEqual((new.width, new.height), (640, 480))
            self.assertNotEqual(new.generation, old.generation)


if __name__ == "__main__":
    unittest.main()
