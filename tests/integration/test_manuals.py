"""The manual pages, taken at their word: their examples are run, and what was written from them alone works."""
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from harness import BUILD, REPOSITORY, SLOWNESS, CamdTest, ffmpeg, is_running, moving_pattern, program, still_picture, wait_for
from segments import Segments

MAN = REPOSITORY / "man"
WORKER = REPOSITORY / "tests" / "integration" / "page_worker.py"
ESCAPES = {r"\e": "\\", r"\(dq": '"', r"\(aq": "'", r"\-": "-", r"\&": "", r"\(ti": "~", r"\(ha": "^"}


def examples(page):
    """The displays below EXAMPLES, as a reader sees them."""
    section = re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh |\Z)", (MAN / page).read_text(), re.M | re.S)
    if not section:
        return []
    found = re.findall(r"^\.Bd .*?-literal.*?\n(.*?)^\.Ed$|^\.Dl (.*?\n)", section[1], re.M | re.S)
    return [re.sub(r"\\(\(..|.)", lambda match: ESCAPES[match[0]], block or line) for block, line in found]


class Source(unittest.TestCase):
    def test_no_quotes_get_lost(self):
        """mdoc takes the quotes of an argument that begins with one: {"a", "b"} was shown as {"a", b}."""
        for page in sorted(MAN.glob("*.[1-8]")):
            for number, line in enumerate(page.read_text().splitlines(), 1):
                if line.startswith((".Li {", ".It Li {")):
                    self.assertNotRegex(line, r' "', f"{page.name}:{number}: write \\(dq instead of the quotes")

    def test_each_word_has_its_own_quotes(self):
        """.Dq takes all of its line: up, down or failed were shown as one word with commas in it."""
        for page in sorted(MAN.glob("*.[1-8]")):
            for number, line in enumerate(page.read_text().splitlines(), 1):
                self.assertNotRegex(line, r"^\.(.* )?(Dq|Sq|Ql|Qq) .* [,;] \w", f"{page.name}:{number}: one line for each word")

    def test_each_option_of_a_verb_is_told_beside_it(self):
        """zone and grid have had --quality without a word in camctl(1)."""
        verbs = re.search(r"^\.Sh VERBS\n(.*?)^\.Sh ", (MAN / "camctl.1").read_text(), re.M | re.S)[1]
        items = re.split(r"^\.It ", verbs, flags=re.M)

        def said(*arguments):
            return subprocess.run([program("camctl"), "help", *arguments], text=True, capture_output=True, check=True).stdout

        for verb in (entry["verb"] for entry in json.loads(said("--json"))["verbs"]):
            text = "".join(item for item in items if re.match(rf"(Xo\n\.)?Ic {verb}\b", item))
            self.assertTrue(text, verb)
            for letter, word in re.findall(r"^  (?:-(\w), |    )--([a-z-]+)", said(verb), re.M):
                self.assertRegex(text, rf"Fl (Fl {word}|{letter or word})\b", f"{verb} --{word}")


class Examples(CamdTest):
    """On a camd of the test's own: paths of an installed one are replaced by its, and the camera by a pattern."""

    def setUp(self):
        self.daemon = self.camd(cameras={"resting": {"input": moving_pattern(), "autostart": "no"}},
                                defaults={"motion_off_delay": 1})
        self.pictures = self.directory / "pictures"
        self.pictures.mkdir()
        self.motion = self.directory / "motion"
        self.motion.mkdir()
        (self.pictures / "url.txt").write_text(still_picture() + "\n")

    def here(self, text):
        for installed, own in (("/run/camd/camd.sock", self.daemon.socket), ("/etc/camd/camd.ini", self.daemon.config),
                               ("/dev/shm/camd.", f"/dev/shm/{self.daemon.prefix}"), ("/srv/motion", self.motion),
                               ("/srv/www", self.pictures)):
            text = text.replace(installed, str(own))
        return re.sub(r"rtsp://\S+", still_picture(), text)

    def environment(self):
        path = f"{program('camctl').parent}:{program('camd').parent}:{program('camd-replay').parent}:{os.environ['PATH']}"
        return dict(os.environ, PATH=path, CAMD_SOCKET=str(self.daemon.socket))

    def run_example(self, text, *command):
        done = subprocess.run([*command, self.here(text)], cwd=self.pictures, env=self.environment(), text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60 * SLOWNESS)
        self.assertEqual((done.returncode, done.stderr), (0, ""), f"{text}\n{done.stdout}")
        return done.stdout

    def motion_makes_a_picture(self):
        """Motion goes on and off, since the example may have missed the first time."""
        moves = self.daemon.camera("front")["motion"]
        self.daemon.camctl("ptz", "front", "stopped" if moves else "moving")
        return (self.motion / "front.jpg").exists()

    def follow_example(self, text, condition, *command):
        """One that goes on until it is interrupted."""
        output = self.directory / "followed"
        with open(output, "w") as stream:
            running = self.start_helper(*command, self.here(text), cwd=self.pictures, env=self.environment(), stdout=stream,
                                        stderr=stream, start_new_session=True)
        wait_for(condition, f"the example works: {text}")
        self.assertIsNone(running.poll(), output.read_text())
        os.killpg(running.pid, 15)
        running.wait(timeout=30)

    def test_commands(self):
        """All that are in camctl(1) and camd(8), one after the other, as somebody would who tries them."""
        followed = 0
        for text in examples("camctl.1") + examples("camd.8"):
            self.assertRegex(text, "camctl|camd ")
            if "--watch" in text:
                followed += 1
                self.follow_example(text, (self.pictures / "cameras.jpg").exists, "sh", "-c")
                continue
            if "-f" in text.split() or "--follow" in text:
                followed += 1
                self.daemon.wait_camera("front", lambda camera: camera["frames"] > 5 and not camera["calibrating"], "calibrated")
                self.follow_example(text, self.motion_makes_a_picture, "sh", "-c")
                continue
            if "input=-" in text:
                self.daemon.camctl("remove", "front")
            said = self.run_example(text, "sh", "-e", "-c")
            if "jq" in text:
                self.assertEqual(said, "resting\n")
        self.assertEqual(followed, 3)
        self.assertEqual((self.pictures / "front.jpg").read_bytes()[:2], b"\xff\xd8")
        self.assertIsNotNone(self.daemon.camera("front"))

    def test_replays(self):
        """All of camd-replay(1)."""
        self.daemon.camctl("add", "front", f"input={moving_pattern()}", "detector=motion", "autostart=no")
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:d=1", "-c:v", "mpeg4", self.pictures / "clip.mp4")
        (self.pictures / "det.txt").write_text("".join(f"{frame},-1,{frame},20,40,80,0.9\n" for frame in range(1, 26)))
        found = examples("camd-replay.1")
        self.assertEqual(len(found), 3)
        for text in found:
            if "opencv" not in text or list(BUILD.glob("src/detector/camd-detector")):
                self.run_example(text, "sh", "-e", "-c")
        self.assertGreater((self.pictures / "seen.mp4").stat().st_size, 1000)
        self.assertEqual((self.pictures / "tracks.txt").read_text().splitlines()[0].split(",")[:2], ["1", "1"])

    def test_configurations(self):
        found = examples("camd.ini.5")
        self.assertGreater(len(found), 1)
        for number, text in enumerate(found):
            path = self.directory / f"example{number}.ini"
            # an installed camd's cameras are none of the example's
            head = f"[camd]\ncameras_dir = {self.daemon.cameras_dir}\n"
            path.write_text(text.replace("[camd]\n", head) if "[camd]" in text else head + text)
            path.chmod(0o600)  # some have passwords
            done = subprocess.run([program("camd"), "-n", "-c", path], text=True, capture_output=True, check=False,
                                  timeout=60 * SLOWNESS)
            self.assertEqual((done.returncode, done.stderr), (0, ""), text)

    def test_control(self):
        shell, client = examples("camd-ipc.7")
        command, *expected = shell.splitlines()
        self.assertTrue(command.startswith("$ "))
        said = self.run_example(command[2:], "sh", "-c").splitlines()
        self.assertEqual([sorted(json.loads(line)) for line in said], [sorted(json.loads(line)) for line in expected])
        self.assertEqual(json.loads(said[1])["ok"]["pid"], self.daemon.pid)

        path = self.pictures / "client.py"
        path.write_text(self.here(client))
        output = self.directory / "client.log"
        with open(output, "w") as stream:
            running = self.start_helper(sys.executable, "-u", path, stdout=stream)
        wait_for(lambda: re.search(r"^resting ", output.read_text(), re.M), "the client shows the camera")
        self.daemon.camctl("add", "other", f"input={moving_pattern()}")
        wait_for(lambda: re.search(r"^20\S+Z other first_frame$", output.read_text(), re.M), "the client shows an event")
        self.assertIsNone(running.poll())
        self.daemon.stop()
        running.wait(timeout=30)  # since the connection was closed

    def test_looking(self):
        self.daemon.camctl("add", "front", f"input={moving_pattern()}")
        brightness = [float(self.run_example(text, sys.executable, "-c")) for text in examples("camd-worker.7")]
        self.assertGreaterEqual(len(brightness), 1)
        for value in brightness:
            self.assertTrue(16 <= value <= 235, value)


class Worker(CamdTest):
    """page_worker.py, a capture that was written from camd-worker(7)."""

    TOP, SIDE = 64, 32
    WIDTH, HEIGHT = 320, 240

    def setUp(self):
        self.daemon = self.camd(cameras={"square": {"input": "square://moving", "capture": WORKER, "fps": 20,
                                                    "motion_off_delay": 1}})

    def square_of(self, pixels, width=WIDTH, height=HEIGHT):
        """Where the square of that picture begins; a picture that is not exactly one of the worker's fails."""
        rows = [pixels[row * width:(row + 1) * width] for row in range(height)]
        left = rows[self.TOP].index(0xE0)
        crossed = b"\x40" * left + b"\xe0" * self.SIDE + b"\x40" * (width - left - self.SIDE)
        self.assertEqual({bytes(row) for row in rows[self.TOP:self.TOP + self.SIDE]}, {crossed})
        self.assertEqual({bytes(row) for row in rows[:self.TOP] + rows[self.TOP + self.SIDE:]}, {b"\x40" * width})
        self.assertEqual(set(pixels[width * height:]), {0x80})
        return left

    def read_whole(self, segments):
        """(frame id, picture) of the newest frame, as camd-worker(7) says under LOOKING AT PICTURES."""
        while True:
            slot = segments.newest_slot()
            word = segments.word("I", 1024 + 64 * slot)
            frame_id = segments.word("Q", 1024 + 64 * slot + 8)
            pixels = segments.frames[slot][:]
            if word % 2 == 0 and segments.word("I", 1024 + 64 * slot) == word:
                return frame_id, pixels

    def test_camd_runs_it_and_every_picture_is_whole(self):
        self.daemon.wait_frames("square", 2)
        camera = self.daemon.camera("square")
        self.assertEqual((camera["width"], camera["height"], camera["stream"]["codec"]), (self.WIDTH, self.HEIGHT, "square"))
        seen = {}
        with Segments("square", self.daemon.prefix) as segments:
            deadline = time.monotonic() + 60 * SLOWNESS
            while len(seen) < 30 and time.monotonic() < deadline:
                frame_id, pixels = self.read_whole(segments)
                if frame_id not in seen:
                    seen[frame_id] = self.square_of(pixels)
        self.assertEqual(len(seen), 30)
        self.assertGreater(len(set(seen.values())), 10)
        self.daemon.wait_camera("square", lambda camera: camera["processed"] > 20 and camera["camera_fps"] > 0, "the tracker works")

    def test_motion_and_snapshot(self):
        wait_for(lambda: any(event["event"] == "motion" and event["active"] for event in self.daemon.events(name="square")),
                 "the tracker sees the square move", timeout=60 * SLOWNESS)
        picture = self.directory / "square.jpg"
        self.daemon.camctl("snapshot", "square", "-o", picture)
        grey = ffmpeg("-i", picture, "-f", "rawvideo", "-pix_fmt", "gray", "-", output=True)
        row = grey[(self.TOP + 16) * self.WIDTH:(self.TOP + 17) * self.WIDTH]
        self.assertEqual(len(grey), self.WIDTH * self.HEIGHT)
        bright = [x for x in range(self.WIDTH) if row[x] > 128]
        self.assertTrue(self.SIDE - 4 <= len(bright) <= self.SIDE + 4, bright)
        self.assertLess(max(grey[:(self.TOP - 16) * self.WIDTH]), 128)

    def test_a_successor_goes_on(self):
        before = self.daemon.wait_frames("square", 3)
        pid = before["capture"]["pid"]
        with Segments("square", self.daemon.prefix) as segments:
            last, _ = self.read_whole(segments)
            epoch = segments.capture_epoch()
            os.kill(pid, 9)
            self.daemon.wait_camera("square", lambda camera: camera["capture"]["state"] == "up" and camera["capture"]["pid"] != pid,
                                    "another one runs")
            wait_for(lambda: segments.capture_epoch() == epoch + 1 and self.read_whole(segments)[0] > last, "frames go on")
            self.square_of(self.read_whole(segments)[1])

    def test_another_size(self):
        self.daemon.wait_frames("square", 2)
        self.daemon.cameras["square"].update(width=640, height=360)
        self.daemon.write_config()
        self.daemon.camctl("reload")
        self.daemon.wait_camera("square", lambda camera: camera["width"] == 640 and camera["state"] == "up", "the new size")
        with Segments("square", self.daemon.prefix) as segments:
            wait_for(lambda: segments.newest_slot() is not None, "a picture")
            self.square_of(self.read_whole(segments)[1], 640, 360)

    def test_it_stops_when_told(self):
        before = self.daemon.wait_frames("square", 2)
        self.daemon.camctl("stop", "square")
        self.assertFalse(is_running(before["capture"]["pid"]))
        last = self.daemon.camera("square")["capture"]["last_exit"]
        # by the message or by the signal, whichever came first, but not by SIGKILL
        self.assertIn((last["kind"], last["code"], last["signal"]), [("exit", 0, 0), ("signal", 0, signal.SIGTERM)])



class SampleConfiguration(CamdTest):
    """etc/camd.ini, which an administrator reads before any page."""

    SAMPLE = REPOSITORY / "etc" / "camd.ini"

    def effective(self, path):
        done = subprocess.run([program("camd"), "-n", "-v", "-c", path], text=True, capture_output=True, check=False,
                              timeout=60 * SLOWNESS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_it_is_without_problems_and_its_comments_show_the_defaults(self):
        # its own cameras_dir, since the default is the build's
        sample = re.sub(r"(?m)^# cameras_dir = .*", f"cameras_dir = {self.directory}/cameras.d", self.SAMPLE.read_text())
        (self.directory / "cameras.d").mkdir()
        settings = sample.split("\n# A camera,")[0].split("\n# Who finds")[0]
        uncommented = re.sub(r"(?m)^# (?=[a-z_]+ = )", "", settings)
        self.assertGreater(uncommented.count(" = "), 30)
        as_it_is, with_all = self.directory / "sample.ini", self.directory / "uncommented.ini"
        as_it_is.write_text(sample)
        with_all.write_text(uncommented)
        plain = self.effective(as_it_is)
        self.assertEqual(self.effective(with_all), plain)
        keys = set(re.findall(r"(?m)^([a-z_]+) = ", plain))
        self.assertGreater(len(keys), 30)
        self.assertEqual(keys - set(re.findall(r"(?m)^([a-z_]+) = ", uncommented)), set(), "keys that are missing")
