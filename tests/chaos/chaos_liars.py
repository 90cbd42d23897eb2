"""Workers that lie in every block and message: camd, camctl and the workers of the same camera read what they wrote."""
import json
import random
import time

import harness
from chaos import Chaos, HERE, SECONDS, memory_kib

GROWTH_KIB = 8 << 10


class Liars(Chaos):
    def cameras(self):
        liar = HERE / "lying_worker.py"
        still = {"fps": 5, "restart_delay": 0.1, "restart_max_delay": 0.2, "stall_timeout": 5, "first_frame_timeout": 5, "stop_timeout": 1}
        return {
            "both": {"input": "/none", "capture": liar, "tracker": liar, **still},
            "sized": {"input": "/none", "capture": liar, "tracker": liar, "width": 64, "height": 64, **still},
            "capture": {"input": "/none", "capture": liar, **still},  # camd's own tracker reads what it writes
            "tracker": {"input": harness.moving_pattern(), "tracker": liar, **still},  # camd's own capture does
            "seen": {"input": harness.moving_pattern(), "detector": "liar", **still},  # camd's own tracker reads its answers
        }

    def readers(self, daemon):
        """What people do meanwhile, whatever it gives: never a crash, and never more than some seconds."""
        name = random.choice(list(self.cameras()))
        snapshot = ["snapshot", name, "-o", str(self.directory / "picture.jpg"), "--boxes"]  # which waits for a whole picture
        for words in (["status", name], ["grid", name], ["events"], ["metrics"], ["shm"], ["show", name], random.choice([snapshot, ["status"]])):
            done = daemon.camctl("--json", *words, expect=None, timeout=30)
            self.assertGreaterEqual(done.returncode, 0, f"camctl {' '.join(words)} died: {done.stderr}")
            self.assertLess(done.returncode, 64, done.stderr)
            self.done[words[0]] = self.done.get(words[0], 0) + 1

    def test_blocks_and_messages(self):
        self.done = {}
        cameras = self.cameras()
        seen = cameras.pop("seen")
        daemon = self.daemon_with_witnesses(2, cameras=cameras, settings={"slots_max": 4})
        daemon.cameras["seen"] = seen
        daemon.write_config()
        labels = self.directory / "labels"
        labels.write_text("person\n")
        with open(daemon.config, "a") as config:
            config.write(f"[detector liar]\nbackend = {HERE / 'lying_worker.py'}\nlabels = {labels}\ninput_width = 64\ninput_height = 64\n")
        daemon.camctl("reload")
        subscriber = self.start_helper(*daemon.camctl_command("--json", "events", "--follow"))
        begun, memory, highest = time.monotonic(), None, 0
        while time.monotonic() - begun < max(SECONDS, 10):
            status = daemon.status()
            json.dumps(status, allow_nan=False)
            self.readers(daemon)
            memory = memory or memory_kib(daemon.pid)
            highest = max(highest, memory_kib(daemon.pid))
            self.assertIsNone(subscriber.poll(), "camctl events --follow ended")
        restarts = sum(camera[worker]["restarts"] for camera in status["cameras"] for worker in ("capture", "tracker"))
        crashed = [line for line in daemon.log_text().splitlines() if "signal 11" in line or "signal 6" in line or "signal 7" in line]
        self.report(f"{max(SECONDS, 10):.0f} s of lies, {restarts} restarts; asked meanwhile: {', '.join(f'{verb} {count}' for verb, count in self.done.items())}; "
                    f"camd {memory} KiB, {highest - memory:+d} KiB; {len(daemon.log_text().splitlines())} lines of log")
        for line in crashed[:3]:
            self.report("log: " + line.partition(" ")[2])
        self.assertEqual(crashed, [], "a worker of camd's own crashed")
        if harness.SLOWNESS == 1:  # sanitizers need more
            self.assertLess(highest - memory, GROWTH_KIB)
        self.assert_witnesses_go_on(daemon)
        self.assertEqual(daemon.status()["daemon"]["pid"], daemon.pid)
