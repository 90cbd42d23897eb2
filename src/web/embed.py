#!/usr/bin/env python3
"""Writes files as a C source that has them as page_files: embed.py OUTPUT FILE ..."""
import hashlib
import sys
from pathlib import Path

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}


def bytes_of(number, content):
    rows = [content[at:at + 24] for at in range(0, len(content), 24)]
    text = "\n".join("    " + "".join(f"{byte}," for byte in row) for row in rows)
    return f"static const unsigned char content{number}[] = {{\n{text}\n}};\n"


def tag_of(content):
    return hashlib.sha256(content).hexdigest()[:16]


def entry_of(number, path, content):
    served = "/" if path.name == "page.html" else f"/{path.name}"
    return f'    {{"{served}", "{TYPES[path.suffix]}", "{tag_of(content)}", content{number}, sizeof content{number}}},\n'


def main():
    paths = [Path(name) for name in sys.argv[2:]]
    contents = [path.read_bytes() for path in paths]
    parts = ['#include "web/page_files.h"\n\n']
    parts += [bytes_of(number, content) + "\n" for number, content in enumerate(contents)]
    parts += ["const struct page_file page_files[] = {\n"]
    parts += [entry_of(number, path, contents[number]) for number, path in enumerate(paths)]
    parts += ["};\n", "const size_t page_file_count = sizeof page_files / sizeof page_files[0];\n",
              f'const char page_tag[] = "{tag_of(b"".join(contents))}";\n']
    Path(sys.argv[1]).write_text("".join(parts), encoding="ascii")


main()
