#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""symbols.py ARCHIVE...: fail when two of our libraries that meet in one program define the same symbol. The linker says
nothing of that: it takes the one it comes across first."""
import subprocess
import sys


def defined(archive):
    # Of the sanitizers' own, each file has a copy that is meant to be one.
    lines = subprocess.run(["nm", "-g", "--defined-only", archive], capture_output=True, text=True, check=True).stdout
    words = [line.split() for line in lines.splitlines()]
    return {w[2] for w in words if len(w) == 3 and w[1] in "TDBR" and not w[2].startswith("__")}


def main(archives):
    owner, status = {}, 0
    for archive in archives:
        for symbol in sorted(defined(archive)):
            if symbol in owner:
                print(f"{symbol}: in {owner[symbol]} and in {archive}", file=sys.stderr)
                status = 1
            owner[symbol] = archive
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
