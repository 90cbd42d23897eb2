#!/usr/bin/python3
"""A detector that sees an object in the middle of every region, or misbehaves as the file NAME.behaviour beside it says.

    answer            one box in the middle (also without a file)
    silent            never answers
    late              answers half a second after the request
    generation        answers with a generation that is not the request's
    scribble          writes nonsense all over `out` and answers
    die               exits at a request
    crowd             answers with all the objects that an answer has room for
    fail              answers with an error
    broken            reports that its model cannot be loaded and exits
    unread            the same, and leaves a message of camd's unread
"""
import json
import mmap
import os
import select
import socket
import struct
import sys
import time
from pathlib import Path

REQUESTS, POSTED = 4, 1
REQUEST, REQUEST_BYTES, REQUESTS_OFFSET = struct.Struct("=IIQ"), 128, 64
ANSWER, ANSWER_BYTES = struct.Struct("=QIiII"), 64 + 64 * 6 * 4
ROW = struct.pack("=6f", 0, 0.9, 0.25, 0.25, 0.75, 0.75)

CROWD = [struct.pack("=6f", 0, 0.9, row / 8 + 0.02, column / 8 + 0.02, row / 8 + 0.1, column / 8 + 0.08)
         for row in range(8) for column in range(8)]

channel = socket.socket(fileno=3)


def send(**message):
    channel.send(json.dumps(message).encode())


class Camera:
    def __init__(self, fds):
        self.input, self.out = mmap.mmap(fds["in"], 0, prot=mmap.PROT_READ), mmap.mmap(fds["out"], 0)
        self.request_event, self.answer_event = fds["request_event"], fds["answer_event"]
        self.refused = set()

    def requests(self):
        for i in range(REQUESTS):
            state, generation, request_id = REQUEST.unpack_from(self.input, REQUESTS_OFFSET + i * REQUEST_BYTES)
            answered, answered_generation = struct.unpack_from("=QI", self.out, i * ANSWER_BYTES)
            if state == POSTED and (answered, answered_generation) != (request_id, generation):
                if (request_id, generation) not in self.refused:
                    yield i, generation, request_id

    def answer(self, i, generation, request_id, status=0, rows=(ROW,)):
        offset = i * ANSWER_BYTES
        struct.pack_into("=IiII", self.out, offset + 8, generation, status, len(rows), 1000000)
        self.out[offset + 64: offset + 64 + 24 * len(rows)] = b"".join(rows)
        struct.pack_into("=Q", self.out, offset, request_id)
        os.write(self.answer_event, struct.pack("=Q", 1))


def serve(camera, i, generation, request_id, behaviour):
    if behaviour == "die":
        os._exit(3)
    elif behaviour == "silent":
        camera.refused.add((request_id, generation))
    elif behaviour == "late":
        time.sleep(0.5)
        camera.answer(i, generation, request_id)
    elif behaviour == "generation":
        camera.answer(i, generation + 1, request_id)
        camera.refused.add((request_id, generation))
    elif behaviour == "scribble":
        camera.out[:] = os.urandom(len(camera.out))
        rows = [os.urandom(24) for _ in range(64)]
        camera.answer(i, generation, request_id, rows=rows)
    elif behaviour == "crowd":
        camera.answer(i, generation, request_id, rows=CROWD)
    elif behaviour == "fail":
        camera.answer(i, generation, request_id, status=-5, rows=())
    else:
        camera.answer(i, generation, request_id)


def handle(cameras, message, fds):
    named = dict(zip(message.get("fds", []), fds))
    if message["type"] == "attach":
        cameras[message["camera"]] = Camera(named)
        for name in ("in", "out", "ctl"):
            os.close(named[name])
    elif message["type"] == "detach":
        cameras.pop(message["camera"], None)
    return message["type"] != "stop"


def main():
    hello = json.loads(channel.recv(65536))
    file = Path(sys.argv[0]).parent / f"{hello['detector']}.behaviour"

    def behaviour():
        return file.read_text().strip() if file.exists() else "answer"

    if behaviour() == "unread":
        select.select([channel], [], [])
    if behaviour() in ("broken", "unread"):
        send(type="error", stage="detect", **{"class": "format"}, text="the model is damaged", hint="fetch it again")
        sys.exit(1)
    send(type="ready")
    cameras = {}
    while True:
        events = {camera.request_event for camera in cameras.values()}
        ready = select.select([channel, *events], [], [])[0]
        if channel in ready:
            data, fds, _, _ = socket.recv_fds(channel, 65536, 16)
            if not data or not handle(cameras, json.loads(data), fds):
                return
        for event in events.intersection(ready):
            try:
                os.read(event, 8)
            except BlockingIOError:
                pass
        for camera in list(cameras.values()):
            for request in list(camera.requests()):
                serve(camera, *request, behaviour())


if __name__ == "__main__":
    main()
