#!/usr/bin/python3
"""How well camd tracks: CLEAR-MOT and IDF1 on sequences with ground truth, which must not become worse.

usage: run.py CAMD-REPLAY [--write] [--keep DIR]

scores.json has the scores reached and, to compare, those of SORT and of the reference on the same detections; and under
"pictures" those reached from pictures alone, of each back-end. A score below the one reached fails; --write writes better ones
down. Skipped (exit status 77) without the sequences, which are not part of the project: CAMD_DATA names their directory
(TUD-Campus, TUD-Stadtmitte, and the model in models); the evaluator is in the directory tools beside it and needs NumPy and SciPy.
They take a minute or two, so that CAMD_TEST_FULL=1 runs most of them; none when camd-replay is built without OpenCV. There is none
of the back-end motion: the sequences are over before it knows the scene.

The back-ends' arithmetic may differ in the last bit from processor to processor, and a score with it: TOLERANCE.
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
TOLERANCE = 2.0
QUICK = ("opencv-dnn", "TUD-Campus")  # is always run
MODEL = DATA / "models" / "nanodet_g.onnx"
FULL = os.environ.get("CAMD_TEST_FULL") == "1"
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


def skipped_run(replay, backend, name):
    """Why a back-end is not evaluated with a sequence, or None."""
    if not FULL and (backend, name) != QUICK:
        return "CAMD_TEST_FULL=1 runs it"
    if backend == "opencv-dnn" and not MODEL.exists():
        return f"no {MODEL}"
    linked = subprocess.run(["ldd", replay], stdout=subprocess.PIPE, text=True, check=True).stdout
    return None if "libopencv" in linked else "camd-replay was built without OpenCV"


def track_pictures(replay, backend, name, result):
    """Without any settings but those that a back-end can't do without."""
    arguments, sequence = ["--detector", backend], DATA / name / f"{name}.mp4"
    if backend == "opencv-dnn":
        configuration = result.with_suffix(".ini")
        configuration.write_text(f"[detector model]\nbackend = opencv-dnn\nmodel = {MODEL}\n"
                                 f"labels = {MODEL.with_name('labels.txt')}\n")
        arguments = ["-c", configuration, "--detector", "model"]
    subprocess.run([replay, *arguments, "--mot", result, sequence], check=True, timeout=1200)


def evaluate_pictures(replay, scores, directory):
    wrong = []
    for backend, sequences in scores.items():
        for name, reached in sequences.items():
            reason = skipped_run(replay, backend, name)
            if reason:
                print(f"{name}, {backend}: skipped: {reason}")
                continue
            result = directory / f"{name}-{backend}.mot"
            track_pictures(replay, backend, name, result)
            found = evaluate(name, result)
            print(f"{name}, {backend}: " + "  ".join(f"{key} {value}" for key, value in found.items()))
            wrong += [f"{name}, {backend}: {measure} {found[measure]} is below {reached[measure]}, which was reached before"
                      for measure in MEASURES if found[measure] < reached[measure] - TOLERANCE]
            for measure in MEASURES:
                reached[measure] = max(found[measure], reached[measure])
    return wrong


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
    pictures = scores.pop("pictures")
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
        wrong += evaluate_pictures(arguments.replay, pictures, directory)
    scores["pictures"] = pictures
    for line in wrong:
        print(line)
    if arguments.write:
        SCORES.write_text(json.dumps(scores, indent=4) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
