#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop program with a profile of 1,000,000 messages and a running agent: from its start to the first usable frame (the
conversations are there, and the newest messages of the one that was open), what memory it takes on X11 and on Wayland, and what
an idle window costs; and the agent's part of a jump. The window's part, and scrolling: the benchmark log. $SNUG_BUILD is the
build folder.

Idle, the window wakes up once a second, to see whether the agent answers. On these displays nothing has the keyboard: where the
cursor is in a field, GTK draws each frame of its blinking for 10 s after the last key, which is not in the figure."""
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "programs"))

from desktop import Desktop, Display, Owner, poll  # noqa: E402
from friends import Rpc  # noqa: E402
from helper import status_of  # noqa: E402
from people import PHRASE, introduce  # noqa: E402
from relay import Relay, program  # noqa: E402

MESSAGES = 1000000
STARTS = 5
IDLE_SECONDS = 5
JUMPS = 60
AROUND = 20  # messages at each side, as in gui/models/history.c
MEGABYTE = 1e6


def fill(person):
    person.kill_agent()
    began = time.perf_counter()
    subprocess.run([program("tests/bench/fill-profile"), person.environment["SNUG_PROFILE"], str(MESSAGES)], input=PHRASE + "\n",
                   env=person.environment, text=True, check=True, stdout=subprocess.DEVNULL)
    print(f"({MESSAGES:,} messages written in {time.perf_counter() - began:.0f} s)")
    person.unlock()


def cpu_seconds(pid):
    """By the clock of that process: what /proc tells is in steps of 10 ms, more than a window that rests takes in a minute."""
    return time.clock_gettime(~pid << 3 | 2)


def memory(pid):
    return int(status_of(pid, "VmRSS").split()[0]) * 1024 / MEGABYTE


def show(what, value, unit, limit):
    print(f"{what}: {value:.1f} {unit} (limit {limit:g}): {value / limit:.2f} of it")


def first_frame(desktop):
    """Milliseconds from the start of the program to the frame with the conversations in it, as it says itself; None: not
    yet."""
    for line in desktop.said().splitlines():
        if "first usable frame after " in line:
            return float(line.rsplit("after ", 1)[1].split()[0])
    return None


def measure(person, display, limit):
    """Starts, then memory and idling of the last one."""
    times = []
    for left in reversed(range(STARTS)):
        with Desktop(person, display, messages="snug") as desktop:
            times.append(poll(lambda: first_frame(desktop), "the first usable frame", 60))
            desktop.see("list", "Conversations")
            if left == 0:
                rest(desktop, display.kind, limit)
    if display.kind == "x11":
        show("start to first usable frame, best", min(times), "ms", 500)
        show(f"start to first usable frame, median of {STARTS}", sorted(times)[STARTS // 2], "ms", 500)
    else:
        print(f"start to first usable frame on Wayland, median: {sorted(times)[STARTS // 2]:.1f} ms")


def rest(desktop, kind, limit):
    pid = desktop.process.pid
    show(f"resident on {kind}", memory(pid), "MB", limit)
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(IDLE_SECONDS)  # this is what is measured
    show(f"idle on {kind}", 100 * (cpu_seconds(pid) - before) / (time.monotonic() - began), "% of a core", 1)


def answers(person):
    """The two pages that a window asks for when it goes to a message anywhere, one after the other."""
    places = random.Random(1)
    times = []
    with Rpc(os.path.join(person.environment["XDG_RUNTIME_DIR"], "snug", person.environment["SNUG_PROFILE"] + ".sock")) as rpc:
        long = rpc.call("message.get", message="message-1")["result"]["message"]["contact"]
        for _ in range(JUMPS):
            place = f"message-{places.randrange(1, MESSAGES)}"
            began = time.perf_counter()
            pages = [rpc.call("message.list", contact=long, limit=AROUND, **{side: place})["result"] for side in ("before", "after")]
            times.append(1000 * (time.perf_counter() - began))
            assert any(page["messages"] for page in pages)
    show("the agent's part of a jump, mean", sum(times) / JUMPS, "ms", 150)
    show("the agent's part of a jump, p95", sorted(times)[JUMPS * 95 // 100], "ms", 150)


def main():
    with Relay("--registration", "open") as relay, Owner("alice", relay) as alice, Owner("bob", relay) as bob:
        alice.init(relay)
        bob.init(relay)
        introduce(alice, bob)
        fill(alice)
        answers(alice)
        for kind, limit in (("x11", 160), ("wayland", 100)):
            with Display(kind) as display:
                measure(alice, display, limit)


if __name__ == "__main__":
    main()
