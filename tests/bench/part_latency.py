"""latency: from the arrival of a frame's packet to the event of motion at a subscriber; a stream without B-frames, no detector."""
import json
import statistics
import subprocess

import clips
import real
from part_control import cpu_ns
from report import Row

FPS = 10
SECONDS = {1: 60, 8: 30}  # by the number of cameras
# a square comes for half a second every second and a half
BLINK = f"color=0x406040:s=1280x720:r={FPS}:d=15,drawbox=x=500:y=300:w=120:h=120:c=white:t=fill:enable='lt(mod(t,1.5),0.5)',noise=alls=4:allf=t"


def measure(options):
    rows = {count: Row("latency", f"packet to event, 99th percentile of all rounds, {count} camera{'s' * (count > 1)} of 720p H.264", "ms",
                       {"camd": [], "median": []}, None, 10, True) for count in SECONDS}
    try:
        path = clips.made(clips.DIRECTORY / "blink.mkv", ["-f", "lavfi", "-i", BLINK], clips.H264)
    except FileNotFoundError:
        for row in rows.values():
            row.notes.append("not measured: ffmpeg, which makes the clip, is not installed")
        return list(rows.values())
    for count, row in rows.items():
        measure_one(options, path, count, row)
    return list(rows.values())


def measure_one(options, path, count, row):
    used_ms, values = {"capture": [], "tracker": []}, []
    sections = "".join(f"[camera c{at}]\ninput = {path}\nloop = yes\nfps = {FPS}\nmotion_off_delay = 0\n" for at in range(count))
    for _ in range(options.rounds):
        with options.place() as place:
            daemon = real.Daemon(place, sections)
            options.sleep(3)
            values += one_round(options, daemon, count, used_ms)
            daemon.stop()
    values.sort()
    if values:
        row.subjects["camd"].append(values[min(len(values) - 1, len(values) * 99 // 100)])
        row.subjects["median"].append(statistics.median(values))
    decoding, looking = (statistics.median(each) for each in used_ms.values())
    waiting = "waiting for other cameras' frames, which begin together here, and " if count > 1 else ""
    row.notes.append(f"{len(values)} events; processor time of a frame: {decoding:.2f} ms to decode and copy it, {looking:.2f} ms to look at it; the rest is "
                     f"{waiting}the event's way")


def one_round(options, daemon, count, used_ms):
    """The milliseconds of each event; and what the workers used for a frame of theirs."""
    cameras = daemon.status()["cameras"]
    pids = {worker: [camera[worker]["pid"] for camera in cameras] for worker in used_ms}
    before = {worker: sum(map(cpu_ns, pids[worker])) for worker in pids}
    command = [options.program("bench-latency"), daemon.socket, daemon.prefix, str(SECONDS[count])]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for worker, numbers in pids.items():
        used_ms[worker].append((sum(map(cpu_ns, numbers)) - before[worker]) / 1e6 / (count * FPS * SECONDS[count]))
    return json.loads(printed)
