#!/usr/bin/python3
"""Counts what a runner of tests wrote down: meson's testlog.json, or the --report of integration/run.py.

    results.py TITLE FAILURES FILE ...

Each line of a FILE is an object with "name", "result" (OK, EXPECTEDFAIL, SKIP; anything else has failed) and what the
test said ("stdout", "stderr"). The first line that is printed has three numbers: passed, failed, skipped. Then come lines
about what was skipped, and why. What failed is added to the file FAILURES, each test with its last lines: run.sh tells
them once more at its end, under TITLE.
"""
import json
import os
import sys

LINES, CHARACTERS = 25, 300  # of a failed test; a line can be a whole picture


def last_lines(text):
    """From the last traceback on, where there is one: its first lines say more than the last ones of a long comparison."""
    lines = text.rstrip().splitlines()
    begins = max((number for number, line in enumerate(lines) if line.startswith("Traceback (")), default=None)
    chosen = lines[-LINES:] if begins is None else lines[begins:begins + LINES]
    return [line[:CHARACTERS] for line in chosen]


def main():
    title, failures, *files = sys.argv[1:]
    good, bad, skipped = [], [], []
    kinds = {"OK": good, "EXPECTEDFAIL": good, "SKIP": skipped}
    for path in filter(os.path.exists, files):  # a runner that was ended early may have written none
        for line in open(path, encoding="utf-8", errors="replace"):
            test = json.loads(line)
            kinds.get(test["result"], bad).append((test["name"].split(" / ")[-1], test.get("stdout", "") + test.get("stderr", "")))
    print(len(good), len(bad), len(skipped))
    for name, said in skipped:
        print(f"        skip  {name}: {(said.strip().splitlines() or ['it does not say why'])[-1]}")
    with open(failures, "a", encoding="utf-8", errors="replace") as file:
        for name, said in bad:
            print(f"FAIL  {title}: {name}", *last_lines(said), sep="\n        ", file=file)


if __name__ == "__main__":
    main()
