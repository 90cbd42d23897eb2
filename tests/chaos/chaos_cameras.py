"""All cameras that misbehave at once, beside some that do not: garbage, silence, other sizes, the end in mid-frame."""
import subprocess
import time

import harness
from chaos import Chaos, INTEGRATION, PYTHON, QUICK, SECONDS, cpu_seconds, descriptors, memory_kib, misbehaving

RTSP = ["silent-after=1", "close-after=1", "close-at=PLAY", "close-at=DESCRIBE", "change-after=1", "lose=7", "no-parameter-sets",
        "no-key-frames", "refuse=SETUP:461", "times-stand-still", "times-by=5", "burst=30"]
HTTP = ["short", "text", "hang", "empty", "closed", "silent", "beginning", "circle", "refuse", "playlist", "stop", "no-first-boundary",
        "no-dashes", "early-line-break", "long", "still-no-length", "still-busy"]
WORKERS = ["garbage", "wrong-types", "unknown", "long", "descriptors", "flood-events", "flood-ready", "flood-garbage", "flood-lines",
           "flood-bytes", "flood-controls", "resize=320x240", "scribble", "truncate", "lease=99", "close-channel", "close-log",
           "grandchild", "never-ready", "stall", "hang", "exit=3", "signal=11", "ended", "fail"]
MEMORY_KIB = 24 << 10


class Cameras(Chaos):
    def start_server(self, name, *arguments):
        server = self.start_helper(PYTHON, INTEGRATION / f"{name}_camera.py", *arguments, stdout=subprocess.PIPE, text=True)
        return server.stdout.readline().strip()

    def garbage(self):
        """Somebody else's service at the camera's port: it talks first, and nonsense."""
        return self.start_helper(PYTHON, "-c", """
import os, socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    connection, _ = server.accept()
    try:
        while True:
            connection.sendall(os.urandom(65536))
    except OSError:
        connection.close()
""", stdout=subprocess.PIPE, text=True).stdout.readline().strip()

    def half_a_file(self):
        """A clip that ends in the middle of a picture, and starts again."""
        whole, half = harness.clip().read_bytes(), self.directory / "half.avi"
        half.write_bytes(whole[: len(whole) // 3 + 1234])
        return half

    def cameras(self):
        http = self.start_server("http", self.half_a_file())
        garbage = self.garbage()
        cameras = {f"rtsp{number}": {"input": self.start_server("rtsp", behaviour)} for number, behaviour in enumerate(RTSP)}
        cameras |= {f"http{number}": {"input": f"{http}/{path}"} for number, path in enumerate(HTTP)}
        cameras |= {"half": {"input": self.half_a_file(), "loop": "yes"}, "random": {"input": "/dev/urandom"},
                    "noise": {"input": f"rtsp://127.0.0.1:{garbage}/"}, "noise2": {"input": f"http://127.0.0.1:{garbage}/"}}
        cameras = {name: {**settings, **QUICK, "open_timeout": 2, "read_timeout": 2, "restart_max_delay": 5} for name, settings in cameras.items()}
        return cameras | {f"worker{number}": misbehaving(plan, fps=10, **QUICK) for number, plan in enumerate(WORKERS)}

    def test_every_kind_of_misbehaving_camera_at_once(self):
        cameras = self.cameras()
        daemon = self.daemon_with_witnesses(3, cameras=cameras, settings={"slots_max": 4})
        memory, used, begun = memory_kib(daemon.pid), cpu_seconds(daemon.pid), time.monotonic()
        slowest, files = 0, []
        while time.monotonic() - begun < max(SECONDS, 10):
            asked = time.monotonic()
            status = daemon.status()
            slowest = max(slowest, time.monotonic() - asked)
            files.append(descriptors(daemon.pid))
            time.sleep(0.1)  # the pace of those who ask
        for camera in status["cameras"]:
            self.assertTrue(camera["state"] in ("up", "degraded", "ended") or camera["reason"], camera)
        seconds = time.monotonic() - begun
        dark = {camera["name"]: camera["reason"] for camera in status["cameras"] if camera["state"] not in ("up", "degraded")}
        self.assert_witnesses_go_on(daemon)
        rates = [daemon.camera(name)["fps"] for name in self.witnesses]
        lines = daemon.log_text().splitlines()
        self.report(f"{len(cameras)} cameras, {len(dark)} of them dark at the end, each with a reason; witnesses {min(rates):.1f} frames a second and more")
        self.report(f"camd: {memory} KiB, {memory_kib(daemon.pid) - memory:+d} KiB, {files[0]} descriptors, {max(files)} at most, "
                    f"{(cpu_seconds(daemon.pid) - used) / seconds * 100:.0f} % of a core; slowest status {slowest * 1000:.0f} ms; "
                    f"{len(lines)} lines of log in {seconds:.0f} s")
        talkers = {}
        for line in lines:
            words = line.split(" ")
            if len(words) > 2:
                talkers[words[2].rstrip(":")] = talkers.get(words[2].rstrip(":"), 0) + 1
        self.report("most lines: " + ", ".join(f"{name} {count}" for name, count in sorted(talkers.items(), key=lambda item: -item[1])[:4]))
        if harness.SLOWNESS == 1:  # sanitizers need more
            self.assertLess(memory_kib(daemon.pid) - memory, MEMORY_KIB)
        self.assert_no_zombies(daemon)

    def pictures_of_all_sizes(self):
        """A file of JPEGs, of which none has the size of the one before."""
        path = self.directory / "sizes.mjpeg"
        made = [harness.ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10", "-frames:v", 1, "-c:v", "mjpeg", "-f", "mjpeg", "-", output=True)
                for size in ("320x240", "1920x1080", "64x48", "2560x1440", "640x480")]
        path.write_bytes(b"".join(made) * 20)
        return path

    def test_sizes_that_change_all_the_time(self):
        """A picture of another size each time: pictures go on, and the loop is not held up by new segments."""
        daemon = self.daemon_with_witnesses(2, cameras={"flipping": {"input": self.pictures_of_all_sizes(), "loop": "yes", "fps": 10}})
        daemon.wait_frames("flipping", 3)
        slowest, begun, used, sizes = 0, time.monotonic(), cpu_seconds(daemon.pid), set()
        frames = daemon.camera("flipping")["frames"]
        while time.monotonic() - begun < max(SECONDS, 10):
            asked = time.monotonic()
            flipping = daemon.camera("flipping")
            slowest = max(slowest, time.monotonic() - asked)
            sizes.add((flipping["width"], flipping["height"]))
            time.sleep(0.05)  # the pace of those who ask
        share = (cpu_seconds(daemon.pid) - used) / (time.monotonic() - begun)
        self.assertGreater(flipping["frames"], frames + 10)
        self.assert_witnesses_go_on(daemon)
        self.report(f"{flipping['frames'] - frames} frames in {time.monotonic() - begun:.0f} s, segments of {len(sizes)} sizes meanwhile; camd "
                    f"{share * 100:.0f} % of a core, slowest status {slowest * 1000:.0f} ms; {flipping['reason'] or 'no reason shown'}")
        self.assertLess(share, 0.3)
