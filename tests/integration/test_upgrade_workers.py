"""camctl upgrade --workers: those that run an older program are named, and restarted one by one."""
import os
import re
import shutil
import subprocess

from harness import PASSED, CamdTest, ffmpeg, moving_pattern, program, wait_for
from upgradable import UpgradableCamd


def make_clip_of_a_second(path):
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:d=1", "-c:v", "mpeg4", path)


class Workers(CamdTest):
    def older(self, daemon):
        return [(camera["name"], worker) for camera in daemon.status()["cameras"] for worker in ("capture", "tracker")
                if camera[worker]["older_program"]]

    def test_that_run_an_older_program_are_named_and_restarted_one_by_one(self):
        daemon = self.camd(cameras={name: {"input": moving_pattern()} for name in ("a", "b", "c")})
        before = {name: daemon.wait_frames(name, 1) for name in ("a", "b", "c")}
        for name in before:
            daemon.wait_camera(name, lambda camera: camera["tracker"]["state"] == "up", "tracker up")
        self.assertEqual(self.older(daemon), [])
        self.assertIn("no worker runs an older program", daemon.camctl("upgrade", "--workers").stdout)
        daemon.install_again("camd-capture")
        wait_for(lambda: self.older(daemon) == [("a", "capture"), ("b", "capture"), ("c", "capture")], "all are named")
        self.assertIn("3 workers run an older program", daemon.camctl("status").stdout)
        restarted = daemon.camctl_json("upgrade", "--workers")["restarted"]
        self.assertEqual([(each["camera"], each["worker"], each["outcome"]) for each in restarted],
                         [(name, "capture", "up again") for name in before])
        wait_for(lambda: self.older(daemon) == [], "nobody is named any more")
        # each began when the one before was up
        states = [event for event in daemon.events() if event["event"] == "worker_state" and event["worker"] == "capture"]
        began = {event["camera"]: event["seq"] for event in states if event["state"] == "stopping"}
        ended = {event["camera"]: [each["seq"] for each in states if each["camera"] == event["camera"] and each["state"] == "up"][-1]
                 for event in states}
        self.assertLess(ended["a"], began["b"])
        self.assertLess(ended["b"], began["c"])
        for name, camera in before.items():
            after = daemon.camera(name)
            self.assertNotEqual(after["capture"]["pid"], camera["capture"]["pid"])
            self.assertEqual(after["tracker"]["pid"], camera["tracker"]["pid"])
            self.assertEqual(after["capture"]["failures"], 0)

    def test_that_were_linked_with_an_older_library_are_named_too(self):
        """A security update of a decoder's library changes no program of camd's."""
        libraries = subprocess.run(["ldd", program("camd-capture")], text=True, capture_output=True, check=True).stdout
        library = re.search(r"(\S*/(libavutil\.so\.\d+))", libraries)
        own = self.directory / "lib"
        own.mkdir()
        shutil.copy(library[1], own / library[2])
        os.environ["LD_LIBRARY_PATH"] = str(own)
        self.addCleanup(os.environ.pop, "LD_LIBRARY_PATH", None)
        daemon = UpgradableCamd(self, settings={"pass_environment": "LD_LIBRARY_PATH," + ",".join(PASSED)},
                                cameras={"front": {"input": moving_pattern()}}).start()
        daemon.wait_frames("front", 1)
        self.assertEqual(self.older(daemon), [])
        daemon.camctl("upgrade")
        shutil.copy(library[1], own / "new")
        (own / "new").rename(own / library[2])
        wait_for(lambda: ("front", "capture") in self.older(daemon), "capture is named")
        daemon.camctl("upgrade", "--workers")
        wait_for(lambda: self.older(daemon) == [], "nobody is named any more")

    def test_one_that_does_not_come_up_keeps_no_other_waiting_for_ever(self):
        clip = self.directory / "clip.avi"
        make_clip_of_a_second(clip)
        daemon = self.camd(cameras={"a": {"input": clip, "loop": "yes", "restart_delay": 9}, "b": {"input": moving_pattern()}})
        for name in ("a", "b"):
            daemon.wait_frames(name, 1)
        daemon.install_again("camd-capture")
        with daemon.control() as control:
            number = control.send("upgrade", workers=True)
            self.assertTrue(number)
            # nobody wants it any more: its turn is over
            daemon.camctl("disable", "a")
            outcomes = []
            while (line := control.receive()) and "part" in line:
                outcomes.append((line["part"]["restarted"]["camera"], line["part"]["restarted"]["outcome"]))
        self.assertEqual(outcomes[-1], ("b", "up again"))

    def test_camd_itself_is_named_too(self):
        daemon = UpgradableCamd(self).start()
        self.assertFalse(daemon.status()["daemon"]["older_program"])
        daemon.install(program("camd"))
        self.assertTrue(daemon.status()["daemon"]["older_program"])
        self.assertIn("camctl upgrade", daemon.camctl("status").stdout)
        daemon.camctl("upgrade")
        self.assertFalse(daemon.status()["daemon"]["older_program"])
