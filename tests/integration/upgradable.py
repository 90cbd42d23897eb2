"""A camd whose program a test replaces, and somebody who follows its events meanwhile"""
import json
import os
import shutil
import threading
from pathlib import Path

from harness import Camd, program


class UpgradableCamd(Camd):
    """Its program is a copy that a test can replace."""

    def __init__(self, test, **options):
        super().__init__(test, **options)
        self.bin = self.directory / "bin"
        self.bin.mkdir()
        self.install(program("camd"))

    def install(self, source):
        """As a package does it: the running program keeps its file."""
        shutil.copy(source, self.bin / "camd.new")
        (self.bin / "camd.new").rename(self.bin / "camd")

    def install_script(self, text):
        (self.bin / "camd.new").write_text("#!/bin/sh\n" + text)
        (self.bin / "camd.new").chmod(0o755)
        (self.bin / "camd.new").rename(self.bin / "camd")

    def command(self, *arguments):
        command = super().command(*arguments)
        return [str(self.bin / "camd") if word == str(program("camd")) else word for word in command]

    def runs_installed(self):
        return os.path.samefile(f"/proc/{self.pid}/exe", self.bin / "camd")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def removed_segments(self):
        """Those that it still has, although nobody finds them any more."""
        links = []
        for path in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                links.append(os.readlink(path))
            except FileNotFoundError:
                pass  # closed meanwhile
        return [link for link in links if link.startswith(f"/dev/shm/{self.prefix}") and link.endswith("(deleted)")]

    def has_settled(self):
        """The program has begun to go on: what was handed over is closed, and its helper for events runs."""
        try:
            files = [os.readlink(path) for path in Path(f"/proc/{self.pid}/fd").iterdir()]
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="utf-8").split()
            names = [Path(f"/proc/{child}/comm").read_text(encoding="utf-8").strip() for child in children]
        except OSError:
            return False  # some came and went meanwhile
        return not any("camd-handoff" in file for file in files) and "camd-events" in names

    def resident_kb(self):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


class Subscriber(threading.Thread):
    """Reads events as camd-ipc(7) has it: when the connection ends, it connects again and goes on behind the last one."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.camd = daemon
        self.events, self.missed, self.refused, self.connections = [], [], 0, 0
        self.ends, self.last = False, None
        self.start()

    def run(self):
        while not self.ends:
            try:
                with self.camd.control() as control:
                    self.connections += 1
                    self.read(control)
            except (ConnectionRefusedError, FileNotFoundError):
                self.refused += 1
            except (BrokenPipeError, ConnectionResetError, TimeoutError, TypeError, json.JSONDecodeError):
                pass  # the old program's end of it: half a line perhaps

    def read(self, control):
        control.send("subscribe", **({"from": self.last} if self.last else {}))
        while not self.ends:
            line = control.receive()
            if line is None:
                return
            part = line["part"]
            if "missed" in part:
                self.missed.append(part["missed"])
            if "snapshot" in part and not self.last:
                self.last = {"epoch": part["snapshot"]["epoch"], "seq": part["snapshot"]["seq"]}
            if "event" in part:
                self.events.append(part["event"])
                self.last = {"epoch": part["event"]["epoch"], "seq": part["event"]["seq"]}

    def numbers(self):
        return [event["seq"] for event in self.events]
