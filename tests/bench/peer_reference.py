#!/usr/bin/python3
"""A camera in the reference's way: ffmpeg decodes into a pipe, Python reads frames and looks for motion.

peer_reference.py CLIP WIDTH HEIGHT FPS; runs until it is ended."""
import subprocess
import sys

import cv2
import numpy
from peer_motion import Motion


def main():
    clip, width, height, fps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    cv2.setNumThreads(1)
    writer = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", clip, "-an", "-r", fps,
                               "-s", f"{width}x{height}", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"], stdout=subprocess.PIPE)
    motion, size = Motion(width, height), width * height * 3 // 2
    while len(frame := writer.stdout.read(size)) == size:
        motion.detect(numpy.frombuffer(frame, numpy.uint8, width * height).reshape(height, width))


if __name__ == "__main__":
    main()
