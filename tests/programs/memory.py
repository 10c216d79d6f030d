# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in an agent's memory: the secrets of its profile, asked of a copy, and a look for them."""
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from relay import PATIENCE, program

# What the locked agent keeps (docs/PROTOCOL.md B18.5), or anybody knows, which is in the store as well.
KEPT = ("account.account", "relays.", "meta.", "cursors.", "attachments.mime")
KEYS = ("key.", "account.aik", "account.device_keys", "spks.", "ekss.", "opks.", "sessions.", "tokens.", "contacts.their_token",
        "attachments.key", "attachments.read_secret", "attachments.write_secret")


def windows(name, value):
    """Short pieces of VALUE, of which some lie wholly within each key or word in it."""
    if name.startswith(KEYS):
        pieces = [value[i:i + 16] for i in range(0, min(len(value), 4096) - 15, 8)]
    elif len(value) <= 64:
        pieces = [value]
    else:
        pieces = [value[i:i + 32] for i in (0, len(value) // 2, len(value) - 32)]
    return [p for p in pieces if len(p) >= 8 and len(set(p)) >= min(len(p) // 2, 8)]


class Frozen:
    """`with Frozen(pid):` it does not run, nor change its files."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def secrets_of(person, phrase):
    """{name: set of bytes} of PERSON's profile, whose agent must not write meanwhile."""
    found, kept = {}, b""
    with tempfile.TemporaryDirectory() as copy:
        source = os.path.join(person.environment["XDG_DATA_HOME"], "snug", "default")
        for name in os.listdir(source):
            if os.path.isfile(os.path.join(source, name)) and not name.endswith("-shm"):
                shutil.copy(os.path.join(source, name), copy)
        told = subprocess.run([program("tests/programs/profile-secrets"), copy], input=phrase, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        if told.returncode != 0:
            raise AssertionError(told.stderr)
    rows = [(name, bytes.fromhex(value)) for name, value in (line.split(" ") for line in told.stdout.splitlines())]
    for name, value in rows:
        if name.startswith(KEPT):
            kept += value + b"\0"
    for name, value in rows:
        for piece in windows(name, value) if not name.startswith(KEPT) else ():
            if piece not in kept:
                found.setdefault(name, set()).add(piece)
        if name == "key.db":
            found["key.db-in-words"] = {value.hex().encode(), value.hex().upper().encode()}
    return found


def stack_below(pid):
    """What is on the stack of PID's first thread below what is alive there, the next byte first. It must wait for something."""
    with Frozen(pid):
        where = ["running"]
        while where[0] == "running":
            with open(f"/proc/{pid}/syscall", encoding="ascii") as f:
                where = f.read().split()
        pointer = int(where[-2], 16)
        with open(f"/proc/{pid}/maps", encoding="ascii") as f:
            bottom = next(int(line.split("-")[0], 16) for line in f if line.endswith("[stack]\n"))
        with open(f"/proc/{pid}/mem", "rb") as f:
            f.seek(bottom)
            return f.read(pointer - bottom)[::-1]


def family(pid):
    """PID and the helpers that it has running."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [pid] + [each for child in f.read().split() for each in family(int(child))]


def seen(pid, secrets):
    """{name: where} of what of SECRETS is in the memory of PID."""
    wanted = "".join(f"{name} {piece.hex()}\n" for name, pieces in secrets.items() for piece in pieces)
    told = subprocess.run([program("tests/programs/memory-scan"), str(pid)], input=wanted, capture_output=True, text=True,
                          timeout=3 * PATIENCE, check=False)
    if told.returncode == 3:
        raise unittest.SkipTest("needs root, with the right to trace processes, to read the memory of one that does not want it")
    if told.returncode != 0:
        raise AssertionError(f"memory-scan: {told.returncode} {told.stderr}")
    found = {}
    for line in told.stdout.splitlines():
        name, count, where = line.split(" ", 2)
        found.setdefault(name, []).append(f"{count} at {where}")
    return found


def held(pid, secrets):
    """Where those of SECRETS are that an agent or one of its helpers has."""
    with Frozen(pid):
        return {name: where for each in family(pid) for name, where in seen(each, secrets).items()}
