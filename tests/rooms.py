#!/usr/bin/python3
"""No room knows the one above it, and there is no circle: by the includes, and by the symbols of the objects.

    rooms.py [BUILD]

A room is a folder of src (src/daemon: each folder in it, and what lies in it directly). ROOMS has them from below: each
with the rooms that it may know besides itself, all of which stand before it. A file's #include lines tell what it wants,
by a path from src; with BUILD, a build directory, `nm` tells for every object which functions it takes from which other
room. The first arrow that goes where it may not is printed with the files at both ends, and so is a circle. A function
that two files have is named, too: callers of one could not be told from those of the other; and so is a room that the
map in doc/inside.md lacks. Exit status 0: there is nothing to say.
"""
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

BASE = ["base"]
SHARED = BASE + ["config", "protocol", "grid", "libcamd"]
DAEMON = ["handoff", "host", "log", "control", "events", "supervise", "segments", "disk", "grids", "history", "camera", "verbs"]


def below(room):
    """The daemon's rooms under this one, as src/daemon/meson.build has them."""
    return [f"daemon/{name}" for name in DAEMON[:DAEMON.index(room)]]


ROOMS = {
    "base": [],
    "config": BASE,
    "protocol": BASE,
    "grid": BASE,
    "metrics": BASE + ["protocol"],
    "libcamd": [],
    "sandbox": [],
    "runtime": BASE + ["libcamd", "sandbox"],
    "picture": BASE,
    "daemon/handoff": BASE,
    "daemon/host": BASE + ["daemon/handoff"],
    "daemon/log": BASE + ["daemon/handoff"],
    "daemon/control": BASE + ["protocol", "daemon/handoff"],
    "daemon/events": BASE + ["protocol", "daemon/handoff"],
    "daemon/supervise": BASE + ["libcamd", "daemon/handoff", "daemon/log"],
    "daemon/segments": BASE + ["grid", "libcamd", "daemon/handoff", "daemon/host"],
    "daemon/disk": BASE + ["daemon/handoff", "daemon/log", "daemon/supervise"],
    "daemon/grids": BASE + ["grid", "daemon/handoff", "daemon/host", "daemon/log", "daemon/supervise", "daemon/disk"],
    "daemon/history": BASE + ["protocol", "daemon/handoff", "daemon/log", "daemon/events", "daemon/supervise", "daemon/disk"],
    "daemon/camera": SHARED + below("camera"),
    "daemon/verbs": SHARED + below("verbs"),
    "daemon": SHARED + ["daemon/" + name for name in DAEMON],
    "capture": BASE + ["libcamd", "runtime", "sandbox"],
    "tracker": BASE + ["grid", "libcamd", "runtime", "sandbox", "picture"],
    "detector": BASE + ["libcamd", "runtime", "sandbox", "tracker"],
    "import": BASE + ["config"],
    "replay": SHARED + ["runtime", "sandbox", "picture", "capture", "tracker", "detector"],
    "camctl": SHARED + ["picture", "metrics"],
    "top": BASE + ["libcamd", "protocol"],
    "companion": BASE + ["config", "libcamd", "sandbox"],
    "mqtt": BASE + ["config", "libcamd", "sandbox", "companion"],
    "web": BASE + ["config", "libcamd", "sandbox", "picture", "metrics", "companion"],
}


# Functions of the C library that a program has in their place (capture/connector.c): who calls them means the library's.
IN_THE_LIBRARYS_PLACE = {"connect", "getaddrinfo"}


def room_of(path):
    """The room of a path below src, or None."""
    parts = Path(path).parts
    name = "/".join(parts[:2] if parts[0] == "daemon" and len(parts) > 2 else parts[:1])
    return name if len(parts) > 1 and name in ROOMS else None


def arrows_of_includes(source):
    """{(room, other): "FILE includes HEADER"}"""
    arrows = {}
    for path in sorted(source.rglob("*.[ch]*")):
        own = room_of(path.relative_to(source))
        if own is None:
            sys.exit(f"rooms: {path.relative_to(TOP)} is in no room: add its folder to tests/rooms.py")
        for header in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(encoding="utf-8"), re.M):
            other = room_of(header)
            if other is None and not (TOP / "include" / header).exists():
                sys.exit(f"rooms: {path.relative_to(TOP)} includes {header}, which is no path from src or include")
            if other and other != own:
                arrows.setdefault((own, other), f"{path.relative_to(source)} includes {header}")
    return arrows


def source_of(build, path):
    """The source of an object, relative to src, or None: Meson names it by the path from its target's folder."""
    folder = path.relative_to(build / "src").parent.parent
    name = path.name.removesuffix(".o")
    up = name.startswith(".._")
    while name.startswith(".._"):
        folder, name = folder.parent, name[3:]
    steps = [name.replace("_", "/", n) for n in range(name.count("_") + 1)]
    if up:  # only whole folders' names are in between
        steps.reverse()
    return next((folder / step for step in steps if (TOP / "src" / folder / step).exists()), None)


def objects_of(build):
    """{source: object} of the programs and libraries themselves; tests link objects of their own."""
    found = {}
    for path in sorted((build / "src").rglob("*.o")):
        source = source_of(build, path)
        if source and room_of(source):
            found.setdefault(source, path)
    return found


def symbols_of(path):
    out = subprocess.run(["nm", "-P", path], text=True, capture_output=True, check=True).stdout
    return [line.split()[:2] for line in out.splitlines()]


def arrows_of_symbols(build):
    """{(room, other): "FILE uses SYMBOL of FILE"}, and [what stands in two files]"""
    owners, wanted, twice = {}, [], []
    for source, path in objects_of(build).items():
        for name, kind in symbols_of(path):
            if kind == "U":
                wanted.append((source, name))
            elif kind in "TBDR" and name != "main" and name not in IN_THE_LIBRARYS_PLACE:
                if name in owners:
                    twice.append(f"{name} is in {owners[name]} and in {source}: a name means one thing in the whole tree")
                owners.setdefault(name, source)
    arrows = {}
    for source, name in wanted:
        owner = owners.get(name, source)
        if room_of(owner) != room_of(source):
            arrows.setdefault((room_of(source), room_of(owner)), f"{source} uses {name} of {owner}")
    return arrows, twice


def circle(edges):
    """A list of rooms that comes back to its first one, or None."""
    graph, state = defaultdict(set), {}
    for room, other in edges:
        graph[room].add(other)

    def walk(room, path):
        state[room] = "open"
        for other in sorted(graph[room]):
            if state.get(other) == "open":
                return path[path.index(other):] + [other]
            if other not in state:
                found = walk(other, path + [other])
                if found:
                    return found
        state[room] = "closed"
        return None

    for room in sorted(graph):
        if room not in state:
            found = walk(room, [room])
            if found:
                return found
    return None


def judge_order():
    """ROOMS itself goes down only, and the map for readers has each of them."""
    wrong, known = [], set()
    for room, allowed in ROOMS.items():
        wrong += [f"{room} must not know {other}, which comes after it" for other in allowed if other not in known]
        known.add(room)
    drawing = (TOP / "doc/inside.md").read_text(encoding="utf-8")
    for room in ROOMS:
        name = f" {room.removeprefix('daemon/')}/ " if room.startswith("daemon/") else f" src/{room}/ "
        if name not in drawing:
            wrong.append(f"doc/inside.md does not have {name.strip()}")
    for text in wrong:
        print(f"rooms: {text}")
    return not wrong


def judge(kind, arrows):
    wrong = [(edge, why) for edge, why in sorted(arrows.items()) if edge[1] not in ROOMS[edge[0]]]
    for (room, other), why in wrong:
        print(f"rooms: {kind}: {room} must not know {other}: {why}")
    round_trip = circle(arrows)
    if round_trip:
        print(f"rooms: {kind}: a circle: {' -> '.join(round_trip)}")
        for pair in zip(round_trip, round_trip[1:]):
            print(f"rooms:     {arrows[pair]}")
    return not wrong and not round_trip


def main():
    good = judge_order()
    good = judge("includes", arrows_of_includes(TOP / "src")) and good
    if len(sys.argv) > 1:
        symbols, twice = arrows_of_symbols(Path(sys.argv[1]))
        if not symbols:
            sys.exit(f"rooms: there are no objects in {sys.argv[1]}")
        for text in twice:
            print(f"rooms: symbols: {text}")
        good = judge("symbols", symbols) and not twice and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
