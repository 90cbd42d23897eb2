#!/usr/bin/python3
"""The network alone, with OpenCV: peer_detect.py MODEL WIDTH HEIGHT; prints the median ms of a forward pass, one thread."""
import statistics
import sys
import time

import cv2
import numpy

ROUNDS, WARM = 30, 3
OUTPUTS = ("out8", "out16", "out32")


def main():
    model, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(model)
    picture = numpy.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=numpy.uint8)
    net.setInput(cv2.dnn.blobFromImage(picture, 1.0, (width, height), (103.53, 116.28, 123.675)))
    times = []
    for _ in range(ROUNDS + WARM):
        begun = time.perf_counter_ns()
        net.forward(OUTPUTS)
        times.append((time.perf_counter_ns() - begun) / 1e6)
        net.setInput(cv2.dnn.blobFromImage(picture, 1.0, (width, height), (103.53, 116.28, 123.675)))
    print(statistics.median(times[WARM:]))


if __name__ == "__main__":
    main()
