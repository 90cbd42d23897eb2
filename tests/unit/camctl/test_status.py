#!/usr/bin/env python3
"""camctl status, against a fake daemon: test_status.py CAMCTL [TEST ...]"""
import re

from cameras import BACK, DAEMON, FRONT, STATUS
from harness import CamctlTest, main


class Status(CamctlTest):
    def test_json_is_one_document(self):
        self.start_daemon({"status": STATUS})
        self.assertEqual(self.camctl_json("status"), {"daemon": DAEMON, "cameras": [FRONT, BACK], "detectors": []})
        self.assertEqual(self.request(), {"id": 1, "verb": "status"})

    def test_table_has_what_is_wrong_first_and_the_summary_last(self):
        self.start_daemon({"status": STATUS})
        lines = self.camctl("status").out.splitlines()
        self.assertEqual(lines, [
            "CAMERA  STATE    SINCE   NEXT  OUTAGES  DARK  FPS  TRACKED  SKIPPED    AGE  SIZE      MOTION",
            "back    backoff  Jan 31   12s        6  1m1s    -        -        -      -  -         -",
            "    capture: open: connection refused by rtsp://admin:***@10.0.0.8/",
            "    hint: is the camera on, its address right?",
            "front   up       Jan 30     -        2  1m1s  5.0      5.0      0.0  120ms  1280x720  yes",
            "1 of 2 cameras up (1 backoff); camd 9.9, pid 70, for 1 d 3 h; 430 of 512 MB shm free",
        ])

    @staticmethod
    def parts(*cameras):
        return [STATUS[0], *({"part": {"camera": camera}} for camera in cameras), {"ok": {}}]

    @staticmethod
    def dark(name, host):
        url = f"rtsp://admin:***@{host}/"
        return {**BACK, "name": name, "input": url, "reason": f"capture: open: {url} cannot be opened: Connection refused",
                "hint": f"camctl kick {name} tries again now"}

    def test_equal_reasons_are_told_once(self):
        """Each of three cameras that nobody could reach took four lines."""
        dark = [self.dark(name, f"10.0.0.{number}") for number, name in enumerate(["a", "pool", "yard"])]
        self.start_daemon({"status": self.parts(FRONT, *dark)})
        lines = self.camctl("status").out.splitlines()
        self.assertEqual([line.split()[0] for line in lines[1:4]], ["a", "pool", "yard"])
        self.assertEqual(lines[4:6], ["    capture: open: its input cannot be opened: Connection refused",
                                      "    hint: camctl kick NAME tries again now"])
        self.assertTrue(lines[6].startswith("front "))
        self.assertEqual(len(lines), 8)

    def test_what_is_wrong_and_the_summary_stay_on_the_screen(self):
        """17 cameras, 3 of them dark: nine cameras and the summary were out of sight at 80x24."""
        dark = [self.dark(name, "10.0.0.9") for name in ("car-park-north", "car-park-south", "pool")]
        well = [{**FRONT, "name": f"camera-{number}"} for number in range(14)]
        self.start_daemon({"status": self.parts(*well, *dark)})
        for rows, columns in ((24, 80), (50, 200), (15, 80), (24, 60)):
            lines = self.camctl_terminal("status", rows=rows, columns=columns, NO_COLOR="1").splitlines()
            self.assertLess(len(lines), rows, lines)
            self.assertTrue(lines[1].startswith("car-park-north  backoff"), lines)
            self.assertIn("14 of 17 cameras up (3 backoff)", " ".join(lines[-3:]))
        lines = self.camctl_terminal("status", rows=24, columns=80, NO_COLOR="1").splitlines()
        self.assertIn("camera-13  ", "\n".join(lines))  # a line for each has room
        lines = self.camctl_terminal("status", rows=15, columns=80, NO_COLOR="1")
        self.assertIn("14 cameras up and well: camera-0, camera-1,", lines)

    def test_different_troubles_have_a_line_each_where_there_is_no_room(self):
        """Nine dark cameras, each for another reason: five of them were out of sight at 80x24."""
        reason = "capture: open: rtsp://viewer:***@10.0.0.{}:554/h264/ch1 cannot be opened: a cause of {} words"
        dark = [{**self.dark(f"dark-{number}", "10.0.0.9"), "reason": reason.format(number, number)} for number in range(9)]
        self.start_daemon({"status": self.parts(*({**FRONT, "name": f"camera-{number}"} for number in range(8)), *dark)})
        lines = self.camctl_terminal("status", rows=24, columns=80, NO_COLOR="1").splitlines()
        self.assertLess(len(lines), 24)
        self.assertLessEqual(max(map(len, lines)), 80)
        for number, line in enumerate(lines[1:10]):
            self.assertRegex(line, rf"^dark-{number}  backoff .* \.\.\..* opened: a cause of {number} words$")
        self.assertIn("8 of 17 cameras up (9 backoff)", " ".join(lines[-3:]))

    def test_a_detector_says_why_it_is_not_well_where_there_is_no_room(self):
        """It had its state only there, and its cause nowhere."""
        reason = "the detector was not ready in time: its model of 200 MB was being read from a disk that is slow: a cause"
        detector = {"name": "people", "state": "backoff", "want": "up", "reason": reason, "hint": "a hint", "cameras": []}
        dark = [{**self.dark(f"dark-{number}", "10.0.0.9"), "reason": f"a reason {number}"} for number in range(9)]
        self.start_daemon({"status": [{"part": {"daemon": DAEMON}}, *({"part": {"camera": one}} for one in dark),
                                      {"part": {"detectors": [detector]}}, {"ok": {}}]})
        lines = self.camctl_terminal("status", rows=24, columns=80, NO_COLOR="1").splitlines()
        self.assertLess(len(lines), 24)
        self.assertLessEqual(max(map(len, lines)), 80)
        row = next(number for number, line in enumerate(lines) if line.startswith("people"))
        self.assertRegex(lines[row + 1], r"^    \.\.\..* a disk that is slow: a cause$")
        self.assertNotIn("a hint", "\n".join(lines))

    def test_many_of_a_kind_are_counted_where_there_is_no_room(self):
        cameras = [{"name": f"camera-{number}", "state": "up", "want": "up"} for number in range(900)]
        cameras += [{"name": f"dark-{number}", "state": "backoff", "want": "up", "reason": "refused"} for number in range(100)]
        self.start_daemon({"status": self.parts(*cameras)})
        text = self.camctl_terminal("status", NO_COLOR="1")
        self.assertLess(len(text.splitlines()), 24)
        self.assertIn("and 95 more", text)
        self.assertIn("900 cameras up and well\n", text)
        self.assertEqual(len(self.camctl("status").out.splitlines()), 1000 + 3)

    def test_bit_rates_have_no_powers_of_ten(self):
        """999.7 kbit/s were 1e+03, and 53 Mbit/s of probe 5.308e+04 kbit/s."""
        rates = {0.4: "0.40 kbit/s", 999.4: "999 kbit/s", 999.7: "1.00 Mbit/s", 53080: "53.1 Mbit/s", 2e6: "2000 Mbit/s"}
        cameras = [{**FRONT, "name": f"camera-{number}", "hour": {**FRONT["day"], "bit_rate_kbps": kilobits}}
                   for number, kilobits in enumerate(rates)]
        self.start_daemon({"status": self.parts(*cameras), "logs": [{"ok": {}}]})
        shown = [line.split("; ")[-1] for line in self.camctl("status", "--all").out.splitlines() if "last hour" in line]
        self.assertEqual(shown, list(rates.values()))

    def test_problems(self):
        self.start_daemon({"status": STATUS})
        text = self.camctl("status", "--problems", expect=1).out
        self.assertIn("back    backoff", text)
        self.assertNotIn("front ", text)
        document = self.camctl_json("status", "--problems", expect=1)
        self.assertEqual([camera["name"] for camera in document["cameras"]], ["back"])
        self.assertEqual((document["daemon"], document["detectors"]), (DAEMON, []))

    def test_problems_when_there_are_none(self):
        stopped = {**BACK, "name": "shed", "state": "disabled", "want": "down", "reason": "disabled"}
        self.start_daemon({"status": self.parts(FRONT, stopped)})
        self.assertEqual(self.camctl("status", "--problems").out,
                         "1 of 2 cameras up (1 disabled); camd 9.9, pid 70, for 1 d 3 h; 430 of 512 MB shm free\n")
        self.assertEqual(self.camctl_json("status", "--problems")["cameras"], [])

    def test_several_cameras_with_their_logs(self):
        log = [{"part": {"line": {"number": number, "time": "2026-01-31T12:34:56.789Z", "camera": "back", "worker": "capture",
                                  "level": "error", "text": text}}}
               for number, text in enumerate(["early", "refused", "refused", "refused"])]
        self.start_daemon({"status": STATUS, "logs": [*log, {"ok": {}}]})
        text = self.camctl("status", "front", "b*").out
        self.assertEqual(self.request(), {"id": 1, "verb": "status", "names": ["front", "b*"]})
        self.assertEqual(self.request(), {"id": 2, "verb": "logs", "name": "front", "lines": 40})
        self.assertEqual(self.request()["name"], "back")
        self.assertIn("  log           Jan 31 capture: early\n                Jan 31 capture: refused (3 times, this is the last)\n\nback\n", text)

    def test_who_stopped_it(self):
        camera = {**BACK, "state": "down", "want": "down", "reason": "stopped", "hint": "camctl start back starts it",
                  "asked": {"verb": "stop", "uid": 0, "time": "2026-01-31T12:34:56.789Z"}}
        self.start_daemon({"status": self.parts(camera)})
        text = self.camctl("--utc", "status", "back").out
        for part in ("state         down: it is stopped until camctl start back, or until camd starts again",
                     "asked for     stop, by root (uid 0), at 2026-01-31T12:34:56.789Z"):
            self.assertIn(part, text)
        self.assertNotIn("why", text)

    def test_a_name_like_an_option_in_what_is_to_be_typed(self):
        self.start_daemon({"status": self.parts({**BACK, "name": "-back", "state": "disabled", "left_out": 2})})
        text = self.camctl("status", "--", "-back").out
        self.assertIn("until camctl enable -- -back", text)
        self.assertIn("see camctl logs -- -back", text)

    def test_no_cameras(self):
        self.start_daemon({"status": [STATUS[0], {"ok": {}}]})
        self.assertIn("camctl add NAME input=URL", self.camctl("status").out)

    def test_one_camera(self):
        self.start_daemon({"status": [STATUS[0], STATUS[2], {"ok": {}}]})
        text = self.camctl("status", "back").out
        self.assertEqual(self.request(), {"id": 1, "verb": "status", "name": "back"})
        for part in ("back\n", "state         backoff: it has failed 6 times in a row", "why           capture: open: connection refused",
                     "what to do    is the camera on", "at run time", "waiting       next try in 12 s; camctl kick back tries at once",
                     "6 restarts, 6 failures in a row"):
            self.assertIn(part, text)
        self.assertNotIn("last exit", text)  # it is why

    def test_one_camera_that_is_up(self):
        self.start_daemon({"status": [STATUS[0], STATUS[1], {"ok": {}}]})
        text = self.camctl("status", "front").out
        for part in ("state         up for 1 d 2 h, motion now", "h264 1280x720, 25 fps, yuv420p", "3 damaged, 1 gap in",
                     "/etc/camd/cameras.d/front.ini", "1234 so far in 20 slots", "last exit: signal 9"):
            self.assertIn(part, text)
        self.assertNotIn("why", text)

    def test_degraded_camera_is_up_and_says_why_not_well(self):
        camera = {**FRONT, "state": "degraded", "reason": "damaged", "share": 0.124, "cause": "packets get lost",
                  "hint": "set rtsp_transport = tcp", "since": "2026-01-31T12:34:56.789Z"}
        parts = [STATUS[0], {"part": {"camera": camera}}, {"ok": {}}]
        self.start_daemon({"status": parts})
        text = self.camctl("status").out
        for part in ("1 of 1 camera up (1 degraded)", "front   degraded  Jan 31", "    damaged (12 % of its pictures): packets get lost\n",
                     "    hint: set rtsp_transport = tcp"):
            self.assertIn(part, text)
        text = self.camctl("status", "front").out
        for part in ("degraded for 1 d 2 h", "since         2026-01-31 12:34:56.789", "why           damaged (12 % of its pictures)"):
            self.assertIn(part, text)
        self.assertNotIn("wanted        up", text)

    def test_nonsense_is_shown_without_harm(self):
        camera = {"name": "\033]0;title\007\u202e", "state": "\033[2J", "width": "x", "capture": [], "tracker": 5,
                  "reason": "a\nb\r\u009b31m", "stream": {}, "uptime_s": 1e308, "frame_age_s": -1e308, "motion": None}
        self.start_daemon({"status": [{"part": {"camera": camera}}, {"part": {"camera": 5}}, {"part": {}}, {"ok": {}}]})
        for words in (["status"], ["status", "x"]):
            text = self.camctl(*words).out
            self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
            self.assertIn("a\\x0ab\\x0d\\xc2\\x9b31m", text)
        self.camctl("status", env={"LC_ALL": "C"})

    def test_a_state_as_long_as_a_book(self):
        worker = {**FRONT["capture"], "state": "s" * 10000}
        camera = {**FRONT, "capture": worker, "tracker": worker, "state": "t" * 10000}
        self.start_daemon({"status": [{"part": {"camera": camera}}, {"ok": {}}]})
        self.assertIn("s" * 10000 + ", pid 71", self.camctl("status", "front").out)

    def test_on_a_terminal(self):
        self.start_daemon({"status": STATUS})
        text = self.camctl_terminal("status")
        self.assertIn("\033[32mup\033[0m", text)
        plain = self.camctl_terminal("status", NO_COLOR="1")
        self.assertNotIn("\033", plain)
        self.assertEqual(re.sub(r"\033\[\d*m", "", text), plain)
        self.assertNotIn("\033", self.camctl("status").out)

    def test_eighty_columns(self):
        long_name = {**FRONT, "name": "a" * 40}
        far = {**BACK, "reason": "words " * 40}
        self.start_daemon({"status": [STATUS[0], {"part": {"camera": long_name}}, {"part": {"camera": far}}, {"ok": {}}]})
        for words in (["status"], ["status", "x"]):
            for line in self.camctl_terminal(*words, NO_COLOR="1").splitlines():
                self.assertLessEqual(len(line), 80, line)
        text = self.camctl_terminal("status", NO_COLOR="1")
        self.assertIn("a" * 40, text)
        self.assertNotIn("TRACKED", text)  # what matters least is left out
        self.assertIn("TRACKED", self.camctl_terminal("status", columns=200))


if __name__ == "__main__":
    main()
