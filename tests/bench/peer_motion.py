#!/usr/bin/python3
"""Motion detection with the reference's steps, in Python with OpenCV, NumPy and SciPy: peer_motion.py WIDTH HEIGHT; prints ms a frame.

A small grey picture, contrast by the mean of fifty percentiles, a Gaussian of three taps, the difference to a running mean,
threshold, dilation, contours. One thread; the pictures are as bench_motion.c has them."""
import statistics
import sys
import time

import cv2
import numpy
from scipy.ndimage import gaussian_filter

SLOTS, ROUNDS, FRAME_HEIGHT, RING = 8, 300, 100, 50


def pictures(width, height):
    """Luma with texture and noise; rectangles move with the index."""
    noise = numpy.random.default_rng(12345)
    ground = 60 + numpy.arange(width)[None, :] * 80 // width + ((numpy.arange(height)[:, None] // 32) % 2) * 20
    for index in range(SLOTS):
        luma = (ground + noise.integers(0, 8, (height, width))).astype(numpy.uint8)
        for at in range(6):
            w, h = width // 16, height // 6
            left, top = (at * 631 + index * 37) % (width - w), (at * 271 + index * 11) % (height - h)
            luma[top:top + h, left:left + w] = 230
        yield luma


class Motion:
    def __init__(self, width, height):
        self.size = (FRAME_HEIGHT * width // height, FRAME_HEIGHT)
        self.mean = numpy.zeros((self.size[1], self.size[0]), numpy.float32)
        self.mask = numpy.zeros((self.size[1], self.size[0]), bool)
        self.limits = numpy.zeros((RING, 2), numpy.uint8)
        self.at = self.frames = 0

    def contrast(self, small):
        low, high = numpy.percentile(small, 4), numpy.percentile(small, 96)
        if low < high:
            self.limits[self.at] = (low, high)
            self.at = (self.at + 1) % RING
        low, high = numpy.mean(self.limits, axis=0)
        small = numpy.clip(small, low, high)
        return (((small - low) / (high - low)) * 255).astype(numpy.uint8)

    def detect(self, luma):
        """Boxes of what moves; the running mean is updated."""
        small = cv2.resize(luma, self.size, interpolation=cv2.INTER_NEAREST)
        small = self.contrast(small)
        small[self.mask] = 0
        small = gaussian_filter(small, sigma=1, radius=1)
        difference = cv2.absdiff(small, cv2.convertScaleAbs(self.mean))
        moving = cv2.threshold(difference, 30, 255, cv2.THRESH_BINARY)[1]
        moving = cv2.dilate(moving, None, iterations=1)
        contours = cv2.findContours(moving, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        boxes = [cv2.boundingRect(contour) for contour in contours if cv2.contourArea(contour) > 10]
        self.frames = self.frames + 1 if boxes else 0
        if not boxes or self.frames >= 10:
            cv2.accumulateWeighted(small, self.mean, 0.01)
        return boxes


def main():
    width, height = int(sys.argv[1]), int(sys.argv[2])
    cv2.setNumThreads(1)
    slots = list(pictures(width, height))
    motion = Motion(width, height)
    flush = numpy.zeros(8 << 20, numpy.uint8)  # a decoder would leave something else in the caches
    times = []
    for at in range(ROUNDS):
        flush[::64] += 1
        begun = time.perf_counter_ns()
        motion.detect(slots[at % SLOTS])
        times.append((time.perf_counter_ns() - begun) / 1e6)
    print(statistics.median(times))


if __name__ == "__main__":
    main()
