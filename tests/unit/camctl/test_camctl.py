#!/usr/bin/env python3
"""camctl as its users meet it, against a fake daemon: test_camctl.py CAMCTL [TEST ...]"""
import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import tempfile
import termios
import time

from harness import PATIENCE_S, CamctlTest, main

FRONT = {
    "since": "2026-01-30T12:00:00.000Z", "day": {"outages": 2, "dark_s": 61, "reconnects": 9, "stalls": 0, "bit_rate_kbps": 2500.0},
    "name": "front", "state": "up", "want": "up", "enabled": True, "width": 1280, "height": 720, "fps": 5.0,
    "slots": 20, "frames": 1234, "frame_age_s": 0.12, "camera_fps": 5.0, "process_fps": 4.98, "detection_fps": 0.0,
    "skipped_fps": 0.0, "objects": 0, "motion": True, "reason": "", "hint": "", "uptime_s": 93784.5,
    "input": "rtsp://admin:***@10.0.0.7/stream", "file": "/etc/camd/cameras.d/front.ini", "skipped": 0, "damaged": 3,
    "gaps": 1, "lost": 0, "calibrating": False, "ptz_moving": False,
    "stream": {"codec": "h264", "width": 1280, "height": 720, "fps": 25.0, "pixel_format": "yuv420p"},
    "capture": {"state": "up", "pid": 71, "restarts": 2, "failures": 0, "uptime_s": 93784.5, "next_start_ms": None,
                "reason": "", "last_exit": {"kind": "signal", "code": 0, "signal": 9, "reason": ""}},
    "tracker": {"state": "up", "pid": 72, "restarts": 0, "failures": 0, "uptime_s": 93780.0, "next_start_ms": None,
                "reason": "", "last_exit": None},
}
BACK = {
    **FRONT, "name": "back", "since": "2026-01-31T08:00:00.000Z", "next_start_ms": 12400, "day": {**FRONT["day"], "outages": 6}, "state": "backoff", "frames": 0, "frame_age_s": None, "camera_fps": 0.0,
    "process_fps": 0.0, "motion": False, "file": None, "stream": None, "width": 0, "height": 0,
    "reason": "capture: open: connection refused by rtsp://admin:***@10.0.0.8/", "hint": "is the camera on, its address right?",
    "capture": {"state": "backoff", "pid": None, "restarts": 6, "failures": 6, "uptime_s": None, "next_start_ms": 12400,
                "reason": "open: connection refused", "last_exit": {"kind": "exit", "code": 1, "signal": 0,
                                                                   "reason": "open: connection refused"}},
    "tracker": {**FRONT["tracker"], "state": "down", "pid": None, "uptime_s": None},
}
DAEMON = {"version": "9.9", "pid": 70, "uptime_s": 100000.0,
          "shm": {"total_mb": 512.0, "available_mb": 430.5, "slots": 20, "recommended_mb": 300.0}}
STATUS = [{"part": {"daemon": DAEMON}}, {"part": {"camera": FRONT}}, {"part": {"camera": BACK}}, {"ok": {}}]


class NoAnswer(CamctlTest):
    """Exit status 3: whatever is wrong with the other side, camctl says so and ends."""

    def check(self, *words, text, **options):
        """Both as text and as JSON."""
        result = self.camctl(*words, expect=3, **options)
        self.assertIn(text, result.err)
        self.assertIn(str(self.socket), result.err)
        self.assertEqual(result.out, "")
        error = self.camctl_json(*words, expect=3, **options)["error"]
        self.assertEqual(error["code"], "no_answer")
        self.assertIn(text, error["text"])

    def test_no_socket(self):
        self.check("status", text="no camd answers at")
        self.assertIn("-s", self.camctl("status", expect=3).err)

    def test_nobody_listens(self):
        with socket.socket(socket.AF_UNIX) as left_over:
            left_over.bind(str(self.socket))
        self.check("status", text="is it running?")

    def test_path_too_long(self):
        self.socket = self.directory / ("x" * 120)
        self.check("status", text="too long")

    def test_accepts_nothing(self):
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(self.socket))
            listener.listen(0)
            with contextlib.suppress(BlockingIOError):
                while True:
                    client = stack.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    client.connect(str(self.socket))
            self.check("--timeout", "0.2", "status", text="accepts no connection")

    def test_no_greeting(self):
        self.start_daemon(greeting=None)
        self.check("--timeout", "0.2", "status", text="did not answer within 200 ms")

    def test_half_a_greeting(self):
        self.start_daemon(greeting={"raw": '{"camd": "9.9", '})
        self.check("--timeout", "0.2", "status", text="did not answer within 200 ms")

    def test_greeting_is_nonsense(self):
        for greeting in ("SSH-2.0-OpenSSH_9.2\r\n", "[]\n", "{}\n", "\n", '{"camd": 1, "protocol": 1}\n', "\xff\0\n"):
            with self.subTest(greeting):
                self.socket = self.directory / f"nonsense{len(greeting)}{ord(greeting[0])}"
                self.start_daemon(greeting={"raw": greeting})
                self.check("status", text="does not speak camd's protocol")

    def test_other_protocol(self):
        self.start_daemon(greeting={"camd": "12", "protocol": 2})
        self.check("status", text="another version of the protocol")

    def test_no_answer(self):
        self.start_daemon({"status": []})
        self.check("--timeout", "0.2", "status", text="did not answer within 200 ms")

    def test_answer_without_end(self):
        self.start_daemon({"status": [{"for_ever": {"part": {"camera": {"name": "front"}}}}]})
        self.check("--timeout", "0.2", "status", text="did not answer within 200 ms")

    def test_line_without_end(self):
        self.start_daemon({"status": [{"raw": "x" * 1024, "times": 5 * 1024}, {"close": True}]})
        self.check("status", text="a line of more than")

    def test_answer_is_nonsense(self):
        for answer in ('{"id": 1', '{"id": 2, "ok": {}}', '{"id": 1}', '{"ok": {}}', "[" * 3000, '"x"', "",
                       '{"id": 1, "error": "text"}'):
            with self.subTest(answer[:20]):
                self.socket = self.directory / f"nonsense{abs(hash(answer))}"
                self.start_daemon({"status": [{"raw": answer + "\n"}]})
                result = self.camctl("status", expect=3)
                self.assertRegex(result.err, "protocol|does not know")

    def test_closed_in_the_middle(self):
        self.start_daemon({"status": [STATUS[0], {"raw": '{"id": 1, "par'}, {"close": True}]})
        self.check("status", text="closed the connection")

    def test_daemon_dies_in_the_middle(self):
        self.start_daemon({"status": [STATUS[0], {"exit": True}]})
        self.assertIn("closed the connection", self.camctl("status", expect=3).err)


class Refusals(CamctlTest):
    def test_exit_statuses_of_the_daemons_errors(self):
        for code, status in {"failed": 1, "refused": 1, "usage": 2, "denied": 4, "no_camera": 5, "not_running": 7,
                             "a_new_one": 1}.items():
            with self.subTest(code):
                error = {"code": code, "text": f"front: {code} it is", "hint": "do that"}
                self.socket = self.directory / code
                self.start_daemon({"kick": [{"error": error}]})
                result = self.camctl("kick", "front", expect=status)
                self.assertEqual(result.out, "")
                self.assertEqual(result.err, f"camctl: front: {code} it is\n  hint: do that\n")
                self.assertEqual(self.camctl_json("kick", "front", expect=status), {"error": error})

    def test_refused_at_the_greeting(self):
        error = {"code": "refused", "text": "64 clients are connected", "hint": ""}
        self.start_daemon(greeting={"id": None, "error": error})
        self.assertEqual(self.camctl_json("status", expect=1), {"error": error})

    def test_problems_one_a_line(self):
        text = "a.ini:3: fps: a number\nb.ini:5: input: \033[31mmissing"
        self.start_daemon({"reload": [{"error": {"code": "usage", "text": text, "hint": "nothing was changed"}}]})
        self.assertEqual(self.camctl("reload", expect=2).err.splitlines(), [
            "camctl: a.ini:3: fps: a number", "        b.ini:5: input: \\x1b[31mmissing", "  hint: nothing was changed"])

    def test_not_allowed(self):
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        self.directory.chmod(0o711)
        self.start_daemon()
        self.socket.chmod(0)
        try:
            subprocess.run([self.program, "--version"], **user, capture_output=True, check=True)
        except PermissionError:
            self.skipTest("another user cannot run camctl from here")
        self.assertIn("you may not talk to camd", self.camctl("status", expect=4, **user).err)
        self.assertEqual(self.camctl_json("status", expect=4, **user)["error"]["code"], "denied")

    def test_request_too_long(self):
        self.start_daemon()
        result = self.camctl("add", "front", "input=" + "x" * 70000, expect=2)
        self.assertIn("the limit is 65536", result.err)

    def test_output_that_cannot_be_written(self):
        self.start_daemon({"status": STATUS})
        with open("/dev/full", "w") as full:
            process = subprocess.run([self.program, "-s", self.socket, "status"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.returncode, 1)
        self.assertIn("cannot be written: No space left", process.stderr)

    def test_output_of_more_than_a_buffer_that_cannot_be_written(self):
        """It said Input/output error: what the first write had said was forgotten."""
        with open("/dev/full", "w") as full:
            process = subprocess.run([self.program, "help", "keys"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((process.returncode, process.stderr), (1, "camctl: the output cannot be written: No space left on device\n"))


class CommandLine(CamctlTest):
    def test_mistakes(self):
        for words, text in [([], "which verb?"), (["statsu"], "did you mean status?"), (["status", "-x"], "-x"),
                            (["shm", "b"], "does not take the word b"), (["ptz", "a", "up"], "moving or stopped"),
                            (["add", "a", "fps=5"], "input=URL"), (["add", "a", "b"], "expected KEY=VALUE"),
                            (["add", "a", "input=x", "input=y"], "input is given twice"),
                            (["add", "a", "=x"], "expected KEY=VALUE"), (["help", "statsu"], "did you mean status?"),
                            (["snapshot", "a"], "-o FILE"), (["status", "-s", ""], "--socket needs a value"),
                            (["snapshot", "a", "-o", ""], "--output needs a value")]:
            with self.subTest(words):
                result = self.camctl(*words, expect=2)
                self.assertIn(text, result.err)
                self.assertEqual(result.out, "")
                self.assertEqual(self.camctl_json(*words, expect=2)["error"]["code"], "usage")

    def test_words_that_are_no_text(self):
        for words in (["kick", b"\xff"], ["stop", "a", b"\xff"], ["status", b"\xff"], ["ptz", b"\xff", "moving"],
                      ["events", b"\xff"], ["snapshot", b"\xff", "-o", "x"], ["add", b"\xff", "input=x"],
                      ["add", "a", b"input=\xff"], ["add", "a", b"\xff=x"], [b"\xff"], ["status", b"--\xff"]):
            with self.subTest(words):
                self.camctl(*words, expect=2)
                self.camctl_json(*words, expect=2)

    def test_help_fits_a_terminal_of_24_lines(self):
        overview = self.camctl("help").out
        self.assertLessEqual(len(overview.splitlines()), 23, "and the prompt")
        self.assertLessEqual(max(map(len, overview.splitlines())), 80)
        self.assertEqual(self.camctl("--help").out, overview)
        groups = overview.split("\n\n")[2].split()
        for verb in self.camctl_json("help")["verbs"]:
            self.assertIn(verb["verb"], groups)
            self.assertRegex(self.camctl("help", "verbs").out, rf"(?m)^  {verb['verb']}\b")

    def test_help_of_a_verb(self):
        for verb in [verb["verb"] for verb in self.camctl_json("help")["verbs"]]:
            with self.subTest(verb):
                text = self.camctl("help", verb).out
                self.assertTrue(text.startswith(f"usage: camctl {verb}"))
                self.assertTrue(text.startswith(self.camctl(verb, "--help").out), "that of a key may follow")
                self.assertRegex(text, rf"(?m)^Examples?:\n  .*camctl {verb}\b")
                self.assertLessEqual(max(map(len, text.splitlines())), 80)
                self.assertEqual(self.camctl_json("help", verb)["verbs"][0]["verb"], verb)
        self.assertEqual(self.camctl("help", "stat").out, self.camctl("help", "status").out)
        self.assertIn("never abbreviated", self.camctl("help", "rem").out)
        for verb in ("subscribe", "grid_clear", "re"):
            self.camctl("help", verb, expect=2)

    def test_help_of_a_key(self):
        self.assertIn("Example: fps = 10\n", self.camctl("help", "fps").out)
        key = self.camctl_json("help", "zone.yard.inertia")["keys"][0]
        self.assertEqual((key["key"], key["unit"], key["default"], key["example"], key["sections"]),
                         ("zone.NAME.inertia", "frames", "3", "5", ["[camera NAME]", "[defaults]"]))
        self.assertGreater(len(self.camctl_json("help", "zone.NAME")["keys"]), 5)
        self.assertEqual(self.camctl_json("help", "pace")["keys"][0]["words"], ["yes", "no"])
        self.assertEqual(self.camctl("help", "log").out.splitlines()[0], "log", "a key before the beginning of a verb")
        self.assertIn("did you mean motion?", self.camctl("help", "moton", expect=2).err)

    def test_help_keys(self):
        text = self.camctl("help", "keys").out
        keys = self.camctl_json("help", "keys")["keys"]
        self.assertGreater(len(keys), 90)
        for key in keys:
            self.assertIn(f"\n{key['key']}\n", text)

    def test_version_without_daemon(self):
        version = self.camctl("--version").out
        self.assertRegex(version, r"^camctl \d+\.\d+")
        self.assertEqual(self.camctl("version", expect=3).out, version)
        self.assertEqual(self.camctl_json("--version"), {"camctl": version.split()[1]})

    def test_socket_of_the_environment(self):
        self.start_daemon({"version": [{"ok": {"version": "9.9", "protocol": 1, "pid": 70}}]})
        process = subprocess.run([self.program, "version"], capture_output=True, text=True, timeout=PATIENCE_S,
                                 env=self.environment(CAMD_SOCKET=str(self.socket)))
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("camd   9.9, protocol 1, pid 70", process.stdout)

    def test_check(self):
        good, bad = self.directory / "good.ini", self.directory / "bad.ini"
        (self.directory / "cameras.d").mkdir()
        common = f"[camd]\ncameras_dir = {self.directory}/cameras.d\n"
        good.write_text(common + "[camera front]\ninput = lavfi:testsrc\n")
        bad.write_text(common + "[camera front]\ninput = lavfi:testsrc\nfsp = 5\nwidth = wide\n")
        self.assertEqual(self.camctl("check", good).out, f"{good}: no problems; 1 camera\n")
        result = self.camctl("check", bad, expect=1)
        self.assertRegex(result.out, rf"(?m)^{bad}:5: fsp: ")
        self.assertRegex(result.out, rf"(?m)^{bad}:6: width: ")
        self.assertIn("2 problems", result.err)
        document = self.camctl_json("check", bad, expect=1)
        self.assertEqual([(p["file"], p["line"], p["key"]) for p in document["problems"]],
                         [(str(bad), 5, "fsp"), (str(bad), 6, "width")])
        self.assertEqual(self.camctl_json("check", good)["problems"], [])
        self.camctl("check", self.directory / "none.ini", expect=1)


class Verbs(CamctlTest):
    """What each verb sends, and what it makes of the answer."""

    def sends(self, *words, answer=None, **expected):
        self.socket = self.directory / f"{words[0]}{len(os.listdir(self.directory))}"
        self.start_daemon({expected["verb"]: answer or [{"ok": {}}]})
        result = self.camctl(*words)
        request = self.request()
        self.assertEqual(request.pop("id"), 1)
        self.assertEqual(request, expected)
        return result.out, self.camctl_json(*words)

    def test_verbs_of_cameras(self):
        for verb, done in {"remove": "removed", "enable": "enabled", "disable": "disabled", "kick": "trying again"}.items():
            with self.subTest(verb):
                text, document = self.sends(verb, "front", verb=verb, name="front")
                self.assertEqual(text, f"front: {done}\n")
                self.assertEqual(document, {"done": done, "cameras": ["front"]})
        for verb, done in {"start": "starting", "stop": "stopped", "restart": "restarting"}.items():
            with self.subTest(verb):
                text, document = self.sends(verb, "front", "back", verb=verb, names=["front", "back"])
                self.assertEqual(text, f"front: {done}\nback: {done}\n")
                self.assertEqual(document, {"done": done, "cameras": ["front", "back"]})

    def test_ptz(self):
        text, _ = self.sends("ptz", "front", "moving", verb="ptz", name="front", moving=True)
        self.assertEqual(text, "front: moving\n")
        text, _ = self.sends("ptz", "front", "stopped", verb="ptz", name="front", moving=False)
        self.assertEqual(text, "front: stopped\n")

    def test_add(self):
        ok = {"name": "front", "state": "up", "frames": 1, "elapsed_ms": 131}
        text, document = self.sends("add", "front", "input=a=b", "fps=5", answer=[{"ok": ok}], verb="add", name="front",
                                    settings={"input": "a=b", "fps": "5"}, runtime=False, require_frame=False, timeout_s=10)
        self.assertEqual(text, "front: added, up, first picture after 131 ms\n")
        self.assertEqual(document, ok)
        self.sends("add", "--runtime", "front", "--require-frame", "input=", "--timeout", "2.5", answer=[{"ok": ok}],
                   verb="add", name="front", settings={"input": ""}, runtime=True, require_frame=True, timeout_s=2.5)

    def test_add_waits_longer_than_the_daemon(self):
        self.start_daemon({"add": []})
        process = subprocess.Popen([self.program, "-s", self.socket, "--timeout", "2", "add", "front", "input=x"],
                                   stderr=subprocess.PIPE)
        self.request()
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(2.5)
        process.kill()
        process.communicate()

    def test_add_not_running(self):
        error = {"code": "not_running", "text": "front is saved, but does not run yet: no route to host", "hint": "see to it",
                 "next_start_ms": 2300}
        self.start_daemon({"add": [{"error": error}]})
        result = self.camctl("add", "front", "input=rtsp://h/", expect=7)
        self.assertEqual(result.err, "camctl: front is saved, but does not run yet: no route to host\n"
                                     "  hint: see to it; camd tries again in 2.3 s; see camctl status front\n")
        self.assertEqual(self.camctl_json("add", "front", "input=rtsp://h/", expect=7)["error"]["next_start_ms"], 2300)

    def test_add_reads_the_url_from_standard_input(self):
        self.start_daemon()
        with tempfile.TemporaryFile("w+") as secret:
            secret.write("rtsp://user:secret@host/\n")
            secret.seek(0)
            self.camctl("add", "front", "input=-", stdin=secret)
        self.assertEqual(self.request()["settings"], {"input": "rtsp://user:secret@host/"})
        self.assertIn("standard input has no URL", self.camctl("add", "front", "input=-", expect=2).err)

    def test_the_question_for_a_url_can_be_left(self):
        """Ctrl-C was a character of what was typed, as getpass(3) has it."""
        try:
            pid, terminal = pty.fork()
        except OSError as error:
            self.skipTest(f"no terminal can be made here, is /dev/pts mounted? {error}")
        if pid == 0:
            try:
                os.execve(self.program, ["camctl", "-s", self.socket, "add", "front", "input=-"], self.environment(TERM="xterm"))
            finally:
                os._exit(127)
        with open(terminal, "rb+", buffering=0) as stream:
            text = b""
            while b"(it is not shown): " not in text:
                text += stream.read(100)
            self.assertFalse(termios.tcgetattr(terminal)[3] & termios.ECHO)
            stream.write(b"rtsp://hush\x03")
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), -signal.SIGINT)
            self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)

    def test_import_says_what_it_has_done_when_camd_ends(self):
        """Which cameras were there by then was not told."""
        path = self.directory / "cameras.ini"
        path.write_text("".join(f"[camera {name}]\ninput = /x\n" for name in "abc"))
        done = [{"ok": {}}]
        self.start_daemon({"show": done, "add": [done, done, done, done, [{"exit": True}]]})
        result = self.camctl("import", path, expect=3)
        self.assertEqual(result.out, "a: added\n")
        self.assertIn("closed the connection", result.err)

    def import_replaced(self, refusal, **options):
        path = self.directory / "cameras.ini"
        path.write_text("[camera a]\ninput = /x\n[camera b]\ninput = /y\n")
        there = [{"part": {"name": name, "settings": []}} for name in "ab"]
        self.start_daemon({"show": [*there, {"ok": {}}], "set": [[{"error": {"code": "usage", "text": refusal}}],
                                                                 [{"ok": {"outcomes": {}}}]]})
        return self.camctl("import", path, "--replace", "--dry-run", **options)

    def test_import_has_no_camera_checked_by_a_camd_that_would_change_it(self):
        """One of before an upgrade of the package took a trial of set for the change."""
        result = self.import_replaced("the value of input is neither a string nor null", expect=1)
        self.assertIn("a: left out: camd is older than camctl", result.out)
        self.assertIn("camctl upgrade, then import again", result.out)
        self.assertEqual(self.request()["verb"], "show")
        self.assertEqual(self.request(), {"id": 2, "verb": "set", "name": "a", "settings": {"input": 1}, "dry_run": 1})

    def test_import_asks_once_whether_camd_checks_cameras(self):
        self.assertIn("b: would be changed", self.import_replaced('"dry_run" is true or false').out)
        self.assertEqual([self.request().get("dry_run") for _ in range(4)], [None, 1, True, True])

    def test_import_has_its_time_for_each_camera(self):
        """All were checked within the time of one."""
        path = self.directory / "cameras.ini"
        path.write_text("".join(f"[camera {name}]\ninput = /x\n" for name in "abc"))
        self.start_daemon({"show": [{"ok": {}}], "add": [{"stand": 1.2}, {"ok": {}}]})
        self.camctl("--timeout", "3", "import", path, "--dry-run")

    def test_reload(self):
        ok = {"added": ["a"], "removed": [], "changed": ["b", "c"], "unchanged": 1, "restart_needed": "run_dir, shm_prefix",
              "cameras": [{"name": "a", "change": "added", "text": "it starts"}, {"name": "b", "change": "changed", "text": ""},
                          {"name": "c", "change": "changed", "text": "input: capture restarts"}],
              "unfinished": ["c"]}
        text, document = self.sends("reload", answer=[{"ok": ok}], verb="reload")
        self.assertEqual(text, "a: added: it starts\nb: changed\nc: changed: input: capture restarts\n"
                               "1 camera unchanged\nc: not finished yet, see camctl status\n"
                               "only a new start of camd applies: run_dir, shm_prefix\n")
        self.assertEqual(document, ok)

    def test_shm(self):
        ok = {"total_mb": 64.0, "free_mb": 30.5, "reserve_mb": 50, "slots": 4, "slots_max": 50, "camera_sum_mb": 4.9,
              "recommended_mb": 148.0, "spare_given_up": True, "reserve_given_up": False,
              "cameras": [{"name": "front", "width": 1280, "height": 720, "slots": 4, "mb": 5.4}]}
        text, document = self.sends("shm", answer=[{"ok": ok}], verb="shm")
        for part in ("64.0 MB, 30.5 MB free", "two spare cameras", "148 MB are recommended", "front   1280x720      4  5.4"):
            self.assertIn(part, text)
        self.assertEqual(document, ok)

    def test_grid(self):
        cells = [[{"count": 0, "mean": 0.0, "deviation": 0.0} for _ in range(8)] for _ in range(8)]
        cells[0][7] = {"count": 1000, "mean": 1.35, "deviation": 0.1}
        cells[7][0] = {"count": 9, "mean": 0.254, "deviation": 0.0}
        ok = {"name": "front", "width": 8, "height": 8, "samples": 1009, "stored": True, "problem": None, "cells": cells}
        text, document = self.sends("grid", "front", answer=[{"ok": ok}], verb="grid", name="front")
        self.assertEqual(document, ok)
        lines = text.splitlines()
        self.assertEqual(lines[0], "front: 1009 objects in 2 of 64 cells")
        rows = [line for line in lines if "|" in line]
        self.assertEqual(len(rows), 16)
        self.assertLessEqual(len(lines), 22, "it took 27 lines of a terminal that has 24")
        self.assertEqual({len(line) for line in rows}, {4 + 8 * 7 + 1})
        # x from the left, y from the top; below the number the size
        self.assertEqual([cell.strip() for cell in rows[0].split("|")], ["0", *[""] * 7, "-   9", ""])
        self.assertEqual([cell.strip() for cell in rows[1].split("|")], ["", *[""] * 7, "25%", ""])
        self.assertEqual([cell.strip() for cell in rows[14].split("|")], ["7", "#1000", *[""] * 8])
        self.assertEqual([cell.strip() for cell in rows[15].split("|")], ["", "135%", *[""] * 8])

    def test_grid_that_is_empty_or_not_kept(self):
        ok = {"name": "front", "width": 8, "height": 8, "samples": 0, "stored": False, "problem": "cannot write X: No space",
              "cells": [[{"count": 0, "mean": 0.0, "deviation": 0.0}] * 8] * 8}
        text, _ = self.sends("grid", "front", answer=[{"ok": ok}], verb="grid", name="front")
        self.assertEqual(text, "front: its region grid is empty: no object has been seen yet\n"
                               "it is not kept when camd stops: cannot write X: No space\n")
        # what a daemon of another version may say breaks nothing
        text, _ = self.sends("grid", "front", answer=[{"ok": {"name": "front", "cells": [1, [2, {"count": -1}]]}}],
                             verb="grid", name="front")
        self.assertIn("is empty", text)

    def test_grid_files(self):
        record = bytes(range(256)) * 3
        self.start_daemon({"grid_export": [{"ok": {"name": "front", "version": 1, "generation": 7, "samples": 12, "configured": True,
                                                   "record": record.hex()}}],
                           "grid_import": [{"ok": {"name": "front", "samples": 12, "cells": []}}],
                           "match": [{"ok": {"cameras": ["back", "front"]}}]})
        path = self.directory / "front.grid"
        self.assertEqual(self.camctl_json("grid", "front", "--export", path),
                         {"camera": "front", "file": str(path), "samples": 12, "generation": 7, "version": 1, "bytes": 768})
        self.assertEqual(path.read_bytes(), record)
        self.assertEqual(self.request(), {"id": 1, "verb": "grid_export", "name": "front"})
        self.assertEqual(self.camctl("grid", "front", "--import", path).out,
                         "front: its region grid is that of the file now, with 12 objects\n")
        self.assertEqual(self.request(), {"id": 1, "verb": "grid_import", "name": "front", "record": record.hex()})
        self.assertEqual(len(self.camctl_json("grid", "--all", "--export", f"{self.directory}/%n.x")["files"]), 2)
        self.assertEqual((self.directory / "back.x").read_bytes(), record)
        process = subprocess.run([self.program, "-s", self.socket, "grid", "front", "--export", "-"], capture_output=True,
                                 timeout=PATIENCE_S)
        self.assertEqual((process.stdout, process.stderr), (record, b""))
        (self.directory / "long").write_bytes(bytes(20000))
        for words, text in ((["--import", self.directory / "long"], "long is no region grid: it is far too long"),
                            (["--import", self.directory / "missing"], "missing cannot be read"),
                            (["--export", self.directory / "no" / "x"], "cannot be written")):
            self.assertIn(text, self.camctl("grid", "front", *words, expect=1).err)
        for words in (["front", "--export", path, "--import", path], ["front", "--clear", "--export", path],
                      ["front", "back", "--import", path], ["front", "back", "--clear"], ["front", "back", "--export", path],
                      ["--all", "-o", self.directory / "x.png"], ["front", "--export", "-", "--json"]):
            self.camctl("grid", *words, expect=2)
        self.assertIn("not for a terminal", self.camctl_terminal("grid", "front", "--export", "-", expect=2))

    def test_a_refused_grid_names_its_file(self):
        self.start_daemon({"grid_import": [{"error": {"code": "refused", "text": "what was given is damaged"}}]})
        path = self.directory / "old.grid"
        path.write_bytes(b"CGRD")
        self.assertIn(f"{path}: what was given is damaged", self.camctl("grid", "front", "--import", path, expect=1).err)

    def test_grids_of_several(self):
        grid = {"name": "front", "samples": 0, "cells": []}
        self.start_daemon({"grid": [{"ok": grid}], "match": [{"ok": {"cameras": ["back", "front"]}}]})
        self.assertEqual(self.camctl_json("grid", "--all"), {"grids": [grid, grid]})
        self.assertEqual(self.camctl("grid", "fr*").out.count("its region grid is empty"), 2)

    def test_remove_may_keep_the_grid(self):
        self.start_daemon({"remove": [{"ok": {}}]})
        self.camctl("remove", "front", "--keep-grid")
        self.assertEqual(self.request(), {"id": 1, "verb": "remove", "name": "front", "keep_grid": True})

    def test_grid_clear(self):
        ok = {"name": "front", "samples": 0, "cells": []}
        # no "sends": a daemon of one verb is asked for one answer
        self.socket = self.directory / "grid_clear"
        self.start_daemon({"grid_clear": [{"ok": ok}]})
        result = self.camctl("grid", "front", "--clear")
        self.assertEqual(self.request(), {"id": 1, "verb": "grid_clear", "name": "front"})
        self.assertEqual(result.out, "front: its region grid is empty now\n")

    def test_version(self):
        text, document = self.sends("version", answer=[{"ok": {"version": "9.9", "protocol": 1, "pid": 5}}], verb="version")
        self.assertIn("camd   9.9, protocol 1, pid 5\n", text)
        self.assertEqual(document["daemon"]["version"], "9.9")

    def test_shutdown_waits_for_the_process(self):
        # The connection ends at once, the process only after it is told to: camctl must wait for that.
        self.start_daemon({"shutdown": [{"ok": {}}, {"close": True}]})
        process = subprocess.Popen([self.program, "-s", self.socket, "shutdown"], stdout=subprocess.PIPE, text=True)
        self.request()
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.2)
        self.daemon.kill()
        self.assertEqual(process.communicate(timeout=PATIENCE_S)[0], "camd has stopped\n")
        self.assertEqual(process.returncode, 0)

    def test_shutdown_that_does_not_end(self):
        self.start_daemon({"shutdown": [{"ok": {}}, {"close": True}]})
        self.assertIn("has not ended within 2 s", self.camctl("shutdown", "--timeout", "2", expect=1).err)

    def test_shutdown_json(self):
        self.start_daemon({"shutdown": [{"ok": {}}, {"exit": True}]})
        self.assertEqual(self.camctl_json("shutdown"), {"done": "stopped"})


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
