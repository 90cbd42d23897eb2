#!/usr/bin/python3
"""An HTTP camera for the tests, on loopback; prints its address once it listens and serves until it is killed.

    http_server.py CLIP [--user U --password P]

/clip      the file, with its length
/mjpeg     multipart JPEG without end, --fps pictures a second, as web cameras send it
/short     half of the file, then the connection is closed
/stop      multipart JPEG that ends after 30 pictures
/text      a page that is no video
/hang      takes the request and never answers
anything else is 404. With --user everything asks for it (HTTP basic).
"""
import argparse
import base64
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STOP_AFTER = 30


def pictures():
    """Some JPEGs of a moving pattern."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-frames:v", "20",
               "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "image2pipe", "-"]
    data = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True).stdout
    return [b"\xff\xd8" + part for part in data.split(b"\xff\xd8")[1:]]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def is_allowed(self):
        wanted = self.server.authorization
        return wanted is None or self.headers.get("Authorization") == wanted

    def start(self, status, content_type, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def do_GET(self):
        serve = getattr(self, "serve_" + self.path[1:], None)
        try:
            if not self.is_allowed():
                self.start(401, "text/plain", 0, WWW_Authenticate='Basic realm="camera"')
            elif serve:
                serve()
            else:
                self.start(404, "text/plain", 0)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.close_connection = True

    def serve_clip(self):
        self.start(200, "video/x-msvideo", len(self.server.clip))
        self.wfile.write(self.server.clip)

    def serve_short(self):
        self.start(200, "video/x-msvideo", len(self.server.clip))
        self.wfile.write(self.server.clip[: len(self.server.clip) // 2])

    def serve_text(self):
        self.start(200, "text/html", 6)
        self.wfile.write(b"<html>")

    def serve_hang(self):
        threading.Event().wait()

    def serve_mjpeg(self, count=None):
        self.start(200, "multipart/x-mixed-replace;boundary=picture")
        begun = time.monotonic()
        number = 0
        while number != count:
            picture = self.server.pictures[number % len(self.server.pictures)]
            self.wfile.write(b"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture))
            self.wfile.write(picture + b"\r\n")
            number += 1
            time.sleep(max(0, begun + number / self.server.fps - time.monotonic()))

    def serve_stop(self):
        self.serve_mjpeg(STOP_AFTER)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    arguments = parser.parse_args()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.clip = arguments.clip.read_bytes()
    server.fps = arguments.fps
    server.pictures = pictures()
    server.authorization = None
    if arguments.user:
        word = f"{arguments.user}:{arguments.password}".encode()
        server.authorization = "Basic " + base64.b64encode(word).decode()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
