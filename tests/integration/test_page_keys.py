"""Every key of camd.ini(5) by what the page says of it: what it takes, what it refuses, with which words, and its default."""
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import REPOSITORY, SLOWNESS, program

PAGE = REPOSITORY / "man" / "camd.ini.5"
SECTIONS = {"[camd]": "camd", "[camera NAME]": "camera", "[detector NAME]": "detector"}
NUMBER = re.compile(r"(?P<kind>a number|a whole number|an even number) from (?P<least>\S+) to (?P<most>\S+?)(?= |$|\))(?: \((?P<unit>[^)]*)\))?")
SECONDS = {"ms": 1000, "s": 1, "min": 1 / 60, "h": 1 / 3600, "d": 1 / 86400}
# what else a section needs for the key to make sense, and what stands for the NAMEs of the page
COMPANIONS = {
    "width": "height = 64", "height": "width = 64", "min_initialized": "max_disappeared = 1000000",
    "max_disappeared": "min_initialized = 1", "restart_max_delay": "restart_delay = 0", "restart_delay": "restart_max_delay = 86400",
    "password_file": "input = rtsp://user@192.0.2.1/", "zone.yard.distances": "zone.yard = 0,0 1,0 1,1 0,1",
    "zone.yard.speed_threshold": "zone.yard = 0,0 1,0 1,1 0,1\nzone.yard.distances = 1,1,1,1"}
STANDS_FOR = {"mask.NAME": "mask.clock", "zone.NAME": "zone.yard", "LABEL": "person", "allow.USER": "allow.guard"}


class Key:
    def __init__(self, section, name, value, default):
        self.section, self.page_name, self.value, self.default = section, name, value, default
        for general, one in STANDS_FOR.items():
            name = name.replace(general, one)
        self.name = name
        self.number = NUMBER.search(value)
        listed = re.fullmatch(r"((?:[a-z0-9-]+, )*[a-z0-9-]+) or ([a-z0-9-]+)(?: or ([a-z0-9-]+))?", value)
        first = re.match(r"((?:none|auto|all|stream|stderr or syslog|motion, opencv-hog)) ?(?:or|,)", value)
        self.words = re.split(", | or ", " or ".join(filter(None, listed.groups()))) if listed else re.split(", | or ", first[1]) if first else []

    def __str__(self):
        return f"{self.section}: {self.page_name}"

    def good(self):
        """Values that the page promises to take."""
        found = list(self.words)
        if self.number:
            least, most = self.number["least"], self.number["most"]
            found += [least, most]
            if self.number["unit"] == "seconds":
                found += [f"{float(most) * per:.12g}{suffix}" for suffix, per in SECONDS.items() if (float(most) * per * 1000).is_integer()]
                found.append(f"{float(most):.12g} s")
        elif "absolute path" in self.value and "program" not in self.value and self.section != "detector":
            found.append("/" + "x" * 40)
        elif "yes or no" in self.value:
            found += ["true", "false", "on", "off", "1", "0", "No"]
        return list(dict.fromkeys(found))

    def step(self):
        """The smallest that makes a difference."""
        return 2 if "even" in self.number["kind"] else 1 if "whole" in self.number["kind"] else 0.001

    def bad(self):
        """Values that it promises not to take."""
        found = [""]
        if self.number:
            least, most = float(self.number["least"]), float(self.number["most"])
            below = least - self.step() if least - self.step() != 0 or self.step() >= 1 else least / 2
            found += [f"{below:.12g}", f"{most + self.step():.12g}", "x", "1x", "nan", "inf", "1,5", "-"]
            if self.step() >= 1:
                found.append(f"{least + 0.5:.12g}")
            if self.step() == 2:
                found.append(f"{least + 1:.12g}")
        elif self.words and not re.search("name|NAME|labels", self.value):
            found.append(self.words[0].upper() + "x")
        if "absolute path" in self.value:
            found += ["x", "./x"]
        length = re.search(r"at most (\d+) bytes", self.value)
        if length:
            found.append("/" + "x" * int(length[1]))
        return list(dict.fromkeys(found))

    def lines(self, value, name):
        """A section with the key, but for those of [camd]. A long value goes on in further lines, as the page says."""
        setting = f"{self.name} = " + "\n    ".join(value[at:at + 150] for at in range(0, len(value) or 1, 150))
        if self.section == "camd":
            return [setting]
        companions = COMPANIONS.get(self.name, "").replace("64", "stream" if value == "stream" else "64")
        if self.name.startswith("zone.yard.") and self.name not in COMPANIONS:
            companions = "zone.yard = 0,0 1,0 1,1"
        if self.section == "camera" and self.name != "input" and "input =" not in companions:
            companions += "\ninput = lavfi:testsrc2"
        if self.section == "detector" and self.name != "backend":
            companions += "\nbackend = motion"
        return [line for line in (f"[{self.section} {name}]", companions.strip(), setting) if line]


def keys_of_the_page():
    keys = []
    for part in re.split(r"^\.Ss ", PAGE.read_text(), flags=re.M):
        section = next((SECTIONS[head] for head in SECTIONS if part.startswith(head)), None)
        for item in re.split(r"^\.It Cm ", part, flags=re.M)[1:] if section else []:
            value, default = (re.search(rf"^{what}: (.*?)\n\.(?:br|It|El)", item, re.M | re.S) for what in ("Value", "Default"))
            if value:  # the others head a family of keys
                keys.append(Key(section, item.split("\n")[0], value[1].replace("\n", " "), default[1].replace("\n", " ")))
    return keys


AT_ONCE = 40  # of one file no more than 50 problems are told


class Page(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="camd-test.")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def check(self, text):
        """What camd -n says of a file: by lines."""
        file = self.directory / "camd.ini"
        file.write_text("[camd]\ncameras_dir = none\n" + text)
        file.chmod(0o600)
        done = subprocess.run([program("camd"), "-n", "-c", file], capture_output=True, text=True, check=False, timeout=60 * SLOWNESS)
        problems = {}
        for line in done.stderr.splitlines():
            said = re.fullmatch(rf"{re.escape(str(file))}:(\d+): (.*)", line)
            self.assertTrue(said, line)
            problems[int(said[1])] = said[2]
        self.assertEqual(done.returncode, 78 if problems else 0, done.stderr)
        return problems

    def check_round(self, cases):
        """One value of each key, in one file."""
        text, places, said = "", {}, {}
        for number, (key, value) in enumerate(sorted(cases, key=lambda case: case[0].section != "camd")):
            first = text.count("\n") + 3
            text += "\n".join(key.lines(value, f"c{number}")) + "\n"
            places[key, value] = range(first, text.count("\n") + 3)
        problems = self.check(text)
        for case, lines in places.items():
            said[case] = " ".join(problems.pop(line) for line in lines if line in problems)
        self.assertEqual(problems, {})
        return said

    def check_all(self, values_of):
        """{(key, value): what is wrong with it}, "": nothing."""
        said, values = {}, {key: values_of(key) for key in keys_of_the_page() if key.name != "cameras_dir"}
        for number in range(max(map(len, values.values()))):
            cases = [(key, some[number]) for key, some in values.items() if number < len(some)]
            for first in range(0, len(cases), AT_ONCE):
                said.update(self.check_round(cases[first:first + AT_ONCE]))
        return said

    def test_what_the_page_says_a_key_takes_it_takes(self):
        said = self.check_all(Key.good)
        self.assertGreater(len(said), 300)
        self.assertEqual({f"{key} = {value}": problem for (key, value), problem in said.items() if problem}, {})

    def test_what_it_does_not_take_is_refused_with_the_words_of_the_page(self):
        said = self.check_all(Key.bad)
        self.assertGreater(len(said), 600)
        self.assertEqual({f"{key} = {value!r}": problem or "accepted" for (key, value), problem in said.items()
                          if not problem.startswith(f"{key.name}: ") or f"expected {key.value}" not in problem}, {})


if __name__ == "__main__":
    unittest.main()
