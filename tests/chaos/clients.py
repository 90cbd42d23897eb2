#!/usr/bin/python3
"""Hostile clients of the control socket, many at once, for a time; prints how many attacks they made.

    clients.py SOCKET COUNT SECONDS [ATTACK ...]

The functions below that take a connection are the attacks; without ATTACK all of them, at random.
"""
import os
import random
import socket
import sys
import threading
import time

LONGEST = 65536  # of a request


def garbage(connection):
    for _ in range(50):
        connection.sendall(os.urandom(random.randint(1, 4000)))


def half_a_request(connection):
    connection.sendall(b'{"id":1,"verb":"sta')
    time.sleep(1)


def large_id(connection):
    connection.sendall(b'{"id":"' + b"x" * (LONGEST - 30) + b'","verb":"status"}\n')
    connection.settimeout(0.2)
    connection.recv(10)


def too_long(connection):
    connection.sendall(b"y" * 70000 + b"\n" + b"z" * 1000000)


def nested(connection):
    connection.sendall(b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\n")
    connection.sendall(b"[" * 60000 + b"\n")


def broken_text(connection):
    connection.sendall(b'{"id":1,"verb":"\xff\xfe\xc3("}\n{"id":1,"verb":"add","name":"\xf0\x28","settings":{"\xed\xa0\x80":"\x00"}}\n')


def numbers(connection):
    connection.sendall(b'{"id":1e999,"verb":"status"}\n{"id":' + b"9" * 3000 + b',"verb":"logs","lines":-1}\n'
                       b'{"id":1,"verb":"logs","lines":1e300}\n'
                       b'{"id":1,"verb":"subscribe","from":{"epoch":-1,"seq":18446744073709551615}}\n')


def subscriber_that_reads_nothing(connection):
    connection.sendall(b'{"id":1,"verb":"subscribe"}\n')
    time.sleep(random.random() * 3)


def silent(_connection):
    time.sleep(random.random() * 3)


def gone_in_mid_answer(connection):
    connection.sendall(b'{"id":1,"verb":"events"}\n')
    connection.recv(5)


def thousands_of_requests(connection):
    connection.sendall(b'{"id":1,"verb":"events"}\n{"id":2,"verb":"status"}\n' * 1000)


def follower_of_logs(connection):
    connection.sendall(b'{"id":1,"verb":"logs","follow":true}\n')
    time.sleep(random.random())


def reader_of_all(connection):
    connection.sendall(b'{"id":1,"verb":"events"}\n')
    connection.settimeout(1)
    end = time.monotonic() + 1
    while time.monotonic() < end and connection.recv(1 << 20):
        pass


ATTACKS = [garbage, half_a_request, large_id, too_long, nested, broken_text, numbers, subscriber_that_reads_nothing, silent,
           gone_in_mid_answer, thousands_of_requests, follower_of_logs, reader_of_all]


def attack(path, attacks, end, count):
    while time.monotonic() < end:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(2)
                connection.connect(path)
                random.choice(attacks)(connection)
            count.append(1)
        except OSError:
            time.sleep(0.05)  # refused: there are enough of them


def main():
    path, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    attacks = [found for found in ATTACKS if found.__name__ in sys.argv[4:]] or ATTACKS
    done, end = [], time.monotonic() + seconds
    threads = [threading.Thread(target=attack, args=(path, attacks, end, done)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(done))


if __name__ == "__main__":
    main()
