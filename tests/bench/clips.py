"""The clips that are decoded: vtest.avi where it is, and clips of several sizes and codecs made from it with ffmpeg.

Made once, and kept in $TMPDIR/camd-bench-clips. Without vtest.avi they are made of ffmpeg's test picture."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

H264 = ["-c:v", "libx264", "-preset", "fast", "-bf", "0", "-g", "30", "-pix_fmt", "yuv420p"]
HEVC = ["-c:v", "libx265", "-preset", "fast", "-x265-params", "bframes=0:keyint=30:log-level=error", "-pix_fmt", "yuv420p"]
MADE = {  # name: (width, height, frames a second, seconds, how it is encoded, container)
    "h264-576p": (768, 576, 10, 30, H264, "mkv"),
    "h264-1080p": (1920, 1080, 15, 20, H264, "mkv"),
    "h264-1080p-skippable": (1920, 1080, 15, 20, ["-c:v", "libx264", "-preset", "fast", "-bf", "2", "-b_strategy", "0", "-g", "30", "-pix_fmt", "yuv420p"], "mkv"),
    "h264-2160p": (3840, 2160, 15, 8, H264, "mkv"),
    "hevc-1080p": (1920, 1080, 15, 20, HEVC, "mkv"),
    "mjpeg-1080p": (1920, 1080, 15, 10, ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"], "avi"),
}
# one picture of vtest.avi with noise, and key pictures every two seconds
STILL = ["-vf", "scale=1920:1080,loop=loop=-1:size=1,setpts=N/15/TB,noise=alls=6:allf=t", "-r", "15", "-t", "30", "-c:v", "libx264", "-preset", "fast", "-bf", "0",
         "-g", "30", "-sc_threshold", "0", "-pix_fmt", "yuv420p"]
DIRECTORY = Path(tempfile.gettempdir()) / "camd-bench-clips"


def of(options, name):
    """The path of a clip, or None when it cannot be had: ffmpeg is not installed."""
    vtest = options.data / "vtest.avi"
    if name == "vtest":
        return vtest.resolve() if vtest.exists() else None
    if not shutil.which("ffmpeg"):
        return None
    if name == "still-1080p":
        return made(DIRECTORY / f"{name}.mkv", ["-i", vtest] if vtest.exists() else ["-f", "lavfi", "-i", "testsrc2"], STILL)
    width, height, rate, seconds, encoder, container = MADE[name]
    source = ["-stream_loop", "-1", "-i", vtest] if vtest.exists() else ["-f", "lavfi", "-i", f"testsrc2=size=768x576:rate={rate}"]
    return made(DIRECTORY / f"{name}.{container}", source, ["-an", "-vf", f"fps={rate},scale={width}:{height}", "-t", str(seconds), *encoder])


def made(path, source, how):
    """The path, where it is, or is made now."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f"part.{path.name}")
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *source, *how, part], check=True)
        os.replace(part, path)
    return path
