"""Somebody is told: camera_state events, on_state, on_failure, and the check for monitoring systems."""
import json
import os
import pwd
import subprocess

from harness import SLOWNESS, CamdTest, ffmpeg, moving_pattern, wait_for


class Told(CamdTest):
    def program(self, name):
        """A program that appends what it gets to a file, and the file."""
        output = self.directory / f"{name}.lines"
        program = self.directory / f"{name}.sh"
        program.write_text(f'#!/bin/sh\nexec cat >>{output}\n')
        program.chmod(0o755)
        return program, lambda: [json.loads(line) for line in output.read_text().splitlines()] if output.exists() else []

    def states(self, daemon, name="front"):
        return [event for event in daemon.events(name=name) if event["event"] == "camera_state"]

    def start_daemon(self, **defaults):
        return self.camd(defaults={"event_user": pwd.getpwuid(os.geteuid()).pw_name, "restart_max_delay": 0.5, "stop_timeout": 2, **defaults})

    def add(self, daemon, name, url, *settings):
        daemon.camctl("add", name, f"input={url}", "--timeout", "0.1", "--runtime", *settings, expect=None)

    def test_each_change_is_told_once_and_the_way_there_is_none(self):
        """Nobody was told that a camera is dark: there were events of its workers only, each time they were tried."""
        on_state, told = self.program("on_state")
        clip = self.directory / "front.avi"
        daemon = self.start_daemon(on_state=on_state, on_state_delay=0)
        self.add(daemon, "front", clip)
        daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] >= 3, "is tried again and again")
        (dark,) = self.states(daemon)
        self.assertEqual((dark["state"], dark["camera"]), ("backoff", "front"))
        self.assertIn("No such file", dark["reason"])
        self.assertTrue(dark["hint"])
        self.assertRegex(dark["since"], r"^\d{4}-\d\d-\d\dT")
        self.assertGreaterEqual(dark["next_start_ms"], 0)
        self.make_clip(clip)
        daemon.wait_state("front", "up")
        daemon.camctl("disable", "front")
        wait_for(lambda: len(told()) == 3, "the program has heard of all")
        self.assertEqual([event["state"] for event in told()], ["backoff", "up", "disabled"])
        self.assertEqual(told(), self.states(daemon))
        self.assertEqual([event["next_start_ms"] for event in told()[1:]], [None, None])
        self.assertIn("camera_state", daemon.camctl("events", "front").stdout)

    def make_clip(self, path):
        beside = path.with_name("beside.avi")
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-t", "20", "-c:v", "mjpeg", beside)
        beside.rename(path)

    def test_a_blip_tells_nobody(self):
        on_state, told = self.program("on_state")
        daemon = self.start_daemon(on_state=on_state, on_state_delay=30)
        self.add(daemon, "front", moving_pattern())
        self.add(daemon, "back", moving_pattern(), "on_state_delay=0")
        for name in ("front", "back"):
            pid = daemon.wait_state(name, "up")["capture"]["pid"]
            os.kill(pid, 9)
            daemon.wait_camera(name, lambda camera, pid=pid: camera["state"] == "up" and camera["capture"]["pid"] != pid, "is up again")
        wait_for(lambda: len(told()) == 2, "back's were told")
        self.assertEqual([event["camera"] for event in told()], ["back", "back"])
        self.assertEqual([event["state"] for event in self.states(daemon)], ["up", "backoff", "up"])

    def test_failures_start_a_program_once_in_its_cooldown(self):
        on_failure, told = self.program("on_failure")
        daemon = self.start_daemon(on_failure=on_failure, on_failure_after=2)
        self.add(daemon, "front", self.directory / "nothing.avi")
        self.add(daemon, "back", self.directory / "nothing.avi", "on_failure_cooldown=0", "on_failure_after=3")
        wait_for(lambda: len([event for event in told() if event["camera"] == "back"]) >= 3, "back's program is started again")
        (front,) = [event for event in told() if event["camera"] == "front"]
        self.assertEqual((front["event"], front["failures"]), ("camera_failing", 2))
        self.assertIn("No such file", front["reason"])
        self.assertEqual([event["failures"] for event in told() if event["camera"] == "back"][:3], [3, 4, 5])
        self.assertIn("front: failed 2 times in a row: starting the program of on_failure", daemon.log_text())

    def test_check_has_the_exit_statuses_of_monitoring_plugins(self):
        daemon = self.start_daemon(frozen_timeout=0.5)
        self.assertEqual(self.check(daemon), (0, "CAMD OK - no camera should run | up=0 degraded=0 not_up=0"))
        for name in ("front", "back"):
            daemon.camctl("add", name, f"input={moving_pattern()}", "--runtime")
            daemon.wait_state(name, "up")
        self.assertEqual(self.check(daemon), (0, "CAMD OK - 2 of 2 cameras up | up=2 degraded=0 not_up=0"))
        clip = self.directory / "still.avi"
        ffmpeg("-f", "lavfi", "-i", "smptebars=size=320x240:rate=10", "-t", "3", "-c:v", "mjpeg", "-q:v", "4", clip)  # with all pictures the same, to the last bit
        self.add(daemon, "still", clip, "loop=yes")
        daemon.wait_state("still", "degraded")
        status, line = self.check(daemon)
        self.assertEqual((status, line), (1, "CAMD WARNING - 3 of 3 cameras up; not well: still (degraded: frozen) | up=2 degraded=1 not_up=0"))
        self.add(daemon, "dark", self.directory / "nothing.avi", "restart_delay=30", "restart_max_delay=30")
        daemon.wait_back_off("dark")
        status, line = self.check(daemon)
        self.assertEqual(status, 2)
        self.assertRegex(line, r"CAMD CRITICAL - 3 of 4 cameras up; not up: dark \(backoff: capture: .*No such file.*\); not well: still")
        self.assertEqual(self.check(daemon, "front", "b*")[0], 0)
        self.assertEqual(self.check(daemon, "front"), (0, "CAMD OK - 1 of 1 camera up | up=1 degraded=0 not_up=0"))
        self.assertEqual(self.check(daemon, "nobody"), (3, "CAMD UNKNOWN - there is no camera nobody"))
        for verb, name in (("disable", "dark"), ("stop", "still")):
            daemon.camctl(verb, name)
        daemon.wait_state("still", "down")
        self.assertEqual(self.check(daemon)[0], 0)
        for wrong in (("nobody",), ("front", "x*"), ("--bogus",), ("--timeout", "x")):
            status, line = self.check(daemon, *wrong)
            self.assertEqual((status, line.split(" - ")[0]), (3, "CAMD UNKNOWN"), wrong)
        with open("/dev/full", "w", encoding="ascii") as full:  # 1 is WARNING
            done = subprocess.run(daemon.camctl_command("status", "--check"), stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=60 * SLOWNESS, check=False)
        self.assertEqual((done.returncode, done.stderr), (3, "camctl: the output cannot be written: No space left on device\n"))
        document = daemon.camctl_json("status", "--check")
        self.assertEqual([document[member] for member in ("verdict", "exit_status", "wanted", "up", "degraded", "not_up")], ["OK", 0, 2, 2, 0, 0])
        daemon.stop()
        status, line = self.check(daemon)
        self.assertEqual((status, line.split(":")[0]), (2, "CAMD CRITICAL - no camd answers at " + str(daemon.socket)))

    def check(self, daemon, *words):
        """The exit status, and the one line; nothing on standard error."""
        result = daemon.camctl("status", "--check", *words, expect=None)
        self.assertEqual((result.stderr, result.stdout.count("\n")), ("", 1), result)
        return result.returncode, result.stdout.strip()

    def test_degraded_is_told_with_its_reason(self):
        on_state, told = self.program("on_state")
        daemon = self.start_daemon(on_state=on_state, on_state_delay=0, frozen_timeout=1)
        clip = self.directory / "still.avi"
        ffmpeg("-f", "lavfi", "-i", "smptebars=size=320x240:rate=10", "-t", "3", "-c:v", "mjpeg", "-q:v", "4", clip)  # with all pictures the same, to the last bit
        self.add(daemon, "front", clip, "loop=yes")
        wait_for(told, "the program has heard of it")
        self.assertEqual((told()[0]["state"], told()[0]["reason"]), ("degraded", "frozen"))
        self.assertIn("off and on", told()[0]["hint"])
