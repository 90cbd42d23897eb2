#!/usr/bin/python3 -S
"""A worker of any kind that lies in whatever it may write, and says anything: `lying_worker.py` as capture, tracker or backend.

Each turn it writes random or extreme numbers somewhere into the segments that it can write, and sends a message: a right one, a right
one with a member changed, or none that makes sense. What it does follows from its pid, so that a finding can be had again.
"""
import json
import mmap
import os
import random
import select
import socket
import struct
import sys
import time

TURN_S = 0.02
EXTREMES = [0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]
WORDS = ["", "x", "front", "../../etc/passwd", "\x1b[2J", "rtsp://a:b@c/", "\ufeff", "a" * 5000, "%s%n", "\ud800"]
TYPES = ["stream", "ready", "event", "error", "ended", "sandbox", "health", "waits", "log", "frames", "hello", "stop", "config", "attach", ""]
EVENTS = ["object", "motion", "grid", "damaged", "size", ""]

channel = socket.socket(fileno=3)
chance = random.Random(os.getpid())
maps = []


def receive():
    message, descriptors, _, _ = socket.recv_fds(channel, 65536, 253)
    if not message:
        os._exit(0)
    message = json.loads(message)
    if message["type"] in ("frames", "attach"):
        for map_ in maps:
            map_.close()
        maps.clear()
        for descriptor in descriptors:
            try:
                maps.append(mmap.mmap(descriptor, 0))
            except (OSError, ValueError, PermissionError):
                pass  # an eventfd, or one that is to be read only
    for descriptor in descriptors:
        os.close(descriptor)
    if message["type"] == "stop":
        os._exit(0)


def value(depth=0):
    kind = chance.randrange(9)
    if kind == 0 and depth < 4:
        return {chance.choice(WORDS[:3]): value(depth + 1) for _ in range(chance.randrange(4))}
    if kind == 1 and depth < 4:
        return [value(depth + 1) for _ in range(chance.randrange(20))]
    if kind == 2:
        return chance.choice(WORDS)
    if kind == 3:
        return chance.choice([True, False, None])
    if kind == 4:
        return chance.choice([1e308, -1e308, 0.5, -0.0, 1e-300])
    return chance.choice([-1, 1]) * chance.choice(EXTREMES[:-2])


def box():
    return [value() if chance.random() < 0.2 else chance.random() for _ in range(4)]


def message():
    said = {"type": chance.choice(TYPES), "codec": "lie", "width": chance.choice([0, 64, 64, 320, 8192, -1]), "height": 64, "fps": 5,
            "pixel_format": "yuv420p", "event": chance.choice(EVENTS), "phase": chance.choice(["start", "update", "end", ""]), "id": chance.randrange(9),
            "label": chance.choice(WORDS), "box": box(), "boxes": [box() for _ in range(chance.randrange(5))], "score": chance.random(), "active": True,
            "stage": "open", "class": chance.choice(["network", "auth", "local", "x"]), "text": chance.choice(WORDS), "hint": chance.choice(WORDS),
            "reason": chance.choice(WORDS), "name": chance.choice(WORDS), "samples": [box() for _ in range(chance.randrange(5))]}
    if said["type"] in ("error", "ended") and chance.random() < 0.98:
        said["type"] = "event"  # else it would never get further
    for key in list(said):
        if key != "type" and chance.random() < 0.15:
            said[key] = value()
        elif key != "type" and chance.random() < 0.1:
            del said[key]
    return said


def send():
    if chance.random() < 0.1:
        text = bytes(chance.randrange(256) for _ in range(chance.randrange(200)))
    else:
        text = json.dumps(message()).encode("utf-8", "surrogatepass")[: 65536 if chance.random() < 0.95 else chance.randrange(1, 400)]
    if text:
        channel.send(text, socket.MSG_DONTWAIT)


def lie():
    for map_ in maps:
        for _ in range(chance.randrange(8)):
            at = chance.choice([chance.randrange(0, 256, 4), chance.randrange(0, len(map_) - 8, 4)]) % (len(map_) - 8)
            if chance.random() < 0.7:
                map_[at: at + 8] = struct.pack("=Q", chance.choice(EXTREMES))
            else:
                map_[at: at + 8] = chance.randbytes(8)


def main():
    sent_ready = False
    end = time.monotonic() + chance.uniform(1, 20)
    while True:
        while select.select([channel], [], [], TURN_S)[0]:
            receive()
        try:
            if not sent_ready:
                channel.send(json.dumps({"type": "stream", "codec": "lie", "width": 64, "height": 64, "fps": 5, "pixel_format": "yuv420p"}).encode())
                if maps:
                    channel.send(b'{"type":"ready"}')
                    sent_ready = True
            else:
                lie()
                send()
        except BlockingIOError:
            pass
        if time.monotonic() > end:
            sys.exit(chance.randrange(3))


if __name__ == "__main__":
    main()
