#!/bin/sh
# etc/demo.sh - camd at work, in a minute: sh etc/demo.sh
#
# Installs what is missing (as root, on Debian), builds into a directory of its own, starts camd with a test
# pattern as a camera and, when it finds one, a video clip as another, follows what moves, shows status, events and
# where objects appear, and writes a snapshot a camera. Everything it started is ended again; only the pictures stay.
#
# Environment: CLIP, a video file for the second camera; BUILD_DIR, a build to use again and keep; DEMO_PICTURES,
# where the pictures go (the current directory).
set -u
pictures=$(realpath "${DEMO_PICTURES:-.}")
clip=${CLIP:+$(realpath "$CLIP")}
cd "$(dirname "$0")/.." || exit 1
repository=$(pwd)

work="" daemon="" built="" prefix=camd-demo-$$.
clean_up() {
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null
        wait "$daemon" 2>/dev/null
    fi
    rm -f "/dev/shm/$prefix"lock # camd keeps it to say whose the names are; this prefix won't be used again
    [ -n "$work" ] && rm -rf "$work"
    [ -n "$built" ] && rm -rf "$built"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
    echo >&2
    echo "The demo stopped: $1" >&2
    [ -n "${2:-}" ] && [ -f "$2" ] && tail -n 30 "$2" | sed 's/^/    /' >&2
    exit 1
}

title() {
    printf '\n== %s\n' "$*"
}

# quietly LOG COMMAND ...
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/camd-demo.XXXXXX") || fail "no temporary directory can be made in ${TMPDIR:-/tmp}."
if [ -n "${BUILD_DIR:-}" ]; then
    build=$BUILD_DIR
else
    built=$(mktemp -d "${TMPDIR:-/tmp}/camd-build.XXXXXX") || fail "no temporary directory can be made in ${TMPDIR:-/tmp}."
    build=$built/build
fi

packages="gcc libc6-dev meson ninja-build pkg-config libev-dev libinih-dev liblmdb-dev zlib1g-dev libjansson-dev libseccomp-dev libturbojpeg0-dev libpng-dev
    libavformat-dev libavcodec-dev libavdevice-dev libavfilter-dev libavutil-dev libswscale-dev"
if command -v dpkg-query >/dev/null; then
    missing=""
    for package in $packages; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        [ "$(id -u)" -eq 0 ] || fail "packages are missing. As root: apt-get install --no-install-recommends$missing"
        title "Installing$missing"
        echo "(with what they need; this takes some minutes)"
        # shellcheck disable=SC2086
        { quietly "$work/apt.log" apt-get -q update &&
            quietly "$work/apt.log" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing; } ||
            fail "the packages could not be installed:" "$work/apt.log"
    fi
fi

title "Building camd"
if [ ! -f "$build/build.ninja" ]; then
    quietly "$work/setup.log" meson setup "$build" "$repository" -Dtests=false || fail "meson found a problem:" "$work/setup.log"
fi
quietly "$work/build.log" ninja -C "$build" || fail "the build failed:" "$work/build.log"

# An uninstalled build finds its workers here.
CAMD_LIBEXECDIR=$work/libexec
export CAMD_LIBEXECDIR
mkdir -p "$CAMD_LIBEXECDIR" "$work/run" "$work/state" "$work/cameras.d"
for worker in "$build"/src/*/camd-* "$build"/src/daemon/*/camd-*; do
    [ -f "$worker" ] && [ -x "$worker" ] && ln -sf "$(realpath "$worker")" "$CAMD_LIBEXECDIR/"
done
PATH=$(realpath "$build")/src/daemon:$(realpath "$build")/src/camctl:$PATH

cat >"$work/camd.ini" <<END
[camd]
run_dir = $work/run
state_dir = $work/state
cameras_dir = $work/cameras.d
shm_prefix = $prefix

[camera pattern]
input = lavfi:testsrc2=size=768x576:rate=10
fps = 10
detector = motion
END

title "Starting camd with a test pattern as its camera; what moves in it is an object"
sed 's/^/    /' "$work/camd.ini"
camd -n -c "$work/camd.ini" || fail "camd does not accept its configuration."
camd -c "$work/camd.ini" >"$work/camd.log" 2>&1 &
daemon=$!
ctl() {
    camctl -s "$work/run/camd.sock" "$@"
}

# until_true SECONDS COMMAND ...: tries again until it succeeds, camd ends, or time is up
until_true() {
    tries=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        kill -0 "$daemon" 2>/dev/null || fail "camd ended:" "$work/camd.log"
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}
# saw CAMERA PATTERN: whether an event of the camera is like that
saw() {
    ctl events "$1" | grep -Eq "$2"
}
until_true 20 ctl version || fail "camd does not answer:" "$work/camd.log"
until_true 20 saw pattern first_frame || fail "the test pattern gave no frame:" "$work/camd.log"

if [ -z "$clip" ]; then
    for candidate in "$repository/../shared/data/vtest.avi" /usr/share/doc/opencv-doc/examples/data/vtest.avi; do
        [ -f "$candidate" ] && clip=$(realpath "$candidate") && break
    done
fi
cameras=pattern
if [ -n "$clip" ]; then
    title "Adding a second camera while camd runs: a clip, played over and over"
    echo "    camctl add clip input=$clip loop=yes fps=10 detector=motion"
    ctl add clip "input=$clip" loop=yes fps=10 detector=motion || fail "the clip could not be added:" "$work/camd.log"
    cameras="pattern clip"
else
    echo "(No clip found: CLIP=some-video.mp4 sh etc/demo.sh shows one, too.)"
fi

title "Waiting for motion, and for objects to come and go"
for camera in $cameras; do
    until_true 60 saw "$camera" ' motion began' || echo "no motion yet at $camera"
    until_true 60 saw "$camera" ' object .* end:' || echo "no object has gone yet at $camera"
done

title "camctl status"
ctl status || fail "no status:" "$work/camd.log"
title "camctl events (the last ten)"
ctl events | tail -n 10

title "camctl grid $camera: where objects appeared so far"
ctl grid "$camera" || fail "no grid:" "$work/camd.log"
title "camctl snapshot --boxes: motion is green, objects are amber with label, number and score"
for camera in $cameras; do
    picture=$pictures/camd-demo-$camera.jpg
    ctl snapshot "$camera" --boxes -o "$picture" || fail "no picture could be taken:" "$work/camd.log"
done

title "Stopping"
ctl shutdown || fail "camd did not accept to stop:" "$work/camd.log"
wait "$daemon"
status=$?
daemon=""
[ "$status" -eq 0 ] || fail "camd ended with status $status:" "$work/camd.log"
left=$(find /dev/shm -maxdepth 1 -name "$prefix*" ! -name "${prefix}lock")
[ -z "$left" ] || fail "segments were left: $left"
echo "camd and its workers have ended; nothing is left running."

cat <<END

To try next, as root:
    meson setup build && meson install -C build   installs camd, camctl, and their manual pages
    sh etc/package.sh                             builds Debian packages instead
    camd -d                                       starts the daemon in the background
    camctl add front input=rtsp://user:password@192.0.2.7/stream1 detector=motion
    camctl status; camctl events --follow; camctl logs front; camctl help
    man camd, man camctl, man camd.ini

What moves was an object here. detector=opencv-hog finds people, without a model file; "man camd.ini" says how to use
one.
END
[ -x "$build/src/detector/camd-detector" ] || cat <<END
That needs a build with OpenCV, which was not here: the packages libopencv-dnn-dev and libopencv-objdetect-dev.
END
