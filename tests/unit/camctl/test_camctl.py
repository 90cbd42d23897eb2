#!/usr/bin/env python3
"""camctl as its users meet it, against a fake daemon: test_camctl.py CAMCTL [TEST ...]"""
import contextlib
import os
import pty
import signal
import socket
import subprocess
import tempfile
import termios

from cameras import STATUS
from harness import PATIENCE_S, CamctlTest, main


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
        text, _ = self.sends("grid", "front", answer=[{"ok": {"name": "front", "samples": 3, "cells": [[{"count": 3}, {"count": -1}]]}}],
                             verb="grid", name="front")
        self.assertIn("3 objects in 1 of 2 cells", text)

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


if __name__ == "__main__":
    main()
