"""What tests of camctl from outside have in common: a fake daemon, and camctl run in pipes and on a terminal"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

FAKE = pathlib.Path(__file__).with_name("fake_daemon.py")
PATIENCE_S = 60  # no test waits so long unless something is broken


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def __repr__(self):
        return f"exit {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class CamctlTest(unittest.TestCase):
    program = None  # camctl, set by main

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.socket = self.directory / "camd.sock"
        self.daemon = None

    def start_daemon(self, answers=None, **script):
        """A fake daemon at self.socket, which is stopped after the test."""
        script["answers"] = answers or {}
        self.daemon = subprocess.Popen([sys.executable, FAKE, self.socket, json.dumps(script)],
                                       stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop_daemon, self.daemon)
        self.assertEqual(self.daemon.stdout.readline(), "ready\n")

    @staticmethod
    def stop_daemon(daemon):
        daemon.kill()
        daemon.wait()
        daemon.stdout.close()

    def request(self):
        """The next request that the fake daemon got."""
        return json.loads(self.daemon.stdout.readline())

    def environment(self, **more):
        keep = {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}
        return {**keep, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **more}

    def camctl(self, *words, expect=0, env=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        result = Result(subprocess.run([self.program, "-s", self.socket, *words], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S,
                                       env=self.environment(**(env or {})), **options))
        self.assertEqual(result.status, expect, result)
        return result

    def camctl_json(self, *words, expect=0, **options):
        """With --json: the one document on standard output, and nothing beside it."""
        result = self.camctl("--json", *words, expect=expect, **options)
        self.assertEqual(result.err, "", result)
        return json.loads(result.out)

    def camctl_terminal(self, *words, columns=80, rows=24, expect=0, **env):
        """What appears on a terminal."""
        try:
            master, slave = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal can be made here, is /dev/pts mounted? {error}")
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen([self.program, "-s", self.socket, *words], stdin=slave, stdout=slave, stderr=slave,
                                   env=self.environment(TERM="xterm", **env))
        os.close(slave)
        text = b""
        with contextlib.suppress(OSError):  # the end of a terminal is EIO
            while chunk := os.read(master, 4096):
                text += chunk
        os.close(master)
        self.assertEqual(process.wait(PATIENCE_S), expect, text)
        return text.decode().replace("\r\n", "\n")


def main():
    """PROGRAM CAMCTL [TEST ...]"""
    CamctlTest.program = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__")
