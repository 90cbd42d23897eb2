#!/usr/bin/python3
"""The program camd-detector, driven as camd and trackers would; written from camd-worker(7) and camd/shm.h.

  test_detector.py CAMD-DETECTOR
"""
import json
import mmap
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

try:
    import make_models
except ImportError as problem:
    make_models = None
    no_models = f"{problem} (Debian: python3-onnx)"

PROGRAM = sys.argv[1]
WAIT = 60  # seconds, for what comes at once on an idle machine
BLOCK, REQUESTS, REQUEST, ANSWER, ROWS = 16384, 4, 128, 1600, 64
FREE, POSTED = 0, 1
EINVAL = 22
HOG = {"backend": "opencv-hog", "width": 160, "height": 160, "labels": ["person"]}


class Camera:
    """One camera's segments, with the test as its tracker."""

    def __init__(self, name, width, height):
        self.name, self.width, self.height, self.last_id = name, width, height, 0
        self.tensor = width * height * 3
        self.files = {"in": BLOCK + REQUESTS * self.tensor, "out": REQUESTS * ANSWER, "ctl": 3 * BLOCK}
        self.fds = {part: os.memfd_create(part) for part in self.files}
        for part, size in self.files.items():
            os.ftruncate(self.fds[part], size)
        self.maps = {part: mmap.mmap(self.fds[part], size) for part, size in self.files.items()}
        self.answer_event = os.eventfd(0, os.EFD_NONBLOCK)
        struct.pack_into("=I", self.maps["in"], 0, self.tensor)

    def close(self):
        for mapped in self.maps.values():
            mapped.close()
        for fd in (*self.fds.values(), self.answer_event):
            os.close(fd)

    def post(self, entry, request_event, value=114, width=None):
        """Returns the request's id."""
        self.last_id += 1
        at = 64 + entry * REQUEST
        start = BLOCK + entry * self.tensor
        self.maps["in"][start:start + self.tensor] = bytes([value]) * self.tensor
        struct.pack_into("=QQ4iIIq", self.maps["in"], at + 8, self.last_id, 1, 0, 0, self.width, self.height,
                         width or self.width, self.height, time.monotonic_ns())
        struct.pack_into("=I", self.maps["in"], at, POSTED)
        os.eventfd_write(request_event, 1)
        return self.last_id

    def answer(self, entry, request_id):
        """(status, rows) once the request has its answer; the entry is free then."""
        until = time.monotonic() + WAIT
        while struct.unpack_from("=Q", self.maps["out"], entry * ANSWER)[0] != request_id:
            if time.monotonic() > until:
                raise AssertionError(f"no answer to request {request_id} of {self.name}")
            select.select([self.answer_event], [], [], .2)
            try:
                os.eventfd_read(self.answer_event)
            except BlockingIOError:
                pass
        _, status, count = struct.unpack_from("=IiI", self.maps["out"], entry * ANSWER + 8)
        rows = [struct.unpack_from("=6f", self.maps["out"], entry * ANSWER + 64 + i * 24) for i in range(count)]
        struct.pack_into("=I", self.maps["in"], 64 + entry * REQUEST, FREE)
        return status, rows


class Detector(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.settimeout(WAIT)
        self.request_event = os.eventfd(0, os.EFD_NONBLOCK)
        self.log = tempfile.TemporaryFile()
        # the channel is descriptor 3
        self.process = subprocess.Popen(["/bin/sh", "-c", 'exec "$0" 3<&%d %d<&-' % (theirs.fileno(), theirs.fileno()),
                                         PROGRAM] if theirs.fileno() != 3 else [PROGRAM],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        pass_fds=[theirs.fileno()])
        theirs.close()
        self.addCleanup(self.clean_up)

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.channel.close()
        os.close(self.request_event)
        self.log.seek(0)
        text = self.log.read().decode(errors="replace")
        self.log.close()
        self.assertNotIn("runtime error", text)
        self.assertNotIn("Sanitizer", text)

    def camera(self, name, width=160, height=160):
        camera = Camera(name, width, height)
        self.addCleanup(camera.close)
        return camera

    def send(self, message, fds=()):
        socket.send_fds(self.channel, [json.dumps(message).encode()], list(fds))

    def hello(self, config):
        self.send({"type": "hello", "abi": [1, 0], "worker": "detector", "detector": "people", "config": config})

    def expect(self, kind):
        message = json.loads(self.channel.recv(65536))
        self.assertEqual(message["type"], kind, message)
        return message

    def attach(self, camera):
        names = ["in", "out", "ctl", "request_event", "answer_event"]
        fds = [*camera.fds.values(), self.request_event, camera.answer_event]
        self.send({"type": "attach", "camera": camera.name, "generation": 7, "width": camera.width,
                   "height": camera.height, "fds": names}, fds)

    def assert_ends(self, code):
        self.assertEqual(self.process.wait(WAIT), code)

    def refused(self, config, class_, *said):
        self.hello(config)
        error = self.expect("error")
        self.assertEqual((error["stage"], error["class"]), ("detect", class_))
        for words in said:
            self.assertIn(words, error["text"])
        self.assertIn("camctl check", error["hint"])
        self.assert_ends(1)


class Serving(Detector):
    def start(self):
        self.hello(HOG)
        self.expect("ready")

    def test_cameras_are_served_until_camd_says_stop(self):
        front, yard = self.camera("front"), self.camera("yard", 192, 160)
        self.hello(HOG)
        self.attach(front)  # while it still loads
        self.expect("ready")
        self.assertEqual(front.answer(0, front.post(0, self.request_event)), (0, []))
        self.attach(yard)
        asked = [(camera, entry, camera.post(entry, self.request_event))
                 for entry in range(REQUESTS) for camera in (front, yard)]
        for camera, entry, request_id in asked:
            self.assertEqual(camera.answer(entry, request_id), (0, []))
        answered, late, errors = struct.unpack_from("=QQQ", front.maps["ctl"], 2 * BLOCK)
        self.assertEqual((answered, late, errors), (1 + REQUESTS, 0, 0))
        sum_ns, *times = struct.unpack_from("=13Q", front.maps["ctl"], 2 * BLOCK + 48)
        self.assertEqual(sum(times), answered)  # each is counted by how long it took
        self.assertGreater(sum_ns, 0)
        self.send({"type": "stop"})
        self.assert_ends(0)

    def test_a_request_that_was_there_before_is_answered(self):
        front = self.camera("front")
        request_id = front.post(3, self.request_event)
        os.eventfd_read(self.request_event)  # a predecessor took the wake-up
        self.start()
        self.attach(front)
        self.assertEqual(front.answer(3, request_id), (0, []))

    def test_a_bad_request_is_answered_with_an_error_and_others_go_on(self):
        front, yard = self.camera("front"), self.camera("yard")
        self.start()
        self.attach(front)
        self.attach(yard)
        self.assertEqual(front.answer(0, front.post(0, self.request_event, width=161)), (-EINVAL, []))
        os.ftruncate(front.fds["ctl"], 0)
        request_id = front.post(1, self.request_event)
        self.assertEqual(front.answer(1, request_id), (0, []))
        self.assertEqual(yard.answer(0, yard.post(0, self.request_event)), (0, []))

    def test_an_attach_that_cannot_be_is_reported_and_others_go_on(self):
        front, yard = self.camera("front"), self.camera("yard")
        self.start()
        os.ftruncate(yard.fds["out"], 10)
        self.attach(yard)
        error = self.expect("error")
        self.assertEqual((error["stage"], error["class"]), ("setup", "local"))
        self.assertIn("camera yard cannot be served", error["text"])
        self.attach(front)
        self.assertEqual(front.answer(0, front.post(0, self.request_event)), (0, []))
        self.send({"type": "detach", "camera": "front"})
        self.send({"type": "detach", "camera": "nobody"})
        self.send({"type": "stop"})
        self.assert_ends(0)

    def test_camds_end_is_its_end(self):
        self.start()
        self.channel.close()
        self.assert_ends(1)

    def test_sigterm_is_stop(self):
        self.start()
        self.process.send_signal(signal.SIGTERM)
        self.assert_ends(0)


class Refusing(Detector):
    def test_a_missing_model(self):
        self.refused({"backend": "opencv-dnn", "width": 64, "height": 64, "model": "/no/such/model.onnx"}, "not_found",
                     "/no/such/model.onnx cannot be opened: No such file or directory")

    def test_no_model(self):
        self.refused({"backend": "opencv-dnn", "width": 64, "height": 64}, "format", "needs a model")

    def test_what_is_no_model(self):
        path = Path(self.directory.name) / "model.onnx"
        path.write_bytes(b"GIF89a")
        self.refused({"backend": "opencv-dnn", "width": 64, "height": 64, "model": str(path)}, "format",
                     f"{path} (6 bytes) is no ONNX model")

    def test_an_unknown_back_end(self):
        self.refused({"backend": "tarot", "width": 64, "height": 64}, "format", 'there is no "tarot"')

    def test_bad_settings(self):
        self.refused({"backend": "opencv-hog", "width": 64, "height": 64, "threads": 0}, "format",
                     "threads: expected a whole number from 1 to 64")

    def test_too_many_labels_for_people(self):
        self.refused({**HOG, "labels": ["person", "dog"]}, "format", "one class")


@unittest.skipIf(make_models is None, "" if make_models else no_models)
class Models(Detector):
    def setUp(self):
        super().setUp()
        self.path = Path(self.directory.name) / "model.onnx"
        output = make_models.yolo_v8(3, boxes=[(4, (32, 16, 16, 32), 1, .9)])
        make_models.constant_model(self.path, [output])
        self.config = {"backend": "opencv-dnn", "width": 64, "height": 64, "model": str(self.path),
                       "labels": ["a", "b", "c"]}

    def test_rows_are_of_the_region(self):
        front = self.camera("front", 64, 64)
        self.hello(self.config)
        self.attach(front)
        self.expect("ready")
        status, rows = front.answer(1, front.post(1, self.request_event))
        self.assertEqual((status, len(rows)), (0, 1))
        for value, expected in zip(rows[0], (1, .9, 0, .375, .5, .625)):
            self.assertAlmostEqual(value, expected, places=5)

    def test_another_number_of_labels(self):
        self.refused({**self.config, "labels": ["a", "b"]}, "format", "3 classes, but there are 2 labels")

    def test_new_settings_are_used_and_bad_ones_are_not(self):
        front = self.camera("front", 64, 64)
        self.hello(self.config)
        self.attach(front)
        self.expect("ready")
        self.send({"type": "config", "config": {**self.config, "score_threshold": .95}})
        self.expect("ready")
        self.assertEqual(front.answer(0, front.post(0, self.request_event)), (0, []))
        self.send({"type": "config", "config": {**self.config, "labels": ["a"]}})
        self.expect("error")
        self.assertEqual(front.answer(0, front.post(0, self.request_event)), (0, []))
        self.send({"type": "config", "config": self.config})
        self.expect("ready")
        self.assertEqual(len(front.answer(0, front.post(0, self.request_event))[1]), 1)

    def test_pictures_of_a_size_that_the_model_does_not_take_are_errors(self):
        front = self.camera("front", 100, 100)
        self.hello({**self.config, "model": str(self.fixed())})
        self.attach(front)
        self.expect("ready")
        status, rows = front.answer(0, front.post(0, self.request_event))
        self.assertLess(status, 0)
        self.assertEqual(rows, [])

    def fixed(self):
        """As NanoDet: an output of 8x8 cells, which an input of 100x100 is not a multiple of."""
        path = Path(self.directory.name) / "fixed.onnx"
        make_models.constant_model(path, [[[[[0.0] * 8] * 8] * 7]])
        return path


if __name__ == "__main__":
    result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2).result
    sys.exit(0 if result.wasSuccessful() else 1)
