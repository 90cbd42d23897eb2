#!/bin/sh
# tests/bench/run.sh [PART ...] [--rounds N] - builds, and runs camd beside its peers; tests/bench/bench.py says how.
#
# Prints a table of medians, ranges and ratios, and leaves it as results.md, results.json and results.png (with gnuplot) in
# $RESULTS_DIR (the current directory). For an idle machine, as root. Peers that are not installed are skipped with a word:
#     apt-get install --no-install-recommends s6 runit supervisor ffmpeg motion python3-opencv python3-scipy gnuplot-nox
# BUILD_DIR: where to build (a temporary directory that is removed at the end). CAMD_DATA: where vtest.avi and models/ are.
set -eu
results=$(mkdir -p "${RESULTS_DIR:-.}" && cd "${RESULTS_DIR:-.}" && pwd)
cd "$(dirname "$0")/../.."
if [ -n "${BUILD_DIR:-}" ]; then
    work=$BUILD_DIR
else
    work=$(mktemp -d "${TMPDIR:-/tmp}/camd-bench-build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
fi
[ -f "$work/build.ninja" ] || meson setup "$work" -Dbench=true >"$work.log" || { cat "$work.log"; rm -f "$work.log"; exit 1; }
rm -f "$work.log"
ninja -C "$work" | tail -n 1
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/bench/bench.py --build "$work" --json "$results/results.json" \
    --markdown "$results/results.md" --plot "$results/results.png" "$@"
