#!/usr/bin/python3
"""A tracker that sees nothing: it sends what the test writes to the FIFO named after its camera, a message a line."""
import json
import os
import select
import socket
import sys
from pathlib import Path


def main():
    channel = socket.socket(fileno=3)
    hello = json.loads(channel.recv(65536))
    fifo = os.open(Path(sys.argv[0]).parent / f"{hello['camera']}.fifo", os.O_RDWR)
    buffer = b""
    while True:
        for ready in select.select([channel, fifo], [], [])[0]:
            if ready is fifo:
                buffer += os.read(fifo, 65536)
                *lines, buffer = buffer.split(b"\n")
                for line in lines:
                    channel.send(line)
                continue
            data, fds, _, _ = socket.recv_fds(channel, 65536, 100)
            for fd in fds:
                os.close(fd)
            if not data or json.loads(data)["type"] == "stop":
                return
            if json.loads(data)["type"] == "frames":
                channel.send(b'{"type":"ready"}')


if __name__ == "__main__":
    main()
