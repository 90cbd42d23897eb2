"""respawn: the death of a worker to its replacement's main, among 10, 100 and 1000 cameras (two workers each)."""
import supervised
from report import Row

PARENTS = (supervised.Camd, supervised.Bare, *supervised.PEERS)
PEER_KILLS = 5  # most of them take a second for each
AS_THEY_COME = (supervised.CamdAsItComes, supervised.S6, supervised.Runit, supervised.SupervisordAsItComes)


def measure(options):
    rows = []
    for cameras in options.cameras:
        rows.append(of_one_that_ran(options, cameras))
    rows.append(of_one_that_just_began(options))
    return rows


def of_one_that_ran(options, cameras):
    """Kills of workers that ran for more than a second: s6 and runit wait for those that did not."""
    row = Row("respawn", f"{cameras} cameras: kill -9 to the replacement's main", "ms", {}, "bare loop", 1.5)
    for kind in supervised.turns(options, cameras, PARENTS):
        if skipped(kind, row):
            continue
        kills = min(options.kills, PEER_KILLS) if kind in supervised.PEERS else options.kills
        with options.place() as place:
            parent = kind(place)
            parent.start(cameras)
            options.sleep(1.2)
            row.subjects.setdefault(kind.name, []).extend(parent.kill_one(2 * cameras)[0] for _ in range(kills))
            parent.stop()
    return row


def of_one_that_just_began(options):
    """The replacement is killed, too: what each does against one that dies in a row, with its throttle as it comes."""
    row = Row("respawn", "10 cameras: the replacement is killed at once, throttles as they come", "ms", {},
              notes=["camd as it comes waits restart_delay = 0.5 s, with 10 % of jitter; s6 and runit a second, which cannot be set"])
    for _ in range(options.rounds):
        for kind in (*AS_THEY_COME, supervised.Camd):
            if skipped(kind, row):
                continue
            with options.place() as place:
                parent = kind(place)
                parent.start(10)
                options.sleep(1.2)
                _, replacement = parent.kill_one(20)
                name = "camd, restart_delay = 0" if kind is supervised.Camd else kind.name
                row.subjects.setdefault(name, []).append(parent.kill_one(20, replacement)[0])
                parent.stop()
    return row


def skipped(kind, row):
    if kind.missing():
        note = f"{kind.name} is not installed"
        if note not in row.notes:
            row.notes.append(note)
        return True
    return False
