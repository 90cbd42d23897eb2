#!/usr/bin/python3
"""Runs the integration tests, each in a process of its own, several side by side.

    run.py --build DIRECTORY [--jobs N] [--report FILE] [--list] [PATTERN ...]

PATTERN picks the tests whose names contain it. A test that fails is shown with what its processes wrote last.
The last line counts; --report writes a line for each test that is over, as meson does in its testlog.json, for
tests/results.py. Exit status 0: none failed.
"""
import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEST_LIMIT_S = 300
PASSED, FAILED, SKIPPED = 0, 1, 77
WORDS = {PASSED: "OK", FAILED: "FAIL", SKIPPED: "SKIP"}
SHOWN_LINES, LINE_CHARACTERS = 400, 300  # of a failed test; a line can be a whole picture


def names(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from names(item)
        else:
            yield item.id()


def all_tests():
    return sorted(names(unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py", top_level_dir=str(HERE))))


def run_here(name):
    """In the test's own process: its result becomes the exit status, its report goes to standard error."""

    def too_long(*_):
        raise AssertionError("the test took too long")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(int(TEST_LIMIT_S * float(os.environ.get("CAMD_TEST_SLOWNESS", "1"))))
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    if not result.wasSuccessful() or result.testsRun == 0:
        return FAILED
    if result.skipped:
        print(result.skipped[0][1])
        return SKIPPED
    return PASSED


def run_apart(name):
    """In a process of its own, bounded: (status, seconds, what it said)."""
    begun = time.monotonic()
    limit = (TEST_LIMIT_S + 60) * float(os.environ.get("CAMD_TEST_SLOWNESS", "1"))
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        test = subprocess.Popen([sys.executable, __file__, "--one", name], stdin=subprocess.DEVNULL, stdout=output,
                                stderr=output)
        try:
            status = test.wait(limit)
        except subprocess.TimeoutExpired:
            test.kill()
            test.wait()
            status = FAILED
            output.write(f"\nkilled after {limit:.0f} s\n")
        output.seek(0)
        return status, time.monotonic() - begun, output.read()


def bounded(text):
    """The last lines of a text, none of them too long."""
    lines = text.rstrip().splitlines()
    more = [f"({len(lines) - SHOWN_LINES} lines are left out)"] if len(lines) > SHOWN_LINES else []
    return "\n".join(more + [line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]} ({len(line)} characters)"
                             for line in lines[-SHOWN_LINES:]])


def main():
    parser = argparse.ArgumentParser(description="camd's integration tests")
    parser.add_argument("--build", help="build directory (else the environment's CAMD_BUILD)")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--report")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("patterns", nargs="*")
    arguments = parser.parse_args()
    sys.path.insert(0, str(HERE))
    if arguments.one:
        sys.exit(run_here(arguments.one))

    if arguments.build:
        os.environ["CAMD_BUILD"] = str(Path(arguments.build).resolve())
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    tests = [name for name in all_tests() if not arguments.patterns or any(p in name for p in arguments.patterns)]
    if arguments.list:
        print("\n".join(tests))
        return
    # what a test that had to be killed leaves behind must not outlive the run
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

    counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
    report = open(arguments.report or os.devnull, "w", encoding="utf-8", errors="replace")
    with tempfile.TemporaryDirectory(prefix="camd-clip.") as clips:
        import harness

        os.environ["CAMD_TEST_CLIP"] = str(harness.find_clip() or harness.make_clip(Path(clips)))
        with ThreadPoolExecutor(arguments.jobs) as pool:
            for name, (status, seconds, output) in zip(tests, pool.map(run_apart, tests)):
                if status not in counts:
                    output += f"\nthe test's process ended with {status}\n"
                    status = FAILED
                counts[status] += 1
                if status == PASSED:
                    print(f"ok    {name} ({seconds:.1f} s)", flush=True)
                elif status == SKIPPED:
                    print(f"skip  {name}: {output.strip().splitlines()[-1]}", flush=True)
                else:
                    print(f"FAIL  {name} ({seconds:.1f} s)\n{bounded(output)}\n", flush=True)
                print(json.dumps({"name": name, "result": WORDS[status], "duration": seconds,
                                  "stdout": "" if status == PASSED else output}), file=report, flush=True)
        for pid in harness.descendants(os.getpid()):
            os.kill(pid, signal.SIGKILL)
    report.close()
    print(f"integration: {counts[PASSED]} passed, {counts[FAILED]} failed, {counts[SKIPPED]} skipped")
    sys.exit(1 if counts[FAILED] or not tests else 0)


if __name__ == "__main__":
    main()
