"""scale: 10, 100 and 1000 cameras with trivial workers: start, stop, memory, descriptors, wake-ups, `status --json`."""
import os
import statistics
import subprocess
import time
from pathlib import Path

import supervised
from part_respawn import skipped
from report import Row

REST_S = 1  # from the start to the stop, of all alike: what has rested is not in the processor's caches any more
MORE = {10: 4, 100: 2}  # times more for all but the peers, where a start and a stop take little: one in ten waits 10 ms or more for the kernel
PARENTS = (supervised.Camd, supervised.Bare, supervised.CamdWithoutEvents, *supervised.PEERS)


def measure(options):
    rows = []
    for cameras in options.cameras:
        head = f"{cameras} cameras: "
        start = Row("scale", head + "start of all", "ms", {}, "bare loop", 2,
                    notes=["s6, runit and supervisord make no segments"] if cameras == options.cameras[0] else [])
        stop = Row("scale", head + "stop of all", "ms", {}, "bare loop", 2,
                   notes=["camd waits for its events to be on the disk, and for the kernel to forget its inotify watches"] if cameras == options.cameras[0] else [])
        memory = Row("scale", head + "private memory of the parent and its helpers", "MB", {}, None, 12 if cameras == 1000 else None, True)
        alone = [Row("scale", head + "descriptors a camera", "descriptors", {"camd": []}, None, 12, True),
                 Row("scale", head + "wake-ups a second when idle", "wake-ups", {"camd": []}),
                 Row("scale", head + "camctl --json status beside a program that prints as many bytes", "ms", {"camd": [], "print": []}, "print")]
        for kind in supervised.turns(options, cameras, PARENTS, MORE.get(cameras, 0)):
            if not skipped(kind, start):
                one_round(options, kind, cameras, (start, stop, memory))
        for _ in range(options.rounds):
            one_look(options, cameras, alone)
        rows += [start, stop, memory, *alone]
    return rows


def one_round(options, kind, cameras, rows):
    start, stop, memory = rows
    with options.place() as place:
        parent = kind(place)
        start.subjects.setdefault(kind.name, []).append(parent.start(cameras))
        memory.subjects.setdefault(kind.name, []).append(parent.private_mb())
        options.sleep(REST_S)
        stop.subjects.setdefault(kind.name, []).append(parent.stop())


def one_look(options, cameras, rows):
    with options.place() as place:
        parent = supervised.Camd(place)
        parent.start(cameras)
        look_at(options, parent, cameras, rows)
        parent.stop()


def look_at(options, parent, cameras, rows):
    descriptors, wake_ups, status = (row.subjects for row in rows)
    camctl = parent.camctl("--json", "status")
    printed = parent.place.directory / "printed"
    printed.write_bytes(subprocess.run(camctl, capture_output=True, check=True).stdout)
    status["camd"].append(median_ms(camctl))
    status["print"].append(median_ms([parent.place.program("print-bytes"), printed]))
    pid = parent.process.pid
    descriptors["camd"].append(len(os.listdir(f"/proc/{pid}/fd")) / cameras)
    before = woken(pid)
    options.sleep(options.idle)
    wake_ups["camd"].append((woken(pid) - before) / options.idle)


def median_ms(command, times=15):
    values = []
    for _ in range(times):
        begun = time.monotonic_ns()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        values.append((time.monotonic_ns() - begun) / 1e6)
    return statistics.median(values)


def woken(pid):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))
