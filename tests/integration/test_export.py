"""export: what runs, as one file."""
import subprocess

from harness import Camd, CamdTest, program, still_picture


class Export(CamdTest):
    def effective(self, path):
        done = subprocess.run([program("camd"), "-n", "-v", "--show-secrets", "-c", path], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line for line in done.stdout.splitlines() if not line.startswith("#") and "cameras_dir" not in line]

    @staticmethod
    def without_comments(text):
        return [line for line in text.splitlines() if not line.startswith("#")]

    def test_reads_back_to_what_runs(self):
        daemon = Camd(self, defaults={"fps": 3, "mask.sky": "motion 0,0 1,0 1,1", "zone.a": "0,0 1,0 1,1"},
                      cameras={"main": {"input": still_picture(), "autostart": "no"}})
        daemon.write_camera("front", input="rtsp://admin:hush@10.0.0.7/x", autostart="no", **{
            "mask.sky": "none", "zone.b": "0,0 1,0 1,1", "zone.b.inertia": "5", "filter.person.min_score": "0.6"})
        daemon.start()
        before = self.effective(daemon.config)
        masked = daemon.camctl("export").stdout
        self.assertIn("rtsp://admin:***@10.0.0.7/x", masked)
        self.assertNotIn("hush", masked)
        self.assertNotIn("hush", str(daemon.ask("show", name="front")))
        self.assertIn("hush", str(daemon.ask("show", name="front", show_secrets=True)), "for root")
        exported = self.directory / "exported.ini"
        exported.write_text(daemon.camctl("export", "--show-secrets").stdout)
        self.assertEqual(sorted(self.effective(exported)), sorted(before))
        again = Camd(self)
        again.config.write_text(exported.read_text())
        daemon.stop()
        again.socket, again.state_dir = daemon.socket, daemon.state_dir
        again.start()
        self.assertEqual(self.without_comments(again.camctl("export", "--show-secrets").stdout),
                         self.without_comments(exported.read_text()))
        again.stop()

    def test_has_what_was_said_while_camd_runs(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "autostart=no", "--runtime")
        daemon.camctl("set", "front", "fps=9", "--runtime")
        daemon.camctl("disable", "front")
        text = daemon.camctl_json("export")["configuration"]
        section = text[text.index("[camera front]"):]
        self.assertIn("fps = 9\n", section)
        self.assertIn("enabled = no\n", section)
