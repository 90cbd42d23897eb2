#!/usr/bin/env python3
"""What libcamd.so exports is what its headers declare and what Debian's symbols file promises: test_symbols.py SOURCE LIBRARY"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE, LIBRARY = Path(sys.argv[1]), sys.argv[2]


def exported():
    out = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], text=True, capture_output=True, check=True).stdout
    return {line.split()[-1].replace("@@", "@") for line in out.splitlines() if line.split()[-2] != "A"}


def declared():
    headers = "".join(path.read_text() for path in (SOURCE / "include/camd").glob("*.h"))
    return set(re.findall(r"^CAMD_API[^(;]*?(\w+)\(", headers, re.M))


class Symbols(unittest.TestCase):
    def test_are_what_the_headers_declare_and_no_others(self):
        self.assertEqual(exported(), {f"{name}@CAMD_0" for name in declared()})

    def test_are_what_the_symbols_file_of_the_package_has(self):
        lines = (SOURCE / "etc/debian/libcamd0.symbols").read_text().splitlines()
        self.assertEqual(lines[0].split()[:2], ["libcamd.so.0", "libcamd0"])
        self.assertEqual({line.split()[0] for line in lines[1:]}, exported() | {"CAMD_0@CAMD_0"})

    def test_the_soname_is_that_of_the_version_node(self):
        out = subprocess.run(["objdump", "-p", LIBRARY], text=True, capture_output=True, check=True).stdout
        self.assertIn("libcamd.so.0", re.search(r"SONAME\s+(\S+)", out)[1])


unittest.main(argv=sys.argv[:1])
