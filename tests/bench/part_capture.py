"""capture: CPU a frame of clips at their own size, and at 1280x720 with 5 fps, beside decoding alone and beside ffmpeg.

Every number is of a frame of the clip and of one thread; starting is taken off. The pictures are those of a full decode:
their sums are compared with ffmpeg's. Where pictures that nothing depends on may be skipped, it is so only with fewer fps."""
import json
import resource
import shutil
import subprocess

import clips
from report import Row

NATIVE = ("vtest", "h264-1080p", "h264-2160p", "hevc-1080p", "mjpeg-1080p")
SCALED = ("vtest", "h264-1080p", "h264-1080p-skippable", "h264-2160p", "hevc-1080p")
WISH = (1280, 720, 5)


def measure(options):
    rows = []
    for name in NATIVE:
        rows += of_clip(options, name, None)
    for name in SCALED:
        rows += of_clip(options, name, WISH)
    return rows


def of_clip(options, name, wish):
    clip = clips.of(options, name)
    what = f"{name}, {'own size' if not wish else '%dx%d at %d fps' % wish}"
    subjects = {"camd": [], "decode": [], "decode + memcpy": []} if not wish else {"camd": [], "decode": []}
    limit = "decode + scaling" if wish and "skippable" not in name else "decode"
    row = Row("capture", f"{what}: CPU a frame", "us", subjects, limit, 1 if wish else None)
    more = Row("capture", f"{what}: CPU more than decoding and a memcpy", "us", {"camd": []}, None, 0, True) if not wish else None
    pipe = Row("capture", f"{what}: CPU beside ffmpeg, a pipe and a reader", "us", {"camd": [], "ffmpeg | reader": []}, "ffmpeg | reader", 1 / 1.5 if not wish else None)
    if not clip:
        row.notes.append("there is no such clip: ffmpeg, which makes it, is not installed")
        return [row]
    for at in range(options.rounds):
        words = [options.program("bench-capture"), options.program("camd-capture"), clip, *map(str, wish or ())]
        result = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
        row.subjects["camd"].append(result["capture_us"])
        row.subjects["decode"].append(result["decode_us"])
        pipe.subjects["camd"].append(result["capture_us"])
        if wish:
            row.subjects.setdefault("decode + scaling", []).append(
                result["decode_us"] + result["scaling_us"] * result["delivered"] / result["frames"])
        else:
            row.subjects["decode + memcpy"].append(result["copying_us"])
            more.subjects["camd"].append(result["capture_us"] - result["copying_us"])
        if shutil.which("ffmpeg"):
            row.subjects.setdefault("ffmpeg -f null", []).append(ffmpeg_us(clip, result["frames"]))
            pipe.subjects["ffmpeg | reader"].append(piped_us(options, clip, wish, result["frames"]))
            if at == 0 and not wish:
                row.notes.append(sums(clip, result["sums"]))
    row.notes.append(f"{result['delivered']} of {result['frames']} frames, {result['private_mb']:.1f} MB private")
    return [row, more, pipe] if more else [row, pipe]


def children_us(run):
    """CPU of what run starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6


def ffmpeg(clip, output, frames=None):
    limit = ["-frames:v", str(frames)] if frames else []
    return ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", str(clip), "-an", *limit, *output]


def ffmpeg_us(clip, frames):
    def run(count):
        return children_us(lambda: subprocess.run(ffmpeg(clip, ["-threads", "1", "-f", "null", "-"], count), check=True))
    return (run(None) - run(1)) / (frames - 1)


def piped_us(options, clip, wish, frames):
    size = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0", clip],
                          capture_output=True, text=True, check=True).stdout.strip().rstrip(",").split(",")
    width, height = wish[:2] if wish else map(int, size)
    change = ["-vf", f"fps={wish[2]},scale={width}:{height}"] if wish else []

    def run(count):
        def both():
            writer = subprocess.Popen(ffmpeg(clip, [*change, "-threads", "1", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"], count), stdout=subprocess.PIPE)
            subprocess.run([options.program("pipe-to-slots"), str(width * height * 3 // 2)], stdin=writer.stdout, stdout=subprocess.DEVNULL, check=True)
            writer.wait()
        return children_us(both)
    return (run(None) - run(1)) / (frames - 1)


def sums(clip, ours):
    """Whether the first pictures are ffmpeg's, byte by byte."""
    printed = subprocess.run(ffmpeg(clip, ["-pix_fmt", "yuv420p", "-vsync", "0", "-f", "framecrc", "-"], len(ours)), capture_output=True, text=True, check=True).stdout
    theirs = [int(line.split(",")[5].split()[0], 16) for line in printed.splitlines() if line and not line.startswith("#")]
    same = sum(a == b for a, b in zip(ours, theirs))
    return f"the sums of {same} of the first {len(ours)} pictures are ffmpeg's"
