"""What a program draws on a terminal: a pseudo terminal and a model of what its screen shows (python3-pyte)."""
import fcntl
import os
import select
import signal
import struct
import termios
import unittest

from harness import fork_on_terminal, wait_for

try:
    import pyte
except ImportError:
    pyte = None


class Screen:
    def __init__(self, command, environment, columns=80, lines=24):
        if pyte is None:
            raise unittest.SkipTest("there is no model of a terminal: python3-pyte")
        self.model = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.model)
        self.status = None
        self.drawn = bytearray()  # since the beginning
        self.pid, self.terminal = fork_on_terminal()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execvpe(command[0], command, {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def read(self):
        """Takes what was drawn, and returns the lines as they are."""
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                drawn = os.read(self.terminal, 65536)
            except OSError:  # its other side is closed
                break
            if not drawn:
                break
            self.drawn += drawn
            self.stream.feed(drawn)
        return [line.rstrip() for line in self.model.display]

    def wait(self, condition, what):
        """Waits until condition(lines), and returns them."""
        wait_for(lambda: condition(self.read()), f"the screen shows {what}")
        return self.read()

    def resize(self, columns, lines):
        self.model.resize(lines, columns)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys):
        os.write(self.terminal, keys)

    def wait_end(self):
        """Its exit status."""
        def has_ended():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            return bool(pid)
        wait_for(has_ended, "the program ends")
        return self.status

    def is_sane(self):
        """Whether the terminal is as a shell wants it: lines and echo, the cursor, and not the other screen."""
        self.read()
        modes = termios.tcgetattr(self.terminal)[3]
        return modes & termios.ICANON and modes & termios.ECHO and all(
            self.drawn.rfind(given_back) > self.drawn.rfind(taken)
            for taken, given_back in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?12l\x1b[?25h")))

    def colours(self):
        """Those that are on the screen."""
        return {cell.fg for row in self.model.buffer.values() for cell in row.values()} - {"default"}
