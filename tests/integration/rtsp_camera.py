#!/usr/bin/python3
"""An RTSP camera for the tests that misbehaves as real ones do, on loopback. Over UDP it takes no RTCP, as many do not.

    rtsp_camera.py [--codec h264|hevc|jpeg|mpegts] [--fps N] [BEHAVIOUR[=VALUE] ...]

Prints its URL once it listens and serves until it is killed. Well-behaved without a BEHAVIOUR; BEHAVIOURS below lists
them. Every request is logged to standard output as METHOD URL.
"""
import argparse
import base64
import socket
import struct
import subprocess
import sys
import threading
import time

FRAGMENT_BYTES = 1300
CLOCK_HZ = 90000

BEHAVIOURS = {
    # times
    "times-stand-still": "every packet has the same time stamp",
    "times-by": "time stamps run by this factor too fast",
    # what comes
    "burst": "so many pictures at once, as late as the last of them",
    "silent-after": "nothing any more after so many seconds, with the connection open",
    "close-after": "the connection ends after so many seconds",
    "close-at": "the connection ends instead of an answer to this method",
    "silent-at": "no answer to this method",
    "babble-after": "letters instead of packets after so many seconds",
    "change-after": "the codec is the other one after so many seconds, without a word",
    "lose": "every packet of that number is missing",
    "twice": "every packet of that number comes twice",
    "no-parameter-sets": "the description has none: they come with the key frames only",
    "refuse": "METHOD:STATUS, the answer to this method",
    "login": "every request needs one, by digest with this algorithm",
    "challenge": "every request needs a login, as this text asks for it",
    "no-key-frames": "the pictures between them only",
    "from-elsewhere": "UDP comes from another port than the answer to SETUP says",
    "describe": "the description names this stream only, such as video:XVID9/90000 or audio:PCMA/8000",
    "redirect": "DESCRIBE is answered with this address; SELF is its own",
}


class Clip:
    """Twenty pictures, the first of them a key frame, as lists of NAL units."""

    payload_type = 96
    ENCODERS = {
        "h264": ("libx264", "-x264-params", "aud=1:keyint=20:scenecut=0:bframes=0", "h264"),
        "hevc": ("libx265", "-x265-params", "aud=1:repeat-headers=1:keyint=20:bframes=0:log-level=none", "hevc"),
    }

    def __init__(self, codec):
        self.codec = codec
        encoder, option, parameters, form = self.ENCODERS[codec]
        command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-frames:v", "20",
                   "-c:v", encoder, "-preset", "ultrafast", "-pix_fmt", "yuv420p", option, parameters, "-f", form, "-"]
        data = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        self.pictures = []
        for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
            if self.kind(unit) == {"h264": 9, "hevc": 35}[codec]:
                self.pictures.append([])
            else:
                self.pictures[-1].append(unit)

    def kind(self, unit):
        return unit[0] & 0x1F if self.codec == "h264" else unit[0] >> 1 & 0x3F

    def payloads(self, unit):
        """A NAL unit as RTP carries it: whole, or in fragments (RFC 6184, RFC 7798)."""
        if len(unit) <= FRAGMENT_BYTES:
            yield unit
            return
        if self.codec == "h264":
            head, kind, body = bytes([unit[0] & 0xE0 | 28]), unit[0] & 0x1F, unit[1:]
        else:
            head, kind, body = bytes([unit[0] & 0x81 | 49 << 1, unit[1]]), self.kind(unit), unit[2:]
        for at in range(0, len(body), FRAGMENT_BYTES):
            first, last = at == 0, at + FRAGMENT_BYTES >= len(body)
            yield head + bytes([first << 7 | last << 6 | kind]) + body[at : at + FRAGMENT_BYTES]


class Jpegs:
    """Twenty pictures as RFC 2435 carries them: without their heads, but for the tables of quantisation."""

    codec = "jpeg"
    payload_type = 26

    def __init__(self):
        command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-frames:v", "20",
                   "-c:v", "mjpeg", "-huffman", "default", "-pix_fmt", "yuvj420p", "-f", "image2pipe", "-"]
        data = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        self.pictures = [[b"\xff\xd8" + part] for part in data.split(b"\xff\xd8")[1:]]

    @staticmethod
    def segments(picture):
        """(marker, content) of the head, and the coded picture behind it."""
        at, found = 2, []
        while picture[at + 1] != 0xDA:
            size = struct.unpack(">H", picture[at + 2 : at + 4])[0]
            found.append((picture[at + 1], picture[at + 4 : at + 2 + size]))
            at += 2 + size
        return found, picture[at + 2 + struct.unpack(">H", picture[at + 2 : at + 4])[0] :]

    def payloads(self, picture):
        head, body = self.segments(picture)
        tables = b"".join(content[1:65] for marker, content in head if marker == 0xDB)
        for at in range(0, len(body), FRAGMENT_BYTES):
            yield (struct.pack(">IBBBB", at, 1, 255, 320 // 8, 240 // 8)
                   + (struct.pack(">BBH", 0, 0, 128) + (tables * 2)[:128] if at == 0 else b"") + body[at : at + FRAGMENT_BYTES])


class TransportStream:
    """Twenty seconds of H.264 in an MPEG transport stream, of which the description says nothing else (RFC 2250)."""

    codec = "mpegts"
    payload_type = 33
    PACKET_BYTES, PICTURES = 188, 200

    def __init__(self):
        command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10", "-frames:v", str(self.PICTURES),
                   "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0", "-f", "mpegts", "-"]
        data = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        a_picture = len(data) // self.PACKET_BYTES // self.PICTURES * self.PACKET_BYTES
        self.pictures = [[data[at : at + a_picture]] for at in range(0, len(data), a_picture)]

    def payloads(self, part):
        step = FRAGMENT_BYTES // self.PACKET_BYTES * self.PACKET_BYTES
        for at in range(0, len(part), step):
            yield part[at : at + step]


class Connection:
    def __init__(self, camera, connection):
        self.camera = camera
        self.connection = connection
        self.lock = threading.Lock()
        self.sequence = 0
        self.datagrams = None  # the socket for RTP over UDP, and where it goes to
        self.client = None

    def send(self, data):
        with self.lock:
            self.connection.sendall(data)

    def answer(self, request, status="200 OK", *lines, body=""):
        if body:
            lines += (f"Content-Length: {len(body)}",)
        head = [f"RTSP/1.0 {status}", f"CSeq: {request['cseq']}", *lines]
        self.send(("\r\n".join(head) + "\r\n\r\n" + body).encode())

    # ---- requests ------------------------------------------------------------------------------------------

    def requests(self):
        """What is asked, one by one; what the client sends as RTCP is passed over."""
        with self.connection.makefile("rb") as incoming:
            while first := incoming.read(1):
                if first == b"$":
                    incoming.read(struct.unpack(">BH", incoming.read(3))[1])
                    continue
                lines = [(first + incoming.readline()).decode().strip()]
                while line := incoming.readline().decode().strip():
                    lines.append(line)
                method, url, _ = lines[0].split(" ")
                fields = (line.partition(":") for line in lines[1:])
                yield {"method": method, "url": url, **{name.lower(): value.strip() for name, _, value in fields}}

    def serve(self):
        try:
            for request in self.requests():
                print(request["method"], request["url"], flush=True)
                if self.camera.behaviour.get("close-at") == request["method"]:
                    break
                if self.camera.behaviour.get("silent-at") == request["method"] or self.is_refused(request):
                    continue
                getattr(self, "do_" + request["method"].lower(), self.do_other)(request)
                if request["method"] == "TEARDOWN":
                    break
        except OSError:
            pass
        self.close()

    def is_refused(self, request):
        method, _, status = self.camera.behaviour.get("refuse", "").partition(":")
        if method == request["method"]:
            self.answer(request, status)
        elif "challenge" in self.camera.behaviour:
            self.answer(request, "401 Unauthorized", "WWW-Authenticate: " + self.camera.behaviour["challenge"])
        elif "login" in self.camera.behaviour:
            self.answer(request, "401 Unauthorized", 'WWW-Authenticate: Digest realm="camera", nonce="1", algorithm='
                        + self.camera.behaviour["login"])
        else:
            return False
        return True

    def close(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()

    def do_options(self, request):
        self.answer(request, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")

    def do_describe(self, request):
        address = self.camera.behaviour.get("redirect")
        if address:
            self.answer(request, "302 Found", "Location: " + address.replace("SELF", request["url"]))
            return
        self.answer(request, "200 OK", "Content-Type: application/sdp", f"Content-Base: {request['url']}/",
                    body=self.camera.description())

    def do_setup(self, request):
        transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        wanted = request["transport"].partition("client_port=")[2].partition(";")[0]
        if wanted:
            self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.datagrams.bind(("127.0.0.1", 0))
            self.client = ("127.0.0.1", int(wanted.partition("-")[0]))
            port = self.datagrams.getsockname()[1]
            transport = f"RTP/AVP/UDP;unicast;client_port={wanted};server_port={port}-{port + 1}"
            if "from-elsewhere" in self.camera.behaviour:
                self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.answer(request, "200 OK", "Session: 1;timeout=60", f"Transport: {transport}")

    def send_packet(self, packet):
        if self.datagrams:
            self.datagrams.sendto(packet, self.client)
        else:
            self.send(b"$" + struct.pack(">BH", 0, len(packet)) + packet)

    def do_play(self, request):
        self.answer(request, "200 OK", "Session: 1")
        threading.Thread(target=self.play, daemon=True).start()

    def do_teardown(self, request):
        self.answer(request, "200 OK", "Session: 1")

    def do_other(self, request):
        self.answer(request, "501 Not Implemented")

    # ---- pictures ------------------------------------------------------------------------------------------

    def send_picture(self, clip, number, time_stamp):
        if "no-key-frames" in self.camera.behaviour and number % len(clip.pictures) == 0:
            return
        payloads = [payload for unit in clip.pictures[number % len(clip.pictures)] for payload in clip.payloads(unit)]
        for payload in payloads:
            marker = 0x80 if payload is payloads[-1] else 0
            packet = struct.pack(">BBHII", 0x80, clip.payload_type | marker, self.sequence & 0xFFFF, time_stamp & 0xFFFFFFFF, 1) + payload
            self.sequence += 1
            if self.sequence % self.camera.number("lose") != 0:
                self.send_packet(packet)
                if self.sequence % self.camera.number("twice") == 0:
                    self.send_packet(packet)

    def play(self):
        camera = self.camera
        begun = time.monotonic()
        number = 0
        clip = camera.clip
        try:
            while True:
                elapsed = time.monotonic() - begun
                if elapsed >= camera.number("silent-after"):
                    return
                if elapsed >= camera.number("close-after"):
                    break
                if elapsed >= camera.number("babble-after"):
                    self.send(b"x" * 20000)
                    time.sleep(1 / camera.fps)
                    continue
                if elapsed >= camera.number("change-after") and clip is camera.clip:
                    clip, number_of_change = camera.other_clip, number
                time_stamp = int(number * CLOCK_HZ / camera.fps * camera.number("times-by", 1))
                if "times-stand-still" in camera.behaviour:
                    time_stamp = 0
                self.send_picture(clip, number if clip is camera.clip else number - number_of_change, time_stamp)
                number += 1
                if number % camera.number("burst", 1) == 0:
                    time.sleep(max(0, begun + number / camera.fps - time.monotonic()))
        except OSError:
            pass
        self.close()


class Camera:
    def __init__(self, codec, fps, behaviour):
        self.fps = fps
        self.behaviour = behaviour
        self.clip = {"jpeg": Jpegs, "mpegts": TransportStream}.get(codec, lambda: Clip(codec))()
        self.other_clip = Clip("hevc" if codec == "h264" else "h264") if "change-after" in behaviour else None

    def number(self, name, absent=float("inf")):
        return float(self.behaviour[name]) if name in self.behaviour else absent

    def description(self):
        kind, _, encoding = self.behaviour.get("describe", "").partition(":")
        if kind:
            return "\r\n".join(["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", f"m={kind} 0 RTP/AVP 96",
                                f"a=rtpmap:96 {encoding}", "a=control:track", ""])
        if self.clip.codec in ("jpeg", "mpegts"):  # whose number says it all
            return "\r\n".join(["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0",
                                f"m=video 0 RTP/AVP {self.clip.payload_type}", "a=control:video", ""])
        encoding = {"h264": "H264", "hevc": "H265"}[self.clip.codec]
        lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "m=video 0 RTP/AVP 96",
                 f"a=rtpmap:96 {encoding}/{CLOCK_HZ}"]
        if "no-parameter-sets" not in self.behaviour:
            lines.append(self.parameter_sets())
        return "\r\n".join(lines + ["a=control:video", ""])

    def parameter_sets(self):
        kinds = {"h264": (7, 8), "hevc": (32, 33, 34)}[self.clip.codec]
        sets = [next(unit for unit in self.clip.pictures[0] if self.clip.kind(unit) == kind) for kind in kinds]
        texts = [base64.b64encode(unit).decode() for unit in sets]
        if self.clip.codec == "h264":
            return "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=" + ",".join(texts)
        names = ("sprop-vps", "sprop-sps", "sprop-pps")
        return "a=fmtp:96 " + ";".join(f"{name}={text}" for name, text in zip(names, texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codec", choices=["h264", "hevc", "jpeg", "mpegts"], default="h264")
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("behaviours", nargs="*", metavar="BEHAVIOUR")
    arguments = parser.parse_args()

    behaviour = dict(word.partition("=")[::2] for word in arguments.behaviours)
    unknown = behaviour.keys() - BEHAVIOURS.keys()
    if unknown:
        sys.exit(f"no such behaviour: {', '.join(unknown)}")
    camera = Camera(arguments.codec, arguments.fps, behaviour)
    with socket.create_server(("127.0.0.1", arguments.port)) as listener:
        print(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/live", flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Connection(camera, connection).serve, daemon=True).start()


if __name__ == "__main__":
    main()
