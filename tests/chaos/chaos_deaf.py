"""Workers that do not stop when they are told to."""
import time

from chaos import Camd, Chaos, children, misbehaving

CAMERAS, STOP_TIMEOUT_S = 64, 2


class Deaf(Chaos):
    def test_64_cameras_that_ignore_the_signal_to_stop(self):
        cameras = {f"camera{number}": misbehaving("ignore-term", fps=1, stop_timeout=STOP_TIMEOUT_S) for number in range(CAMERAS)}
        daemon = Camd(self, cameras=cameras, settings={"log_level": "warning", "slots_max": 4}).start()
        for name in cameras:
            daemon.wait_state(name, "up", timeout=120)
        workers = children(daemon.pid)
        begun = time.monotonic()
        daemon.stop()
        seconds = time.monotonic() - begun
        self.report(f"{len(workers)} workers of {CAMERAS} cameras, stop_timeout {STOP_TIMEOUT_S} s: all ended after {seconds:.2f} s")
        self.assertLess(seconds, 5 * STOP_TIMEOUT_S, "one after the other they would take a minute at least")
