"""Streams as they are: cameras that answer oddly, fall silent, or send wrong times. rtsp_camera.py and http_camera.py are they."""
import contextlib
import functools
import http.server
import json
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import urllib.request

from harness import SANDBOX, Camd, CamdTest, HERE, PYTHON, ffmpeg, wait_for
from segments import Segments


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class StreamsCase(CamdTest):
    def start_rtsp(self, *arguments):
        """Starts an RTSP camera that behaves in these ways, and returns its URL."""
        self.camera_process = self.start_helper(PYTHON, HERE / "rtsp_camera.py", *arguments, stdout=subprocess.PIPE, text=True)
        url = self.camera_process.stdout.readline().strip()
        self.assertTrue(url.startswith("rtsp://"), f"the RTSP camera said {url!r}")
        return url

    def start_http(self, *arguments, clip=None):
        self.http = self.start_helper(PYTHON, HERE / "http_camera.py", clip or self.clip_file("short.avi", frames=30), *arguments,
                                      stdout=subprocess.PIPE, text=True)
        url = self.http.stdout.readline().strip()
        self.assertTrue(url.startswith("http://"), f"the HTTP camera said {url!r}")
        return url

    def asked(self, url, path):
        """How often the HTTP camera was asked for a path, and how."""
        with urllib.request.urlopen(url + "/asked", timeout=30) as answer:
            return json.load(answer).get(path, {})

    def clip_file(self, name, *encoder, frames=10, size="320x240"):
        path = self.directory / name
        if not path.exists():
            ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10", "-frames:v", frames, *(encoder or ("-c:v", "mpeg4")), path)
        return path

    def add(self, daemon, name, url, *settings):
        daemon.camctl("add", name, f"input={url}", "--runtime", "--timeout", "0.1", *settings, expect=None)

    def first_error(self, daemon, name, *classes):
        """The first one at all, or of these classes."""
        return wait_for(lambda: next((event for event in daemon.events(name=name) if event["event"] == "error"
                                      and (not classes or event["class"] in classes)), None), f"an error of {name}")

    def assert_a_quarter_becomes_frames(self, daemon, *names, frames=12, delta=0.1):
        """Of what the cameras send: by capture's own count, not by a clock.

        When this machine stands still for a moment, what has come meanwhile comes at once, and fewer of them are taken: that
        spoils a count, so that there are several.
        """
        with contextlib.ExitStack() as stack:
            counted = {}
            for name in names:
                daemon.wait_frames(name, 5)
                counted[name] = stack.enter_context(Segments(name, daemon.prefix))
            shares = {name: [] for name in names}
            for _ in range(8):
                wanted = [name for name in names if not shares[name] or abs(shares[name][-1] - 0.25) > delta]
                before = {name: counted[name].capture_counters() for name in wanted}
                for name in wanted:
                    enough = before[name]["frames"] + frames
                    after = wait_for(lambda: (now := counted[name].capture_counters())["frames"] >= enough and now, f"frames of {name}")
                    shares[name].append((after["frames"] - before[name]["frames"]) / (after["packets"] - before[name]["packets"]))
        for name in names:
            with self.subTest(name):
                self.assertAlmostEqual(shares[name][-1], 0.25, delta=delta, msg=shares[name])

    def assert_capture_did_not_crash(self, daemon, name):
        last = daemon.wait_camera(name, lambda camera: camera["capture"]["last_exit"], "capture ended")["capture"]["last_exit"]
        self.assertEqual(last["kind"], "exit", last)


class Answers(StreamsCase):
    def test_answer_with_nothing_is_no_crash_and_says_so(self):
        url = self.start_http()
        daemon = self.camd()
        answers = {"empty": "answered with nothing", "closed": "answered with nothing",
                   "refuse?302%20Found": "answered with 302 and nothing else", "refuse?999%20What": "answered with 999 and nothing else"}
        names = {path: f"camera{number}" for number, path in enumerate(answers)}
        for path, name in names.items():
            self.add(daemon, name, f"{url}/{path}")
        for path, name in names.items():
            with self.subTest(path):
                error = self.first_error(daemon, name)
                self.assertIn(answers[path], error["text"])
                self.assertEqual(error["class"], "network")
                self.assertIn("port", error["hint"])
                self.assert_capture_did_not_crash(daemon, name)

    def test_files_that_end_too_early_are_no_crash(self):
        daemon = self.camd()
        names = []
        for form in ("avi", "mp4", "ts", "mkv", "flv"):
            data = self.clip_file(f"whole.{form}", "-c:v", "libx264").read_bytes()
            for length in (0, 12, 100, 400):
                path = self.directory / f"cut{length}.{form}"
                path.write_bytes(data[:length])
                names.append(path.name.replace(".", "-"))
                self.add(daemon, names[-1], path)
        for name in names:
            with self.subTest(name):
                self.assertEqual(self.first_error(daemon, name)["class"], "format")
                self.assert_capture_did_not_crash(daemon, name)

    def test_stream_that_stops_while_it_is_looked_at_has_fallen_silent(self):
        url = self.start_http()
        daemon = Camd(self, defaults={"open_timeout": 0.3, "read_timeout": 0.3}).start()
        for name in ("silent", "beginning"):
            self.add(daemon, name, f"{url}/{name}")
        for name in ("silent", "beginning"):
            with self.subTest(name):
                error = self.first_error(daemon, name)
                self.assertIn("within 300 ms", error["text"])
                self.assertEqual(error["class"], "network")


    def test_stream_that_sends_too_little_for_a_picture_is_not_called_silent(self):
        daemon = Camd(self, defaults={"open_timeout": 1, "read_timeout": 1}).start()
        self.add(daemon, "front", f"{self.start_http()}/page-parts")
        error = self.first_error(daemon, "front")
        self.assertRegex(error["text"], "no whole picture came within 1 s, only [0-9]+ bytes of something")
        self.assertEqual(error["class"], "network")
        self.assertIn("browser", error["hint"])


    def test_rtsp_connection_that_brings_no_packets_any_more_is_not_called_silent(self):
        daemon = self.camd(defaults={"read_timeout": 3})
        self.add(daemon, "front", self.start_rtsp("--fps", "20", "babble-after=0.5"))
        wait_for(lambda: any("no picture can be made of what came" in event["text"] for event in daemon.events(name="front")
                             if event["event"] == "error"), "what came is told")
        self.assertNotIn("nothing came for", daemon.log_text())


    def test_play_list_whose_pieces_are_gone_is_not_called_silent(self):
        daemon = Camd(self, defaults={"open_timeout": 1}).start()
        self.add(daemon, "front", f"{self.start_http()}/gone-pieces")
        error = self.first_error(daemon, "front")
        self.assertIn("answers with 404 to what its play list names", error["text"])
        self.assertIn("camera's own log", error["hint"])


    def test_recording_whose_pieces_are_gone_is_not_called_unreadable(self):
        daemon = self.camd()
        self.add(daemon, "front", f"{self.start_http()}/many-gone-pieces")
        self.assertIn("answers with 404 to what its play list names", self.first_error(daemon, "front")["text"])


class Log(StreamsCase):
    def test_camera_that_drops_again_and_again_is_one_line_and_its_return_one(self):
        daemon = Camd(self, defaults={"restart_delay": 0}).start()
        self.add(daemon, "front", self.start_rtsp("--fps", "20", "lose=30", "close-after=0.5"))
        daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] >= 5 and camera["state"] == "up", "came back five times")
        lines = [line for line in daemon.log_text().splitlines() if " front capture" in line and " debug " not in line]
        for words, most in (("320x240", 1), ("left out", 0), ("ended the stream", 1), ("up again", 1)):
            self.assertLessEqual(len([line for line in lines if words in line]), most, f"{words}: {lines}")


class Redirections(StreamsCase):
    def test_circle_is_given_up_after_few_requests(self):
        rtsp, http = self.start_rtsp("redirect=SELF"), self.start_http()
        daemon = Camd(self, defaults={"restart_limit": 1}).start()
        self.add(daemon, "rtsp", rtsp)
        self.add(daemon, "http", http + "/circle")
        for name in ("rtsp", "http"):
            self.assertIn("redirects in a circle", self.first_error(daemon, name)["text"])
            daemon.wait_state(name, "failed")
        self.assertLessEqual(self.asked(http, "circle")["requests"], 20)
        self.camera_process.terminate()
        self.assertLessEqual(len(self.camera_process.stdout.read().splitlines()), 20)

    def test_no_camera_leads_to_another_host(self):
        """127.0.0.2 is one: it may see that somebody comes, but neither a request nor a password."""
        with socket.create_server(("127.0.0.2", 0)) as other:
            there = f"127.0.0.2:{other.getsockname()[1]}/elsewhere.ts"
            rtsp, http = self.start_rtsp(f"redirect=rtsp://{there}"), self.start_http()
            daemon = Camd(self, defaults={"restart_limit": 1}).start()
            sources = {
                "rtsp": rtsp.replace("//", "//admin:secret@"),
                "http": f"{http.replace('//', '//admin:secret@')}/away?http://{there}",
                "playlist": f"{http}/playlist?http://{there}",
            }
            for name, source in sources.items():
                self.add(daemon, name, source)
            for name in sources:
                with self.subTest(name):
                    self.assertIn("another host", self.first_error(daemon, name)["text"])
            for name, there in (("rtsp-to-http", "http"), ("http-to-file", "file"), ("http-to-rtsp", "rtsp")):
                source = self.start_rtsp("redirect=http://127.0.0.1:9/") if name.startswith("rtsp") else f"{http}/away?{there}://127.0.0.1/x"
                self.add(daemon, name, source)
                with self.subTest(name):
                    self.assertIn("of another kind", self.first_error(daemon, name)["text"])
            other.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    connection, _ = other.accept()
                    with connection:
                        self.assertEqual(connection.recv(1000), b"")

    @unittest.skipIf(SANDBOX == "no", "without a sandbox it is followed")
    def test_another_port_of_the_camera_is_told_to_be_one(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            there = f"127.0.0.1:{other.getsockname()[1]}/elsewhere.ts"
            daemon = Camd(self, defaults={"restart_limit": 1}).start()
            self.add(daemon, "rtsp", self.start_rtsp(f"redirect=rtsp://{there}"))
            self.add(daemon, "http", f"{self.start_http()}/away?http://{there}")
            for name in ("rtsp", "http"):
                with self.subTest(name):
                    error = self.first_error(daemon, name)
                    self.assertIn("to another port of its own", error["text"])
                    self.assertIn("input", error["hint"])


class Changes(StreamsCase):
    def assert_comes_back(self, *arguments):
        """What comes is of the other codec all of a sudden; a new session shows what it is."""
        daemon = self.camd()
        self.add(daemon, "front", self.start_rtsp(*arguments, "change-after=1"), "fps=10")
        camera = daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] > 0 and camera["state"] == "up",
                                    "came back")
        self.assertIn("changed its codec", camera["capture"]["last_exit"]["reason"])

    def test_file_whose_codec_changes_is_played_to_its_end(self):
        """As a recording of a camera that was set up differently meanwhile; a camera would be asked again for what it sends."""
        path = self.directory / "both.ts"
        path.write_bytes(b"".join(self.clip_file(f"{codec}.ts", "-c:v", codec, "-r", "25").read_bytes() for codec in ("mpeg1video", "mpeg2video")))
        daemon = self.camd()
        self.add(daemon, "front", path, "pace=no")
        camera = daemon.wait_state("front", "ended")
        self.assertEqual((camera["stream"]["codec"], camera["capture"]["restarts"]), ("mpeg2video", 0))

    def test_file_that_cannot_be_decoded_to_its_end_says_so(self):
        """libavformat stays with the first codec, and the half of a file ended without a word."""
        encoders = {"libx264": (), "libx265": ("-x265-params", "log-level=none")}
        path = self.directory / "both.ts"
        path.write_bytes(b"".join(self.clip_file(f"{codec}.ts", "-c:v", codec, *more, frames=30).read_bytes() for codec, more in encoders.items()))
        daemon = self.camd()
        self.add(daemon, "front", path, "pace=no")
        daemon.wait_state("front", "ended")
        self.assertRegex(daemon.log_text(), "warning front capture: no picture can be made of its last [0-9]+ packets: it may change its codec")

    def test_video_that_goes_on_as_another_stream_is_followed(self):
        """As in FLV and MPEG-TS, where nothing says that the first one is over."""
        one, other = (self.clip_file(f"{codec}.flv", "-c:v", codec, frames=40).read_bytes() for codec in ("libx264", "flv1"))
        path = self.directory / "both.flv"
        path.write_bytes(one + other[13:])  # without the second one's header
        daemon = self.camd()
        self.add(daemon, "front", path, "pace=no")
        camera = daemon.wait_state("front", "ended")
        self.assertEqual((camera["stream"]["codec"], camera["capture"]["restarts"], camera["damaged"]), ("flv1", 0, 0))

    def test_jpegs_that_change_their_subsampling_only_are_one_stream(self):
        """As cameras do that turn to grey at night: it is converted, and no change of the stream."""
        path = self.directory / "mixed.mjpeg"
        path.write_bytes(b"".join(self.clip_file(f"{form}.mjpeg", "-c:v", "mjpeg", "-pix_fmt", form).read_bytes()
                                  for form in ("yuvj420p", "yuvj422p", "yuvj444p", "gray", "yuvj420p", "yuvj444p")))
        daemon = self.camd()
        self.add(daemon, "front", path, "pace=no")
        camera = daemon.wait_state("front", "ended")
        self.assertEqual((camera["stream"]["pixel_format"], camera["capture"]["restarts"], camera["damaged"]), ("yuvj444p", 0, 0))
        self.assertEqual(len([event for event in daemon.events(name="front") if event["event"] == "stream"]), 1)
        self.assertNotIn("keeps changing", daemon.log_text())

    def test_h264_becomes_hevc(self):
        self.assert_comes_back("--fps", "20")

    def test_hevc_becomes_h264(self):
        self.assert_comes_back("--fps", "20", "--codec", "hevc")


class Twice(StreamsCase):
    def test_packets_that_come_twice_are_no_damage(self):
        daemon = self.camd()
        names = [(codec, transport) for codec in ("h264", "hevc") for transport in ("tcp", "udp")]
        for codec, transport in names:
            self.add(daemon, codec + transport, self.start_rtsp("--codec", codec, "--fps", "20", "twice=3"), "fps=10", f"rtsp_transport={transport}")
        for codec, transport in names:
            camera = daemon.wait_frames(codec + transport, 15)
            self.assertEqual((camera["damaged"], camera["capture"]["restarts"]), (0, 0), codec + transport)


class Udp(StreamsCase):
    def test_camera_that_sends_from_another_port_is_not_called_silent(self):
        daemon = Camd(self, defaults={"rtsp_transport": "udp", "read_timeout": 1}).start()
        self.add(daemon, "front", self.start_rtsp("from-elsewhere"))
        error = self.first_error(daemon, "front")
        self.assertIn("it answers, but nothing came over UDP from the port that it named", error["text"])
        self.assertIn("rtsp_transport = tcp", error["hint"])


class FirstPicture(StreamsCase):
    """The first picture is there with the first key frame: the next one comes when the test is long over."""

    def assert_first_picture_comes(self, *arguments):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.start_rtsp('--fps', '0.001', *arguments)}", "--timeout", "30")
        camera = daemon.wait_frames("front", 1)
        self.assertEqual((camera["frames"], camera["capture"]["restarts"], camera["damaged"]), (1, 0, 0))
        return camera

    def test_h264(self):
        self.assertEqual(self.assert_first_picture_comes()["stream"]["codec"], "h264")

    def test_hevc(self):
        self.assertEqual(self.assert_first_picture_comes("--codec", "hevc")["stream"]["codec"], "hevc")

    def test_jpeg(self):
        """Nothing has to be put together, and nothing to be waited for."""
        self.assertEqual(self.assert_first_picture_comes("--codec", "jpeg")["stream"]["codec"], "mjpeg")

    def test_parameter_sets_in_the_stream_only(self):
        self.assert_first_picture_comes("no-parameter-sets")


    def test_what_changes_meanwhile_counts(self):
        """Every picture of this camera is taken while libavformat waits for the next one."""
        daemon = Camd(self)
        url = self.start_rtsp("--fps", "5")
        daemon.write_camera("front", input=url, fps=0.1)
        daemon.start()
        daemon.wait_frames("front", 1)
        daemon.write_camera("front", input=url, fps=5)
        daemon.camctl("reload")
        self.assertEqual(daemon.wait_frames("front", 5, timeout=20)["capture"]["restarts"], 0)


class Silence(StreamsCase):
    def test_stream_that_sends_seldom_may_be_silent_for_longer_than_read_timeout(self):
        """One that sends every two seconds misses one, as cameras do that send less when nothing moves."""
        daemon = Camd(self, defaults={"read_timeout": 3}).start()
        self.add(daemon, "front", self.start_rtsp("--fps", "0.5"))
        daemon.wait_frames("front", 2)
        self.camera_process.send_signal(signal.SIGSTOP)
        time.sleep(3.3)  # the silence: more than read_timeout, far less than three times the distance of the pictures
        self.camera_process.send_signal(signal.SIGCONT)
        self.assertEqual(daemon.wait_frames("front", 4)["capture"]["restarts"], 0)

    def test_read_timeout_is_over_once_before_the_stall_guard_looks(self):
        """What the parser had kept back was handed out when the time was over, and began the time again."""
        daemon = Camd(self, defaults={"read_timeout": 1, "stall_timeout": 1.8}).start()
        self.add(daemon, "front", self.start_rtsp("--fps", "20", "silent-after=0.5"))
        self.assertIn("nothing came for 1 s", self.first_error(daemon, "front")["text"])


class Pieces(StreamsCase):
    def test_play_list_of_a_camera_is_played_in_its_own_time_and_its_end_is_no_end(self):
        """A piece came in one burst; and a list with a length, from a server that has ranges, was taken for a file, which has ended."""
        clip = self.clip_file("piece.ts", "-c:v", "libx264", "-bf", "0", frames=20)
        daemon = Camd(self, defaults={"restart_delay": 0, "restart_max_delay": 0.1}).start()
        self.add(daemon, "front", f"{self.start_http(clip=clip)}/live-list", "fps=10")
        daemon.wait_frames("front", 15)
        with Segments("front", daemon.prefix) as segments:
            slots = [segments.slot(index) for index in range(segments.slots)]
        times = sorted(slot.arrival_ns for slot in slots if slot.sequence and slot.epoch == 1)
        self.assertGreaterEqual(len(times), 15, "of the 20 in the piece")
        self.assertGreater(times[-1] - times[0], 0.09e9 * (len(times) - 1))
        self.assertIn("the camera ended the stream", self.first_error(daemon, "front")["text"])

    def test_play_list_of_a_stream_that_has_ended_is_asked_for_again(self):
        """The camera was taken for a file that came to its end, and was never up again."""
        clip = self.clip_file("piece.ts", "-c:v", "libx264", "-bf", "0", frames=20)
        daemon = Camd(self, defaults={"restart_delay": 0, "restart_max_delay": 0.1}).start()
        url = self.start_http(clip=clip)
        self.add(daemon, "front", f"{url}/ended-list")
        self.assertIn("the camera's play list says that the stream has ended", self.first_error(daemon, "front")["text"])
        wait_for(lambda: self.asked(url, "ended_list").get("requests", 0) > 1, "it is asked again")

    def test_time_lapse_with_a_picture_or_two_in_a_piece_is_opened(self):
        """The last piece alone was too little to begin with, and the next one came after the time for opening."""
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=0.2", "-frames:v", "8", "-c:v", "libx264", "-g", "1", "-f", "hls",
               "-hls_time", "10", "-hls_list_size", "0", "-hls_flags", "omit_endlist", self.directory / "lapse.m3u8")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietFiles, directory=self.directory))
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        daemon = self.camd(defaults={"open_timeout": 5})
        self.add(daemon, "front", f"http://127.0.0.1:{server.server_port}/lapse.m3u8")
        daemon.wait_frames("front", 1)

    def test_play_list_that_stands_still_is_not_called_silent(self):
        clip = self.clip_file("piece.ts", "-c:v", "libx264", "-bf", "0", frames=20)
        daemon = self.camd(defaults={"read_timeout": 3})
        self.add(daemon, "front", f"{self.start_http(clip=clip)}/standing-list")
        error = self.first_error(daemon, "front")
        self.assertIn("the camera answered, but nothing new came of its play list for 3 s", error["text"])
        self.assertIn("camera's own log", error["hint"])

    def test_probe_measures_pieces_by_their_own_times(self):
        """It said that a camera sends 17300 pictures a second."""
        clip = self.clip_file("piece.ts", "-c:v", "libx264", "-bf", "0", frames=20)
        report = Camd(self).camctl_json("probe", f"{self.start_http(clip=clip)}/live-list")
        self.assertEqual((report["live"], round(report["measured_fps"])), (True, 10))


class Times(StreamsCase):
    """Of 40 pictures a second 10 are wanted, whatever the camera's time stamps say."""

    def assert_a_quarter_is_taken(self, *behaviour):
        daemon = self.camd()
        self.add(daemon, "front", self.start_rtsp("--fps", "40", *behaviour), "fps=10")
        self.assert_a_quarter_becomes_frames(daemon, "front", frames=20, delta=0.05)

    def test_times_that_stand_still(self):
        self.assert_a_quarter_is_taken("times-stand-still")

    def test_times_that_run_slow(self):
        self.assert_a_quarter_is_taken("times-by=0.0111")

    def test_times_that_run_fast(self):
        self.assert_a_quarter_is_taken("times-by=10")

    def test_pictures_that_come_together(self):
        self.assert_a_quarter_is_taken("burst=4")

    def test_probe_measures_by_arrival(self):
        url, camd, measured = self.start_rtsp("--fps", "20", "times-by=10"), Camd(self), []
        # what a machine that stands still for a moment measures is as wrong as its time
        wait_for(lambda: measured.append(camd.camctl_json("probe", url)["measured_fps"]) or abs(measured[-1] - 20) <= 7, measured)


class Http(StreamsCase):
    def test_parts_with_wrong_lengths_are_no_damage(self):
        url = self.start_http("--fps", "40")
        daemon = self.camd()
        names = ("short-lengths", "long-lengths", "huge-lengths", "empty-parts")
        for name in names:
            self.add(daemon, name, f"{url}/{name}", "fps=10")
        self.assert_a_quarter_becomes_frames(daemon, *names)
        for name in names:
            with self.subTest(name):
                camera = daemon.camera(name)
                self.assertEqual((camera["state"], camera["capture"]["restarts"]), ("up", 0))
                self.assertLessEqual(camera["damaged"], 1)

    def test_jpegs_in_every_form_come_at_the_rate_that_is_wanted(self):
        url = self.start_http("--fps", "40")
        daemon = self.camd()
        names = ("mjpeg", "no-first-boundary", "no-first-boundary-no-length", "no-dashes", "early-line-break", "long", "jpegs")
        for name in names:
            self.add(daemon, name, f"{url}/{name}", "fps=10")
        self.assert_a_quarter_becomes_frames(daemon, *names)
        for name in names:
            with self.subTest(name):
                camera = daemon.camera(name)
                self.assertEqual((camera["width"], camera["height"], camera["capture"]["restarts"]), (320, 240, 0))


class StillPictures(StreamsCase):
    def test_is_fetched_again_and_status_says_so(self):
        url = self.start_http()
        daemon = self.camd()
        names = ("still", "still-no-length", "still-wrong-length", "still-gif")
        for name in names:
            self.add(daemon, name, f"{url}/{name}", "fps=20")
        for name in names:
            with self.subTest(name):
                camera = daemon.wait_frames(name, 10)
                self.assertEqual((camera["width"], camera["height"], camera["capture"]["restarts"]), (320, 240, 0))
                self.assertTrue(camera["stream"]["still"])
                self.assertGreater(camera["stream"]["fps"], 0)
                self.assertIn("still picture", daemon.camctl("status", name).stdout)
        lines = [line for line in daemon.log_text().splitlines() if "prematurely" in line and " debug " not in line]
        self.assertEqual(lines, [], "that an answer which says no length has ended is no news")

    def test_is_asked_once_a_second_at_most_unless_it_has_a_rate_of_its_own(self):
        url = self.start_http()
        daemon = Camd(self, defaults={"fps": 50})
        daemon.write_camera("slow", input=f"{url}/still")
        daemon.start()
        self.add(daemon, "fast", f"{url}/still-same", "fps=50")
        begun, before = time.monotonic(), self.asked(url, "still").get("requests", 0)
        wait_for(lambda: self.asked(url, "still_same").get("requests", 0) >= 60, "60 requests at 50 a second")
        asked = self.asked(url, "still")["requests"] - before
        self.assertLessEqual(asked, 2 + time.monotonic() - begun, "requests, and seconds")
        daemon.write_camera("slow", input=f"{url}/still", fps=50)
        daemon.camctl("reload")
        before = self.asked(url, "still")["requests"]
        wait_for(lambda: self.asked(url, "still")["requests"] >= before + 30, "30 more")

    def test_same_picture_is_an_answer_but_no_frame(self):
        """Neither the stall guard nor the read time-out minds."""
        url = self.start_http()
        begun, daemon = time.monotonic(), Camd(self, defaults={"read_timeout": 2, "stall_timeout": 2}).start()
        names = ("still-same", "still-tagged", "still-dated")
        for name in names:
            self.add(daemon, name, f"{url}/{name}", "fps=10")
        for name in names:
            wait_for(lambda name=name: self.asked(url, name.replace("-", "_")).get("requests", 0) >= 20, f"requests for {name}")
        wait_for(lambda: time.monotonic() - begun > 5, "both time-outs are over twice")
        self.assertEqual([daemon.camera(name)["capture"]["restarts"] for name in names], [0, 0, 0])
        self.assertEqual(daemon.camera("still-same")["frames"], 1)
        for name in names[1:]:
            with self.subTest(name):
                asked = self.asked(url, name.replace("-", "_"))
                self.assertGreaterEqual(asked["conditional"], asked["requests"] - 2)
                self.assertGreaterEqual(asked["unchanged"], 10)
                daemon.wait_frames(name, asked["requests"] // 3)
                self.assertLessEqual(daemon.camera(name)["frames"], self.asked(url, name.replace("-", "_"))["requests"] // 3 + 2)

    def test_answer_that_fails_now_and_then_is_no_end(self):
        url = self.start_http()
        daemon = self.camd()
        self.add(daemon, "front", f"{url}/still-busy", "fps=20")
        camera = daemon.wait_frames("front", 10)
        self.assertEqual(camera["capture"]["restarts"], 0)

    def test_still_picture_that_becomes_a_stream_is_one_and_keeps_to_fps(self):
        daemon = self.camd()
        self.add(daemon, "front", f"{self.start_http('--fps', '40')}/still-first", "fps=10")
        daemon.wait_camera("front", lambda camera: camera["stream"] and camera["stream"]["still"] is True, "is a still picture")
        daemon.wait_camera("front", lambda camera: camera["stream"]["still"] is False, "is a stream")
        self.assert_a_quarter_becomes_frames(daemon, "front", frames=20, delta=0.05)
        self.assertEqual(daemon.camera("front")["capture"]["restarts"], 0)

    def test_page_of_text_is_called_one(self):
        daemon = self.camd()
        self.add(daemon, "front", f"{self.start_http()}/text")
        self.add(daemon, "short", f"{self.start_http()}/short-text")
        for name in ("front", "short"):
            error = self.first_error(daemon, name)
            self.assertIn("page of text (text/html)", error["text"], name)
            self.assertIn("browser", error["hint"], name)


class Sizes(StreamsCase):
    def large_jpeg(self):
        """One that says so: with another size in its head (SOF0), and as much data as that takes at least."""
        path = self.clip_file("large.jpg", "-c:v", "mjpeg", frames=1)
        head = re.compile(rb"(\xff\xc0\x00\x11\x08)....", re.DOTALL)
        path.write_bytes(head.sub(lambda match: match[1] + struct.pack(">HH", 8000, 9000), path.read_bytes()) + bytes(300000))
        return path

    def test_pictures_that_are_too_large_are_called_that_at_once(self):
        """Too large for the decoder, too wide only, and too large for a container that makes of that a device which is busy."""
        raw = self.directory / "large.y4m"
        raw.write_bytes(b"YUV4MPEG2 W16384 H16384 F10:1\nFRAME\n" + bytes(100000))
        paths = {"jpeg": self.large_jpeg(), "raw": raw,
                 "h264": self.clip_file("large.264", "-c:v", "libx264", "-preset", "ultrafast", frames=1, size="9000x64")}
        daemon = self.camd()
        for name, path in paths.items():
            self.add(daemon, name, path)
        for name in paths:
            with self.subTest(name):
                error = self.first_error(daemon, name)
                self.assertRegex(error["text"], "its pictures are (90[0-9]*|16384) x (80[0-9]*|64|16384), and only 16 to 8192 are possible")
                self.assertIn("another size", error["hint"])
        report = json.loads(Camd(self).camctl("--json", "probe", paths["jpeg"], expect=1).stdout)
        self.assertIn("9000 x 8000", report["error"]["text"])


    def test_picture_of_an_impossible_size_among_others_is_damage_and_no_end(self):
        daemon = self.camd()
        self.add(daemon, "front", f"{self.start_http('--fps', '40')}/tiny-one-among-them", "fps=20")
        camera = daemon.wait_camera("front", lambda camera: camera["damaged"] >= 5 and camera["frames"] >= 10, "goes on")
        self.assertEqual((camera["capture"]["restarts"], camera["width"], camera["height"]), (0, 320, 240))

    def test_pictures_that_are_scaled_to_a_size_of_their_own_may_have_any(self):
        """A single pixel among them, which has no even size."""
        sizes = {"pixel": (1, 1), "small": (18, 14), "wide": (9000, 64)}
        daemon = self.camd()
        for name, (width, height) in sizes.items():
            path = self.directory / f"{name}.mkv"
            ffmpeg("-f", "lavfi", "-i", f"color=white:size={max(width, 2)}x{max(height, 2)}:rate=10", "-frames:v", "5",
                   "-vf", f"crop={width}:{height}:exact=1", "-c:v", "ffv1", "-pix_fmt", "yuv444p", path)
            self.add(daemon, name, path, "width=64", "height=48", "loop=yes")
        for name, size in sizes.items():
            with self.subTest(name):
                camera = daemon.wait_frames(name, 6)
                self.assertEqual((camera["width"], camera["height"], camera["capture"]["restarts"]), (64, 48, 0))
                self.assertEqual((camera["stream"]["width"], camera["stream"]["height"]), size)
                with Segments(name, daemon.prefix) as segments:
                    _, pixels = wait_for(segments.read_newest, "a whole frame")
                self.assertGreaterEqual(min(pixels[: 64 * 48]), 230, "white all over")


class Loops(StreamsCase):
    def test_loop_of_a_file_shorter_than_a_picture_is_wanted_goes_on(self):
        """With three pictures at 25 a second and five wanted, most passes need none of them."""
        three = self.clip_file("three.avi", "-c:v", "mjpeg", "-r", "25", frames=3)
        one = self.clip_file("one.jpg", "-c:v", "mjpeg", frames=1)
        daemon = self.camd()
        for name, path in (("three", three), ("one", one)):
            self.add(daemon, name, path, "loop=yes", "fps=5")
        for name in ("three", "one"):
            self.assertEqual(daemon.wait_frames(name, 4)["capture"]["restarts"], 0)

    def test_file_that_another_one_replaces_is_played_next_and_no_permission_is_missed(self):
        """The sandbox lets only the file be opened that was there at the start."""
        path = self.directory / "loop.avi"
        path.write_bytes(self.clip_file("first.avi").read_bytes())
        daemon = self.camd()
        self.add(daemon, "front", path, "loop=yes")
        daemon.wait_frames("front", 2)
        self.clip_file("second.avi", size="640x480").replace(path)
        daemon.wait_camera("front", lambda camera: camera["state"] == "up" and camera["width"] == 640, "plays the other one")
        for event in daemon.events(name="front"):
            self.assertNotIn("Permission denied", event.get("text", ""))
        if SANDBOX == "yes":
            self.assertIn("another file has taken its name", self.first_error(daemon, "front")["text"])
