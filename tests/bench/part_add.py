"""add: `camctl add` to its answer with the first frame, beside ffmpeg's first frame of the same file; remove to nothing left."""
import os
import shutil
import subprocess
import time
from pathlib import Path

import clips
import real
from report import Row

TIMES = 5


def measure(options):
    rows = []
    for name in ("vtest", "h264-1080p"):
        clip = clips.of(options, name)
        if clip:
            rows += of_clip(options, name, clip)
        else:
            rows.append(Row("add", f"{name}: to the first frame", "ms", {"camd": []}, notes=["not measured: there is no vtest.avi (CAMD_DATA), or no ffmpeg, which makes the other clip"]))
    return rows


def of_clip(options, name, clip):
    """The first frame of each: camctl's own start and the worker's are in it, as ffmpeg's start is."""
    first = Row("add", f"{name}: to the first frame", "ms", {}, "ffmpeg")
    more = Row("add", f"{name}: camctl add more than ffmpeg", "ms", {"camd": []}, None, 30, True)
    gone = Row("add", f"{name}: camctl remove to no process and no segment left", "ms", {"camd": []})
    for _ in range(options.rounds):
        with options.place() as place:
            daemon = real.Daemon(place)
            for _ in range(TIMES):
                begun = time.monotonic_ns()
                daemon.camctl("add", "front", f"input={clip}", "--runtime")
                first.subjects.setdefault("camd", []).append((time.monotonic_ns() - begun) / 1e6)
                if shutil.which("ffmpeg"):
                    first.subjects.setdefault("ffmpeg", []).append(ffmpeg_ms(clip))
                pids = [daemon.camera("front")[worker]["pid"] for worker in ("capture", "tracker")]
                begun = time.monotonic_ns()
                daemon.camctl("remove", "front")
                while any(os.path.exists(f"/proc/{pid}") for pid in pids) or list(Path("/dev/shm").glob(f"{daemon.prefix}front.*")):
                    time.sleep(0.0005)
                gone.subjects["camd"].append((time.monotonic_ns() - begun) / 1e6)
            daemon.stop()
    if "ffmpeg" in first.subjects:
        more.subjects["camd"] = [ours - theirs for ours, theirs in zip(first.subjects["camd"], first.subjects["ffmpeg"])]
    else:
        first.notes.append("ffmpeg is not installed")
    return [first, more, gone]


def ffmpeg_ms(clip):
    begun = time.monotonic_ns()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "quiet", "-i", clip, "-an", "-frames:v", "1", "-f", "rawvideo", "-y", "/dev/null"], check=True)
    return (time.monotonic_ns() - begun) / 1e6
