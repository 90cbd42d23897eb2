#!/bin/sh
# tests/bits32.sh - camd on a machine of 32 bits: built with warnings as errors and unit-tested in a root of i386
#
# A kernel of amd64 runs the programs of i386. The root is made with debootstrap from where this machine has its packages,
# in a mount namespace of its own, and is removed at the end. Exit status 77 says what is missing.
set -u
cd "$(dirname "$0")/.." || exit 1
repository=$(pwd)

skip() {
    echo "skip: $*"
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
[ "$(dpkg --print-architecture)" = amd64 ] || skip "needs amd64, whose kernel runs programs of i386"
command -v debootstrap >/dev/null || skip "needs debootstrap"
if [ "${1:-}" != in-a-namespace ]; then
    unshare --mount true 2>/dev/null || skip "needs mounts of its own"
    work=$(mktemp -d "${TMPDIR:-/tmp}/camd-bits32.XXXXXX") || exit 1
    trap 'rm -rf --one-file-system "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    unshare --mount --propagation private --pid --fork --kill-child sh tests/bits32.sh in-a-namespace "$work"
    exit
fi

root=$2/root
# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
# shellcheck disable=SC2016 # apt's own word
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' "Codename: $codename" | head -n 1)
[ -n "$mirror" ] || skip "apt names no source of $codename"
packages=$(sed -n '/^build_packages="/,/"$/p' tests/run.sh | tr -d '"\n' | sed 's/^build_packages=//')
debootstrap --arch=i386 --variant=minbase "$codename" "$root" "$mirror" >"$2/debootstrap.log" 2>&1 || {
    tail -n 3 "$2/debootstrap.log"
    skip "debootstrap cannot make a root of i386"
}
[ ! -f /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$root/etc/apt/"
cp /etc/resolv.conf "$root/etc/"
set -e
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mkdir "$root/source"
mount --bind -o ro "$repository" "$root/source"

in_root() {
    chroot "$root" /usr/bin/linux32 /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
        DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1 "$@"
}
# the words of the list are separate arguments
# shellcheck disable=SC2086
in_root apt-get -q install -y --no-install-recommends $packages python3 ffmpeg >"$2/packages.log" 2>&1 || {
    tail -n 5 "$2/packages.log"
    exit 1
}
in_root meson setup /build /source --werror
in_root ninja -C /build
in_root meson test -C /build --no-rebuild --print-errorlogs --no-suite eval --no-suite oracle --no-suite python -t 4
