#!/usr/bin/python3
"""camd-replay from outside: a clip made by ffmpeg, detections of a box that moves over it, and everything that can come out.

usage: test_replay.py CAMD-REPLAY
"""
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPLAY = None
FRAMES, RATE = 60, 10


def run(*arguments):
    return subprocess.run([REPLAY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False)


def box_at(frame):
    return 20 + 3 * frame, 60, 40, 90


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("ffmpeg"):
            raise unittest.SkipTest("no ffmpeg")
        cls.directory = Path(tempfile.mkdtemp(prefix="camd-test-replay-"))
        cls.clip = cls.directory / "clip.avi"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=gray:size=320x240:rate={RATE}", "-vf",
                        "drawbox=x='20+3*(n+1)':y=60:w=40:h=90:color=red:t=fill:replace=1".replace("n", "t*10"), "-frames:v",
                        str(FRAMES), "-c:v", "mpeg4", str(cls.clip)], check=True, timeout=60)
        cls.detections = cls.directory / "detections.csv"
        cls.detections.write_text("".join(
            f"{frame},-1,{','.join(map(str, box_at(frame)))},0.95,-1,-1,-1\n" for frame in range(1, FRAMES + 1)
            if frame != 30))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory, ignore_errors=True)

    def refused(self, expected, *arguments, status=1):
        done = run(*arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(expected, done.stderr)
        return done

    def test_tracks(self):
        done = run("--detections", self.detections, "--mot", "-", self.clip)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = [line.split(",") for line in done.stdout.splitlines()]
        self.assertEqual({len(row) for row in rows}, {10})
        self.assertEqual({row[1] for row in rows}, {"1"})
        self.assertEqual([row[7:] for row in rows], [["-1", "-1", "-1"]] * len(rows))
        frames = [int(row[0]) for row in rows]
        self.assertEqual(frames, list(range(1, FRAMES + 1)))  # there from the first on; the gap is bridged
        for row in rows:
            for value, expected in zip(map(float, row[2:6]), box_at(int(row[0]))):
                self.assertLess(abs(value - expected), 12)
        self.assertEqual(run("--detections", self.detections, "--mot", "-", self.clip).stdout, done.stdout)

    def test_a_lower_rate_leaves_pictures_out_and_keeps_their_numbers(self):
        done = run("--fps", "2.5", "--detections", self.detections, "--mot", "-", self.clip)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = [line.split(",") for line in done.stdout.splitlines()]
        self.assertEqual([int(row[0]) for row in rows], list(range(1, FRAMES + 1, 4)))
        self.assertEqual({row[1] for row in rows}, {"1"})
        whole = run("--detections", self.detections, "--mot", "-", self.clip).stdout
        self.assertEqual(run("--fps", "25", "--detections", self.detections, "--mot", "-", self.clip).stdout, whole)
        frames = self.directory / "few"
        self.assertEqual(run("--fps", "1", "--frames", frames, self.clip).returncode, 0)
        self.assertEqual(sorted(path.name for path in frames.iterdir()),
                         [f"{number:06}.jpg" for number in range(1, FRAMES + 1, 10)])
        for wrong in ("0", "-5", "5x", "", "nan", "1e9"):
            self.refused("--fps: expected a number", "--fps", wrong, self.clip, status=2)

    def test_detections_that_begin_nothing_are_told(self):
        low = self.directory / "low.csv"
        low.write_text(self.detections.read_text().replace(",0.95,", ",0.45,"))
        done = run("--detections", low, "--mot", "-", self.clip)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("no detection has a score of 0.70, from which on one begins a track, the highest is 0.45", done.stderr)
        settings = self.directory / "low.ini"
        settings.write_text("[defaults]\nfilter.person.min_score = 0.4\n")
        done = run("-c", settings, "--detections", low, "--mot", "-", self.clip)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotEqual(done.stdout, "")
        settings.write_text("[defaults]\nobjects_track = car\n")
        done = run("-c", settings, "--detections", self.detections, "--mot", "-", self.clip)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("its detections are persons, which objects_track does not name", done.stderr)
        low.write_text("")
        self.assertIn("there is no detection in it", run("--detections", low, "--mot", "-", self.clip).stderr)

    def test_objects_that_are_left_out_are_told(self):
        crowd = self.directory / "crowd.csv"
        crowd.write_text("".join(f"{frame},-1,{place % 20 * 16},{place // 20 * 18},12,15,0.95\n" for frame in range(5, 9)
                                 for place in range(250)))
        done = run("--detections", crowd, "--mot", "-", self.clip)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "camd-replay: in 4 pictures, 5 the first of them, there are more objects than the 128 that "
                         "are followed at a time: up to 122 detections of a picture are left out; a higher min_score or min_area "
                         "of their filter, or an object mask over those that do not matter, leaves fewer\n")

    def test_objects_that_a_result_does_not_show_are_told(self):
        crowd = self.directory / "seventy.csv"
        crowd.write_text("".join(f"{frame},-1,{place % 10 * 30},{place // 10 * 34},20,30,0.95\n" for frame in range(1, 20)
                                 for place in range(70)))
        told = "there are more objects than the 64 that a live result has room for: up to 6 objects are not shown"
        done = run("--detections", crowd, "--mot", "-", self.clip)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len({line.split(",")[1] for line in done.stdout.splitlines()}), 70)
        done = run("--detections", crowd, "--frames", self.directory / "seventy", self.clip)
        self.assertIn(told, done.stderr)

    def test_motion_that_has_no_room_is_told(self):
        clip = self.directory / "dots.avi"  # a hundred of them come and go
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=gray:size=320x240:rate=5", "-vf",
                        "geq=lum='if(gt(N\\,10)*lt(mod(X+3*N\\,32)\\,13)*lt(mod(Y\\,24)\\,10)\\,235\\,128)':cb=128:cr=128",
                        "-frames:v", "30", "-c:v", "mpeg4", "-q:v", "3", str(clip)], check=True, timeout=60)
        settings = self.directory / "dots.ini"
        settings.write_text("[defaults]\nmotion_contour_area = 0\nmotion_ignore_restless = no\nmotion_ignore_light = no\n"
                            "motion_improve_contrast = no\n")
        done = run("-c", settings, clip)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"there are more moving areas than the 64 that a picture has boxes for: up to \d+ of a "
                         r"picture, the smallest ones, are left out; a higher motion_threshold")

    def test_events(self):
        done = run("--detections", self.detections, "--events", "-", self.clip)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([events[0]["phase"], events[-1]["phase"]], ["start", "end"])
        self.assertEqual({(event["event"], event["label"], event["id"]) for event in events}, {("object", "person", 1)})
        self.assertEqual(events[-1]["reason"], "stopped")

    def road(self, name, seconds, rate=25):
        """A grey clip of 640x480, and what a camera 6 m above a road sees on it: shares of the picture of metres."""
        clip = self.directory / f"{name}.avi"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=gray:size=640x480:rate={rate}", "-t",
                        str(seconds), "-c:v", "mpeg4", str(clip)], check=True, timeout=60)

        def seen(x, z, height=6, pitch=0.5, focal=0.9):
            forward = z * math.cos(pitch) + height * math.sin(pitch)
            return (0.5 + focal * x / forward * 480 / 640,
                    0.5 + focal * (height * math.cos(pitch) - z * math.sin(pitch)) / forward)

        return clip, seen

    def test_speed_is_metres_a_second_at_any_rate_in_perspective(self):
        clip, seen = self.road("road", 6)
        corners = " ".join("%.5f,%.5f" % seen(x, z) for x, z in ((-4, 18), (4, 18), (4, 7), (-4, 7)))
        settings = self.directory / "road.ini"
        for name, speed, (x, z), direction in (("away", 1.4, (1, 7.5), 90), ("across", 1.4, (-3.5, 12), 0),
                                               ("aslant", 1.8, (-3.5, 8), 50)):
            random.seed(name)
            boxes = self.directory / "walker.csv"
            with open(boxes, "w", encoding="utf-8") as csv:
                for frame in range(6 * 25):
                    way = speed * frame / 25
                    left, bottom = seen(x + way * math.cos(math.radians(direction)),
                                        z + way * math.sin(math.radians(direction)))
                    width, tall = 30 + random.gauss(0, 1), 80 + random.gauss(0, 1)
                    left, bottom = left * 640 - width / 2, bottom * 480 + random.gauss(0, 0.7)
                    csv.write(f"{frame + 1},-1,{left:.1f},{bottom - tall:.1f},{width:.1f},{tall:.1f},0.95\n")
            settings.write_text(f"[defaults]\nzone.road = {corners}\nzone.road.distances = 8,11,8,11\n"
                                "filter.person.threshold = 0.1\n")
            for rate in (25, 12.5, 5):
                done = run("-c", settings, "--fps", rate, "--detections", boxes, "--events", "-", clip)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                events = [json.loads(line) for line in done.stdout.splitlines()]
                self.assertEqual(events[-1]["phase"], "end", events)
                self.assertLess(abs(events[-1]["average_speed"] / speed - 1), 0.05, (name, rate, events[-1]))
                self.assertLess(abs(events[-1]["speed"] / speed - 1), 0.1, (name, rate, events[-1]))
                self.assertIn(events[-1]["direction"] // 45, {"away": (5, 6), "across": (0, 7), "aslant": (6, 7)}[name])
                self.assertEqual(events[-1]["entered_zones"], ["road"])
        for threshold, zones in ((1.0, ["road"]), (3.0, [])):
            settings.write_text(f"[defaults]\nzone.road = {corners}\nzone.road.distances = 8,11,8,11\n"
                                f"zone.road.speed_threshold = {threshold}\n")
            done = run("-c", settings, "--detections", boxes, "--events", "-", clip)
            self.assertEqual(json.loads(done.stdout.splitlines()[-1])["entered_zones"], zones)
        settings.write_text(f"[defaults]\nzone.road = {corners}\n")
        done = run("-c", settings, "--detections", boxes, "--events", "-", clip)
        for event in map(json.loads, done.stdout.splitlines()):
            self.assertEqual((event["speed"], event["average_speed"], event["direction"]), (None, None, None))

    def test_stationary_objects_end_and_filters_of_zones_hold(self):
        clip, _ = self.road("yard", 12, rate=5)
        boxes, settings = self.directory / "stands.csv", self.directory / "stands.ini"
        boxes.write_text("".join(f"{frame},-1,300,200,50,100,0.95\n" for frame in range(1, 61)))
        common = "[defaults]\nstationary_threshold = 10\nzone.yard = 0,0 1,0 1,1 0,1\n"
        settings.write_text(common + "stationary_max_frames = 20\nzone.yard.filter.person.min_area = 5001\n")
        done = run("-c", settings, "--detections", boxes, "--events", "-", "--mot", self.directory / "stands.mot", clip)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(event["phase"], event["reason"]) for event in (events[0], events[-1])],
                         [("start", ""), ("end", "stationary")])
        self.assertEqual(events[-1]["motionless"], 10 + 20 + 1)  # as the reference counts
        self.assertEqual(events[-1]["entered_zones"], [])
        frames = [int(line.split(",")[0]) for line in (self.directory / "stands.mot").read_text().splitlines()]
        self.assertLess(max(frames), events[-1]["frame_id"])
        self.assertEqual(frames, list(range(1, max(frames) + 1)))
        settings.write_text(common + "stationary_max_frames = 20\nstationary_max_frames.person = none\n"
                            "zone.yard.filter.person.min_area = 5000\n")
        done = run("-c", settings, "--detections", boxes, "--events", "-", clip)
        last = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((last["reason"], last["entered_zones"]), ("stopped", ["yard"]))

    def test_pictures(self):
        frames, video = self.directory / "frames", self.directory / "video.mkv"
        done = run("--detections", self.detections, "--frames", frames, "--video", video, self.clip)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = sorted(path.name for path in frames.iterdir())
        self.assertEqual(names, [f"{number:06}.jpg" for number in range(1, FRAMES + 1)])
        self.assertTrue(all((frames / name).read_bytes().startswith(b"\xff\xd8\xff") for name in names))
        counted = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                                  "stream=nb_read_frames,width,height", "-of", "csv=p=0", str(video)], check=True,
                                 stdout=subprocess.PIPE, text=True, timeout=60).stdout.strip()
        self.assertEqual(counted, f"320,240,{FRAMES}")

    def test_video_of_the_smallest_picture(self):
        """Of so few pixels a rate of bits came out that the encoder counts as none."""
        config = self.directory / "smallest.ini"
        config.write_text("[defaults]\nwidth = 16\nheight = 16\n")
        for kind in "mkv", "avi":
            done = run("-c", config, "--fps", "1", "--video", self.directory / f"smallest.{kind}", self.clip)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_motion_needs_no_detector(self):
        done = run("--mot", "-", self.clip)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_detector_motion(self):
        done = run("--detector", "motion", "--mot", "-", "--events", self.directory / "events", self.clip)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(run("--detector", "motion", "--mot", "-", self.clip).stdout, done.stdout)
        self.refused("there is no detector nobody", "--detector", "nobody", "--mot", "-", self.clip)

    def test_camera_of_a_file(self):
        config = self.directory / "camd.ini"
        config.write_text("[camd]\ncameras_dir = none\n[camera front]\ninput = lavfi:testsrc\nwidth = 160\nheight = 120\n")
        frames = self.directory / "small"
        done = run("-c", config, "--camera", "front", "--frames", frames, self.clip)
        self.assertEqual(done.returncode, 0, done.stderr)
        size = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0",
                               str(frames / "000001.jpg")], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(size.stdout.strip(), "160,120")
        self.refused("there is no [camera back] in it", "-c", config, "--camera", "back", self.clip)
        config.write_text("[camera front]\ninput = lavfi:testsrc\nmotion_threshold = much\n")
        self.refused("motion_threshold", "-c", config, "--camera", "front", self.clip)

    def test_refusals(self):
        bad = self.directory / "bad.csv"
        bad.write_text("1,-1,1,2\n")
        text = self.directory / "text.avi"
        text.write_text("no video")
        self.refused("bad.csv:1: expected", "--detections", bad, "--mot", "-", self.clip)
        self.refused("missing.avi: No such file", "--mot", "-", self.directory / "missing.avi")
        self.refused("text.avi: ", "--mot", "-", text)
        self.refused("record a clip of it first", "--mot", "-", "rtsp://127.0.0.1:1/x")
        self.refused("cannot be written", "--mot", self.directory / "missing" / "mot.csv", self.clip)
        self.refused("the video cannot be made", "--video", self.directory / "video.nothing", self.clip)
        self.refused("cannot be made", "--frames", self.directory / "missing" / "frames", self.clip)
        if os.path.exists("/dev/full"):
            self.refused("cannot be written", "--detections", self.detections, "--mot", "/dev/full", self.clip)

    def test_a_run_that_fails_leaves_the_outputs_of_the_one_before(self):
        kept, bad = self.directory / "kept", self.directory / "bad.csv"
        bad.write_text("1,-1,1,2\n")
        kept.write_text("before")
        before = sorted(self.directory.iterdir())
        self.refused("missing.avi: No such file", "--mot", kept, self.directory / "missing.avi")
        self.refused("bad.csv:1: expected", "--detections", bad, "--events", kept, self.clip)
        self.refused("cannot be written", "--mot", kept, "--events", self.directory / "missing" / "events", self.clip)
        if os.path.exists("/dev/full"):
            self.refused("/dev/full: cannot be written: No space left", "--detections", self.detections, "--mot", kept,
                         "--events", "/dev/full", self.clip)
        self.assertEqual(kept.read_text(), "before")
        self.assertEqual(sorted(self.directory.iterdir()), before)
        self.assertEqual(run("--detections", self.detections, "--mot", kept, self.clip).returncode, 0)
        self.assertTrue(kept.read_text().startswith("1,1,"))
        self.assertEqual(sorted(self.directory.iterdir()), before)

    def test_what_is_read_is_not_written_over(self):
        clip, link = self.clip.read_bytes(), self.directory / "link.avi"
        link.symlink_to(self.clip)
        for option in "--mot", "--events", "--video":
            self.refused("another name", option, self.clip, self.clip, status=2)
            self.refused("another name", option, link, self.clip, status=2)
        self.refused("another name", "--detections", self.detections, "--mot", self.detections, self.clip, status=2)
        link.unlink()
        self.assertEqual(self.clip.read_bytes(), clip)

    def test_usage(self):
        self.refused("usage:", status=2)
        self.refused("usage:", self.clip, self.clip, status=2)
        self.refused("usage:", "--no-such-option", self.clip, status=2)
        self.refused("give it or --detector", "--detections", self.detections, "--detector", "motion", self.clip, status=2)
        self.refused("only one can go to standard output", "--mot", "-", "--events", "-", self.clip, status=2)
        self.refused("a file of its own", "--mot", self.directory / "one", "--events", self.directory / "one", self.clip, status=2)
        self.refused("-c FILE", "--camera", "front", self.clip, status=2)
        self.assertEqual(run("--help").returncode, 0)
        self.assertIn("camd-replay", run("--version").stdout)


if __name__ == "__main__":
    REPLAY = sys.argv.pop(1)
    unittest.main()
