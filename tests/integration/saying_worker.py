#!/usr/bin/python3 -S
"""A capture without pictures that says to camd what the test wants: each datagram to the socket beside its input."""
import json
import os
import select
import socket

channel = socket.socket(fileno=3)


def receive():
    message, descriptors, _, _ = socket.recv_fds(channel, 65536, 80)
    for descriptor in descriptors:
        os.close(descriptor)
    message = json.loads(message or os._exit(0))
    if message["type"] == "stop":
        os._exit(0)
    return message


path = receive()["config"]["input"] + ".say"
words = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.path.exists(path):
    os.unlink(path)
words.bind(path)
channel.send(json.dumps({"type": "stream", "codec": "none", "width": 64, "height": 48, "fps": 5}).encode())
while True:
    for ready in select.select([channel, words], [], [])[0]:
        if ready is channel:
            receive()
        else:
            channel.send(words.recv(65536))
