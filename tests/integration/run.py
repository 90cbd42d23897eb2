#!/usr/bin/python3
"""Runs the integration tests, each in a process of its own, several side by side.

    run.py --build DIRECTORY [--jobs N] [--share plain|sanitized] [--skipped-in REPORT] [--report FILE] [--list] [PATTERN ...]

PATTERN picks the tests whose names contain it, --share those that an ordinary tests/run.sh runs without sanitizers, or with
them, --skipped-in those that another run has skipped. A test that fails is shown with what its processes wrote last. The last
line counts; --report writes a line for each test that is over, as meson does in its testlog.json, for
tests/results.py. Exit status 0: none failed.
"""
import argparse
import ctypes
import json
import os
import selectors
import signal
import sys
import tempfile
import time
import traceback
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEST_LIMIT_S = 1200 if os.environ.get("CAMD_TEST_FULL") == "1" else 300  # --full does some things a thousand times
SLOWNESS = float(os.environ.get("CAMD_TEST_SLOWNESS", "1"))
PASSED, FAILED, SKIPPED = 0, 1, 77
WORDS = {PASSED: "OK", FAILED: "FAIL", SKIPPED: "SKIP"}
# with those first that take longest, none of them is waited for at the end
FIRST = ("test_misbehave.", "test_health.", "test_daemon.Idle", "test_daemon.Descriptors", "test_streams.", "test_supervision.")
# An ordinary tests/run.sh runs these without sanitizers: what is said and written, and how programs are called, where these find
# little; what waits most of the time, while the other build is compiled; and camd's memory, of which sanitizers say nothing.
PLAIN = ("test_camera.", "test_check.", "test_completion.", "test_config.", "test_daemon.Descriptors.", "test_did_you_mean.",
         "test_examples.", "test_export.", "test_health.", "test_import.", "test_init_script.", "test_json.", "test_manuals.",
         "test_page_keys.", "test_python.", "test_rtsp.", "test_several.", "test_sources.", "test_streams.", "test_supervision.",
         "test_told.", "test_top.", "test_units.", "test_wait.", "test_words.")
SHOWN_LINES, LINE_CHARACTERS = 400, 300  # of a failed test; a line can be a whole picture


def names(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from names(item)
        else:
            yield item.id()


def all_tests():
    found = names(unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py", top_level_dir=str(HERE)))
    return sorted(found, key=lambda name: (not name.startswith(FIRST), name))


def is_chosen(name, arguments):
    if arguments.share and (arguments.share == "plain") != name.startswith(PLAIN):
        return False
    return not arguments.patterns or any(pattern in name for pattern in arguments.patterns)


def skipped_in(report):
    with open(report, encoding="utf-8") as lines:
        return {test["name"] for test in map(json.loads, lines) if test["result"] == WORDS[SKIPPED]}


def chosen_tests(arguments):
    skipped = skipped_in(arguments.skipped_in) if arguments.skipped_in else None
    return [name for name in all_tests() if is_chosen(name, arguments) and (skipped is None or name in skipped)]


def run_here(name):
    """In the test's own process: its result becomes the exit status, its report goes to standard error."""

    def too_long(*_):
        raise AssertionError("the test took too long")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(int(TEST_LIMIT_S * SLOWNESS))
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    if not result.wasSuccessful() or result.testsRun == 0:
        return FAILED
    if result.skipped:
        print(result.skipped[0][1])
        return SKIPPED
    return PASSED


class Apart:
    """A test in a process of its own, which has all modules already; bounded."""

    def __init__(self, name):
        self.name, self.begun = name, time.monotonic()
        self.deadline = self.begun + (TEST_LIMIT_S + 60) * SLOWNESS
        self.output = tempfile.TemporaryFile("w+", errors="replace")
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self.be_the_test()
        self.descriptor = os.pidfd_open(self.pid)

    def be_the_test(self):
        status = FAILED
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for descriptor, target in ((nothing, 0), (self.output.fileno(), 1), (self.output.fileno(), 2)):
                os.dup2(descriptor, target)
            try:
                status = run_here(self.name)
            except BaseException:  # what unittest does not take for the test's failure: nobody else tells of it
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def end(self, is_too_late):
        """(status, seconds, what it said)"""
        if is_too_late:
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.descriptor)
        self.output.seek(0)
        said = self.output.read() + ("\nkilled, since it took too long\n" if is_too_late else "")
        self.output.close()
        if status not in WORDS:
            said, status = f"{said}\nthe test's process ended with {status}\n", FAILED
        return status, time.monotonic() - self.begun, said


def run_all(names_of_tests, jobs):
    """Yields (name, status, seconds, what it said) of tests as they end, so many at once."""
    waiting, running = list(reversed(names_of_tests)), {}
    with selectors.DefaultSelector() as ends:
        while waiting or running:
            while waiting and len(running) < jobs:
                test = Apart(waiting.pop())
                running[ends.register(test.descriptor, selectors.EVENT_READ, test).fd] = test
            ready = {key.fd for key, _ in ends.select(1.0)}
            for descriptor, test in list(running.items()):
                is_too_late = time.monotonic() > test.deadline
                if descriptor in ready or is_too_late:
                    ends.unregister(descriptor)
                    del running[descriptor]
                    yield test.name, *test.end(is_too_late and descriptor not in ready)


def bounded(text):
    """The last lines of a text, none of them too long."""
    lines = text.rstrip().splitlines()
    more = [f"({len(lines) - SHOWN_LINES} lines are left out)"] if len(lines) > SHOWN_LINES else []
    return "\n".join(more + [line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]} ({len(line)} characters)"
                             for line in lines[-SHOWN_LINES:]])


def tell(name, status, seconds, output):
    if status == PASSED:
        print(f"ok    {name} ({seconds:.1f} s)", flush=True)
    elif status == SKIPPED:
        print(f"skip  {name}: {output.strip().splitlines()[-1]}", flush=True)
    else:
        print(f"FAIL  {name} ({seconds:.1f} s)\n{bounded(output)}\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description="camd's integration tests")
    parser.add_argument("--build", help="build directory (else the environment's CAMD_BUILD)")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--share", choices=("plain", "sanitized"))
    parser.add_argument("--skipped-in")
    parser.add_argument("--report")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("patterns", nargs="*")
    arguments = parser.parse_args()
    sys.path.insert(0, str(HERE))
    if arguments.build:
        os.environ["CAMD_BUILD"] = str(Path(arguments.build).resolve())
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    tests = chosen_tests(arguments)
    if arguments.list:
        print("\n".join(tests))
        return
    # what a test that had to be killed leaves behind must not outlive the run, whatever ends that
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
    report = open(arguments.report or os.devnull, "w", encoding="utf-8", errors="replace")
    with tempfile.TemporaryDirectory(prefix="camd-clip.") as clips:
        import harness

        os.environ["CAMD_TEST_CLIP"] = str(harness.find_clip() or harness.make_clip(Path(clips)))
        try:
            for name, status, seconds, output in run_all(tests, arguments.jobs):
                counts[status] += 1
                tell(name, status, seconds, output)
                print(json.dumps({"name": name, "result": WORDS[status], "duration": seconds,
                                  "stdout": "" if status == PASSED else output}), file=report, flush=True)
        finally:
            for pid in harness.descendants(os.getpid()):
                os.kill(pid, signal.SIGKILL)
    report.close()
    print(f"integration: {counts[PASSED]} passed, {counts[FAILED]} failed, {counts[SKIPPED]} skipped")
    sys.exit(1 if counts[FAILED] or not tests else 0)


if __name__ == "__main__":
    main()
