"""A camera's segments: what they cost camd, who else may touch their names, and sizes that change for ever."""
import fcntl
import os
import re
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from harness import HERE, Camd, CamdTest, moving_pattern, wait_for
from segments import Segments


def wake_ups(pid):
    """How often the process has gone to sleep so far."""
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M).group(1))


class SegmentsTest(CamdTest):
    def path(self, daemon, part, camera="front"):
        return daemon.shm_directory() / f"{daemon.prefix}{camera}.{part}"

    def generation(self, daemon, camera="front"):
        try:
            with Segments(camera, daemon.prefix, daemon.shm_directory()) as segments:
                return segments.generation
        except (FileNotFoundError, ValueError):
            return None

    def wait_new_segments(self, daemon, before):
        wait_for(lambda: self.generation(daemon) not in (None, before), "new segments")
        return self.generation(daemon)

    def wait_frames_in_new_segments(self, daemon):
        def readable():
            with Segments("front", daemon.prefix) as segments:
                return segments.newest_slot() is not None

        wait_for(readable, "frames in the new segments")


class Names(SegmentsTest):
    def test_any_that_somebody_removed_comes_back(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=10")
        daemon.wait_frames("front", 2)
        for part in ("frame3", "result", "best", "info"):
            before = self.generation(daemon)
            os.unlink(self.path(daemon, part))
            self.wait_new_segments(daemon, before)
            self.assertIn(f"front.{part} was removed by somebody: making new segments", daemon.log_text())
        self.wait_frames_in_new_segments(daemon)

    def test_of_other_peoples_files_wake_nobody(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=1")
        daemon.wait_frames("front", 1)
        foreign = Path("/dev/shm") / f"foreign-{daemon.prefix}file"
        begun, before = time.monotonic(), wake_ups(daemon.pid)
        for _ in range(1000):
            foreign.write_bytes(b"x")
            foreign.unlink()
        # the camera itself may wake camd a few times a second
        self.assertLess(wake_ups(daemon.pid) - before, 50 + 20 * (time.monotonic() - begun))

    def test_that_somebody_else_has_do_not_keep_a_camera_dark(self):
        daemon = self.camd()
        self.path(daemon, "frame0").mkdir()
        (self.path(daemon, "frame0") / "something").write_text("theirs")
        os.mkfifo(self.path(daemon, "ctl"))
        os.symlink("/etc/passwd", self.path(daemon, "info"))
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=10")
        daemon.wait_frames("front", 2)
        moved = re.search(r"(\S+)front\.frame0 was taken by a directory of uid \d+: moved to (\S+)", daemon.log_text())
        self.assertEqual((Path(moved.group(2)) / "something").read_text(), "theirs")
        (Path(moved.group(2)) / "something").unlink()
        Path(moved.group(2)).rmdir()

    def test_of_damaged_segments_are_made_again_by_restart_and_by_a_worker_that_starts(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}", "fps=10")
        pid = daemon.wait_frames("front", 2)["tracker"]["pid"]
        before = self.generation(daemon)
        with open(self.path(daemon, "info"), "r+b") as info:
            info.write(b"\0" * 128)
        os.kill(pid, 9)
        before = self.wait_new_segments(daemon, before)
        self.assertIn("front.info was written to by somebody: making new segments", daemon.log_text())
        daemon.wait_camera("front", lambda camera: camera["state"] == "up", "up again")
        # whatever else somebody did, a restart gets rid of it
        daemon.camctl("restart", "front")
        self.wait_new_segments(daemon, before)
        self.wait_frames_in_new_segments(daemon)


class Prefix(CamdTest):
    def lock(self, daemon):
        return Path("/dev/shm") / f"{daemon.prefix}lock"

    @unittest.skipIf(os.geteuid() != 0, "only root can make files of another user")
    def test_that_another_user_has_taken_is_taken_back(self):
        for taken in ("a file", "a directory"):
            daemon = Camd(self)
            if taken == "a file":
                held = open(self.lock(daemon), "w")
                fcntl.flock(held, fcntl.LOCK_EX)
            else:
                self.lock(daemon).mkdir()
            os.chown(self.lock(daemon), 65534, 65534)
            daemon.start()
            self.assertIn(f"{daemon.prefix}lock was taken by {taken} of uid 65534: removed", daemon.log_text())
            self.assertEqual(self.lock(daemon).stat().st_uid, 0)
        held.close()

    def test_whose_lock_was_removed_is_kept(self):
        """After rm /dev/shm/PREFIX* another camd could take the prefix and remove the segments of the one that ran."""
        daemon = Camd(self).start()
        for _ in range(2):
            self.lock(daemon).unlink()
            wait_for(self.lock(daemon).exists, "the lock is made again")
        other = subprocess.run([sys.executable, "-c", "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)",
                                self.lock(daemon)], capture_output=True, check=False, text=True)
        self.assertIn("BlockingIOError", other.stderr)
        self.assertIn("lock was removed by somebody: made again", daemon.log_text())

    def test_that_another_camd_has_taken_is_told(self):
        daemon = Camd(self).start()
        with open(self.lock(daemon).with_suffix(".other"), "w") as held:
            self.addCleanup(self.lock(daemon).unlink)
            fcntl.flock(held, fcntl.LOCK_EX)
            os.rename(held.name, self.lock(daemon))
            wait_for(lambda: f"that has the shared-memory prefix {daemon.prefix} removes segments" in daemon.log_text(), "the log says so")
            # nothing took it back, nor said so but one line of the log
            problem = daemon.status()["daemon"]["prefix_problem"]
            self.assertIn(f"{daemon.prefix}lock was removed or replaced while camd used it", problem)
            self.assertIn(problem, daemon.camctl("status").stdout)
            self.assertIn("camd_prefix_held 0", daemon.camctl("metrics").stdout)
            daemon.camctl("reload")
            self.assertEqual(daemon.status()["daemon"]["prefix_problem"], problem)
        daemon.camctl("reload")  # or within a minute
        self.assertIsNone(daemon.status()["daemon"]["prefix_problem"])
        self.assertIn("lock is this camd's again", daemon.log_text())
        with open(self.lock(daemon)) as other, self.assertRaises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_that_a_dying_process_holds_for_a_moment_is_waited_for(self):
        """A start right after kill -9 was refused: a child half-way to its program had the lock."""
        daemon = Camd(self)
        held = open(self.lock(daemon), "w")
        fcntl.flock(held, fcntl.LOCK_EX)

        def let_go():
            wait_for(daemon.socket.exists, "camd has come to the prefix")
            held.close()

        dying = threading.Thread(target=let_go)
        dying.start()
        daemon.start()
        dying.join()
        self.assertTrue(daemon.status())


class Sizes(SegmentsTest):
    def flipping(self, how):
        daemon = self.camd()
        begun = time.monotonic()
        daemon.ask("add", name="front", settings={"input": f"/none/{how}", "capture": str(HERE / "flipping_worker.py")})
        return daemon, begun

    def said(self, daemon):
        found = re.findall(r"said (\d+) sizes", daemon.camctl("logs", "front", expect=None).stdout)
        return int(found[-1]) if found else 0

    def assert_damped(self, how):
        """However often the size changes: at once the first time, then after a second, two, four..."""
        daemon, begun = self.flipping(how)
        wait_for(lambda: self.said(daemon) >= 100, "a hundred sizes")
        changes = len([event for event in daemon.events(name="front") if event["event"] == "stream"])
        self.assertLessEqual(changes, 3 + time.monotonic() - begun)
        camera = daemon.wait_camera("front", lambda camera: "keep changing" in camera["reason"], "says why")
        self.assertRegex(camera["reason"], r"for another \d+(\.\d)? s all are scaled to 32[02]x240")
        self.assertIn("width and height", camera["hint"])

    def test_that_change_without_end_are_damped(self):
        self.assert_damped("hasty")

    def test_that_change_without_end_leave_a_patient_capture_its_segments(self):
        self.assert_damped("patient")
