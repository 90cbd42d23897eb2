"""Workers in their sandbox: as a user of their own, with what status says of it, on a clip and on a real RTSP server."""
import grp
import http.server
import os
import re
import shutil
import socket
import subprocess
import threading
import unittest
from pathlib import Path

from harness import HERE, PYTHON, SANDBOX, Camd, CamdTest, clip, ffmpeg, moving_pattern, need_localhost, program, wait_for

USER = "nobody"


def status_of(pid, field):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(line.split(":", 1)[1].split() for line in lines if line.startswith(field + ":"))


@unittest.skipIf(SANDBOX == "no", "a sanitizer attaches to its own process, which no sandbox allows")
@unittest.skipIf(os.geteuid() != 0, "only root gives workers another user")
class Sandbox(CamdTest):
    def sandboxed(self, **options):
        settings = {"worker_user": USER, "sandbox": "yes", **options.pop("settings", {})}
        return Camd(self, settings=settings, **options)

    def readable_clip(self):
        """Where the workers' user can read it: a test's own directory is root's."""
        os.chmod(self.directory, 0o755)
        path = self.directory / "clip.avi"
        shutil.copy(clip(), path)
        os.chmod(path, 0o644)
        return path

    def test_workers_run_as_their_user_with_no_privileges_and_a_filter(self):
        daemon = self.sandboxed(cameras={"front": {"input": self.readable_clip(), "loop": "yes"}}).start()
        camera = daemon.wait_frames("front", 2)
        for worker in ("capture", "tracker"):
            pid = camera[worker]["pid"]
            self.assertEqual(set(status_of(pid, "Uid")), {"65534"}, worker)
            self.assertEqual(status_of(pid, "Groups"), [], worker)
            self.assertEqual(status_of(pid, "NoNewPrivs"), ["1"], worker)
            self.assertEqual(status_of(pid, "Seccomp"), ["2"], worker)
            sandbox = camera[worker]["sandbox"]
            self.assertTrue(sandbox["user"] and sandbox["calls"] and sandbox["hosts"], sandbox)

    def test_programs_of_others_are_executed_as_that_user(self):
        os.chmod(self.directory, 0o755)
        said = self.directory / "said"
        own = self.directory / "own-tracker"
        own.write_text(f'#!/bin/sh\n{{ id -u; id -G; grep NoNewPrivs /proc/self/status; }} >{said}\nexec sleep 60\n')
        own.chmod(0o755)
        said.touch()
        said.chmod(0o666)
        self.sandboxed(cameras={"front": {"input": moving_pattern(), "fps": 10, "tracker": own}}).start()
        lines = wait_for(lambda: (text := said.read_text().splitlines()) and len(text) == 3 and text, "it says who it is")
        self.assertEqual(lines[:2], ["65534", "65534"])
        self.assertEqual(lines[2].split(), ["NoNewPrivs:", "1"])

    def test_the_group_of_devices_is_not_given_when_it_is_camds_own(self):
        """Who is in camd's group may look at all cameras: a capture that decodes with a device was in it with group = video."""
        try:
            video = str(grp.getgrnam("video").gr_gid)
        except KeyError:
            self.skipTest("this machine has no group video")
        camera = {"input": self.readable_clip(), "loop": "yes", "hwaccel": "vaapi"}
        for group in ("none", "video"):
            daemon = self.sandboxed(settings={"group": group}, cameras={"front": camera}).start()
            groups = status_of(daemon.wait_frames("front", 1)["capture"]["pid"], "Groups")
            self.assertEqual(video in groups, group == "none", groups)
            daemon.stop()

    def test_a_file_that_the_user_may_not_read_is_told_with_what_to_do(self):
        path = self.readable_clip()
        os.chmod(path, 0o600)
        daemon = self.sandboxed().start()
        done = daemon.camctl("add", "front", f"input={path}", expect=7)
        self.assertIn("Permission denied", done.stdout + done.stderr)
        self.assertIn("worker_user", done.stdout + done.stderr)

    def test_patterns_and_two_cameras_go_on_side_by_side(self):
        daemon = self.sandboxed(cameras={"a": {"input": moving_pattern(), "fps": 10},
                                         "b": {"input": self.readable_clip(), "loop": "yes"}}).start()
        daemon.wait_frames("a", 3)
        daemon.wait_frames("b", 3)

    def test_required_where_there_is_no_such_user_refuses_the_start(self):
        done = self.sandboxed(settings={"sandbox": "require", "worker_user": "camd-nowhere"}).run()
        self.assertEqual(done.returncode, 1)
        self.assertIn("worker_user = camd-nowhere: there is no such user", done.stdout + done.stderr)

    def test_a_user_that_has_something_of_camd_is_refused(self):
        for settings, words in (({"worker_user": "root"}, "this is root"),
                                ({"worker_user": "daemon", "group": "daemon"}, "a member of camd's group")):
            done = self.sandboxed(settings=settings).run()
            self.assertEqual(done.returncode, 1, settings)
            self.assertIn(words, done.stdout + done.stderr)
        daemon = self.sandboxed(settings={"worker_user": "daemon"})
        shutil.chown(daemon.state_dir, "daemon")
        done = daemon.run()
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"the user owns {daemon.state_dir}", done.stdout + done.stderr)

    def test_without_the_default_user_workers_stay_root_and_the_log_says_so(self):
        if subprocess.run(["getent", "passwd", "camd-worker"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
            self.skipTest("this machine has a user camd-worker")
        daemon = self.sandboxed(settings={"worker_user": "camd-worker"},
                                cameras={"front": {"input": moving_pattern(), "fps": 10}}).start()
        camera = daemon.wait_frames("front", 1)
        self.assertFalse(camera["capture"]["sandbox"]["user"])
        self.assertIn("worker_user", camera["capture"]["sandbox"]["missing"])
        self.assertIn("until then workers run as root", daemon.log_text())


@unittest.skipIf(SANDBOX == "no", "a sanitizer attaches to its own process, which no sandbox allows")
class TakenOver(CamdTest):
    """What a decoder that was taken over reaches: its camera, through camd, and nobody else (taken_over.c)."""

    def start_camera(self):
        server = self.start_helper(PYTHON, HERE / "rtsp_server.py", stdout=subprocess.PIPE, text=True)
        url = server.stdout.readline().strip()
        return url, int(url.rpartition(":")[2].partition("/")[0])

    def other_host(self, port):
        """Somebody else at the camera's port, who notices everybody who connects."""
        listener = socket.create_server(("127.0.0.2", port))
        self.addCleanup(listener.close)
        listener.setblocking(False)
        return listener

    def prepare(self, port):
        library = next(Path(program("misbehave")).parent.glob("*taken-over.so"))
        segment = self.directory / "segment"  # of another camera: the sandbox does not ask whose it is
        segment.touch(0o666)
        for name, value in (("LD_PRELOAD", library), ("CAMD_TEST_CAMERA", port), ("CAMD_TEST_OTHER", segment)):
            os.environ[name] = str(value)
            self.addCleanup(os.environ.pop, name)

    def attempts(self, daemon):
        wait_for(lambda: daemon.log_text().count("attempts are over") == 2, "all attempts were made")
        return dict(re.findall(r"attempt (.+): (\w+)", daemon.log_text()))

    def test_reaches_its_camera_and_no_other_host(self):
        url, port = self.start_camera()
        other = self.other_host(port)
        self.prepare(port)
        daemon = Camd(self, cameras={"front": {"input": url, "stall_timeout": 600}}).start()
        found = self.attempts(daemon)
        # a flood that was one of them is read a bit at a time, and what else capture says comes after it
        sandbox = wait_for(lambda: daemon.camera("front")["capture"]["sandbox"], "capture has told of its sandbox")
        allowed = ("the camera by camd", "the camera's datagrams by camd", "room for datagrams by camd", "a race")
        answers = {"another host by camd": "EACCES", "another port by camd": "EACCES", "another host said late": "EACCES",
                   # its own code goes on without: nothing is sent there
                   "another host's datagrams by camd": "ENOTCONN", "a flood": "EAGAIN"}
        # what has a path is refused by landlock, which says so in its own way; older kernels have none
        files = {f"{who}{what}": "EACCES" for who in ("", "tracker: ") for what in ("another camera's segment", "/etc/shadow")}
        if not sandbox["files"]:
            files = {name: found[name] for name in files}
        expected = {name: "done" if name in allowed else {**answers, **files}.get(name, "EPERM") for name in found}
        self.assertEqual(found, expected)
        self.assertEqual(len(found), 41)
        with self.assertRaises(BlockingIOError, msg="the race was won"):
            other.accept()
        # a flood is read as fast as messages of workers are at most, and camd answers meanwhile
        wait_for(lambda: "front capture: says too much at once" in daemon.log_text(), "camd does not read it all at once")
        self.assertTrue(sandbox["hosts"])
        self.assertEqual(daemon.log_text().count("asks for a connection to another host or port"), 1, "told once")

    def still_camera(self):
        """Closes the connection with each picture, which is always another one; its host has to be looked up each time."""
        need_localhost()
        pictures = [ffmpeg("-f", "lavfi", "-i", f"color=c={colour}:s=320x240", "-frames:v", "1", "-f", "mjpeg", "-", output=True)
                    for colour in ("gray", "white")]

        class Camera(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                pictures.append(pictures.pop(0))
                self.send_response(200)
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(pictures[0])))
                self.end_headers()
                self.wfile.write(pictures[0])

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://localhost:{server.server_port}/still.jpg"

    def test_connections_are_made_after_an_upgrade_as_before(self):
        daemon = Camd(self, cameras={"front": {"input": self.still_camera(), "fps": 10}}).start()
        before = daemon.wait_frames("front", 3)
        self.assertTrue(before["capture"]["sandbox"]["hosts"])
        daemon.camctl("upgrade")
        camera = daemon.wait_frames("front", before["frames"] + 10)
        self.assertEqual(camera["capture"]["pid"], before["capture"]["pid"])
        self.assertTrue(camera["capture"]["sandbox"]["hosts"])
