"""A camera's pictures and what was found in them, read from shared memory: camd/segment.h and camd/shm.h say what is in it.

Whoever reads needs to be root, camd's user or in its group. Arrays are numpy's, read-only where they show shared memory.
"""
import ctypes
import errno
import os
import time

import numpy

from ._library import Best as _Best
from ._library import BestReader, Box, Segments, camd, text
from ._library import Frame as _Frame
from ._library import Result as _Result

GAP, DAMAGED, SIZE_CHANGED = 1, 2, 4  # flags of a frame
STATIONARY, FALSE_POSITIVE, PREDICTED = 1, 2, 4  # flags of an object
CALIBRATING, MOTION, PTZ = 1, 2, 4  # flags of a result

_BOX = numpy.dtype((numpy.int32, (4,)))
OBJECT = numpy.dtype([("id", "u8"), ("label", "u4"), ("score", "f4"), ("box", _BOX), ("flags", "u4"), ("reserved", "u4", (3,))])


class Torn(Exception):
    """The picture was overwritten while it was read. Take the next one, or frame(), which is a copy."""


def _failure(result, name):
    return OSError(-result, os.strerror(-result), name)


class _Mapping:
    """A camera's segments, mapped until nobody looks at a picture in them any more."""

    def __init__(self, name, prefix):
        self.segments = Segments()
        result = camd.camd_client_attach(ctypes.byref(self.segments), text(prefix), text(name))
        if result < 0:
            self.segments = None
            raise _failure(result, name)

    def labels(self):
        info = self.segments.info.contents
        return [info.labels[i].value.decode(errors="replace") for i in range(min(info.label_count, len(info.labels)))]

    def __del__(self):
        if self.segments is not None:
            camd.camd_segments_unmap(ctypes.byref(self.segments))


class _Shared:
    """Memory of a mapping as numpy takes it: the array keeps this, and this the mapping."""

    def __init__(self, mapping, address, size):
        self.mapping = mapping
        self.__array_interface__ = {"shape": (size,), "typestr": "|u1", "data": (address, True), "version": 3}


class Frame:
    """One picture. pixels: its I420 bytes (BT.601, limited range); y, u, v, i420: the same with shapes, without a copy.

    id, flags, epoch, stream_time_ns, arrival_ns (monotonic) and wall_ns as in struct camd_slot.
    """

    def __init__(self, mapping, head, pixels, is_shared):
        self._mapping, self._head, self._is_shared = mapping, head, is_shared
        self.pixels = pixels
        self.width, self.height = mapping.segments.width, mapping.segments.height
        self.id, self.flags, self.epoch = head.frame_id, head.flags, head.epoch
        self.stream_time_ns, self.arrival_ns, self.wall_ns = head.stream_time_ns, head.arrival_ns, head.wall_ns

    @property
    def whole(self):
        """Whether the picture is still the one that it was. Always, for a copy."""
        segments = ctypes.byref(self._mapping.segments)
        return not self._is_shared or camd.camd_frame_whole(segments, ctypes.byref(self._head))

    def check(self):
        """Raises Torn when it is not whole: to be called after it was read, before what was read is believed."""
        if not self.whole:
            raise Torn(f"frame {self.id} was overwritten while it was read")

    @property
    def i420(self):
        """height*3/2 rows, as cv2.cvtColor(..., cv2.COLOR_YUV2BGR_I420) takes it."""
        return self.pixels.reshape(self.height * 3 // 2, self.width)

    @property
    def y(self):
        return self.pixels[:self.width * self.height].reshape(self.height, self.width)

    @property
    def u(self):
        return self._chroma(0)

    @property
    def v(self):
        return self._chroma(1)

    def _chroma(self, plane):
        size = self.width * self.height // 4
        begin = self.width * self.height + plane * size
        return self.pixels[begin:begin + size].reshape(self.height // 2, self.width // 2)

    def rgb(self):
        """A new array, height x width x 3. Raises Torn."""
        y = 1.164 * (self.y.astype(numpy.float32) - 16)
        u, v = (numpy.repeat(numpy.repeat(plane.astype(numpy.float32) - 128, 2, 0), 2, 1) for plane in (self.u, self.v))
        self.check()
        rgb = numpy.stack((y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u), axis=-1)
        return numpy.clip(numpy.rint(rgb), 0, 255).astype(numpy.uint8)


class Result:
    """What the tracker found in one frame, a copy.

    objects: an array of OBJECT (id, label, score, box, flags); labels: their labels in words; motion, regions: arrays of boxes.
    A box is left, top, right, bottom in pixels. frame_id, flags, arrival_ns, wall_ns, done_ns as in struct camd_result.
    """

    def __init__(self, made, words):
        self._made = made
        self.frame_id, self.flags = made.frame_id, made.flags
        self.arrival_ns, self.wall_ns, self.done_ns = made.arrival_ns, made.wall_ns, made.done_ns
        self.objects = self._array("objects", OBJECT, made.object_count)
        self.motion = self._array("motion", _BOX, made.motion_count)
        self.regions = self._array("regions", _BOX, made.region_count)
        self.labels = [words[label] if label < len(words) else "object" for label in self.objects["label"]]

    def _array(self, member, kind, count):
        array = getattr(self._made, member)
        if kind is OBJECT:
            return numpy.frombuffer(array, dtype=OBJECT, count=count)
        return numpy.frombuffer(array, dtype=numpy.int32, count=4 * count).reshape(count, 4)


class Best:
    """An object's best picture: jpeg, bytes; box, of the object, and view, which part of the frame it shows; score, label."""

    def __init__(self, head, jpeg, words):
        self.jpeg = jpeg
        self.object_id, self.frame_id, self.wall_ns, self.score = head.object_id, head.frame_id, head.wall_ns, head.score
        self.box, self.view = (tuple(getattr(box, name) for name, _ in Box._fields_) for box in (head.box, head.view))
        self.label = words[head.label] if head.label < len(words) else "object"


class Camera:
    """A running camera of this machine. prefix: camd's shm_prefix. Raises OSError when there is none, or it may not be read.

    Any number of threads may use it at once.
    """

    def __init__(self, name, prefix="camd."):
        self.name, self.prefix = name, prefix
        self._mapping = _Mapping(name, prefix)

    def _current(self):
        """The mapping of its segments, of new ones when they were replaced: whoever has it keeps it, whatever other threads do."""
        mapping = self._mapping
        if camd.camd_segments_gone(ctypes.byref(mapping.segments)):
            self._mapping = mapping = _Mapping(self.name, self.prefix)
        return mapping

    @property
    def width(self):
        return self._mapping.segments.width

    @property
    def height(self):
        return self._mapping.segments.height

    @property
    def labels(self):
        """The words of its objects' labels."""
        return self._mapping.labels()

    def look(self):
        """The newest Frame without a copy, or None. It may be overwritten at any time: read, then check()."""
        mapping, head = self._current(), _Frame()
        if camd.camd_frame_newest(ctypes.byref(mapping.segments), ctypes.byref(head)) < 0:
            return None
        shared = _Shared(mapping, head.pixels, mapping.segments.frame_bytes)
        return Frame(mapping, head, numpy.asarray(shared), True)

    def frame(self, frame_id=None):
        """A copy of the newest Frame, or of that one, which is always whole; None: there is none (any more)."""
        return self._copy(self._current(), frame_id)

    @staticmethod
    def _copy(mapping, frame_id=None):
        segments, head = ctypes.byref(mapping.segments), _Frame()
        pixels = numpy.empty(mapping.segments.frame_bytes, numpy.uint8)
        address = pixels.ctypes.data_as(ctypes.c_void_p)
        if frame_id is None:
            result = camd.camd_frame_copy(segments, address, ctypes.byref(head))
        else:
            result = camd.camd_frame_copy_of(segments, frame_id, address, ctypes.byref(head))
        return Frame(mapping, head, pixels, False) if result == 0 else None

    def frames(self, timeout=None):
        """Copies of the newest frames as they come, over restarts of the camera; frames are left out for who is slower.

        None comes twice, nor after a later one. timeout: so many seconds without a frame raise TimeoutError; None: waits for ever.
        """
        last = None
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            frame = self._next_frame(last, until)
            if frame is not None:
                yield frame
                last = (frame._mapping.segments.generation, frame.id)
                until = None if timeout is None else time.monotonic() + timeout
            elif until is not None and time.monotonic() >= until:
                raise TimeoutError(errno.ETIMEDOUT, f"no frame for {timeout} s", self.name)

    def _next_frame(self, last, until):
        """One that is later than the last, waiting half a second at most, so that a camera that got new segments is seen."""
        try:
            mapping = self._current()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ESTALE):
                raise
            time.sleep(0.1)  # it has been stopped, or is between two
            return None
        seen = camd.camd_frame_published(ctypes.byref(mapping.segments))
        frame = self._copy(mapping)
        # ids begin again with a camera that was removed and added again
        if frame is not None and (last is None or last[0] != mapping.segments.generation or frame.id > last[1]):
            return frame
        left = 0.5 if until is None else min(max(until - time.monotonic(), 0), 0.5)
        camd.camd_frame_wait(ctypes.byref(mapping.segments), seen, int(left * 1e9))
        return None

    def result(self, frame_id=None):
        """The newest Result, or that of a frame; None: there is none (any more)."""
        mapping, made = self._current(), _Result()
        segments = ctypes.byref(mapping.segments)
        if frame_id is None:
            found = camd.camd_result_newest(segments, ctypes.byref(made))
        else:
            found = camd.camd_result_of_frame(segments, frame_id, ctypes.byref(made))
        return Result(made, mapping.labels()) if found == 0 else None

    def best(self, object_id):
        """The best picture of an object that is tracked or ended less than a minute ago, a Best; None: there is none (any more)."""
        reader, head = BestReader(), _Best()
        result = camd.camd_best_open(ctypes.byref(reader), text(self.prefix), text(self.name))
        if result == -errno.ENODATA:
            return None
        if result < 0:
            raise _failure(result, self.name)
        try:
            jpeg = ctypes.create_string_buffer(reader.bytes)
            result = camd.camd_best_find(ctypes.byref(reader), object_id, ctypes.byref(head), jpeg)
        finally:
            camd.camd_best_close(ctypes.byref(reader))
        return Best(head, jpeg.raw[:head.jpeg_bytes], self.labels) if result == 0 else None
