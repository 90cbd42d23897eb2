"""rename: a camera under another name, with all that belongs to it."""
import json
import os

from harness import Camd, CamdTest, still_picture


class Rename(CamdTest):
    def test_takes_file_wish_history_and_runtime_along(self):
        daemon = Camd(self)
        text = f"# janitor's\n[camera front] ; it\ninput = {still_picture()}\nfps = 2\nautostart = no\n"
        (daemon.cameras_dir / "front.ini").write_text(text)
        daemon.start()
        daemon.camctl("set", "front", "loop=yes", "--runtime")
        daemon.camctl("disable", "front")
        events = len([event for event in daemon.events() if event.get("camera") == "front"])
        done = daemon.camctl("rename", "front", "gate")
        self.assertEqual(done.stdout, "gate: renamed from front; it is disabled\n")
        self.assertEqual([path.name for path in daemon.cameras_dir.iterdir()], ["gate.ini"])
        self.assertEqual((daemon.cameras_dir / "gate.ini").read_text(), text.replace("camera front", "camera gate"))
        self.assertEqual([camera["name"] for camera in daemon.status()["cameras"]], ["gate"])
        self.assertFalse(daemon.camera("gate")["enabled"])
        settings = daemon.camctl_json("show", "gate")["cameras"][0]["settings"]
        self.assertIn({"key": "loop", "value": "yes", "source": "runtime", "file": None, "line": None}, settings)
        told = daemon.events(name="gate")
        self.assertGreaterEqual(len(told), events + 1)
        self.assertEqual([event["from"] for event in told if event["event"] == "camera_renamed"], ["front"])
        self.assertEqual(daemon.camctl_json("reload")["unchanged"], 1)
        daemon.stop()
        daemon.start()
        self.assertFalse(daemon.camera("gate")["enabled"])
        daemon.camctl("remove", "gate", expect=1)  # it has a comment
        daemon.write_camera("front", input=still_picture(), autostart="no")
        daemon.camctl("reload")
        self.assertTrue(daemon.camera("front")["enabled"])  # another camera, of which nothing was said

    def test_what_was_said_of_an_earlier_camera_of_that_name_is_not_said_of_it(self):
        daemon = self.camd()
        for name in ("front", "gate"):
            daemon.camctl("add", name, f"input={still_picture()}", "autostart=no")
        daemon.camctl("disable", "gate")
        (daemon.cameras_dir / "gate.ini").unlink()
        daemon.camctl("reload")
        daemon.camctl("rename", "front", "gate")
        self.assertTrue(daemon.camera("gate")["enabled"])
        daemon.stop()
        daemon.start()
        self.assertTrue(daemon.camera("gate")["enabled"])

    def test_who_disabled_an_earlier_camera_of_its_new_name_has_not_disabled_it(self):
        daemon = Camd(self)
        daemon.write_camera("front", input=still_picture(), autostart="no")
        wishes = daemon.state_dir / "enabled.json"
        wishes.parent.mkdir(parents=True, exist_ok=True)
        wishes.write_text(json.dumps({"gate": {"enabled": False, "uid": 54321, "time": 1769862896}}))
        daemon.start()
        daemon.camctl("disable", "front")
        daemon.camctl("rename", "front", "gate")
        self.assertEqual(json.loads(wishes.read_text())["gate"]["uid"], os.getuid())

    def test_a_name_that_one_way_in_refuses_is_refused_by_all(self):
        """- alone, which camctl takes for standard input, could be written in a file."""
        rule = "1 to 40 letters, digits, _ and -, and not - alone"
        daemon = self.camd()
        daemon.camctl("add", "yard", f"input={still_picture()}", "autostart=no")
        section = f"input = {still_picture()}\nautostart = no\n"
        (self.directory / "other").mkdir()
        imported, checked, file = self.directory / "import.ini", self.directory / "check.ini", daemon.cameras_dir / "other.ini"

        def ways(name, status):
            """What each says; the names that are taken are taken back."""
            yield daemon.camctl("add", "--", name, f"input={still_picture()}", "autostart=no", expect=2 if status else 0)
            if not status:
                daemon.camctl("remove", "--", name)
            yield daemon.camctl("rename", "--", "yard", name, expect=2 if status else 0)
            if not status:
                daemon.camctl("rename", "--", name, "yard")
            file.write_text(f"[camera {name}]\n{section}")
            yield daemon.camctl("reload", expect=status)
            file.unlink()
            daemon.camctl("reload")
            imported.write_text(f"[camera {name}]\n{section}")
            yield daemon.camctl("import", imported, "--dry-run", expect=status)
            checked.write_text(f"[camd]\ncameras_dir = {self.directory}/other\nrun_dir = {self.directory}\n[camera {name}]\n{section}")
            yield daemon.camctl("check", checked, expect=status)

        for name in ("-", "a.b", "t\u00fcr", "a" * 41, "a b"):
            for done in ways(name, 1):
                self.assertIn(rule, done.stdout + done.stderr, (name, done.args))
        for name in ("-a", "a-", "A" * 40, "FRONT", "0", "_"):
            for done in ways(name, 0):
                self.assertNotIn(rule, done.stdout + done.stderr)
        file.with_name("-.ini").write_text("nonsense\n")
        daemon.stop()
        daemon.start()  # without what is in that file, for which another name stands
        self.assertEqual({camera["name"] for camera in daemon.status()["cameras"]}, {"_", "yard"})

    def test_restarts_that_camera_and_no_other(self):
        daemon = self.camd()
        for name in ("front", "back"):
            daemon.camctl("add", name, f"input={still_picture()}")
        back = daemon.camera("back")
        self.assertEqual(daemon.camctl("rename", "front", "gate").stdout, "gate: renamed from front; it starts\n")
        daemon.wait_state("gate", "up")
        self.assert_camera_goes_on(daemon, "back", back)
        self.assertEqual(daemon.segments("front."), [])
        daemon.camctl("rename", "gate", "front")
        daemon.camctl("remove", "front")

    def test_a_section_of_a_file_with_others_stays_there(self):
        daemon = Camd(self)
        file = daemon.cameras_dir / "front.ini"
        file.write_text("".join(f"[camera {name}]\ninput = {still_picture()}\nautostart = no\n" for name in ("front", "b")))
        daemon.start()
        daemon.camctl("rename", "front", "gate")
        self.assertTrue(file.read_text().startswith("[camera gate]\n"))
        self.assertEqual(daemon.camctl_json("reload")["unchanged"], 2)

    def test_what_cannot_be_renamed_stays(self):
        daemon = Camd(self, cameras={"main": {"input": still_picture(), "autostart": "no"}})
        for name in ("front", "back"):
            daemon.write_camera(name, input=still_picture(), autostart="no")
        daemon.start()
        (daemon.cameras_dir / "gate.ini").write_text("# not loaded\n")
        for words, status, says in ((("front", "back"), 1, "already"), (("front", "a b"), 2, "is no name"),
                                    (("nobody", "x"), 5, "no camera"), (("main", "x"), 1, "camd.ini:"),
                                    (("front", "gate"), 1, "exists, but is not loaded"), (("front", "front"), 1, "already")):
            self.assertIn(says, daemon.camctl("rename", *words, expect=status).stderr)
        self.assertEqual(sorted(path.name for path in daemon.cameras_dir.iterdir()), ["back.ini", "front.ini", "gate.ini"])
        self.assertEqual(len(daemon.status()["cameras"]), 3)

    def test_of_a_camera_of_this_run(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "fps=2", "autostart=no", "--runtime")
        daemon.camctl("rename", "front", "gate")
        daemon.camctl("set", "gate", "fps=3", "--runtime")
        settings = daemon.camctl_json("show", "gate")["cameras"][0]["settings"]
        self.assertEqual({each["key"]: each["value"] for each in settings}["fps"], "3")
        self.assertEqual(list(daemon.cameras_dir.iterdir()), [])

    def test_a_file_that_cannot_be_moved_is_no_harm(self):
        """The section has its new name by then: camd that dies here finds one camera, not two or none."""
        daemon = Camd(self)
        daemon.write_camera("front", input=still_picture(), autostart="no")
        daemon.start()
        daemon.replace_program("camd-sync", '[ "$1" = --move ] && exit 30\nexec "$REAL" "$@"')
        self.assertIn("its file keeps its name", daemon.camctl("rename", "front", "gate").stdout)
        self.assertEqual([path.name for path in daemon.cameras_dir.iterdir()], ["front.ini"])
        daemon.camctl("set", "gate", "fps=3")
        self.assertEqual(daemon.camctl_json("reload")["unchanged"], 1)
