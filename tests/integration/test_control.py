"""The control socket under clients that mean no good, or too much."""
import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

from harness import Camd, CamdTest, SLOWNESS, moving_pattern, program, wait_for


class Hostile(CamdTest):
    def raw(self, daemon):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(daemon.socket))
        self.addCleanup(client.close)
        return client

    def test_crowds_are_bounded_and_status_answers_again(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.wait_frames("front", 1)
        with daemon.control() as inside:
            crowd = [self.raw(daemon) for _ in range(150)]
            parts, last = inside.ask("status")
            self.assertIn("ok", last)
            self.assertEqual([part["camera"]["name"] for part in parts if "camera" in part], ["front"])
            # a client beyond the limit is told instead of left hanging
            late = self.raw(daemon)
            late.settimeout(30)
            text = b""
            while chunk := late.recv(65536):
                text += chunk
            self.assertIn("error", json.loads(text.splitlines()[-1]))
        for client in crowd:
            client.close()
        wait_for(lambda: self.answers(daemon), "new clients are served")
        self.assert_camera_goes_on(daemon, "front", before)

    def answers(self, daemon):
        try:
            return daemon.status()
        except (AssertionError, KeyError, OSError, TypeError):
            return None

    def test_half_a_line_keeps_nobody_waiting(self):
        daemon = self.camd()
        for _ in range(20):
            self.raw(daemon).sendall(b'{"id":1,"verb":"sta')
        self.assertEqual(daemon.camctl_json("status")["cameras"], [])

    def test_one_that_never_reads_keeps_nobody_waiting(self):
        daemon = self.camd()
        for number in range(20):
            daemon.write_camera(f"camera{number}", input=moving_pattern(), enabled="no")
        daemon.camctl("reload")
        deaf = [self.raw(daemon) for _ in range(10)]
        request = b'{"id":1,"verb":"status"}\n'
        for client in deaf:
            client.setblocking(False)
            try:
                while client.send(request * 100):
                    pass
            except BlockingIOError:
                pass
        self.assertEqual(len(daemon.camctl_json("status")["cameras"]), 20)
        rss = int(next(line.split()[1] for line in open(f"/proc/{daemon.pid}/status") if line.startswith("VmRSS")))
        self.assertLess(rss, 1024 * 1024 if SLOWNESS > 1 else 64 * 1024, "KiB of memory")

    def test_a_subscriber_that_does_not_read_is_told_what_it_missed(self):
        daemon = self.camd(settings={"events_keep_days": 0})  # else he finds it in the store
        with daemon.control() as slow:
            slow.send("subscribe")
            slow.receive()
            # more events than are kept and than the socket's buffers hold, from a camera that starts and saves nothing
            settings = {"input": moving_pattern("64x48"), "enabled": "no"}
            with daemon.control() as busy:
                for _ in range(3000):
                    for verb, members in (("add", {"settings": settings, "runtime": True}), ("remove", {})):
                        _, answer = busy.ask(verb, name="front", **members)
                        self.assertIn("ok", answer)
            last, missed = None, None
            final = daemon.events()[-1]["seq"]
            while last != final:
                part = slow.receive()["part"]
                if "missed" in part:
                    missed = part["missed"]
                    self.assertEqual(missed["from"], last + 1)
                    last = missed["to"]
                else:
                    number = part["event"]["seq"]
                    if last is not None:
                        self.assertEqual(number, last + 1)
                    last = number
            self.assertIsNotNone(missed)

    def test_a_long_answer_goes_on_while_cameras_come_and_go(self):
        daemon = self.camd()
        names = [f"camera{number:04}" for number in range(900)]  # more than the socket's buffer and the daemon's hold
        for name in names:
            daemon.write_camera(name, input=moving_pattern(), enabled="no")
        daemon.camctl("reload")
        with daemon.control() as slow:
            slow.send("status")
            shown = []
            while not shown:
                shown += [part["camera"]["name"] for part in (slow.receive()["part"],) if "camera" in part]
            for name in names[1::2]:
                (daemon.cameras_dir / f"{name}.ini").unlink()
            daemon.write_camera("late", input=moving_pattern(), enabled="no")
            daemon.camctl("reload")
            while "part" in (line := slow.receive()):
                shown.append(line["part"]["camera"]["name"])
            self.assertEqual(line["ok"], {})
        self.assertEqual(shown, sorted(set(shown) - {"late"}) + ["late"])  # each once, in order
        self.assertLessEqual(set(names[::2]), set(shown))
        self.assertLess(len(shown), len(names))

    def test_disconnecting_in_the_middle_of_an_answer_does_no_harm(self):
        daemon = self.camd()
        for number in range(20):
            daemon.write_camera(f"camera{number}", input=moving_pattern(), enabled="no")
        daemon.camctl("reload")
        for _ in range(50):
            client = self.raw(daemon)
            client.sendall(b'{"id":1,"verb":"status"}\n{"id":2,"verb":"events"}\n{"id":3,"verb":"subscribe"}\n')
            client.close()
        self.assertEqual(len(daemon.camctl_json("status")["cameras"]), 20)

    def test_disconnecting_while_an_add_waits_does_no_harm(self):
        daemon = self.camd()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live"
            with daemon.control() as control:
                control.send("add", name="front", settings={"input": url}, timeout_s=60)
                wait_for(lambda: daemon.camera("front"), "the camera is there")
            daemon.camctl("remove", "front")

    def test_requests_sent_at_once_are_answered_in_order(self):
        daemon = self.camd()
        with daemon.control() as control:
            numbers = [control.send("version") for _ in range(50)]
            self.assertEqual([control.receive()["id"] for _ in numbers], numbers)


class Names(CamdTest):
    """The socket, the pid file and run_dir, when somebody removes them."""

    def pid_file(self, daemon):
        return daemon.run_dir / "camd.pid"

    def wait_restored(self, daemon):
        wait_for(lambda: self.answers(daemon) and self.pid_file(daemon).exists(), "socket and pid file are there again")
        self.assertEqual(self.pid_file(daemon).read_text(), f"{daemon.pid}\n")

    def answers(self, daemon):
        try:
            return daemon.status()
        except OSError:
            return None

    def test_are_made_again_and_clients_stay(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.wait_frames("front", 1)
        with daemon.control() as inside:
            daemon.socket.unlink()
            self.wait_restored(daemon)
            shutil.rmtree(daemon.run_dir)
            self.wait_restored(daemon)
            daemon.run_dir.rename(daemon.directory / "moved")
            self.wait_restored(daemon)
            self.pid_file(daemon).unlink()
            self.wait_restored(daemon)
            self.assertIn("ok", inside.ask("version")[1])
        self.assertRegex(daemon.log_text(), r"warning control socket .*/camd.sock: somebody has removed it; it is made again")
        self.assertRegex(daemon.log_text(), r"warning pid file .*/camd.pid: somebody has removed it; it is written again")
        self.assert_camera_goes_on(daemon, "front", before)
        daemon.stop()
        self.assertEqual(list(daemon.run_dir.iterdir()), [])

    def test_are_made_again_by_sighup(self):
        """What hindered that is not watched."""
        daemon = self.camd()
        obstacle = self.directory / "obstacle"
        obstacle.touch()
        obstacle.rename(daemon.socket)
        wait_for(lambda: "SIGHUP tries again" in daemon.log_text(), "the log says what to do")
        self.assertRegex(daemon.log_text(), r"camd.sock: there is another file that is not a socket; move it away")
        daemon.socket.unlink()
        os.kill(daemon.pid, signal.SIGHUP)
        self.wait_restored(daemon)

    def test_are_left_alone_when_another_camd_has_them(self):
        daemon = self.camd()
        shutil.rmtree(daemon.run_dir)
        self.wait_restored(daemon)
        other = Camd(self, settings={"run_dir": daemon.run_dir})
        self.assertEqual(other.run().returncode, 1)
        self.wait_restored(daemon)


# Connects, keeps the connections that are served, and says how many those are.
TAKE_PLACES = '''
import os, socket, time
os.setgroups([])
os.setgid(65534)
os.setuid({user})
kept = []
for _ in range({count}):
    client = socket.socket(socket.AF_UNIX)
    client.connect({path!r})
    client.settimeout(20)
    text = b""
    try:
        client.sendall(b\'{{"id":1,"verb":"version"}}\\n\')
        while text.count(b"\\n") < 2 and (more := client.recv(4096)):
            text += more
    except (BrokenPipeError, ConnectionResetError):
        pass  # turned away before it could ask
    if b\'"ok"\' in text:
        kept.append(client)
    else:
        client.close()
print(len(kept), flush=True)
time.sleep(1000)
'''


@unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
class Privileges(CamdTest):
    def as_nobody(self, daemon, *arguments):
        # a copy, since the build directory may be closed to others
        copy = shutil.copy(program("camctl"), self.directory)
        for path in (self.directory, daemon.directory, daemon.run_dir):
            os.chmod(path, 0o755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "-s", str(daemon.socket), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=daemon.environment())

    def test_the_group_may_read_and_not_change(self):
        daemon = self.camd(settings={"group": "nogroup"})
        daemon.camctl("add", "front", f"input={moving_pattern()}")
        before = daemon.wait_frames("front", 1)
        done = self.as_nobody(daemon, "status")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("front", done.stdout)
        for arguments in (("remove", "front"), ("add", "back", "input=x"), ("shutdown",), ("reload",), ("disable", "front")):
            done = self.as_nobody(daemon, *arguments)
            self.assertEqual(done.returncode, 4, f"{arguments}: {done.stdout}{done.stderr}")
        self.assert_camera_goes_on(daemon, "front", before)

    def connect_as(self, daemon, user, count):
        """That many connections of another user, from a process that sends back how many were greeted and kept."""
        script = TAKE_PLACES.format(user=user, count=count, path=str(daemon.socket))
        helper = self.start_helper("/usr/bin/python3", "-c", script, stdout=subprocess.PIPE, text=True)
        return int(helper.stdout.readline())

    def test_no_member_can_take_all_places(self):
        """One that took 64 had the others refused 19 times of 20."""
        daemon = self.camd(settings={"group": "nogroup"})
        for path in (self.directory, daemon.directory, daemon.run_dir):
            os.chmod(path, 0o755)
        self.assertEqual(self.connect_as(daemon, 65534, 100), 62)
        self.assertEqual(self.connect_as(daemon, 65533, 100), 31)
        self.assertEqual(self.connect_as(daemon, 65532, 3), 3)
        self.assertIn("cameras", daemon.status())  # root is served in any case

    def test_others_may_nothing(self):
        daemon = self.camd()
        self.assertIn(self.as_nobody(daemon, "status").returncode, (3, 4))
