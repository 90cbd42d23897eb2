#!/usr/bin/python3
"""The back-ends on OpenCV with models of the tests' and with the real one, through detect-lines.

  test_backends.py DETECT-LINES DATA

DATA (or CAMD_DATA) holds models/ and vtest.avi. What needs a package or a file that is not there is skipped with a
word; exit status 77 when that is everything.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import make_models
except ImportError as problem:
    make_models = None
    no_models = f"{problem} (Debian: python3-onnx)"

TOOL, DATA = sys.argv[1], Path(os.environ.get("CAMD_DATA", sys.argv[2]))
MODEL, CLIP = DATA / "models" / "nanodet_g.onnx", DATA / "vtest.avi"
needs_onnx = unittest.skipIf(make_models is None, "" if make_models else no_models)
needs_model = unittest.skipUnless(MODEL.exists(), f"no {MODEL.name} (CAMD_DATA)")
needs_clip = unittest.skipUnless(CLIP.exists() and shutil.which("ffmpeg"), "no vtest.avi (CAMD_DATA) or no ffmpeg")
SIDE = 64
RED = bytes([82]) * SIDE * SIDE + bytes([90]) * (SIDE * SIDE // 4) + bytes([240]) * (SIDE * SIDE // 4)


def run(picture, size, backend, model_input, **keys):
    arguments = [TOOL, *map(str, size), backend, *map(str, model_input), *(f"{k}={v}" for k, v in keys.items())]
    return subprocess.run(arguments, input=picture, capture_output=True, timeout=100)


def detect(picture, size, backend, model_input, **keys):
    """[(class, score, (left, top, width, height)), …], the best first"""
    ended = run(picture, size, backend, model_input, **keys)
    assert ended.returncode == 0, ended.stderr.decode()
    rows = [line.split(",") for line in ended.stdout.decode().split()]
    return [(int(row[7]), float(row[6]), tuple(map(float, row[2:6]))) for row in rows]


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0, width) * max(0, height)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


class Made(unittest.TestCase):
    """Models made here, with an input of 64x64."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.path = Path(self.directory.name) / "model.onnx"

    def detect(self, picture=RED, size=(SIDE, SIDE), **keys):
        return detect(picture, size, "opencv-dnn", (SIDE, SIDE), model=self.path, **keys)

    def refused(self, *said, **keys):
        keys.setdefault("model", self.path)
        ended = run(b"", (SIDE, SIDE), "opencv-dnn", (SIDE, SIDE), **keys)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        for words in said:
            self.assertIn(words, ended.stderr.decode())

    def assert_boxes(self, found, expected):
        self.assertEqual([row[0] for row in found], [row[0] for row in expected])
        for (_, score, box), (_, expected_score, expected_box) in zip(found, expected):
            self.assertAlmostEqual(score, expected_score, places=3)
            for a, b in zip(box, expected_box):
                self.assertAlmostEqual(a, b, places=1)

    @needs_onnx
    def test_yolo_v8(self):
        output = make_models.yolo_v8(3, boxes=[(4, (20, 30, 10, 20), 1, .9), (5, (21, 30, 10, 20), 1, .8),
                                               (6, (20, 30, 10, 20), 2, .7), (7, (50, 50, 10, 10), 0, .2)])
        make_models.constant_model(self.path, [output])
        self.assert_boxes(self.detect(), [(1, .9, (15, 20, 10, 20)), (2, .7, (15, 20, 10, 20))])

    @needs_onnx
    def test_yolo_v5(self):
        output = make_models.yolo_v5(3, boxes=[(4, (20, 30, 10, 20), .8, 1, .9), (5, (50, 30, 10, 20), .1, 1, .9)])
        make_models.constant_model(self.path, [output])
        self.assert_boxes(self.detect(), [(1, .72, (15, 20, 10, 20))])

    @needs_onnx
    def test_boxes_are_those_of_a_letterboxed_frame(self):
        """A frame of 128x64 is shown at half its size in the upper half."""
        output = make_models.yolo_v8(3, boxes=[(4, (20, 16, 10, 20), 1, .9), (5, (20, 50, 10, 20), 1, .9)])
        make_models.constant_model(self.path, [output])
        found = self.detect(RED * 2, (2 * SIDE, SIDE))
        self.assert_boxes(found, [(1, .9, (30, 12, 20, 40))])

    @needs_onnx
    def test_yolo_is_given_rgb_from_0_to_1(self):
        """Scores that are the channels' means: red is the first one; and the third, when B, G, R is asked for."""
        output = make_models.yolo_v8(3, boxes=[(4, (20, 30, 10, 20), label, 0) for label in range(3)])
        picks = [(0, (4 + label) * 20 + 4, label, .9) for label in range(3)]
        make_models.constant_model(self.path, [output], picks=picks)
        self.assert_boxes(self.detect(), [(0, .9, (15, 20, 10, 20))])
        self.assert_boxes(self.detect(order="rgb"), [(0, .9, (15, 20, 10, 20))])
        self.assert_boxes(self.detect(order="bgr"), [(2, .9, (15, 20, 10, 20))])

    @needs_onnx
    def test_scores_without_their_sigmoid_are_told(self):
        """They gave no objects, and nobody was told why."""
        output = make_models.yolo_v8(3, boxes=[(4, (20, 30, 10, 20), 1, 3.7), (5, (50, 30, 10, 20), 1, -2.5)])
        make_models.constant_model(self.path, [output])
        ended = run(RED, (SIDE, SIDE), "opencv-dnn", (SIDE, SIDE), model=self.path)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("scores should be 0..1 and go up to 3.7", ended.stderr.decode())

    @needs_onnx
    def test_outputs_of_a_classifier_are_refused(self):
        make_models.constant_model(self.path, [[[.1] * 10]])
        self.refused("1x10 for an input of 64x64", "are not those of a detector")

    @needs_onnx
    def test_two_outputs_of_yolo_are_refused(self):
        output = make_models.yolo_v8(3)
        make_models.constant_model(self.path, [output, output])
        self.refused("1x7x20, 1x7x20", "are not those of a detector")

    def test_a_missing_model_is_refused(self):
        self.refused(f"{self.path} cannot be opened: No such file or directory")

    def test_a_directory_is_refused(self):
        self.refused("cannot be read: Is a directory", model=self.directory.name)

    def test_what_is_no_model_is_refused(self):
        for content in b"", b"#!/bin/sh\necho this is no model\n", b"\x08\x07" + bytes(range(256)):
            self.path.write_bytes(content)
            self.refused(f"({len(content)} bytes) is", "no ONNX model")

    @needs_onnx
    def test_a_truncated_model_is_refused(self):
        make_models.constant_model(self.path, [make_models.yolo_v8(3)])
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[:len(whole) * 2 // 3])
        self.refused("is damaged or cut short")


class Real(unittest.TestCase):
    """The first picture of the clip: three people walk in it, in the open."""

    PEOPLE = (499, 157, 29, 76), (643, 240, 41, 82), (253, 222, 31, 87)

    @classmethod
    def setUpClass(cls):
        cls.picture = None
        if CLIP.exists() and shutil.which("ffmpeg"):
            command = ["ffmpeg", "-v", "error", "-i", str(CLIP), "-frames:v", "1", "-pix_fmt", "yuv420p", "-f",
                       "rawvideo", "-"]
            cls.picture = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout

    def assert_people(self, found, least_overlap):
        sure = [box for label, score, box in found if label == 0 and score >= .5]
        for person in self.PEOPLE:
            self.assertTrue(any(overlap(person, box) >= least_overlap for box in sure), (person, found))
        for box in sure:
            self.assertTrue(any(overlap(person, box) >= least_overlap for person in self.PEOPLE), box)

    @needs_clip
    @needs_model
    def test_nanodet_finds_the_people(self):
        self.assert_people(detect(self.picture, (768, 576), "opencv-dnn", (512, 384), model=MODEL), .7)

    @needs_clip
    @needs_model
    def test_nanodet_takes_rgb_when_told_so(self):
        """Given the wrong way, its scores are lower."""
        right = detect(self.picture, (768, 576), "opencv-dnn", (320, 256), model=MODEL)
        same = detect(self.picture, (768, 576), "opencv-dnn", (320, 256), model=MODEL, order="bgr")
        wrong = detect(self.picture, (768, 576), "opencv-dnn", (320, 256), model=MODEL, order="rgb")
        self.assertEqual(right, same)
        self.assertNotEqual(right, wrong)

    @needs_clip
    def test_hog_finds_the_people(self):
        self.assert_people(detect(self.picture, (768, 576), "opencv-hog", (768, 576)), .5)

    @needs_model
    def test_a_size_that_the_model_cannot_take_is_refused(self):
        ended = run(b"", (SIDE, SIDE), "opencv-dnn", (100, 100), model=MODEL)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("with an input of 100x100", ended.stderr.decode())

    @needs_model
    def test_the_truncated_model_is_refused(self):
        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
            file.write(MODEL.read_bytes()[:10_000_000])
            file.flush()
            ended = run(b"", (SIDE, SIDE), "opencv-dnn", (320, 320), model=file.name)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("(10000000 bytes) is damaged or cut short", ended.stderr.decode())


if __name__ == "__main__":
    result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
    sys.exit(1 if not result.wasSuccessful() else 77 if len(result.skipped) == result.testsRun else 0)
