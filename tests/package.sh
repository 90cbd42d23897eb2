#!/bin/sh
# tests/package.sh [-k] - the Debian packages as an administrator meets them, on a machine without the source.
#
# Builds them with etc/package.sh, looks at them with lintian, and installs, uses, upgrades, removes and purges them in
# a root of its own: an overlay over this machine's file system, in namespaces of its own, so that nothing of this
# machine is changed. Needs root, and a kernel that allows both; exit status 77 says that they are missing.
# With -k the packages' directory is kept, and what was said is shown as it comes.
set -u
cd "$(dirname "$0")/.." || exit 1
repository=$(pwd)

keep=no
case ${1:-} in
    -k) keep=yes ;;
    '') ;;
    *)
        echo "usage: sh tests/package.sh [-k]" >&2
        exit 2
        ;;
esac

skip() {
    echo "skip: $*"
    exit 77
}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || skip "needs root, for namespaces and dpkg"
unshare --mount --pid --fork --kill-child true 2>/dev/null || skip "needs namespaces, which this machine does not allow"
for tool in dpkg-buildpackage lintian; do
    command -v "$tool" >/dev/null || skip "needs $tool"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/camd-package-test.XXXXXX") || exit 1
clean_up() {
    if [ "$keep" = yes ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- build --------------------------------------------------------------------------------------------------------

sh etc/package.sh -o "$work/old" || fail "etc/package.sh"
sh etc/package.sh -o "$work/new" -V "$(dpkg-parsechangelog -l etc/debian/changelog -S Version)+later1" >/dev/null ||
    fail "etc/package.sh -V"
tags=$(lintian --allow-root --fail-on error --fail-on warning "$work"/old/*.deb) || fail "lintian: $tags"

# ---- a root of its own --------------------------------------------------------------------------------------------

mkdir "$work/overlay" "$work/files"
cp tests/integration/rtsp_server.py tests/package_inside.sh "$work/files/"
KEEP=$keep unshare --mount --propagation private --pid --fork --kill-child --ipc --uts \
    sh -s "$work" "$repository" <<'END'
work=$1 repository=$2 root=$1/overlay/root
# The upper directory has to be on another file system than an overlay, which this machine's root may be.
mount -t tmpfs tmpfs "$work/overlay" || exit 77
mkdir "$work/overlay/upper" "$work/overlay/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/overlay/upper,workdir=$work/overlay/work" "$root" || exit 77
set -e
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" || true
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/dev"
mkdir "$root/dev/shm" "$root/run/lock"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
# neither the source nor what was built of it is there
mkdir -p "$root/mnt/camd-test"
mount --bind "$work/files" "$root/mnt/camd-test"
mkdir "$work/files/old" "$work/files/new"
mount --bind "$work/old" "$root/mnt/camd-test/old"
mount --bind "$work/new" "$root/mnt/camd-test/new"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
[ ! -d "$root$repository" ] || mount -t tmpfs tmpfs "$root$repository"
cd "$root"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root TERM=dumb KEEP="$KEEP" \
    DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1 sh /mnt/camd-test/package_inside.sh
END
status=$?
[ "$status" -ne 77 ] || skip "needs an overlay file system in a namespace, which this machine does not allow"
[ "$status" -eq 0 ] || fail "the package, in a root of its own"
echo "ok: built, checked, installed, used, upgraded, removed and purged"
