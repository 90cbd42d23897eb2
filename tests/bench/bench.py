#!/usr/bin/python3
"""camd beside its peers and beside the least that does the same work; prints, asserts nothing.

    bench.py --build DIRECTORY [PART ...] [--rounds 3] [--cameras 10,100,1000] [--kills 30] [--idle 5] [--data DIRECTORY]
             [--json FILE] [--plot FILE.png] [--markdown FILE]

PARTs: respawn scale control add capture motion detect pipeline latency (default: all). Subjects take turns in each round.
A peer that is not installed is skipped with a word. For an idle machine, an optimized build and root. The first line of
each part's file (part_NAME.py) says what it measures.
"""
import argparse
import contextlib
import importlib
import os
import platform
import re
import subprocess
import time
from pathlib import Path

import report
import supervised

PARTS = ("respawn", "scale", "control", "add", "capture", "motion", "detect", "pipeline", "latency")
TOP = Path(__file__).resolve().parents[2]
PACKAGES = ("s6", "runit", "supervisor", "ffmpeg", "motion", "python3-opencv", "libavcodec59", "libev4", "linux-image-amd64")


class Options(argparse.Namespace):
    """What every part is given: the arguments, and the two things that all need."""

    @contextlib.contextmanager
    def place(self):
        """A place of its own for one measurement of one subject; see supervised.Place."""
        place = supervised.Place(self.build, self.slots)
        try:
            yield place
        finally:
            place.close()

    def program(self, name):
        """A program of the build."""
        return supervised.program(self.build, name)

    @staticmethod
    def sleep(seconds):
        time.sleep(seconds)


def machine():
    """What the numbers are of."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    versions = {}
    for package in PACKAGES:
        found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False)
        if found.returncode == 0 and found.stdout:
            versions[package] = found.stdout
    commit = subprocess.run(["git", "-C", TOP, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    return {"processor": model.group(1) if model else platform.machine(), "processors": os.cpu_count(), "kernel": platform.release(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1), "load_at_start": os.getloadavg()[0],
            "commit": commit, "versions": versions}


def heading(found, command):
    lines = ["# Results", "", "Written by tests/bench/run.sh, which repeats them; medians (least..most) of interleaved rounds.",
             "A ratio with a range is the median of those within a pass, in which both were measured side by side.", "",
             f"- {found['processors']} x {found['processor']}, {found['memory_gb']} GB, Linux {found['kernel']}, load {found['load_at_start']:.2f} at the start",
             f"- commit {found['commit']}", "- " + ", ".join(f"{name} {version}" for name, version in found["versions"].items()),
             f"- `{command}`", "", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cameras", default="10,100,1000", type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--idle", type=float, default=5)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CAMD_DATA", TOP / ".." / "shared" / "data")))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args(namespace=Options())
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are: {' '.join(PARTS)}")

    found, rows = machine(), []
    for part in options.parts or PARTS:
        measured = importlib.import_module(f"part_{part}").measure(options)
        print(report.text(measured), flush=True)
        rows += measured
    if options.json:
        report.write_json(options.json, found, rows)
    if options.markdown:
        command = " ".join(["sh tests/bench/run.sh", *options.parts])
        options.markdown.write_text(heading(found, command) + report.markdown(rows), encoding="utf-8")
    if options.plot and not report.plot(options.plot, rows):
        print("no plot: gnuplot is not installed")


if __name__ == "__main__":
    main()
