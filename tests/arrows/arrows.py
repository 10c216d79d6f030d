#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout is the architecture: fails on an include against the arrows.

    gui, cli -> core/rpc        core/agent -> core -> crypto -> wire        relay -> wire

Nothing points up. Includes are written from the root, and a library that is to be replaceable is included by the files
named here only.
"""
import os
import re
import sys

# Who may include what, by the longest matching folder. wire is for everybody.
ARROWS = {
    "wire": ["wire"],
    "crypto": ["crypto", "wire"],
    "core": ["core", "crypto", "wire"],
    "core/agent": ["core/agent", "core/keyring", "core/watch", "core/media", "core/rpc", "core", "crypto", "wire"],
    "core/rpc": ["core/rpc", "wire"],
    "core/media": ["core/media", "wire"],
    "core/keyring": ["core/keyring", "wire"],
    "core/watch": ["core/watch", "core/keyring", "wire"],
    "relay": ["relay", "wire"],
    "cli": ["cli", "core/rpc", "wire"],
    "gui": ["gui", "core/rpc", "wire"],
    "tests": ["tests", "cli", "gui", "relay", "core/agent", "core/rpc", "core/media", "core/keyring", "core/watch", "core", "crypto", "wire"],
}

# Headers of these libraries (by a pattern on what stands between < and >) belong to these files alone, tests aside.
OWNERS = {
    r"(signal_protocol|session_|key_helper|protocol|curve|ratchet|hkdf)\w*\.h|signal/.*": r"crypto/signal_glue\w*\.[ch]",
    r"sqlcipher/.*": r"core/(db|db_statements|accumulator)\.c",
    r"sqlite3\.h": r"relay/store_sqlite\w*\.c",
    r"curl/.*": r"core/relay_client_curl(_set\.c|_inside\.h|\.c)",
    r"openssl/(ssl|err|x509|pem|bio)\w*\.h": r"relay/tls\w*\.[ch]|relay/http2\.c",
    r"openssl/(evp|sha|hmac)\.h": r"crypto/.*|relay/tls\w*\.c|relay/blob_files_disk\.c",
    r"jansson\.h": r"core/agent/.*|core/rpc/.*|cli/.*|gui/.*",
    r"qrencode\.h": r"cli/qr\.c|gui/.*",
    r"(gtk|adwaita|glib|gio)\b.*": r"gui/.*|core/media/.*",
    r"libsecret/.*": r"core/keyring/service\.c",
    r"gdk-pixbuf/.*": r"core/media/pixbuf\.c",
    r"systemd/.*": r"core/watch/buses\.c",
    r"zbar\.h": r"core/media/qr_reader\.c",
    r"zxcvbn\.h": r"core/rpc/strength\.c",
    r"seccomp\.h": r".*/sandbox\.c|core/agent/jail\w*\.[ch]",
    r"sys/socket\.h": r"core/agent/.*|core/rpc/.*|core/relay_client_curl\w*\.c|relay/(admin|conn|listen|server)\w*\.[ch]",
}

# What would decode a file, or fetch one, in the window: that is for snug-media and the agent.
NOT_IN_GUI = re.compile(r"\b(gdk_texture_new_from_\w+|gdk_pixbuf_(new|animation|loader)\w*|gtk_\w+_(set|new_for|new_from)_(file|filename)"
                        r"|gtk_media_file_\w+|(uri)?decodebin\w*|playbin\w*|g_socket_\w+|g_network_\w+)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)


def place(path):
    """The longest folder of ARROWS that holds PATH, or None."""
    folder = os.path.dirname(path)
    while folder and folder not in ARROWS:
        folder = os.path.dirname(folder)
    return folder or None


def faults(path, text, exists):
    home = place(path)
    if home == "gui":
        for call in NOT_IN_GUI.finditer(text):
            yield f"{path}: {call.group(0)} is not for the window"
    for own, system in INCLUDE.findall(text):
        if own:
            target = place(own)
            if not exists(own):
                yield f'{path}: "{own}" is not written from the root, or not there'
            elif home is None or target not in ARROWS[home]:
                yield f'{path}: may not include "{own}"'
        elif home != "tests":
            for pattern, owners in OWNERS.items():
                if re.fullmatch(pattern, system) and not re.fullmatch(owners, path):
                    yield f"{path}: <{system}> belongs to {owners}"


def sources(root):
    for top in ("wire", "crypto", "core", "relay", "cli", "gui", "tests"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def self_test():
    """Planted wrong arrows are found, right ones are not."""
    there = lambda _: True
    wrong = [("relay/x.c", '#include "crypto/kdf.h"'), ("cli/x.c", '#include "core/db.h"'),
             ("crypto/x.c", '#include "core/db.h"'), ("wire/x.h", '#include "relay/service.h"'),
             ("core/rpc/x.c", '#include "core/engine.h"'), ("core/x.c", '#include "core/agent/loop.h"'),
             ("core/x.c", "#include <sqlcipher/sqlite3.h>"), ("crypto/x.c", "#include <signal/signal_protocol.h>"),
             ("gui/x.c", "#  include \"crypto/secret.h\""), ("gui/x.c", "t = gdk_texture_new_from_bytes(b, NULL);"),
             ("gui/x.c", '"uridecodebin3 name=in"'), ("gui/x.c", "#include <gdk-pixbuf/gdk-pixbuf.h>")]
    right = [("core/agent/x.c", '#include "core/engine.h"'), ("crypto/signal_glue.c", "#include <signal/signal_protocol.h>"),
             ("tests/core/x.c", '#include "relay/service.h"'), ("cli/x.c", '#include "core/rpc/connect.h"')]
    for path, text in wrong:
        assert list(faults(path, text, there)), f"not found: {path} {text}"
    for path, text in right:
        assert not list(faults(path, text, there)), f"wrongly found: {path} {text}"
    assert list(faults("core/x.c", '#include "db.h"', lambda _: False))


def main(root):
    self_test()
    generated = re.compile(r"wire/\w+\.pb-c\.h$|core/agent/\w+_table\.h$")
    exists = lambda p: os.path.exists(os.path.join(root, p)) or generated.match(p)
    count, bad = 0, []
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as f:
            text = f.read()
        count += 1
        if "SPDX-License-Identifier: GPL-3.0-or-later" not in text[:200]:
            bad.append(f"{path}: no SPDX line")
        bad += faults(path, text, exists)
    print("\n".join(bad) or f"{count} files, every arrow points the right way")
    return 1 if bad or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
