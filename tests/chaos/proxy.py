#!/usr/bin/python3
"""A network that fails: passes TCP connections on to 127.0.0.1:PORT, and does to them what it is told.

    proxy.py PORT

Prints the port that it listens on, then reads one command a line from standard input, and answers each with "ok":

    pass            everything goes through
    drop            nothing goes through, connections stay open, and new ones are taken and not answered
    delay SECONDS   everything comes so much later
    slow BYTES      so many bytes a second go to the client
    reset           all connections are reset; so are new ones
    refuse          nobody listens any more, and connections are closed
    cut BYTES       the connection ends after so many further bytes to the client, in the middle of something
    damage SHARE    that share of the blocks that go to the client has a byte changed
"""
import random
import selectors
import socket
import struct
import sys
import threading
import time

BLOCK = 16384


class Proxy:
    def __init__(self, port):
        self.port = port
        self.mode, self.value = "pass", 0.0
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = None
        self.listen(0)
        self.own_port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def listen(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(64)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                time.sleep(0.01)  # it is closed for a while
                continue
            if self.mode == "reset":
                self.reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.add((client, server))
            left = [self.value]  # bytes, of cut
            threading.Thread(target=self.carry, args=(client, server, False, left), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, True, left), daemon=True).start()

    def reset(self, connection):
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        connection.close()

    def carry(self, source, sink, to_client, left):
        """One direction of one connection."""
        selector = selectors.DefaultSelector()
        try:
            selector.register(source, selectors.EVENT_READ)
            while True:
                while self.mode == "drop" or not selector.select(0.2):
                    if self.mode == "drop":
                        time.sleep(0.05)
                data = source.recv(BLOCK)
                if not data:
                    break
                if self.mode == "drop":
                    continue  # it was under way when the cable was pulled
                data = self.do(data, to_client, left)
                sink.sendall(data)
                if self.mode == "cut" and to_client and left[0] <= 0:
                    break
        except (OSError, ValueError):
            pass
        for connection in (source, sink):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def do(self, data, to_client, left):
        if self.mode == "delay":
            time.sleep(self.value)
        if not to_client:
            return data
        if self.mode == "slow":
            time.sleep(len(data) / self.value)
        elif self.mode == "damage" and random.random() < self.value:
            at = random.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]
        elif self.mode == "cut":
            data = data[:int(max(0, left[0]))]
            left[0] -= len(data)
        return data

    def set(self, mode, value=0.0):
        before, self.mode, self.value = self.mode, mode, value
        with self.lock:
            pairs, self.pairs = (self.pairs, set()) if mode in ("reset", "refuse", "cut") else ((), self.pairs)
        for pair in pairs:
            for connection in pair:
                self.reset(connection)
        if mode == "refuse":
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        elif before == "refuse":
            self.listen(self.own_port)


def main():
    proxy = Proxy(int(sys.argv[1]))
    print(proxy.own_port, flush=True)
    for line in sys.stdin:
        mode, *value = line.split()
        proxy.set(mode, *map(float, value))
        print("ok", flush=True)


if __name__ == "__main__":
    main()
