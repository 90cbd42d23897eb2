"""Region grids: learnt from a tracker's samples, published, kept over restarts, whatever the disk does."""
import json
import os
import random
import re
import signal
import struct
import unittest
from pathlib import Path

from harness import (FULL, HERE, MOUNT_PRIVATELY, Camd, CamdTest, descendants, ffmpeg, need_private_mounts, program, still_picture,
                     wait_for)
from segments import Segments

GRID_OFFSET, SIDE = 144, 8
# 404 pixels of a frame of 320x240, in its middle cell
MIDDLE = {"type": "grid_sample", "box": [10, 20, 310, 220], "label": "person"}
MIDDLE_SIZE = 404 / 320
# on a file system of its own, which nobody else sees
MOUNT = 'mount -t tmpfs -o size=64k tmpfs "$0" && eval "$1" && shift && exec "$@"'


def as_float(number):
    """As the segment has it: a float of 32 bits."""
    return struct.unpack("<f", struct.pack("<f", number))[0]


def published(segments):
    """{(x, y): (count, mean, deviation)} of the cells in info that have samples; None while it is written."""
    before, = struct.unpack_from("<I", segments.info, GRID_OFFSET)
    if before == 0 or before % 2 == 1:
        return None
    cells = {}
    for i in range(SIDE * SIDE):
        count, mean, deviation = struct.unpack_from("<Iff", segments.info, GRID_OFFSET + 8 + 16 * i)
        if count:
            cells[i // SIDE, i % SIDE] = (count, mean, deviation)
    return cells if struct.unpack_from("<I", segments.info, GRID_OFFSET)[0] == before else None


class Grid(CamdTest):
    def daemon_with(self, *cameras, **options):
        """A daemon, not started, whose trackers are the test's."""
        daemon = Camd(self, **options)
        self.tracker = self.directory / "tracker"
        if not self.tracker.exists():
            self.tracker.symlink_to(HERE / "sampling_tracker.py")
        for name in cameras:
            self.write_camera(daemon, name)
        return daemon

    def write_camera(self, daemon, name, **settings):
        fifo = self.directory / f"{name}.fifo"
        if not fifo.exists():
            os.mkfifo(fifo)
        daemon.write_camera(name, **{"input": still_picture(), "tracker": self.tracker, "stall_timeout": 600, **settings})

    def send(self, name, *messages):
        """To the camera's tracker, which must run."""
        with open(self.directory / f"{name}.fifo", "w") as fifo:
            for message in messages:
                fifo.write(json.dumps(message) + "\n")

    def grid(self, daemon, name):
        return daemon.ask("grid", name=name)[1]

    def wait_samples(self, daemon, name, samples):
        return wait_for(lambda: (grid := self.grid(daemon, name))["samples"] == samples and grid,
                        f"{name} has {samples} samples")

    def wait_stored(self, daemon, name):
        return wait_for(lambda: self.grid(daemon, name)["stored"], f"the grid of {name} is on the disk")

    def wait_read(self, daemon, name):
        with daemon.control() as control:
            wait_for(lambda: "ok" in control.ask("grid_export", name=name)[1], f"the grid of {name} is read from the disk")

    def wait_published(self, daemon, name, cells):
        with Segments(name, daemon.prefix) as segments:
            wait_for(lambda: published(segments) == cells, f"{name}'s info has {cells}")

    # ---- learning ------------------------------------------------------------------------------------------

    def test_goes_with_a_camera_that_is_renamed(self):
        daemon = self.daemon_with("front").start()
        daemon.wait_state("front", "up")
        self.send("front", *[MIDDLE] * 3)
        wait_for(lambda: daemon.camctl_json("grid", "front")["samples"] == 3, "samples")
        os.mkfifo(self.directory / "gate.fifo")
        daemon.camctl("rename", "front", "gate")
        self.assertEqual(daemon.camctl_json("grid", "gate")["samples"], 3)

    def test_is_learnt_published_and_kept(self):
        daemon = self.daemon_with("front", "back").start()
        for name in ("front", "back"):
            daemon.wait_state(name, "up")
        self.send("front", MIDDLE, MIDDLE)
        grid = self.wait_samples(daemon, "front", 2)
        cell = grid["cells"][4][4]
        self.assertEqual(cell["count"], 2)
        self.assertIn("what was learnt last is not on the disk yet", daemon.camctl("grid", "front").stdout)
        self.assertAlmostEqual(cell["mean"], MIDDLE_SIZE, places=6)
        self.assertAlmostEqual(cell["deviation"], 0.0, places=6)
        known = {(4, 4): (2, as_float(cell["mean"]), as_float(cell["deviation"]))}
        self.wait_published(daemon, "front", known)
        self.wait_published(daemon, "back", {})
        text = daemon.camctl("grid", "front").stdout
        self.assertIn("front: 2 objects in 1 of 64 cells", text)
        self.assertIn("126%", text)
        self.assertEqual(daemon.camctl_json("grid", "front")["cells"], grid["cells"])
        self.assertEqual(self.grid(daemon, "back")["samples"], 0)
        # a stop writes what is not written yet; another size of the picture changes nothing
        daemon.stop()
        self.write_camera(daemon, "front", width=640, height=480)
        daemon.start()
        daemon.wait_state("front", "up")
        self.assertEqual(self.wait_samples(daemon, "front", 2)["cells"], grid["cells"])
        self.wait_published(daemon, "front", known)

    def test_goes_to_another_camd_in_a_file(self):
        """And is kept for a camera that is not there: the other one may come later."""
        daemon = self.daemon_with("front").start()
        daemon.camctl("add", "side", f"input={still_picture()}", "--runtime")
        daemon.wait_state("front", "up")
        self.send("front", *[MIDDLE] * 3)
        cells = self.wait_samples(daemon, "front", 3)["cells"]
        path = self.directory / "front.grid"
        daemon.camctl("grid", "front", "--export", path)
        # over what another camera has, at once
        daemon.camctl("grid", "side", "--import", path)
        self.assertEqual(self.grid(daemon, "side")["cells"], cells)
        cell = cells[4][4]
        self.wait_published(daemon, "side", {(4, 4): (3, as_float(cell["mean"]), as_float(cell["deviation"]))})
        # for one that comes later, of which somebody asks before
        daemon.camctl("grid", "later", "--import", path)
        self.assertEqual(self.grid(daemon, "later")["samples"], 3)
        daemon.camctl("add", "later", f"input={still_picture()}", "--runtime")
        self.assertEqual(self.grid(daemon, "later")["samples"], 3)
        # of one that went
        daemon.camctl("remove", "side", "--keep-grid")
        daemon.camctl("status", "side", expect=5)
        again = self.directory / "again.grid"
        daemon.camctl("grid", "side", "--export", again)
        self.assertEqual(again.read_bytes()[28:], path.read_bytes()[28:])
        daemon.camctl("remove", "later")
        self.assertIn("there is no camera later", daemon.camctl("grid", "later", "--export", again, expect=5).stderr)
        self.refuses_other_files(daemon, path.read_bytes(), cells)
        # over a restart
        daemon.stop()
        daemon.start()
        wait_for(lambda: daemon.camctl("grid", "side", "--export", again, expect=None).returncode == 0, "it is read")
        self.assertEqual(again.read_bytes()[28:], path.read_bytes()[28:])

    def test_that_is_changed_is_answered_when_the_disk_has_it(self):
        """It was answered at once: a power failure brought back what had been cleared."""
        daemon = self.daemon_with("front").start()
        daemon.wait_state("front", "up")
        self.send("front", *[MIDDLE] * 3)
        record = self.wait_samples(daemon, "front", 3) and daemon.ask("grid_export", name="front")[1]["record"]
        go, held = self.directory / "go", self.directory / "held"
        daemon.replace_program("camd-grid", f'[ "$1" = load ] || {{ touch "{held}"; while [ ! -e "{go}" ]; do sleep 0.02; done; }}\nexec "$REAL" "$@"')
        for verb, name, to, left in (("grid_import", "gate", {"record": record}, 3), ("grid_clear", "front", {}, 0),
                                     ("rename", "front", {"to": "yard"}, 0), ("grid_import", "yard", {"record": record}, 3)):
            with daemon.control() as control:
                control.send(verb, name=name, **to)
                wait_for(held.exists, f"{verb} is being written")
                self.assertIn("ok", control.answers_after(go.touch))
            daemon.kill()
            go.touch()
            daemon.start()
            kept = to.get("to", name)
            self.wait_read(daemon, kept)
            self.assertEqual(self.grid(daemon, kept)["samples"], left, verb)
            go.unlink()
            held.unlink()

    def test_that_is_changed_and_not_stored_is_said_to_be_so(self):
        daemon = self.daemon_with("front").start()
        daemon.wait_state("front", "up")
        self.send("front", *[MIDDLE] * 3)
        self.wait_samples(daemon, "front", 3)
        path = self.directory / "front.grid"
        daemon.camctl("grid", "front", "--export", path)
        daemon.replace_program("camd-grid", '[ "$1" = store ] && exit 28\nexec "$REAL" "$@"')
        for option, said in (("--clear",), "cleared"), (("--import", path), "imported"):
            done = daemon.camctl("grid", "front", *option, expect=1)
            self.assertIn(f"the region grid of front is {said}, but that is not on the disk yet: cannot write", done.stderr)
            self.assertIn("No space left on device", done.stderr)
            self.assertIn("it is tried again until camd stops", done.stderr)
        self.assertEqual(self.grid(daemon, "front")["samples"], 3)  # which is here all the same
        daemon.camctl("rename", "front", "gate")
        self.assertIn("not on the disk under this name yet", daemon.camctl("rename", "gate", "front").stdout)

    @unittest.skipUnless(FULL, "takes 8 seconds")
    def test_that_is_changed_while_the_disk_hangs_is_said_to_be_so(self):
        daemon = self.daemon_with("front").start()
        daemon.wait_state("front", "up")
        self.send("front", *[MIDDLE] * 3)
        self.wait_samples(daemon, "front", 3)
        go, held = self.directory / "go", self.directory / "held"
        daemon.replace_program("camd-grid", f'[ "$1" = load ] || {{ touch "{held}"; while [ ! -e "{go}" ]; do sleep 0.02; done; }}\nexec "$REAL" "$@"')
        done = daemon.camctl("grid", "front", "--clear", expect=1)
        self.assertTrue(held.exists())
        self.assertIn("the region grid of front is cleared, but that is not on the disk yet: ", done.stderr)
        self.assertIn("the disk of state_dir does not answer; it is tried again until camd stops", done.stderr)
        self.assertEqual(self.grid(daemon, "front")["samples"], 0)
        go.touch()
        self.wait_stored(daemon, "front")
        daemon.kill()
        daemon.start()
        self.wait_stored(daemon, "front")
        self.assertEqual(self.grid(daemon, "front")["samples"], 0)

    def refuses_other_files(self, daemon, good, cells):
        path = self.directory / "bad.grid"
        for content, text in ((good[:-1], "is damaged: it has 795 bytes instead of 796"), (b"\x89PNG\r\n", "is no region grid"),
                              (b"", "is no region grid"), (good[:300] + b"!" + good[301:], "is damaged: its checksum is not right"),
                              (good[:4] + b"\x02" + good[5:], "is of version 2"), (good[:6] + b"\x10\x10" + good[8:], "has 16x16 cells")):
            path.write_bytes(content)
            self.assertIn(text, daemon.camctl("grid", "front", "--import", path, expect=1).stderr)
        self.assertEqual(self.grid(daemon, "front")["cells"], cells)

    def test_that_is_kept_on_removal_is_one_without_a_camera_at_once(self):
        """So that the days for which it is kept begin then, not at the next start."""
        daemon = self.daemon_with("front").start()
        os.mkfifo(self.directory / "side.fifo")
        daemon.camctl("add", "side", f"input={still_picture()}", f"tracker={self.tracker}")
        daemon.wait_state("side", "up")
        self.send("side", MIDDLE)
        self.wait_samples(daemon, "side", 1)
        daemon.camctl("remove", "side", "--keep-grid")
        daemon.stop()
        stored = (daemon.state_dir / "grids.mdb").read_bytes()
        since = [struct.unpack_from("<q", stored, at + 16)[0] for at in range(len(stored)) if stored.startswith(b"CGRD", at)]
        self.assertTrue(any(since), "seconds of the wall clock")

    def test_is_drawn_over_the_picture(self):
        def rgb(path):
            return ffmpeg("-i", path, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-", output=True)

        daemon = self.daemon_with("front").start()
        daemon.wait_state("front", "up")
        self.send("front", MIDDLE)
        self.wait_samples(daemon, "front", 1)
        plain, drawn = self.directory / "plain.png", self.directory / "grid.png"
        daemon.camctl("snapshot", "front", "-o", plain)
        shown = daemon.camctl_json("grid", "front", "-o", drawn)
        self.assertEqual((shown["camera"], shown["file"], shown["width"], shown["height"], shown["boxes"]),
                         ("front", str(drawn), 320, 240, 1))
        self.assertTrue(drawn.read_bytes().startswith(b"\x89PNG"))
        before, after = rgb(plain), rgb(drawn)
        self.assertEqual(len(before), 320 * 240 * 3)
        # the text of a small picture's cell reaches into the next one
        for y in range(240):
            for x in range(320):
                at = (y * 320 + x) * 3
                if x // 40 == 4 and y // 30 == 4:
                    self.assertNotEqual(before[at:at + 3], after[at:at + 3], (x, y))
                elif x // 40 != 5 or y // 30 != 4:
                    self.assertEqual(before[at:at + 3], after[at:at + 3], (x, y))
        self.assertIn("--output needs a value", daemon.camctl("grid", "front", "-o", "", expect=2).stderr)
        daemon.camctl("grid", "front", "--clear", "-o", drawn, expect=2)

    def test_believes_no_tracker(self):
        daemon = self.daemon_with("front").start()
        daemon.wait_state("front", "up")
        boxes = [[-1, 0, 10, 10], [0, 0, 321, 10], [0, 0, 10, 241], [5, 5, 5, 9], [9, 9, 5, 5], [0, 0, 10], [0, 0, 10, 10, 10],
                 [0.5, 0, 10, 10], ["0", 0, 10, 10], [None] * 4, [2**62, 0, 10, 10], [-(2**62), 0, 10, 10], {}, "box", 7, None, [],
                 [[0, 0, 10, 10]], [True, False, True, True]]
        self.send("front", *[{"type": "grid_sample", "box": box, "label": 7} for box in boxes], {"type": "grid_sample"},
                  {"type": "grid_sample", "box": [0, 0, 320, 240], "label": "x" * 60000, "more": [[[]]]})
        self.wait_samples(daemon, "front", 1)
        self.assertEqual(daemon.camera("front")["tracker"]["restarts"], 0)

    def test_is_cleared_and_removed_at_once(self):
        daemon = self.daemon_with("front", "back").start()
        for name in ("front", "back"):
            daemon.wait_state(name, "up")
            self.send(name, MIDDLE)
            self.wait_samples(daemon, name, 1)
        with Segments("front", daemon.prefix) as segments:
            wait_for(lambda: published(segments), "the sample is published")
            self.assertIn("empty now", daemon.camctl("grid", "front", "--clear").stdout)
            self.assertEqual(published(segments), {}) # at once: no wait
        self.assertEqual(self.grid(daemon, "front")["samples"], 0)
        daemon.camctl("remove", "back")
        self.assertEqual(daemon.camctl("grid", "back", expect=5).returncode, 5)
        self.write_camera(daemon, "back")
        daemon.camctl("reload")
        self.assertEqual(self.grid(daemon, "back")["samples"], 0)
        daemon.stop()
        daemon.start()
        for name in ("front", "back"):
            daemon.wait_state(name, "up")
            self.assertTrue(self.wait_stored(daemon, name))
            self.assertEqual(self.grid(daemon, name)["samples"], 0)

    def test_stays_while_its_camera_is_away(self):
        daemon = self.daemon_with("front", "back").start()
        daemon.wait_state("front", "up")
        self.send("front", MIDDLE)
        self.wait_samples(daemon, "front", 1)
        (daemon.cameras_dir / "front.ini").unlink()
        self.assertEqual(daemon.camctl_json("reload")["removed"], ["front"])
        daemon.stop()
        daemon.start() # away over a start, too
        daemon.wait_state("back", "up")
        self.write_camera(daemon, "front")
        (daemon.cameras_dir / "broken.ini").write_text("[camera broken]\n")
        daemon.camctl("reload", expect=1)
        (daemon.cameras_dir / "broken.ini").unlink()
        daemon.camctl("reload")
        self.wait_samples(daemon, "front", 1)

    # ---- the disk ------------------------------------------------------------------------------------------

    def test_is_kept_though_a_fifo_has_the_database_s_name(self):
        """Its helper waited for the other end, and outlived the daemon."""
        daemon = self.daemon_with("front")
        os.mkfifo(daemon.state_dir / "grids.mdb")
        daemon.start()
        wait_for(lambda: "is not camd's database: set aside" in daemon.log_text(), "it is set aside")
        self.send("front", MIDDLE)
        self.wait_samples(daemon, "front", 1)
        daemon.stop()
        self.assertTrue((daemon.state_dir / "grids.mdb").is_file())

    def test_is_written_again_when_somebody_has_removed_the_database(self):
        """What did not change afterwards was gone with the next start, or, if nothing did, all of it."""
        daemon = self.daemon_with("front", "back").start()
        store = daemon.state_dir / "grids.mdb"
        for name in ("front", "back"):
            daemon.wait_state(name, "up")
            self.send(name, MIDDLE)
            self.wait_samples(daemon, name, 1)
        daemon.stop()
        daemon.start()
        wait_for(lambda: self.grid(daemon, "front")["samples"], "it is read")
        for file in daemon.state_dir.glob("grids.mdb*"):
            file.unlink()
        wait_for(lambda: f"{store} was removed or replaced while camd used it" in daemon.log_text(), "it is noticed at once")
        for name in ("front", "back"):
            self.wait_stored(daemon, name)
        self.assertTrue(store.exists())
        daemon.kill()
        daemon.start()
        for name in ("front", "back"):
            self.wait_samples(daemon, name, 1)
        daemon.stop()
        self.assertEqual(daemon.log_text().count("was removed or replaced"), 1)

    def test_is_written_without_holding_up_the_daemon(self):
        gate = self.directory / "gate"
        entered = Path(f"{gate}.entered")
        os.mkfifo(gate)
        daemon = self.daemon_with("front")
        os.environ["LD_PRELOAD"] = str(next(Path(program("misbehave")).parent.glob("*slow-fsync.so")))
        os.environ["CAMD_TEST_FSYNC_GATE"] = str(gate)
        os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.addCleanup(lambda: [os.environ.pop(name) for name in ("LD_PRELOAD", "CAMD_TEST_FSYNC_GATE")])
        daemon.start()
        daemon.wait_state("front", "up")
        self.send("front", MIDDLE)
        self.wait_samples(daemon, "front", 1)

        def writers():
            return [pid for pid, command in descendants(daemon.pid).items() if "camd-grid store" in command]

        asking = self.enterContext(daemon.control())
        asking.send("grid_clear", name="front") # to be written at once; answered when it is
        # that of events waits for the disk, too, and may do so first
        helper = wait_for(lambda: entered.exists() and writers(), "the helper waits for the disk")
        self.assertEqual(len(helper), 1)
        # what pkill sends to it, too, ended it
        for_camd = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
        wait_for(lambda: all(int(re.search(r"SigIgn:\s*(\w+)", Path(f"/proc/{helper[0]}/status").read_text())[1], 16) >> number - 1 & 1
                             for number in for_camd), "it ignores signals that are meant for camd")
        for number in for_camd:
            os.kill(helper[0], number)
        # the disk answers when we let it: all of this comes before
        self.assertEqual(daemon.camera("front")["state"], "up")
        self.send("front", MIDDLE)
        self.assertFalse(self.wait_samples(daemon, "front", 1)["stored"])
        daemon.wait_frames("front", daemon.camera("front")["frames"] + 3)
        self.assertEqual(writers(), helper)
        # opened for good: nobody waits there any more
        holder = os.open(gate, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, holder)
        os.write(holder, b"x" * 1000)
        wait_for(lambda: helper != writers(), "the helper has written")
        daemon.stop()
        daemon.start()
        self.wait_samples(daemon, "front", 1)

    def test_survives_kill_9_of_the_daemon(self):
        """While it writes; how often it is written is tested in the unit test of the same."""
        chance = random.Random(5)
        daemon = self.daemon_with("front").start()
        samples = 0
        for _ in range(100 if FULL else 4):
            daemon.wait_state("front", "up")
            samples = wait_for(lambda: (grid := self.grid(daemon, "front"))["stored"] and grid, "it is read")["samples"] + 1
            self.send("front", MIDDLE)
            self.wait_samples(daemon, "front", samples)
            # one that is brought in makes it write all that has changed
            with daemon.control() as control:
                control.send("grid_import", name="other", record=control.ask("grid_export", name="front")[1]["ok"]["record"])
                if chance.random() < 0.5:
                    self.wait_stored(daemon, "front")
                workers = descendants(daemon.pid)
                daemon.kill()
            for pid in workers:
                if "camd-grid" in workers[pid] and chance.random() < 0.5:
                    os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in workers), "its workers are gone")
            daemon.start()
            wait_for(lambda: self.grid(daemon, "front")["stored"], "it is read")
            self.assertIn(self.grid(daemon, "front")["samples"], (samples - 1, samples))
            self.assertNotIn("damaged", daemon.log_text())

    def lines_about(self, daemon):
        return [line for line in daemon.log_text().splitlines() if "grids.mdb" in line]

    def test_in_a_database_that_is_no_use_costs_no_camera(self):
        real = self.directory / "real.mdb"
        daemon = self.daemon_with("front").start()
        daemon.wait_state("front", "up")
        self.send("front", MIDDLE)
        self.wait_samples(daemon, "front", 1)
        daemon.stop()
        database = daemon.state_dir / "grids.mdb"
        real.write_bytes(database.read_bytes())
        for content, end in ((b"noise" * 5000, ""), (real.read_bytes()[:9000], "-2"), (b"\0" * 4096, "-3")):
            with self.subTest(len(content)):
                daemon.log.unlink()
                database.write_bytes(content)
                daemon.start()
                daemon.wait_state("front", "up")
                self.wait_stored(daemon, "front")
                lines = self.lines_about(daemon)
                self.assertEqual(len(lines), 1, lines)
                self.assertRegex(lines[0], rf"grids\.mdb .*set aside as .*grids\.mdb\.damaged{end};")
                self.assertEqual((daemon.state_dir / f"grids.mdb.damaged{end}").read_bytes(), content)
                self.send("front", MIDDLE)
                self.wait_samples(daemon, "front", 1)
                daemon.stop()
                daemon.start()
                self.wait_samples(daemon, "front", 1)
                daemon.stop()

    def test_that_cannot_be_written_costs_no_camera(self):
        need_private_mounts()
        read_only = 'mount -o remount,ro "$0"'
        for name, then, reason in (("full", 'cat /dev/zero >"$0/filler" 2>/dev/null; :', "No space"),
                                   ("read-only", read_only, "Read-only"),
                                   ("missing", read_only, "No such file")):
            with self.subTest(name):
                directory = self.directory / f"state-{name}"
                directory.mkdir()
                wrapper = MOUNT_PRIVATELY + ["sh", "-c", MOUNT, str(directory), then]
                daemon = self.daemon_with("front", settings={"state_dir": directory / name if name == "missing" else directory}, wrapper=wrapper).start()
                daemon.wait_state("front", "up")
                self.send("front", MIDDLE)
                self.wait_samples(daemon, "front", 1)
                self.assertIn("cleared, but that is not on the disk yet", daemon.camctl("grid", "front", "--clear", expect=1).stderr)
                problem = wait_for(lambda: self.grid(daemon, "front")["problem"], "it cannot be written")
                self.assertIn(reason, problem)
                self.send("front", MIDDLE)
                self.wait_samples(daemon, "front", 1)
                self.assertIn(f"forgotten when camd stops: {problem}", daemon.camctl("status").stdout)
                self.assertIn(f"not kept when camd stops: {problem}", daemon.camctl("grid", "front").stdout)
                daemon.stop()
                lines = self.lines_about(daemon)
                self.assertEqual(len(lines), 1, lines)
                self.assertRegex(lines[0], rf"error .*{reason}.*state_dir")
