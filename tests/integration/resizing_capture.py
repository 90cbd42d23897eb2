#!/usr/bin/python3 -S
"""A capture that says another size right before camd looks at its progress, and is slow to go on with it.

It counts frames without drawing any. stall_timeout is 2 s, and camd looks on whole seconds of the monotonic clock.
"""
import json
import mmap
import os
import select
import socket
import struct
import time

FRAMES, PROGRESS = 32, 40
channel = socket.socket(fileno=3)


def receive():
    message, descriptors, _, _ = socket.recv_fds(channel, 65536, 80)
    message = json.loads(message or os._exit(0))
    fds = dict(zip(message.get("fds", []), descriptors))
    block = mmap.mmap(fds["ctl"], 16384) if "ctl" in fds else None
    for descriptor in descriptors:
        os.close(descriptor)
    if message["type"] == "stop":
        os._exit(0)
    return message, block


def send(**message):
    channel.send(json.dumps(message).encode())


def new_segments(width):
    send(type="stream", codec="h264", width=width, height=240, fps=25, pixel_format="yuv420p")
    while True:
        message, block = receive()
        if message["type"] == "frames":
            return block


def until(moment, block=None, frames=0):
    """Frames are counted for as long, where there are segments for them."""
    while time.monotonic() < moment:
        if select.select([channel], [], [], 0.02)[0]:
            receive()
        if block:
            frames += 1
            struct.pack_into("=Qq", block, FRAMES, frames, time.monotonic_ns())
    return frames


receive()
segments = new_segments(320)
begun = int(time.monotonic()) + 1.3
frames = until(begun, segments)
send(type="ready")
look = int(begun) + 3
until(look - 0.2, segments, frames)
segments = new_segments(322)
until(look + 0.3)
until(look + 10, segments, 1000)
