"""capture: CPU a frame of clips at their own size, and at 1280x720 with 5 fps, beside decoding alone and beside ffmpeg.

Every number is of a frame of the clip and of one thread; the first frames are left out, which pay for the start and for memory
that is touched for the first time. The least that does the same work is libav in one process with nothing else: decoding, and
a memcpy of each frame; where pictures are of another range or size than slots want, libswscale in the place of the memcpy, as it
comes: camd-capture may be below it, since it takes the quicker of libswscale's two ways (scaler.h).
These three go through the clip together, piece by piece, and their ratio is that within a pass, of which each round has
several: from one second to the next the same work takes up to a tenth more or less here, and what is to be seen is a
hundredth. The pictures are those of a full decode: their sums are compared with ffmpeg's. Where pictures that nothing depends
on may be skipped, it is so only with fewer fps."""
import json
import resource
import shutil
import subprocess

import clips
from report import Row

NATIVE = ("vtest", "h264-1080p", "h264-2160p", "hevc-1080p", "mjpeg-1080p")
SCALED = ("vtest", "h264-1080p", "h264-1080p-skippable", "h264-2160p", "hevc-1080p")
WISH = (1280, 720, 5)
PIPE = "ffmpeg | reader"
PASSES = 3  # of a round
WARM = 12  # frames that are left out, as in bench_capture.c


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
    least = "decode + scaling" if wish else "decode + conversion" if name.startswith("mjpeg") else "decode + memcpy"
    row = Row("capture", f"{what}: CPU a frame", "us", {"camd": [], "decode": [], least: []}, "decode" if "skippable" in name else least, 1, paired=True)
    pipe = Row("capture", f"{what}: CPU beside ffmpeg, a pipe and a reader", "us", {"camd": [], PIPE: []}, PIPE, None if wish else 1 / 1.5)
    if not clip:
        row.notes.append("there is no such clip: ffmpeg, which makes it, is not installed" if name != "vtest" else "vtest.avi is not there (CAMD_DATA)")
        return [row]
    if not shutil.which("ffmpeg"):
        row.notes.append("ffmpeg is not installed: neither it nor a pipe from it is beside, and no picture is compared with its own")
    for at in range(options.rounds):
        words = [options.program("bench-capture"), options.program("camd-capture"), clip, str(PASSES), *map(str, wish or ())]
        result = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
        for subject, member in (("camd", "capture_us"), ("decode", "decode_us"), (least, "least_us")):
            row.subjects[subject] += result[member]
        pipe.subjects["camd"] += result["capture_us"]
        if shutil.which("ffmpeg"):
            row.subjects.setdefault("ffmpeg -f null", []).append(ffmpeg_us(clip, result["frames"]))
            pipe.subjects[PIPE].append(piped_us(options, clip, wish, result["frames"], result["delivered"]))
            if at == 0 and not wish:
                row.notes.append(same(result["sums"], sums(clip, len(result["sums"])), "ffmpeg's"))
        if at == 0 and wish:
            row.notes.append("libswscale as it comes is beside camd, which takes the quicker of its two ways")
            row.notes.append(same(result["sums"], result["least_sums"], "those of a full decode and libswscale"))
    row.notes.append(f"{result['delivered']} of {result['frames']} frames, {result['private_mb']:.1f} MB private")
    if pipe.subjects[PIPE]:
        pipe.notes.append(f"decoding alone is {row.medians()['decode'] / pipe.medians()[PIPE]:.3f} times {PIPE}: less is not to be had")
    return [row, pipe]


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
    return (run(None) - run(WARM)) / (frames - WARM)


def piped_us(options, clip, wish, frames, delivered):
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
    return (run(None) - run(WARM)) / (frames - WARM * frames / delivered)  # what is counted are frames that leave ffmpeg


def sums(clip, count):
    """Of the first pictures as ffmpeg has them."""
    printed = subprocess.run(ffmpeg(clip, ["-pix_fmt", "yuv420p", "-vsync", "0", "-f", "framecrc", "-"], count), capture_output=True, text=True, check=True).stdout
    return [int(line.split(",")[5].split()[0], 16) for line in printed.splitlines() if line and not line.startswith("#")]


def same(ours, theirs, whose):
    """Whether the first pictures are the same, byte by byte."""
    return f"the sums of {sum(a == b for a, b in zip(ours, theirs))} of the first {len(ours)} pictures are {whose}"
