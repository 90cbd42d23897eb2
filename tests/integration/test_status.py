"""status: what it says of cameras and who is asked for what, and `status` and `logs` of several names."""
import os

from harness import Camd, CamdTest, ffmpeg, moving_pattern, still_picture, wait_for


class Members(CamdTest):
    def test_of_a_camera_say_since_when_and_who_asked(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        front = daemon.camera("front")
        self.assertIsNone(front["asked"])
        self.assertRegex(front["since"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        daemon.camctl("disable", "front")
        disabled = daemon.camera("front")
        self.assertEqual((disabled["asked"]["verb"], disabled["asked"]["uid"]), ("disable", os.getuid()))
        self.assertEqual(disabled["since"], disabled["asked"]["time"])
        daemon.stop()
        daemon.start()
        again = daemon.camera("front")
        self.assertEqual((again["since"], again["asked"]), (disabled["since"], disabled["asked"]))
        daemon.camctl("enable", "front")
        daemon.camctl("stop", "front")
        self.assertEqual(daemon.camera("front")["asked"]["verb"], "stop")

    def test_of_a_process_have_what_the_kernel_says_it_uses(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        wait_for(lambda: daemon.camera("front")["capture"]["cpu_s"] > 0, "capture uses its processor")
        front = daemon.camera("front")
        self.assertGreater(front["capture"]["memory_mb"], 0.5)
        self.assertGreater(front["tracker"]["memory_mb"], 0.1)
        self.assertGreater(front["bytes"], 0)
        daemon.camctl("stop", "front")
        front = daemon.camera("front")
        self.assertEqual((front["capture"]["cpu_s"], front["capture"]["memory_mb"]), (None, None))

    def test_of_a_camera_say_that_only_its_key_pictures_are_decoded(self):
        clip = self.directory / "still.mkv"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=0.04", "-vf", "loop=loop=-1:size=1,setpts=N/25/TB", "-t", "120",
               "-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-sc_threshold", "0", "-pix_fmt", "yuv420p", clip)
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip}", "loop=yes", "idle_decode=10")
        daemon.wait_camera("front", lambda camera: camera["idle"], "idle, since nothing moves")
        wait_for(lambda: "only key pictures are decoded" in daemon.camctl("status", "front").stdout, "it in words")
        daemon.camctl("set", "front", "idle_decode=none")
        daemon.wait_camera("front", lambda camera: not camera["idle"], "decoding all")
        self.assertNotIn("only key pictures", daemon.camctl("status", "front").stdout)
        daemon.camctl("set", "front", "idle_decode=10")
        daemon.wait_camera("front", lambda camera: camera["idle"], "idle again")
        daemon.camctl("stop", "front")
        self.assertFalse(daemon.camera("front")["idle"], "nothing is decoded by a process that has ended")


class Several(CamdTest):
    def setUp(self):
        super().setUp()
        self.daemon = Camd(self)
        for name in ("gate-1", "gate-2", "yard"):
            self.daemon.write_camera(name, input=still_picture(), autostart="no")
        self.daemon.start()

    def names(self, **body):
        with self.daemon.control() as control:
            parts, _ = control.ask("status", **body)
        return [part["camera"]["name"] for part in parts if "camera" in part]

    def test_names_and_patterns_of_status(self):
        self.assertEqual(self.names(names=["yard", "gate-*", "yard"]), ["yard", "gate-1", "gate-2"])
        self.assertEqual(self.names(all=True), ["gate-1", "gate-2", "yard"])
        self.assertEqual(self.names(), ["gate-1", "gate-2", "yard"])
        with self.daemon.control() as control:
            self.assertEqual(control.ask("status", names=["gate-*", "nobody"])[1]["error"]["code"], "no_camera")
            self.assertEqual(control.ask("status", names=["detector:none"])[1]["error"]["code"], "no_camera")

    def test_names_and_patterns_of_logs(self):
        self.daemon.camctl("start", "--all")
        for name in ("gate-1", "gate-2", "yard"):
            wait_for(lambda name=name: self.daemon.camctl_json("logs", name)["lines"], f"{name} has said something")
        with self.daemon.control() as control:
            parts, _ = control.ask("logs", names=["gate-?"])
        self.assertEqual({part["line"]["camera"] for part in parts}, {"gate-1", "gate-2"})
