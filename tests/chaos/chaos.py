"""What the chaos tests share: a daemon with witnesses, figures for the report, and what must not grow.

Each test does to a running daemon what happens to one in the field, and looks at three things: that the fault is in the log
once, in words, that everything else went on (the witnesses' processes are the same and their frames go on), and that all is
well again when the fault is over. CAMD_CHAOS_SECONDS says how long a test that goes on for a time does so (10),
CAMD_CHAOS_KILLS how many workers are killed (2000).
"""
import os
import re
from pathlib import Path

import harness
from harness import Camd, CamdTest, HERE as INTEGRATION, PYTHON, program, wait_for  # noqa: F401

HERE = Path(__file__).resolve().parent
SECONDS = float(os.environ.get("CAMD_CHAOS_SECONDS", "10"))
KILLS = int(os.environ.get("CAMD_CHAOS_KILLS", "2000"))
FULL = SECONDS >= 60

# Short time-outs, so that a fault that they end is over soon.
QUICK = {"stall_timeout": 2, "first_frame_timeout": 5, "stop_timeout": 1, "restart_delay": 0.2, "restart_max_delay": 1}


def children(pid):
    """{pid: state letter} of a process's children, dead ones that nobody has reaped among them."""
    found = {}
    for entry in os.listdir("/proc"):
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split() if entry.isdigit() else None
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields and int(fields[1]) == pid:
            found[int(entry)] = fields[0]
    return found


def memory_kib(pid):
    """Memory of its own that a process has."""
    return int(re.search(r"^RssAnon:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M).group(1))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def misbehaving(plan, **settings):
    """A camera whose workers are the program that misbehaves (tests/integration/misbehave.h)."""
    worker = program("misbehave")
    return {"input": f"misbehave://{plan}", "capture": worker, "tracker": worker, "width": 64, "height": 64, **settings}


class Chaos(CamdTest):
    def report(self, text):
        """A line of the report; run.py collects them."""
        print(f"    {text}", flush=True)

    def daemon_with_witnesses(self, count=2, cameras=None, settings=None, **options):
        """Runs camd with these cameras, and `count` more that nothing is done to."""
        self.witnesses = [f"witness{number}" for number in range(count)]
        well = {name: {"input": harness.moving_pattern(), "fps": 10} for name in self.witnesses}
        daemon = Camd(self, cameras={**well, **(cameras or {})}, settings={"log_level": "info", **(settings or {})}, **options)
        daemon.start()
        self.before = {name: daemon.wait_frames(name, 3) for name in self.witnesses}
        return daemon

    def assert_witnesses_go_on(self, daemon):
        for name, before in self.before.items():
            self.assert_camera_goes_on(daemon, name, before)

    def logged(self, daemon, pattern, since=0, times=1):
        """The lines of the log, from an offset on, that say something: exactly so many; returns the first."""
        wait_for(lambda: re.search(pattern, daemon.log_text()[since:]), f"the log says {pattern}")
        lines = [line for line in daemon.log_text()[since:].splitlines() if re.search(pattern, line)]
        self.assertEqual(len(lines), times, "\n".join(lines[:20]))
        self.report("log: " + re.sub(r"^\S+ ", "", lines[0]))
        return lines[0]

    def assert_no_zombies(self, daemon):
        wait_for(lambda: "Z" not in children(daemon.pid).values(), "no dead child is left unreaped")
