#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""show_queue.py RELAY_DATA TEXT: print what a relay's database holds in its queues, and look for TEXT in all its files.
What was acknowledged leaves the database within a second or two: waits up to 10 s until one envelope is left."""
import glob
import os
import sqlite3
import sys
import time

folder, text = sys.argv[1], sys.argv[2]
(path,) = glob.glob(os.path.join(folder, "*.db"))
db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
deadline = time.monotonic() + 10


def envelopes():
    return [(table, *row) for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
            for row in db.execute(f"SELECT key, head, body FROM {table} WHERE length(body) IN (4096, 16384, 65536)")]


while len(envelopes()) > 1 and time.monotonic() < deadline:
    time.sleep(0.1)
shown = envelopes()
for table, key, head, body in shown:
    print(f"  {table}: number {key.hex(' ', 4)}")
    print(f"    notes    {head.hex(' ', 4)}")
    print(f"    envelope {body[:40].hex(' ', 4)} ... ({len(body)} bytes)")
print(f"  {len(shown)} sealed envelope{'s' if len(shown) != 1 else ''}")
found = 0
for name in os.listdir(folder):
    file = os.path.join(folder, name)
    if os.path.isfile(file):  # the operator's socket is none
        with open(file, "rb") as f:
            found += text.encode() in f.read()
print(f"  files of the relay in which \"{text}\" stands: {found}")
sys.exit(0 if shown and not found else 1)
