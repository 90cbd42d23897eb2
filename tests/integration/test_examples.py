"""What others write with libcamd: the examples, in C and in Python, do what they say."""
import importlib.util
import os
import shutil
import subprocess
import unittest
import urllib.error
import urllib.request

from harness import BUILD, PYTHON, REPOSITORY, SANDBOX, CamdTest, free_port, moving_pattern, program, wait_for

# Python loads libcamd; it can't load one that has sanitizers in it.
PYTHON_LOADS_IT = SANDBOX == "yes"


class Examples(CamdTest):
    def environment(self, daemon):
        path = f"{program('camctl').parent}:{os.environ['PATH']}"
        return dict(os.environ, CAMD_SOCKET=str(daemon.socket), PATH=path, PYTHONPATH=str(REPOSITORY / "src" / "python"),
                    LD_LIBRARY_PATH=str(BUILD / "src" / "libcamd"))

    def started(self, daemon, *command):
        return self.start_helper(*command, env=self.environment(daemon), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line_with(self, helper, word):
        for line in helper.stdout:
            if word in line:
                return line
        raise AssertionError(f"{helper.args} ended without saying {word}")

    def get(self, port, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer:
            return answer.read()

    def serving(self, daemon, name):
        port = free_port()
        self.start_helper(PYTHON, REPOSITORY / "examples" / name, port, env=self.environment(daemon))

        def answers():
            try:
                return self.get(port, "")
            except (urllib.error.URLError, ConnectionError):
                return None
        wait_for(answers, f"{name} to answer")
        return port

    def test_in_c(self):
        daemon = self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        events = self.started(daemon, BUILD / "examples" / "example-events")
        self.assertIn('"name":"front"', self.line_with(events, "connected"))
        daemon.camctl("add", "back", f"input={moving_pattern()}")
        self.line_with(events, "camera_added back")
        daemon.stop()
        self.line_with(events, "camd")
        daemon.start()
        self.line_with(events, "connected")
        self.line_with(events, "first_frame back")
        events.stdin.close()
        place = self.line_with(events, "go on with").split()[-2:]
        self.assertEqual(events.wait(timeout=30), 0)
        daemon.camctl("stop", "front")
        again = self.started(daemon, BUILD / "examples" / "example-events", "front", *place)
        self.line_with(again, "camera_state front")
        daemon.camctl("start", "front")
        daemon.wait_state("front", "up")

        frames = [BUILD / "examples" / "example-frames"]
        done = subprocess.run([*frames, "front", "3", daemon.prefix], env=self.environment(daemon), text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("320x240, brightness"), 3, done.stdout)
        missing = subprocess.run([*frames, "nobody", "1", daemon.prefix], text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual((missing.returncode, missing.stderr), (1, "frames: nobody: No such file or directory\n"))

    @unittest.skipUnless(PYTHON_LOADS_IT, "a library with sanitizers is nothing for a Python without")
    def test_compile_as_the_pkg_config_file_says(self):
        said = subprocess.run(["pkg-config", "--cflags", "--libs", "camd-uninstalled"], text=True, capture_output=True, check=True,
                              env=dict(os.environ, PKG_CONFIG_PATH=str(BUILD / "meson-uninstalled"))).stdout
        for name in ("events", "frames"):
            subprocess.run(["cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror",
                            REPOSITORY / "examples" / f"{name}.c", "-o", self.directory / name, *said.split()], check=True)

    @unittest.skipUnless(PYTHON_LOADS_IT, "a library with sanitizers is nothing for a Python without")
    def test_in_python(self):
        daemon = self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        port = self.serving(daemon, "exporter.py")
        self.assertIn('my_camera_up{camera="front"} 1\n', self.get(port, "metrics").decode())
        port = self.serving(daemon, "page.py")
        self.assertIn('<img src="/front"', self.get(port, "").decode())
        self.assertEqual(self.get(port, "front")[:3], b"\xff\xd8\xff")
        with self.assertRaises(urllib.error.HTTPError):
            self.get(port, "..%2fetc")
        brightness = self.started(daemon, PYTHON, REPOSITORY / "examples" / "brightness.py", "front", daemon.prefix)
        self.line_with(brightness, "light")

    @unittest.skipUnless(PYTHON_LOADS_IT, "a library with sanitizers is nothing for a Python without")
    def test_with_a_broker(self):
        if not shutil.which("mosquitto") or not importlib.util.find_spec("paho"):
            self.skipTest("needs mosquitto and python3-paho-mqtt")
        port = free_port()
        self.start_helper("mosquitto", "-p", port)
        daemon = self.camd(cameras={"front": {"input": moving_pattern()}})
        daemon.wait_frames("front", 1)
        import paho.mqtt.client
        got = {}
        client = paho.mqtt.client.Client()
        client.on_message = lambda _client, _data, message: got.update({message.topic: message.payload.decode()})

        def connected():
            try:
                return client.connect("127.0.0.1", port) == 0
            except OSError:
                return False
        wait_for(connected, "the broker")
        client.subscribe("#", qos=1)
        client.loop_start()
        self.start_helper(PYTHON, REPOSITORY / "examples" / "mqtt.py", "127.0.0.1", port, env=self.environment(daemon))
        wait_for(lambda: got.get("camd/front/state") == "up", "the camera's state at the broker")
        self.assertIn('"state_topic": "camd/front/state"', got["homeassistant/sensor/camd_front/config"])
        daemon.camctl("stop", "front")
        wait_for(lambda: got.get("camd/front/state") == "down", "its new state at the broker")
        client.disconnect()
        client.loop_stop()
