#!/usr/bin/env python3
"""camctl snapshot, with segments written without the library's help: test_snapshot.py CAMCTL [TEST ...]"""
import os
import pathlib
import resource
import struct
import subprocess
import time

from harness import CamctlTest, main


class SegmentsTest(CamctlTest):
    WIDTH, HEIGHT, SLOTS, BLOCK = 64, 48, 4, 16384
    FRAME_ID = 41

    def write(self, part, content):
        path = pathlib.Path("/dev/shm") / f"{self.prefix}front.{part}"
        path.write_bytes(content)
        self.addCleanup(path.unlink, missing_ok=True)
        return path

    BEST_BYTES = 16 * 1024

    def make_segments(self, with_frame=True, major=1, boxes=(), best=None, events=()):
        """A camera's segments by the layout of camd/shm.h, written without its help."""
        self.prefix = f"camctl-test-{os.getpid()}-{self._testMethodName}."[:100]
        size = self.WIDTH * self.HEIGHT * 3 // 2
        now = time.monotonic_ns()
        info = bytearray(4256)
        struct.pack_into("<8sHHIQIIII", info, 0, b"CAMDINFO", major, 0, 1, 77, self.WIDTH, self.HEIGHT, self.SLOTS, size)
        if best is not None:
            struct.pack_into("<II", info, 104, 4, self.BEST_BYTES)
            self.best = self.write("best", bytes(4 * (128 + self.BEST_BYTES)))
        ctl = bytearray(3 * self.BLOCK)
        if with_frame:
            struct.pack_into("<II", ctl, 0, 1, 1 + 2)  # publish word, newest: slot 2
            struct.pack_into("<IIQqqqI", ctl, 1024 + 2 * 64, 2, 0, self.FRAME_ID, 0, now, time.time_ns(), 1)
        result = bytearray(64 + 8 * 4416)
        if boxes:
            struct.pack_into("<Q", result, 0, 1)  # one result, in its first place
            struct.pack_into("<IIQqqqIIIIII", result, 64, 2, 2, self.FRAME_ID, now, 0, now, 1, 2, 0, len(boxes), 0, 0)
            for i, box in enumerate(boxes):
                struct.pack_into("<4i", result, 64 + 64 + 64 * 48 + 16 * i, *box)
        for slot in range(self.SLOTS):
            self.write(f"frame{slot}", bytes([50 + slot]) * size)
        self.write("ctl", bytes(ctl))
        self.write("result", bytes(result))
        self.info = self.write("info", bytes(info))
        self.start_daemon({"snapshot": [{"ok": {"prefix": self.prefix, "camera": "front", "width": self.WIDTH,
                                                "height": self.HEIGHT, "generation": 77}}],
                           "events": [*({"part": event} for event in events), {"ok": {}}]})


class Snapshot(SegmentsTest):
    def check_jpeg(self, content):
        self.assertEqual(content[:3], b"\xff\xd8\xff")
        self.assertEqual(content[-2:], b"\xff\xd9")
        frame_header = content.index(b"\xff\xc0")
        self.assertEqual(struct.unpack(">HH", content[frame_header + 5:frame_header + 9]), (self.HEIGHT, self.WIDTH))

    def test_into_a_file(self):
        self.make_segments()
        path = self.directory / "x.jpg"
        result = self.camctl("snapshot", "front", "-o", path)
        self.assertEqual(self.request(), {"id": 1, "verb": "snapshot", "name": "front"})
        self.check_jpeg(path.read_bytes())
        self.assertRegex(result.out, rf"^front: 64x48, frame 41, .* old, written to {path}\n$")
        umask = os.umask(0)
        os.umask(umask)
        self.assertEqual(path.stat().st_mode & 0o777, 0o666 & ~umask)
        document = self.camctl_json("snapshot", "front", "-o", path)
        self.assertEqual({key: document[key] for key in ("camera", "file", "frame_id", "width", "height", "boxes", "bytes")},
                         {"camera": "front", "file": str(path), "frame_id": 41, "width": 64, "height": 48, "boxes": 0,
                          "bytes": path.stat().st_size})
        self.assertEqual(sorted(os.listdir(self.directory)), ["camd.sock", "x.jpg"])

    def test_boxes(self):
        self.make_segments(boxes=[(4, 4, 30, 30), (-5, -5, 1000, 1000)])
        path = self.directory / "x.jpg"
        plain = self.camctl_json("snapshot", "front", "-o", path)["bytes"]
        document = self.camctl_json("snapshot", "front", "-o", path, "--boxes", "--quality", "90")
        self.assertEqual(document["boxes"], 2)
        self.assertGreater(document["bytes"], plain)  # a plain grey picture codes to next to nothing

    def test_to_standard_output(self):
        self.make_segments()
        process = subprocess.run([self.program, "-s", self.socket, "snapshot", "front", "-o", "-"], capture_output=True)
        self.assertEqual((process.returncode, process.stderr), (0, b""))
        self.check_jpeg(process.stdout)
        self.assertEqual(self.camctl_json("snapshot", "front", "-o", "-", expect=2)["error"]["code"], "usage")
        self.assertIn("not for a terminal", self.camctl_terminal("snapshot", "front", "-o", "-", expect=2))

    def test_a_failure_leaves_the_old_file(self):
        self.make_segments()
        (self.directory / "sub").mkdir()
        self.assertIn("cannot be written", self.camctl("snapshot", "front", "-o", self.directory / "no" / "x.jpg", expect=1).err)
        self.assertIn("Is a directory", self.camctl("snapshot", "front", "-o", self.directory / "sub", expect=1).err)
        self.assertEqual(sorted(os.listdir(self.directory)), ["camd.sock", "sub"])

    def test_a_disk_that_is_full_leaves_the_old_file(self):
        self.make_segments()
        path = self.directory / "x.jpg"
        path.write_text("old")
        result = self.camctl("snapshot", "front", "-o", path, expect=1, restore_signals=False,  # SIGXFSZ stays ignored
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertIn("cannot be written: File too large", result.err)
        self.assertEqual(path.read_text(), "old")
        self.assertEqual(sorted(os.listdir(self.directory)), ["camd.sock", "x.jpg"])

    def test_devices_are_not_replaced(self):
        self.make_segments()
        fifo = self.directory / "fifo"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.camctl("snapshot", "front", "-o", fifo)
        self.check_jpeg(os.read(reader, 65536))
        os.close(reader)
        self.assertTrue(fifo.is_fifo())

    def test_symbolic_links_are_followed(self):
        self.make_segments()
        real, link = self.directory / "real.jpg", self.directory / "link.jpg"
        real.write_text("old")
        real.chmod(0o640)
        link.symlink_to(real)
        self.camctl("snapshot", "front", "-o", link)
        self.assertTrue(link.is_symlink())
        self.check_jpeg(real.read_bytes())
        self.assertEqual(real.stat().st_mode & 0o777, 0o640)

    def test_no_frame_in_time(self):
        self.make_segments(with_frame=False)
        result = self.camctl("snapshot", "front", "-o", self.directory / "x.jpg", "--timeout", "2", expect=1)
        self.assertIn("no picture came in time", result.err)
        self.assertFalse((self.directory / "x.jpg").exists())

    def test_no_segments(self):
        self.make_segments()
        self.info.unlink()
        self.camctl("snapshot", "front", "-o", self.directory / "x.jpg", expect=1)

    def test_segments_of_another_version(self):
        self.make_segments(major=2)
        self.assertIn("another version", self.camctl("snapshot", "front", "-o", self.directory / "x.jpg", expect=1).err)

    def test_segments_of_wrong_size(self):
        self.make_segments()
        self.info.with_name(f"{self.prefix}front.frame3").write_bytes(b"")
        self.camctl("snapshot", "front", "-o", self.directory / "x.jpg", expect=1)


class Object(SegmentsTest):
    """snapshot --object: a hostile tracker's segment is part of the bargain."""
    ID = 1_700_000_000_000_017
    WIDTH, HEIGHT = 128, 96

    def make_best(self, events=(), **members):
        """A best picture: the frame, from camctl's own hands, with the members of its head changed."""
        self.make_segments(best=True, events=events)
        path = self.directory / "whole.jpg"
        self.camctl("snapshot", "front", "-o", path)
        self.request()
        self.jpeg = path.read_bytes()
        path.unlink()
        self.put(0, **members)

    def put(self, place, **members):
        entry = {"sequence": 2, "object_id": self.ID, "frame_id": 41, "wall_ns": time.time_ns() - 5 * 10**9, "ended_ns": 0,
                 "box": (20, 30, 51, 69), "view": (0, 0, self.WIDTH, self.HEIGHT), "width": self.WIDTH, "height": self.HEIGHT,
                 "jpeg_bytes": len(self.jpeg), "label": 0, "score": 0.75, "worth": 0.5, "jpeg": self.jpeg} | members
        head = struct.pack("<IIQQqq4i4iIIIIff", entry["sequence"], 0, entry["object_id"], entry["frame_id"], entry["wall_ns"],
                           entry["ended_ns"], *entry["box"], *entry["view"], entry["width"], entry["height"],
                           entry["jpeg_bytes"], entry["label"], entry["score"], entry["worth"])
        with open(self.best, "r+b") as file:
            file.seek(place * (128 + self.BEST_BYTES))
            file.write(head.ljust(128, b"\0") + entry["jpeg"])

    def object(self, *words, expect=0, number=None):
        return self.camctl_json("snapshot", "front", "--object", str(number or self.ID), "-o", self.directory / "x.jpg", *words,
                                "--timeout", "2", expect=expect)

    def size_of(self, path):
        content = path.read_bytes()
        at = content.index(b"\xff\xc0")
        height, width = struct.unpack(">HH", content[at + 5:at + 9])
        return width, height

    def test_is_written_as_it_is(self):
        self.make_best()
        document = self.object()
        self.assertEqual((self.directory / "x.jpg").read_bytes(), self.jpeg)
        self.assertEqual({key: document[key] for key in ("camera", "object", "ended", "frame_id", "width", "height", "box", "score")},
                         {"camera": "front", "object": self.ID, "ended": False, "frame_id": 41, "width": self.WIDTH,
                          "height": self.HEIGHT, "box": [20, 30, 52, 70], "score": 0.75})
        self.assertGreaterEqual(document["age_s"], 5)
        result = self.camctl("snapshot", "front", "--object", "17", "-o", self.directory / "y.jpg")  # as events shows it
        self.assertRegex(result.out, rf"^front: object {self.ID}, 128x96 of frame 41, .* old, written to .*y.jpg\n$")

    def test_a_short_number_is_that_of_the_newest(self):
        self.make_best()
        self.put(1, object_id=self.ID + 1_000_000, frame_id=42)
        self.assertEqual(self.object(number=17)["frame_id"], 42)
        self.assertEqual(self.object()["frame_id"], 41)

    def test_crop_leaves_the_object(self):
        self.make_best()
        document = self.object("--crop")  # 32x40, and 3 pixels around it, even
        self.assertEqual((document["width"], document["height"], document["box"]), (40, 48, [4, 4, 36, 44]))
        self.assertEqual(self.size_of(self.directory / "x.jpg"), (40, 48))

    def test_crop_of_a_part_that_was_scaled(self):
        self.make_best()
        small = self.directory / "small.jpg"
        self.camctl("snapshot", "front", "--object", "17", "--crop", "-o", small)
        self.jpeg = small.read_bytes()  # 40x48, which is to show 80x96 of the frame
        self.put(0, view=(40, 0, 120, 96), box=(60, 40, 79, 59), width=40, height=48)
        document = self.object("--crop")  # 10x10 at 10, 20
        self.assertEqual((document["width"], document["height"], document["box"]), (10, 10, [0, 0, 10, 10]))

    def test_a_png_and_standard_output(self):
        self.make_best()
        path = self.directory / "x.png"
        self.camctl("snapshot", "front", "--object", "17", "--crop", "-o", path)
        self.assertEqual(struct.unpack(">II", path.read_bytes()[16:24]), (40, 48))
        process = subprocess.run([self.program, "-s", self.socket, "snapshot", "front", "--object", "17", "-o", "-"],
                                 capture_output=True)
        self.assertEqual((process.stdout, process.stderr), (self.jpeg, b""))

    def test_words_that_do_not_go_together(self):
        self.make_best()
        for words in (["--crop"], ["--object", "17", "--boxes"], ["--object", "x"], ["--object", "0"], ["--object", "-3"]):
            self.camctl("snapshot", "front", "-o", self.directory / "x.jpg", *words, expect=2)

    def refused(self, words, **how):
        error = self.object(expect=1, **how)["error"]["text"]
        self.assertIn(words, error)
        self.assertFalse((self.directory / "x.jpg").exists())

    def test_there_is_no_such_object(self):
        self.make_best()
        self.refused("there is no object 99", number=99)

    def test_what_became_of_it_is_said(self):
        event = {"event": "object", "camera": "front", "id": 1_700_000_000_000_018, "wall_ns": time.time_ns() - 150 * 10**9}
        for number, (last, words) in enumerate((({"phase": "end", "picture": {"state": "kept"}}, "is gone: the object ended 2 min"),
                            ({"phase": "end", "picture": None}, "is gone: the object ended 2 min"),
                            ({"phase": "end", "picture": {"state": "full"}}, "there are more objects than best_pictures"),
                            ({"phase": "update", "picture": {"state": "gone"}}, "its place was needed for a better one"),
                            ({"phase": "update", "picture": {"state": "none"}}, "no picture of object 18 yet"))):
            with self.subTest(words):
                self.socket = self.directory / f"{number}.sock"
                self.make_best(events=[event | {"phase": "start", "picture": {"state": "none"}}, event | last])
                self.refused(words, number=18)

    def test_a_camera_without_best_pictures(self):
        self.make_segments()
        self.refused("front keeps no pictures of objects: its best_pictures is 0")

    def test_one_that_is_written_for_ever(self):
        self.make_best(sequence=3)  # its tracker was killed
        self.refused("is being written all the time")

    def test_a_truncated_segment(self):
        self.make_best()
        os.truncate(self.best, 128 + 10)
        self.refused("is no picture")

    def test_what_is_no_picture_is_not_written(self):
        self.make_best()
        good, cut = self.jpeg, self.jpeg[:len(self.jpeg) // 2]
        for members in ({"jpeg": b"#!/bin/sh\n" + good[10:]}, {"jpeg": cut, "jpeg_bytes": len(cut)}, {"width": 64}, {"height": 8192},
                        {"jpeg_bytes": 2**32 - 1}, {"jpeg_bytes": 0}, {"width": 0}, {"box": (0, 0, 2**31 - 1, 5)},
                        {"view": (5, 5, 5, 5)}, {"view": (-2**31, 0, 8, 8)}):
            with self.subTest(members):
                self.put(0, **members)
                self.refused("is no picture")

    def test_numbers_that_only_the_crop_needs(self):
        """A box that is nowhere in the view."""
        self.make_best()
        small = self.directory / "small.jpg"
        self.camctl("snapshot", "front", "--object", "17", "--crop", "-o", small)
        self.jpeg = small.read_bytes()
        self.put(0, view=(0, 0, 40, 48), box=(100, 80, 110, 90), width=40, height=48)
        self.object()
        (self.directory / "x.jpg").unlink()
        self.assertIn("is no picture", self.object("--crop", expect=1)["error"]["text"])


if __name__ == "__main__":
    main()
