"""on_event: a program is started for an object's events, one at a time, and cannot harm anybody."""
import json
import os
import pwd
import signal
import unittest

from harness import HERE, CamdTest, descendants, still_picture, wait_for

OBJECT = {"type": "event", "event": "object", "phase": "start", "reason": "", "id": 1, "label": "person", "score": 0.9,
          "computed_score": 0.9, "top_score": 0.9, "box": [1, 2, 30, 40], "region": [0, 0, 64, 64], "area": 1131,
          "zones": [], "entered_zones": [], "stationary": False, "motionless": 0, "position_changes": 0,
          "start_ns": 1, "seen_ns": 2, "wall_ns": 2, "frame_id": 3, "path": [[10, 40, 2]],
          "best": {"frame_id": 3, "wall_ns": 2, "score": 0.9, "box": [1, 2, 30, 40], "region": [0, 0, 64, 64]}}


class OnEvent(CamdTest):
    def daemon_running(self, script, *words, **settings):
        """A daemon with a camera whose tracker says what the test wants, and whose events start the script."""
        self.output = self.directory / "output"
        program = self.directory / "on_event.sh"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        tracker = self.directory / "tracker"
        tracker.symlink_to(HERE / "sampling_tracker.py")
        os.mkfifo(self.directory / "front.fifo")
        # the test's directory is closed to others
        return self.daemon_that_runs(" ".join([str(program), str(self.output), *words]), tracker,
                                     **{"event_user": pwd.getpwuid(os.geteuid()).pw_name, **settings})

    def daemon_that_runs(self, command, tracker, **settings):
        daemon = self.camd(defaults={"stop_timeout": 2})
        daemon.camctl("add", "front", f"input={still_picture()}", f"tracker={tracker}", f"on_event={command}",
                      *(f"{key}={value}" for key, value in settings.items()))
        daemon.wait_camera("front", lambda camera: camera["tracker"]["state"] == "up", "tracker up")
        return daemon

    def send(self, *numbers):
        with open(self.directory / "front.fifo", "w", encoding="utf-8") as fifo:
            for number in numbers:
                fifo.write(json.dumps({**OBJECT, "id": number}) + "\n")

    def lines(self):
        return self.output.read_text().splitlines() if self.output.exists() else []

    def test_gets_every_event_on_its_standard_input_one_after_the_other(self):
        daemon = self.daemon_running('cat >>"$1"; echo "$2|$3" >>"$1"; echo said; exit 3', '"a b"', "$HOME")
        self.send(1, 2, 3)
        wait_for(lambda: len(self.lines()) == 6, "three events")
        events, words = self.lines()[0::2], self.lines()[1::2]
        self.assertEqual([json.loads(event)["id"] for event in events], [1, 2, 3])
        first = json.loads(events[0])
        self.assertEqual((first["event"], first["camera"], first["label"]), ("object", "front", "person"))
        self.assertIn("seq", first)
        self.assertEqual(words, ["a b|$HOME"] * 3, "there is no shell")
        wait_for(lambda: "front on_event: exited with status 3" in daemon.log_text(), "the exit is logged")
        self.assertIn("front on_event: said", daemon.log_text())

    def test_that_takes_too_long_is_killed_with_what_it_started(self):
        daemon = self.daemon_running('sleep 1000 & echo begun >>"$1"; wait', on_event_timeout=0.3)
        self.send(*range(1, 31))
        wait_for(lambda: len(self.lines()) >= 2, "the next one runs")
        self.assertIn("took longer than on_event_timeout", daemon.log_text())
        wait_for(lambda: "events were dropped" in daemon.log_text(), "what is too much is dropped and counted")
        self.assertEqual(daemon.camera("front")["state"], "up")
        daemon.camctl("remove", "front")
        wait_for(lambda: not any("sleep" in line for line in descendants(daemon.pid).values()), "nothing of it is left")

    def test_objects_of_a_tracker_that_was_killed_have_an_end(self):
        """They had none: who switches a light on at the start never switched it off."""
        daemon = self.daemon_running('cat >>"$1"')
        self.send(1, 2)
        wait_for(lambda: len(self.lines()) == 2, "two that began")
        pid = daemon.camera("front")["tracker"]["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(self.lines()) == 4, "and ended")
        ends = [json.loads(line) for line in self.lines()[2:]]
        self.assertEqual(sorted(event["id"] for event in ends), [1, 2])
        for event in ends:
            self.assertEqual((event["phase"], event["reason"], event["box"]), ("end", "killed", OBJECT["box"]))

    def test_that_is_not_there_is_an_error_in_the_log(self):
        daemon = self.daemon_running("exit 0")
        (self.directory / "on_event.sh").unlink()
        self.send(1)
        wait_for(lambda: "cannot execute" in daemon.log_text(), "logged")
        self.assertEqual(daemon.camera("front")["state"], "up")

    @unittest.skipUnless(os.geteuid() == 0, "only root can start a program as another user")
    def test_does_not_run_as_root_unless_told(self):
        """It ran as camd's own user, which is root on most machines."""
        self.daemon_running("exit 0").stop()
        show = '/bin/sh -c "id -u; id -G; echo $HOME; grep -q NoNewPrivs:.1 /proc/self/status && echo gains nothing"'
        for user in ("nobody", "root"):
            with self.subTest(user):
                daemon = self.daemon_that_runs(show, self.directory / "tracker", **({"event_user": user} if user == "root" else {}))
                entry = pwd.getpwnam(user)
                self.send(1)
                for said in (entry.pw_uid, entry.pw_gid, entry.pw_dir, "gains nothing"):
                    wait_for(lambda said=said: f"front on_event: {said}" in daemon.log_text(), f"{user}: {said}")
                daemon.stop()

    @unittest.skipUnless(os.geteuid() == 0, "only root can start a program as another user")
    def test_of_a_user_that_is_not_there_is_an_error_in_the_log(self):
        daemon = self.daemon_running("exit 0", event_user="camd-nobody-at-all")
        self.send(1)
        wait_for(lambda: "there is no user camd-nobody-at-all" in daemon.log_text(), "logged")
        self.assertEqual(daemon.camera("front")["state"], "up")

    def test_that_runs_at_the_end_is_killed(self):
        daemon = self.daemon_running('echo begun >>"$1"; exec sleep 1000')
        self.send(1)
        wait_for(self.lines, "it runs")
        daemon.stop()
        self.assertIn("was killed by signal 9", daemon.log_text())
        self.assertNotIn("memory may have been short", daemon.log_text(), "camd killed it")
