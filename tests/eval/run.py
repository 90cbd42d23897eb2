#!/usr/bin/python3
"""How well camd tracks: MOTA, IDF1 and HOTA against ground truth, at several frame rates, which must not become worse.

usage: run.py CAMD-REPLAY [--write] [--table] [--keep DIR]

scores.json has the scores reached; one below fails, --write writes better ones down. What is tracked:
  given     two sequences of MOTChallenge with the detections that SORT's authors published, and SORT, as sort.py has it from its
            paper, on the same detections at the same rate: with the age of the paper and, measure by measure, with the best of
            several; camd has to be above both. At the full rate also above what others reached (scores.json, "others").
  perfect   ground truth as detections: nearly perfect tracks have to come out.
  rough     detections made from ground truth, good to poor (rough.py), which nothing was tuned to. They are many, and what makes
            one better makes another worse: TOLERANCE.
  empty     scenes without anybody (empty.py: light, weather, noise, a camera that shakes), by what moves: no object may come of it.
  peopled   some of them with somebody who walks through.
  pictures  the sequences from pictures alone, with each back-end. They take a minute or two, so that CAMD_TEST_FULL=1 runs most of
            them; none when camd-replay is built without OpenCV. The back-ends' arithmetic may differ in the last bit from
            processor to processor, and a score with it: TOLERANCE.
Lower rates: camd-replay --fps leaves pictures out, and the truth of those pictures is left out as well. --table prints the table
of the README. The sequences are not part of the project: CAMD_DATA names their directory (TUD-Campus, TUD-Stadtmitte, and the
model in models); without them scenes that are made up (scenes.py) are all there is. Skipped (exit status 77) without NumPy and
SciPy.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

try:
    import measures
    import sort
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-numpy, python3-scipy)")
    sys.exit(77)
import empty
import rough
import scenes

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("CAMD_DATA", HERE.parents[2] / "shared" / "data"))
SCORES = HERE / "scores.json"
RATES = (25, 12.5, 5)
AGES = (1, 2, 3, 5, 8, 12, 25, 50)  # frames; SORT's best of these
PERFECT = 97.0                      # what perfect detections have to reach at the full rate
TOLERANCE = 2.0                     # of scores from pictures and from rough detections
QUICK = ("opencv-dnn", "TUD-Campus")  # is always run
MODEL = DATA / "models" / "nanodet_g.onnx"
FULL = os.environ.get("CAMD_TEST_FULL") == "1"
# Sanitizers change no score: of many scenes of a kind a few show them the code.
SOME = slice(None, None, 5 if "CAMD_TEST_SLOWNESS" in os.environ else 1)


@dataclass
class Sequence:
    name: str
    clip: Path
    truth: dict
    visible: dict  # the part of each box that can be seen, by (frame, number)
    hidden: dict   # boxes that nobody can see: they neither have to be found nor are wrong
    frames: int
    size: tuple
    given: Path = None


def visible_parts(truth):
    return {(frame, number): scenes.visible_part(box, [other for one, other in rows if one != number], ())
            for frame, rows in truth.items() for number, box in rows}


def recorded_sequence(name):
    directory = DATA / name
    facts = dict(line.split("=") for line in (directory / "seqinfo.ini").read_text().splitlines() if "=" in line)
    truth = measures.read(directory / "gt.txt", confidence=1)
    return Sequence(name, directory / f"{name}.mp4", truth, visible_parts(truth), {}, int(facts["seqLength"]),
                    (int(facts["imWidth"]), int(facts["imHeight"])), directory / "det_sort_frcnn.txt")


def made_sequence(scene, directory):
    clip = directory / f"{scene.name}.y4m"
    scenes.draw(scene, clip)
    truth, visible, hidden = scenes.truth_of(scene)
    return Sequence(scene.name, clip, truth, visible, hidden, len(scene.boxes()), (scenes.WIDTH, scenes.HEIGHT))


def thin(frames, rate):
    """Every n-th frame, numbered from 1."""
    every = round(scenes.RATE / rate)
    return {(frame - 1) // every + 1: rows for frame, rows in frames.items() if (frame - 1) % every == 0}


def without_hidden(result, truth, hidden):
    """The result without boxes of who cannot be seen, unless they are of somebody who can."""
    def is_of(box, rows):
        return bool(rows) and measures.overlaps([box], [other for _, other in rows]).max() >= measures.SAME
    return {frame: [(number, box) for number, box in rows
                    if is_of(box, truth.get(frame)) or not is_of(box, hidden.get(frame))] for frame, rows in result.items()}


def write_detections(path, found):
    path.write_text("".join(f"{frame},-1,{','.join(f'{value:.3f}' for value in box)},{score:.4f},-1,-1,-1\n"
                            for frame, rows in sorted(found.items()) for box, score in rows))


class Evaluation:
    """Runs, compares and collects: what was reached, and what is wrong, in words."""

    def __init__(self, replay, scores, directory):
        self.replay, self.scores, self.directory = replay, scores, directory
        self.wrong, self.reached, self.table = [], {}, []

    def track(self, sequence, detections, rate, name):
        result = self.directory / f"{sequence.name}-{name}-{rate}.mot"
        subprocess.run([self.replay, "--fps", str(rate), "--detections", detections, "--mot", result, sequence.clip], check=True,
                       timeout=300)
        return result

    def score(self, sequence, detections, rate, name):
        """Tracks, scores, and compares with what was reached before."""
        result = self.track(sequence, detections, rate, name)
        tracks = without_hidden(measures.read(result), sequence.truth, sequence.hidden)
        found = measures.evaluate(thin(sequence.truth, rate), thin(tracks, rate))
        kind = name.split("-", maxsplit=1)[0]
        self.note(found, kind, f"{sequence.name} {name} {rate}", TOLERANCE if kind == "rough" else 0.0)
        return result, found

    def note(self, found, kind, key, tolerance=0.0):
        print(f"{key}: " + "  ".join(f"{measure} {value}" for measure, value in found.items()))
        before = self.scores.get(kind, {}).get(key, {})
        self.wrong += [f"{key}: {measure} {found[measure]} is below {before[measure]}, which was reached before"
                       for measure in before if found[measure] < before[measure] - tolerance]
        self.reached.setdefault(kind, {})[key] = {measure: max(found[measure], before.get(measure, found[measure]))
                                                  for measure in measures.NAMES}

    def compare(self, found, other, key, name):
        self.wrong += [f"{key}: {measure} {found[measure]} is not above {name}'s {other[measure]}"
                       for measure in ("MOTA", "IDF1") if measure in other and found[measure] <= other[measure]]

    def sort_scores(self, sequence, rate):
        """With the published age, and the best of each measure."""
        boxes = {}
        for frame, rows in thin(measures.read(sequence.given), rate).items():
            boxes[frame] = [box for _, box in rows]
        truth, frames = thin(sequence.truth, rate), len(range(0, sequence.frames, round(scenes.RATE / rate)))
        scores = {}
        for age in AGES:
            result = {}
            for frame, number, *box in sort.track(boxes, frames, age):
                result.setdefault(frame, []).append((number, tuple(box)))
            scores[age] = measures.evaluate(truth, result)
        best = {measure: max(score[measure] for score in scores.values()) for measure in measures.NAMES}
        return scores[sort.AGE_PUBLISHED], best

    def given(self, sequence):
        for rate in RATES:
            result, found = self.score(sequence, sequence.given, rate, "given")
            again = self.track(sequence, sequence.given, rate, "given-again")
            key = f"{sequence.name} given {rate}"
            if result.read_bytes() != again.read_bytes():
                self.wrong.append(f"{key}: two runs gave different tracks")
            published, best = self.sort_scores(sequence, rate)
            self.compare(found, published, key, "SORT")
            self.compare(found, best, key, f"SORT at its best age of {AGES}")
            if rate == RATES[0]:
                for name, other in self.scores["others"][sequence.name].items():
                    self.compare(found, other, key, name)
            self.table.append((sequence.name, rate, found, published, best))

    def perfect(self, sequence):
        path = self.directory / f"{sequence.name}-perfect.txt"
        write_detections(path, {frame: [(box, 1.0) for _, box in rows] for frame, rows in sequence.truth.items()})
        for rate in RATES:
            _, found = self.score(sequence, path, rate, "perfect")
            if rate == RATES[0]:
                self.wrong += [f"{sequence.name}: perfect detections give {measure} {found[measure]}, not above {PERFECT}"
                               for measure in ("MOTA", "IDF1") if found[measure] <= PERFECT]

    def rough(self, sequence):
        for level in rough.LEVELS:
            path = self.directory / f"{sequence.name}-{level}.txt"
            write_detections(path, rough.detections(sequence.truth, sequence.visible, sequence.frames, scenes.RATE,
                                                    sequence.size, level, sequence.name))
            for rate in RATES:
                self.score(sequence, path, rate, f"rough-{level}")

    def peopled(self, scene):
        """Somebody walks through such a scene."""
        name = scene.__name__
        clip, result = self.directory / f"{name}-peopled.y4m", self.directory / f"{name}-peopled.mot"
        empty.draw(scene, clip, peopled=True)
        self.replay_moving("--mot", result, clip)
        clip.unlink()
        self.note(measures.evaluate(empty.truth(), measures.read(result)), "peopled", f"{name} peopled", TOLERANCE)

    def empty(self, scene):
        name = scene.__name__
        clip, result = self.directory / f"{name}.y4m", self.directory / f"{name}.events"
        empty.draw(scene, clip)
        self.replay_moving("--events", result, clip)
        clip.unlink()
        events = [json.loads(line) for line in result.read_text().splitlines()]
        objects = [event for event in events if event["event"] == "object" and event["phase"] == "start"]
        print(f"{name}, empty: {len(objects)} objects")
        self.wrong += [f"{name}: an object where there is none, in picture {found['frame_id']}: {found['box']}" for found in objects]

    def replay_moving(self, *arguments):
        subprocess.run([self.replay, "--detector", "motion", *arguments], check=True, timeout=300)

    def pictures(self, backend, sequence):
        """Without any settings but those that a back-end cannot do without."""
        key = f"{sequence.name} {backend}"
        reason = self.why_skipped(backend, sequence.name)
        if reason:
            print(f"{key}: skipped: {reason}")
            self.reached.setdefault("pictures", {})[key] = self.scores["pictures"][key]
            return
        arguments, result = ["--detector", backend], self.directory / f"{sequence.name}-{backend}.mot"
        if backend == "opencv-dnn":
            configuration = result.with_suffix(".ini")
            configuration.write_text(f"[detector model]\nbackend = opencv-dnn\nmodel = {MODEL}\n"
                                     f"labels = {MODEL.with_name('labels.txt')}\n")
            arguments = ["-c", configuration, "--detector", "model"]
        subprocess.run([self.replay, *arguments, "--mot", result, sequence.clip], check=True, timeout=1200)
        self.note(measures.evaluate(sequence.truth, measures.read(result)), "pictures", key, TOLERANCE)

    def why_skipped(self, backend, name):
        if not FULL and (backend, name) != QUICK:
            return "CAMD_TEST_FULL=1 runs it"
        if backend == "opencv-dnn" and not MODEL.exists():
            return f"no {MODEL}"
        linked = subprocess.run(["ldd", self.replay], stdout=subprocess.PIPE, text=True, check=True).stdout
        return None if "libopencv" in linked else "camd-replay was built without OpenCV"


def show_table(table):
    def cell(score):
        return "/".join(f"{score[measure]:.1f}" for measure in measures.NAMES)
    print("| MOTA/IDF1/HOTA | frames a second | camd | SORT | SORT, best age |\n|---|---|---|---|---|")
    for name, rate, found, published, best in table:
        print(f"| {name} | {rate} | **{cell(found)}** | {cell(published)} | {cell(best)} |")


def show_scores(scores):
    """JSON with a line for each score."""
    parts = [f"    {json.dumps(kind)}: {{\n" + ",\n".join(f"        {json.dumps(key)}: {json.dumps(score)}"
                                                         for key, score in of_kind.items()) + "\n    }"
             for kind, of_kind in scores.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("replay")
    parser.add_argument("--write", action="store_true", help="write better scores down")
    parser.add_argument("--table", action="store_true", help="print the README's table")
    parser.add_argument("--keep", type=Path, help="leave detections and tracks in this directory")
    arguments = parser.parse_args()

    scores = json.loads(SCORES.read_text())
    with tempfile.TemporaryDirectory(prefix="camd-eval-") as temporary:
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
        evaluation = Evaluation(arguments.replay, scores, arguments.keep or Path(temporary))
        recorded = [recorded_sequence(name) for name in scores["others"] if (DATA / name).exists()]
        if not recorded:
            print(f"no {', no '.join(scores['others'])} in {DATA} (CAMD_DATA names it): scenes that are made up are all there is")
        for sequence in recorded:
            evaluation.given(sequence)
        for sequence in recorded + [made_sequence(scene(), evaluation.directory) for scene in scenes.SCENES]:
            evaluation.perfect(sequence)
            evaluation.rough(sequence)
        for scene in empty.SCENES[SOME]:
            evaluation.empty(scene)
        for scene in empty.PEOPLED[SOME]:
            evaluation.peopled(scene)
        for key in scores["pictures"]:
            name, backend = key.split()
            for sequence in recorded:
                if sequence.name == name:
                    evaluation.pictures(backend, sequence)
    for line in evaluation.wrong:
        print(line)
    if arguments.table:
        show_table(evaluation.table)
    if arguments.write:
        merged = {kind: scores.get(kind, {}) | evaluation.reached.get(kind, {}) for kind in [*scores, *evaluation.reached]}
        SCORES.write_text(show_scores(merged))
    sys.exit(1 if evaluation.wrong else 0)


if __name__ == "__main__":
    main()
