#!/usr/bin/env python3
"""The layout in camd-worker(7) is that of camd/shm.h: test_page.py SOURCE LAYOUT, a program that prints the sizes in C."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE, LAYOUT = Path(sys.argv[1]), sys.argv[2]
SIZES = {"uint8_t": 1, "char": 1, "uint16_t": 2, "uint32_t": 4, "int32_t": 4, "float": 4, "uint64_t": 8, "int64_t": 8}
WORDS = {"uint8_t": "u8", "char": "u8", "uint16_t": "u16", "uint32_t": "u32", "int32_t": "i32", "float": "f32", "uint64_t": "u64",
         "int64_t": "i64"}
# the page's tables, in its order
TABLES = ["camd_info", "camd_capture_block", "camd_slot", "camd_ring_entry", "camd_tracker_block", "camd_detector_block",
          "camd_result", "camd_request", "camd_answer", "camd_best"]
FLAT = ["camd_ptz", "camd_grid"]  # whose members the page has in the table of info


def structs():
    """{name: (size, [(offset, type, count, member)])} of the header, whose members are all aligned to their size."""
    text = re.sub(r"/\*.*?\*/", "", (SOURCE / "include/camd/shm.h").read_text(), flags=re.S)
    constants = {name: int(value) for name, value in re.findall(r"(CAMD_\w+) = (\d+),", text)}
    found, alignments = {}, dict(SIZES)
    for name, body in re.findall(r"struct (\w+) \{(.*?)\};", text, flags=re.S):
        offset, members, largest = 0, [], 1
        for kind, declared in re.findall(r"(?:struct )?(\w+) ([^;]+);", body):
            size = found[kind][0] if kind in found else SIZES[kind]
            for member, dimensions in re.findall(r"(\w+)((?:\[\w+\])*)(?:, )?", declared):
                count = 1
                for dimension in re.findall(r"\w+", dimensions):
                    count *= constants.get(dimension) or int(dimension)
                offset += -offset % alignments[kind]
                members.append((offset, kind, count, member))
                offset, largest = offset + size * count, max(largest, alignments[kind])
        found[name], alignments[name] = (offset + -offset % largest, members), largest
    return found


def promised(found, name):
    """{offset: the type's word, "" where the page tells it} of what is not reserved."""
    rows = {}
    for offset, kind, count, member in found[name][1]:
        if kind in FLAT:
            rows.update({offset + inner: word for inner, word in promised(found, kind).items()})
        elif not member.startswith("reserved"):
            rows[offset] = "" if kind in found or member in ("labels", "row") else WORDS[kind] + (f"[{count}]" if count > 1 else "")
    return rows


def page_tables():
    """Of each table of numbers behind the layout's beginning, {offset: type}."""
    page = (SOURCE / "man/camd-worker.7").read_text()
    layout = page[page.index(".Ss info\n"):page.index(".Sh WRITING FRAMES")]
    tables = re.findall(r"^\.Bl -column.*?^\.El", layout, flags=re.S | re.M)
    return [{int(row[0]): row[1].strip('"') for row in re.findall(r"^\.It (\d+) Ta (\S+) Ta", table, flags=re.M)} for table in tables]


class Page(unittest.TestCase):
    def test_the_header_is_read_as_the_compiler_does(self):
        lines = subprocess.run([LAYOUT], text=True, capture_output=True, check=True).stdout.splitlines()
        sizes = dict(line.split() for line in lines if line.startswith("camd_"))
        self.assertGreaterEqual(sizes.keys(), set(TABLES))
        self.assertEqual({name: int(size) for name, size in sizes.items()}, {name: structs()[name][0] for name in sizes})

    def test_has_all_that_is_not_reserved(self):
        found, tables = structs(), page_tables()
        self.assertEqual(len(tables), len(TABLES))
        for name, table in zip(TABLES, tables):
            with self.subTest(name):
                if name == "camd_best":
                    self.assertEqual(table.pop(found[name][0]), "")  # the JPEG
                self.assertEqual(table, promised(found, name))


unittest.main(argv=sys.argv[:1])
