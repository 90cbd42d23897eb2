#!/usr/bin/env python3
"""camctl events and logs, and what follows them, against a fake daemon: test_events.py CAMCTL [TEST ...]"""
import json
import signal
import socket
import subprocess
import time

from harness import PATIENCE_S, CamctlTest, main


class Events(CamctlTest):
    MOTION = {"epoch": 7, "seq": 5, "time": "2026-01-31T12:34:56.789Z", "event": "motion", "camera": "front", "active": True,
              "boxes": [[1, 2, 3, 4]]}
    ERROR = {"epoch": 7, "seq": 6, "time": "2026-01-31T12:34:57.000Z", "event": "error", "camera": "front",
             "worker": "capture", "class": "auth", "text": "wrong password", "hint": "see to it"}
    OTHER = {"epoch": 7, "seq": 7, "time": "2026-01-31T12:34:58.000Z", "event": "camera_gone", "added": ["x"], "unchanged": 2}

    def test_kept_ones(self):
        self.start_daemon({"events": [{"part": {"event": event}} for event in (self.MOTION, self.ERROR, self.OTHER)] + [{"ok": {}}]})
        self.assertEqual(self.camctl("--utc", "events", "front").out.splitlines(), [
            "2026-01-31T12:34:56.789Z  front         motion began, 1 box",
            "2026-01-31T12:34:57.000Z  front         error of capture (auth): wrong password; see to it",
            '2026-01-31T12:34:58.000Z  -             camera_gone added=["x"] unchanged=2'])
        self.assertEqual(self.request(), {"id": 1, "verb": "events", "names": ["front"], "last": 1000})
        self.assertEqual(self.camctl_json("events"), {"events": [self.MOTION, self.ERROR, self.OTHER], "gone": []})

    def test_those_of_a_time_and_a_kind(self):
        gone = [{"camera": "front", "before": "2026-01-31T12:00:00.000Z"}]
        self.start_daemon({"events": [{"part": {"gone": gone[0]}}, {"part": {"event": self.MOTION}}, {"ok": {}}]})
        self.assertEqual(self.camctl("events", "front", "gate-*", "--since", "2026-01-31T12:00:00Z", "--until", "1 h",
                                     "--type", "motion,state", "--utc").out.splitlines(), [
            "events of front before 2026-01-31T12:00:00.000Z are no longer kept",
            "2026-01-31T12:34:56.789Z  front         motion began, 1 box"])
        request = self.request()
        self.assertRegex(request.pop("until"), "^20.*Z$")
        self.assertEqual(request, {"id": 1, "verb": "events", "names": ["front", "gate-*"], "type": ["motion", "state"],
                                   "since": "2026-01-31T12:00:00.000Z"})
        self.assertEqual(self.camctl_json("events", "-n", "3"), {"events": [self.MOTION], "gone": gone})
        self.camctl("events", "--follow", "--since", "2h", expect=2)
        self.camctl("events", "--since", "1h", "--until", "2h", expect=2)

    def test_what_is_gone_of_many_cameras_is_not_what_is_gone_of_all(self):
        gone = [{"camera": None, "before": "2026-01-31T12:00:30.000Z"},
                *({"camera": f"camera-{number}", "before": f"2026-01-31T12:00:0{number}.000Z"} for number in range(4))]
        self.start_daemon({"events": [*({"part": {"gone": one}} for one in gone), {"ok": {}}]})
        self.assertEqual(self.camctl("events", "--since", "2026-01-31T11:00:00Z", "--utc").out.splitlines()[:2], [
            "events before 2026-01-31T12:00:30.000Z are no longer kept",
            "events of 4 cameras are no longer kept, of some up to 2026-01-31T12:00:03.000Z: camctl events NAME tells of which"])

    def test_follow(self):
        snapshot = {"epoch": 7, "seq": 4, "cameras": [{"name": "front", "state": "up"}]}
        self.start_daemon({"subscribe": [{"part": {"snapshot": snapshot}}, {"part": {"event": self.MOTION}},
                                         {"part": {"missed": {"epoch": 7, "from": 6, "to": 9}}}, {"close": True}]})
        result = self.camctl("events", "--follow", "--utc", expect=3)
        self.assertEqual(self.request(), {"id": 1, "verb": "subscribe"})
        self.assertEqual(result.out.splitlines()[:3], ["1 camera now; interrupt to end", "  front: up",
                                                      "2026-01-31T12:34:56.789Z  front         motion began, 1 box"])
        self.assertIn("events 6 to 9 of epoch 7 are not kept any more", result.out)
        self.assertIn("closed the connection", result.err)
        lines = [json.loads(line) for line in self.camctl("--json", "events", "-f", expect=3).out.splitlines()]
        self.assertEqual(lines[:3], [{**snapshot, "event": "snapshot"}, self.MOTION, {"event": "missed", "epoch": 7, "from": 6, "to": 9}])
        self.assertEqual(lines[3]["error"]["code"], "no_answer")

    def test_follow_shows_each_at_once_and_waits_for_ever(self):
        self.start_daemon({"subscribe": [{"part": {"snapshot": {"epoch": 7, "seq": 4, "cameras": []}}},
                                         {"part": {"event": self.MOTION}}]})
        process = subprocess.Popen([self.program, "-s", self.socket, "--json", "--timeout", "2", "events", "-f"],
                                   stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(process.stdout.readline())["event"], "snapshot")
        self.assertEqual(json.loads(process.stdout.readline()), self.MOTION)
        with self.assertRaises(subprocess.TimeoutExpired):  # longer than the time-out for an answer
            process.wait(2.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, -signal.SIGINT)

    def test_follow_ends_when_what_it_writes_is_lost(self):
        """It went on for ever on a full disk."""
        line = {"part": {"line": Logs.LINE}}
        self.start_daemon({"subscribe": [{"part": {"snapshot": {"epoch": 7, "seq": 4, "cameras": []}}}],
                           "logs": [line, line]})
        for words in (["events", "-f"], ["events", "-f", "--json"], ["logs", "-f"]):
            with self.subTest(words), open("/dev/full", "w") as full:
                process = subprocess.run([self.program, "-s", self.socket, *words], stdout=full, stderr=subprocess.PIPE, text=True,
                                         timeout=PATIENCE_S)
                self.assertEqual((process.returncode, process.stderr),
                                 (1, "camctl: the output cannot be written: No space left on device\n"))

    def test_a_long_answer_may_be_read_slowly(self):
        """Pages of a pager: after the time-out of an answer the rest of it was lost."""
        line = json.dumps({"id": 1, "part": {"event": self.MOTION}}) + "\n"
        self.start_daemon({"events": [{"raw": line, "times": 20000}, {"stand": 0.3}, {"ok": {}}]})
        process = subprocess.Popen([self.program, "-s", self.socket, "--timeout", "2", "events", "--since", "7d"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        with self.assertRaises(subprocess.TimeoutExpired):  # longer than the time-out
            process.wait(2.5)
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, err, out.count("motion")), (0, "", 20000))

    def test_a_long_answer_may_take_its_time(self):
        event, pause = {"part": {"event": self.MOTION}}, {"stand": 1.1}
        self.start_daemon({"events": [event, pause, event, pause, event, pause, {"ok": {}}]})
        self.assertEqual(len(self.camctl_json("--timeout", "3", "events")["events"]), 3)

    def test_a_listing_goes_on_over_upgrades(self):
        """What an upgrade of camd cut off ended with exit status 3, and a document without anything."""
        events = [{**self.MOTION, "seq": seq} for seq in range(5, 9)]
        parts = [{"part": {"event": event}} for event in events]
        gone = {"part": {"gone": {"camera": None, "before": "2026-01-31T12:00:00.000Z"}}}
        answers = [[gone, *parts[:2], {"close": True}], [parts[2], {"close": True}], [parts[3], {"ok": {}}]]
        for words in ([], ["--json"]):
            with self.subTest(words):
                self.start_daemon({"events": answers})
                out = self.camctl(*words, "events", "front", "-n", "9", "--since", "2026-01-31T12:00:00Z").out
                if words:
                    self.assertEqual(json.loads(out), {"events": events, "gone": [gone["part"]["gone"]]})
                else:
                    self.assertEqual(out.count("motion began"), 4, out)
                first = {"verb": "events", "names": ["front"], "since": "2026-01-31T12:00:00.000Z"}
                rest = [{**first, "from": {"epoch": 7, "seq": seq}} for seq in (6, 7)]
                for wanted in ({**first, "last": 9}, *rest):
                    request = self.request()
                    del request["id"]
                    self.assertEqual(request, wanted)
                self.stop_daemon(self.daemon)
                self.socket.unlink()

    def test_a_listing_whose_rest_is_gone_after_a_restart_fails(self):
        missed = {"part": {"missed": {"epoch": 7, "from": 6, "to": None}}}
        self.start_daemon({"events": [[{"part": {"event": self.MOTION}}, {"close": True}],
                                      [missed, {"part": {"event": self.OTHER}}, {"ok": {}}]]})
        result = self.camctl("events", expect=3)
        self.assertIn("closed the connection", result.err)
        self.assertNotIn("camera_gone", result.out)

    def test_a_resumed_listing_passes_over_holes_as_the_first_answer_did(self):
        """One right behind the last event that had come ended it, though camd had the events behind it."""
        events = [{**self.MOTION, "seq": seq} for seq in (5, 9, 12)]
        came = [{"part": {"event": event}} for event in events]
        holes = [{"part": {"missed": {"epoch": 7, "from": first, "to": last}}} for first, last in ((6, 7), (8, 8), (10, 11))]
        self.start_daemon({"events": [[came[0], {"close": True}], [*holes[:2], came[1], holes[2], came[2], {"ok": {}}]]})
        self.assertEqual(self.camctl_json("events"), {"events": events, "gone": []})

    def test_a_listing_whose_rest_is_gone_behind_some_of_it_fails(self):
        """Only the first part of a resumed answer was looked at: a gap behind it was left out with exit status 0."""
        gone = {"part": {"missed": {"epoch": 7, "from": 7, "to": None}}}
        second = {"part": {"event": {**self.MOTION, "seq": 6}}}
        for words in ([], ["--json"]):
            with self.subTest(words):
                self.start_daemon({"events": [[{"part": {"event": self.MOTION}}, {"close": True}],
                                              [second, gone, {"part": {"event": self.OTHER}}, {"ok": {}}]]})
                result = self.camctl(*words, "events", expect=3)
                self.assertIn("closed the connection", result.out if words else result.err)
                self.assertNotIn("camera_gone", result.out)
                self.stop_daemon(self.daemon)
                self.socket.unlink()

    def test_follow_gives_up_a_camd_that_hangs_after_an_upgrade(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.socket))
            listener.listen(8)
            process = subprocess.Popen([self.program, "-s", self.socket, "--timeout", "1.5", "events", "-f"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            client, _ = listener.accept()
            with client:
                client.sendall(b'{"camd": "9.9", "protocol": 1}\n')
                client.recv(4096)
                client.sendall(b'{"id": 1, "part": {"snapshot": {"epoch": 7, "seq": 4, "cameras": []}}}\n')
            _, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 3)
        self.assertIn("did not answer", err)

    def test_follow_without_answer(self):
        self.start_daemon({"subscribe": []})
        self.assertIn("did not answer", self.camctl("--timeout", "0.2", "events", "-f", expect=3).err)


class Logs(CamctlTest):
    LINE = {"number": 3, "time": "2026-01-31T12:34:56.789Z", "camera": "front", "worker": "capture", "level": "warning",
            "text": "no \u001b[31mpacket"}
    DROPPED = {"number": 4, "time": "2026-01-31T12:34:57.000Z", "camera": "front", "worker": "capture", "level": "warning",
               "text": "wrote too much: 7 lines of its log were dropped", "dropped": 7}

    def test_kept_ones(self):
        self.start_daemon({"logs": [{"part": {"line": self.LINE}}, {"part": {"line": self.DROPPED}}, {"ok": {}}]})
        self.assertEqual(self.camctl("logs", "front", "-n", "20", env={"TZ": "XYZ-5:30"}).out.splitlines(), [
            "2026-01-31 18:04:56.789  front capture  warning: no \\x1b[31mpacket",
            "2026-01-31 18:04:57.000  front capture  warning: wrote too much: 7 lines of its log were dropped"])
        self.assertEqual(self.request(), {"id": 1, "verb": "logs", "name": "front", "lines": 20})
        self.assertEqual(self.camctl_json("logs"), {"lines": [self.LINE, self.DROPPED]})

    def test_follow(self):
        self.start_daemon({"logs": [{"part": {"line": self.LINE}}, {"part": {"missed": {"lines": 9}}}, {"ok": {}}]})
        self.assertEqual(self.camctl("logs", "front", "--follow").out.splitlines()[1],
                         "9 lines are gone: they came faster than they were read")
        self.assertEqual(self.request(), {"id": 1, "verb": "logs", "name": "front", "follow": True})
        lines = [json.loads(line) for line in self.camctl("--json", "logs", "-f").out.splitlines()]
        self.assertEqual(lines, [self.LINE, {"missed": {"lines": 9}}])

    def test_follow_goes_on_over_an_upgrade(self):
        """With -n 0 lines of the moment between two connections were missed, as long as none had been shown."""
        old = {**self.LINE, "time": "2000-01-31T12:34:56.789Z"}
        first, second = ({**self.LINE, "number": number, "time": f"2200-01-31T12:34:56.78{number}Z"} for number in (4, 5))
        self.start_daemon({"logs": [[{"close": True}], [{"part": {"line": old}}, {"part": {"line": first}}, {"close": True}],
                                    [{"part": {"line": old}}, {"part": {"line": first}}, {"part": {"line": second}}, {"ok": {}}]]})
        lines = self.camctl("logs", "-f", "-n", "0", "--json").out.splitlines()
        self.assertEqual([json.loads(line) for line in lines], [first, second])
        self.assertEqual([self.request().get("lines") for _ in range(3)], [0, 2**31 - 1, 2**31 - 1])

    def test_follow_goes_on_over_many_upgrades(self):
        """One that had nothing to tell in between ended with the third."""
        line = {**self.LINE, "time": "2200-01-31T12:34:56.789Z"}
        upgrade = [{"stand": 0.6}, {"close": True}]
        self.start_daemon({"logs": [upgrade, upgrade, upgrade, upgrade, [{"part": {"line": line}}, {"ok": {}}]]})
        self.assertIn("packet", self.camctl("logs", "-f").out)

    def test_wrong_numbers(self):
        for number in ("-1", "many", "1.5", ""):
            self.assertIn("--lines", self.camctl("logs", "--lines", number, expect=2).err)


class Following(CamctlTest):
    FIRST = {"logs": {"line": Logs.LINE}, "events": {"snapshot": {"epoch": 7, "seq": 4, "cameras": []}}}

    def test_follow_gives_up_a_camd_that_greets_slowly_and_ends_each_connection(self):
        """The wait for the greeting counted as a connection that stood, and camctl went round for ever."""
        for verb, part in self.FIRST.items():
            with self.subTest(verb), socket.socket(socket.AF_UNIX) as listener:
                path = self.directory / verb
                listener.bind(str(path))
                listener.listen(8)
                listener.settimeout(0.1)
                process = subprocess.Popen([self.program, "-s", path, verb, "-f"], stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, text=True)
                self.addCleanup(process.communicate)
                self.addCleanup(process.kill)
                turns, end = 0, time.monotonic() + PATIENCE_S
                # 4, and another one for each that stood, since this machine was busy between greeting and close
                while process.poll() is None and turns < 20 and time.monotonic() < end:
                    try:
                        client, _ = listener.accept()
                    except TimeoutError:
                        continue
                    with client:
                        time.sleep(0.6 if turns else 0)
                        client.sendall(b'{"camd": "9.9", "protocol": 1}\n')
                        client.recv(4096)
                        if turns == 0:
                            client.sendall(json.dumps({"id": 1, "part": part}).encode() + b"\n")
                    turns += 1
                self.assertLess(turns, 20)
                self.assertEqual(process.wait(PATIENCE_S), 3)


if __name__ == "__main__":
    main()
