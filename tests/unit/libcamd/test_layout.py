#!/usr/bin/env python3
"""The Python package's structs are libcamd's: test_layout.py PACKAGES LAYOUT, a program that prints the C side's."""
import ctypes
import subprocess
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
with mock.patch("ctypes.CDLL"):  # the library itself is not needed, and may have sanitizers in it that Python has not
    from camd import _library


def ours(words):
    """What the package has for the words before the number of a line."""
    if "." in words[0]:
        name, constant = words[0].split(".")
        return getattr(getattr(_library, name), constant)
    struct = getattr(_library, words[0])
    return ctypes.sizeof(struct) if len(words) == 1 else getattr(struct, words[1]).offset


class Layout(unittest.TestCase):
    def test_is_that_of_c(self):
        lines = subprocess.run([sys.argv[2]], text=True, capture_output=True, check=True).stdout.splitlines()
        self.assertGreater(len(lines), 30)
        for line in lines:
            if line.startswith("camd_"):  # for test_page.py
                continue
            *words, number = line.split()
            with self.subTest(line):
                self.assertEqual(ours(words), int(number))

    def test_an_array_of_objects_has_their_size(self):
        try:
            from camd.camera import OBJECT
        except ImportError as error:
            self.skipTest(str(error))
        self.assertEqual(OBJECT.itemsize, ctypes.sizeof(_library.Object))
        for name in OBJECT.names:
            self.assertEqual(OBJECT.fields[name][1], getattr(_library.Object, name).offset)


unittest.main(argv=sys.argv[:1])
