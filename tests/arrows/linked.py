#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which libraries meet in one process (docs/PROTOCOL.md, libsignal, rule L15).

libsqlite3 and libsqlcipher export the same 225 functions, so no program may load both. libsodium and
libsignal-protocol-c both export crypto_hash_sha512; the one that is linked first is everybody's, and
that is to be libsodium. libsignal-protocol-c brings an old libprotobuf-c, exports it and calls it
through its PLT: whichever is linked first parses everybody's messages, and that is to be the
distribution's. And the window has no crypto, no database and no network of its own: libsodium is for memory that is wiped.
Usage: linked.py BUILD-FOLDER
"""
import os
import re
import subprocess
import sys


def programs(folder):
    for top, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith("meson-")]
        for name in sorted(files):
            path = os.path.join(top, name)
            if os.path.islink(path) or not os.access(path, os.X_OK):
                continue
            with open(path, "rb") as f:
                if f.read(4) == b"\x7fELF":
                    yield path


def loaded(path):
    """Everything the program loads, by itself or through others."""
    out = subprocess.run(["ldd", path], capture_output=True, text=True)
    return re.findall(r"^\s*(lib\S+?)\.so", out.stdout, re.M)


def needed(path):
    """What the program itself names, in the order in which symbols are looked for."""
    out = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True)
    return re.findall(r"\(NEEDED\).*\[(lib\S+?)\.so", out.stdout)


NOT_IN_WINDOW = {"libsqlite3", "libsqlcipher", "libsignal-protocol-c", "libcurl", "libssl", "libcrypto", "libsoup-3.0"}


def judge(libraries, order, program=""):
    if program == "snug-desktop" and NOT_IN_WINDOW & set(order):
        return f"links {', '.join(sorted(NOT_IN_WINDOW & set(order)))}"
    if {"libsqlite3", "libsqlcipher"} <= set(libraries):
        return "loads libsqlite3 and libsqlcipher"
    if "libsignal-protocol-c" in order:
        for first in ["libsodium", "libprotobuf-c"]:
            if first not in order or order.index(first) > order.index("libsignal-protocol-c"):
                return f"links libsignal-protocol-c before {first}"
    return None


def self_check():
    assert judge(["libsqlite3", "libc"], ["libsqlite3"]) is None
    assert judge(["libc", "libsqlcipher", "libsqlite3"], ["libsqlcipher"])
    assert judge([], ["libsodium", "libprotobuf-c", "libsignal-protocol-c"]) is None
    assert judge([], ["libprotobuf-c", "libsignal-protocol-c", "libsodium"])
    assert judge([], ["libsodium", "libsignal-protocol-c", "libprotobuf-c"])
    assert judge([], ["libsodium", "libsignal-protocol-c"])
    assert judge([], ["libsignal-protocol-c"])
    assert judge([], ["libgtk-4", "libcurl"], "snug-desktop")
    assert judge([], ["libgtk-4", "libcurl"], "snug-agent") is None


def main():
    self_check()
    wrong = count = 0
    for path in programs(sys.argv[1]):
        count += 1
        fault = judge(loaded(path), needed(path), os.path.basename(path))
        if fault:
            wrong += 1
            print(f"{path} {fault}")
    print(f"{count} programs looked at")
    return 1 if wrong or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
