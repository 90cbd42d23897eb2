"""
A network between camera and camd that drops, delays, resets, cuts off and damages; a camera behind it, and others that are not.

What a connection suffers, a proxy does, the same on every machine. What happens below it, to packets and to the cable, is
done to a network of the test's own: two namespaces with a cable between them, where netem loses, delays and reorders. Many
kernels have no netem (the module sch_netem); nftables loses packets then, and nothing delays or reorders them.
"""
import os
import shutil
import subprocess
import time
import unittest

from chaos import Chaos, HERE, INTEGRATION, PYTHON, QUICK, wait_for

# command of the proxy, and whether the camera stays up
FAULTS = {"delay 0.2": True, "drop": False, "reset": False, "refuse": False, "cut 700": False, "slow 200": False}
WORDS = r"nothing came|no answer|reset|refused|closed|hung up|hangs up|ended|end of|not reached|in time|no progress|silent|first frame|without a picture"


class Network(Chaos):
    def start_camera(self, *behaviour):
        camera = self.start_helper(PYTHON, INTEGRATION / "rtsp_camera.py", *behaviour, stdout=subprocess.PIPE, text=True)
        port = int(camera.stdout.readline().split(":")[2].split("/")[0])
        self.proxy = self.start_helper(PYTHON, HERE / "proxy.py", port, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return f"rtsp://127.0.0.1:{int(self.proxy.stdout.readline())}/live"

    def set(self, command):
        self.proxy.stdin.write(command + "\n")
        self.proxy.stdin.flush()
        self.assertEqual(self.proxy.stdout.readline(), "ok\n")

    def start(self):
        url = self.start_camera()
        daemon = self.daemon_with_witnesses(cameras={"far": {"input": url, "open_timeout": 2, "read_timeout": 2, **QUICK}})
        daemon.wait_frames("far", 3)
        return daemon

    def look_at(self, daemon, command, stays_up):
        before = daemon.camera("far")
        self.set(command)
        if stays_up:
            daemon.wait_camera("far", lambda camera: camera["frames"] > before["frames"] + 10, "goes on")
            return
        far = daemon.wait_camera("far", lambda camera: camera["state"] in ("backoff", "starting") and camera["reason"], "is down, and says why")
        self.report(f"{command}: {far['reason']}; {far['hint']}")
        self.assertRegex(far["reason"], WORDS)
        self.assertTrue(far["hint"])
        daemon.wait_camera("far", lambda camera: camera["capture"]["failures"] >= 3, "it is tried again")

    def test_faults_of_the_network_are_told_and_are_over_when_they_are(self):
        daemon = self.start()
        for command, stays_up in FAULTS.items():
            begun = len(daemon.log_text())
            self.look_at(daemon, command, stays_up)
            self.set("pass")
            frames = daemon.camera("far")["frames"]
            daemon.wait_camera("far", lambda camera, frames=frames: camera["state"] == "up" and camera["frames"] > frames + 3, "up again")
            lines = [line for line in daemon.log_text()[begun:].splitlines() if " far" in line and (" warning " in line or " error " in line)]
            for line in lines:
                self.report("log: " + line.partition(" ")[2])
            # each of its faults once, and not again for ten minutes: an interruption may be seen as several, one after the other
            self.assertLessEqual(len(lines), 4, "\n".join(lines))
            self.assert_witnesses_go_on(daemon)

    def test_a_network_that_damages_what_it_carries(self):
        daemon = self.start()
        begun = len(daemon.log_text())
        self.set("damage 0.5")
        wait_for(lambda: any(camera["reason"] for camera in [daemon.camera("far")]) or daemon.camera("far")["capture"]["restarts"], "it is noticed")
        far = daemon.camera("far")
        self.report(f"half of the blocks damaged: {far['state']}: {far['reason']}; {far['hint']}")
        self.set("pass")
        daemon.wait_camera("far", lambda camera: camera["state"] == "up" and not camera["reason"], "well again", 60)
        self.report(f"{len(daemon.log_text()[begun:].splitlines())} lines of log")
        self.assert_witnesses_go_on(daemon)


NETEM = "delay 40ms 20ms loss 5% reorder 10% duplicate 2%"
LOST = 5  # of 100 packets, where there is no netem


class Cable(Chaos):
    CAMD, CAMERA = "192.0.2.1", "192.0.2.2"

    def setUp(self):
        if os.geteuid() != 0 or not shutil.which("ip"):
            raise unittest.SkipTest("only root makes networks, with ip of iproute2")
        super().setUp()
        self.ends = [self.namespace(), self.namespace()]
        self.run_in(0, "ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", self.ends[1].pid)
        for end, address in enumerate((self.CAMD, self.CAMERA)):
            self.run_in(end, "ip", "address", "add", f"{address}/30", "dev", "cable")
            for link in ("cable", "lo"):
                self.run_in(end, "ip", "link", "set", link, "up")

    def namespace(self):
        """A network of its own, for as long as a process in it runs."""
        holder = self.start_helper("unshare", "--net", "sh", "-c", "echo; exec sleep infinity", stdout=subprocess.PIPE, text=True)
        if not holder.stdout.readline():
            raise unittest.SkipTest("this machine allows no networks of one's own")
        return holder

    def inside(self, end):
        return ["nsenter", f"--net=/proc/{self.ends[end].pid}/ns/net"]

    def run_in(self, end, *command, check=True):
        done = subprocess.run(self.inside(end) + [str(word) for word in command], capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"{command}: {done.stderr}")
        return done

    def start_with(self, transport):
        server = self.start_helper(*self.inside(1), PYTHON, INTEGRATION / "rtsp_server.py", "--address", self.CAMERA,
                                   stdout=subprocess.PIPE, text=True)
        port = int(server.stdout.readline().rpartition(":")[2].partition("/")[0])
        daemon = self.daemon_with_witnesses(cameras={"far": {"input": f"rtsp://{self.CAMERA}:{port}/live", "rtsp_transport": transport,
                                                             "open_timeout": 4, "read_timeout": 2, "fps": 10, **QUICK}},
                                            wrapper=self.inside(0))
        daemon.wait_frames("far", 3)
        return daemon

    def disturb(self):
        """Packets get lost, and what else the kernel can do to them; returns how, in words, or None."""
        if self.run_in(1, "tc", "qdisc", "add", "dev", "cable", "root", "netem", *NETEM.split(), check=False).returncode == 0:
            return f"netem {NETEM}"
        if not shutil.which("nft"):
            return None
        self.run_in(1, "nft", "add table inet chaos; add chain inet chaos out { type filter hook output priority 0; }; "
                       f"add rule inet chaos out oifname cable numgen random mod 100 < {LOST} drop")
        return f"{LOST} % of the packets lost by nftables, since this kernel has no netem"

    def look_at_lossy(self, transport):
        daemon = self.start_with(transport)
        how = self.disturb()
        if not how:
            self.skipTest("this machine has neither netem nor nft")
        before, begun = daemon.camera("far"), time.monotonic()
        daemon.wait_camera("far", lambda camera: camera["frames"] > before["frames"] + 50, "goes on", 60)
        far = daemon.camera("far")
        self.report(f"{transport}, {how}: 50 frames in {time.monotonic() - begun:.1f} s, {far['damaged'] - before['damaged']} damaged, "
                    f"{far['capture']['restarts'] - before['capture']['restarts']} restarts, {far['state']}")
        self.assert_witnesses_go_on(daemon)

    def test_tcp_over_a_line_that_loses_packets(self):
        self.look_at_lossy("tcp")

    def test_udp_over_a_line_that_loses_packets(self):
        self.look_at_lossy("udp")

    def test_the_cable_is_pulled_and_put_back(self):
        daemon = self.start_with("tcp")
        begun = len(daemon.log_text())
        self.run_in(1, "ip", "link", "set", "cable", "down")
        far = daemon.wait_camera("far", lambda camera: camera["state"] in ("backoff", "starting") and camera["reason"], "is down, and says why")
        self.report(f"pulled: {far['reason']}; {far['hint']}")
        self.assertRegex(far["reason"], WORDS)
        daemon.wait_camera("far", lambda camera: camera["capture"]["failures"] >= 2, "it is tried again")
        self.run_in(1, "ip", "link", "set", "cable", "up")
        daemon.wait_camera("far", lambda camera: camera["state"] == "up" and camera["frame_age_s"] < 2, "up again", 60)
        lines = [line for line in daemon.log_text()[begun:].splitlines() if " far" in line and (" warning " in line or " error " in line)]
        for line in lines:
            self.report("log: " + line.partition(" ")[2])
        self.assertLessEqual(len(lines), 3, "\n".join(lines))
        self.assert_witnesses_go_on(daemon)
