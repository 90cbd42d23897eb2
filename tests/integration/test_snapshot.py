"""Pictures that camctl makes of the slots."""
import json
import os
import signal
import subprocess

from harness import CamdTest, clip, ffmpeg, frame_digests, program, static_pattern, still_picture, wait_for
from segments import digest

WIDTH, HEIGHT = 320, 240


class Stream(CamdTest):
    def test_has_the_camera_s_pictures_as_they_are(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "fps=10")
        stream = subprocess.run(daemon.camctl_command("stream", "front", "--frames", "5"), capture_output=True, timeout=60,
                                check=True).stdout
        header, _, rest = stream.partition(b"\n")
        self.assertEqual(header, b"YUV4MPEG2 W768 H576 F10000:1000 Ip A1:1 C420jpeg")
        frames = [rest[at + 6: at + 6 + 768 * 576 * 3 // 2] for at in range(0, len(rest), 6 + 768 * 576 * 3 // 2)]
        self.assertEqual(len(frames), 5)
        self.assertEqual(len(set(frames)), 5)
        wanted = set(frame_digests(clip()))
        for frame in frames:
            self.assertIn(digest(frame), wanted)

    def test_ends_quietly_when_the_reader_has_had_enough(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={static_pattern('320x240')}", "fps=10")
        with subprocess.Popen(daemon.camctl_command("stream", "front"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as stream:
            self.assertTrue(stream.stdout.read(100).startswith(b"YUV4MPEG2 W320 H240"))
            stream.stdout.close()
            self.assertEqual(stream.wait(60), 0)
            self.assertEqual(stream.stderr.read(), b"")

    def test_says_why_there_is_none(self):
        daemon = self.camd()
        done = daemon.camctl("stream", "nobody", expect=5)
        self.assertIn("nobody", done.stderr)


class Snapshot(CamdTest):
    def rgb(self, *source):
        pixels = ffmpeg(*source, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-", output=True)
        self.assertEqual(len(pixels), WIDTH * HEIGHT * 3)
        return pixels

    def take(self, daemon, *options):
        path = self.directory / "picture.jpg"
        path.unlink(missing_ok=True)
        daemon.camctl("snapshot", "front", "-o", path, *options)
        kind = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", path],
                              capture_output=True, text=True, check=True).stdout.strip()
        self.assertEqual(kind, f"mjpeg,{WIDTH},{HEIGHT}")
        return self.rgb("-i", path)

    def difference(self, a, b):
        return sum(abs(x - y) for x, y in zip(a, b)) / len(a)

    def setUp(self):
        self.daemon = self.camd()
        self.daemon.camctl("add", "front", f"input={static_pattern(f'{WIDTH}x{HEIGHT}')}", "fps=10")
        self.daemon.wait_frames("front", 2)

    def add_still_camera(self):
        """A camera without motion of its own, calibrated: its picture changes only by what is drawn into it."""
        self.daemon.camctl("remove", "front")
        self.daemon.camctl("add", "front", f"input={still_picture(f'{WIDTH}x{HEIGHT}')}", "fps=10")
        self.daemon.wait_camera("front", lambda camera: camera["frames"] > 5 and not camera["calibrating"], "calibrated")

    def test_is_a_jpeg_of_the_picture_in_its_colours(self):
        taken = self.take(self.daemon)
        wanted = self.rgb("-f", "lavfi", "-i", f"smptebars=size={WIDTH}x{HEIGHT}")
        self.assertLess(self.difference(taken, wanted), 4, "mean difference of a colour value")

    def test_shows_the_motion_boxes_on_request(self):
        self.add_still_camera()
        plain = self.take(self.daemon)
        self.daemon.camctl("ptz", "front", "moving")  # one box of 10..90 % of the picture
        wait_for(lambda: self.daemon.camera("front")["motion"], "the mount's box")
        boxed = wait_for(lambda: self.boxed(plain), "a picture with a box")
        changed = [abs(a - b) > 40 for a, b in zip(plain, boxed)]

        def share(x1, y1, x2, y2):
            """Share of clearly changed pixels in a rectangle."""
            pixels = [any(changed[(y * WIDTH + x) * 3: (y * WIDTH + x) * 3 + 3]) for y in range(y1, y2) for x in range(x1, x2)]
            return sum(pixels) / len(pixels)

        self.assertGreater(share(28, 60, 36, 180), 0.1, "the box's left side")
        self.assertGreater(share(284, 60, 293, 180), 0.1, "the box's right side")
        self.assertLess(share(60, 60, 260, 180), 0.05, "nothing inside the box")
        self.assertLess(share(0, 0, 320, 15), 0.05, "nothing above the box")
        self.assertLess(self.difference(plain, self.take(self.daemon)), 1, "and none without --boxes")

    def test_boxes_are_drawn_on_the_frame_they_belong_to(self):
        """With a slow detector they were drawn on the newest frame, beside what they were of."""
        def numbers():
            options = (("--boxes",), ())
            return [json.loads(self.daemon.camctl("--json", "snapshot", "front", "-o", self.directory / "p.jpg", *words).stdout)
                    ["frame_id"] for words in options]

        def looked_at_is_older():
            before = self.daemon.camera("front")
            os.kill(before["tracker"]["pid"], signal.SIGSTOP)
            try:
                self.daemon.wait_frames("front", before["frames"] + 4)
                looked_at, newest = numbers()
            finally:
                os.kill(before["tracker"]["pid"], signal.SIGCONT)
            return looked_at <= newest - 2  # a machine so slow that it takes seconds has to try again

        wait_for(looked_at_is_older, "the frame of the boxes")

    def boxed(self, plain):
        taken = self.take(self.daemon, "--boxes")
        return taken if self.difference(plain, taken) > 0.5 else None

    def test_goes_to_standard_output_too(self):
        done = subprocess.run(self.daemon.camctl_command("snapshot", "front", "-o", "-"), capture_output=True, timeout=60, check=True)
        self.assertEqual((done.stdout[:2], done.stdout[-2:]), (b"\xff\xd8", b"\xff\xd9"))

    def test_leaves_an_older_picture_alone_when_it_fails(self):
        path = self.directory / "old.jpg"
        path.write_bytes(b"an older picture")
        self.daemon.camctl("stop", "front")
        self.daemon.wait_state("front", "down")
        self.daemon.camctl("remove", "front")
        self.daemon.camctl("snapshot", "front", "-o", path, expect=5)
        self.assertEqual(path.read_bytes(), b"an older picture")


class Drawn(CamdTest):
    """What is drawn comes from the camd that runs: zones of its configuration, states of its cameras."""

    def pixels(self, path, width, height):
        pixels = ffmpeg("-i", path, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-", output=True)
        self.assertEqual(len(pixels), width * height)
        return pixels

    def test_a_zone_goes_from_a_picture_into_the_file_and_back_into_the_picture(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture(f'{WIDTH}x{HEIGHT}')}", "fps=10")
        path = self.directory / "zones.png"
        corners = ("32,24", "160,24", "160,120", "32,120")
        line = daemon.camctl("zone", "front", *corners, "--as", "zone.yard", "-o", path).stdout
        preview = self.pixels(path, WIDTH, HEIGHT)
        subprocess.run(["sh", "-e", "-c", line.replace("camctl ", f"{program('camctl')} -s {daemon.socket} ", 1)], check=True,
                       capture_output=True, timeout=60)
        zone, = daemon.camctl_json("zone", "front")["zones"]
        self.assertEqual(zone["name"], "yard")
        daemon.camctl("snapshot", "front", "-o", path, "--zones")
        drawn = self.pixels(path, WIDTH, HEIGHT)
        inside, outside = drawn[40 * WIDTH + 60], drawn[200 * WIDTH + 200]
        self.assertNotEqual(inside, outside)
        self.assertGreater(sum(pixel == inside for pixel in drawn), 96 * 128 // 2)
        self.assertEqual(preview[200 * WIDTH + 200], outside)
        frame = daemon.camctl_json("snapshot", "front", "-o", path)["frame_id"]
        self.assertEqual(daemon.camctl_json("snapshot", "front", "-o", path, "--frame", str(frame), "--stamp")["frame_id"], frame)

    def test_a_sheet_says_which_cameras_are_dark_and_why(self):
        daemon = self.camd(cameras={"off": {"input": still_picture(), "enabled": "no"}, "lost": {"input": "/nowhere/clip.mp4"},
                                    "front": {"input": still_picture()}})
        daemon.wait_frames("front", 2)
        daemon.wait_state("lost", "backoff")
        path = self.directory / "sheet.png"
        document = daemon.camctl_json("snapshot", "--all", "-o", path, "--stamp", "--ruler", "--zones")
        tiles = {tile["camera"]: tile for tile in document["cameras"]}
        self.assertEqual(sorted(tiles), ["front", "lost", "off"])
        self.assertEqual((tiles["front"]["state"], tiles["front"]["problem"]), ("up", ""))
        self.assertEqual((tiles["off"]["state"], tiles["off"]["problem"]), ("disabled", "disabled"))
        self.assertIn("No such file", tiles["lost"]["problem"])
        pixels = self.pixels(path, document["width"], document["height"])

        def mean(tile):
            rows = range(tile["y"] + 100, tile["y"] + 200)
            return sum(sum(pixels[y * document["width"] + tile["x"]:][:tile["width"]]) for y in rows) / len(rows) / tile["width"]

        self.assertGreater(mean(tiles["front"]), 2 * mean(tiles["off"]))

    def test_watch_goes_on_when_camd_is_there_again(self):
        daemon = self.camd()
        daemon.write_camera("front", input=still_picture(), fps=10)
        daemon.camctl("reload")
        daemon.wait_frames("front", 2)
        path, said = self.directory / "watched.jpg", self.directory / "said"
        with open(said, "w") as stream:
            watching = self.start_helper(*daemon.camctl_command("snapshot", "front", "-o", path, "--watch", "0.1", "--timeout", "1"),
                                         stdout=stream, stderr=stream)
        wait_for(path.exists, "the first picture")
        daemon.stop()
        wait_for(lambda: "camctl: " in said.read_text(), "that there are no pictures is said")
        before = path.stat().st_ino
        daemon.start()
        wait_for(lambda: path.stat().st_ino != before, "pictures again")
        self.assertEqual(path.read_bytes()[:2], b"\xff\xd8")
        watching.terminate()
        watching.wait(timeout=60)
        self.assertEqual([entry.name for entry in self.directory.glob("watched*")], ["watched.jpg"])
