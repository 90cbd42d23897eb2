"""The daemon's own death: nothing of it stays, no second copy runs beside a survivor, and --respawn brings it back."""
import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

from harness import HERE, SANDBOX, Camd, CamdTest, is_running, moving_pattern, processes, program, still_picture, wait_for
from test_on_event import OBJECT


def marked(instance):
    """Processes of an instance, by their environment."""
    found = []
    for pid, _, _ in processes():
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if f"CAMD_INSTANCE={instance}".encode() in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found


class Death(CamdTest):
    def kill_with_stopped_workers(self, daemon, least):
        """They cannot look at their channel: only the kernel can end them."""
        workers = list(daemon.workers())
        self.assertGreaterEqual(len(workers), least, daemon.workers())
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        daemon.kill()
        wait_for(lambda: not any(map(is_running, workers)), f"the workers end: {workers}", 10)

    def test_ends_stopped_workers_of_every_kind(self):
        """capture, tracker, a detector of others, a program of others, and one of on_event."""
        detector = self.directory / "fake_detector.py"
        shutil.copy(HERE / "fake_detector.py", detector)
        (self.directory / "fake.behaviour").write_text("answer")
        (self.directory / "labels.txt").write_text("person\n")
        tracker = self.directory / "tracker"
        tracker.symlink_to(HERE / "sampling_tracker.py")
        command = self.directory / "command"
        command.write_text("#!/bin/sh\nexec sleep 1000\n")
        command.chmod(0o755)
        os.mkfifo(self.directory / "back.fifo")
        daemon = Camd(self, cameras={
            "front": {"input": moving_pattern(), "detector": "fake"},
            "back": {"input": still_picture(), "tracker": tracker, "on_event": command, "event_user": "root"}})
        with open(daemon.config, "a", encoding="utf-8") as config:
            config.write(f"[detector fake]\nbackend = {detector}\nlabels = {self.directory}/labels.txt\n"
                         "input_width = 64\ninput_height = 64\n")
        daemon.start()
        daemon.wait_frames("front", 1)
        daemon.wait_camera("back", lambda camera: camera["tracker"]["state"] == "up", "tracker up")
        with open(self.directory / "back.fifo", "w", encoding="utf-8") as fifo:
            fifo.write(json.dumps(OBJECT) + "\n")
        wait_for(lambda: any("sleep" in line for line in daemon.workers().values()), "the program of on_event runs")
        self.kill_with_stopped_workers(daemon, 6)
        daemon.start()

    @unittest.skipUnless(os.geteuid() == 0 and SANDBOX == "yes", "only root can give workers a user")
    def test_ends_stopped_workers_of_another_user(self):
        """A change of the user makes the kernel forget that the worker is to die with its parent."""
        os.chmod(self.directory, 0o755)
        daemon = self.camd(settings={"worker_user": "nobody"}, cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        self.kill_with_stopped_workers(daemon, 2)
        daemon.start()

    def instance(self, daemon):
        lock = os.stat(f"/dev/shm/{daemon.prefix}lock")
        return f"{daemon.prefix}/{lock.st_dev}/{lock.st_ino}"

    def test_leaves_no_process_of_a_worker_beside_the_next_one(self):
        """A process in a session of its own outlived both, and the next camd did not end it."""
        daemon = self.camd(cameras={"front": {"input": "misbehave://capture.grandchild-session",
                                              "capture": program("misbehave"), "tracker": program("misbehave")}})
        daemon.wait_state("front", "up")
        instance = self.instance(daemon)
        workers = list(daemon.workers())
        survivor = wait_for(lambda: [pid for pid in marked(instance) if pid not in workers], "its process")
        daemon.kill()
        wait_for(lambda: not any(map(is_running, workers)), "the workers end")
        self.assertEqual(marked(instance), survivor, "what nobody ended yet")
        daemon.start()
        self.assertFalse(is_running(survivor[0]), "it runs beside the next camd")
        self.assertRegex(daemon.log_text(), rf"process {survivor[0]} \(misbehave front\), which a camd that was killed has left")

    def test_a_long_command_of_what_is_ended_shows_no_beginning_of_a_password(self):
        """One of digits looked like a port where the line was cut."""
        daemon = self.camd(cameras={})
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        command += ["x" * (160 - len(" ".join(command)) - len("  rtsp://admin:123")), "rtsp://admin:12345678@192.0.2.1/"]
        with subprocess.Popen(command, env={"CAMD_INSTANCE": self.instance(daemon)}) as left:
            self.addCleanup(left.kill)
            wait_for(lambda: left.pid in marked(self.instance(daemon)), "it has its environment")
            daemon.kill()
            daemon.start()
            left.wait()
        self.assertRegex(daemon.log_text(), rf"process {left.pid} \(\S+ -c .*x rtsp://admin:\*\*\*")
        self.assertNotIn("admin:1", daemon.log_text())

    def test_a_stop_leaves_no_process_of_a_worker(self):
        daemon = self.camd(cameras={"front": {"input": "misbehave://capture.grandchild-session",
                                              "capture": program("misbehave"), "tracker": program("misbehave")}})
        daemon.wait_state("front", "up")
        instance = self.instance(daemon)
        self.assertEqual(len(wait_for(lambda: len(marked(instance)) == 3 and marked(instance), "its process")), 3)
        daemon.stop()
        self.assertEqual(marked(instance), [])
        self.assertIn("which a worker has left running", daemon.log_text())

    def test_other_instances_are_left_alone(self):
        first = self.camd(cameras={"front": {"input": moving_pattern()}})
        before = first.wait_frames("front", 1)
        second = self.camd(cameras={"front": {"input": moving_pattern()}})
        second.wait_frames("front", 1)
        second.kill()
        second.start()
        second.stop()
        self.assert_camera_goes_on(first, "front", before)


class Respawn(CamdTest):
    """camd -d --respawn"""

    def setUp(self):
        self.daemon = Camd(self, settings={"log": str(self.directory / "daemon.log")},
                           cameras={"front": {"input": moving_pattern(), "fps": 10}})
        self.pid_file = self.daemon.run_dir / "camd.pid"
        self.parent_file = self.daemon.run_dir / "camd.pid.respawn"

    def start(self):
        done = self.daemon.run("-d", "--respawn")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.daemon.pid = int(self.pid_file.read_text())
        self.parent = int(self.parent_file.read_text())

    def log(self):
        return (self.directory / "daemon.log").read_text()

    def wait_next(self):
        """Another camd, whose camera runs."""
        before = self.daemon.pid

        def other():
            try:
                return int(self.pid_file.read_text()) not in (0, before)
            except (FileNotFoundError, ValueError):
                return False

        wait_for(other, "a new camd")
        self.daemon.pid = int(self.pid_file.read_text())
        self.daemon.wait_answer()
        self.daemon.wait_frames("front", 2)

    def wait_both_gone(self):
        wait_for(lambda: not is_running(self.daemon.pid) and not is_running(self.parent), "camd and its parent end")
        self.assertFalse(self.pid_file.exists())
        self.assertFalse(self.parent_file.exists())

    def test_a_camd_that_dies_is_started_again_and_the_log_says_why(self):
        self.start()
        self.assertNotEqual(self.parent, self.daemon.pid)
        self.daemon.wait_frames("front", 1)
        os.kill(self.daemon.pid, signal.SIGKILL)
        self.wait_next()
        self.assertIn("error camd was killed by signal 9 (Killed): it is started again in 1 s", self.log())
        self.assertEqual(int(self.parent_file.read_text()), self.parent)
        self.daemon.camctl("shutdown")
        self.wait_both_gone()

    def test_term_ends_both_whoever_gets_it(self):
        for whom in ("daemon", "parent"):
            with self.subTest(whom):
                self.start()
                os.kill(self.daemon.pid if whom == "daemon" else self.parent, signal.SIGTERM)
                self.wait_both_gone()
        self.assertNotIn("started again", self.log())

    def test_that_mean_nothing_are_told_by_the_parent_with_their_sender(self):
        """It passed them on: camd told the parent as their sender; and nobody told them while no camd ran."""
        self.start()
        for number, camd_runs in ((signal.SIGUSR2, True), (signal.SIGPWR, False)):
            with self.subTest(camd_runs=camd_runs):
                if not camd_runs:
                    os.kill(self.daemon.pid, signal.SIGKILL)
                    wait_for(lambda: "it is started again in" in self.log(), "its end is told")
                os.kill(self.parent, number)
                wait_for(lambda: f"warning signal {number:d} (" in self.log(), "it is told")
                self.assertRegex(self.log(), rf"signal {number:d} \([^)]*\) from process {os.getpid()} of user {os.getuid()}: camd does nothing")
        os.kill(self.parent, signal.SIGTERM)
        wait_for(lambda: not is_running(self.parent), "the parent ends")
        self.assertNotIn(f"from process {self.parent} ", self.log())
        self.daemon.start()

    def test_told_to_stop_the_parent_starts_nothing_even_when_camd_is_killed(self):
        self.start()
        os.kill(self.daemon.pid, signal.SIGSTOP)
        os.kill(self.parent, signal.SIGTERM)
        os.kill(self.daemon.pid, signal.SIGKILL)
        wait_for(lambda: not is_running(self.parent), "the parent ends")
        self.assertNotIn("started again", self.log())
        self.daemon.start()

    def test_the_first_start_has_to_succeed(self):
        self.daemon.config.write_text("[camd]\nwrong_key = 1\n")
        done = self.daemon.run("-d", "--respawn")
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"camd\.ini:2: .*wrong_key")
        self.daemon.write_config()
        other = self.camd(settings={"shm_prefix": self.daemon.prefix})
        done = self.daemon.run("-d", "--respawn")
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.daemon.prefix, done.stderr)
        self.assertFalse(self.parent_file.exists())
        other.stop()

    def test_goes_on_trying_until_the_configuration_is_mended(self):
        self.start()
        good = self.daemon.config.read_text()
        self.daemon.config.write_text("[camd]\nwrong_key = 1\n")
        os.kill(self.daemon.pid, signal.SIGKILL)
        wait_for(lambda: "ended with status 78 by itself" in self.log(), "it says that camd does not start")
        self.assertIn("camd -n shows problems", self.log())
        mended = self.directory / "mended"
        mended.write_text(good)
        mended.rename(self.daemon.config)  # in one step: the parent tries again at any moment
        self.wait_next()
        self.daemon.camctl("shutdown")
        self.wait_both_gone()

    def test_is_for_the_background_only(self):
        done = self.daemon.run("--respawn")
        self.assertEqual(done.returncode, 2)
        self.assertIn("-d", done.stderr)
