# package_common.sh - what the scripts have in common that tests/package.sh runs in a root of its own, as root, with the
# packages in /mnt/camd-test/old and new, a newer version
# shellcheck shell=dash
# shellcheck disable=SC2317 # eventually calls functions
set -u
cd /root || exit 1
# shellcheck disable=SC2034 # for those who read this
files=/mnt/camd-test
said=/root/everything-said
: >"$said"

step() {
    printf '== %s\n' "$*" | tee -a "$said"
}

fail() {
    echo "FAIL: $*"
    echo "---- the last things said:"
    tail -n 40 "$said"
    echo "---- the log:"
    show_log | tail -n 40
    exit 1
}

# expect STATUS PATTERN COMMAND ...: runs it; its exit status and what it says, on both streams, have to be these.
expect() {
    wanted=$1 pattern=$2
    shift 2
    shown=$(printf '%s ' "$@" | sed "s/${right:-none}/PASSWORD/g; s/${wrong:-none}/PASSWORD/g")
    output=$("$@" 2>&1 </dev/null)
    got=$?
    printf '$ %s\n%s\n' "$shown" "$output" >>"$said"
    [ "${KEEP:-no}" = no ] || printf '$ %s\n%s\n' "$shown" "$output"
    [ "$got" -eq "$wanted" ] || fail "$shown: status $got, not $wanted: $output"
    printf '%s\n' "$output" | grep -Eq -- "$pattern" || fail "$shown: says nothing like \"$pattern\": $output"
}

# eventually WHAT COMMAND ...: waits, but not for ever
eventually() {
    what=$1 tries=600
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "waited in vain until $what: $(camctl status 2>&1)"
        sleep 0.1
    done
}

member() {
    camctl --json status front | /usr/bin/python3 -c '
import json, sys
print(json.load(sys.stdin)["cameras"][0][sys.argv[1]])' "$1"
}
is_state() { [ "$(member state)" = "$1" ]; }
goes_on() { is_state up || is_state degraded; } # a loaded machine loses pictures
has_frames() { [ "$(member frames)" -gt 2 ]; }
daemon() { cat /run/camd/camd.pid; }
runs() { pgrep camd >/dev/null; }
ended() { ! runs; }
logged() { show_log | grep -Eq -- "$1"; }

allow_starting() {
    printf '#!/bin/sh\nexit %d\n' "$1" >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
}

# packages old|new: the paths of camd and, where it was built, camd-detector
packages() {
    for package in "$files/$1"/camd_*.deb "$files/$1"/camd-detector_*.deb; do
        [ ! -f "$package" ] || printf '%s\n' "$package"
    done
}

dpkg --purge camd-web camd-mqtt camd-detector camd python3-camd libcamd-dev libcamd0 >/dev/null 2>&1
for path in /etc/camd /var/lib/camd /usr/sbin/camd /run/camd; do
    [ ! -e "$path" ] || fail "$path is there already"
done

nothing_left() {
    ended || fail "still running: $(pgrep -a camd)"
    [ -z "$(ls /dev/shm)" ] || fail "left in /dev/shm: $(ls /dev/shm)"
    for database in passwd group; do
        getent "$database" camd && fail "left in $database"
    done
    # of this root alone: the files of the machine below may change meanwhile; a device 0, 0 stands for what went
    found=$(find /mnt/camd-changes -name '*camd*' ! -type c -not -path '/mnt/camd-changes/mnt*' -not -name '*camd-test*' \
        -not -name camd-changes)
    [ -z "$found" ] || fail "left: $found"
    for directory in /run /tmp /var/log; do
        found=$(find "$directory" -name '*camd*' -not -name '*camd-test*')
        [ -z "$found" ] || fail "left: $found"
    done
}
