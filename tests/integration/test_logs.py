"""What the workers write: kept, shown, bounded, without secrets; and where camd's own log goes."""
import json
import os
import signal
import subprocess

from harness import Camd, CamdTest, SLOWNESS, moving_pattern, program, wait_for


class Logs(CamdTest):
    def worker(self, text):
        """A capture that runs a piece of shell and keeps its channel open."""
        path = self.directory / "worker.sh"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def start(self, script, **settings):
        daemon = Camd(self, settings=settings)
        daemon.write_camera("front", input=moving_pattern(), capture=self.worker(script), width=160, height=120)
        return daemon.start()

    def lines(self, daemon, *arguments):
        return daemon.camctl_json("logs", *arguments)["lines"]

    def test_are_shown_with_time_worker_and_priority_whatever_log_level_is(self):
        daemon = self.start("echo plain; echo '<7>front: a detail'; echo '<3>rtsp://me:geheim@host/1 failed' >&2; exec sleep 600",
                            log_level="error")
        daemon.write_camera("back", input=moving_pattern())
        daemon.camctl("reload")
        lines = wait_for(lambda: [line for line in self.lines(daemon, "front")][2:] and self.lines(daemon, "front"), "three lines")
        self.assertEqual([(line["camera"], line["worker"], line["level"], line["text"]) for line in lines], [
            ("front", "capture", "info", "plain"), ("front", "capture", "debug", "a detail"),
            ("front", "capture", "error", "rtsp://me:***@host/1 failed")])
        self.assertRegex(lines[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual([line["text"] for line in self.lines(daemon, "front", "--lines", "1")], ["rtsp://me:***@host/1 failed"])
        self.assertIn("front capture  debug: a detail", daemon.camctl("logs").stdout)
        self.assertNotIn("a detail", daemon.log_text())
        self.assertEqual(daemon.camctl("logs", "nobody", expect=5).stdout, "")

    def test_are_followed_until_the_camera_is_removed(self):
        daemon = self.start("echo early; exec sleep 600")
        wait_for(lambda: self.lines(daemon, "front"), "the first line")
        follower = subprocess.Popen(daemon.camctl_command("--json", "logs", "front", "-f", "-n", "1"), stdout=subprocess.PIPE,
                                    text=True)
        self.assertEqual(json.loads(follower.stdout.readline())["text"], "early")
        (self.directory / "worker.sh").write_text("#!/bin/sh\necho late\nexec sleep 600\n")
        daemon.camctl("restart", "front")
        self.assertEqual(json.loads(follower.stdout.readline())["text"], "late")
        (daemon.cameras_dir / "front.ini").unlink()
        daemon.camctl("reload")
        self.assertEqual(follower.wait(30 * SLOWNESS), 0)
        follower.stdout.close()

    def test_last_words_of_a_worker_that_dies_are_in_the_log(self):
        daemon = self.start("echo looking for the lens; echo '<4>no lens'; exit 3", log_level="warning")
        daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] >= 3, "it has died again")
        # it died of the same each time, and that is said once
        log = daemon.log_text()
        self.assertEqual(log.count("front capture: wrote before it died: looking for the lens"), 1)
        self.assertEqual(log.count("no lens"), 1)
        self.assertEqual(log.count("exited with status 3"), 1)
        self.assertGreaterEqual(sum(line["text"] == "no lens" for line in self.lines(daemon, "front")), 3, "all are kept")

    def test_last_words_of_a_worker_that_dies_of_something_else_are_in_the_log_too(self):
        script = 'n=$(cat %s/n 2>/dev/null || echo 0); echo $((n + 1)) >%s/n; echo "try $n"; exit $((n / 2))'
        daemon = self.start(script % (self.directory, self.directory), log_level="warning")
        daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] >= 4, "it has died four times")
        log = daemon.log_text()
        for told, text in ((1, "try 0"), (0, "try 1"), (1, "try 2"), (0, "try 3")):
            self.assertEqual(log.count(f"wrote before it died: {text}"), told, text)

    def test_last_words_of_a_worker_that_says_itself_why_it_dies_are_not_in_the_log(self):
        said = '{"type": "error", "stage": "read", "class": "network", "text": "the cable is out"}'
        daemon = self.start("echo opened: h264\nexec /usr/bin/python3 -c 'import socket, sys; "
                            f"socket.socket(fileno=3).send(sys.argv[1].encode()); sys.exit(1)' '{said}'", log_level="warning")
        daemon.wait_camera("front", lambda camera: camera["capture"]["failures"] >= 2, "it has died again")
        self.assertIn("the cable is out", daemon.log_text())
        self.assertNotIn("wrote before it died", daemon.log_text())
        self.assertIn("opened: h264", [line["text"] for line in self.lines(daemon, "front")])

    def test_of_a_flood_are_bounded_counted_and_leave_the_others_lines(self):
        worker = program("misbehave")
        daemon = Camd(self, settings={"log_level": "error"})
        daemon.write_camera("loud", input="misbehave://capture.flood-lines=1000", capture=worker, tracker=worker)
        daemon.write_camera("calm", input=moving_pattern(), capture=self.worker("echo here I am; exec sleep 600"),
                            width=160, height=120)
        daemon.start()
        line = wait_for(lambda: next((line for line in self.lines(daemon, "loud", "--lines", "1000") if "dropped" in line), None),
                        "what was dropped is told")
        self.assertGreater(line["dropped"], 100)
        self.assertIn(f"{line['dropped']} lines of its log were dropped", line["text"])
        wait_for(lambda: [line["text"] for line in self.lines(daemon, "calm")] == ["here I am"], "the other one's line is there")
        # the first hundred, and twenty a second since then
        self.assertLess(len(self.lines(daemon, "loud", "--lines", "100000")), 5000)


class OwnLog(CamdTest):
    def start_on_pipe(self, **environment):
        """A daemon whose standard error is a pipe: (daemon, its reading end)."""
        daemon = Camd(self)
        read_end, write_end = os.pipe()
        daemon.process = subprocess.Popen(daemon.command(), env={**daemon.environment(), **environment}, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.DEVNULL, stderr=write_end, start_new_session=True)
        daemon.pid = daemon.process.pid
        status = os.fstat(write_end)
        os.close(write_end)
        self.addCleanup(os.close, read_end)
        daemon.wait_answer()
        return daemon, read_end, status

    def test_to_a_pipe_that_nobody_reads_does_not_hold_up_the_daemon(self):
        daemon, _, _ = self.start_on_pipe()
        with daemon.control() as control:
            for number in range(1000):  # each logs two lines; a pipe holds 64 KiB
                control.ask("add", name=f"c{number % 2}", runtime=True, timeout_s=0,
                            settings={"input": moving_pattern(), "autostart": "no"})
                control.ask("remove", name=f"c{number % 2}")
        self.assertTrue(daemon.status())

    def test_has_systemds_prefixes_only_when_standard_error_is_the_journals(self):
        for journal, pattern in ((True, rb"^<5>camd "), (False, rb"^\d{4}-\d\d-\d\dT[\d:.]*Z notice camd ")):
            with self.subTest(journal=journal):
                command = 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2)' if journal else "JOURNAL_STREAM=1:1"
                daemon = Camd(self, wrapper=["sh", "-c", f'{command}; export JOURNAL_STREAM; exec "$@"', "sh"])
                daemon.start()
                lines = daemon.log.read_bytes().split(b"\n")
                self.assertRegex(lines[1], pattern)
                daemon.stop()

    def test_in_a_file_that_was_moved_away_goes_on_in_a_new_one(self):
        path, moved = self.directory / "camd.txt", self.directory / "camd.txt.1"
        daemon = self.camd(settings={"log": path})
        self.assertIn("started without cameras", path.read_text())
        path.rename(moved)
        daemon.process.send_signal(signal.SIGUSR1)
        wait_for(path.exists, "the new file")
        daemon.stop()
        self.assertIn("stopped", path.read_text())
        self.assertNotIn("stopped", moved.read_text())
