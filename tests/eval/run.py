#!/usr/bin/python3
"""How well camd tracks: CLEAR-MOT and IDF1 on sequences with ground truth, which must not become worse.

usage: run.py CAMD-REPLAY [--write] [--keep DIR]

scores.json has the scores reached and, to compare, those of SORT and of the reference on the same detections. A score below the
one reached fails; --write writes better ones down. Skipped (exit status 77) without the sequences, which are not part of the
project: CAMD_DATA names their directory (TUD-Campus, TUD-Stadtmitte); the evaluator is in the directory tools beside it and
needs NumPy and SciPy.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("CAMD_DATA", HERE.parents[2] / "shared" / "data"))
EVALUATOR = DATA.parent / "tools" / "mot_eval.py"
SCORES = HERE / "scores.json"
MEASURES = ("MOTA", "IDF1")
SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def check_requirements(names):
    for path in [EVALUATOR] + [DATA / name for name in names]:
        if not path.exists():
            skip(f"no {path} (CAMD_DATA names the directory of the sequences)")
    try:
        import numpy  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as error:
        skip(f"{error} (Debian: python3-numpy, python3-scipy)")


def track(replay, name, result):
    sequence = DATA / name
    subprocess.run([replay, "--detections", sequence / "det_sort_frcnn.txt", "--mot", result, sequence / f"{name}.mp4"],
                   check=True, timeout=120)


def evaluate(name, result):
    done = subprocess.run([sys.executable, EVALUATOR, DATA / name / "gt.txt", result, "--json"], check=True,
                          stdout=subprocess.PIPE, timeout=120)
    return json.loads(done.stdout)


def judge(name, found, scores):
    """What is wrong with the scores found, in words."""
    wrong = [f"{name}: {measure} {found[measure]} is below {scores['reached'][measure]}, which was reached before"
             for measure in MEASURES if found[measure] < scores["reached"][measure]]
    for other in ("SORT", "reference"):
        wrong += [f"{name}: {measure} {found[measure]} is not above {other}'s {scores[other][measure]}"
                  for measure in MEASURES if found[measure] <= scores[other][measure]]
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("replay")
    parser.add_argument("--write", action="store_true", help="write better scores down")
    parser.add_argument("--keep", type=Path, help="leave the tracks in this directory")
    arguments = parser.parse_args()

    scores = json.loads(SCORES.read_text())
    check_requirements(scores)
    wrong = []
    with tempfile.TemporaryDirectory(prefix="camd-eval-") as temporary:
        directory = arguments.keep or Path(temporary)
        for name in scores:
            results = [directory / f"{name}.mot", directory / f"{name}-again.mot"]
            for result in results:
                track(arguments.replay, name, result)
            if results[0].read_bytes() != results[1].read_bytes():
                wrong.append(f"{name}: two runs gave different tracks")
            found = evaluate(name, results[0])
            print(f"{name}: " + "  ".join(f"{key} {value}" for key, value in found.items()))
            wrong += judge(name, found, scores[name])
            for measure in MEASURES:
                scores[name]["reached"][measure] = max(found[measure], scores[name]["reached"][measure])
    for line in wrong:
        print(line)
    if arguments.write:
        SCORES.write_text(json.dumps(scores, indent=4) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
