"""The best picture of an object: kept by the tracker, had by its number, and by on_event's program with one command."""
import json
import os
import pwd
import signal
import struct

from harness import CamdTest, program, wait_for

# A colourful box that goes through a street, and is away for a while, again and again.
WALKER = ("lavfi:smptebars=size=320x240:rate=10[street];testsrc2=size=40x80:rate=10[walker];"
          "[street][walker]overlay=x='mod(t*120\\,400)-20':y=80:shortest=0")


def size_of(jpeg):
    at = jpeg.index(b"\xff\xc0")
    height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
    return width, height


class BestPictures(CamdTest):
    def watching(self, **settings):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={WALKER}", "fps=10", "detector=motion", "max_disappeared=3", "min_initialized=2",
                      f"event_user={pwd.getpwuid(os.geteuid()).pw_name}", *(f"{key}={value}" for key, value in settings.items()))
        return daemon

    def objects(self, daemon, phase="end", state=None):
        return [event for event in daemon.events(name="front") if event["event"] == "object" and event["phase"] == phase
                and (state is None or (event["picture"] or {}).get("state") == state)]

    def wait_object(self, daemon, **how):
        return wait_for(lambda: self.objects(daemon, **how), f"an object: {how}")[-1]

    def test_on_event_s_program_has_it_with_one_command_when_the_object_has_ended(self):
        script = self.directory / "on_event.sh"
        script.write_text(f"""#!/bin/sh
[ "$CAMD_EVENT $CAMD_PHASE" = "object end" ] || exit 0
exec {program('camctl')} snapshot "$CAMD_CAMERA" --object "$CAMD_OBJECT" --crop -o "$1/$CAMD_CAMERA-$CAMD_OBJECT.jpg"
""")
        script.chmod(0o755)
        pictures = self.directory / "pictures"
        pictures.mkdir()
        daemon = self.watching(on_event=f"{script} {pictures}")
        event = self.wait_object(daemon, state="kept")
        path = pictures / f"front-{event['id']}.jpg"
        wait_for(path.exists, "the picture")
        width, height = size_of(path.read_bytes())
        left, top, right, bottom = event["picture"]["box"]
        self.assertTrue(right - left < width < right - left + 30 and bottom - top < height < bottom - top + 30,
                        f"{width}x{height}, and the object is {event['picture']['box']}")
        self.assertTrue(0 < left and right < 319, "at no side of the frame")
        best = daemon.camera("front")["best_pictures"]
        self.assertGreater(best["written"], 0)
        self.assertGreater(best["time_ms"], 0, "what it costs is measured")
        self.assertRegex(daemon.camctl("status", "front").stdout, r"best pictures +[0-9]+ written, [0-9.]+ ms each")

    def test_is_there_while_the_object_is_and_after_its_tracker_was_killed(self):
        daemon = self.watching()
        path = self.directory / "x.jpg"
        number = self.wait_object(daemon, phase="start")["id"]
        wait_for(lambda: daemon.camctl("snapshot", "front", "--object", str(number), "-o", path, expect=None).returncode == 0,
                 "its picture")
        self.assertEqual(size_of(path.read_bytes()), (320, 240), "a frame that fits is shown whole")
        before = path.read_bytes()
        pid = daemon.camera("front")["tracker"]["pid"]
        os.kill(pid, signal.SIGKILL)
        daemon.wait_camera("front", lambda camera: camera["tracker"]["state"] == "up" and camera["tracker"]["pid"] != pid, "up again")
        shown = json.loads(daemon.camctl("--json", "snapshot", "front", "--object", str(number), "-o", path).stdout)
        self.assertTrue(shown["ended"])
        self.assertEqual(path.read_bytes()[:2], before[:2])
        self.assertIn("there is no object 999999", daemon.camctl("snapshot", "front", "--object", "999999", "-o", path, expect=1).stderr)

    def test_a_camera_that_keeps_none_says_so_and_has_no_segment(self):
        daemon = self.watching(best_pictures=0)
        self.wait_object(daemon, phase="start", state="off")
        self.assertIsNone(daemon.camera("front")["best_pictures"])
        self.assertFalse([name for name in daemon.segments("front") if name.endswith(".best")])
        result = daemon.camctl("snapshot", "front", "--object", "1", "-o", self.directory / "x.jpg", expect=1)
        self.assertIn("front keeps no pictures of objects: its best_pictures is 0", result.stderr)
        daemon.camctl("set", "front", "best_pictures=3", "best_max_kb=16")
        wait_for(lambda: [name for name in daemon.segments("front") if name.endswith(".best")], "the segment")
        self.wait_object(daemon, state="kept")
        size = os.stat(daemon.shm_directory() / f"{daemon.prefix}front.best").st_size
        self.assertEqual(size, 3 * (128 + 16 * 1024))
        shm = json.loads(daemon.camctl("--json", "shm").stdout)
        self.assertEqual((shm["cameras"][0]["best_pictures"], shm["cameras"][0]["best_max_kb"]), (3, 16))
        self.assertAlmostEqual(shm["best_mb"], 0.0, delta=0.11)
