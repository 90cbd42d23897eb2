"""detect: the detector from crop to boxes with the model of the test data, one thread, beside the network alone with OpenCV."""
import re
import subprocess
import sys
from pathlib import Path

import clips
from report import Row

PEER = Path(__file__).resolve().parent / "peer_detect.py"
SIZES = ((416, 320), (512, 384))
PICTURES, WIDTH, HEIGHT = 30, 768, 576


def measure(options):
    model, clip = options.data / "models" / "nanodet_g.onnx", clips.of(options, "vtest")
    rows = {size: Row("detect", f"{size[0]}x{size[1]}: crop to boxes", "ms", {"camd": []}, "network", 1.1) for size in SIZES}
    if not model.exists() or not clip:
        rows[SIZES[0]].notes.append("not measured: the model or vtest.avi is not there (CAMD_DATA)")
        return list(rows.values())
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", clip, "-frames:v", str(PICTURES), "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"],
                         capture_output=True, check=True).stdout
    for at in range(options.rounds):
        for size, row in rows.items():
            words = [options.program("detect-lines"), WIDTH, HEIGHT, "opencv-dnn", *size, f"model={model}"]
            done = subprocess.run(list(map(str, words)), input=raw, capture_output=True, check=True)
            crop, inference = map(float, re.search(r"crop ([\d.]+) ms, inference ([\d.]+) ms", done.stderr.decode()).groups())
            row.subjects["camd"].append(crop + inference)
            peer = subprocess.run([sys.executable, PEER, model, *map(str, size)], capture_output=True, text=True, check=False)
            if peer.returncode == 0:
                row.subjects.setdefault("network", []).append(float(peer.stdout))
            if at == 0:
                row.notes.append(f"{1000 / (crop + inference):.1f} frames a second and core, the crop {crop:.2f} ms")
    return list(rows.values())
