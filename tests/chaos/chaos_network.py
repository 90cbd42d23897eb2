"""A network between camera and camd that drops, delays, resets, cuts off and damages; a camera behind it, and others that are not."""
import subprocess

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
