"""camd-web for tests: a process of its own beside a daemon, and clients of it."""
import contextlib
import http.client
import itertools
import json
import socket
import socketserver
import threading
import unittest
import warnings

from harness import SANDBOX, SLOWNESS, ffmpeg, free_port, program, wait_for


def need_camd_web():
    try:
        return program("camd-web")
    except FileNotFoundError:
        raise unittest.SkipTest("camd-web was not built: it needs libmicrohttpd, nettle and libxcrypt") from None


class Events:
    """A stream of server-sent events, read as they are asked for."""

    def __init__(self, web, path="/events", **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30 * SLOWNESS)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.answer.close()
        self.connection.close()

    def read(self):
        """(kind, data, id) of the next one."""
        fields = {}
        while True:
            line = self.answer.readline()
            if not line:
                raise AssertionError("the stream of events ended")
            line = line.decode().rstrip("\n")
            if not line and fields:
                return fields.get("event"), json.loads(fields["data"]), fields.get("id")
            name, _, value = line.partition(": ")
            if name in ("id", "event", "data"):
                fields[name] = value

    def until(self, condition, kind="event"):
        """The first data of that kind for which the condition holds, with its id; a time-out of the connection bounds it."""
        while True:
            own, data, number = self.read()
            if own == kind and condition(data):
                return data, number


class Refusing:
    """A camd without cameras, which refuses the first subscription."""

    def __init__(self, test):
        self.socket = test.directory / "refusing.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.listener.listen()
        self.refused = False
        test.addCleanup(self.listener.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def answer(self, verb):
        if verb == "status":
            return {"ok": {}}
        if verb != "subscribe":
            return {"ok": {"more": False}}
        if self.refused:
            return {"part": {"snapshot": {"epoch": 1, "seq": 1, "cameras": []}}}
        self.refused = True
        return {"error": {"code": "no_memory", "text": "memory is short", "hint": "try again"}}

    def serve(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rw", encoding="utf-8") as lines:
            print(json.dumps({"camd": "9.9", "protocol": 1}), file=lines, flush=True)
            for line in lines:
                request = json.loads(line)
                print(json.dumps({"id": request["id"], **self.answer(request["verb"])}), file=lines, flush=True)


class Web:
    def __init__(self, test, daemon, **settings):
        need_camd_web()
        self.test = test
        self.port = free_port()
        self.directory = test.directory / f"web{self.port}"
        self.directory.mkdir()
        self.config = self.directory / "web.ini"
        self.settings = {"listen": f"127.0.0.1:{self.port}", "socket": daemon.socket, "user": "none", "sandbox": SANDBOX,
                         "log_level": "debug", **settings}
        self.config.write_text("[web]\n" + "".join(f"{key} = {value}\n" for key, value in self.settings.items()))

    def command(self, *arguments):
        return [program("camd-web"), "-c", self.config, *arguments]

    def start(self):
        self.process = self.test.start_helper(*self.command())
        wait_for(self.answers, "camd-web is ready")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"camd-web ended with {self.process.returncode}")
        try:
            return self.get("/readyz").status == 200
        except ConnectionRefusedError:
            return False

    def stop(self):
        self.process.terminate()
        self.test.assertEqual(self.process.wait(30 * SLOWNESS), 0, "exit status of camd-web")

    def log(self):
        return (self.test.directory / f"helper{self.test.helpers.index(self.process)}.log").read_text(errors="replace")

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * SLOWNESS)
        try:
            connection.request(method, path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            answer.content = answer.read()
            return answer
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def text(self, path):
        return self.get(path).content.decode()

    def socket(self, text=b""):
        """A connection on which that was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30 * SLOWNESS)
        connection.sendall(text)
        return connection


def users_file(directory, **passwords):
    """A file of users, with hashes as htpasswd -B makes them."""
    path = directory / "web.users"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import crypt
        lines = [f"{name}:{crypt.crypt(word, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 5))}" for name, word in passwords.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


class PathProxy:
    """A reverse proxy that serves another server below a path, and has nothing at any other; a request a connection."""

    def __init__(self, port, path):
        class Connection(socketserver.StreamRequestHandler):
            def handle(self):
                method, _, rest = self.rfile.readline().decode("latin-1").partition(" ")
                headers = b"".join(itertools.takewhile(lambda line: line not in (b"\r\n", b""), iter(self.rfile.readline, None)))
                if not method:
                    return
                if not rest.startswith(f"{path}/"):
                    self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
                    server.sendall(f"{method} {rest[len(path):]}Connection: close\r\n".encode("latin-1")
                                   + b"".join(line for line in headers.splitlines(True) if not line.lower().startswith(b"connection:")) + b"\r\n")
                    while piece := server.recv(65536):
                        self.wfile.write(piece)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def read_parts(stream, count):
    """[(headers, JPEG)] of the first parts of a stream of live pictures."""
    parts = []
    while len(parts) < count:
        headers = {}
        while not (line := stream.readline()).startswith(b"\r\n"):
            if not line:
                raise AssertionError("the stream of pictures ended")
            name, _, value = line.decode().strip().partition(": ")
            headers[name] = value
        if "Content-Length" in headers:
            parts.append((headers, stream.read(int(headers["Content-Length"]))))
    return parts


def colour_of(jpeg, directory):
    """The mean colour (red, green, blue) of a JPEG, which has to be a whole one."""
    path = directory / "colour.jpg"
    path.write_bytes(jpeg)
    return tuple(ffmpeg("-i", path, "-vf", "scale=1:1:flags=area,format=rgb24", "-f", "rawvideo", "-", output=True)[:3])
