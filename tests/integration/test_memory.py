"""A /dev/shm that is too small, in a mount namespace of its own."""
import os

from harness import Camd, CamdTest, moving_pattern, need_private_mounts
from segments import Segments


class SmallSharedMemory(CamdTest):
    def setUp(self):
        need_private_mounts()
        super().setUp()

    def test_of_16_mb_runs_what_fits_and_refuses_the_next_with_the_size_needed(self):
        daemon = Camd(self, shm_mb=16, defaults={"fps": 10}).start()
        running = {}
        for number in range(10):
            name = f"camera{number}"
            done = daemon.camctl("add", name, f"input={moving_pattern('768x576')}", expect=None)
            if done.returncode != 0:
                break
            running[name] = daemon.wait_frames(name, 2)
        # four slots of 768x576 take 2.6 MB: some fit, ten do not
        self.assertGreaterEqual(len(running), 3)
        self.assertLess(len(running), 7)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"\d+(\.\d+)? ?M(i?B)?\b")
        self.assertIn("/dev/shm", done.stderr)
        self.assertIsNone(daemon.camera(name))
        self.assertFalse((daemon.cameras_dir / f"{name}.ini").exists())
        self.assertEqual(daemon.segments(f"{name}."), [])
        for other, before in running.items():
            self.assert_camera_goes_on(daemon, other, before)
            with Segments(other, daemon.prefix, daemon.shm_directory()) as segments:
                self.assertGreaterEqual(segments.slots, 4)
        # what was refused fits once another is gone
        daemon.camctl("remove", "camera0")
        daemon.camctl("add", name, f"input={moving_pattern('768x576')}")
        daemon.wait_frames(name, 2)

    def test_that_somebody_fills_kills_nobody(self):
        daemon = Camd(self, shm_mb=16, defaults={"fps": 10}).start()
        daemon.camctl("add", "front", f"input={moving_pattern('768x576')}")
        before = daemon.wait_frames("front", 2)
        with open(daemon.shm_directory() / "hog", "wb") as hog:
            try:
                while True:
                    hog.write(bytes(65536))
                    hog.flush()
            except OSError:
                pass
        done = daemon.camctl("add", "back", f"input={moving_pattern('768x576')}", expect=1)
        self.assertIn("/dev/shm", done.stderr)
        self.assert_camera_goes_on(daemon, "front", before)
        os.unlink(daemon.shm_directory() / "hog")
        daemon.camctl("add", "back", f"input={moving_pattern('768x576')}")

    def test_that_has_room_again_is_worth_a_restart(self):
        """Cameras that started with 4 slots, since room was short, kept them, and nothing said so."""
        daemon = Camd(self, shm_mb=100, defaults={"fps": 10}).start()
        hog = daemon.shm_directory() / "hog"
        with open(hog, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 94 << 20)
        daemon.camctl("add", "front", f"input={moving_pattern('768x576')}")
        self.assertEqual(daemon.wait_frames("front", 1)["slots"], 4)
        # one answer: what add refuses, shm has no slots for
        refused = daemon.camctl("add", "back", f"input={moving_pattern('1280x720')}", "width=1280", "height=720", expect=1)
        budget = daemon.camctl_json("shm")
        self.assertEqual(budget["slots"], 0)
        self.assertIn(budget["next"]["problem"], refused.stderr)
        self.assertIn("none for a camera that starts now", daemon.camctl("shm").stdout)
        self.assertEqual(daemon.camera("front")["reason"], "")
        hog.unlink()
        self.assertGreater(daemon.camctl_json("shm")["slots"], 4)
        self.assertIn("camctl restart front", daemon.camctl("shm").stdout)
        front = daemon.camera("front")
        self.assertEqual(front["state"], "up")
        self.assertIn("4 frame slots", front["reason"])
        self.assertIn("camctl restart front", front["hint"])
        daemon.camctl("restart", "front")
        daemon.wait_camera("front", lambda camera: camera["slots"] >= 8, "more slots")
        daemon.wait_camera("front", lambda camera: camera["state"] == "up" and not camera["reason"], "nothing to say")

    def test_the_budget_is_explained(self):
        daemon = Camd(self, shm_mb=16).start()
        daemon.camctl("add", "front", f"input={moving_pattern('768x576')}")
        budget = daemon.camctl_json("shm")
        self.assertEqual(budget["total_mb"], 16)
        self.assertEqual(budget["slots"], 4)
        self.assertTrue(budget["spare_given_up"])
        self.assertEqual([camera["name"] for camera in budget["cameras"]], ["front"])
        self.assertIn("front", daemon.camctl("shm").stdout)
