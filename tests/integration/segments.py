"""Looking at a camera's segments as a stranger would: read-only maps of /dev/shm, by include/camd/shm.h alone."""
import hashlib
import mmap
import os
import struct
from pathlib import Path

MAGIC = 0x4F464E49444D4143
BLOCK_TRACKER = 16384
RING_OFFSET, RING_ENTRY_BYTES, RING_SIZE = 256, 48, 8
SLOTS_OFFSET, SLOT_BYTES = 1024, 64
RESULT_OFFSET, RESULT_BYTES, RESULTS = 64, 64 + 64 * 48 + 64 * 16 + 16 * 16, 8
SEGMENTS_LIVE = 1


class Slot:
    """What a slot's words say; whole is decided by its sequence word."""

    FORMAT = struct.Struct("<IIQqqqI20x")

    def __init__(self, data, offset):
        (self.sequence, self.flags, self.frame_id, self.stream_time_ns, self.arrival_ns, self.wall_ns,
         self.epoch) = self.FORMAT.unpack_from(data, offset)


class Segments:
    """One camera's segments, mapped read-only by name."""

    def __init__(self, camera, prefix, directory=Path("/dev/shm")):
        self.base = str(directory / f"{prefix}{camera}")
        self.info = self.map("info")
        (self.magic, self.abi_major, self.abi_minor, self.state, self.generation, self.width, self.height, self.slots,
         self.frame_bytes) = struct.unpack_from("<QHHIQIIII", self.info, 0)
        if self.magic != MAGIC:
            raise ValueError(f"{self.base}.info: not a camd segment")
        self.ctl = self.map("ctl")
        self.frames = [self.map(f"frame{i}") for i in range(self.slots)]

    def map(self, part):
        descriptor = os.open(f"{self.base}.{part}", os.O_RDONLY)
        try:
            return mmap.mmap(descriptor, 0, prot=mmap.PROT_READ, flags=mmap.MAP_SHARED)
        finally:
            os.close(descriptor)

    def close(self):
        for mapped in [self.info, self.ctl, *self.frames]:
            mapped.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def inodes(self):
        """What tells these segments from others of the same names."""
        parts = ["info", "ctl"] + [f"frame{i}" for i in range(self.slots)]
        return {part: os.stat(f"{self.base}.{part}").st_ino for part in parts}

    # ---- capture's block -----------------------------------------------------------------------------------

    def word(self, format_, offset):
        return struct.unpack_from("<" + format_, self.ctl, offset)[0]

    def newest_slot(self):
        """The slot of the newest frame, or None."""
        newest = self.word("I", 4)
        return newest - 1 if 0 < newest <= self.slots else None

    def capture_counters(self):
        names = ["frames", "progress_ns", "packets", "bytes", "decoded", "damaged", "skipped", "gaps", "reopened"]
        return dict(zip(names, struct.unpack_from("<QqQQQQQQQ", self.ctl, 32)))

    def next_frame_id(self):
        return self.word("Q", 16)

    def capture_epoch(self):
        return self.word("I", 24)

    def tracker_counters(self):
        names = ["frames", "progress_ns", "lost", "motion_frames"]
        return dict(zip(names, struct.unpack_from("<QqQQ", self.ctl, BLOCK_TRACKER + 16)))

    # ---- frames --------------------------------------------------------------------------------------------

    def slot(self, index):
        return Slot(self.ctl, SLOTS_OFFSET + index * SLOT_BYTES)

    def read(self, index):
        """(slot, pixels) copied whole, or None when the slot is empty or was written meanwhile."""
        before = self.slot(index)
        if before.sequence == 0 or before.sequence % 2 == 1:
            return None
        pixels = self.frames[index][: self.frame_bytes]
        if self.slot(index).sequence != before.sequence:
            return None
        return before, pixels

    def read_newest(self):
        index = self.newest_slot()
        return None if index is None else self.read(index)


def digest(pixels):
    return hashlib.md5(pixels).hexdigest()
