"""set and show: other settings for cameras, in their files or only while camd runs."""
import json
import os
import stat
import threading
from pathlib import Path

from harness import Camd, CamdTest, moving_pattern, still_picture, wait_for
from test_durable import sync_that_waits

TEXT = """# The front door, by the janitor
[camera front]
input = {input}

; not faster: the disk is slow
fps=2
zone.door = 0,0 0.5,
    0 0.5,1 0,1
autostart = no
# the end
"""


def eventfds(pid):
    """The identities of the eventfds that a process has open; they are the same in all processes that share one."""
    ids = set()
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            ids.update(line.split()[1] for line in path.read_text(encoding="ascii").splitlines() if line.startswith("eventfd-id:"))
        except FileNotFoundError:
            pass  # closed meanwhile
    return ids


class Set(CamdTest):
    def with_front(self, text=TEXT, **options):
        daemon = Camd(self, **options)
        self.file = daemon.cameras_dir / "front.ini"
        self.file.write_text(text.format(input=still_picture()))
        return daemon.start()

    def setting(self, daemon, key, camera="front"):
        settings = daemon.camctl_json("show", camera)["cameras"][0]["settings"]
        return next(each for each in settings if each["key"] == key)

    def test_of_those_who_wait_for_a_file_who_came_first_writes_first(self):
        """They were served the last one first: the file had what was asked for before."""
        daemon = self.with_front()
        go, held = sync_that_waits(daemon, self.directory)
        with daemon.control() as one, daemon.control() as two, daemon.control() as three, daemon.control() as four:
            for fps, control in enumerate((one, two, three, four), 3):
                control.send("set", name="front", settings={"fps": str(fps)})
                wait_for(held.exists, "the first is being written")
                daemon.camctl("version")  # it was looked at
            go.touch()
            for control in (one, two, three, four):
                self.assertIn("ok", control.receive())
        self.assertEqual(self.setting(daemon, "fps")["value"], "6")
        self.assertIn("fps = 6\n", self.file.read_text())

    def assert_untouched(self, daemon, *words, expect=2, says=""):
        before = self.file.read_bytes(), os.stat(self.file).st_mtime_ns, daemon.camctl_json("show", "front")
        done = daemon.camctl("set", *words, expect=expect)
        self.assertIn(says, done.stderr)
        self.assertEqual((self.file.read_bytes(), os.stat(self.file).st_mtime_ns, daemon.camctl_json("show", "front")),
                         before)
        self.assertEqual([path.name for path in daemon.cameras_dir.iterdir() if path.name.startswith(".")], [])

    def test_changes_only_what_is_to_change(self):
        daemon = self.with_front()
        os.chmod(self.file, 0o640)
        os.chown(self.file, -1, 1)
        done = daemon.camctl("set", "front", "fps=4", "loop=yes", "zone.door=")
        self.assertEqual(self.file.read_text(), TEXT.format(input=still_picture()).replace("fps=2", "fps = 4").replace(
            "zone.door = 0,0 0.5,\n    0 0.5,1 0,1\n", "").replace("autostart = no\n", "autostart = no\nloop = yes\n"))
        status = self.file.stat()
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_gid), (0o640, 1))
        self.assertEqual(done.stdout, "front: fps, loop, zone: from its next start\n")
        self.assertEqual(self.setting(daemon, "fps"), {"key": "fps", "value": "4", "source": "file",
                                                       "file": str(self.file), "line": 6})
        self.assertEqual(daemon.camctl("set", "front", "fps=4").stdout, "front: nothing changes for the camera\n")
        self.assertEqual(json.loads(daemon.camctl("reload", "--json").stdout)["unchanged"], 1)
        self.assertIn("changed by camctl set: fps, loop, zone: from its next start", daemon.log_text())

    def test_says_what_it_did_to_a_camera_that_runs(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=5")
        pids = {kind: daemon.camera("front")[kind]["pid"] for kind in ("capture", "tracker")}
        self.assertEqual(daemon.camctl("set", "front", "motion_threshold=40").stdout,
                         "front: motion_threshold: applied while it runs\n")
        self.assertEqual({kind: daemon.camera("front")[kind]["pid"] for kind in pids}, pids)
        self.assertEqual(daemon.camctl("set", "front", "read_timeout=9").stdout,
                         "front: read_timeout: capture restarts\n")
        self.assertEqual(daemon.camctl("set", "front", "width=160", "height=120").stdout,
                         "front: width, height: new segments, and capture restarts\n")
        daemon.wait_camera("front", lambda camera: camera["state"] == "up" and camera["width"] == 160, "its new size")
        self.assertEqual(daemon.camctl("set", "front", "enabled=no").stdout, "front: enabled: it is stopped\n")

    def shared_eventfds(self, daemon, count, what):
        """Waits until camd has so many, all of which both workers of "front" have, too."""
        def shared():
            camera = daemon.camera("front")
            pids = [daemon.pid] + [camera[kind]["pid"] for kind in ("capture", "tracker")]
            try:
                every = [eventfds(pid) for pid in pids]
            except (FileNotFoundError, ProcessLookupError):
                return False  # capture is just executed again
            return camera["state"] == "up" and len(every[0]) == count and all(every[0] <= ids for ids in every[1:])
        wait_for(shared, what)

    def test_only_while_pace_is_off_is_there_what_capture_waits_for_the_tracker_with(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "loop=yes", "fps=10")
        tracker = daemon.camera("front")["tracker"]["pid"]
        self.shared_eventfds(daemon, 1, "a queued frame's alone")
        self.assertEqual(daemon.camctl("set", "front", "pace=no").stdout, "front: pace: capture restarts\n")
        self.shared_eventfds(daemon, 2, "a taken frame's, too")
        camera = daemon.wait_frames("front", daemon.camera("front")["frames"] + 20)
        self.assertEqual(camera["tracker"]["pid"], tracker)
        daemon.camctl("set", "front", "pace=yes")
        self.shared_eventfds(daemon, 1, "a queued frame's alone again")
        self.assertEqual(daemon.camera("front")["tracker"]["pid"], tracker)

    def test_nothing_changes_when_anything_is_wrong(self):
        daemon = self.with_front()
        for words, says in (
            (["fps=999"], "camctl: fps: "), (["fsp=5"], "did you mean fps?"), (["run_dir=/x"], "does not belong in"),
            (["fps=5\nenabled = no"], "line break"), (["fps=5", "fps=6"], "given twice"), (["input="], "input"),
            (["input=" + "x" * 5000], "longer than"), (["mask.a=motion 0,0"], "mask.a"), (["fps=4", "loop=perhaps"], "loop"),
            (["fps = 5"], "is no key"), (["[camera x]=5"], "is no key"), (["detector=nobody"], "there is no detector nobody"),
        ):
            with self.subTest(words=words):
                self.assert_untouched(daemon, "front", *words, says=says)
        self.assert_untouched(daemon, "front", says="KEY=VALUE")
        self.assert_untouched(daemon, "fps=5", says="name of a camera")
        self.assert_untouched(daemon, "back", "fps=5", expect=5)
        with daemon.control() as control:
            for settings in ({}, [], {"fps": 5}, {"fps": "5\u0001"}, {"mask.a\nfps": "5"}, {"": "5"}, None):
                reply = control.ask("set", name="front", settings=settings)[1]
                self.assertEqual(reply["error"]["code"], "usage", settings)
            control.socket.sendall(b'{"id":99,"verb":"set","name":"front","settings":{"fps":"5\\u0000"}}\n')
            self.assertIn("error", control.receive())

    def test_files_that_cannot_be_written_are_refused(self):
        daemon = self.with_front()
        real = self.file.rename(daemon.directory / "elsewhere.ini")
        self.file.symlink_to(real)
        self.assert_untouched(daemon, "front", "fps=5", expect=1, says="symbolic link")
        self.file.unlink()
        os.link(real, self.file)
        self.assert_untouched(daemon, "front", "fps=5", expect=1, says="has 2 names")
        real.unlink()
        self.file.write_text(self.file.read_text().replace("autostart", "nonsense"))
        self.assert_untouched(daemon, "front", "fps=5", says="front.ini:9: nonsense: is no key")
        self.file.write_text("[camera back]\ninput = x\n")
        self.assert_untouched(daemon, "front", "fps=5", expect=1, says="has no [camera front] any more")
        self.file.write_bytes(b"[camera front]\ninput = /x\0\n")
        self.assert_untouched(daemon, "front", "fps=5", expect=1, says="NUL byte")
        self.file.write_text("[camera front]\ninput = /x\n" + "# more\n" * 100000)
        self.assert_untouched(daemon, "front", "fps=5", expect=1, says="more than")

    def test_a_camera_of_the_main_file_is_refused_with_its_line(self):
        daemon = Camd(self, cameras={"back": {"input": still_picture(), "autostart": "no"}}).start()
        before = daemon.config.read_bytes()
        line = next(number for number, line in enumerate(daemon.config.read_text().splitlines(), 1) if "[camera" in line)
        done = daemon.camctl("set", "back", "fps=5", expect=1)
        self.assertIn(f"written in {daemon.config}:{line}, a file that camctl does not edit", done.stderr)
        self.assertEqual(daemon.config.read_bytes(), before)
        daemon.camctl("set", "back", "fps=5", "--runtime")
        self.assertEqual(self.setting(daemon, "fps", "back")["source"], "runtime")

    def test_sections_of_one_file_are_changed_one_after_the_other(self):
        """Several requests at once read the same text: the second would have taken back what the first had written."""
        names = [f"c{number}" for number in range(12)]
        daemon = Camd(self)
        file = daemon.cameras_dir / "all.ini"
        file.write_text("".join(f"# {name}\n[camera {name}]\ninput = {still_picture()}\nautostart = no\n" for name in names))
        daemon.start()
        document = daemon.camctl_json("set", "--all", "fps=3")
        self.assertEqual(sorted(document["outcomes"]), sorted(names))
        self.assertNotIn("errors", document)
        self.assertEqual(file.read_text().count("fps = 3\n"), 12)
        self.assertEqual(file.read_text().count("# c"), 12)
        self.assertEqual(daemon.camctl_json("reload")["unchanged"], 12)

    def test_somebody_else_s_edit_at_the_same_moment_is_not_lost(self):
        daemon = self.with_front()
        go, held = self.directory / "go", self.directory / "held"
        daemon.replace_program("camd-sync", f'touch "{held}"\nwhile [ ! -e "{go}" ]; do sleep 0.01; done\nexec "$REAL" "$@"')
        done = []
        thread = threading.Thread(target=lambda: done.append(daemon.camctl("set", "front", "fps=5", expect=1)))
        thread.start()
        wait_for(held.exists, "the helper")
        theirs = self.file.read_text() + "# theirs\n"
        replaced = self.file.with_name("front.tmp")
        replaced.write_text(theirs)
        replaced.rename(self.file)
        go.touch()
        thread.join()
        self.assertIn("somebody else has changed it at the same moment", done[0].stderr)
        self.assertEqual(self.file.read_text(), theirs)
        self.assertEqual(sorted(path.name for path in daemon.cameras_dir.iterdir()), ["front.ini"])
        self.assertEqual(self.setting(daemon, "fps")["value"], "2")
        daemon.camctl("set", "front", "fps=5")
        self.assertTrue(self.file.read_text().endswith("# theirs\n"))

    def test_without_room_or_in_a_read_only_directory_nothing_changes(self):
        daemon = self.with_front()
        daemon.replace_program("camd-sync", "exit 28  # ENOSPC")
        self.assert_untouched(daemon, "front", "fps=5", expect=1, says="No space left on device")
        daemon.replace_program("camd-sync", "exit 30  # EROFS")
        self.assert_untouched(daemon, "front", "fps=5", expect=1, says="Read-only file system")

    def test_runtime_settings_last_over_reloads_and_write_no_file(self):
        daemon = self.with_front()
        before = self.file.read_bytes()
        daemon.camctl("set", "front", "fps=9", "loop=yes", "--runtime")
        self.assertEqual(self.file.read_bytes(), before)
        self.assertEqual(self.setting(daemon, "fps"), {"key": "fps", "value": "9", "source": "runtime", "file": None,
                                                       "line": None})
        self.file.write_text(self.file.read_text().replace("fps=2", "fps=3"))
        daemon.camctl("reload")
        self.assertEqual(self.setting(daemon, "fps")["value"], "9")
        daemon.camctl("set", "front", "fps=", "--runtime")
        self.assertEqual(self.setting(daemon, "fps")["value"], "3")
        self.assertEqual(self.setting(daemon, "loop")["value"], "yes")
        daemon.camctl("set", "front", "fps=9", "--runtime")
        daemon.camctl("set", "front", "fps=4")
        self.assertEqual(self.setting(daemon, "fps")["value"], "4")  # what is written last counts
        daemon.stop()
        daemon.start()
        self.assertEqual((self.setting(daemon, "fps")["value"], self.setting(daemon, "loop")["value"]), ("4", "no"))

    def test_a_camera_that_was_added_at_run_time_can_be_changed(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "autostart=no", "fps=2", "--runtime")
        refused = daemon.camctl("set", "front", "fps=5", expect=1).stderr
        self.assertIn("was added at run time", refused)
        self.assertNotIn("change it there", refused)  # it is in no file
        daemon.camctl("set", "front", "fps=5", "--runtime")
        self.assertEqual(self.setting(daemon, "fps")["value"], "5")
        daemon.camctl("set", "front", "fps=", "--runtime")
        self.assertEqual(self.setting(daemon, "fps")["source"], "built in")
        daemon.camctl("set", "front", "input=", "--runtime", expect=2)

    def test_of_a_camera_that_was_added_at_run_time_neither_enables_nor_disables_it(self):
        """What enable and disable said of it is kept nowhere, and what is kept was said of an earlier camera of its name."""
        daemon = self.with_front()
        daemon.camctl("disable", "front")
        self.file.unlink()
        daemon.camctl("reload")
        daemon.camctl("add", "front", f"input={still_picture()}", "--runtime")
        daemon.camctl("set", "front", "stall_timeout=11", "--runtime")
        self.assertTrue(daemon.camera("front")["enabled"])
        daemon.camctl("disable", "front")
        daemon.camctl("set", "front", "stall_timeout=12", "--runtime")
        self.assertFalse(daemon.camera("front")["enabled"])
        for autostart in ("no", "yes"):  # which started it
            daemon.camctl("set", "front", f"autostart={autostart}", "--runtime")
            self.assertFalse(daemon.camera("front")["enabled"])
        daemon.camctl("reload")
        self.assertFalse(daemon.camera("front")["enabled"])

    def test_show_knows_the_lines_of_a_camera_that_was_just_added(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}", "autostart=no", "fps=3")
        self.assertEqual(self.setting(daemon, "fps"), {"key": "fps", "value": "3", "source": "file",
                                                       "file": str(daemon.cameras_dir / "front.ini"), "line": 4})
        self.assertEqual(daemon.camctl_json("reload")["unchanged"], 1)

    def test_show_tells_where_settings_come_from(self):
        daemon = Camd(self, defaults={"fps": 3, "loop": "yes"})
        daemon.write_camera("front", input="rtsp://admin:hush@10.0.0.7/x", autostart="no", loop="no")
        daemon.start()
        daemon.camctl("disable", "front")
        said = daemon.camctl("show", "front").stdout
        self.assertNotIn("hush", said + daemon.camctl("show", "--all", "--json").stdout)
        self.assertRegex(said, r"(?m)^input +front\.ini:2 +rtsp://admin:\*\*\*@10\.0\.0\.7/x$")
        self.assertRegex(said, r"(?m)^fps +camd\.ini:\d+ \[defaults\] +3$")
        self.assertRegex(said, r"(?m)^loop +front\.ini:4 +no$")
        self.assertRegex(said, r"(?m)^enabled +camctl disable +no$")
        self.assertIn("built in: ", said)
        daemon.camctl("show", "back", expect=5)
