#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of 100 MiB from one agent to another, beside plain curl that moves the same ciphertext to and from the same relay in
parts of 1 MiB (aim: half as fast or better), and what memory the agents take for it (aim: 16 MB above idle). For curl the
relay's record is rewritten to secrets that are known here. $SNUG_BUILD is the build folder."""
import base64
import glob
import hashlib
import json
import os
import sqlite3
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "programs"))

from helper import status_of  # noqa: E402
from people import Person, introduce  # noqa: E402
from relay import Relay, wait_until  # noqa: E402

MIB = 1024 * 1024
SIZE = 100 * MIB
SECRET = bytes(range(16))
HASH = hashlib.sha256(b"snug/1 blob\0" + SECRET).digest()


def timed(run):
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


class Memory:
    """Of an agent: how far above what it has now it goes."""

    def __init__(self, person):
        self.pid = person.agent_pid()
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="ascii") as f:
            f.write("5")
        self.idle = self.read("VmRSS")

    def read(self, field):
        return int(status_of(self.pid, field).split()[0]) * 1024 / 1e6

    def show(self, whose):
        print(f"memory of the {whose}'s agent: {self.idle:.1f} MB idle, {self.read('VmHWM') - self.idle:.1f} MB more at most (aim: 16)")


def open_record(relay):
    """The blob is ours now, and nothing of it is there. Its id, and its bytes."""
    with sqlite3.connect(glob.glob(os.path.join(relay.data, "*.db"))[0]) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            for row, key, head in db.execute(f"SELECT id, key, head FROM {table}").fetchall():
                if len(head) == 129 and struct.unpack(">Q", head[12:20])[0] > SIZE:
                    head = head[:20] + HASH + HASH + head[84:88] + bytes(32) + b"\0" + head[121:]
                    db.execute(f"UPDATE {table} SET head=? WHERE id=?", (head, row))
                    blob, file = key[-16:], head[:8].hex()
    path = next(p for p in glob.glob(os.path.join(relay.data, "**"), recursive=True) if os.path.basename(p).lstrip("0") == file.lstrip("0"))
    with open(path, "rb") as f:
        content = f.read()
    os.truncate(path, 0)
    return base64.urlsafe_b64encode(blob).decode().rstrip("="), content


def curl(relay, folder, requests):
    """All of them over one connection; each has to succeed."""
    common = (f'insecure\nsilent\nshow-error\nfail\nheader = "Expect:"\nheader = "Content-Type: application/octet-stream"\n'
              f'header = "Authorization: SnugBlob {base64.urlsafe_b64encode(SECRET).decode().rstrip("=")}"\n')
    path = os.path.join(folder, "curl")
    with open(path, "w", encoding="ascii") as f:
        f.write("next\n".join(common + f'url = "https://127.0.0.1:{relay.port}/v1/blobs/{url}"\n{how}\n' for url, how in requests))
    return timed(lambda: subprocess.run(["curl", "-K", path], check=True))


def plain(relay, folder):
    """How long curl takes up, and down."""
    listen = f"127.0.0.1:{relay.port}"
    relay.stop()
    blob, content = open_record(relay)
    relay.start(listen)
    parts = []
    for i in range(0, len(content), MIB):
        part = os.path.join(folder, f"part{i // MIB}")
        with open(part, "wb") as f:
            f.write(content[i:i + MIB])
        parts.append((f"{blob}/{i // MIB}", f'upload-file = "{part}"'))
    done = os.path.join(folder, "done")
    with open(done, "wb") as f:
        f.write(b"\x0a\x20" + hashlib.sha256(content).digest())
    parts.append((f"{blob}/done", f'data-binary = "@{done}"'))
    up = curl(relay, folder, parts)
    got = os.path.join(folder, "got")
    down = curl(relay, folder, [(blob, f'range = "{i}-{min(i + MIB, len(content)) - 1}"\noutput = "{got}"')
                                for i in range(0, len(content), MIB)])
    return up, down


def show(what, seconds, curl_seconds):
    print(f"{what} of 100 MiB: {seconds:.2f} s, {SIZE / MIB / seconds:.0f} MiB/s; curl {curl_seconds:.2f} s: {curl_seconds / seconds:.2f} of its speed "
          "(aim: 0.5)")


def main():
    with Relay("--registration", "open") as relay, Person("alice") as alice, Person("bob") as bob:
        alice.init(relay)
        bob.init(relay)
        introduce(alice, bob)
        path = os.path.join(alice.folder, "large")
        with open(path, "wb") as f:
            f.write(os.urandom(SIZE))
        memory = Memory(alice)
        sending = timed(lambda: alice.run("send", "bob", "--file", path, "--wait", "300", seconds=300))
        memory.show("sender")
        wait_until(lambda: any(m.get("files") for m in bob.history("alice")), "it arrives")
        file = next(m for m in bob.history("alice") if m.get("files"))["files"][0]["id"]
        memory = Memory(bob)
        ask = json.dumps({"attachment": file, "wait_ms": 60000})
        fetching = timed(lambda: bob.run("rpc", "attachment.get", ask, seconds=100))
        memory.show("receiver")
        memory = Memory(bob)
        saving = timed(lambda: bob.run("save", file, bob.folder, seconds=100))
        memory.show("saving receiver")
        up, down = plain(relay, alice.folder)
        show("snug send (sealing, upload, 202)", sending, up)
        show("fetching (download, check)", fetching, down)
        print(f"saving it: {saving:.2f} s")


if __name__ == "__main__":
    main()
