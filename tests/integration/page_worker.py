#!/usr/bin/python3
"""A capture that draws a bright square which moves over grey: written from camd-worker(7) and nothing else."""
import ctypes
import json
import mmap
import os
import select
import socket
import struct
import time

SYS_FUTEX, FUTEX_WAKE, SYS_MEMBARRIER, MEMBARRIER_CMD_GLOBAL = 202, 1, 324, 1  # x86-64
NEWEST, EPOCH, FPS, LEASE = 4 // 4, 24 // 4, 104 // 4, 8 // 4  # u32 of the blocks
HEAD, NEXT_ID, FRAMES, PROGRESS, SKIPPED, TAIL = 8 // 8, 16 // 8, 32 // 8, 40 // 8, 80 // 8, 0  # u64
system_call = ctypes.CDLL(None).syscall
channel = socket.socket(fileno=3)


def receive():
    message, descriptors, _, _ = socket.recv_fds(channel, 65536, 80)
    message = json.loads(message or os._exit(0))  # nothing: camd is gone
    return message, dict(zip(message.get("fds", []), descriptors))


def send(**message):
    channel.send(json.dumps(message).encode())


class Capture:
    def __init__(self, frames, fds):
        self.width, self.height, self.slots = frames["width"], frames["height"], frames["slots"]
        self.block, tracker = mmap.mmap(fds["ctl"], 16384), mmap.mmap(fds["ctl"], 16384, prot=mmap.PROT_READ, offset=16384)
        self.u32, self.u64 = memoryview(self.block).cast("I"), memoryview(self.block).cast("Q")
        self.tracker32, self.tracker64 = memoryview(tracker).cast("I"), memoryview(tracker).cast("Q")
        self.pictures = [mmap.mmap(fds[f"frame{slot}"], frames["frame_bytes"]) for slot in range(self.slots)]
        self.event = fds["frame_event"]
        ids = [self.empty(slot) if self.u32[self.word(slot)] % 2 else self.u64[128 + 8 * slot + 1] for slot in range(self.slots)]
        self.u32[NEWEST] = ids.index(max(ids)) + 1 if any(ids) else 0
        self.u64[NEXT_ID] = max(self.u64[NEXT_ID], frames["first_frame_id"], max(ids) + 1)
        self.u32[EPOCH] += 1

    def word(self, slot):
        return (1024 + 64 * slot) // 4

    def make_even(self, slot):
        self.u32[self.word(slot)] = (self.u32[self.word(slot)] | 1) + 1 & 0xFFFFFFFF or 2

    def empty(self, slot):
        self.u64[128 + 8 * slot + 1] = 0
        self.make_even(slot)
        return 0

    def claim(self, queued):
        busy = {self.u32[(256 + (self.u64[HEAD] - 1 - back) % 8 * 48 + 32) // 4] for back in range(queued)}
        for slot in ((self.u32[NEWEST] + step) % self.slots for step in range(self.slots)):
            found = self.u32[self.word(slot)]
            if slot in busy or self.tracker32[LEASE] == slot + 1:
                continue
            self.u32[self.word(slot)] = found | 1
            system_call(SYS_MEMBARRIER, MEMBARRIER_CMD_GLOBAL, 0, 0)
            if self.tracker32[LEASE] != slot + 1:
                return slot
            self.u32[self.word(slot)] = found
        return None

    def write(self, count, fps):
        queued = min(self.u64[HEAD] - self.tracker64[TAIL] & 2**64 - 1, 2)
        slot = self.claim(queued)
        if slot is None:
            return
        line, square = b"\x40" * self.width, (8 * count) % (self.width - 32)
        crossed = line[:square] + b"\xe0" * 32 + line[square + 32:]
        luma = b"".join(crossed if 64 <= row < 96 else line for row in range(self.height))
        self.pictures[slot][:] = luma + b"\x80" * (len(luma) // 2)
        frame_id, times = self.u64[NEXT_ID], (int(count * 1e9 / fps), time.monotonic_ns(), time.time_ns())
        self.u64[NEXT_ID] = frame_id + 1
        struct.pack_into("=IQqqqI", self.block, 1024 + 64 * slot + 4, 0, frame_id, *times, self.u32[EPOCH])
        self.make_even(slot)
        self.u32[NEWEST] = slot + 1
        if queued < 2:
            struct.pack_into("=QqqqIIII", self.block, 256 + self.u64[HEAD] % 8 * 48, frame_id, *times, slot,
                             self.u32[self.word(slot)], self.u32[EPOCH], 0)
            self.u64[HEAD] += 1
            os.write(self.event, struct.pack("=Q", 1))
        self.u64[SKIPPED] += queued == 2
        self.u64[FRAMES], self.u64[PROGRESS], self.u32[FPS] = self.u64[FRAMES] + 1, times[1], int(fps * 1000)
        self.u32[0] = self.u32[0] + 1 & 0xFFFFFFFF
        system_call(SYS_FUTEX, ctypes.byref(ctypes.c_uint32.from_buffer(self.block)), FUTEX_WAKE, 2**31 - 1, None, None, 0)


hello, _ = receive()
assert hello["abi"][0] == 1, "another ABI"
fps, size = hello["config"]["fps"], (hello["config"]["width"] or 320, hello["config"]["height"] or 240)
send(type="stream", codec="square", width=size[0], height=size[1], fps=fps, pixel_format="yuv420p")
capture, count = None, 0
while True:
    if select.select([channel], [], [], 1 / fps if capture else None)[0]:
        message, descriptors = receive()
        if message["type"] == "stop":
            break
        if message["type"] == "frames":
            capture = Capture(message, descriptors)
            for name in descriptors.keys() - {"frame_event"}:
                os.close(descriptors[name])
    else:
        capture.write(count, fps)
        count += 1
        if count == 1:
            send(type="ready")
