"""camd - cameras that camd runs on this machine: what happens, pictures and objects.

    import camd

    for camera in camd.status()["cameras"]:             # as `camctl --json status`
        print(camera["name"], camera["state"])

    for event in camd.Events():                         # camd-ipc(7), over restarts of camd
        print(event["event"], event.get("camera"))

    for frame in camd.Camera("front").frames():         # numpy arrays
        print(frame.id, frame.y.mean())

Connection asks anything that camctl(1) can ask. It is ctypes on libcamd; Camera needs numpy, the rest does not.
"""
from .connection import Answer, Connection, Error, Events, status

__all__ = ["Answer", "Best", "Camera", "Connection", "Error", "Events", "Frame", "Result", "Torn", "status"]


def __getattr__(name):  # those who only want events need no numpy
    if name in ("Best", "Camera", "Frame", "Result", "Torn"):
        from . import camera

        return getattr(camera, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
