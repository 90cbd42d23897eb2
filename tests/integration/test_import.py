"""import: the cameras of a file that export has written."""
from harness import Camd, CamdTest, still_picture


class Import(CamdTest):
    def setUp(self):
        self.file = self.directory / "import.ini"

    def test_takes_what_export_wrote(self):
        first = Camd(self)
        first.write_camera("front", input="rtsp://admin:hush@127.0.0.1:1/x", autostart="no", fps="3", **{
            "zone.a": "0,0 1,0 1,1", "zone.a.inertia": "5"})
        first.write_camera("back", input=still_picture(), enabled="no")
        first.start()
        exported = first.camctl("export", "--show-secrets").stdout
        self.file.write_text(exported)
        first.stop()
        second = self.camd()
        document = second.camctl_json("import", self.file, "-n")
        self.assertEqual(document["outcomes"], {"back": "would be added", "front": "would be added"})
        self.assertEqual(list(second.cameras_dir.iterdir()), [])
        done = second.camctl("import", self.file)
        self.assertEqual(done.stdout.splitlines()[:3], ["back: added", "front: added",
                         "these sections are not imported; they belong into camd.ini:"])
        self.assertIn("[camd]\n", done.stdout)
        again = second.camctl("export", "--show-secrets").stdout
        self.assertEqual(again[again.index("[camera"):], exported[exported.index("[camera"):])
        self.assertNotIn("hush", done.stdout + second.log_text())

    def test_overwrites_nothing_unless_told_to(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "autostart=no", "fps=2", "loop=yes")
        self.file.write_text(f"[camera front]\ninput = {still_picture()}\nautostart = no\nfps = 4\n")
        before = (daemon.cameras_dir / "front.ini").read_text()
        done = daemon.camctl("import", self.file, expect=1)
        self.assertIn("front: left out: there is such a camera already", done.stdout)
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), before)
        self.assertEqual(daemon.camctl("import", self.file, "--replace", "-n").stdout, "front: would be changed\n")
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), before)
        self.assertIn("fps", daemon.camctl("import", self.file, "--replace").stdout)
        self.assertEqual((daemon.cameras_dir / "front.ini").read_text(), self.file.read_text())

    def test_says_what_was_left_out_and_why(self):
        daemon = self.camd()
        self.file.write_text("[camera a]\ninput = rtsp://u:***@h/\n[camera b]\ninput = /x\nfps = 900\n"
                             f"[camera c]\ninput = {still_picture()}\nautostart = no\n[detector d]\nbackend = motion\n")
        document = daemon.camctl_json("import", self.file, expect=1)
        self.assertEqual(document["outcomes"], {"c": "added"})
        self.assertIn("masked", document["left_out"]["a"])
        self.assertIn("fps: ", document["left_out"]["b"])
        self.assertEqual(document["sections"], "[detector d]\nbackend = motion\n")
        self.file.write_text("[camera a]\nnonsense\n")
        self.assertIn(f"{self.file}:2", daemon.camctl("import", self.file, expect=1).stderr)
        self.file.write_text("[defaults]\n")
        daemon.camctl("import", self.file, expect=1)
        daemon.camctl("import", self.directory / "none", expect=1)
