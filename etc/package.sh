#!/bin/sh
# etc/package.sh [-o DIRECTORY] [-V VERSION] - Debian packages of this tree: sh etc/package.sh
#
# Installs what is missing to build (as root), builds in a temporary directory without touching the tree, and leaves
# camd_*.deb, camd-mqtt_*.deb, camd-web_*.deb, libcamd0_*.deb, libcamd-dev_*.deb and python3-camd_*.deb in DIRECTORY (the
# current one), and camd-detector_*.deb where OpenCV is there to build it. VERSION, such as 0.1.0+local1, is for a build of
# one's own; otherwise it is that of etc/debian/changelog.
set -eu
output=. version=""

usage() {
    echo "usage: sh etc/package.sh [-o DIRECTORY] [-V VERSION]" >&2
    exit 2
}
while getopts o:V: option; do
    case $option in
        o) output=$OPTARG ;;
        V) version=$OPTARG ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || usage

fail() {
    echo >&2
    echo "No package was built: $1" >&2
    [ -n "${2:-}" ] && tail -n 40 "$2" | sed 's/^/    /' >&2
    exit 1
}

mkdir -p "$output" || fail "$output is no directory that can be written to; name another one with -o"
output=$(realpath "$output")
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/camd-package.XXXXXX") || fail "no temporary directory can be made in ${TMPDIR:-/tmp}"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- what is needed to build -------------------------------------------------------------------------------------

command -v dpkg-query >/dev/null || fail "this is not Debian or one of its descendants: use meson install, see README.md"
# dpkg's own list of what is to be built with, and what makes a package of it
build_depends() {
    sed -n '/^Build-Depends:/,/^$/p' etc/debian/control | tr ',' '\n' | sed 's/^Build-Depends://; s/(.*)//; s/:any//; /debhelper-compat/d'
}
needed="gcc libc6-dev ninja-build dpkg-dev fakeroot debhelper $(build_depends | grep -v '<')"
for_detector=$(build_depends | sed -n 's/ *<!pkg.camd.nodetector>//p')
is_installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}
# missing_of PACKAGE ...: those that are not installed
missing_of() {
    for package; do
        is_installed "$package" || printf ' %s' "$package"
    done
}
# shellcheck disable=SC2086 # the words of the lists are separate arguments
missing=$(missing_of $needed) no_detector=$(missing_of $for_detector)
if [ -n "$missing" ]; then
    [ "$(id -u)" -eq 0 ] || fail "packages are missing. As root: apt-get install --no-install-recommends$missing"
    echo "Installing$missing"
    # shellcheck disable=SC2086
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing; } \
        >"$work/apt.log" 2>&1 || fail "the packages could not be installed:" "$work/apt.log"
fi

# ---- a copy of the tree, with debian/ in it ----------------------------------------------------------------------

tree=$work/camd
mkdir "$tree"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard
else
    find . -type f ! -path './.git/*' -print0
fi | tar -c --null --ignore-failed-read --files-from=- -f - 2>/dev/null | tar -x -C "$tree" -f -
cp -r etc/debian "$tree/debian"

project=$(sed -n "s/^ *version: '\([0-9.]*\)',\$/\1/p" meson.build | head -n 1)
latest=$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Version)
case $latest in
    "$project"*) ;;
    *) fail "meson.build says version $project, etc/debian/changelog $latest: add an entry for $project to the changelog" ;;
esac
if [ -n "$version" ]; then
    dpkg --validate-version "$version" || fail "$version is no version of a Debian package; such as $latest+local1 is one"
    dpkg --compare-versions "$version" gt "$latest" || fail "$version is not newer than $latest, the changelog's version"
    {
        printf 'camd (%s) UNRELEASED; urgency=medium\n\n  * Built locally.\n\n' "$version"
        printf ' -- %s  %s\n\n' "$(dpkg-parsechangelog -l etc/debian/changelog -S Maintainer)" "$(date -R)"
        cat etc/debian/changelog
    } >"$tree/debian/changelog"
fi

# ---- the packages -------------------------------------------------------------------------------------------------

echo "Building camd ${version:-$latest}"
if [ ! -f src/detector/meson.build ] || [ -n "$no_detector" ]; then
    DEB_BUILD_PROFILES="${DEB_BUILD_PROFILES:-} pkg.camd.nodetector"
    export DEB_BUILD_PROFILES
    [ -z "$no_detector" ] || echo "(without camd-detector, for which these packages are missing:$no_detector)"
fi
: "${DEB_BUILD_OPTIONS=noautodbgsym}"
export DEB_BUILD_OPTIONS
(cd "$tree" && LC_ALL=C.UTF-8 dpkg-buildpackage --build=binary --no-sign) >"$work/build.log" 2>&1 ||
    fail "the build failed:" "$work/build.log"

for package in "$work"/*.deb; do
    cp "$package" "$output/"
    echo "$output/${package##*/}"
done
cat <<END

As root, apt-get install $output/camd_${version:-$latest}_$(dpkg --print-architecture).deb
installs camd with all that it needs, and starts it.
END
