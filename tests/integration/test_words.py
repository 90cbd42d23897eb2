"""What is said of cameras that refuse: their own words, and what can be done about it."""
from harness import Camd, wait_for
from test_streams import StreamsCase


class Words(StreamsCase):
    def test_of_a_camera_that_refuses(self):
        """(what it does, the class, what is said, the hint)"""
        digest, also = 'Digest realm="camera", nonce="1"', "\r\nWWW-Authenticate: "
        cases = {
            "viewers": (["refuse=SETUP:453 Not Enough Bandwidth"], "network", "answered SETUP with 453 Not Enough Bandwidth",
                        "too many viewers"),
            "busy": (["refuse=DESCRIBE:503 Service Unavailable"], "network", "answered DESCRIBE with 503 Service Unavailable",
                     "too many viewers"),
            "transport": (["refuse=SETUP:461 Unsupported Transport"], "format", "461 Unsupported Transport", "rtsp_transport"),
            "path": (["refuse=DESCRIBE:404 Stream Not Found"], "not_found", "404 Stream Not Found", "path in input"),
            "hangs-up": (["close-at=PLAY"], "network", "closed the connection", "one more viewer"),
            "hangs-up-before": (["close-at=DESCRIBE"], "network", "closed the connection", "one more viewer"),
            "hangs-up-after": (["close-at=SETUP"], "network", "it answered, but then closed the connection", "one more viewer"),
            "login": (["login=MD5"], "auth", "with 401 Unauthorized", "wants a user and a password"),
            "sha256": (["login=SHA-256"], "auth", "401 Unauthorized, and offers Digest SHA-256 only", "digest with MD5, or basic"),
            "ntlm": (["challenge=NTLM"], "auth", "401 Unauthorized, and offers NTLM only", "digest with MD5, or basic"),
            "bearer": (['challenge=Bearer realm="camera"'], "auth", "401 Unauthorized, and offers Bearer only", "digest with MD5, or basic"),
            "sha256-last": ([f"challenge={digest}{also}{digest}, algorithm=SHA-256"], "auth", "and FFmpeg takes Digest SHA-256 of what it offers",
                            "nothing but digest with MD5"),
            "sha256-basic": ([f'challenge={digest}, algorithm=SHA-256{also}Basic realm="camera"'], "auth", "FFmpeg takes Digest SHA-256",
                             "nothing but digest with MD5"),
            "md5-last": ([f"challenge={digest}, algorithm=SHA-256{also}{digest}"], "auth", "with 401 Unauthorized", "wants a user and a password"),
            "sends-on-at-setup": (["refuse=SETUP:302 Moved Temporarily"], "format", "redirects without an address, or in its answer to SETUP",
                                  "if you trust it"),
            "sends-on-to-nowhere": (["refuse=DESCRIBE:302 Moved Temporarily"], "format", "redirects without an address", "if you trust it"),
            "sends-on-at-play": (["refuse=PLAY:302 Moved Temporarily"], "format", "redirects without an address, or in its answer to SETUP",
                                 "if you trust it"),
            "proxy": (["refuse=DESCRIBE:407 Proxy Authentication Required"], "auth", "with 407 Proxy Authentication Required", "a proxy answered"),
            "sends-on": (["redirect=rtsp://127.0.0.2/live"], "format", "redirects to another host", "if you trust it"),
        }
        daemon = Camd(self, defaults={"restart_delay": 30, "restart_max_delay": 30}).start()
        for name, (behaviour, *_) in cases.items():
            self.add(daemon, name, self.start_rtsp(*behaviour))
        for name, (_, class_, text, hint) in cases.items():
            with self.subTest(name):
                error = self.first_error(daemon, name)
                self.assertEqual(error["class"], class_, error)
                self.assertIn(text, error["text"])
                self.assertIn(hint, error["hint"])
                self.assertNotIn("Operation not permitted", error["text"])
                daemon.wait_state(name, "backoff")
                lines = [line for line in daemon.log_text().splitlines() if f" {name} capture" in line and " debug " not in line]
                self.assertEqual(len([line for line in lines if text in line]), 1, "one line for a fault")
                self.assertEqual(len([line for line in lines if " warning " in line]), 1, "and no other one of it")
                self.assertFalse([line for line in lines if " @ 0x" in line], "FFmpeg's own words are in the failure's")

    def test_of_a_camera_that_answers_at_first_only(self):
        daemon = Camd(self, defaults={"open_timeout": 1, "restart_max_delay": 1}).start()
        self.add(daemon, "front", self.start_rtsp("silent-at=PLAY"))
        words = "it answers, but not all that has to be asked within 1 s"
        # on a machine that stands still, nothing was answered in time at first
        error = wait_for(lambda: next((event for event in daemon.events(name="front") if words in event.get("text", "")), None), words)
        self.assertEqual(error["class"], "network")
        self.assertIn("one more viewer", error["hint"])

    def test_of_an_http_camera_that_refuses(self):
        url = self.start_http()
        cases = {
            "busy": ("503%20Video%20Busy", "network", "too many viewers"),
            "often": ("429%20Slow%20Down", "network", "asked too often"),
            "path": ("404%20No%20Such%20Channel", "not_found", "path in input"),
            "teapot": ("418%20Short%20And%20Stout", "format", "did not accept the request"),
            "proxy": ("407%20Proxy%20Authentication%20Required", "auth", "a proxy answered"),
        }
        daemon = Camd(self, defaults={"restart_delay": 30, "restart_max_delay": 30}).start()
        for name, (answer, *_) in cases.items():
            self.add(daemon, name, f"{url}/refuse?{answer}")
        for name, (answer, class_, hint) in cases.items():
            with self.subTest(name):
                error = self.first_error(daemon, name)
                self.assertIn("the camera answered with " + answer.replace("%20", " "), error["text"])
                self.assertEqual(error["class"], class_, error)
                self.assertIn(hint, error["hint"])

    def test_of_an_http_camera_that_answers_and_sends_nothing(self):
        daemon = Camd(self, defaults={"open_timeout": 0.5, "restart_max_delay": 1}).start()
        self.add(daemon, "front", f"{self.start_http()}/head-only")
        words = "it answered, but nothing came after that within 500 ms"
        # on a machine that stands still, it may have been too slow at first
        error = wait_for(lambda: next((event for event in daemon.events(name="front") if words in event.get("text", "")), None), words)
        self.assertEqual(error["class"], "network")
        self.assertIn("one more viewer", error["hint"])

    def test_of_an_http_camera_that_sends_no_video(self):
        url = self.start_http()
        daemon = Camd(self, defaults={"open_timeout": 0.5, "read_timeout": 0.5}).start()
        for name in ("noise", "concat"):
            self.add(daemon, name, f"{url}/{name}")
        # on a machine that stands still, it may have been too slow at first
        error = self.first_error(daemon, "noise", "format")
        self.assertRegex(error["text"], "no picture can be made of what came|no video that can be read")
        error = self.first_error(daemon, "concat", "format")
        self.assertIn("what the camera answers (video/x-list) is no video that can be read", error["text"])

    def test_of_an_http_camera_that_has_no_end(self):
        """The daemon and camctl probe say the same, and neither takes in all that comes."""
        url = self.start_http()
        cases = {
            "endless-list": "has no end: more than 4 MB of a play list",
            "list-of-itself": "play list leads on and on",
            "endless-picture": "has no end: more than 64 MB of what may be one picture",
        }
        daemon = Camd(self, defaults={"restart_delay": 30, "restart_max_delay": 30, "max_memory": 500}).start()
        for name, text in cases.items():
            with self.subTest(name):
                self.add(daemon, name, f"{url}/{name}")
                error = self.first_error(daemon, name)
                self.assertIn(text, error["text"])
                self.assertEqual(error["class"], "format")
                said = daemon.camctl("probe", f"{url}/{name}", expect=1).stderr
                self.assertIn(text, said)
                self.assertIn(error["hint"], said)

    def test_of_pictures_that_cannot_be_decoded(self):
        daemon = self.camd()
        self.add(daemon, "front", self.start_http() + "/small-for-their-size")
        camera = daemon.wait_camera("front", lambda camera: "decoded" in camera["reason"], "says what is wrong")
        self.assertIn("pictures come, but none of them can be decoded", camera["reason"])
        self.assertNotIn("key frame", camera["reason"] + camera["hint"])

    def test_of_a_user_without_a_password(self):
        daemon = self.camd()
        url = self.start_rtsp("login=MD5")
        for name, user in (("bare", "admin@"), ("empty", "admin:@")):
            self.add(daemon, name, url.replace("//", "//" + user))
            self.assertIn("user without a password", self.first_error(daemon, name)["hint"])
        self.add(daemon, "wrong", url.replace("//", "//admin:wrong@"))
        self.assertIn("correct user name and password", self.first_error(daemon, "wrong")["hint"])
        for name, user, hint in (("bare", "admin@", "without a password"), ("wrong", "admin:wrong@", "check user name and password")):
            self.assertIn(hint, daemon.camctl("probe", url.replace("//", "//" + user), expect=1).stderr)

    def test_of_a_camera_without_key_frames(self):
        daemon = self.camd()
        for codec in ("h264", "hevc"):
            self.add(daemon, codec, self.start_rtsp("--codec", codec, "no-key-frames"))
        for codec in ("h264", "hevc"):
            camera = daemon.wait_camera(codec, lambda camera: "no key frame" in camera["reason"], "says what it waits for")
            self.assertEqual(camera["state"], "starting")
            self.assertIn("key frame (I frame)", camera["hint"])
        lines = [line for line in daemon.log_text().splitlines() if "[h264 @" in line and " debug " not in line]
        self.assertLessEqual(len(lines), 1, "its decoder complains once")

    def test_of_an_rtsp_camera_whose_description_has_nothing_to_decode(self):
        """Nobody waits for packets until the time is over, to call it silent then."""
        cases = {"codec": (["describe=video:XVID9/90000"], "of a codec that FFmpeg does not know", "H.264"),
                 "sound": (["describe=audio:PCMA/8000"], "no video in it", "has a video"),
                 "strict": (["describe=audio:PCMA/8000", "refuse=PLAY:454 Session Not Found"], "no video in it", "has a video")}
        daemon = self.camd()
        for name, (behaviours, text, hint) in cases.items():
            with self.subTest(name):
                url = self.start_rtsp(*behaviours)
                self.add(daemon, name, url)
                error = self.first_error(daemon, name)
                self.assertEqual(error["class"], "format", error)
                self.assertIn(text, error["text"])
                self.assertIn(hint, error["hint"])
                if name != "strict":  # of what is only looked at sound is asked for, too
                    url = self.start_rtsp(*behaviours)
                    self.assertIn(text, daemon.camctl("probe", url, expect=1).stderr)
                    self.camera_process.terminate()
                    self.assertEqual(self.camera_process.stdout.read().count("DESCRIBE"), 1, "more of it says nothing else")

    def test_of_an_rtsp_camera_whose_description_tells_no_stream_yet(self):
        """A transport stream says itself what is in it: it was refused as one without video."""
        url = self.start_rtsp("--codec", "mpegts")
        daemon = self.camd()
        self.add(daemon, "front", url)
        self.assertEqual(daemon.wait_frames("front", 5)["stream"]["codec"], "h264")
        self.assertIn("h264", daemon.camctl("probe", url).stdout)

    def test_of_what_ffmpeg_makes_nothing_of(self):
        """The daemon and camctl probe say the same."""
        clip = self.clip_file("pieces.m3u8", "-c:v", "libx264", "-hls_time", "1", "-f", "hls")
        names = self.directory / "list.ffconcat"
        names.write_text("ffconcat version 1.0\nfile pieces0.ts\n")
        self.clip_file("late-index.mp4", "-c:v", "mjpeg", size="640x480")
        self.clip_file("no-key.ts", "-c:v", "libx264", "-bsf:v", "filter_units=remove_types=5")
        cut = self.directory / "cut.mp4"
        cut.write_bytes(self.clip_file("whole.mp4", "-c:v", "mjpeg").read_bytes()[:20000])
        cases = {
            "cut": (cut, "(moov atom not found)", "ffprobe"),
            "play-list": (clip, "names other files that have the pictures", "-c copy FILE.mkv"),
            "clip-list": (names, "names other files that have the pictures", "-c copy FILE.mkv"),
            "late-index": (self.start_http(clip=self.directory / "late-index.mp4") + "/clip", "index is at its end", "+faststart"),
            "no-key": (self.directory / "no-key.ts", "no picture in it can be decoded", "behind its only key frame"),
        }
        daemon = Camd(self, defaults={"pace": "no"}).start()
        for name, (url, text, hint) in cases.items():
            with self.subTest(name):
                self.add(daemon, name, url)
                error = self.first_error(daemon, name)
                self.assertEqual(error["class"], "format", error)
                self.assertIn(text, error["text"])
                self.assertIn(hint, error["hint"])
                said = daemon.camctl("probe", url, expect=1).stderr
                self.assertIn(text, said)
                self.assertIn(hint, said)

    def test_of_files_and_devices(self):
        daemon = self.camd()
        for name, url, text, hint in (("file", self.directory / "nothing.mp4", "No such file", "the workers' user may go there"),
                                      ("device", "/dev/video-nothing", "no such device", "v4l2-ctl --list-devices")):
            self.add(daemon, name, url)
            error = self.first_error(daemon, name)
            self.assertEqual(error["class"], "not_found")
            self.assertIn(text, error["text"])
            self.assertIn(hint, error["hint"])
