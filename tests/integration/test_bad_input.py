"""Bad input: a clear error each, with what to do, and everything else goes on."""
import os
import signal
import socket
import subprocess

from harness import Camd, CamdTest, PYTHON, HERE, clip, free_port, is_running, moving_pattern, wait_for


class BadInput(CamdTest):
    """Each test has a camera that runs meanwhile and must not notice."""

    def setUp(self):
        self.daemon = self.camd()
        self.daemon.camctl("add", "witness", f"input={moving_pattern()}", "fps=10")
        self.before = self.daemon.wait_frames("witness", 2)

    def tearDown(self):
        self.assert_camera_goes_on(self.daemon, "witness", self.before)
        super().tearDown()

    def refused_without_a_trace(self, *arguments, expect=2):
        done = self.daemon.camctl(*arguments, expect=expect)
        self.assertEqual(os.listdir(self.daemon.cameras_dir), ["witness.ini"])
        self.assertEqual([camera["name"] for camera in self.daemon.status()["cameras"]], ["witness"])
        return done.stderr

    def saved_with_reason(self, name, source, error_class, *settings):
        """add says 7 and why; status and the error event say the same."""
        done = self.daemon.camctl("add", name, f"input={source}", "--timeout", "20", *settings, expect=7)
        self.assertIn(name, done.stderr)
        camera = self.daemon.wait_camera(
            name, lambda camera: camera["state"] == "backoff" and camera["capture"]["next_start_ms"], "a next try")
        self.assertTrue(camera["reason"])
        self.assertTrue(camera["hint"], "what can be done")
        errors = [event for event in self.daemon.events(name=name) if event["event"] == "error"]
        self.assertTrue(errors, "an error event")
        self.assertEqual(errors[-1]["class"], error_class)
        return camera

    def test_a_missing_file(self):
        camera = self.saved_with_reason("front", self.directory / "missing.avi", "not_found")
        self.assertIn("missing.avi", camera["reason"])

    def test_a_port_where_nobody_listens(self):
        self.saved_with_reason("front", f"rtsp://127.0.0.1:{free_port()}/live", "network")

    def test_a_host_that_does_not_exist(self):
        self.saved_with_reason("front", "rtsp://camera.invalid/live", "not_found")

    def test_a_text_file_as_video(self):
        text = self.directory / "notes.avi"
        text.write_text("This is no video.\n" * 200)
        self.saved_with_reason("front", text, "format")

    def test_a_host_that_accepts_and_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            self.saved_with_reason("front", f"rtsp://127.0.0.1:{port}/live", "network", "open_timeout=1")

    def test_a_host_that_says_nothing_can_be_removed_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            self.daemon.camctl("add", "front", f"input=rtsp://127.0.0.1:{port}/live", "open_timeout=100", "--timeout", "1",
                               expect=7)
            pid = self.daemon.camera("front")["capture"]["pid"]
            self.daemon.camctl("remove", "front", timeout=20)
            self.assertFalse(is_running(pid))

    def test_a_pattern_that_does_not_exist(self):
        self.saved_with_reason("front", "lavfi:nosuchsource=size=320x240", "format")

    def test_a_name_with_a_slash(self):
        error = self.refused_without_a_trace("add", "a/b", f"input={clip()}")
        self.assertIn("a/b", error)
        for name in ("..", "", "a.b", "x" * 41, "schön"):
            self.refused_without_a_trace("add", name, f"input={clip()}")

    def test_an_unknown_key_gets_a_suggestion(self):
        error = self.refused_without_a_trace("add", "front", f"input={clip()}", "widht=320")
        self.assertIn("widht", error)
        self.assertIn("width", error)

    def test_values_out_of_range_say_what_is_expected(self):
        for setting in ("fps=0", "fps=many", "width=-2", "height=100000", "loop=perhaps", "mask.a=motion 0,0 1"):
            error = self.refused_without_a_trace("add", "front", f"input={clip()}", setting)
            self.assertIn(setting.split("=")[0], error)

    def test_no_input(self):
        self.assertIn("input", self.refused_without_a_trace("add", "front", "fps=5"))

    def test_an_unknown_verb(self):
        self.assertIn("status", self.refused_without_a_trace("statsu"))

    def test_an_unknown_camera(self):
        for verb in ("remove", "enable", "disable", "start", "stop", "restart", "kick", "status"):
            error = self.refused_without_a_trace(verb, "nobody", expect=5)
            self.assertIn("nobody", error)
        picture = self.directory / "x.jpg"
        self.refused_without_a_trace("snapshot", "nobody", "-o", picture, expect=5)
        self.assertFalse(picture.exists())

    def test_a_request_of_100_kb(self):
        with self.daemon.control() as control:
            try:
                control.send("status", name="x" * 100_000)
            except (BrokenPipeError, ConnectionResetError):
                pass  # cut off in the middle: just as well
            reply = control.receive()
            if reply is not None:
                self.assertEqual(reply["error"]["code"], "usage")

    def test_garbage_on_the_socket(self):
        for garbage in (b"\n", b"hello\n", b"[]\n", b"{}\n", b'{"id":1}\n', b'{"id":1,"verb":7}\n', b"\xff\xfe\x00\n",
                        b'{"id":1,"verb":"explode"}\n', b"[" * 60000 + b"\n", b'{"id":1,"verb":"add"}\n',
                        b'{"id":1,"verb":"add","name":{},"settings":[]}\n', b'{"id":1,"verb":"start","names":[1,2]}\n',
                        b'{"id":1,"verb":"status","name":[]}\n', b'{"id":1,"verb":"add","name":"a/b","settings":{}}\n',
                        b'{"id":1,"verb":"ptz","name":"witness","moving":"perhaps"}\n'):
            with self.subTest(garbage=garbage[:40]), self.daemon.control() as control:
                control.socket.sendall(garbage)
                control.socket.shutdown(socket.SHUT_WR)
                reply = control.receive()
                if reply is not None:
                    self.assertIn(reply["error"]["code"], ("usage", "failed", "no_camera"), reply)
                    self.assertTrue(reply["error"]["text"])


class WrongPassword(CamdTest):
    PASSWORD = "Gg7-hush-hush"

    def start_camera(self, method):
        server = self.start_helper(PYTHON, HERE / "rtsp_server.py", "--user", "admin", "--password", "right", "--auth",
                                   method, stdout=subprocess.PIPE, text=True)
        return server.stdout.readline().strip().replace("//", f"//admin:{self.PASSWORD}@")

    def assert_never_shown(self, *texts):
        for text in texts:
            self.assertNotIn(self.PASSWORD, text)

    def test_waits_five_minutes_and_never_shows_the_password(self):
        for method in ("basic", "digest"):
            with self.subTest(method=method):
                daemon = self.camd()
                done = daemon.camctl("add", "front", f"input={self.start_camera(method)}", "--timeout", "30", expect=7)
                camera = daemon.wait_state("front", "backoff")
                self.assertGreater(camera["capture"]["next_start_ms"], 290_000)
                self.assertEqual(camera["capture"]["failures"], 1)
                errors = [event for event in daemon.events(name="front") if event["event"] == "error"]
                self.assertEqual([event["class"] for event in errors], ["auth"])
                self.assertIn("password", (camera["hint"] + camera["reason"]).lower())
                self.assert_never_shown(
                    done.stdout, done.stderr,
                    daemon.camctl("status").stdout, daemon.camctl("status", "front").stdout,
                    daemon.camctl("--json", "status").stdout, daemon.camctl("events").stdout,
                    daemon.camctl("--json", "events").stdout, daemon.run("-n", "-v").stdout, daemon.log_text())
                # nor in what ps shows
                self.assert_never_shown(*daemon.workers().values())

    def test_kick_tries_again_now(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={self.start_camera('basic')}", "--timeout", "30", expect=7)
        daemon.wait_state("front", "backoff")
        daemon.camctl("kick", "front")
        daemon.wait_camera("front", lambda camera: camera["state"] == "backoff" and camera["capture"]["failures"] >= 2,
                           "tried and refused again")

    def test_is_told_from_one_of_a_request_only_in_the_error(self):
        """A bad setting beside a URL with a password: the refusal must not print it."""
        daemon = self.camd()
        done = daemon.camctl("add", "front", f"input=rtsp://admin:{self.PASSWORD}@127.0.0.1/live", "widht=3", expect=2)
        self.assert_never_shown(done.stdout, done.stderr, daemon.log_text())


class SecondDaemon(CamdTest):
    def assert_first_goes_on(self, first, before):
        self.assert_camera_goes_on(first, "front", before)

    def test_on_the_same_socket_is_refused(self):
        first = self.camd()
        first.camctl("add", "front", f"input={moving_pattern()}")
        before = first.wait_frames("front", 1)
        second = Camd(self, settings={"run_dir": first.run_dir})
        done = second.run()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(first.socket), done.stderr)
        self.assert_first_goes_on(first, before)
        self.assertTrue(first.socket.exists())

    def test_on_the_same_prefix_is_refused(self):
        first = self.camd()
        first.camctl("add", "front", f"input={moving_pattern()}")
        before = first.wait_frames("front", 1)
        names = first.segments()
        second = Camd(self, settings={"shm_prefix": first.prefix})
        done = second.run()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(first.prefix, done.stderr)
        self.assertEqual(first.segments(), names)
        self.assertFalse(second.socket.exists())
        self.assert_first_goes_on(first, before)

    def test_with_a_prefix_and_socket_of_its_own_runs_beside(self):
        first, second = self.camd(), self.camd()
        for daemon in (first, second):
            daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = first.wait_frames("front", 1)
        second.stop()
        self.assert_first_goes_on(first, before)

    def test_a_socket_that_a_killed_daemon_left_is_taken_over(self):
        daemon = self.camd()
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
        self.assertTrue(daemon.socket.exists())
        daemon.start()
        wait_for(daemon.status, "status")
