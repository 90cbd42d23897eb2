"""Pictures that are not well: cameras whose pictures come damaged, and what workers say of theirs."""
import json
import socket

from harness import Camd, HERE, wait_for
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
            self.assertEqual([camera[member] for member in ("reason", "share", "cause", "since")], ["", None, None, None])
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
