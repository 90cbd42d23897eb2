"""latency: from the arrival of a frame's packet to the event of motion at a subscriber; a stream without B-frames, no detector."""
import json
import statistics
import subprocess

import clips
import real
from part_control import cpu_ns
from report import Row

CAMERAS, FPS, SECONDS = 8, 10, 30
# a square comes for half a second every second and a half
BLINK = f"color=0x406040:s=1280x720:r={FPS}:d=15,drawbox=x=500:y=300:w=120:h=120:c=white:t=fill:enable='lt(mod(t,1.5),0.5)',noise=alls=4:allf=t"


def measure(options):
    row = Row("latency", f"packet to event, 99th percentile of a round, {CAMERAS} cameras of 720p H.264", "ms", {"camd": [], "median": []}, None, 10, True)
    try:
        path = clips.made(clips.DIRECTORY / "blink.mkv", ["-f", "lavfi", "-i", BLINK], clips.H264)
    except FileNotFoundError:
        row.notes.append("not measured: ffmpeg, which makes the clip, is not installed")
        return [row]
    used_ms = {"capture": [], "tracker": []}
    for _ in range(options.rounds):
        with options.place() as place:
            sections = "".join(f"[camera c{at}]\ninput = {path}\nloop = yes\nfps = {FPS}\nmotion_off_delay = 0\n" for at in range(CAMERAS))
            daemon = real.Daemon(place, sections)
            options.sleep(3)
            values = one_round(options, daemon, used_ms)
            daemon.stop()
        if len(values) < 100:
            row.notes.append(f"only {len(values)} events came in a round")
        if values:
            row.subjects["camd"].append(values[min(len(values) - 1, len(values) * 99 // 100)])
            row.subjects["median"].append(statistics.median(values))
    decoding, looking = (statistics.median(values) for values in used_ms.values())
    row.notes.append(f"processor time of a frame: {decoding:.2f} ms to decode and copy it, {looking:.2f} ms to look at it; the rest is waiting for "
                     "other cameras' frames, and the event's way")
    return [row]


def one_round(options, daemon, used_ms):
    """The milliseconds of each event, in order; and what the workers used for a frame of theirs."""
    cameras = daemon.status()["cameras"]
    pids = {worker: [camera[worker]["pid"] for camera in cameras] for worker in used_ms}
    before = {worker: sum(map(cpu_ns, pids[worker])) for worker in pids}
    command = [options.program("bench-latency"), daemon.socket, daemon.prefix, str(SECONDS)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for worker, numbers in pids.items():
        used_ms[worker].append((sum(map(cpu_ns, numbers)) - before[worker]) / 1e6 / (CAMERAS * FPS * SECONDS))
    return sorted(json.loads(printed))
