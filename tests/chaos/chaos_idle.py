"""What camd does while nothing happens: next to nothing, however many cameras there are."""
import re
import time
from pathlib import Path

from chaos import Camd, Chaos, cpu_seconds, misbehaving
from harness import wait_for_window

CAMERAS, STALL_S, SECONDS, LOOKS = 8, 5, 10, 3


class Idle(Chaos):
    def wake_ups(self, pid):
        text = Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.M).group(1))

    def test_idle_cameras_do_not_wake_camd_one_by_one(self):
        """The deadlines of 8 cameras woke it 0.9 times a second: those that nobody waits for fall together now."""
        cameras = {f"camera{number}": misbehaving("well", fps=5, stall_timeout=STALL_S) for number in range(CAMERAS)}
        daemon = Camd(self, cameras=cameras, settings={"slots_max": 4, "log_level": "warning"}).start()
        for name in cameras:
            daemon.wait_frames(name, 3)
        used, begun = cpu_seconds(daemon.pid), time.monotonic()
        count = wait_for_window(lambda: self.wake_ups(daemon.pid), SECONDS, lambda seconds: seconds // STALL_S * LOOKS + 1, "wake-ups")
        self.report(f"{2 * CAMERAS} workers, each looked at every {STALL_S} s: {count} wake-ups in {SECONDS} s, "
                    f"{cpu_seconds(daemon.pid) - used:.2f} s of processor in {time.monotonic() - begun:.0f} s")
