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

# What tests/run.sh installs to build is what the package says it is built with, cmocka and what all have aside.
for package in $(sed -n '/^build_packages="/,/"$/p' tests/run.sh | tr -d '"' | sed 's/^build_packages=//'); do
    case $package in
        gcc | g++ | libc6-dev | ninja-build | libcmocka-dev) continue ;;
    esac
    sed -n '/^Build-Depends:/,/^$/p' etc/debian/control | grep -Eq "[ :]$package( |,|\$)" ||
        fail "etc/debian/control: $package is missing in Build-Depends"
done

# ---- build --------------------------------------------------------------------------------------------------------

sh etc/package.sh -o "$work/old" || fail "etc/package.sh"
sh etc/package.sh -o "$work/new" -V "$(dpkg-parsechangelog -l etc/debian/changelog -S Version)+later1" >/dev/null ||
    fail "etc/package.sh -V"
# Warnings are shown: a program of a part that is being written may lack its manual page, for instance.
lintian --allow-root --fail-on error "$work"/old/*.deb || fail "lintian"

# ---- a root of its own --------------------------------------------------------------------------------------------

mkdir "$work/overlay" "$work/files"
cp tests/integration/rtsp_server.py tests/package_common.sh tests/package_sysv.sh tests/package_systemd.sh "$work/files/"
cat >"$work/in-a-root" <<'END'
work=$1 repository=$2 init=$3 root=$1/overlay/root
# The upper directory has to be on another file system than an overlay, which this machine's root may be.
mount -t tmpfs tmpfs "$work/overlay" || exit 77
mkdir "$work/overlay/upper" "$work/overlay/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/overlay/upper,workdir=$work/overlay/work" "$root" || exit 77
set -e
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" || true
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/dev"
mkdir -p "$root/dev/shm" "$root/run/lock"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
# neither the source nor what was built of it is there
mkdir -p "$root/mnt/camd-test"
mount --bind "$work/files" "$root/mnt/camd-test"
mkdir -p "$work/files/old" "$work/files/new"
mount --bind "$work/old" "$root/mnt/camd-test/old"
mount --bind "$work/new" "$root/mnt/camd-test/new"
# what this root has that the machine has not
mkdir "$root/mnt/camd-changes"
mount --bind "$work/overlay/upper" "$root/mnt/camd-changes"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
[ ! -d "$root$repository" ] || mount -t tmpfs tmpfs "$root$repository"
cd "$root"
in_root() {
    exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root TERM=dumb KEEP="$KEEP" \
        DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1 container=other "$@"
}
[ "$init" = systemd ] || in_root sh /mnt/camd-test/package_sysv.sh

# systemd as process 1, which ends with the test and its exit status
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" || exit 77
: >"$work/said"
cat >"$root/etc/systemd/system/camd-test.service" <<'UNIT'
[Unit]
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
ExecStart=/bin/sh /mnt/camd-test/package_systemd.sh
StandardOutput=append:/mnt/camd-test/said
StandardError=append:/mnt/camd-test/said
TimeoutStartSec=300
UNIT
cat >"$root/etc/systemd/system/camd-test.target" <<'UNIT'
[Unit]
Requires=camd-test.service systemd-journald.service
UNIT
in_root /lib/systemd/systemd --unit=camd-test.target --log-target=null --show-status=no
END

# in_a_root INIT: the exit status of package_INIT.sh, in a new root
in_a_root() {
    KEEP=$keep timeout 600 unshare --mount --propagation private --pid --fork --kill-child --ipc --uts --cgroup \
        sh "$work/in-a-root" "$work" "$repository" "$1"
}
in_a_root sysv
status=$?
[ "$status" -ne 77 ] || skip "needs an overlay file system in a namespace, which this machine does not allow"
[ "$status" -eq 0 ] || fail "the package, in a root of its own with init scripts"
if [ -x /lib/systemd/systemd ]; then
    in_a_root systemd
    status=$?
    cat "$work/files/said"
    [ "$status" -ne 77 ] || skip "init scripts are good, but systemd needs cgroups, which this machine does not allow"
    [ "$status" -eq 0 ] || fail "the package, in a root of its own with systemd"
else
    echo "skip: no systemd here to test the unit with"
fi
echo "ok: built, checked, installed, used, upgraded, removed and purged"
