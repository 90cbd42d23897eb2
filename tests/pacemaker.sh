#!/bin/sh
# tests/pacemaker.sh [BUILD] - cameras in a cluster of two nodes: a node is killed, and the other one runs its cameras with their grids
#
# A real Corosync and Pacemaker, each node in namespaces of its own (tests/two_nodes.sh), a camd on each, and the agent
# etc/ocf/camera, which ocf-tester tries first. BUILD: the build directory (build). Needs root and the Debian
# packages pacemaker, corosync, crmsh and resource-agents; exit status 77 says what is missing. Takes about two minutes.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
build=$(realpath "${1:-$here/build}")

skip() {
    echo "skip: $*"
    exit 77
}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || skip "needs root, for namespaces"
for tool in pacemakerd corosync crm ocf-tester; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done
for candidate in "${CAMD_DATA:-$here/../shared/data}/vtest.avi" /usr/share/doc/opencv-doc/examples/data/vtest.avi "${CAMD_TEST_CLIP:-}"; do
    [ ! -f "$candidate" ] || { clip=$(realpath "$candidate") && break; }
done
[ -n "${clip:-}" ] || skip "there is no clip (CAMD_TEST_CLIP names one)"

# ---- the test, once both nodes are online; NODE1 and NODE2 are processes in their namespaces ---------------------------

on() {
    node=$1
    shift
    nsenter -n -m -u -t "$node" "$@"
}

# eventually SECONDS WHAT COMMAND ...
eventually() {
    left=$1 what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        if [ "$left" -le 0 ]; then
            on "$NODE2" crm_mon -1 -r 2>&1 | sed 's/^/    /'
            fail "waited in vain until $what"
        fi
        sleep 1
    done
}

camctl() {
    on "$1" "$build/src/camctl/camctl" -s /run/camd/camd.sock "$2" "$3" "${4:---json}"
}
has() { camctl "$1" --json status "$2" | grep -q '"state":"up"'; }
has_not() { ! camctl "$1" --json status "$2" >/dev/null; }
samples() { camctl "$1" --json grid "$2" | sed -n 's/.*"samples":\([0-9]*\).*/\1/p'; }
has_learnt() { [ "$(samples "$1" "$2")" -gt 3 ]; }
is_exported() { [ -s "$work/grids/$1.grid" ]; }

start_camd() {
    mkdir -p "$work/state$2"
    printf '[camd]\nrun_dir = /run/camd\nstate_dir = %s\ncameras_dir = none\nworker_user = none\n[defaults]\ndetector = motion\nfps = 10\n' \
        "$work/state$2" >"$work/camd$2.ini"
    on "$1" env CAMD_LIBEXECDIR="$work/libexec" "$build/src/daemon/camd" -d -c "$work/camd$2.ini" || fail "camd on node$2 does not start"
}

configure() {
    on "$NODE1" crm configure property stonith-enabled=false no-quorum-policy=ignore || fail "the cluster is not configured"
    for camera in yard gate; do
        on "$NODE1" crm configure primitive "$camera" ocf:camd:camera \
            params input="$clip" loop=yes grid_dir="$work/grids" camctl="$build/src/camctl/camctl" \
            op monitor interval=5s timeout=40s op start timeout=40s op stop timeout=90s || fail "$camera is not configured"
    done
    # both begin on the node that will be killed
    on "$NODE1" crm configure location yard-place yard 50: node1
    on "$NODE1" crm configure location gate-place gate 50: node1
}

# All that runs in the node's network, as when its power fails.
kill_node() {
    net=$(readlink "/proc/$1/ns/net")
    kill -9 "$1" # first: it would go on when what it waits for is gone
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/ns/net" 2>/dev/null)" != "$net" ] || kill -9 "${process#/proc/}" 2>/dev/null
    done
}

# Only node2 reaches the camera wanders: its clip is in a directory of that node's own.
move_what_is_dark() {
    on "$NODE2" cp "$clip" /run/camd/wanders.avi
    on "$NODE1" crm configure <<END || fail "wanders is not configured"
primitive wanders ocf:camd:camera \
    params input=/run/camd/wanders.avi loop=yes move_when_dark=3 camctl="$build/src/camctl/camctl" \
    meta migration-threshold=1 failure-timeout=10min \
    op monitor interval=2s timeout=40s op start timeout=40s op stop timeout=90s
location wanders-place wanders 50: node1
commit
END
    eventually 90 "it is found to be dark on node1" on "$NODE1" sh -c \
        'crm_mon -1 -r -f | grep "wanders.*node1" | grep -q "no pictures for [0-9]* s, and move_when_dark is 3"'
    eventually 90 "node2 runs what is dark on node1" has "$NODE2" wanders
    has_not "$NODE1" wanders || fail "wanders runs on both nodes"
    echo "with move_when_dark, a camera that node1 does not reach is moved to node2"
}

inside() {
    echo "both nodes are online"
    start_camd "$NODE1" 1
    start_camd "$NODE2" 2
    on "$NODE1" ocf-tester -n tried -o input="$clip" -o loop=yes -o grid_dir="$work/grids" -o camctl="$build/src/camctl/camctl" \
        /usr/lib/ocf/resource.d/camd/camera >"$work/tester.log" 2>&1 || { cat "$work/tester.log"; fail "ocf-tester"; }
    echo "ocf-tester: $(tail -n 1 "$work/tester.log")"
    configure
    for camera in yard gate; do
        eventually 60 "node1 runs $camera" has "$NODE1" "$camera"
        has_not "$NODE2" "$camera" || fail "$camera runs on both nodes"
        eventually 90 "$camera has learnt something" has_learnt "$NODE1" "$camera"
        eventually 30 "its grid is exported" is_exported "$camera"
    done
    move_what_is_dark
    sleep 6 # another monitor: what is there now is not older than what is looked at below
    before=$(samples "$NODE1" yard)
    echo "node1 runs yard and gate; the grid of yard has $before samples; node1 is killed"
    killed=$(date +%s)
    kill_node "$NODE1"
    for camera in yard gate; do
        eventually 90 "node2 runs $camera" has "$NODE2" "$camera"
    done
    took=$(($(date +%s) - killed)) after=$(samples "$NODE2" yard)
    [ "$after" -gt 3 ] || fail "the grid of yard did not come along: $after samples"
    echo "node2 runs yard and gate after $took s, and the grid of yard has $after samples"
    # one that is dark everywhere stays where it is
    on "$NODE2" crm configure primitive dark ocf:camd:camera params input=rtsp://127.0.0.1:1/x camctl="$build/src/camctl/camctl" \
        op monitor interval=5s timeout=40s op start timeout=40s op stop timeout=90s || fail "dark is not configured"
    eventually 60 "the dark one is started" on "$NODE2" sh -c 'crm_mon -1 | grep -q "dark.*Started node2"'
    sleep 12
    on "$NODE2" sh -c 'crm_mon -1 | grep -q "dark.*Started node2"' || fail "a dark camera was taken for one that does not run"
    ! on "$NODE2" sh -c 'crm_mon -1 -f | grep -q "dark.*fail-count"' || fail "a dark camera was taken for a failed one"
    echo "a camera that is dark is left alone"
}

if [ "${2:-}" = --inside ]; then
    work=$3
    inside
    exit 0
fi

# ---- the machine ---------------------------------------------------------------------------------------------------

work=$(mktemp -d "${TMPDIR:-/tmp}/camd-pacemaker.XXXXXX") || exit 1
installed=
clean_up() {
    [ -z "$installed" ] || rm -rf "$installed"
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/grids" "$work/libexec"
for program in capture/camd-capture tracker/camd-tracker detector/camd-detector; do
    [ ! -x "$build/src/$program" ] || ln -s "$build/src/$program" "$work/libexec/"
done
for program in camd-sync camd-grid camd-events camd-exec; do
    ln -s "$(find "$build/src/daemon" -type f -name "$program" | head -n 1)" "$work/libexec/"
done
# Pacemaker finds agents in one place only.
if [ ! -e /usr/lib/ocf/resource.d/camd ]; then
    installed=/usr/lib/ocf/resource.d/camd
    mkdir -p "$installed"
    install -m 0755 "$here/etc/ocf/camera" "$installed/camera"
fi
cmp -s "$here/etc/ocf/camera" /usr/lib/ocf/resource.d/camd/camera || skip "another agent is installed in /usr/lib/ocf/resource.d/camd"
bash "$here/tests/two_nodes.sh" "$work/nodes" "$here/tests/pacemaker.sh" "$build" --inside "$work" || fail "in the cluster; see above"
