#!/bin/sh
# tests/soak.sh [HOURS] [CAMERAS] - cameras for hours, with a report of what grew: memory, descriptors, frames that were missed.
#
# Builds in BUILD_DIR (a temporary directory that is removed at the end), or uses what is built there. 8 hours and 8
# cameras unless said otherwise; the report is printed once an hour and at the end. CAMD_DATA is as for tests/run.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
hours=${1:-8} cameras=${2:-8}
case "$hours$cameras" in
    *[!0-9.]*)
        echo "usage: sh tests/soak.sh [HOURS] [CAMERAS]" >&2
        exit 2
        ;;
esac
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

if [ -n "${BUILD_DIR:-}" ]; then
    build=$BUILD_DIR
else
    build=$(mktemp -d "${TMPDIR:-/tmp}/camd-soak.XXXXXX") || exit 1
    trap 'rm -rf "$build"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
fi
mkdir -p "$build" || exit 1
say_why() {
    tail -n 20 "$build/soak-build.log" >&2
    echo "soak: camd could not be built" >&2
    exit 1
}
if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" >"$build/soak-build.log" 2>&1 || say_why
fi
ninja -C "$build" >"$build/soak-build.log" 2>&1 || say_why
/usr/bin/python3 tests/integration/soak.py --build "$build" --cameras "$cameras" \
    --minutes "$(/usr/bin/python3 -c 'import sys; print(float(sys.argv[1]) * 60)' "$hours")"
