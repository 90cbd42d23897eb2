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
        (self.directory / "sub" / "front.jpg").mkdir()
        self.assertIn("Is a directory", self.camctl("snapshot", "front", "-o", self.directory / "sub", expect=1).err)
        self.assertEqual(sorted(os.listdir(self.directory)), ["camd.sock", "sub"])

    def test_a_file_of_another_kind_is_refused(self):
        """x.gif got a JPEG without a word."""
        self.make_segments()
        for name in ("x.gif", "x.jpgg", "x.png.bmp", "a.jpg/x.webp"):
            error = self.camctl("snapshot", "front", "-o", self.directory / name, expect=2).err
            self.assertIn("camctl makes no pictures of the kind ." + name.rsplit(".", 1)[1], error)
            self.assertIn(".png a PNG", error)
        for words in (("grid", "front"), ("probe", "/dev/null"), ("zone", "front", "0,0", "1,0", "1,1")):
            self.camctl(*words, "-o", self.directory / "x.gif", expect=2)
        self.assertEqual(os.listdir(self.directory), ["camd.sock"])
        for name in ("x.JPG", "x.jpeg", "x", ".hidden"):
            self.camctl("snapshot", "front", "-o", self.directory / name)
            self.check_jpeg((self.directory / name).read_bytes())

    def test_a_file_s_name_need_not_be_text(self):
        """There was no document then."""
        self.make_segments()
        document = self.camctl_json("snapshot", "front", "-o", os.fsencode(self.directory) + b"/\xff.jpg")
        self.assertEqual((document["file"], document["frame_id"]), (f"{self.directory}/?.jpg", 41))

    def test_a_frame_by_its_number(self):
        self.make_segments()
        path = self.directory / "x.jpg"
        self.assertEqual(self.camctl_json("snapshot", "front", "-o", path, "--frame", "41")["frame_id"], 41)
        for number, words in ((40, "frame 40 is gone: there are the frames 41 to 41"), (42, "frame 42 is still to come")):
            self.assertIn(words, self.camctl("snapshot", "front", "-o", path, "--frame", str(number), expect=1).err)
        self.assertIn("what was found in frame 41 is not kept any more",
                      self.camctl("snapshot", "front", "-o", path, "--frame", "41", "--boxes", expect=1).err)

    def test_files_named_after_their_cameras(self):
        self.make_segments()
        for directory in ("sub", "front"):
            (self.directory / directory).mkdir()
        for output, file in (("sub", "sub/front.jpg"), ("sub/", "sub/front.jpg"), ("%n-now.png", "front-now.png"),
                             ("%n/%n.jpg", "front/front.jpg")):  # only the first of them was the name
            document = self.camctl_json("snapshot", "front", "-o", f"{self.directory}/{output}")
            self.assertEqual([picture["file"] for picture in document["pictures"]], [f"{self.directory}/{file}"])
            self.assertTrue((self.directory / file).exists())

    def test_one_dark_camera_does_not_keep_the_others_from_their_files(self):
        self.make_segments()
        self.restart_daemon(match=[{"ok": {"cameras": ["back", "front"]}}])
        document = self.camctl_json("snapshot", "--all", "-o", f"{self.directory}/%n.jpg", "--timeout", "4", expect=1)
        self.assertEqual([picture["camera"] for picture in document["pictures"]], ["front"])
        self.assertIn("back: no picture came in time", document["errors"]["back"]["text"])

    def restart_daemon(self, **answers):
        self.socket = self.directory / "again.sock"
        self.start_daemon({"snapshot": [{"ok": {"prefix": self.prefix, "camera": "front", "width": self.WIDTH,
                                                "height": self.HEIGHT, "generation": 77}}], **answers})

    def test_a_contact_sheet(self):
        self.make_segments()
        cameras = [{"name": "front", "state": "backoff", "reason": "tracker: killed", "capture": {"state": "up"}},
                   {"name": "back", "state": "backoff", "reason": "no route to host", "dark_s": 75, "next_start_ms": 3000},
                   {"name": "yard", "state": "starting", "reason": ""}]
        self.restart_daemon(match=[{"ok": {"cameras": ["back", "front", "yard", "gone"]}}],
                            status=[*({"part": {"camera": camera}} for camera in cameras), {"ok": {}}])
        path = self.directory / "sheet.png"
        document = self.camctl_json("snapshot", "--all", "-o", path, "--stamp", "--ruler")
        self.assertEqual(struct.unpack(">II", path.read_bytes()[16:24]), (document["width"], document["height"]))
        self.assertEqual((document["columns"], document["rows"]), (2, 2))
        self.assertEqual([(tile["camera"], tile["problem"], tile["frame_id"]) for tile in document["cameras"]],
                         [("back", "no route to host", None), ("front", "", 41), ("yard", "starting", None),
                          ("gone", "it was removed meanwhile", None)])
        text = self.camctl("snapshot", "front", "back", "-o", path).out
        self.assertIn("back: no picture: no route to host", text)
        self.assertIn("with 4 cameras, 3 of them dark", text)

    def test_watch_keeps_a_file_fresh_until_a_signal_ends_it(self):
        self.make_segments()
        path = self.directory / "x.jpg"
        watching = subprocess.Popen([self.program, "-s", self.socket, "snapshot", "front", "-o", path, "--watch", "0.05"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            first = self.wait_for_another(path, None)
            with open(f"/dev/shm/{self.prefix}front.ctl", "r+b") as ctl:  # the next frame
                ctl.seek(1024 + 2 * 64)
                ctl.write(struct.pack("<IIQqqqI", 4, 0, 42, 0, time.monotonic_ns(), time.time_ns(), 1))
                ctl.seek(0)
                ctl.write(struct.pack("<I", 2))
            self.wait_for_another(path, first)
        finally:
            watching.terminate()
            out, err = watching.communicate()
        self.assertEqual((out, err), (b"", b""))
        self.check_jpeg(path.read_bytes())
        self.assertEqual(sorted(os.listdir(self.directory)), ["camd.sock", "x.jpg"])

    def wait_for_another(self, path, before):
        """The file is another one than before."""
        deadline = time.monotonic() + 60
        while not path.exists() or path.stat().st_ino == before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return path.stat().st_ino

    def test_watch_ends_at_once_where_waiting_does_not_help(self):
        self.make_segments()
        missing = self.directory / "no" / "x.jpg"
        self.assertIn("cannot be written", self.camctl("snapshot", "front", "-o", missing, "--watch", expect=1).err)
        self.restart_daemon(snapshot=[{"error": {"code": "no_camera", "text": "there is no camera front"}}])
        self.camctl("snapshot", "front", "-o", self.directory / "x.jpg", "--watch", expect=5)

    def test_standard_output_that_is_full_is_called_the_output(self):
        """It was told as "- cannot be written"."""
        self.make_segments()
        with open("/dev/full", "w") as full:
            process = subprocess.run([self.program, "-s", self.socket, "snapshot", "front", "-o", "-"],
                                     stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((process.returncode, process.stderr), (1, "camctl: the output cannot be written: No space left on device\n"))

    def test_watch_ends_when_what_it_writes_is_lost(self):
        """Its own trouble was lost then, as memory: LeakSanitizer tells."""
        self.make_segments()
        self.restart_daemon(snapshot=[{"error": {"code": "failed", "text": "there is no picture"}}])
        with open("/dev/full", "w") as full:
            process = subprocess.run([self.program, "-s", self.socket, "--json", "snapshot", "front", "-o", self.directory / "x.jpg", "--watch", "0.05"],
                                     stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.returncode, 1, process.stderr)
        self.assertTrue(process.stderr.endswith("camctl: the output cannot be written: No space left on device\n"), process.stderr)

    def test_layers_are_drawn(self):
        """Each changes a plain grey picture, for which nothing is asked that is not needed."""
        self.make_segments(boxes=[(4, 4, 30, 30)])
        zone = {"name": "yard", "points": [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}
        mask = {"name": "tree", "kind": "motion", "label": None, "points": [[0, 0], [1, 0], [1, 1]]}
        cell = {"count": 3, "mean": 0.2, "deviation": 0.1}
        self.restart_daemon(zone=[{"ok": {"zones": [zone], "masks": [mask]}}], grid=[{"ok": {"cells": [[cell] * 8] * 8}}])
        seen = set()
        for words in ((), ("--boxes",), ("--zones",), ("--grid",), ("--ruler",), ("--stamp",),
                      ("--boxes", "--zones", "--grid", "--ruler", "--stamp")):
            path = self.directory / "x.png"
            self.camctl("snapshot", "front", "-o", path, *words)
            seen.add(path.read_bytes())
            asked = ["snapshot"] + ["zone"] * ("--zones" in words) + ["grid"] * ("--grid" in words)
            self.assertEqual([self.request()["verb"] for _ in asked], asked)
        self.assertEqual(len(seen), 7)

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


class Zone(SegmentsTest):
    PLACES = {"name": "front", "width": 64, "height": 48, "zones": [{"name": "zone1", "points": [[0, 0], [1, 0], [1, 1]]}],
              "masks": [{"name": "road", "kind": "object", "label": "car", "points": [[0, 0.5], [1, 0.5], [1, 1]]}]}

    def setUp(self):
        super().setUp()
        self.make_segments()
        self.socket = self.directory / "zone.sock"
        self.start_daemon({"zone": [{"ok": self.PLACES}],
                           "snapshot": [{"ok": {"prefix": self.prefix, "camera": "front", "width": 64, "height": 48}}]})

    def test_shows_what_there_is(self):
        self.assertEqual(self.camctl("zone", "front").out,
                         "zone zone1: 0,0 1,0 1,1\nobject mask road for car: 0,0.5 1,0.5 1,1\n")
        self.assertEqual(self.camctl_json("zone", "front"), self.PLACES)

    def test_gives_the_line_for_set(self):
        corners = ["0,0", "63,0", "63,47"]
        self.assertEqual(self.camctl("zone", "front", *corners).out, "camctl set front 'zone.zone2=0,0 1,0 1,1'\n")
        self.assertEqual(self.camctl("zone", "front", *corners, "--size", "127x95").out,
                         "camctl set front 'zone.zone2=0,0 0.5,0 0.5,0.5'\n")
        self.assertEqual(self.camctl("zone", "front", *corners, "--as", "mask.clock").out,
                         "camctl set front 'mask.clock=motion 0,0 1,0 1,1'\n")
        self.assertEqual(self.camctl("zone", "front", "0,0", "64,0", "63,47", "--as", "mask.road=object:dining table").out,
                         "# 1 corner was outside, and is on the edge now\n# takes the place of the mask.road that there is\n"
                         "camctl set front 'mask.road=object:dining table 0,0 1,0 1,1'\n")
        self.assertEqual(self.camctl_json("zone", "front", *corners, "--as", "zone.yard"),
                         {"camera": "front", "key": "zone.yard", "value": "0,0 1,0 1,1", "points": [[0, 0], [1, 0], [1, 1]],
                          "moved": 0, "replaces": False, "command": "camctl set front 'zone.yard=0,0 1,0 1,1'"})
        many = [f"0.{i:02},0.{1000 + i * i}" for i in range(11, 40, 2)]
        self.assertIn(f"'zone.zone2={' '.join(many)}'", self.camctl_terminal("zone", "front", *many, columns=40))  # to be copied

    def test_says_what_is_wrong(self):
        for words, text in ((["0,0", "63,47", "63,0", "0,47"], "the side that begins at corner 1 crosses the one that begins at corner 3"),
                            (["0,0", "63,0", "63,90"], "corner 3, 63,90, is not in the picture, which is 64x48 pixels"),
                            (["0,0", "63,0"], "3 corners at least: these are 2"), (["0,0", "63,0", "63;47"], "63;47: expected a corner"),
                            (["0,0", "20,20", "40,40"], "nothing is inside"), (["0,0", "63,0", "63,47", "--as", "yard"], "expected zone.NAME"),
                            (["0,0", "63,0", "63,47", "--as", "zone.a b"], "expected zone.NAME"),
                            (["0,0", "63,0", "63,47", "--as", "mask.a=all"], "expected motion, object or object:LABEL"),
                            (["0,0", "63,0", "63,47", "--as", "zone.a=motion"], "expected motion, object or object:LABEL")):
            self.assertIn(text, self.camctl("zone", "front", *words, "-o", self.directory / "x.png", expect=2).err)
        self.assertFalse((self.directory / "x.png").exists())

    def test_a_preview(self):
        path = self.directory / "x.png"
        self.camctl("zone", "front", "-o", path)
        before = path.read_bytes()
        self.assertIn("camctl set", self.camctl("zone", "front", "0,0", "40,0", "40,30", "-o", path).out)
        self.assertNotEqual(path.read_bytes(), before)


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
                                "--timeout", "2" if expect else "60", expect=expect)

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
        self.camctl("snapshot", "front", "--object", "17", "-o", f"{self.directory}/%n-17.jpg")
        self.assertEqual((self.directory / "front-17.jpg").read_bytes(), self.jpeg)

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
        for words in (["--crop"], ["--object", "17", "--boxes"], ["--object", "x"], ["--object", "0"], ["--object", "-3"],
                      ["--object", "17", "--zones"], ["--object", "17", "--frame", "41"], ["--object", "17", "--watch"],
                      ["--frame", "41", "--watch"], ["back", "--object", "17"], ["back", "--frame", "41"]):
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
