"""Asking camd, and being told what happens: camd-ipc(7) has the verbs and the events."""
import ctypes
import json
import math
import os
import select
import time

from ._library import Place, Reply, camd, text


class Error(Exception):
    """What camd answered instead of a result, or why it could not be asked.

    code: as in camd-ipc(7), or "lost" when there is no connection or no answer; text, hint: for people; problem: an errno, or 0.
    """

    def __init__(self, code, text, hint="", problem=0):
        super().__init__(text + (f" ({hint})" if hint else ""))
        self.code, self.text, self.hint, self.problem = code, text, hint, problem


class Answer(list):
    """The parts of an answer; result is its last line, an object."""

    result = None


def _lost(problem):
    return Error("lost", camd.camd_connection_strerror(problem).decode(), problem=-problem)


def _refused(reply):
    return Error(reply.code.decode(), reply.reason.decode(), reply.hint.decode())


class _Connection:
    _made = None  # for close() of one whose __init__ did not get so far

    def __init__(self, path=None):
        """path: camd's socket; None: CAMD_SOCKET of the environment, or /run/camd/camd.sock."""
        self._made = ctypes.c_void_p()
        self._check(camd.camd_connection_new(ctypes.byref(self._made), None if path is None else text(os.fsencode(path))))

    def close(self):
        """May be called again; all else raises ValueError after it."""
        camd.camd_connection_free(self._made)
        self._made = None

    @property
    def _open(self):
        if self._made is None:
            raise ValueError("the connection is closed")
        return self._made

    __del__ = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _check(result):
        if result < 0:
            raise _lost(result)
        return result

    def _receive(self, timeout):
        """The next reply, valid until the next call, or None. timeout in seconds; None: for ever.

        The library does not wait itself, since Python hears signals only when it has returned.
        """
        reply, waits = ctypes.POINTER(Reply)(), select.poll()
        waits.register(self._descriptor(), select.POLLIN)
        until = math.inf if timeout is None else time.monotonic() + timeout
        while not self._check(camd.camd_connection_receive(self._open, 0, ctypes.byref(reply))):
            left = until - time.monotonic()
            if left <= 0:
                return None
            waits.poll(math.ceil(min(left * 1000, 2**31 - 1)))
        return reply.contents

    def _descriptor(self):
        return self._check(camd.camd_connection_descriptor(self._open))

    @property
    def version(self):
        """camd's; "" before it was asked."""
        return camd.camd_connection_version(self._open).decode()


class Connection(_Connection):
    """Asks camd. One thread at a time."""

    def ask(self, verb, timeout=10, **parameters):
        """Asks a verb of camd-ipc(7) and waits for the answer, timeout seconds at most (None: for ever): an Answer. Raises Error."""
        number = self._check(camd.camd_connection_ask(self._open, text(verb), json.dumps(parameters).encode()))
        until, answer = math.inf if timeout is None else time.monotonic() + timeout, Answer()
        while answer.result is None:
            reply = self._receive(until - time.monotonic())
            if reply is None:
                raise Error("lost", f"camd did not answer within {timeout} s")
            if reply.request not in (number, 0):  # to a question before, whose time was over
                continue
            if reply.kind == Reply.ERROR:
                raise _refused(reply)
            value = json.loads(ctypes.string_at(reply.text, reply.length))
            if reply.kind == Reply.OK:
                answer.result = value
            else:
                answer.append(value)
        return answer

    def status(self, name=None):
        """What `camctl --json status` shows: {"daemon": {...}, "detectors": [...], "cameras": [...]}."""
        status = {"cameras": []}
        for part in self.ask("status", **({} if name is None else {"name": name})):
            if "camera" in part:
                status["cameras"].append(part["camera"])
            else:
                status.update(part)
        return status


class Events(_Connection):
    """What happens, from now on or from a place on, over restarts of camd: an endless iterator over dicts.

    Each has "event", camd-ipc(7)'s word, or "snapshot" (at first, and after each reconnection), "missed" (with "from" and
    "to": those camd no longer has) or "lost" (there is no connection; it is tried again): "reason", "hint".
    camera: only its events; filters: other parameters of the verb subscribe, such as names=["gate-*"]; since: a place, to go
    on behind it. Raises Error when camd refuses, as for an unknown camera.
    """

    def __init__(self, camera=None, since=None, path=None, **filters):
        super().__init__(path)
        if camera is not None:
            filters["name"] = camera
        epoch, seq = since or (0, 0)
        place = ctypes.byref(Place(epoch, seq))
        self._check(camd.camd_connection_subscribe(self._open, json.dumps(filters).encode(), place))

    @property
    def place(self):
        """(epoch, seq) of the last event that was received: what to keep, to go on behind it later. (0, 0): none."""
        place = camd.camd_connection_place(self._open)
        return place.epoch, place.seq

    def fileno(self):
        """For selectors and asyncio: readable when receive(0) has something to do; call it until it returns None."""
        return self._descriptor()

    def receive(self, timeout=None):
        """The next event, or None when there is none within timeout seconds (None: for ever)."""
        reply = self._receive(timeout)
        if reply is None:
            return None
        if reply.kind == Reply.ERROR:
            raise _refused(reply)
        if reply.kind == Reply.LOST:
            return {"event": "lost", "reason": reply.reason.decode(), "hint": reply.hint.decode()}
        event = json.loads(ctypes.string_at(reply.text, reply.length))
        if reply.kind != Reply.EVENT:
            event["event"] = "snapshot" if reply.kind == Reply.SNAPSHOT else "missed"
        return event

    def __iter__(self):
        return self

    def __next__(self):
        return self.receive()


def status(path=None):
    """Connection.status of a connection that is made for it."""
    with Connection(path) as connection:
        return connection.status()
