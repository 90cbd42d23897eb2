#!/usr/bin/python3
"""What camd-web costs: web_viewers.py --build DIRECTORY [--seconds S]

    viewers     the processor time of camd-web with ten viewers of a camera at 5 fps, 640 pixels wide, beside ten ffmpeg that
                encode the same pictures for one viewer each
    idle        how often it wakes up without viewers and events
    crowd       what 12 cameras skip without viewers, and with 50 viewers of all of them
"""
import argparse
import os
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))


def processor_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wake_ups(pid):
    return sum(int(line.split()[1]) for task in Path(f"/proc/{pid}/task").iterdir() for line in (task / "status").read_text().splitlines()
               if line.startswith("voluntary_ctxt"))


def memory_mb(pid):
    values = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(values["Private_Dirty"].split()[0]) / 1024


class Viewers:
    """Threads that read streams of live pictures and count them."""

    def __init__(self, web, count, path):
        from web import Events, read_parts

        self.parts, self.bytes, self.ends = 0, 0, False
        self.threads = [threading.Thread(target=self.view, args=(Events, read_parts, web, path), daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def view(self, Events, read_parts, web, path):
        with Events(web, path) as live:
            while not self.ends:
                (_, jpeg), = read_parts(live.answer, 1)
                self.parts += 1
                self.bytes += len(jpeg)

    def end(self):
        self.ends = True
        for thread in self.threads:
            thread.join(10)


def bench(seconds):
    import subprocess

    from harness import CamdTest, clip, still_picture
    from web import Web

    class Bench(CamdTest):
        def test_viewers(self):
            daemon = self.camd(cameras={"front": {"input": clip(), "loop": "yes", "fps": 5}})
            daemon.wait_frames("front", 5)
            web = Web(self, daemon).start()
            viewers = Viewers(web, 10, "/live?cameras=front&width=640&fps=5")
            time.sleep(2)
            before, parts, sent, begun = processor_s(web.process.pid), viewers.parts, viewers.bytes, time.monotonic()
            time.sleep(seconds)
            took = time.monotonic() - begun
            own = (processor_s(web.process.pid) - before) / took * 100
            print(f"viewers: camd-web, 10 viewers: {own:.2f} % of a processor, {(viewers.parts - parts) / took:.1f} pictures a second of "
                  f"{(viewers.bytes - sent) / max(1, viewers.parts - parts) / 1024:.1f} KiB, {memory_mb(web.process.pid):.1f} MB")
            viewers.end()
            streams = [subprocess.Popen(daemon.camctl_command("stream", "front"), stdout=subprocess.PIPE) for _ in range(10)]
            encoders = [subprocess.Popen(["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-f", "yuv4mpegpipe", "-i", "-", "-vf", "scale=640:-2",
                                          "-c:v", "mjpeg", "-threads", "1", "-q:v", "5", "-f", "mpjpeg", "-y", "/dev/null"], stdin=stream.stdout) for stream in streams]
            time.sleep(3)
            before, begun = sum(processor_s(encoder.pid) for encoder in encoders), time.monotonic()
            time.sleep(seconds)
            theirs = (sum(processor_s(encoder.pid) for encoder in encoders) - before) / (time.monotonic() - begun) * 100
            print(f"viewers: ten ffmpeg of the same pictures: {theirs:.2f} % of a processor, {theirs / own:.1f} times as much")
            for process in encoders + streams:
                process.kill()
                process.wait()
            for stream in streams:
                stream.stdout.close()

        def test_idle(self):
            daemon = self.camd(cameras={"still": {"input": still_picture()}})
            daemon.wait_frames("still", 5)
            web = Web(self, daemon).start()
            time.sleep(2)
            before, worked = wake_ups(web.process.pid), processor_s(web.process.pid)
            time.sleep(seconds)
            print(f"idle: {wake_ups(web.process.pid) - before} wake-ups and {processor_s(web.process.pid) - worked:.2f} s of a processor in "
                  f"{seconds} s; {memory_mb(web.process.pid):.1f} MB")

        def test_crowd(self):
            names = [f"c{number}" for number in range(12)]
            daemon = self.camd(cameras={name: {"input": clip(), "loop": "yes", "fps": 5} for name in names}, settings={"slots_max": 6})
            for name in names:
                daemon.wait_frames(name, 5)
            web = Web(self, daemon).start()

            def during(what):
                before = {camera["name"]: camera for camera in daemon.status()["cameras"]}
                worked, begun = processor_s(web.process.pid), time.monotonic()
                time.sleep(seconds)
                took = time.monotonic() - begun
                after = daemon.status()["cameras"]
                frames, skipped = (sum(camera[key] - before[camera["name"]][key] for camera in after) for key in ("frames", "skipped"))
                print(f"crowd: {what}: {frames / took:.1f} frames a second, {skipped} skipped; camd-web "
                      f"{(processor_s(web.process.pid) - worked) / took * 100:.1f} % of a processor, {memory_mb(web.process.pid):.1f} MB")

            during("no viewer")
            viewers = Viewers(web, 50, f"/live?cameras={','.join(names)}&width=320&fps=5")
            time.sleep(3)
            parts = viewers.parts
            during("50 viewers of 12 cameras")
            print(f"crowd: they got {(viewers.parts - parts) / seconds:.0f} pictures a second")
            viewers.end()

    return unittest.TestSuite(Bench(name) for name in ("test_viewers", "test_idle", "test_crowd"))


def main():
    parser = argparse.ArgumentParser(description="what camd-web costs")
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=20)
    arguments = parser.parse_args()
    os.environ["CAMD_BUILD"] = str(Path(arguments.build).resolve())
    done = unittest.TextTestRunner(verbosity=0).run(bench(arguments.seconds))
    sys.exit(not done.wasSuccessful())


if __name__ == "__main__":
    main()
