"""What was acknowledged lasts, or the answer says that it does not; and nothing is deleted that camctl did not write."""
import json
import os
import shutil
import signal
import time
import unittest

from harness import MOUNT_PRIVATELY, Camd, CamdTest, descendants, is_running, moving_pattern, need_private_mounts, still_picture, wait_for

# state_dir as a small file system of the daemon's own: MOUNT state_dir THEN
MOUNT = 'mount -t tmpfs -o size=64k,mode=700 tmpfs "$0" && eval "$1" && shift && exec "$@"'
BROKEN = {"full": ('cat /dev/zero >"$0/filler" 2>/dev/null; :', "No space left on device"),
          "read-only": ('mount -o remount,ro "$0"', "Read-only file system")}


def sync_that_waits(daemon, directory):
    """Replaces camd-sync by one that waits. Returns (go, held): it goes on when go is there, and held says that it waits."""
    go, held = directory / "go", directory / "held"
    daemon.replace_program("camd-sync", f'touch "{held}"\nwhile [ ! -e "{go}" ]; do sleep 0.02; done\nexec "$REAL" "$@"')
    return go, held


def has_open(daemon, path):
    """Whether a process of camd's has the file open."""
    for pid in descendants(daemon.pid):
        try:
            if any(os.path.samefile(f"/proc/{pid}/fd/{fd}", path) for fd in os.listdir(f"/proc/{pid}/fd")):
                return True
        except OSError:  # it has gone, or the file has
            continue
    return False


class Wishes(CamdTest):
    def with_front(self, **options):
        daemon = Camd(self, **options)
        daemon.write_camera("front", input=moving_pattern())
        return daemon.start()

    def enabled(self, daemon):
        return daemon.camera("front")["enabled"]

    def test_are_answered_when_they_are_on_the_disk_and_survive_kill_9(self):
        daemon = self.with_front()
        go, held = sync_that_waits(daemon, self.directory)
        for verb in ("disable", "enable"):
            with daemon.control() as control:
                control.send(verb, name="front")
                wait_for(held.exists, "it is being written")
                wait_for(lambda: self.enabled(daemon) == (verb == "enable"), "it is done at once")
                self.assertIn("ok", control.answers_after(go.touch))
            daemon.kill()
            daemon.start()
            self.assertEqual(self.enabled(daemon), verb == "enable")
            go.unlink()
            held.unlink()

    def test_that_cannot_be_written_say_that_they_will_not_last(self):
        need_private_mounts()
        for name, (then, reason) in BROKEN.items():
            with self.subTest(name):
                directory = self.directory / name
                directory.mkdir()
                daemon = self.with_front(settings={"state_dir": directory},
                                         wrapper=MOUNT_PRIVATELY + ["sh", "-c", MOUNT, str(directory), then])
                daemon.wait_frames("front", 1)
                done = daemon.camctl("disable", "front", expect=1)
                self.assertIn(f"front is disabled, but only until camd starts again: {directory}/enabled.json cannot "
                              f"be written: {reason}", done.stderr)
                self.assertIn("camctl disable front", done.stderr)
                self.assertIn(f"what enable and disable said does not all count, or last: cannot write {directory}/enabled.json: {reason}",
                              daemon.camctl("status").stdout)
                self.assertEqual(daemon.wait_state("front", "disabled")["capture"]["pid"], None)
                # which is what the configuration and the disk say: it was said not to last
                self.assertEqual(daemon.camctl("enable", "front").stdout, "front: enabled\n")
                daemon.wait_frames("front", 1)
                # a camera of this run has nothing that could last
                daemon.camctl("add", "visitor", f"input={moving_pattern()}", "--runtime")
                daemon.camctl("disable", "visitor")
                daemon.stop()

    def test_that_could_not_be_read_count_after_a_reload(self):
        """As of a backup with another owner: cameras that were disabled ran, until camd started again, and only the log said so."""
        directory = self.directory / "state"
        directory.mkdir()
        path = directory / "enabled.json"
        path.symlink_to(path)
        daemon = self.with_front(settings={"state_dir": directory})
        daemon.wait_state("front", "up")
        self.assertIn(f"what enable and disable said does not all count, or last: cannot read {path}", daemon.camctl("status").stdout)
        path.unlink()
        path.write_text('{"front":false}')
        self.assertIn("camctl disable was told otherwise", daemon.camctl("reload").stdout)
        daemon.wait_state("front", "disabled")
        self.assertNotIn("what enable and disable said", daemon.camctl("status").stdout)
        self.assertEqual(path.read_text(), '{"front":false}')

    def test_that_could_not_be_written_are_tried_once_more_at_the_end(self):
        """The disk was full, and had room again when camd was stopped: what was said was forgotten all the same."""
        daemon = self.with_front()
        obstacle = daemon.state_dir / ".enabled.json.camd-new"
        (obstacle / "full").mkdir(parents=True)
        self.assertIn("only until camd starts again", daemon.camctl("disable", "front", expect=1).stderr)
        shutil.rmtree(obstacle)
        daemon.stop()
        daemon.start()
        self.assertFalse(self.enabled(daemon))

    def test_that_cannot_be_written_are_not_lost_by_a_rename(self):
        """rename said "it is disabled" when that could not be written, and after a kill -9 the camera ran."""
        daemon = self.with_front()
        daemon.camctl("disable", "front")
        obstacle = daemon.state_dir / ".enabled.json.camd-new"
        (obstacle / "full").mkdir(parents=True)
        refused = daemon.camctl("rename", "front", "gate", expect=1).stderr
        self.assertIn(f"front was not renamed: {daemon.state_dir}/enabled.json, which says what was enabled and disabled, could not be", refused)
        self.assertIn("[camera front]", (daemon.cameras_dir / "front.ini").read_text())
        self.assertFalse(self.enabled(daemon))
        (obstacle / "full").rmdir()
        obstacle.rmdir()
        # written under the new name before the camera has it
        go, held = sync_that_waits(daemon, self.directory)
        with daemon.control() as control:
            control.send("rename", name="front", to="gate")
            wait_for(held.exists, "it is being written")
            self.assertIn("[camera front]", (daemon.cameras_dir / "front.ini").read_text())
            go.touch()
            self.assertIn("ok", control.receive())
        daemon.kill()
        daemon.start()
        self.assertFalse(daemon.camera("gate")["enabled"])

    def test_of_an_earlier_camera_are_kept_by_what_is_refused(self):
        """A rename, or an add, that was refused had forgotten what was said of a camera that is away for a while."""
        daemon = self.with_front()
        daemon.write_camera("gate", input=moving_pattern())
        daemon.camctl("reload")
        daemon.camctl("disable", "gate")
        gate = daemon.cameras_dir / "gate.ini"
        away = gate.rename(self.directory / "gate.ini")
        daemon.camctl("reload")
        # what cannot be written: its file, in a directory that has a directory in its place
        obstacle = daemon.cameras_dir / ".front.ini.camd-new"
        (obstacle / "full").mkdir(parents=True)
        self.assertIn("was not renamed", daemon.camctl("rename", "front", "gate", expect=1).stderr)
        (daemon.cameras_dir / ".gate.ini.camd-new" / "full").mkdir(parents=True)
        self.assertIn("was not added", daemon.camctl("add", "gate", f"input={moving_pattern()}", expect=1).stderr)
        # the log said that it was added, and no more
        self.assertIn("warning gate: taken back: gate was not added: its file could not be written", daemon.log_text())
        shutil.rmtree(daemon.cameras_dir / ".gate.ini.camd-new")
        done = daemon.camctl("add", "gate", "input=/nonexistent", "--require-frame", expect=1)
        self.assertIn("gate was not added", done.stderr)
        daemon.stop()
        away.rename(gate)
        daemon.start()
        self.assertFalse(daemon.camera("gate")["enabled"])

    def test_are_forgotten_when_their_camera_is_removed_while_it_is_renamed(self):
        """They waited for the next camera of the name that it was to have."""
        daemon = self.with_front()
        daemon.camctl("disable", "front")
        go, held = sync_that_waits(daemon, self.directory)
        with daemon.control() as renaming, daemon.control() as removing:
            renaming.send("rename", name="front", to="gate")
            wait_for(held.exists, "it is being written")
            removing.send("remove", name="front")
            wait_for(lambda: not daemon.status()["cameras"], "it leaves")
            go.touch()
            self.assertIn("front was removed meanwhile", renaming.receive()["error"]["text"])
            self.assertIn("ok", removing.receive())
        daemon.stop()
        self.assertEqual(json.loads((daemon.state_dir / "enabled.json").read_text()), {})

    def test_a_reload_between_two_stages_of_a_rename_takes_nothing_away(self):
        """It removed the camera when its section had the other name and the next stage had not begun, and made another one."""
        daemon = self.with_front()
        go, held = sync_that_waits(daemon, self.directory)
        with daemon.control() as renaming, daemon.control() as reloading:
            renaming.send("rename", name="front", to="gate")
            wait_for(held.exists, "its section is being written")
            (sync,) = [pid for pid, command in descendants(daemon.pid).items() if "camd-sync" in command and "sleep" not in command]
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                go.touch()
                wait_for(lambda: not is_running(sync), "it is written")
                reloading.send("reload")
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            self.assertIn("ok", renaming.receive())
            self.assertIn("ok", reloading.receive())
        self.assertEqual([path.name for path in daemon.cameras_dir.iterdir()], ["gate.ini"])

    def test_a_camera_that_a_reload_has_found_before_it_was_renamed_as_a_whole_learns_its_file_and_keeps_the_rest(self):
        """remove and set said that it is written in the file that there was before; and what was set meanwhile was lost."""
        daemon = self.with_front()
        daemon.camctl("set", "front", "fps=2", "loop=yes", "--runtime")
        go, held = self.directory / "go", self.directory / "held"
        daemon.replace_program("camd-sync", '"$REAL" "$@" || exit\ncase "$*" in *--replace*) ;; *) exit 0 ;; esac\n'
                               f'touch "{held}"\nwhile [ ! -e "{go}" ]; do sleep 0.02; done')
        with daemon.control() as renaming:
            renaming.send("rename", name="front", to="gate")
            wait_for(held.exists, "its section has the other name")
            daemon.defaults["stall_timeout"] = 77
            daemon.write_config()
            daemon.camctl("reload")
            daemon.camctl("set", "gate", "fps=3", "--runtime")
            go.touch()
            self.assertIn("ok", renaming.receive())
        gate = daemon.camctl_json("show", "gate")["cameras"][0]
        self.assertEqual(gate["file"], str(daemon.cameras_dir / "gate.ini"))
        said = {setting["key"]: setting["value"] for setting in gate["settings"]}
        self.assertEqual([said[key] for key in ("fps", "loop", "stall_timeout")], ["3", "yes", "77"])
        self.assertEqual(daemon.log_text().count("gate: changed by camctl set"), 1)  # as it was
        daemon.camctl("set", "gate", "fps=", "loop=", "--runtime")
        gate = daemon.camctl_json("show", "gate")["cameras"][0]
        self.assertNotIn("runtime", [setting["source"] for setting in gate["settings"]])
        self.assertEqual(gate["file"], str(daemon.cameras_dir / "gate.ini"))

    def test_of_a_camera_of_this_run_come_along_with_its_name(self):
        daemon = Camd(self).start()
        daemon.camctl("add", "visitor", f"input={moving_pattern()}", "--runtime")
        daemon.camctl("disable", "visitor")
        self.assertIn("it is disabled", daemon.camctl("rename", "visitor", "guest").stdout)
        self.assertFalse(daemon.camera("guest")["enabled"])

    def remove_state_dir(self, daemon):
        """Under another name first, so that nobody can make files in it meanwhile."""
        shutil.rmtree(daemon.state_dir.rename(self.directory / "removed"))

    def test_are_written_again_when_somebody_has_removed_them(self):
        """Without state_dir nothing could be kept until camd was started again; without its file, disable said that it was done already."""
        daemon = self.with_front()
        daemon.camctl("disable", "front")
        file = daemon.state_dir / "enabled.json"
        file.unlink()
        daemon.camctl("disable", "front")
        self.assertFalse(json.loads(file.read_text())["front"]["enabled"])
        self.remove_state_dir(daemon)
        daemon.camctl("disable", "front")
        daemon.kill()
        daemon.start()
        self.assertFalse(self.enabled(daemon))
        daemon.stop()
        daemon.start()  # with a store that is there, and is in use before it is taken away
        wait_for(lambda: has_open(daemon, daemon.state_dir / "events.mdb"), "events are being kept")
        self.remove_state_dir(daemon)
        daemon.camctl("enable", "front")
        daemon.stop()  # which waits for no batch of events
        self.assertTrue((daemon.state_dir / "events.mdb").exists(), "events are kept again")
        self.assertTrue(json.loads(file.read_text())["front"]["enabled"])

    def test_that_no_helper_writes_name_the_helper_and_not_the_file(self):
        daemon = self.camd(cameras={"front": {"input": still_picture()}})
        (daemon.libexec / "camd-sync").unlink()
        refused = daemon.camctl("disable", "front", expect=1).stderr
        self.assertIn("camd-sync, which writes to the disk, cannot be executed", refused)
        self.assertNotIn("No such file", refused)
        self.assertIn("is camd installed as a whole?", daemon.log_text())

    def test_of_a_camera_that_is_added_again_are_not_the_new_ones(self):
        daemon = self.with_front()
        daemon.camctl("disable", "front")
        (daemon.cameras_dir / "front.ini").unlink()
        daemon.camctl("reload")
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.wait_frames("front", 1)
        daemon.kill()  # what add acknowledged is forgotten for good
        daemon.start()
        daemon.wait_frames("front", 1)

    def test_of_a_camera_that_is_gone_expire_as_its_grid_does(self):
        daemon = self.with_front()
        daemon.camctl("disable", "front")
        file = daemon.cameras_dir / "front.ini"
        text = file.read_text()
        file.unlink()
        daemon.camctl("reload")
        kept = daemon.state_dir / "enabled.json"
        noted = wait_for(lambda: (front := json.loads(kept.read_text())["front"]).get("absent_since") and front,
                         "its absence is written down")
        self.assertEqual(noted["enabled"], False)
        self.assertAlmostEqual(noted["absent_since"], time.time(), delta=600)
        # back in time it is as it was, and reload says so
        file.write_text(text)
        self.assertIn("camctl enable front", daemon.camctl("reload").stdout)
        self.assertFalse(self.enabled(daemon))
        daemon.stop()
        # back after it: another camera
        kept.write_text(json.dumps({"front": {"enabled": False, "absent_since": int(time.time()) - 31 * 86400},
                                    "other": {"enabled": False, "absent_since": int(time.time()) - 31 * 86400}}))
        daemon.start()
        self.assertTrue(self.enabled(daemon))
        wait_for(lambda: json.loads(kept.read_text()) == {}, "what has expired is forgotten")
        self.assertIn("that it is disabled is forgotten: there has been no such camera for 31 days", daemon.log_text())

    def test_of_a_camera_whose_file_is_bad_at_the_start_are_kept(self):
        daemon = self.with_front()
        daemon.camctl("disable", "front")
        daemon.stop()
        file = daemon.cameras_dir / "front.ini"
        text = file.read_text()
        file.write_text("[camera front]\nnonsense = 1\n" + text.split("\n", 1)[1])
        daemon.start()
        kept = json.loads((daemon.state_dir / "enabled.json").read_text())
        self.assertEqual((list(kept), kept["front"]["enabled"]), (["front"], False))
        file.write_text(text)
        daemon.camctl("reload")
        self.assertFalse(self.enabled(daemon))


class Remove(CamdTest):
    FOREIGN = {
        "another section": ("{text}[camera back]\ninput = {input}\n", "front.ini:4 has another section"),
        "a section at the beginning": ("[camera back]\ninput = {input}\n{text}", "front.ini:1 has another section"),
        "a comment": ("{text}# the one with the broken lens\n", "front.ini:4 has a comment"),
        "a comment in the section": ("{text}; do not remove\nfps = 3\n", "front.ini:4 has a comment"),
        "a comment behind a value": ("{text}fps = 3 ; slow line\n", "front.ini:4 has a comment"),
        "a comment before it": ("# hall\n{text}", "front.ini:1 has a comment"),
        "another name": ("[camera hall]\ninput = {input}\n", "front.ini:1 has another section"),
        "no text": ("{text}\0\0\0", "has a NUL byte"),
        "much": ("{text}" + "\n" * 300000, "is larger than any file that camctl writes"),
    }

    def setUp(self):
        super().setUp()
        self.daemon = self.camd()
        self.daemon.camctl("add", "front", f"input={moving_pattern()}", "enabled=no")
        self.file = self.daemon.cameras_dir / "front.ini"
        self.text = self.file.read_text()

    def refused(self, why):
        done = self.daemon.camctl("remove", "front", expect=1)
        self.assertIn(f"front was not removed: {self.daemon.cameras_dir}", done.stderr)
        self.assertIn(why, done.stderr)
        self.assertIn("camctl reload", done.stderr)
        self.assertNotIn("delete the file", done.stderr)  # the other camera would go with it
        self.assertIsNotNone(self.daemon.camera("front"))

    def test_deletes_nothing_that_camctl_did_not_write(self):
        for name, (form, why) in self.FOREIGN.items():
            with self.subTest(name):
                text = form.format(text=self.text, input=moving_pattern())
                self.file.write_text(text)
                self.refused(why)
                self.assertEqual(self.file.read_text(), text)
        # what was changed by hand in the camera's own section goes with it
        self.file.write_text(self.text + "fps = 3\n\nmask.door = 0,0 1,0\n    1,1\n")
        self.daemon.camctl("remove", "front")
        self.assertFalse(self.file.exists())

    def test_leaves_alone_what_is_no_file_of_its_own(self):
        elsewhere = self.directory / "elsewhere.ini"
        self.file.rename(elsewhere)
        self.file.symlink_to(elsewhere)
        self.refused("is no regular file")
        self.assertEqual(elsewhere.read_text(), self.text)
        self.file.unlink()
        os.mkfifo(self.file)  # and does not wait for its writer
        self.refused("is no regular file")
        self.file.unlink()
        self.file.mkdir()
        self.refused("is no regular file")
        self.file.rmdir()
        self.daemon.camctl("remove", "front")  # there is nothing to lose

    @unittest.skipUnless(os.geteuid() == 0, "needs root to give a file away")
    def test_leaves_alone_what_belongs_to_somebody_else(self):
        os.chown(self.file, 65534, -1)
        self.refused("belongs to user 65534")

    def test_taking_back_an_add_deletes_nothing_either(self):
        go, held = sync_that_waits(self.daemon, self.directory)
        edited = self.directory / "edited"
        self.daemon.replace_program("camd-capture", f'while [ ! -e "{edited}" ]; do sleep 0.02; done\nexec "$REAL" "$@"')
        with self.daemon.control() as control:
            control.send("add", name="back", settings={"input": "/nonexistent.avi"}, require_frame=True)
            wait_for(held.exists, "its file is being written")
            go.touch()
            file = self.daemon.cameras_dir / "back.ini"
            wait_for(file.exists, "its file is there")
            text = file.read_text()
            file.write_text(text + "# mine\n")
            edited.touch()
            self.assertEqual(control.receive()["error"]["code"], "refused")
        self.assertEqual(file.read_text(), text + "# mine\n")
        self.assertIn(f"its file stays: {file}:3 has a comment", self.daemon.log_text())

    def test_is_answered_when_its_grid_is_gone_from_the_disk(self):
        self.daemon.stop()
        (self.daemon.state_dir / "grids.mdb").write_bytes(b"?" * 4096)  # whatever it has of the camera
        self.daemon.replace_program("camd-grid", "exit 1")
        self.daemon.start()
        done = self.daemon.camctl("remove", "front", expect=1)
        self.assertIn("front was stopped, but its region grid could not be removed from the disk", done.stderr)
        self.assertIn("warning front: its region grid could not be removed from the disk", self.daemon.log_text())
        self.assertIn("state_dir has to be writable for the user that this runs as: look at its owner and mode; it is tried again until camd stops", done.stderr)  # 1 is EPERM
        self.assertFalse(self.file.exists())
        self.daemon.install_again("camd-grid")

    def test_without_a_grid_on_the_disk_needs_no_disk(self):
        need_private_mounts()
        then, _ = BROKEN["read-only"]
        directory = self.directory / "state"
        directory.mkdir()
        daemon = self.camd(settings={"state_dir": directory}, wrapper=MOUNT_PRIVATELY + ["sh", "-c", MOUNT, str(directory), then])
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        daemon.camctl("remove", "front")
        self.assertEqual(list(daemon.cameras_dir.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
