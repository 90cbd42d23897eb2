"""detect: the detector from crop to boxes with the model of the test data, one thread, beside the network alone with OpenCV.

Where OpenCV's arrays lie decides how long a network takes, and chance decides that for a process (opencv.cpp). The
detector lays them well, and so the network does that it is measured by; OpenCV as it comes is beside them. All are started several
times a round, in turns: a process is one value, and the ratio is that of two that ran one after the other."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import clips
import supervised
from report import Row

PEER = Path(__file__).resolve().parent / "peer_detect.py"
SIZES = ((416, 320), (512, 384))
STARTS = 3  # of a round
PICTURES, WIDTH, HEIGHT = 30, 768, 576
NETWORK, AS_IT_COMES = "network", "network, OpenCV's arrays as they come"


def measure(options):
    model, clip = options.data / "models" / "nanodet_g.onnx", clips.of(options, "vtest")
    rows = {size: Row("detect", f"{size[0]}x{size[1]}: crop to boxes", "ms", {"camd": [], NETWORK: []}, NETWORK, 1.1, paired=True) for size in SIZES}
    missing = what_is_missing(options, model, clip)
    if missing:
        rows[SIZES[0]].notes.append(f"not measured: {missing}")
        return list(rows.values())
    with tempfile.NamedTemporaryFile(prefix="camd-bench-", suffix=".yuv") as pictures:
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", clip, "-frames:v", str(PICTURES), "-pix_fmt", "yuv420p", "-f", "rawvideo", pictures.name],
                       check=True)
        for _ in range(options.rounds * STARTS):
            for size, row in rows.items():
                one_start(options, model, pictures.name, size, row)
    for row in rows.values():
        row.notes.insert(0, f"{1000 / row.medians()['camd']:.1f} frames a second and core")
    return list(rows.values())


def what_is_missing(options, model, clip):
    if not model.exists() or not clip:
        return "the model or vtest.avi is not there (CAMD_DATA)"
    if not shutil.which("ffmpeg"):
        return "ffmpeg, which decodes the pictures, is not installed"
    if not supervised.find_program(options.build, "detect-lines"):
        return "this build is without OpenCV (libopencv-dnn-dev)"
    return None


def one_start(options, model, pictures, size, row):
    with open(pictures, "rb") as file:
        words = [options.program("detect-lines"), WIDTH, HEIGHT, "opencv-dnn", *size, f"model={model}"]
        done = subprocess.run(list(map(str, words)), stdin=file, capture_output=True, check=True)
    crop, inference = map(float, re.search(r"crop ([\d.]+) ms, inference ([\d.]+) ms", done.stderr.decode()).groups())
    row.subjects["camd"].append(crop + inference)
    if not row.notes:
        row.notes.append(f"the crop {crop:.2f} ms")
        if subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True, check=False).returncode:
            row.notes.append("the network alone is not measured: python3-opencv is not installed")
    for who, preloaded in ((NETWORK, {"LD_PRELOAD": str(options.program("libaligned-arrays.so"))}), (AS_IT_COMES, {})):
        peer = subprocess.run([sys.executable, PEER, model, *map(str, size)], env=dict(os.environ, **preloaded), capture_output=True, text=True, check=False)
        if peer.returncode == 0:
            row.subjects.setdefault(who, []).append(float(peer.stdout))
