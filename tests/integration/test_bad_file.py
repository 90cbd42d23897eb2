"""A start with a bad file in cameras_dir: it costs that camera, and no other."""
import os

from harness import Camd, CamdTest, moving_pattern

CONFIG_STATUS = 78


class BadFile(CamdTest):
    def prepare(self):
        daemon = Camd(self, cameras={"main": {"input": moving_pattern(), "fps": 10}})
        daemon.write_camera("front", input=moving_pattern(), fpss=5)
        return daemon

    def test_at_the_start_keeps_only_its_own_camera_dark(self):
        daemon = self.prepare().start()
        daemon.wait_frames("main", 2)
        front = daemon.camera("front")
        self.assertEqual(front["state"], "failed")
        self.assertIn(f"{daemon.cameras_dir}/front.ini:3: fpss: is no key", front["reason"])
        self.assertIn("camctl reload", front["hint"])
        self.assertIn("front.ini:3: fpss: is no key", daemon.log_text())
        refused = daemon.camctl("start", "front", expect=1)
        self.assertIn("front.ini:3", refused.stdout + refused.stderr)

    def test_is_a_camera_once_it_is_mended_and_reloaded(self):
        daemon = self.prepare().start()
        self.assertNotEqual(daemon.camctl("reload", expect=None).returncode, 0)  # still bad: refused, nothing changed
        self.assertEqual(daemon.camera("front")["state"], "failed")
        daemon.write_camera("front", input=moving_pattern(), fps=10)
        told = daemon.camctl_json("reload")
        self.assertEqual((told["removed"], told["added"]), ([], ["front"]))
        # it was told to wait for its old workers, of which there were none
        self.assertIn({"name": "front", "change": "added", "text": "it starts"}, told["cameras"])
        daemon.wait_frames("front", 2)
        self.assertEqual(daemon.camera("front")["reason"], "")

    def test_that_is_deleted_goes_with_the_reload(self):
        daemon = self.prepare().start()
        (daemon.cameras_dir / "front.ini").unlink()
        told = daemon.camctl_json("reload")
        self.assertEqual((told["removed"], told["added"], told["unchanged"]), (["front"], [], 1))  # it went without a word
        self.assertEqual([camera["name"] for camera in daemon.status()["cameras"]], ["main"])

    def test_that_is_empty_is_no_file_without_cameras(self):
        """One that a full disk had cut off cost its camera at the start, and nothing said so."""
        daemon = self.prepare()
        (daemon.cameras_dir / "front.ini").write_text("\n")
        daemon.start()
        front = daemon.camera("front")
        self.assertEqual(front["state"], "failed")
        self.assertIn("front.ini: the file is empty: is it being written, or was the disk full?", front["reason"])
        self.assertIn("the file is empty", daemon.camctl("reload", expect=1).stderr)
        (daemon.cameras_dir / "front.ini").write_text("# away\n")
        self.assertEqual(daemon.camctl_json("reload")["removed"], ["front"])

    def test_is_refused_by_the_check(self):
        done = self.prepare().run("-n")
        self.assertEqual(done.returncode, CONFIG_STATUS)
        self.assertIn("front.ini:3: fpss: is no key", done.stdout + done.stderr)

    def test_full_of_mistakes_hides_none_of_another_file(self):
        """A picture named back.ini took all the room for problems: front.ini "has problems: camd -n shows them", which it did not."""
        daemon = self.prepare()
        (daemon.cameras_dir / "back.ini").write_bytes(b"\x01\n" * 5000)
        said = daemon.run("-n").stderr
        self.assertIn("back.ini:1: a control character", said)
        self.assertIn("front.ini:3: fpss: is no key", said)
        self.assertRegex(said, r"and \d+ more")
        daemon.start()
        self.assertIn("front.ini:3: fpss: is no key", daemon.camera("front")["reason"])

    def test_of_the_daemon_itself_refuses_the_start(self):
        daemon = Camd(self, settings={"nonsense": "1"})
        for arguments in ((), ("-d",)):
            done = daemon.run(*arguments)
            self.assertEqual(done.returncode, CONFIG_STATUS, done.stderr)
            self.assertIn("nonsense: is no key", done.stdout + done.stderr)

    def test_what_was_disabled_stays_disabled_while_its_file_is_bad(self):
        daemon = Camd(self, settings={"grid_keep_days": 1})
        daemon.write_camera("front", input=moving_pattern(), fps=10)
        daemon.start().camctl("disable", "front")
        daemon.stop()
        daemon.write_camera("front", input=moving_pattern(), fpss=10)
        daemon.start()
        self.assertEqual(daemon.camera("front")["state"], "failed")
        daemon.stop()
        daemon.write_camera("front", input=moving_pattern(), fps=10)
        daemon.start()
        self.assertEqual(daemon.camera("front")["state"], "disabled")

    def test_that_others_can_write_names_no_program(self):
        daemon = Camd(self)
        daemon.write_camera("front", input=moving_pattern(), tracker="/bin/true")
        os.chmod(daemon.cameras_dir / "front.ini", 0o666)
        daemon.start()
        front = daemon.camera("front")
        self.assertEqual(front["state"], "failed")
        self.assertIn("can be written by everybody", front["reason"])
