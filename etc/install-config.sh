#!/bin/sh
# install-config.sh SOURCE TARGET [MODE] - what `meson install` runs: installs the configuration, but never over one that is there
set -eu
target=${DESTDIR-}$2
if [ -e "$target" ]; then
    echo "Keeping $target; the new one is $1"
    exit 0
fi
mkdir -p "$(dirname "$target")"
cp "$1" "$target"
# it may get passwords, unless told otherwise
chmod "${3:-0640}" "$target"
echo "Installing $1 to $target"
