"""--json against what the manual pages promise: members and their types, in both directions.

camctl(1) has the shape of each answer: every answer fits one, and every member of every shape comes in an answer. What camd-ipc(7)
explains is as much as there is.
"""
import json
import re
import subprocess
import threading

from harness import HERE, REPOSITORY, SANDBOX, SLOWNESS, CamdTest, moving_pattern, program, wait_for
from json_shapes import Promised
from test_best_pictures import WALKER
from test_import import reads_yaml

MAN = REPOSITORY / "man"
WORD = re.compile(r"[a-z][a-z0-9_]*")


def part(page, start, *ends):
    """The source from the line that begins with start to the first later one that begins with one of ends."""
    text = (MAN / page).read_text(encoding="utf-8")
    begin = re.search(rf"^{re.escape(start)}.*\n", text, re.M).end()
    end = re.compile("|".join(rf"^{re.escape(end)}" for end in ends), re.M).search(text, begin)
    return text[begin:end.start() if end else None].replace(r"\(dq", '"')


def words_of_macro(source, macro):
    """The arguments of a macro that are words, up to another macro on its line."""
    found = set()
    for line in source.splitlines():
        for arguments in re.findall(rf"(?:^\.(?:It )?|\s){macro} (.*)", line):
            for word in arguments.split():
                if word[0].isupper() and len(word) == 2 and word not in ("Fa",):
                    break
                if WORD.fullmatch(word):
                    found.add(word)
    return found


def promised_by_daemon(title):
    """What camd-ipc(7) names as members under that title."""
    source = part("camd-ipc.7", title, ".Ss", ".Sh")
    quoted = {word for line in source.splitlines() if re.match(r"^\.(It )?Li \{", line) for word in re.findall(r'"([a-z_]+)"', line)}
    return words_of_macro(source, "Fa") | quoted


def promised_by_camctl():
    text = (MAN / "camctl.1").read_text(encoding="utf-8")
    return Promised(text[text.index(".Sh JSON\n"):text.index(".Sh ENVIRONMENT\n")])


def promised_of_event(word):
    """What camd-ipc(7) names as members of events with that word, at any depth."""
    source = part("camd-ipc.7", ".Sh EVENTS", ".Ss Kinds")
    items = re.split(r"^\.It (?!Li)", source, flags=re.M)[1:]
    item = next(item for item in items if word in item.split("\n")[0].split(" , "))
    return words_of_macro(item, "Fa")


def members(value, found=None):
    """The names of all members at any depth."""
    found = set() if found is None else found
    if isinstance(value, dict):
        for name, member in value.items():
            found.add(name)
            members(member, found)
    elif isinstance(value, list):
        for member in value:
            members(member, found)
    return found


class Promises(CamdTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.camd(cameras={"front": {"input": moving_pattern(), "detector": "opencv-hog"},
                                         "dark": {"input": "/none.avi"}})
        self.daemon.wait_frames("front", 3)

    def check(self, promised, there, what):
        self.assertEqual((sorted(promised - there), sorted(there - promised)), ([], []),
                         f"{what}: members that are only promised, and that are only there")

    def ask(self, *words, expect=0):
        return self.daemon.camctl_json(*words, expect=expect)

    def test_status(self):
        self.daemon.camctl("stop", "dark")
        status = self.ask("status")
        self.assertEqual(sorted(status), ["cameras", "daemon", "detectors"])
        self.check(promised_by_daemon(".Ss The daemon"), members(status["daemon"]), "camd-ipc(7), The daemon")
        confined = set() if SANDBOX == "yes" else {"calls", "files", "hosts", "missing", "ports", "user"}  # not under sanitizers
        self.check(promised_by_daemon(".Ss A camera") - confined, members(status["cameras"]), "camd-ipc(7), A camera")
        process = members([camera["capture"] for camera in status["cameras"]])
        there = members(status["detectors"])
        self.assertLessEqual(there - process, promised_by_daemon(".Ss A detector"))
        self.assertLessEqual(promised_by_daemon(".Ss A detector"), there)
        filtered = subprocess.run(["jq", "-r", ".cameras[] | select(.state != \"up\") | [.name, .since, .day.outages] | @tsv"],
                                  input=json.dumps(status), capture_output=True, text=True, check=True, timeout=60 * SLOWNESS)
        self.assertRegex(filtered.stdout, r"^dark\t\d{4}-\S+Z\t1\n$")

    def test_shm(self):
        self.check(promised_by_daemon(".Ss shm"), members(self.ask("shm")), "shm")


class Shapes(CamdTest):
    """camctl's answers, all of them."""

    # what takes a reader that is too slow, or a disk that is full, to see; and what is not told where there is no sandbox
    RARE = {"events 1.gone[].camera", "events 1.gone[].before", "events 4.event", "events 4.epoch", "events 4.from", "events 4.to",
            "logs 3.missed", "LINE.dropped", "grid 4.errors"}
    UNCONFINED = {f"{of}.sandbox.{name}" for of in ("PROCESS", "DETECTOR") for name in ("user", "files", "ports", "hosts", "calls", "missing")}

    def setUp(self):
        super().setUp()
        self.promised = promised_by_camctl()
        self.rare = self.RARE | (self.UNCONFINED if SANDBOX == "no" else set())
        self.daemon = self.camd(cameras={"front": {"input": WALKER, "fps": 10, "detector": "motion", "max_disappeared": 3,
                                                   "min_initialized": 2, "zone.a": "0,0 1,0 1,1 0,1", "zone.a.distances": "1,2,3,4",
                                                   "zone.a.objects": "motion", "zone.a.filter.motion.min_score": "0.1",
                                                   "mask.b": "object:car 0,0 0.1,0 0.1,0.1"},
                                         "dark": {"input": "/none.avi", "detector": "opencv-hog"},
                                         "rest": {"input": moving_pattern(), "autostart": "no"}})

    def ask(self, *words, expect=0, verb=None):
        """The answer, which fits what is promised of the verb, or of an error."""
        document = self.daemon.camctl_json(*words, expect=expect)
        verb = verb or ("Any error" if "error" in document else words[0])
        self.assertIsNone(self.promised.problem(verb, document), document)
        return document

    def follow(self, verb, *words, until):
        """The first lines, up to one of which until() is true."""
        following = self.start_helper(*self.daemon.camctl_command("--json", verb, "-f", *words), stdout=subprocess.PIPE, text=True)
        patience = threading.Timer(60 * SLOWNESS, following.kill)
        patience.start()
        for line in following.stdout:
            document = json.loads(line)
            self.assertIsNone(self.promised.problem(verb, document), document)
            if until(document):
                break
        else:
            self.fail(f"{verb} --follow ended before that came")
        patience.cancel()
        following.kill()
        following.wait()
        following.stdout.close()

    def changes(self):
        file = self.directory / "more.ini"
        file.write_text(f"[camd]\n[camera new]\ninput = {moving_pattern()}\nautostart = no\n[camera front]\nfps = 3\n")
        self.ask("import", file, expect=1)
        if reads_yaml():
            self.ask("import", HERE / "frigate.yml", "-n", expect=1)
        self.ask("add", "yard", f"input={moving_pattern()}", "--timeout", "60 s")
        self.ask("add", "gate", "input=/none", "--runtime", expect=7)
        self.ask("set", "yard", "fps=3")
        self.ask("set", "yard", "rest", "fps=4", expect=1)
        self.ask("rename", "yard", "shed")
        self.ask("wait", "shed", "up")
        for verb in ("stop", "start", "restart", "disable", "enable"):
            self.ask(verb, "shed")
        self.ask("stop", "front", "rest")
        self.ask("start", "front", "rest")
        self.ask("kick", "dark")
        self.ask("kick", "dark", "nobody", expect=5)
        self.ask("disable", "rest")
        self.ask("kick", "dark", "rest", expect=1)
        self.ask("wait", "shed", "rest", "up", "--timeout", "2 s", expect=1)
        self.ask("ptz", "shed", "moving")
        self.ask("ptz", "shed", "new", "stopped")
        self.ask("remove", "gate")
        self.ask("remove", "new", "shed")
        self.ask("remove", "front", "rest", expect=1)
        self.daemon.write_camera("late", input=moving_pattern())
        self.ask("reload")

    def looks(self):
        self.daemon.wait_frames("front", 1)
        self.ask("status")
        self.ask("status", "front")
        self.ask("status", "--problems", expect=1)
        self.ask("status", "--check", expect=2)
        self.ask("show", "front")
        self.ask("show", "--all")
        self.ask("logs")
        self.ask("zone", "front")
        self.ask("zone", "front", "0,0", "0.5,0", "0.5,0.5")
        for verb in ("shm", "export", "version", "metrics"):
            self.ask(verb)
        self.ask("metrics", "-o", self.directory / "camd.prom")
        self.ask("help")
        for topic in ("add", "fps", "zone", "keys"):
            self.ask("help", topic)
        bad = self.directory / "bad.ini"
        bad.write_text("[camd]\ncameras_dir = none\n[camera front]\nfps = fast\n")
        self.ask("check", bad, expect=1)
        self.ask("probe", moving_pattern(), "-o", self.directory / "first.jpg")
        self.ask("probe", "/none.avi", expect=1, verb="probe")
        self.ask("stream", "front", expect=2)
        try:
            program("camd-top")
        except FileNotFoundError:
            self.rare |= {path for path in self.promised.unseen() if path.startswith("top ")}
        else:
            self.ask("top")

    def pictures(self):
        picture = self.directory / "picture.jpg"
        each = self.directory / "each"
        each.mkdir()

        def kept():
            return [event for event in self.daemon.events(name="front", type="object") if (event["picture"] or {}).get("state") == "kept"]

        number = wait_for(kept, "a picture of an object")[-1]["id"]
        self.ask("snapshot", "front", "--object", str(number), "-o", picture)
        self.ask("snapshot", "front", "--boxes", "--grid", "-o", picture)
        self.ask("snapshot", "front", "-o", self.directory / "none" / "picture.jpg", expect=1)
        self.ask("snapshot", "--all", "-o", picture)
        self.ask("snapshot", "front", "dark", "-o", f"{each}/", expect=1)
        self.ask("grid", "front")
        self.ask("grid", "front", "late")
        self.ask("grid", "front", "-o", picture)
        self.ask("grid", "front", "dark", "-o", f"{each}/", expect=1)
        self.ask("grid", "front", "--export", self.directory / "front.grid")
        (each / "late.grid").mkdir()
        self.ask("grid", "front", "late", "--export", f"{each}/", expect=1)
        (each / "late.grid").rmdir()
        self.ask("grid", "front", "late", "--export", f"{each}/")
        self.ask("grid", "late", "--import", self.directory / "front.grid")
        self.ask("grid", "late", "--clear")

    def events(self):
        """Of each that has happened, all members that camd-ipc(7) lists, and no others."""
        self.follow("events", until=lambda line: line["event"] == "object")
        self.follow("logs", until=lambda line: True)
        there = {}
        for event in self.ask("events", "--since", "1h")["events"]:
            there.setdefault(event["event"], set()).update(members(event))
        common = {"epoch", "seq", "time", "event", "camera"}
        by_itself = {"reloaded", "reload_failed", "health"}  # another answer's members, and one of several measures
        self.assertLessEqual({"object", "stream", "asked", "camera_state", "camera_renamed"}, set(there))
        for word in set(there) - by_itself:
            promised = promised_of_event(word) - {"dry_run"}
            self.assertEqual((sorted(promised - there[word]), sorted(there[word] - promised - common)), ([], []), word)

    def ends(self):
        for name in ("camd-capture", "camd-detector"):
            if (self.daemon.libexec / name).exists():
                self.daemon.install_again(name)
            else:
                self.rare.add("upgrade 2.restarted[].detector")

        def are_older():
            status = self.daemon.status()
            detectors = status["detectors"] if "upgrade 2.restarted[].detector" not in self.rare else []
            return all(process["older_program"] for process in [self.daemon.camera("front")["capture"], *detectors])

        wait_for(are_older, "the workers are older")
        self.ask("upgrade", "--workers")
        self.ask("upgrade")
        self.ask("shutdown")
        self.ask("status", expect=3)

    def test_every_answer_is_as_promised_and_all_that_is_promised_comes(self):
        self.changes()
        self.looks()
        self.pictures()
        self.events()
        self.ends()
        self.assertLessEqual({verb["verb"] for verb in self.daemon.camctl_json("help")["verbs"]}, set(self.promised.of))
        self.assertEqual(sorted(set(self.promised.unseen()) - self.rare), [])
