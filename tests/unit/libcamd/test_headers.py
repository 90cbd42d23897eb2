#!/usr/bin/env python3
"""What is installed in include/camd compiles as programs of others are: strictly, each header alone, in C11 and C++11."""
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

INCLUDE = Path(sys.argv[1]) / "include"
COMPILERS = dict(zip(("c", "c++"), map(shlex.split, sys.argv[2:])))  # the build's own
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wundef", "-Werror"]
LANGUAGES = {"c": ["-std=c11"], "c++": ["-std=c++11", "-Wold-style-cast"]}


class Headers(unittest.TestCase):
    def compile(self, text):
        for language, options in LANGUAGES.items():
            with self.subTest(language):
                if language not in COMPILERS:
                    self.skipTest(f"this build has no compiler of {language}")
                command = [*COMPILERS[language], "-x", language, *options, *WARNINGS, f"-I{INCLUDE}", "-fsyntax-only", "-"]
                done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), text)

    def test_compile_alone_and_twice(self):
        headers = sorted(path.name for path in (INCLUDE / "camd").glob("*.h"))
        self.assertGreaterEqual(len(headers), 5)
        for name in headers:
            self.compile(f"#include <camd/{name}>\n#include <camd/{name}>\nextern int nothing;\n")

    def test_leave_a_macro_of_the_program_alone(self):
        """worker.h defined X for its own use, and undefined it."""
        self.compile("#define X 1\n#include <camd/client.h>\n#include <camd/worker.h>\nextern int nothing[X];\n")


unittest.main(argv=sys.argv[:1])
