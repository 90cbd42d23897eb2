"""A real RTSP camera: comes, goes, comes again, hangs."""
import signal
import subprocess

from harness import Camd, CamdTest, HERE, PYTHON, clip, wait_for
from segments import Segments


class Rtsp(CamdTest):
    def start_camera(self, *arguments):
        """Starts the server and returns its URL. Called again with the URL's port it is the same camera."""
        self.server = self.start_helper(PYTHON, HERE / "rtsp_server.py", *arguments, stdout=subprocess.PIPE, text=True)
        url = self.server.stdout.readline().strip()
        self.assertTrue(url.startswith("rtsp://"), f"the RTSP server said {url!r}")
        return url

    def stop_camera(self):
        self.server.terminate()
        self.server.wait(timeout=30)

    def port(self, url):
        return url.rpartition(":")[2].partition("/")[0]

    def test_gives_frames(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.start_camera()}", "fps=10", "--timeout", "30")
        camera = daemon.wait_frames("front", 10)
        self.assertEqual((camera["width"], camera["height"]), (320, 240))
        self.assertEqual(camera["stream"]["codec"], "h264")
        self.assertEqual(camera["capture"]["restarts"], 0)
        with Segments("front", daemon.prefix) as segments:
            _, pixels = wait_for(segments.read_newest, "a whole frame")
            self.assertGreater(max(pixels[: 320 * 240]) - min(pixels[: 320 * 240]), 100, "a white ball on black ground")

    def test_with_the_right_password_gives_frames(self):
        for method in ("basic", "digest"):
            with self.subTest(method=method):
                url = self.start_camera("--user", "admin", "--password", "right", "--auth", method)
                daemon = self.camd()
                daemon.camctl("add", "front", f"input={url.replace('//', '//admin:right@')}", "--timeout", "30")
                daemon.wait_frames("front", 3)
                self.assertNotIn("admin:right", daemon.log_text() + daemon.camctl("--json", "status").stdout)

    def test_that_goes_away_and_comes_again_goes_on_in_the_same_segments(self):
        url = self.start_camera()
        daemon = Camd(self, defaults={"read_timeout": 3, "restart_max_delay": 1}).start()
        daemon.camctl("add", "front", f"input={url}", "fps=10", "--timeout", "30")
        daemon.camctl("add", "back", f"input={clip()}", "loop=yes")
        before = daemon.wait_frames("front", 5)
        other = daemon.wait_frames("back", 1)
        with Segments("front", daemon.prefix) as segments:
            inodes, ids = segments.inodes(), segments.next_frame_id()
            self.stop_camera()
            camera = daemon.wait_camera("front", lambda camera: camera["state"] == "backoff", "notices that the camera is gone")
            self.assertTrue(camera["reason"])
            self.assertEqual(camera["tracker"]["pid"], before["tracker"]["pid"], "the tracker stays")
            self.start_camera("--port", self.port(url))
            daemon.wait_frames("front", before["frames"] + 5)
            self.assertEqual(segments.inodes(), inodes)
            self.assertGreater(segments.next_frame_id(), ids)
        self.assert_camera_goes_on(daemon, "back", other)

    def test_that_hangs_is_given_up_and_tried_again(self):
        url = self.start_camera()
        daemon = Camd(self, defaults={"read_timeout": 2, "open_timeout": 2, "restart_max_delay": 1}).start()
        daemon.camctl("add", "front", f"input={url}", "fps=10", "--timeout", "30")
        before = daemon.wait_frames("front", 5)
        self.server.send_signal(signal.SIGSTOP)
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] >= 1
                                    or camera["state"] == "backoff", "the hanging stream is noticed")
        self.assertEqual(camera["tracker"]["pid"], before["tracker"]["pid"])
        errors = [event for event in daemon.events(name="front") if event["event"] == "error"]
        self.assertEqual({event["class"] for event in errors}, {"network"})
        self.server.send_signal(signal.SIGCONT)
        daemon.wait_frames("front", before["frames"] + 5)
