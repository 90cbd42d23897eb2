#!/usr/bin/python3
"""Measures what people ask about first; prints, asserts nothing. For an idle machine and an optimized build.

    measure.py --build DIRECTORY [--rounds 20]

First picture after add, end of a remove, replacement of a killed worker, end of the workers of a killed daemon, and
of a daemon with eight cameras.
"""
import argparse
import datetime
import os
import signal
import time

import alone

OPTIONS = argparse.Namespace(rounds=20)


def show(what, values_ms):
    values = sorted(values_ms)
    print(f"{what}: median {values[len(values) // 2]:.1f} ms, worst {values[-1]:.1f} ms of {len(values)}", flush=True)


def event_time(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()


def make_test():
    from harness import Camd, CamdTest, clip, is_running, wait_for

    class Measure(CamdTest):
        def test_add_and_remove(self):
            daemon = self.camd()
            added, told, removed = [], [], []
            for _ in range(OPTIONS.rounds):
                begun = time.monotonic()
                reply = daemon.ask("add", name="front", settings={"input": str(clip()), "fps": "10"})[1]
                told.append((time.monotonic() - begun) * 1000)
                added.append(reply["elapsed_ms"])
                begun = time.monotonic()
                daemon.ask("remove", name="front")
                removed.append((time.monotonic() - begun) * 1000)
            show("add to first picture, as camd says", added)
            show("add, request to answer", told)
            show("remove, request to answer", removed)

        def test_replacement_of_a_killed_worker(self):
            for worker in ("capture", "tracker"):
                replaced = []
                for _ in range(min(OPTIONS.rounds, 10)):
                    daemon = self.camd()
                    daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "fps=10")
                    pid = daemon.wait_frames("front", 2)[worker]["pid"]
                    killed = time.time()
                    os.kill(pid, signal.SIGKILL)
                    daemon.wait_camera("front", lambda camera: camera[worker]["pid"] not in (None, pid), "replaced")
                    started = [event_time(event) for event in daemon.events(name="front") if event["event"] == "worker_state"
                               and event["worker"] == worker and event["state"] == "starting"]
                    replaced.append((started[-1] - killed) * 1000)
                    daemon.stop()
                show(f"kill -9 of {worker} to its replacement (times of events are whole milliseconds)", replaced)

        def test_end_of_the_workers_of_a_killed_daemon(self):
            gone = []
            for _ in range(min(OPTIONS.rounds, 10)):
                daemon = self.camd()
                daemon.camctl("add", "front", f"input={clip()}", "loop=yes", "fps=10")
                workers = daemon.workers()
                begun = time.monotonic()
                daemon.kill()
                wait_for(lambda: not any(map(is_running, workers)), "the workers end")
                gone.append((time.monotonic() - begun) * 1000)
                daemon.start()
                daemon.stop()
            show("kill -9 of camd to the end of its workers", gone)

        def test_shutdown_of_eight_cameras(self):
            ended = []
            for _ in range(3):
                daemon = Camd(self)
                for number in range(8):
                    daemon.write_camera(f"camera{number}", input=clip(), loop="yes", fps=10)
                daemon.start()
                for number in range(8):
                    daemon.wait_frames(f"camera{number}", 3)
                begun = time.monotonic()
                daemon.stop()
                ended.append((time.monotonic() - begun) * 1000)
            show("SIGTERM to the end of camd with eight cameras", ended)

    return Measure


if __name__ == "__main__":
    alone.run(__doc__, make_test, OPTIONS, rounds=int)
