#!/usr/bin/python3
"""Cameras of the clip for some minutes: constant memory and descriptors, no torn frame, a quick end, nothing left.

    soak.py --build DIRECTORY [--cameras 8] [--minutes 10]

Prints what it measured, and what has grown: once an hour, and at the end. Not one of the tests that are always run: tests/run.sh
--full has it for ten minutes, tests/soak.sh for hours.
"""
import argparse
import os
import re
import time
from pathlib import Path

import alone

OPTIONS = argparse.Namespace(cameras=8, minutes=10.0)
SAMPLES_A_RUN, HOUR_S, WARM_UP_SHARE = 120, 3600, 0.1
GROWTH_KIB = 1024


def private_kib(pid):
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Private_Dirty:\s*(\d+) kB", text, re.M).group(1))


def descriptor_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Growth:
    """What processes of a kind use, sampled all the time: what is left of a leak when the beginning is left out."""

    def __init__(self, pids):
        self.pids = pids
        self.begun = time.monotonic()
        self.samples = []  # (seconds, {kind: KiB of all}, {kind: descriptors of all})

    def sample(self):
        memory = {kind: sum(map(private_kib, numbers)) for kind, numbers in self.pids.items()}
        files = {kind: sum(map(descriptor_count, numbers)) for kind, numbers in self.pids.items()}
        self.samples.append((time.monotonic() - self.begun, memory, files))

    def slope(self, kind, which):
        """By the hour, of the line through all samples but the first ones."""
        kept = self.samples[int(len(self.samples) * WARM_UP_SHARE):]
        times = [sample[0] / HOUR_S for sample in kept]
        values = [sample[which][kind] for sample in kept]
        middle, level = sum(times) / len(times), sum(values) / len(values)
        spread = sum((when - middle) ** 2 for when in times)
        return sum((when - middle) * (value - level) for when, value in zip(times, values)) / spread if spread else 0.0

    def report(self):
        seconds, memory, files = self.samples[-1]
        print(f"after {seconds / HOUR_S:.2f} h:", flush=True)
        for kind, numbers in self.pids.items():
            print(f"  {kind} ({len(numbers)}): {memory[kind]} KiB, {memory[kind] - self.samples[0][1][kind]:+d} since the start, "
                  f"{self.slope(kind, 1):+.1f} an hour; {files[kind]} descriptors, {self.slope(kind, 2):+.2f} an hour", flush=True)


def make_test():
    from harness import CamdTest, clip, frame_digests, is_running, wait_for
    from segments import Segments, digest

    class Soak(CamdTest):
        def test_cameras_of_the_clip(self):
            digests = set(frame_digests(clip()))
            daemon = self.camd()
            names = [f"camera{number}" for number in range(OPTIONS.cameras)]
            for name in names:
                daemon.camctl("add", name, f"input={clip()}", "loop=yes", "fps=10")
            for name in names:
                daemon.wait_frames(name, 100, timeout=120)
            started = {camera["name"]: camera for camera in daemon.status()["cameras"]}
            pids = {"camd": [daemon.pid], "capture": [started[name]["capture"]["pid"] for name in names],
                    "tracker": [started[name]["tracker"]["pid"] for name in names]}
            everything = sum(pids.values(), [])
            memory = {pid: private_kib(pid) for pid in everything}
            descriptors = {pid: descriptor_count(pid) for pid in everything}
            cpu = {pid: cpu_seconds(pid) for pid in everything}

            growth = Growth(pids)
            growth.sample()
            begun = time.monotonic()
            sampled = told = begun
            pause = max(5.0, OPTIONS.minutes * 60 / SAMPLES_A_RUN)
            accepted = rejected = 0
            mapped = [Segments(name, daemon.prefix) for name in names]
            while time.monotonic() - begun < OPTIONS.minutes * 60:
                for segments in mapped:
                    read = segments.read_newest()
                    if read is None:
                        rejected += 1
                    else:
                        accepted += 1
                        self.assertIn(digest(read[1]), digests, "a torn frame was accepted")
                time.sleep(0.2)  # the readers' pace
                if time.monotonic() - sampled >= pause:
                    growth.sample()
                    sampled = time.monotonic()
                if time.monotonic() - told >= HOUR_S:
                    growth.report()
                    told = time.monotonic()
            seconds = time.monotonic() - begun

            status = {camera["name"]: camera for camera in daemon.status()["cameras"]}
            for name in names:
                frames = status[name]["frames"] - started[name]["frames"]
                self.assertGreater(frames, seconds * 10 * 0.95, f"{name}: frames in {seconds:.0f} s")
                for worker in ("capture", "tracker"):
                    self.assertEqual(status[name][worker]["pid"], started[name][worker]["pid"], f"{name}: {worker} was replaced")
            growth.sample()
            growth.report()
            for program, numbers in pids.items():
                after = [private_kib(pid) for pid in numbers]
                most = max(now - memory[pid] for now, pid in zip(after, numbers))
                used = sum(cpu_seconds(pid) - cpu[pid] for pid in numbers) / seconds * 100
                print(f"{program}: Private_Dirty {max(after)} KiB at most, {most:+d} KiB since the start, "
                      f"{used:.2f} % of a core for all {len(numbers)}")
                self.assertLess(most, GROWTH_KIB, f"{program}: KiB more than at the start")
            self.assertEqual({pid: descriptor_count(pid) for pid in everything}, descriptors)
            print(f"{accepted} frames read whole, {rejected} reads given up")
            begun = time.monotonic()
            daemon.stop()
            print(f"shutdown of {OPTIONS.cameras} cameras took {time.monotonic() - begun:.3f} s")
            wait_for(lambda: not any(map(is_running, everything)), "every process ended")

    return Soak


if __name__ == "__main__":
    alone.run(__doc__, make_test, OPTIONS, cameras=int, minutes=float)
