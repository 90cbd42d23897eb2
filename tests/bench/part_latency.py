"""latency: from the arrival of a frame's packet to the event of motion at a subscriber; a stream without B-frames, no detector.

Several cameras are measured twice: with their frames spread evenly over the time between two of a camera's, and with the frames of
all at the same moment. The first has a goal; cameras that know nothing of each other are near it, if not as even. The second is
the worst that can be, and there the processors decide: the last camera's frame waits until those of all others are decoded, which
is calculated beside it. A packet has arrived when it is read, which takes a processor, too: those of cameras whose frames come all
at once are read one after the other, and that wait is not in the numbers."""
import itertools
import json
import os
import signal
import statistics
import subprocess
import time

import clips
import real
from part_control import cpu_ns
from report import Row

FPS = 10
INTERVAL_MS = 1000 / FPS
MANY = 8
SECONDS = {1: 60, MANY: 30}  # by the number of cameras
LATE_S = 0.8  # a file that is later than half a second goes on from now (pace.h), and its decoder has to be through, too
# a square comes for half a second every second and a half
BLINK = f"color=0x406040:s=1280x720:r={FPS}:d=15,drawbox=x=500:y=300:w=120:h=120:c=white:t=fill:enable='lt(mod(t,1.5),0.5)',noise=alls=4:allf=t"
WHAT = "packet to event, 99th percentile of all rounds, "


def measure(options):
    alone = Row("latency", f"{WHAT}1 camera of 720p H.264", "ms", {"camd": [], "median": []}, None, 10, True)
    spread = Row("latency", f"{WHAT}{MANY} cameras of 720p H.264, whose frames come one after the other", "ms", {"camd": [], "median": []}, None, 10, True)
    at_once = Row("latency", f"{WHAT}{MANY} cameras of 720p H.264, whose frames come all at once", "ms",
                  {"camd": [], "median": [], "the last one, calculated": []}, "the last one, calculated")
    rows = [alone, spread, at_once]
    try:
        path = clips.made(clips.DIRECTORY / "blink.mkv", ["-f", "lavfi", "-i", BLINK], clips.H264)
    except FileNotFoundError:
        for row in rows:
            row.notes.append("not measured: ffmpeg, which makes the clip, is not installed")
        return rows
    measure_one(options, path, 1, 0, alone)
    measure_one(options, path, MANY, INTERVAL_MS / MANY, spread)
    measure_one(options, path, MANY, 0, at_once)
    return rows


def measure_one(options, path, count, apart_ms, row):
    used_ms, values, distances = {"capture": [], "tracker": []}, [], []
    sections = "".join(f"[camera c{at}]\ninput = {path}\nloop = yes\nfps = {FPS}\nmotion_off_delay = 0\n" for at in range(count))
    for _ in range(options.rounds):
        with options.place() as place:
            daemon = real.Daemon(place, sections)
            daemon.await_slots()
            if count > 1:
                set_apart([camera["capture"]["pid"] for camera in daemon.status()["cameras"]], apart_ms)
                options.sleep(1)
            events = one_round(options, daemon, count, used_ms)
            values += [event[2] for event in events]
            distances.append(distances_ms(events))
            daemon.stop()
    decoding, looking = (statistics.median(each) for each in used_ms.values())
    values.sort()
    if values:
        row.subjects["camd"].append(values[min(len(values) - 1, len(values) * 99 // 100)])
        row.subjects["median"].append(statistics.median(values))
    if row.limit:
        row.subjects[row.limit].append(count * decoding / min(count, os.cpu_count()))
    row.notes.append(f"{len(values)} events; processor time of a frame: {decoding:.2f} ms to decode and copy it, {looking:.2f} ms to look at it")
    if count > 1:
        how = f"{apart_ms:.1f} ms apart" if apart_ms else "all at once"
        row.notes.append(f"before each round the cameras' capture workers were stopped, and went on so that frames come {how}")
        row.notes.append("from one camera's packet to another's, as they are read, are " + ", ".join(f"{least:.1f} to {most:.1f} ms" for least, most in distances))


def set_apart(pids, apart_ms):
    """Lets the cameras' frames come so many milliseconds after each other: where a file was held up, it goes on when it goes on."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(LATE_S)
    begun = time.monotonic()
    for at, pid in enumerate(pids):
        time.sleep(max(0, begun + at * (2 * INTERVAL_MS + apart_ms) / 1000 - time.monotonic()))
        os.kill(pid, signal.SIGCONT)


def distances_ms(events):
    """The least and the most between the moments, within an interval, at which frames of two cameras come."""
    arrivals = {}
    for camera, arrival_ms, _ in events:
        arrivals.setdefault(camera, []).append(arrival_ms)
    moments = [times[0] + statistics.median(within_interval(time - times[0]) for time in times) for times in arrivals.values()]
    apart = [abs(within_interval(a - b)) for a, b in itertools.combinations(moments, 2)]
    return min(apart, default=0), max(apart, default=0)


def within_interval(distance_ms):
    """Between two moments, leaving whole intervals out: minus a half of one to a half of one."""
    return (distance_ms + INTERVAL_MS / 2) % INTERVAL_MS - INTERVAL_MS / 2


def one_round(options, daemon, count, used_ms):
    """Of each event: its camera, the milliseconds of its frame's arrival on the monotonic clock, and those until it was told."""
    cameras = daemon.status()["cameras"]
    pids = {worker: [camera[worker]["pid"] for camera in cameras] for worker in used_ms}
    before = {worker: sum(map(cpu_ns, pids[worker])) for worker in pids}
    command = [options.program("bench-latency"), daemon.socket, daemon.prefix, str(SECONDS[count])]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for worker, numbers in pids.items():
        used_ms[worker].append((sum(map(cpu_ns, numbers)) - before[worker]) / 1e6 / (count * FPS * SECONDS[count]))
    return json.loads(printed)
