"""The wall clock jumps, and camd stands still for a while: no camera is restarted for it."""
import os
import signal
import struct
import time
from pathlib import Path

import harness
from chaos import Camd, Chaos, program

HOUR, YEAR = 3600, 365 * 24 * 3600
JUMPS = [("an hour ahead", HOUR), ("an hour back", -HOUR), ("ten years ahead", 10 * YEAR), ("ten years back", -10 * YEAR), ("right again", 0)]


class Clock(Chaos):
    def setUp(self):
        if "ASAN_OPTIONS" in os.environ:
            self.skipTest("sanitizers want to be the first that is preloaded")
        super().setUp()
        self.file = self.directory / "clock"
        self.set(0)

    def set(self, seconds):
        if not self.file.exists():
            self.file.write_bytes(bytes(8))
        with open(self.file, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", seconds))

    def test_the_wall_clock_jumps(self):
        preload = next(Path(program("camd")).parents[2].glob("tests/chaos/*clock-jump.so"))
        passed = ",".join([*harness.PASSED, "CAMD_TEST_CLOCK"])
        cameras = {"clip": {"input": harness.clip(), "loop": "yes", "stall_timeout": 2}}
        witnesses = {f"witness{number}": {"input": harness.moving_pattern(), "fps": 10, "stall_timeout": 2} for number in range(2)}
        daemon = Camd(self, cameras={**witnesses, **cameras}, settings={"pass_environment": passed, "log_level": "info"})
        environment = daemon.environment()
        daemon.environment = lambda: dict(environment, LD_PRELOAD=str(preload), CAMD_TEST_CLOCK=str(self.file))
        daemon.start()
        self.before = {name: daemon.wait_frames(name, 3) for name in [*witnesses, "clip"]}
        begun = len(daemon.log_text())
        for words, seconds in JUMPS:
            self.set(seconds)
            daemon.camctl("reload")
            year = time.gmtime(time.time() + seconds).tm_year
            self.assertTrue(daemon.log_text().splitlines()[-1].startswith(str(year)), "camd's clock has jumped")
            self.assert_witnesses_go_on(daemon)
            rates = [daemon.wait_camera(name, lambda camera: 0 < camera["fps"] < 20 and 0 <= camera["frame_age_s"] < 2, "sound figures") for name in self.before]
            figures = ", ".join(f"{camera['name']} {camera['fps']:.1f} frames a second" for camera in rates)
            self.report(f"{words}: same processes; {figures}")
            uptime = daemon.status()["daemon"]["uptime_s"]
            self.assertTrue(0 <= uptime < 600, uptime)
        # longer than the stall time-out, which is looked at without the wall clock
        time.sleep(3)
        self.assert_witnesses_go_on(daemon)
        self.report(f"{len(daemon.log_text()[begun:].splitlines())} lines of log")

    def test_camd_stands_still(self):
        """As a debugger, or a machine that swaps, makes it: workers wait, and go on."""
        daemon = self.daemon_with_witnesses(cameras={"clip": {"input": harness.clip(), "loop": "yes", "stall_timeout": 2}})
        self.before["clip"] = daemon.wait_frames("clip", 3)
        begun = len(daemon.log_text())
        os.kill(daemon.pid, signal.SIGSTOP)
        time.sleep(6)  # three times the stall time-out
        os.kill(daemon.pid, signal.SIGCONT)
        self.assert_witnesses_go_on(daemon)
        self.report(f"stopped for 6 s: same processes; {len(daemon.log_text()[begun:].splitlines())} lines of log")
