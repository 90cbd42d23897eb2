"""Workers in their sandbox: as a user of their own, with what status says of it, on a clip and on a real RTSP server."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import SANDBOX, Camd, CamdTest, clip, moving_pattern, wait_for

USER = "nobody"


def status_of(pid, field):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(line.split(":", 1)[1].split() for line in lines if line.startswith(field + ":"))


@unittest.skipIf(SANDBOX == "no", "a sanitizer attaches to its own process, which no sandbox allows")
@unittest.skipIf(os.geteuid() != 0, "only root gives workers another user")
class Sandbox(CamdTest):
    def sandboxed(self, **options):
        settings = {"worker_user": USER, "sandbox": "yes", **options.pop("settings", {})}
        return Camd(self, settings=settings, **options)

    def readable_clip(self):
        """Where the workers' user can read it: a test's own directory is root's."""
        os.chmod(self.directory, 0o755)
        path = self.directory / "clip.avi"
        shutil.copy(clip(), path)
        os.chmod(path, 0o644)
        return path

    def test_workers_run_as_their_user_with_no_privileges_and_a_filter(self):
        daemon = self.sandboxed(cameras={"front": {"input": self.readable_clip(), "loop": "yes"}}).start()
        camera = daemon.wait_frames("front", 2)
        for worker in ("capture", "tracker"):
            pid = camera[worker]["pid"]
            self.assertEqual(set(status_of(pid, "Uid")), {"65534"}, worker)
            self.assertEqual(status_of(pid, "Groups"), [], worker)
            self.assertEqual(status_of(pid, "NoNewPrivs"), ["1"], worker)
            self.assertEqual(status_of(pid, "Seccomp"), ["2"], worker)
            sandbox = camera[worker]["sandbox"]
            self.assertTrue(sandbox["user"] and sandbox["calls"], sandbox)
            self.assertFalse(sandbox["hosts"])

    def test_programs_of_others_are_executed_as_that_user(self):
        os.chmod(self.directory, 0o755)
        said = self.directory / "said"
        own = self.directory / "own-tracker"
        own.write_text(f'#!/bin/sh\n{{ id -u; id -G; grep NoNewPrivs /proc/self/status; }} >{said}\nexec sleep 60\n')
        own.chmod(0o755)
        said.touch()
        said.chmod(0o666)
        self.sandboxed(cameras={"front": {"input": moving_pattern(), "fps": 10, "tracker": own}}).start()
        lines = wait_for(lambda: (text := said.read_text().splitlines()) and len(text) == 3 and text, "it says who it is")
        self.assertEqual(lines[:2], ["65534", "65534"])
        self.assertEqual(lines[2].split(), ["NoNewPrivs:", "1"])

    def test_a_file_that_the_user_may_not_read_is_told_with_what_to_do(self):
        path = self.readable_clip()
        os.chmod(path, 0o600)
        daemon = self.sandboxed().start()
        done = daemon.camctl("add", "front", f"input={path}", expect=7)
        self.assertIn("Permission denied", done.stdout + done.stderr)
        self.assertIn("worker_user", done.stdout + done.stderr)

    def test_patterns_and_two_cameras_go_on_side_by_side(self):
        daemon = self.sandboxed(cameras={"a": {"input": moving_pattern(), "fps": 10},
                                         "b": {"input": self.readable_clip(), "loop": "yes"}}).start()
        daemon.wait_frames("a", 3)
        daemon.wait_frames("b", 3)

    def test_required_where_there_is_no_such_user_refuses_the_start(self):
        done = self.sandboxed(settings={"sandbox": "require", "worker_user": "camd-nowhere"}).run()
        self.assertEqual(done.returncode, 1)
        self.assertIn("worker_user = camd-nowhere: there is no such user", done.stdout + done.stderr)

    def test_a_user_that_has_something_of_camd_is_refused(self):
        for settings, words in (({"worker_user": "root"}, "this is root"),
                                ({"worker_user": "daemon", "group": "daemon"}, "a member of camd's group")):
            done = self.sandboxed(settings=settings).run()
            self.assertEqual(done.returncode, 1, settings)
            self.assertIn(words, done.stdout + done.stderr)
        daemon = self.sandboxed(settings={"worker_user": "daemon"})
        shutil.chown(daemon.state_dir, "daemon")
        done = daemon.run()
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"the user owns {daemon.state_dir}", done.stdout + done.stderr)

    def test_without_the_default_user_workers_stay_root_and_the_log_says_so(self):
        if subprocess.run(["getent", "passwd", "camd-worker"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
            self.skipTest("this machine has a user camd-worker")
        daemon = self.sandboxed(settings={"worker_user": "camd-worker"},
                                cameras={"front": {"input": moving_pattern(), "fps": 10}}).start()
        camera = daemon.wait_frames("front", 1)
        self.assertFalse(camera["capture"]["sandbox"]["user"])
        self.assertIn("worker_user", camera["capture"]["sandbox"]["missing"])
        self.assertIn("until then workers run as root", daemon.log_text())
