"""--json against what the manual pages promise: no member is only in one of them.

A page's part on a verb, or on a camera, names all members at any depth; which of them are there depends on the case, so that
several cases are put together.
"""
import json
import re
import subprocess
import unittest

from harness import FULL, REPOSITORY, SANDBOX, SLOWNESS, CamdTest, moving_pattern, program

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


def promised_by_camctl(verb):
    """What camctl(1) names under JSON for that verb: in quotes, or as a word of Cm."""
    text = (MAN / "camctl.1").read_text(encoding="utf-8")
    section = text[text.index(".Sh JSON\n"):text.index(".Sh ENVIRONMENT\n")].replace(r"\(dq", '"')
    for item in section.split("\n.It ")[1:]:
        heading, _, source = item.partition("\n")
        if verb in heading.replace("Ic ", "").split(" , ") + heading.split():
            lines = [line for line in source.splitlines() if line.startswith(".Li")]
            return set(re.findall(r'"([a-z_]+)"', "\n".join(lines))) | words_of_macro(source, "Cm")
    raise AssertionError(f"camctl(1) says nothing on the JSON of {verb}")


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


def has_program(name):
    try:
        return program(name).exists()
    except FileNotFoundError:
        return False


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

    def check_camctl(self, verb, *documents, but=()):
        there = set().union(*(members(document) for document in documents))
        self.check(promised_by_camctl(verb) - set(but), there, f"camctl {verb}")

    def bad_file(self):
        path = self.directory / "bad.ini"
        path.write_text("[camd]\ncameras_dir = none\n[camera front]\nfps = fast\n")
        return path

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

    def test_of_verbs(self):
        self.check(promised_by_daemon(".Ss shm"), members(self.ask("shm")), "shm")
        self.check_camctl("version", self.ask("version"))
        self.check_camctl("export", self.ask("export"))
        self.check_camctl("logs", self.ask("logs", "front"), {"missed": {"lines": 1}})
        self.check_camctl("help", self.ask("help"), self.ask("help", "keys"))
        self.check_camctl("add", self.ask("add", "yard", f"input={moving_pattern()}"))
        self.check_camctl("rename", {"outcomes": {}} if "outcomes" in self.ask("rename", "yard", "gate") else {})
        done = [self.ask("stop", "gate", "front"), self.ask("kick", "dark", "gate", expect=1), self.ask("remove", "gate")]
        self.check_camctl("stop", *({key: list(value.values()) if key == "errors" else [] for key, value in document.items()}
                                    for document in done))
        self.check_camctl("check", self.ask("check", self.bad_file(), expect=1))
        if has_program("camd-top"):
            self.check_camctl("top", self.ask("top"))
        self.check_camctl("shutdown", self.ask("shutdown"))

    @unittest.skipUnless(FULL, "--full: takes some seconds")
    def test_of_probe(self):
        self.check_camctl("probe", self.ask("probe", moving_pattern(), "-o", self.directory / "first.jpg"))
