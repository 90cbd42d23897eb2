#!/usr/bin/python3
"""Runs the chaos tests one after the other, and prints a report: what was done, what the log said of it, and figures.

    run.py --build DIRECTORY [--seconds N] [--kills N] [PATTERN ...]

The last line counts; exit status 0: none failed. tests/run.sh --full runs all of them for a minute each, with 10,000 kills.
"""
import argparse
import ctypes
import io
import os
import sys
import time
import unittest
from contextlib import redirect_stderr
from pathlib import Path

HERE = Path(__file__).resolve().parent


def tests_in(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_in(item)
        else:
            yield item


def run_one(test):
    """One of "ok", "skip" and "FAIL", and what is to be said about it."""
    words = io.StringIO()
    result = unittest.TestResult()
    with redirect_stderr(words):
        test.run(result)
    if result.skipped:
        return "skip", result.skipped[0][1]
    problems = result.failures + result.errors
    return ("FAIL", words.getvalue() + "".join(text for _, text in problems)) if problems else ("ok", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=float, default=10, help="of each test that goes on for a time (10)")
    parser.add_argument("--kills", type=int, default=2000, help="of workers, without a pause (2000)")
    parser.add_argument("patterns", nargs="*")
    arguments = parser.parse_args()
    os.environ.update(CAMD_BUILD=str(Path(arguments.build).resolve()), CAMD_CHAOS_SECONDS=str(arguments.seconds),
                      CAMD_CHAOS_KILLS=str(arguments.kills))
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # whatever is left behind becomes ours, and is seen

    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    for test in tests_in(unittest.defaultTestLoader.discover(str(HERE), pattern="chaos_*.py", top_level_dir=str(HERE))):
        if arguments.patterns and not any(pattern in test.id() for pattern in arguments.patterns):
            continue
        print(f"{test.id().rpartition('.')[2].removeprefix('test_').replace('_', ' ')}", flush=True)
        begun = time.monotonic()
        word, text = run_one(test)
        counts[word] += 1
        print(f"  {word} ({time.monotonic() - begun:.1f} s)" + (f": {text}" if text else ""), flush=True)
    print(f"chaos: {counts['ok']} passed, {counts['FAIL']} failed, {counts['skip']} skipped")
    sys.exit(1 if counts["FAIL"] or not sum(counts.values()) else 0)


if __name__ == "__main__":
    main()
