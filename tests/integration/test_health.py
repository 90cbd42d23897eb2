"""Pictures that are not well: cameras whose pictures come damaged, and what workers say of theirs."""
import json
import os
import signal
import socket

from harness import Camd, CamdTest, HERE, clip, ffmpeg, wait_for
from segments import Segments
from test_streams import StreamsCase

DAMAGED = 2  # of a slot's flags, camd-worker(7)


class Damage(StreamsCase):
    def test_losses_are_noticed_whatever_the_codec(self):
        """Every 60th packet is missing, and the decoders conceal that more or less."""
        daemon = self.camd()
        cameras = {"h264": ("--fps", "20", "lose=60"), "hevc": ("--fps", "20", "--codec", "hevc", "lose=60")}
        for name, arguments in cameras.items():
            self.add(daemon, name, self.start_rtsp(*arguments), "fps=20")
        for name in cameras:
            camera = daemon.wait_camera(name, lambda camera: camera["state"] == "degraded", "is degraded")
            self.assertEqual((camera["reason"], camera["capture"]["state"], camera["tracker"]["state"]), ("damaged", "up", "up"))
            self.assertGreater(camera["damaged"], 0)
            self.assertTrue(0 < camera["share"] <= 1, camera)
            self.assertIn("leaves out", camera["cause"])
            self.assertIn("bit rate", camera["hint"])
            self.assertRegex(camera["since"], r"^\d{4}-\d\d-\d\dT")
            event = next(event for event in daemon.events(name=name) if event["event"] == "health")
            self.assertEqual((event["reason"], event["cause"]), ("damaged", camera["cause"]))
            self.assertIn("damaged (", daemon.camctl("status", name).stdout)
            with Segments(name, daemon.prefix) as segments:
                wait_for(lambda: any(segments.slot(i).flags & DAMAGED for i in range(segments.slots)), "a damaged picture in a slot")
        self.assertIn("2 of 2 cameras up", daemon.camctl("status").stdout)

    def test_jpegs_that_are_cut_off_are_damaged(self):
        daemon = self.camd()
        self.add(daemon, "front", self.start_http("--fps", "40") + "/cut-off", "fps=10")
        camera = daemon.wait_state("front", "degraded")
        self.assertEqual((camera["reason"], camera["share"]), ("damaged", 1.0))
        self.assertIn("has errors", camera["cause"])

    def test_good_pictures_are_not_damaged(self):
        daemon = self.camd()
        for codec in ("h264", "hevc"):
            self.add(daemon, codec, self.start_rtsp("--fps", "40", "--codec", codec), "fps=40")
        for codec in ("h264", "hevc"):
            self.assertEqual(daemon.wait_frames(codec, 60)["damaged"], 0)


class Words(StreamsCase):
    """What workers say is checked, shown, and forgotten with them."""

    def start_saying(self, **settings):
        self.daemon = Camd(self, settings=settings).start()
        self.input = self.directory / "camera"
        self.input.touch()
        self.daemon.camctl("add", "front", f"input={self.input}", f"capture={HERE / 'saying_worker.py'}", "--runtime", "--timeout", "0.1",
                           expect=None)

    def say(self, **message):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as words:
            wait_for(lambda: self.reaches(words), "the worker listens")
            words.send(json.dumps(message).encode())

    def reaches(self, words):
        try:
            words.connect(str(self.input) + ".say")
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def wait_state(self, state):
        return self.daemon.wait_camera("front", lambda camera: camera["state"] == state, f"is {state}")

    def test_degraded_comes_and_goes(self):
        self.start_saying()
        self.say(type="ready")
        self.wait_state("up")
        for reason in ("damaged", "frozen", "black", "covered"):
            self.say(type="health", reason=reason, share=0.25, cause="sad rtsp://me:geheim@cam/", hint="be kind")
            camera = self.wait_state("degraded")
            self.assertEqual([camera[member] for member in ("reason", "share", "cause", "hint")],
                             [reason, 0.25, "sad rtsp://me:***@cam/", "be kind"])
            self.say(type="health", reason="")
            camera = self.wait_state("up")
            self.assertEqual([camera[member] for member in ("reason", "share", "cause")], ["", None, None])
        self.assertEqual([event["reason"] for event in self.daemon.events(name="front") if event["event"] == "health"],
                         ["damaged", "", "frozen", "", "black", "", "covered", ""])

    def test_end_of_the_worker_ends_it(self):
        self.start_saying()
        self.say(type="ready")
        self.say(type="health", reason="damaged")
        self.wait_state("degraded")
        self.daemon.camctl("stop", "front")
        self.assertIsNone(self.wait_state("down")["cause"])

    def test_nonsense_is_left_out(self):
        self.start_saying()
        self.say(type="ready")
        self.wait_state("up")
        for reason in ("sad", 7, None, "damaged" * 1000):
            self.say(type="health", reason=reason)
        self.say(type="health", reason="damaged", share=1e9, cause=["x"], hint={})
        camera = self.wait_state("degraded")
        self.assertEqual([camera[member] for member in ("share", "cause", "hint")], [None, "", ""])

    def test_what_a_worker_waits_for_is_the_reason_while_it_starts_and_when_it_never_was_ready(self):
        self.start_saying()
        self.daemon.camctl("stop", "front")
        self.daemon.write_camera("front", input=self.input, capture=HERE / "saying_worker.py", first_frame_timeout=1,
                                 restart_delay=30, restart_max_delay=30)
        self.daemon.camctl("remove", "front")
        self.daemon.camctl("reload")
        self.say(type="health", reason="waiting", cause="no light yet", hint="wait for the sun")
        camera = self.daemon.wait_camera("front", lambda camera: "no light" in camera["reason"], "says what it waits for")
        self.assertEqual((camera["state"], camera["reason"], camera["hint"]),
                         ("starting", "capture: no light yet", "wait for the sun"))
        camera = self.daemon.wait_camera("front", lambda camera: camera["capture"]["restarts"] > 0, "was not ready")
        self.assertIn("not ready in time: no light yet", self.daemon.log_text())


class Sight(CamdTest):
    """What the pictures show: clips of cameras that see nothing, and of such that do."""

    TIMES = {"frozen_timeout": 0.5, "black_timeout": 0.5, "covered_timeout": 0.5}
    ENCODERS = {"mjpeg": ("-c:v", "mjpeg", "-q:v", "4"), "h264": ("-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-g", "10")}

    def clip(self, name, graph, codec="mjpeg", seconds=3):
        """Played by a camera that comes to its end, and begins again: 10 pictures a second."""
        path = self.directory / f"{name}.mkv"
        ffmpeg("-i", clip(), "-filter_complex", f"scale=384:288,{graph}", "-t", seconds, "-r", "10", "-pix_fmt", "yuv420p", *self.ENCODERS[codec], path)
        return path

    def start_cameras(self, clips, **settings):
        daemon = self.camd(defaults={**self.TIMES, "loop": "yes", "fps": 10, **settings})
        for name, path in clips.items():
            daemon.camctl("add", name, f"input={path}", "--runtime", "--timeout", "0.1", expect=None)
        return daemon

    def wait_degraded(self, daemon, name, reason):
        return daemon.wait_camera(name, lambda camera: (camera["state"], camera["reason"]) == ("degraded", reason), f"is {reason}")

    def healths(self, daemon, name):
        return [event for event in daemon.events(name=name) if event["event"] == "health"]

    def test_what_sees_nothing_is_degraded_until_it_sees_again(self):
        """Black and frozen pictures were never noticed: the camera was up."""
        clips = {
            "frozen": self.clip("frozen", "loop=loop=18:size=1:start=10"),
            "black": self.clip("black", "drawbox=c=black:t=fill:enable='between(t,1,2.5)'"),
            "capped": self.clip("capped", "drawbox=c=0x101010:t=fill:enable='between(t,1,2.8)',noise=alls=14:allf=t+u"),
            "hand": self.clip("hand", "gblur=sigma=40:enable='between(t,1,2.8)',noise=alls=6:allf=t+u"),
        }
        daemon = self.start_cameras(clips)
        measures = {"frozen": ("frozen", "unchanged_s", 0.5, 20), "black": ("black", "brightness", 15, 32),
                    "capped": ("covered", "detail", 0, 0.03), "hand": ("covered", "detail", 0, 0.03)}
        self.wait_degraded(daemon, "frozen", "frozen")
        for name, (reason, measure, least, most) in measures.items():
            with self.subTest(name):
                wait_for(lambda name=name: len(self.healths(daemon, name)) >= 2, f"{name} was degraded, and is no longer")
                begin, end = self.healths(daemon, name)[:2]
                self.assertEqual((begin["reason"], end["reason"]), (reason, ""))
                self.assertTrue(least <= begin[measure] <= most and begin["cause"] and begin["hint"], begin)
                camera = self.wait_degraded(daemon, name, reason)
                self.assertTrue(least <= camera[measure] <= most, camera[measure])
                self.assertEqual([camera[other] for other in ("share", "unchanged_s", "brightness", "detail") if other != measure], [None] * 3)
                self.assertEqual((camera["cause"], camera["hint"]), (begin["cause"], begin["hint"]))
        for words in ("frozen (nothing new for ", "black (brightness ", "covered (detail in ", "no longer frozen"):
            self.assertIn(words, daemon.log_text())

    def test_what_sees_little_is_well(self):
        """A still but living scene, dark nights with the noise of a sensor, whatever the encoder leaves of it, and a picture."""
        scenes = {
            "day": "null",
            "still": "loop=loop=-1:size=1:start=1,noise=alls=3:allf=t",
            "night": "lutyuv=y=16+(val-16)*0.1,noise=alls=15:allf=t+u",
            "starless": "drawbox=c=black:t=fill,noise=alls=20:allf=t+u",
            "fog": "lutyuv=y=170+(val-128)*0.1,noise=alls=6:allf=t+u",
        }
        clips = {f"{name}-{codec}": self.clip(f"{name}-{codec}", graph, codec, seconds=2)
                 for name, graph in scenes.items() for codec in (("h264",) if name in ("day", "fog") else self.ENCODERS)}
        clips["picture"] = self.directory / "picture.png"
        ffmpeg("-i", clip(), "-frames:v", "1", clips["picture"])
        daemon = self.start_cameras(clips)
        for name in clips:
            daemon.wait_frames(name, 30)
        for name in clips:
            self.assertEqual([event for event in daemon.events(name=name) if event["event"] == "health"], [], name)
            self.assertEqual(daemon.camera(name)["state"], "up", name)

    def test_patterns_are_not_looked_at_and_none_means_never(self):
        clips = {"pattern": "lavfi:color=black:size=320x240:rate=10",
                 "off": self.clip("off", "loop=loop=-1:size=1:start=1,drawbox=c=black:t=fill")}
        daemon = self.start_cameras(clips, frozen_timeout="none", black_timeout="none", covered_timeout="none")
        daemon.camctl("add", "on", f"input={clips['off']}", "frozen_timeout=1", "--runtime")
        self.wait_degraded(daemon, "on", "frozen")
        for name in clips:
            daemon.wait_frames(name, 25)
            self.assertEqual(daemon.camera(name)["state"], "up")


class Quality(CamdTest):
    def test_outages_tries_stalls_and_the_bit_rate_of_an_hour_and_a_day(self):
        """RESTARTS counted tries: four outages of a minute were not to be told from one of an hour."""
        daemon = self.camd(defaults={"stall_timeout": 1, "restart_delay": 0.2, "restart_max_delay": 0.2})
        path = self.directory / "front.mkv"
        ffmpeg("-i", clip(), "-t", "2", "-c:v", "mjpeg", path)
        daemon.camctl("add", "front", f"input={path}", "loop=yes", "--runtime")
        before = daemon.wait_camera("front", lambda camera: camera["hour"]["bit_rate_kbps"], "its bit rate is known")
        self.assertEqual([before["hour"][member] for member in ("outages", "reconnects", "stalls")], [0, 0, 0])
        kbps = path.stat().st_size * 8 / 2 / 1000  # the file is read in large pieces, and not for long yet
        self.assertTrue(kbps / 4 < before["hour"]["bit_rate_kbps"] < 4 * kbps, (kbps, before["hour"]))
        path.rename(path.with_name("gone.mkv"))
        os.kill(before["capture"]["pid"], signal.SIGKILL)
        daemon.wait_camera("front", lambda camera: camera["day"]["reconnects"] >= 3 and camera["day"]["dark_s"] >= 1, "is tried again")
        path.with_name("gone.mkv").rename(path)
        pid = daemon.wait_state("front", "up")["capture"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        after = daemon.wait_camera("front", lambda camera: camera["state"] == "up" and camera["hour"]["stalls"], "has stalled and is up again")
        for span in ("hour", "day"):
            self.assertEqual((after[span]["outages"], after[span]["stalls"]), (2, 1))
            self.assertGreaterEqual(after[span]["reconnects"], 4)
        text = daemon.camctl("status", "front").stdout
        self.assertRegex(text, r"last hour +2 outages, no pictures for [\d.]+ s; \d+ new tries, 1 stall; [\d.]+ [kM]bit/s")
        self.assertIn("last day", text)
