"""motion: ms a frame of motion detection at four sizes, beside the steps of the reference with OpenCV in Python.

All are started several times a round, in turns: where memory lies is another matter each time."""
import re
import subprocess
import sys
from pathlib import Path

from report import Row

PEER = Path(__file__).resolve().parent / "peer_motion.py"
SIZES = ((768, 576), (1280, 720), (1920, 1080), (3840, 2160))
STARTS = 3  # of a round


def measure(options):
    rows = {size: Row("motion", f"{size[0]}x{size[1]}: motion of a frame", "ms", {"camd": []}, "OpenCV", 0.2) for size in SIZES}
    for _ in range(options.rounds * STARTS):
        printed = subprocess.run([options.program("bench-motion")], capture_output=True, text=True, check=True).stdout
        for width, height, median in re.findall(r"^\s*(\d+)x(\d+)\s.*median ([\d.]+) ms", printed, re.M):
            rows[int(width), int(height)].subjects["camd"].append(float(median))
        for size, row in rows.items():
            done = subprocess.run([sys.executable, PEER, *map(str, size)], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                row.subjects.setdefault("OpenCV", []).append(float(done.stdout))
            elif not row.notes:
                row.notes.append(f"OpenCV for Python cannot be used: {done.stderr.strip().splitlines()[-1]}")
    return list(rows.values())
