"""control: a run of camctl, a request on an open connection, and subscribers, beside programs that do nothing else."""
import json
import subprocess
from pathlib import Path

import supervised
from part_respawn import skipped
from part_scale import median_ms
from report import Row

CAMERAS = 10
EVENTS_A_SECOND = 200
COUNT = 5000
SUBSCRIBED_S = 5


def measure(options):
    runs = Row("control", "a whole run: camctl status NAME", "ms", {}, "ask-once", 3)
    version = Row("control", "a whole run: camctl version", "ms", {}, "ask-once", 3)
    asked = {(clients, what): Row("control", f"{what} on an open connection, {clients} at once, an answer", "us", {}, "bare echo", reach)
             for clients in (1, 50) for what, reach in (("version", 2), ("status of one camera", 5))}
    told = {count: Row("control", f"CPU of camd an event and subscriber, {count} subscribers, {EVENTS_A_SECOND} events a second", "us", {}, "copy")
            for count in (1, 10, 100)}
    for _ in range(options.rounds):
        with options.place() as place:
            parent = supervised.CamdThatIsTold(place)
            parent.start(CAMERAS)
            whole_runs(parent, runs, version)
            open_connections(parent, asked)
            subscribers(options, parent, told)
            parent.stop()
        for kind in supervised.PEERS:
            peer(options, kind, runs)
    return [runs, version, *asked.values(), *told.values()]


def bench(parent, *words):
    return json.loads(subprocess.run([parent.place.program("bench-control"), *map(str, words)], capture_output=True, check=True).stdout)


def add(row, who, value):
    row.subjects.setdefault(who, []).append(value)


def whole_runs(parent, runs, version):
    for row, words, request in ((runs, ["status", "c0"], {"verb": "status", "name": "c0"}), (version, ["version"], {"verb": "version"})):
        request["id"] = 1
        add(row, "camd", median_ms(parent.camctl(*words), 50))
        add(row, "ask-once", median_ms([parent.place.program("ask-once"), parent.socket(), json.dumps(request)], 50))


def open_connections(parent, asked):
    requests = {"version": {"id": 1, "verb": "version"}, "status of one camera": {"id": 1, "verb": "status", "name": "c0"}}
    for (clients, what), row in asked.items():
        request = json.dumps(requests[what])
        add(row, "camd", bench(parent, "ask", parent.socket(), request, clients, COUNT)["each_us"])
        add(row, "bare echo", bench(parent, "echo", request, clients, COUNT)["each_us"])


def subscribers(options, parent, told):
    """Without subscribers first: what the events themselves cost is taken off."""
    board, pid = parent.place.board, parent.process.pid
    board.say_events(EVENTS_A_SECOND // CAMERAS)  # each camera's tracker; camd takes at most 100 messages a second of one
    options.sleep(1)
    before = cpu_ns(pid)
    options.sleep(SUBSCRIBED_S)
    alone_ns = cpu_ns(pid) - before
    told[1].notes = [f"without a subscriber an event takes camd {alone_ns / 1e3 / (EVENTS_A_SECOND * SUBSCRIBED_S):.0f} us, which is taken off and is not always the same"]
    for count, row in told.items():
        before = cpu_ns(pid)
        got = bench(parent, "subscribe", parent.socket(), count, SUBSCRIBED_S)
        used_ns = cpu_ns(pid) - before
        add(row, "camd", (used_ns - alone_ns) / 1e3 / max(got["lines"], 1))
        add(row, "copy", bench(parent, "copy", got["bytes"] // max(got["lines"], 1), count, 400)["each_us"])
    board.say_events(0)


def cpu_ns(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


def peer(options, kind, row):
    """Its own command for the state of one service."""
    if skipped(kind, row):
        return
    with options.place() as place:
        parent = kind(place)
        parent.start(CAMERAS)
        options.sleep(1)
        directory = place.directory
        commands = {"s6": ["s6-svstat", directory / "s6/c0"], "runit": ["sv", "status", directory / "runit0/c0"],
                    "supervisord": ["supervisorctl", "-c", directory / "supervisord.conf", "status", "c:c0"]}
        add(row, f"{kind.name}: {commands[kind.name][0]}", median_ms(commands[kind.name], 9))
        parent.stop()
