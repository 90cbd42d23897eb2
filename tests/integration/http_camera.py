#!/usr/bin/python3
"""An HTTP camera for the tests, on loopback; prints its address once it listens and serves until it is killed.

    http_camera.py CLIP [--fps N] [--user U --password P]

CLIP is the file behind /clip. Every other path is a way in which cameras behave; the functions below that are named
serve_... say which. Anything else is 404. With --user everything asks for it (HTTP basic). Of what was asked, and with
which conditions, /asked tells: {PATH: {"requests", "conditional", "unchanged"}}.
"""
import argparse
import base64
import collections
import functools
import hashlib
import json
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STOP_AFTER = 30
MULTIPART = "multipart/x-mixed-replace;boundary=picture"
HOUR_S = 3600


def pictures(size="320x240", count=20):
    """Some JPEGs of a moving pattern."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10", "-frames:v", str(count),
               "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "image2pipe", "-"]
    data = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True).stdout
    return [b"\xff\xd8" + part for part in data.split(b"\xff\xd8")[1:]]


@functools.cache
def gif(number):
    """A GIF of one picture."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=320x240:rate=10,trim=start_frame={number}", "-frames:v", "1",
               "-f", "gif", "-"]
    return subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True).stdout


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def is_allowed(self):
        wanted = self.server.authorization
        return wanted is None or self.headers.get("Authorization") == wanted

    def start(self, status, content_type=None, length=None, **headers):
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def do_GET(self):
        self.name = self.path[1:].partition("?")[0].replace("-", "_")
        self.asked = self.server.asked[self.name]
        self.asked["requests"] += 1
        serve = getattr(self, "serve_" + self.name, None)
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

    def serve_asked(self):
        text = json.dumps(self.server.asked).encode()
        self.start(200, "application/json", len(text))
        self.wfile.write(text)

    # ---- files ---------------------------------------------------------------------------------------------

    def serve_clip(self):
        """The file, with its length."""
        self.start(200, "video/x-msvideo", len(self.server.clip))
        self.wfile.write(self.server.clip)

    def serve_short(self):
        """Half of the file, then the connection is closed."""
        self.start(200, "video/x-msvideo", len(self.server.clip))
        self.wfile.write(self.server.clip[: len(self.server.clip) // 2])

    # ---- what is no video ----------------------------------------------------------------------------------

    def serve_text(self):
        """A page that is no video."""
        self.start(200, "text/html", 6)
        self.wfile.write(b"<html>")

    def serve_short_text(self):
        """A page of one line, and the connection's end instead of a length."""
        self.start(200, "text/html")
        self.wfile.write(b"<p>Log in first")

    def serve_hang(self):
        """Takes the request and never answers."""
        threading.Event().wait()

    def serve_empty(self):
        """A busy camera: all is well, and nothing comes."""
        self.start(200, MULTIPART, 0)

    def serve_closed(self):
        """The same, without a length."""
        self.start(200, "video/mp2t")

    def serve_head_only(self):
        """All is well, and then nothing for ever."""
        self.start(200, "video/mp2t")
        threading.Event().wait()

    def serve_page_parts(self):
        """A busy camera: parts keep coming, and each is a page of text."""
        self.start(200, MULTIPART)
        while True:
            self.wfile.write(b"--picture\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbusy\r\n")
            time.sleep(0.05)

    def serve_noise(self):
        """Bytes without end that are nothing."""
        self.start(200, MULTIPART)
        while True:
            self.wfile.write(b"\r\n" + bytes(range(32, 127)) * 200)
            time.sleep(0.01)

    def serve_concat(self):
        """A list of files of this machine, as FFmpeg's concat reads it."""
        text = b"ffconcat version 1.0\nfile /etc/passwd\n"
        self.start(200, "video/x-list", len(text))
        self.wfile.write(text)

    def serve_silent(self):
        """The first part's header, and then nothing for ever."""
        self.start(200, MULTIPART)
        self.wfile.write(b"--picture\r\nContent-Type: image/jpeg\r\n")
        threading.Event().wait()

    def serve_beginning(self):
        """The beginning of the clip as if it were live, and then nothing for ever."""
        self.start(200, "video/x-msvideo")
        self.wfile.write(self.server.clip[:3000])
        threading.Event().wait()

    def serve_circle(self):
        """Sends everybody on to itself."""
        self.start(302, None, 0, Location=self.path)

    def serve_refuse(self):
        """Refuses with the status and the words that follow the question mark."""
        status, _, words = urllib.parse.unquote(self.path.partition("?")[2]).partition(" ")
        self.send_response(int(status), words)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def serve_away(self):
        """Sends everybody on to the address that follows the question mark."""
        self.start(302, None, 0, Location=self.path.partition("?")[2])

    def serve_playlist(self):
        """A play list whose only piece is at the address that follows the question mark."""
        text = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{self.path.partition('?')[2]}\n#EXT-X-ENDLIST\n".encode()
        self.start(200, "application/vnd.apple.mpegurl", len(text))
        self.wfile.write(text)

    def serve_live_list(self):
        """A play list of a live stream with the clip as its newest piece; it ends when it is asked for the third time."""
        text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\nold.ts\n#EXTINF:2,\nclip\n"
        text += b"#EXT-X-ENDLIST\n" if self.asked["requests"] > 2 else b""
        self.start(200, "application/vnd.apple.mpegurl", len(text), Accept_Ranges="bytes")
        self.wfile.write(text)

    def serve_ended_list(self):
        """The same when the stream has ended."""
        text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\nclip\n#EXT-X-ENDLIST\n"
        self.start(200, "application/vnd.apple.mpegurl", len(text))
        self.wfile.write(text)

    def serve_standing_list(self):
        """The same, but nothing comes after that piece."""
        text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\nclip\n"
        self.start(200, "application/vnd.apple.mpegurl", len(text))
        self.wfile.write(text)

    def serve_gone_pieces(self):
        """A play list of a live stream whose pieces are not there."""
        text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\ngone.ts\n"
        self.start(200, "application/vnd.apple.mpegurl", len(text))
        self.wfile.write(text)

    def serve_many_gone_pieces(self):
        """The same of a recording, of which FFmpeg asks for a hundred at once."""
        text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n" + b"".join(b"#EXTINF:1,\ngone%d.ts\n" % i for i in range(250))
        text += b"#EXT-X-ENDLIST\n"
        self.start(200, "application/vnd.apple.mpegurl", len(text))
        self.wfile.write(text)

    def serve_endless_list(self):
        """A play list that goes on and on."""
        self.start(200, "application/vnd.apple.mpegurl")
        self.wfile.write(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n")
        while True:
            self.wfile.write(b"#EXTINF:1,\npiece.ts\n" * 1000)

    def serve_list_of_itself(self):
        """A play list that names nothing but itself."""
        self.start(200, "application/vnd.apple.mpegurl")
        self.wfile.write(f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{self.path}\n".encode())

    # ---- pictures one after the other ----------------------------------------------------------------------

    def each_in_its_time(self, fps=None):
        """The pictures without end, each when it is due."""
        fps = fps or self.server.fps
        begun = time.monotonic()
        number = 0
        while True:
            yield self.server.pictures[number % len(self.server.pictures)]
            number += 1
            time.sleep(max(0, begun + number / fps - time.monotonic()))

    def send_parts(self, count=None, boundary=b"--picture", first=True, with_length=True, wrong_by=0, fps=None):
        for number, picture in enumerate(self.each_in_its_time(fps)):
            if number == count:
                return
            part = boundary + b"\r\n" if first or number > 0 else b""
            part += b"Content-Type: image/jpeg\r\n"
            if with_length:
                part += b"Content-Length: %d\r\n" % (len(picture) + wrong_by)
            self.wfile.write(part + b"\r\n" + picture + b"\r\n")

    def serve_mjpeg(self):
        """Multipart JPEG without end, as web cameras send it."""
        self.start(200, MULTIPART)
        self.send_parts()

    def serve_stop(self):
        """Multipart JPEG that ends after 30 pictures."""
        self.start(200, MULTIPART)
        self.send_parts(STOP_AFTER)

    def serve_no_first_boundary(self):
        """The boundary comes between the pictures only."""
        self.start(200, MULTIPART)
        self.send_parts(first=False)

    def serve_no_first_boundary_no_length(self):
        self.start(200, MULTIPART)
        self.send_parts(first=False, with_length=False)

    def serve_no_dashes(self):
        """The boundary without the two dashes that belong before it."""
        self.start(200, MULTIPART)
        self.send_parts(boundary=b"picture")

    def serve_early_line_break(self):
        """The line break that ends a part comes before the first one, too."""
        self.start(200, MULTIPART)
        self.wfile.write(b"\r\n")
        self.send_parts()

    def serve_long(self):
        """Multipart without end, with a length all the same."""
        self.start(200, MULTIPART, 2**31 - 1)
        self.send_parts()

    def serve_short_lengths(self):
        """Every part has more bytes than it says."""
        self.start(200, MULTIPART)
        self.send_parts(wrong_by=-100)

    def serve_long_lengths(self):
        """Every part has fewer, so that the next one begins in it."""
        self.start(200, MULTIPART)
        self.send_parts(wrong_by=100)

    def serve_cut_off(self):
        """The second half of each picture is missing."""
        self.start(200, MULTIPART)
        for picture in self.each_in_its_time():
            sent = picture[: len(picture) // 2]
            self.wfile.write(b"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent + b"\r\n")

    def serve_empty_parts(self):
        """Between the pictures there are parts with nothing in them."""
        self.start(200, MULTIPART)
        for picture in self.each_in_its_time():
            for sent in (picture, b""):
                self.wfile.write(b"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent + b"\r\n")

    def serve_huge_lengths(self):
        self.start(200, MULTIPART)
        self.send_parts(wrong_by=2_000_000_000)

    def serve_endless_picture(self):
        """A picture that goes on and on."""
        self.start(200, MULTIPART)
        self.wfile.write(b"--picture\r\nContent-Type: image/jpeg\r\n\r\n" + self.server.pictures[0][:1000])
        while True:
            self.wfile.write(b"\x55" * 65536)

    def serve_small_for_their_size(self):
        """Pictures that say they are larger than what follows can be."""
        self.start(200, "image/jpeg")
        for picture in self.each_in_its_time():
            at = picture.index(b"\xff\xc0") + 5
            self.wfile.write(picture[:at] + b"\x1f\xf0\x1f\xf0" + picture[at + 4:])

    def serve_tiny_one_among_them(self):
        """Every fifth picture says that it is one that no frame can be of."""
        tiny = pictures("2x2", 1)[0]
        self.start(200, "image/jpeg")
        for number, picture in enumerate(self.each_in_its_time()):
            self.wfile.write(picture if number % 5 != 4 else tiny)

    def serve_jpegs(self):
        """JPEGs one after the other with nothing between them."""
        self.start(200, "image/jpeg")
        for picture in self.each_in_its_time():
            self.wfile.write(picture)

    # ---- still pictures ------------------------------------------------------------------------------------

    def still(self, picture, length=True, **headers):
        self.start(200, "image/jpeg", len(picture) if length else None, **headers)
        self.wfile.write(picture)

    def number(self):
        """Of this request of that path, from 0."""
        return self.asked["requests"] - 1

    def serve_still(self):
        """Another picture each time, and nothing to recognise it by."""
        self.still(self.server.pictures[self.number() % len(self.server.pictures)])

    def serve_still_no_length(self):
        self.still(self.server.pictures[self.number() % len(self.server.pictures)], length=False)

    def serve_still_same(self):
        """The same picture each time, all of it."""
        self.still(self.server.pictures[0])

    def serve_still_tagged(self):
        """A picture that changes with every third request, with a tag; who has it already is told so."""
        picture = self.server.pictures[self.number() // 3 % len(self.server.pictures)]
        tag = f'"{hashlib.md5(picture).hexdigest()}"'
        self.asked["conditional"] += "If-None-Match" in self.headers
        if self.headers.get("If-None-Match") == tag:
            self.asked["unchanged"] += 1
            self.start(304, None, None, ETag=tag)
        else:
            self.still(picture, ETag=tag)

    def serve_still_dated(self):
        """The same with a date; 304 keeps the connection open, as some do."""
        number = self.number() // 3
        date = f"Wed, 21 Oct 2015 07:28:{number % 60:02} GMT"
        self.asked["conditional"] += "If-Modified-Since" in self.headers
        if self.headers.get("If-Modified-Since") == date:
            self.asked["unchanged"] += 1
            self.start(304, None, None, Last_Modified=date)
            time.sleep(HOUR_S)
        else:
            self.still(self.server.pictures[number % len(self.server.pictures)], Last_Modified=date)

    def serve_still_gif(self):
        """A GIF, two of them in turn."""
        picture = gif(self.number() % 2)
        self.start(200, "image/gif", len(picture))
        self.wfile.write(picture)

    def serve_still_first(self):
        """A still picture at first, and a stream of them from the third request on."""
        if self.number() < 2:
            self.serve_still()
        else:
            self.serve_jpegs()

    def serve_still_wrong_length(self):
        """A picture that is shorter than it is said to be."""
        picture = self.server.pictures[self.number() % len(self.server.pictures)]
        self.start(200, "image/jpeg", len(picture) + 1000)
        self.wfile.write(picture)

    def serve_still_busy(self):
        """Every other answer is that it has no time."""
        if self.number() % 2:
            self.start(503, "text/plain", 0)
        else:
            self.serve_still()


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
    server.asked = collections.defaultdict(collections.Counter)
    server.authorization = None
    if arguments.user:
        word = f"{arguments.user}:{arguments.password}".encode()
        server.authorization = "Basic " + base64.b64encode(word).decode()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
