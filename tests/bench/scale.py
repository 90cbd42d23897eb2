#!/usr/bin/python3
"""camd with 10, 100 and 1000 cameras beside a bare loop that starts the same trivial workers; prints, asserts nothing.

    scale.py --build DIRECTORY [--cameras 10,100,1000] [--rounds 3] [--slots 4] [--kills 50] [--idle 10] [--json FILE]

For each number of cameras, in turns: start of all (from the execution to the last `ready`), stop of all (SIGTERM to the
end), kill -9 of a worker to its replacement's main; and of camd alone: private memory, descriptors, wake-ups a second
when idle, `camctl --json status` beside a program that prints as many bytes. For an idle machine, an optimized build and
root (RLIMIT_NOFILE is set to 20,000).
"""
import argparse
import json
import mmap
import os
import random
import resource
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH, HEIGHT = 64, 48
BOARD_PIDS = 65536
HEAD = struct.Struct("<QQqq")


class Board:
    """What the workers tell: see scale_board.h."""

    def __init__(self, path):
        path.write_bytes(bytes(HEAD.size + 4 * BOARD_PIDS))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def head(self):
        return HEAD.unpack_from(self.memory)  # started, ready, started_ns, ready_ns

    def clear(self):
        self.memory[:] = bytes(len(self.memory))

    def pids(self):
        started = self.head()[0]
        return struct.unpack_from(f"<{min(started, BOARD_PIDS)}I", self.memory, HEAD.size)


def wait(condition, what, limit_s=300):
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"scale: {what}: not within {limit_s} s")
        time.sleep(0.0005)


def limits():
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = Path(options.build).resolve()
        self.directory = Path(tempfile.mkdtemp(prefix="camd-scale-"))
        self.worker = self.directory / "worker"
        shutil.copy(self.program("scale-worker"), self.worker)
        self.board = Board(self.directory / "board")

    def program(self, name):
        for path in self.build.glob(f"**/{name}"):
            if path.is_file() and os.access(path, os.X_OK):
                return path
        sys.exit(f"scale: there is no {name} in {self.build}: meson setup -Dbench=true")

    def close(self):
        shutil.rmtree(self.directory)

    # ---- the two sides: each returns a process whose workers come

    def start_bare(self, cameras):
        return subprocess.Popen([self.program("bare-loop"), self.worker, str(cameras), str(self.options.slots),
                                 str(WIDTH * HEIGHT * 3 // 2), f"camdbench-{os.getpid()}-bare."], preexec_fn=limits)

    def write_config(self, cameras):
        libexec = self.directory / "libexec"
        libexec.mkdir(exist_ok=True)
        for name in ("camd-sync", "camd-grid", "camd-exec"):
            if not (libexec / name).exists():
                (libexec / name).symlink_to(self.program(name))
        text = [f"[camd]\nrun_dir = {self.directory}/run\nstate_dir = {self.directory}/state\ncameras_dir = none\n"
                f"shm_prefix = camdbench-{os.getpid()}.\nslots_max = {self.options.slots}\nlog = {self.directory}/log\n"
                f"log_level = warning\n[defaults]\nwidth = {WIDTH}\nheight = {HEIGHT}\nstall_timeout = 3600\n"
                f"first_frame_timeout = 3600\ncapture = {self.worker}\ntracker = {self.worker}\nrestart_delay = 0\n"
                f"best_pictures = 0\n"]  # the bare loop has no such segment
        text += [f"[camera c{i}]\ninput = /dev/null\n" for i in range(cameras)]
        path = self.directory / "camd.ini"
        path.write_text("".join(text), encoding="utf-8")
        return path

    def start_camd(self, cameras):
        path = self.write_config(cameras)
        environment = dict(os.environ, CAMD_LIBEXECDIR=str(self.directory / "libexec"))
        return subprocess.Popen([self.program("camd"), "-c", path], env=environment, preexec_fn=limits)

    # ---- what is measured of both

    def run(self, start, cameras, more=None):
        """{what: value}"""
        self.board.clear()
        result = {}
        begun = time.monotonic_ns()
        process = start(cameras)
        wait(lambda: self.board.head()[1] >= 2 * cameras or process.poll() is not None, "all workers ready")
        if process.poll() is not None:
            sys.exit(f"scale: the parent ended with {process.returncode}")
        result["start_ms"] = (self.board.head()[3] - begun) / 1e6
        result["replace_ms"] = statistics.median(self.kill_one(2 * cameras) for _ in range(self.options.kills))
        if more:
            result.update(more(process))
        begun = time.monotonic_ns()
        process.send_signal(signal.SIGTERM)
        process.wait()
        result["stop_ms"] = (time.monotonic_ns() - begun) / 1e6
        return result

    def kill_one(self, count):
        before, ready = self.board.head()[:2]
        pids = self.board.pids()
        victim = random.choice(pids[-count:])
        while not os.path.exists(f"/proc/{victim}"):
            victim = random.choice(pids[-count:])
        begun = time.monotonic_ns()
        os.kill(victim, signal.SIGKILL)
        wait(lambda: self.board.head()[0] > before, "the replacement")
        value = (self.board.head()[2] - begun) / 1e6
        wait(lambda: self.board.head()[1] > ready, "the replacement's ready")
        return value

    # ---- what is measured of camd alone

    def status_times(self):
        camctl = [self.program("camctl"), "-s", self.directory / "run/camd.sock", "--json", "status"]
        text = subprocess.run(camctl, capture_output=True, check=True).stdout
        path = self.directory / "printed"
        path.write_bytes(text)

        def median_ms(command):
            times = []
            for _ in range(15):
                begun = time.monotonic_ns()
                subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
                times.append((time.monotonic_ns() - begun) / 1e6)
            return statistics.median(times)

        return {"status_ms": median_ms(camctl), "print_ms": median_ms([self.program("print-bytes"), path]),
                "status_bytes": len(text)}

    def look_at(self, process):
        result = self.status_times()
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
        result["private_mb"] = sum(int(line.split()[1]) for line in rollup.splitlines()
                                   if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024
        result["descriptors"] = len(os.listdir(f"/proc/{process.pid}/fd"))

        def wake_ups():
            lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
            return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))

        before = wake_ups()
        time.sleep(self.options.idle)
        result["wake_ups_a_second"] = (wake_ups() - before) / self.options.idle
        return result


def median_of(results):
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--cameras", default="10,100,1000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--idle", type=float, default=10)
    parser.add_argument("--json")
    options = parser.parse_args()
    bench, table = Bench(options), {}
    try:
        for cameras in map(int, options.cameras.split(",")):
            bare, camd = [], []
            for _ in range(options.rounds):
                bare.append(bench.run(bench.start_bare, cameras))
                camd.append(bench.run(bench.start_camd, cameras, bench.look_at))
            ours, limit = median_of(camd), median_of(bare)
            table[cameras] = {"camd": ours, "bare": limit}
            print(f"{cameras} cameras, medians of {options.rounds} rounds:")
            for key, what in (("start_ms", "start all"), ("stop_ms", "stop all"), ("replace_ms", "kill to replacement")):
                print(f"  {what:22} camd {ours[key]:9.2f} ms   bare {limit[key]:9.2f} ms   ratio {ours[key] / limit[key]:.2f}")
            print(f"  {'status --json':22} camctl {ours['status_ms']:7.2f} ms   print {ours['print_ms']:8.2f} ms   ratio "
                  f"{ours['status_ms'] / ours['print_ms']:.2f}   ({ours['status_bytes']:.0f} bytes)")
            print(f"  private memory {ours['private_mb']:.2f} MB, {ours['descriptors']:.0f} descriptors "
                  f"({ours['descriptors'] / cameras:.1f} a camera), {ours['wake_ups_a_second']:.2f} wake-ups a second", flush=True)
    finally:
        bench.close()
    if options.json:
        Path(options.json).write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
