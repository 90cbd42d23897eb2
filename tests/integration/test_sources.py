"""Inputs other than files and RTSP over TCP: HTTP, multipart JPEG, RTSP over UDP, devices; hardware that isn't there."""
import functools
import http.server
import json
import subprocess
import threading
from pathlib import Path

from harness import Camd, CamdTest, HERE, PYTHON, clip, ffmpeg, wait_for
from segments import Segments


class SourcesCase(CamdTest):
    def start_http(self, *arguments):
        """Starts the HTTP camera and returns its address."""
        self.server = self.start_helper(PYTHON, HERE / "http_camera.py", self.short_clip(), *arguments,
                                        stdout=subprocess.PIPE, text=True)
        address = self.server.stdout.readline().strip()
        self.assertTrue(address.startswith("http://"), f"the HTTP server said {address!r}")
        return address

    def short_clip(self):
        """Three seconds at 10 pictures a second."""
        path = self.directory / "short.avi"
        if not path.exists():
            ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=3", "-c:v", "mpeg4", "-q:v", "4", path)
        return path

    def start_rtsp(self, *arguments):
        self.server = self.start_helper(PYTHON, HERE / "rtsp_server.py", *arguments, stdout=subprocess.PIPE, text=True)
        return self.server.stdout.readline().strip()

    def last_error(self, daemon, name):
        return wait_for(lambda: next((event for event in daemon.events(name=name) if event["event"] == "error"), None),
                        f"an error of {name}")


class Sources(SourcesCase):
    # ---- HTTP ----------------------------------------------------------------------------------------------

    def test_file_over_http_is_played_in_its_own_time_and_ends(self):
        url = self.start_http()
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={url}/clip", "fps=10")
        camera = daemon.wait_state("front", "ended")
        self.assertEqual(camera["stream"]["codec"], "mpeg4")
        self.assertEqual(camera["frames"], 30, "every picture, none twice")

    def test_file_over_http_loops(self):
        url = self.start_http()
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={url}/clip", "fps=10", "loop=yes", "pace=no")
        daemon.wait_frames("front", 65)
        self.assertEqual(daemon.camera("front")["capture"]["restarts"], 0)

    def test_multipart_jpeg_is_paced_by_the_arrival_of_its_pictures(self):
        """libavformat would number the pictures as if 25 came a second: of 10 a second, 5 are wanted, every other one."""
        url = self.start_http("--fps", "10")
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={url}/mjpeg", "fps=5")
        daemon.wait_frames("front", 12)
        with Segments("front", daemon.prefix) as segments:
            # by the pictures' own count, not by a clock: 5 of the 10 are taken
            before = segments.capture_counters()
            after = wait_for(lambda: (now := segments.capture_counters())["frames"] >= before["frames"] + 12 and now,
                             "twelve more")
        share = (after["frames"] - before["frames"]) / (after["packets"] - before["packets"])
        self.assertGreater(share, 0.35, "of 25 a second, it would be 0.2")
        self.assertLess(share, 0.7)

    def test_stream_that_ends_is_fetched_again(self):
        url = self.start_http()
        daemon = Camd(self, defaults={"restart_max_delay": 0.5}).start()
        daemon.camctl("add", "front", f"input={url}/stop", "fps=10")
        camera = daemon.wait_frames("front", 45)
        self.assertGreaterEqual(camera["capture"]["restarts"], 1)
        self.assertEqual(self.last_error(daemon, "front")["class"], "network")

    def test_file_that_breaks_off_is_a_network_error(self):
        url = self.start_http()
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={url}/short", "fps=10", "pace=no")
        self.assertEqual(self.last_error(daemon, "front")["class"], "network")

    def test_errors_have_class_and_hint(self):
        url = self.start_http("--user", "admin", "--password", "right")
        with_password = url.replace("//", "//admin:right@")
        daemon = self.camd()
        cases = {
            "noname": (f"{url}/mjpeg", "auth", "USER:PASSWORD@"),
            "wrong": (url.replace("//", "//admin:wrong@") + "/mjpeg", "auth", "user name and password"),
            "missing": (f"{with_password}/nothing", "not_found", "path"),
            "hangs": (f"{with_password}/hang", "network", "takes one more viewer"),
            "text": (f"{with_password}/text", None, "port"),
        }
        for name, (source, _, _) in cases.items():
            daemon.camctl("add", name, f"input={source}", "--timeout", "0.1", *(["open_timeout=1"] if name == "hangs" else []), expect=7)
        for name, (_, class_, hint) in cases.items():
            with self.subTest(name):
                error = self.last_error(daemon, name)
                if class_:
                    self.assertEqual(error["class"], class_, error)
                    self.assertIn(hint, error["hint"])
                self.assertTrue(error["hint"])

    # ---- RTSP, devices -------------------------------------------------------------------------------------

    def test_rtsp_over_udp(self):
        url = self.start_rtsp()
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={url}", "rtsp_transport=udp", "fps=10", "--timeout", "30")
        camera = daemon.wait_frames("front", 10)
        self.assertEqual(camera["stream"]["codec"], "h264")
        self.assertEqual(camera["capture"]["restarts"], 0)

    def test_devices_that_are_none(self):
        daemon = self.camd()
        daemon.camctl("add", "absent", "input=/dev/video-absent", "--timeout", "0.1", expect=7)
        daemon.camctl("add", "null", "input=/dev/null", "--timeout", "0.1", expect=7)
        absent, null = self.last_error(daemon, "absent"), self.last_error(daemon, "null")
        self.assertEqual(absent["class"], "not_found")
        self.assertIn("no such device", absent["text"])
        self.assertEqual(null["class"], "format")
        self.assertIn("video device", null["hint"])

    # ---- hardware ------------------------------------------------------------------------------------------

    def test_hardware_that_is_not_there_is_one_warning(self):
        if any(Path("/dev/dri").glob("renderD*")):
            self.skipTest("this machine has a device for vaapi")
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.short_clip()}", "hwaccel=vaapi", "loop=yes", "pace=no", "fps=10")
        daemon.wait_frames("front", 65)  # opened at least three times
        lines = [line for line in daemon.log_text().splitlines() if "hwaccel = vaapi cannot be used" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("decoding by software", lines[0])
        daemon.stop()
        text = daemon.log_text()
        self.assertNotIn("warning: front/capture: [", text)


class Probe(SourcesCase):
    def probe(self, *arguments, stdin=None, expect=0):
        """camctl probe without any daemon."""
        return Camd(self).camctl("--json", "probe", *arguments, stdin=stdin, expect=expect)

    def test_says_what_is_there(self):
        url = self.start_http()
        picture = self.directory / "first.jpg"
        # what a machine that stands still for a moment measures is as wrong as its time
        report = wait_for(lambda: 6 < (said := json.loads(self.probe(f"{url}/mjpeg", "-o", picture).stdout))["measured_fps"] < 14 and said,
                          "ten pictures a second are measured")
        self.assertEqual((report["codec"], report["width"], report["height"]), ("mjpeg", 320, 240))
        self.assertEqual((report["authentication"], report["audio"], report["live"]), ("none", None, True))
        self.assertGreater(report["bit_rate"], 10000)
        self.assertEqual(picture.read_bytes()[:3], b"\xff\xd8\xff")

    def test_picture_on_standard_output(self):
        command = Camd(self).camctl_command("probe", self.short_clip(), "-o", "-")
        done = subprocess.run(command, env=Camd(self).environment(), capture_output=True, check=True, timeout=60)
        self.assertEqual((done.stdout[:3], done.stdout[-2:]), (b"\xff\xd8\xff", b"\xff\xd9"))

    def test_pictures_of_an_impossible_size_need_one_of_their_own(self):
        path = self.directory / "small.mkv"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=18x14:rate=10", "-frames:v", "5", "-c:v", "ffv1", path)
        error = json.loads(self.probe(path, expect=1).stdout)["error"]
        self.assertIn("18 x 14", error["text"])
        self.assertIn("set width and height", error["hint"])
        report = json.loads(self.probe(path, "width=64", "height=48").stdout)
        self.assertEqual((report["width"], report["height"]), (18, 14))
        picture = self.directory / "first.jpg"
        self.assertIn("18x14", self.probe(path, "width=64", "height=48", "-o", picture, expect=1).stdout)
        self.assertFalse(picture.exists())

    def test_finds_sound(self):
        path = self.directory / "sound.mkv"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=1", "-f", "lavfi", "-i",
               "sine=duration=1", "-c:v", "libx264", "-c:a", "aac", path)
        report = json.loads(self.probe(path).stdout)
        self.assertEqual((report["codec"], report["audio"], report["live"]), ("h264", "aac", False))

    def test_what_a_play_list_names_is_read_on(self):
        """The address was forgotten once the play list was open: all but its first piece were taken for another host's."""
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=4", "-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p",
               "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", self.directory / "list.m3u8")
        asked = set()

        class Camera(http.server.SimpleHTTPRequestHandler):
            def log_request(self, *_):
                asked.add(self.path)

        camera = self.serve("127.0.0.1", functools.partial(Camera, directory=self.directory))
        # what a machine that stands still for a moment has seen by then is less
        wait_for(lambda: self.probe(camera + "list.m3u8") and "/list1.ts" in asked, "its second piece is asked for")

    def serve(self, address, handler):
        server = http.server.ThreadingHTTPServer((address, 0), handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://{address}:{server.server_port}/"

    def test_dash_list_that_leads_to_another_host_is_not_followed(self):
        """FFmpeg connects for its pieces without asking: camctl probe went there, and capture called it a matter of this machine's firewall."""
        asked = set()

        class Files(http.server.SimpleHTTPRequestHandler):
            def log_request(self, *_):
                asked.add((self.server.server_address[0], self.path))

        files = functools.partial(Files, directory=self.directory)
        camera, other = self.serve("127.0.0.1", files), self.serve("127.0.0.2", files)
        path = self.directory / "list.mpd"
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=4", "-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p",
               "-f", "dash", "-seg_duration", "1", path)
        text = path.read_text()
        path.write_text(text.replace("<Period", f"<BaseURL>{other}</BaseURL><Period", 1))
        words = "the camera redirects to another host, which is not followed"
        self.assertIn(words, json.loads(self.probe(camera + "list.mpd", expect=1).stdout)["error"]["text"])
        daemon = Camd(self).start()
        daemon.camctl("add", "front", f"input={camera}list.mpd", "--runtime", "--timeout", "0.1", expect=None)
        error = wait_for(lambda: next((event for event in daemon.events(name="front") if event["event"] == "error"), None), "an error of front")
        self.assertIn(words, error["text"])
        self.assertEqual({path for host, path in asked if host == "127.0.0.2"}, set())

    def test_password_from_standard_input_is_asked_for(self):
        url = self.start_rtsp("--user", "admin", "--password", "pw%41")
        report = json.loads(self.probe("-", stdin=url.replace("//", "//admin:pw%2541@") + "\n").stdout)
        self.assertEqual((report["codec"], report["authentication"]), ("h264", "asked"))

    def test_errors_say_what_to_do(self):
        url = self.start_http("--user", "admin", "--password", "right")
        cases = [
            ([url + "/mjpeg"], 1, "auth", "USER:PASSWORD@"),
            ([url.replace("//", "//admin:wrong@") + "/mjpeg"], 1, "auth", "user name and password"),
            ([url.replace("//", "//admin:right@") + "/nothing"], 1, "not_found", "path"),
            ([url.replace("//", "//admin:right@") + "/hang", "open_timeout=0.5"], 1, "network", "takes one more viewer"),
            (["rtsp://127.0.0.1:1/"], 1, "network", "address and port"),
            (["rtsp://nowhere.invalid/"], 1, None, ""),
            ([HERE / "harness.py"], 1, "format", "video"),
            (["/dev/video-absent"], 1, "not_found", "v4l2-ctl --list-devices"),
        ]
        for arguments, status, class_, hint in cases:
            with self.subTest(arguments[0]):
                done = self.probe(*arguments, expect=status)
                error = json.loads(done.stdout)["error"]
                if class_:
                    self.assertEqual(error["class"], class_, error)
                self.assertIn(hint, error["hint"])
                self.assertTrue(error["hint"])
                self.assertNotIn("wrong@", done.stdout + done.stderr)

    def test_bad_words_are_usage_errors(self):
        for words in (["relative.avi"], ["rtsp://h/", "fps=fast"], ["rtsp://h/", "udp"], ["rtsp://admin:a/b@h/"],
                      ["rtsp://h/", "password_file=/x"]):
            with self.subTest(words):
                self.probe(*words, expect=2)

    def test_nothing_saved_and_nobody_left(self):
        daemon = Camd(self)
        before = sorted(daemon.directory.rglob("*"))
        daemon.camctl("probe", clip())
        self.assertEqual(sorted(daemon.directory.rglob("*")), before)
