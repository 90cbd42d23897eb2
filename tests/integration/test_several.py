"""Verbs for several cameras at once: names, patterns and --all."""
import os
import pty

from harness import Camd, CamdTest, still_picture

NAMES = ("front", "yard_1", "yard_2", "back")


class Several(CamdTest):
    def several(self):
        """None of them runs: what is asked here needs no pictures."""
        daemon = Camd(self)
        for name in NAMES:
            daemon.write_camera(name, input=still_picture(), autostart="no")
        return daemon.start()

    def test_patterns_and_all_name_cameras(self):
        daemon = self.several()
        said = daemon.camctl("stop", "yard_?", "front", "f*").stdout
        self.assertEqual(said.splitlines(), ["yard_1: down already", "yard_2: down already", "front: down already"])
        document = daemon.camctl_json("disable", "--all")
        self.assertEqual(sorted(document["cameras"]), sorted(NAMES))
        self.assertEqual(set(document["outcomes"].values()), {"disabled"})
        self.assertEqual(daemon.camctl_json("enable", "[!f]*")["done"], "enabled")
        self.assertFalse(daemon.camera("front")["enabled"])
        self.assertEqual(daemon.camctl("ptz", "yard_*", "back", "moving").stdout.split(":")[0], "yard_1")
        daemon.camctl("ptz", "--all", "stopped")

    def test_one_line_for_each_and_the_worst_status(self):
        daemon = self.several()
        daemon.camctl("disable", "yard_1", "back")
        done = daemon.camctl("kick", "--all", expect=1)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 4)
        self.assertIn("back is disabled: there is nothing to try again (camctl enable back)", done.stderr)
        done = daemon.camctl("start", "front", "yard_1", "yard_2", expect=1)
        self.assertEqual(done.stdout.splitlines(), ["front: starting", "yard_2: starting"])
        self.assertIn("yard_1 is disabled", done.stderr)
        document = daemon.camctl_json("start", "--all", expect=1)
        self.assertEqual(sorted(document["errors"]), ["back", "yard_1"])
        self.assertEqual(document["errors"]["back"]["code"], "refused")

    def test_nothing_is_done_when_a_name_is_unknown(self):
        daemon = self.several()
        done = daemon.camctl("disable", "front", "yart_1", expect=5)
        self.assertIn("did you mean yard_1?", done.stderr)
        self.assertIn('no camera\'s name fits "x*"', daemon.camctl("disable", "front", "x*", expect=5).stderr)
        daemon.camctl("disable", "--all", "front", expect=2)
        daemon.camctl("disable", expect=2)
        self.assertTrue(daemon.camera("front")["enabled"])
        with daemon.control() as control:
            for body in ({"names": [1]}, {"names": []}, {"names": {}}, {"names": ["a"], "all": True},
                         {"names": ["*"] * 17}):
                self.assertIn(control.ask("disable", **body)[1]["error"]["code"], ("usage", "no_camera"))

    def test_remove_asks_before_it_takes_what_a_pattern_names(self):
        daemon = self.several()
        done = daemon.camctl("remove", "yard_*", expect=2)
        self.assertIn("yard_1, yard_2", done.stderr)
        self.assertIn("--yes", done.stderr)
        self.assertEqual(self.on_terminal(daemon, "n\n", "remove", "yard_*")[0], 1)
        self.assertEqual(len(daemon.status()["cameras"]), 4)
        status, said = self.on_terminal(daemon, "y\n", "remove", "yard_*")
        self.assertEqual(status, 0)
        self.assertIn("Remove 2 cameras, with their files and region grids: yard_1, yard_2", said)
        self.assertEqual([camera["name"] for camera in daemon.status()["cameras"]], ["back", "front"])
        daemon.camctl("remove", "--all", "--yes")
        self.assertEqual(list(daemon.cameras_dir.iterdir()), [])
        daemon.camctl("remove", "--all", "--yes", expect=5)

    def on_terminal(self, daemon, typed, *words):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe(daemon.camctl_command(*words)[0], daemon.camctl_command(*words), {**os.environ, "TERM": "dumb"})
        said = b""
        while b"[y/N]" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, typed.encode())
        try:
            while chunk := os.read(terminal, 4096):
                said += chunk
        except OSError:  # the terminal's other end is closed
            pass
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), " ".join(said.decode().split())

    def test_a_stop_of_many_answers_when_camd_stops(self):
        daemon = Camd(self)
        for number in range(40):
            daemon.write_camera(f"c{number}", input=still_picture(), autostart="no")
        daemon.start()
        with daemon.control() as control:
            self.assertEqual(len(control.ask("disable", all=True)[1]["ok"]["outcomes"]), 40)
            control.send("set", all=True, settings={"fps": "3"})  # in the middle of it
            daemon.stop()
