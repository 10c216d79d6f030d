# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the other scripts: packages and build folders.

cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.." || exit 1

# packages_of SECTION...: the names in those sections of scripts/packages
packages_of() {
    local section
    for section in "$@"; do
        sed -n "/^\[$section\]/,/^\[/{/^[a-z0-9]/p}" scripts/packages
    done
}

# need SECTION...: install what is missing; without root, say what that is. Asks no network when all is there.
need() {
    local missing name
    missing=$(for name in $(packages_of "$@"); do
        dpkg-query -W -f='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
    done)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "Missing packages, install them as root first: apt-get install" $missing >&2
        exit 1
    fi
    echo "Installing:" $missing >&2
    apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
        echo "The packages could not be installed." >&2
        exit 1
    }
}

# build FOLDER [meson option...]: set up once, then compile what changed. Quiet when all goes well.
build() {
    local folder=$1 log
    shift
    log=$(mktemp)
    if [ ! -f "$folder/build.ninja" ]; then
        echo "Setting up $folder ..." >&2
        # The system's python: Debian's meson does not know another one that may come first in PATH.
        meson setup "$folder" "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 1; }
    fi
    if ! ninja -C "$folder" -n 2>/dev/null | grep -q 'no work to do'; then
        echo "Building $folder ..." >&2
    fi
    ninja -C "$folder" >"$log" 2>&1 || { grep -vE '^\[[0-9/]+\] (Comp|Gen|Link)' "$log" >&2; rm -f "$log"; exit 1; }
    rm -f "$log"
}
