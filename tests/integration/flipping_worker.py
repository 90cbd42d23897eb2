#!/usr/bin/python3 -S
"""A capture that says another size again and again: patient (as soon as it has segments for the one before) or not."""
import select

from simple_worker import channel, receive, send

SIZES = [(320, 240), (322, 240)]
hello = receive()
patient = hello["config"]["input"].endswith("patient")
send(type="ready")
for turn in range(10 ** 9):
    width, height = SIZES[turn % 2]
    send(type="stream", codec="h264", width=width, height=height, fps=25, pixel_format="yuv420p")
    print(f"said {turn + 1} sizes", flush=True)
    while patient and receive()["type"] != "frames":
        pass
    while select.select([channel], [], [], 0 if patient else 0.01)[0]:
        receive()
