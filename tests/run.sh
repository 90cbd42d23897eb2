#!/bin/sh
# tests/run.sh [--full] - the one test command: installs what is missing, builds, runs every test.
#
# Works on a fresh Debian 12 as root; as another user it says which packages are missing. Any failure fails the
# run. The last line counts: "N passed, N failed, N skipped"; what failed is told once more before it, for those who see
# only the end.
#
# Each test runs once: with gcc what is about words, commands and files, what measures, and what waits most of the time, else with
# the sanitizers, or with gcc again where these cannot. --full runs all of them with each, and adds what takes longer: the
# tests with clang and no sanitizers, valgrind on the units, long fuzzing, chaos (tests/chaos) with thousands of kills, 300
# reconnects, a soak of eight cameras, the Debian packages in a root of their own, the units on a machine of 32 bits, and
# cameras in a cluster of two nodes.
#
# Environment: BUILD_DIR, where to build (a temporary directory that is removed at the end); CAMD_DATA, where
# vtest.avi is (../shared/data, Debian's opencv-doc, else a clip is made); JOBS, how many integration tests at once (8: most of them wait).
set -u
cd "$(dirname "$0")/.." || exit 1
python=/usr/bin/python3
LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
CAMD_TEST_RUN=$$ # in the names of what this run's tests have in /dev/shm
export LC_ALL PYTHONDONTWRITEBYTECODE CAMD_TEST_RUN

full=no
for argument; do
    case $argument in
        --full) full=yes ;;
        *)
            echo "usage: sh tests/run.sh [--full]" >&2
            exit 2
            ;;
    esac
done
[ "$full" = yes ] && export CAMD_TEST_FULL=1

build_packages="gcc libc6-dev meson ninja-build pkg-config libev-dev libinih-dev liblmdb-dev zlib1g-dev libcmocka-dev
    libjansson-dev libseccomp-dev libturbojpeg0-dev libpng-dev libavformat-dev libavcodec-dev libavdevice-dev libavfilter-dev
    libavutil-dev libswscale-dev libmosquitto-dev libncurses-dev libyaml-dev libmicrohttpd-dev nettle-dev libcrypt-dev g++ libopencv-dnn-dev libopencv-objdetect-dev"
test_packages="ffmpeg python3 python3-onnx python3-numpy python3-scipy python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-plugins-ugly procps util-linux mandoc jq socat clang libclang-rt-14-dev lld clang-format mosquitto python3-paho-mqtt python3-pyte"
full_packages="zsh fish iproute2 nftables chromium fonts-dejavu-core python3-websocket valgrind dpkg-dev debhelper dh-python fakeroot lintian systemd prometheus prometheus-node-exporter openssl pacemaker corosync crmsh resource-agents debootstrap"

# A stage that hangs is ended, so that the run is, too.
limit=600
[ "$full" = yes ] && limit=7200

passed=0 failed=0 skipped=0 has_gcc=no
begun=$(date +%s)

install_missing() {
    packages="$build_packages $test_packages"
    [ "$full" = yes ] && packages="$packages $full_packages"
    missing=""
    for package in $packages; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "Missing packages; as root: apt-get install --no-install-recommends$missing"
        return 1
    fi
    # the words of the list are separate arguments
    # shellcheck disable=SC2086
    apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing
}

if [ -n "${BUILD_DIR:-}" ]; then
    mkdir -p "$BUILD_DIR" && work=$(cd "$BUILD_DIR" && pwd) || exit 1
    keep=yes
else
    work=$(mktemp -d "${TMPDIR:-/tmp}/camd-run.XXXXXX") || exit 1
    chmod 755 "$work" # a test runs camctl as another user
    keep=no
fi
builder="" # a build that goes on
clean_up() {
    [ -z "$builder" ] || { kill "$builder" && wait "$builder"; }
    [ "$keep" = yes ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir -p "$work/logs"

say() {
    printf '%4d s  %s\n' $(($(date +%s) - begun)) "$*"
}

log_of() {
    printf '%s/logs/%s.log' "$work" "$(printf '%s' "$1" | tr -c 'A-Za-z0-9' '-')"
}

# show LOG: of something that failed, without the tests that did not, and within bounds
show() {
    grep -av '^ok  \|^skip  ' "$1" | tail -n 1000 | cut -c 1-300 | sed 's/^/        /'
}

# note NAME LOG: something failed, and is told again at the end
note() {
    { printf 'FAIL  %s\n' "$1" && tail -n 12 "$2" | cut -c 1-300 | sed 's/^/        /'; } >>"$work/failures"
}

# tell_failures: each with its last lines, and then the names alone
tell_failures() {
    [ -s "$work/failures" ] || return 0
    printf '\nWhat failed, with its last lines:\n'
    head -n 400 "$work/failures"
    printf '\nWhat failed:\n'
    grep -a '^FAIL  ' "$work/failures" | head -n 60
}

# run NAME COMMAND ...: quiet; shows what the command wrote when it fails. Leaves its exit status.
run() {
    title=$1 log=$(log_of "$1")
    shift
    if "$@" >"$log" 2>&1; then
        say "ok    $title"
        return 0
    fi
    say "FAIL  $title"
    show "$log"
    return 1
}

# check NAME COMMAND ...: run, counted as one test
check() {
    if run "$@"; then
        passed=$((passed + 1))
    else
        note "$title" "$log"
        failed=$((failed + 1))
        return 1
    fi
}

# count NAME STATUS PASSED FAILED SKIPPED: adds what a runner counted. One that failed with no failed test to show for it,
# or that ran nothing, has failed all the same.
count() {
    title=$1 status=$2
    shift 2
    if [ "$2" -eq 0 ] && { [ "$status" -ne 0 ] || [ $(($1 + $3)) -eq 0 ]; }; then
        set -- "$1" 1 "$3"
        note "$title" "$(log_of "$title")"
    fi
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    say "      $title: $1 passed, $2 failed, $3 skipped"
}

# tally NAME STATUS FILE ...: counts what the runner wrote down in the files
tally() {
    title=$1 status=$2
    shift 2
    results=$($python tests/results.py "$title" "$work/failures" "$@") || results="0 0 0"
    printf '%s\n' "$results" | sed 1d
    # three words
    # shellcheck disable=SC2046
    count "$title" "$status" $(printf '%s\n' "$results" | head -n 1)
}

# The arguments of compile: a directory, a compiler, options.
# shellcheck disable=SC2016
compile='directory=$1 compiler=$2; shift 2
    case $compiler in clang) cxx=clang++ ;; *) cxx=g++ ;; esac
    CC_LD=lld CXX_LD=lld && export CC_LD CXX_LD
    if [ ! -f "$directory/build.ninja" ]; then CC=$compiler CXX=$cxx meson setup "$directory" --werror "$@" || exit 1; fi
    exec ninja -C "$directory"'

# build NAME COMPILER OPTION ...: configures and compiles in $work/NAME
build() {
    name=$1 compiler=$2
    shift 2
    check "$name: configure and compile with $compiler" timeout -k 10 $((2 * limit)) sh -c "$compile" sh "$work/$name" "$compiler" "$@"
}

# begin_build, end_build: the same beside the tests of another build, which wait most of the time: it takes what they leave
begin_build() {
    name=$1 compiler=$2
    shift 2
    (exec nice -n 19 timeout -k 10 $((2 * limit)) sh -c "$compile" sh "$work/$name" "$compiler" "$@") >"$work/logs/$name.build" 2>&1 &
    builder=$!
}

built() {
    wait "$builder"
    status=$?
    builder=""
    cat "$work/logs/$1.build"
    return $status
}

end_build() {
    check "$1: configure and compile with $2" built "$1"
}

# units NAME OPTION ...: the meson tests of a build, counted from its log. Some wait for time-outs most of the time, so
# that there are more of them at once than processors.
units() {
    name=$1
    shift
    rm -f "$work/$name"/meson-logs/testlog*.json
    run "$name: unit tests" timeout -k 10 "$limit" meson test -C "$work/$name" --no-rebuild --print-errorlogs \
        --num-processes $(($(nproc) + 2)) "$@"
    tally "$name: unit tests" $? "$work/$name"/meson-logs/testlog*.json
}

# integration NAME WHICH OPTION ...: the integration tests with a build's programs
integration() {
    name=$1 which="integration tests$2"
    shift 2
    report="$work/$name-$(printf '%s' "$which" | tr -c 'a-z' '-').json"
    rm -f "$report"
    run "$name: $which" timeout -k 10 "$limit" $python tests/integration/run.py --build "$work/$name" --jobs "${JOBS:-8}" --report "$report" "$@"
    tally "$name: $which" $? "$report"
}

formatted() {
    find src include tests -name '*.[ch]' -exec clang-format --dry-run --Werror {} + 2>&1 | grep 'error:' && return 1
    return 0
}

manuals() {
    ls man/*.[1-8] >/dev/null && mandoc -Tlint -Wwarning man/*.[1-8]
}

# A test that needs a left-over of another test is none: what could be left is looked for once more at the end. What another
# run has there, or left when it was killed, is not this run's.
nothing_left() {
    left=$(find /dev/shm -maxdepth 1 -name "camdtest-$CAMD_TEST_RUN-*")
    [ -z "$left" ] || { echo "left in /dev/shm: $left"; return 1; }
}

# Exit status 77: this machine does not allow what the test needs.
# may_skip NAME COMMAND ...
may_skip() {
    title=$1 log=$(log_of "$1")
    shift
    timeout -k 10 "$limit" "$@" >"$log" 2>&1
    case $? in
        0) say "ok    $title" && passed=$((passed + 1)) ;;
        77) say "skip  $title: $(tail -n 1 "$log")" && skipped=$((skipped + 1)) ;;
        *)
            say "FAIL  $title"
            show "$log"
            note "$title" "$log"
            failed=$((failed + 1))
            ;;
    esac
}

# ended_well WORD: what a fuzzer wrote, and its exit status
ended_well() {
    cat "$work/logs/$1.log"
    [ "$(cat "$work/logs/$1.status")" = 0 ]
}

# fuzz SECONDS: each fuzzer for so long, two at a time. Without halt_on_error what is undefined would only be told; with
# strict_string_checks the fuzzers' own strndup of bytes without an end would count.
fuzz() {
    seconds=$1 words=""
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    export ASAN_OPTIONS UBSAN_OPTIONS
    for fuzzer in "$work"/sanitizers/tests/fuzz/fuzz-*; do
        [ -f "$fuzzer" ] && [ -x "$fuzzer" ] && words="$words ${fuzzer##*/}"
    done
    # shellcheck disable=SC2016,SC2086
    printf '%s\n' $words | xargs -P 2 -n 1 sh -c '
        work=$0 seconds=$1 word=$2 seeds=tests/fuzz/corpus/${2#fuzz-}
        mkdir -p "$work/corpus-$word"
        [ -d "$seeds" ] || seeds=""
        timeout -k 10 $((seconds + 120)) "$work/sanitizers/tests/fuzz/$word" -max_total_time="$seconds" -timeout=10 \
            -rss_limit_mb=2048 -close_fd_mask=1 -artifact_prefix="$work/logs/$word-" "$work/corpus-$word" $seeds \
            >"$work/logs/$word.log" 2>&1
        echo $? >"$work/logs/$word.status"' "$work" "$seconds"
    unset ASAN_OPTIONS UBSAN_OPTIONS
    for word in $words; do
        check "fuzz: $word for $seconds s" ended_well "$word"
    done
}

# chaos: the faults that happen to running daemons, with a report of each
chaos() {
    run "chaos" timeout -k 10 "$limit" $python tests/chaos/run.py --build "$work/gcc" --seconds 60 --kills 10000
    status=$?
    report=$(log_of chaos)
    [ "$status" -eq 0 ] && sed 's/^/        /' "$report"
    # three words, or none
    # shellcheck disable=SC2046
    set -- $(sed -n 's/^chaos: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$report")
    [ "${2:-0}" -eq 0 ] || note chaos "$report"
    count chaos "$status" "${1:-0}" "${2:-0}" "${3:-0}"
}

if ! run "packages" install_missing; then
    failed=1
    echo "$passed passed, $failed failed, $skipped skipped"
    exit 1
fi

check "source: clang-format" formatted
check "manual pages: mandoc -Tlint" manuals

build gcc gcc && has_gcc=yes

# The second compiler, the sanitizers and the fuzzers share a build: compiling takes most of the time. LeakSanitizer is
# part of AddressSanitizer. Whatever a sanitizer finds in a worker is in the daemon's log, which
# the integration tests look through. What a report says of functions and lines is enough, and is compiled sooner.
begin_build sanitizers clang -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-gline-tables-only -Dcpp_args=-gline-tables-only

if [ "$has_gcc" = yes ]; then
    check "source: rooms" $python tests/rooms.py "$work/gcc"
    if [ "$full" = yes ]; then
        units gcc -t 4
        integration gcc ""
    else
        units gcc -t 4 --suite eval --suite oracle --suite python
        integration gcc ", its share" --share plain
    fi
fi

if end_build sanitizers clang; then
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    CAMD_TEST_SLOWNESS=4
    export ASAN_OPTIONS UBSAN_OPTIONS CAMD_TEST_SLOWNESS
    if [ "$full" = yes ]; then
        units sanitizers -t 8
        integration sanitizers ""
    else
        units sanitizers -t 8 --no-suite eval --no-suite oracle --no-suite python
        integration sanitizers ", their share" --share sanitized
    fi
    sanitized=$report
    unset ASAN_OPTIONS UBSAN_OPTIONS CAMD_TEST_SLOWNESS
    if [ "$full" = no ] && [ "$has_gcc" = yes ]; then
        integration gcc ", skipped by sanitizers" --skipped-in "$sanitized"
    fi
    if [ "$full" = yes ]; then fuzz 600; else fuzz 2; fi
fi

if [ "$full" = yes ] && build clang clang; then
    units clang
    integration clang ""
fi

if [ "$full" = yes ]; then
    # somalloc: an operator new of ours stays (opencv.cpp); what it takes its memory from is watched. pidfd.so: Debian's valgrind
    # knows no pidfds. Tests in Python would have Python's own memory looked at, and eval runs programs that it starts.
    units gcc -t 20 --no-suite python --no-suite eval --wrapper "env LD_PRELOAD=$work/gcc/tests/valgrind/pidfd.so valgrind --quiet --error-exitcode=99 --leak-check=full \
        --track-fds=yes --soname-synonyms=somalloc=nouserintercepts"
    may_skip "package: built, installed, used, upgraded, purged" sh tests/package.sh
    may_skip "32 bits: built and unit-tested in a root of i386" sh tests/bits32.sh
    may_skip "Pacemaker: a node is killed, and the other one runs its cameras with their grids" sh tests/pacemaker.sh "$work/gcc"
    check "300 reconnects: memory is flat" $python tests/integration/reconnects.py --build "$work/gcc"
    chaos
    check "soak: eight cameras for ten minutes" $python tests/integration/soak.py --build "$work/gcc" --minutes 10
fi

check "nothing left behind" nothing_left
say "done"
tell_failures
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
