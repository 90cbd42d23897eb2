#!/usr/bin/env python3
"""camctl snapshot, with segments written without the library's help: test_snapshot.py CAMCTL [TEST ...]"""
import os
import pathlib
import resource
import struct
import subprocess
import time

from harness import CamctlTest, main


class Snapshot(CamctlTest):
    WIDTH, HEIGHT, SLOTS, BLOCK = 64, 48, 4, 16384
    FRAME_ID = 41

    def write(self, part, content):
        path = pathlib.Path("/dev/shm") / f"{self.prefix}front.{part}"
        path.write_bytes(content)
        self.addCleanup(path.unlink, missing_ok=True)
        return path

    def make_segments(self, with_frame=True, major=1, boxes=()):
        """A camera's segments by the layout of camd/shm.h, written without its help."""
        self.prefix = f"camctl-test-{os.getpid()}-{self._testMethodName}."[:100]
        size = self.WIDTH * self.HEIGHT * 3 // 2
        now = time.monotonic_ns()
        info = bytearray(4256)
        struct.pack_into("<8sHHIQIIII", info, 0, b"CAMDINFO", major, 0, 1, 77, self.WIDTH, self.HEIGHT, self.SLOTS, size)
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
                                                "height": self.HEIGHT, "generation": 77}}]})

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

if __name__ == "__main__":
    main()
