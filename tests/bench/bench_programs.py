#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person waits for: `snug send` with the agent running, to the relay's 202 on loopback (aim: under 20 ms), and the
start of an agent, without Argon2id (aim: under 30 ms). $SNUG_BUILD is the build folder."""
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "programs"))

from friends import Friend  # noqa: E402
from people import introduce  # noqa: E402
from relay import Relay, program  # noqa: E402


def milliseconds(count, run):
    times = []
    for _ in range(count):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


def show(what, times, aim):
    print(f"{what}: median {statistics.median(times):.1f} ms, 95% {times[int(len(times) * 0.95)]:.1f} ms "
          f"(aim: {aim} ms, {statistics.median(times) / aim:.2f} of it)")


def start_agent(person):
    """Until it listens; then it is ended again."""
    reading, writing = os.pipe()
    began = time.perf_counter()
    agent = subprocess.Popen([program("core/agent/snug-agent"), "--ready-fd", str(writing)], env=person.environment,
                             pass_fds=(writing,))
    os.close(writing)
    word = os.read(reading, 100)
    took = (time.perf_counter() - began) * 1000
    os.close(reading)
    assert word == b"ready\n", word
    agent.terminate()
    agent.wait()
    return took


def main():
    with Relay("--registration", "open") as relay, Friend("alice", relay) as alice, Friend("bob", relay) as bob:
        alice.register()
        bob.register()
        introduce(bob, alice)
        command = [program("cli/snug"), "send", "bob", "hello"]
        alice.snug("send", "bob", "first")
        show("snug send", milliseconds(100, lambda: subprocess.run(command, env=alice.environment, check=True)), 20)
        show("snug status", milliseconds(100, lambda: subprocess.run(
            [program("cli/snug"), "status"], env=alice.environment, check=True, stdout=subprocess.DEVNULL)), 20)
        alice.snug("agent", "stop")
        show("agent start", sorted(start_agent(alice) for _ in range(50)), 30)


if __name__ == "__main__":
    main()
