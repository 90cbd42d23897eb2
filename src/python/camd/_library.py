"""libcamd as ctypes sees it: the library, its structs as in camd/shm.h, camd/segment.h and camd/client.h, its functions."""
import ctypes
from ctypes import POINTER, c_bool, c_char, c_char_p, c_float, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

LIBRARY = "libcamd.so.0"
NAME_BYTES, SLOTS_MAX, OBJECTS_MAX, MOTION_MAX, REGIONS_MAX = 48, 64, 64, 64, 16
LABELS_MAX, LABEL_BYTES, INFO_BYTES_BEFORE_LABELS = 96, 32, 1176


class Place(ctypes.Structure):
    _fields_ = [("epoch", c_uint64), ("seq", c_uint64)]


class Reply(ctypes.Structure):
    """Made by the library only, which may append members."""

    _fields_ = [("kind", c_int), ("request", c_int), ("text", c_void_p), ("length", c_size_t), ("place", Place),
                ("event", c_char_p), ("camera", c_char_p), ("missed_from", c_uint64), ("missed_to", c_uint64),
                ("code", c_char_p), ("reason", c_char_p), ("hint", c_char_p), ("problem", c_int)]
    PART, OK, ERROR, SNAPSHOT, EVENT, MISSED, LOST = range(1, 8)


class Box(ctypes.Structure):
    _fields_ = [("x1", c_int32), ("y1", c_int32), ("x2", c_int32), ("y2", c_int32)]


class Info(ctypes.Structure):
    """The segment info up to its labels: what stands before them is checked by the library."""

    _fields_ = [("before_labels", c_char * INFO_BYTES_BEFORE_LABELS), ("label_count", c_uint32), ("reserved", c_uint32),
                ("labels", c_char * LABEL_BYTES * LABELS_MAX)]


class Segments(ctypes.Structure):
    _fields_ = [("role", c_int), ("info", POINTER(Info)), ("capture", c_void_p), ("tracker", c_void_p),
                ("detector", c_void_p), ("result", c_void_p), ("in_", c_void_p), ("out", c_void_p),
                ("in_bytes", c_size_t), ("out_bytes", c_size_t), ("frames", c_void_p * SLOTS_MAX),
                ("width", c_uint32), ("height", c_uint32), ("slots", c_uint32), ("frame_bytes", c_uint32),
                ("generation", c_uint64), ("best", c_void_p), ("best_count", c_uint32), ("best_bytes", c_uint32)]


class Frame(ctypes.Structure):
    _fields_ = [("pixels", c_void_p), ("slot", c_uint32), ("sequence", c_uint32), ("flags", c_uint32), ("epoch", c_uint32),
                ("frame_id", c_uint64), ("stream_time_ns", c_int64), ("arrival_ns", c_int64), ("wall_ns", c_int64)]


class Object(ctypes.Structure):
    _fields_ = [("id", c_uint64), ("label", c_uint32), ("score", c_float), ("box", Box), ("flags", c_uint32),
                ("reserved", c_uint32 * 3)]


class Result(ctypes.Structure):
    _fields_ = [("sequence", c_uint32), ("flags", c_uint32), ("frame_id", c_uint64), ("arrival_ns", c_int64),
                ("wall_ns", c_int64), ("done_ns", c_int64), ("epoch", c_uint32), ("slot", c_uint32),
                ("object_count", c_uint32), ("motion_count", c_uint32), ("region_count", c_uint32), ("reserved", c_uint32),
                ("objects", Object * OBJECTS_MAX), ("motion", Box * MOTION_MAX), ("regions", Box * REGIONS_MAX)]


class BestReader(ctypes.Structure):
    _fields_ = [("fd", c_int), ("count", c_uint32), ("bytes", c_uint32), ("width", c_uint32), ("height", c_uint32)]


class Best(ctypes.Structure):
    _fields_ = [("sequence", c_uint32), ("reserved0", c_uint32), ("object_id", c_uint64), ("frame_id", c_uint64),
                ("wall_ns", c_int64), ("ended_ns", c_int64), ("box", Box), ("view", Box), ("width", c_uint32),
                ("height", c_uint32), ("jpeg_bytes", c_uint32), ("label", c_uint32), ("score", c_float), ("worth", c_float),
                ("reserved", c_uint32 * 8)]


FUNCTIONS = {
    "camd_connection_new": (c_int, POINTER(c_void_p), c_char_p),
    "camd_connection_free": (None, c_void_p),
    "camd_connection_open": (c_int, c_void_p, c_int, POINTER(POINTER(Reply))),
    "camd_connection_ask": (c_int, c_void_p, c_char_p, c_char_p),
    "camd_connection_subscribe": (c_int, c_void_p, c_char_p, POINTER(Place)),
    "camd_connection_receive": (c_int, c_void_p, c_int, POINTER(POINTER(Reply))),
    "camd_connection_descriptor": (c_int, c_void_p),
    "camd_connection_place": (Place, c_void_p),
    "camd_connection_version": (c_char_p, c_void_p),
    "camd_connection_pid": (c_int, c_void_p),
    "camd_connection_strerror": (c_char_p, c_int),
    "camd_client_attach": (c_int, POINTER(Segments), c_char_p, c_char_p),
    "camd_segments_unmap": (None, POINTER(Segments)),
    "camd_segments_gone": (c_bool, POINTER(Segments)),
    "camd_frame_newest": (c_int, POINTER(Segments), POINTER(Frame)),
    "camd_frame_whole": (c_bool, POINTER(Segments), POINTER(Frame)),
    "camd_frame_copy": (c_int, POINTER(Segments), c_void_p, POINTER(Frame)),
    "camd_frame_copy_of": (c_int, POINTER(Segments), c_uint64, c_void_p, POINTER(Frame)),
    "camd_frame_published": (c_uint32, POINTER(Segments)),
    "camd_frame_wait": (c_int, POINTER(Segments), c_uint32, c_int64),
    "camd_result_newest": (c_int, POINTER(Segments), POINTER(Result)),
    "camd_result_of_frame": (c_int, POINTER(Segments), c_uint64, POINTER(Result)),
    "camd_best_open": (c_int, POINTER(BestReader), c_char_p, c_char_p),
    "camd_best_close": (None, POINTER(BestReader)),
    "camd_best_find": (c_int, POINTER(BestReader), c_uint64, POINTER(Best), c_void_p),
}


def load():
    library = ctypes.CDLL(LIBRARY)
    for name, (result, *arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def text(words):
    """As C takes it. A NUL would end it early, and make it something else."""
    made = words if isinstance(words, bytes) else words.encode()
    if b"\0" in made:
        raise ValueError(f"a byte 0 in {words!r}")
    return made


camd = load()
