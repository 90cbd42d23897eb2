"""latency: from the arrival of a frame's packet to the event of motion at a subscriber; a stream without B-frames, no detector."""
import json
import statistics
import subprocess

import clips
import real
from report import Row

CAMERAS, SECONDS = 8, 30
# a square comes for half a second every second and a half
BLINK = "color=0x406040:s=1280x720:r=10:d=15,drawbox=x=500:y=300:w=120:h=120:c=white:t=fill:enable='lt(mod(t,1.5),0.5)',noise=alls=4:allf=t"


def measure(options):
    row = Row("latency", f"packet to event, 99th percentile of a round, {CAMERAS} cameras of 720p H.264", "ms", {"camd": [], "median": []}, None, 10, True)
    try:
        path = clips.made(clips.DIRECTORY / "blink.mkv", ["-f", "lavfi", "-i", BLINK], clips.H264)
    except FileNotFoundError:
        row.notes.append("not measured: ffmpeg, which makes the clip, is not installed")
        return [row]
    for _ in range(options.rounds):
        with options.place() as place:
            sections = "".join(f"[camera c{at}]\ninput = {path}\nloop = yes\nfps = 10\nmotion_off_delay = 0\n" for at in range(CAMERAS))
            daemon = real.Daemon(place, sections)
            options.sleep(3)
            printed = subprocess.run([options.program("bench-latency"), daemon.socket, daemon.prefix, str(SECONDS)], capture_output=True, text=True, check=True).stdout
            values = sorted(json.loads(printed))
            daemon.stop()
        if len(values) < 100:
            row.notes.append(f"only {len(values)} events came in a round")
        if values:
            row.subjects["camd"].append(values[min(len(values) - 1, len(values) * 99 // 100)])
            row.subjects["median"].append(statistics.median(values))
            row.notes = [*row.notes[:1], f"{len(values)} events in the last round, the worst {values[-1]:.1f} ms"][-2:]
    return [row]
