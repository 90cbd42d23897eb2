#!/usr/bin/python3
"""Cameras whose connections end again and again, over RTSP and HTTP: the memory of camd and its workers stays what it was.

    reconnects.py --build DIRECTORY [--times 300]

Beside them a still picture is fetched, and a short file played, at least as often by one and the same process. Prints what it
measured. Not one of the tests that are always run: tests/run.sh --full has it.
"""
import argparse
import threading
import time

import alone

OPTIONS = argparse.Namespace(times=300)
LINES_KIB = 2048  # of lines that workers wrote: camd keeps so many, which takes longer than 300 times
SETTLED_KIB = 512  # what a process may have more than after the first hundred times: an arena more of the allocator


def make_test():
    from harness import Camd, wait_for
    from soak import descriptor_count, private_kib
    from test_streams import StreamsCase

    class Reconnects(StreamsCase):
        def private_of_capture(self, daemon, name):
            """The most of some looks: it is another process each time, and young."""
            most = 0
            for _ in range(20):
                try:
                    most = max(most, private_kib(daemon.camera(name)["capture"]["pid"]))
                except (FileNotFoundError, ProcessLookupError, AttributeError, TypeError):
                    pass
                time.sleep(0.02)
            return most

        def measure(self, daemon):
            return {"camd": private_kib(daemon.pid), **{name: self.private_of_capture(daemon, name) for name in self.names}}

        def start_rtsp(self, *behaviour):
            """What it says of every request must not fill its pipe."""
            url = super().start_rtsp(*behaviour)
            threading.Thread(target=self.camera_process.stdout.read, daemon=True).start()
            return url

        def test_memory_is_flat(self):
            http = self.start_http("--fps", "100")
            sources = {
                "rtsp": (self.start_rtsp("--fps", "20", "close-after=0.3"),),
                "http": (http + "/stop",),
                "refused": (self.start_rtsp("refuse=SETUP:453 Not Enough Bandwidth"),),
                "still": (http + "/still", "fps=10"),
                "loop": (self.clip_file("few.avi", frames=3), "loop=yes", "pace=no"),
            }
            self.names = list(sources)
            daemon = Camd(self, defaults={"restart_delay": 0, "restart_max_delay": 0.5}, settings={"log_level": "info"}).start()
            for name, (source, *settings) in sources.items():
                self.add(daemon, name, source, *settings)
            marks = sorted({20, 100, OPTIONS.times * 2 // 3, OPTIONS.times})
            measured, descriptors = {}, {}
            for mark in marks:
                for name in ("rtsp", "http", "refused"):
                    daemon.wait_camera(name, lambda camera: camera["capture"]["restarts"] >= mark, f"{mark} times", timeout=3 * OPTIONS.times)
                wait_for(lambda: self.asked(http, "still").get("requests", 0) >= mark, f"{mark} still pictures", timeout=OPTIONS.times)
                measured[mark] = self.measure(daemon)
                descriptors[mark] = descriptor_count(daemon.pid)
                print(f"after {mark} times, private KiB: " + ", ".join(f"{name} {kib}" for name, kib in measured[mark].items()), flush=True)
            for name, kib in measured[marks[-1]].items():
                limit = SETTLED_KIB + (LINES_KIB if name == "camd" and OPTIONS.times > 300 else 0)
                self.assertLess(kib - measured[100][name], limit, f"{name}: KiB more than after 100 times")
            self.assertLess(abs(descriptors[marks[-1]] - descriptors[100]), 12, "descriptors, but for a worker that is being started")
            for name in ("still", "loop"):
                self.assertEqual(daemon.camera(name)["capture"]["restarts"], 0)

    return Reconnects


if __name__ == "__main__":
    alone.run(__doc__, make_test, OPTIONS, times=int)
