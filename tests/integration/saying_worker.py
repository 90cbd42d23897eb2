#!/usr/bin/python3 -S
"""A capture without pictures that says to camd what the test wants: each datagram to the socket beside its input."""
import os
import select
import socket

from simple_worker import channel, receive, send

path = receive()["config"]["input"] + ".say"
words = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.path.exists(path):
    os.unlink(path)
words.bind(path)
send(type="stream", codec="none", width=64, height=48, fps=5)
while True:
    for ready in select.select([channel, words], [], [])[0]:
        if ready is channel:
            receive()
        else:
            channel.send(words.recv(65536))
