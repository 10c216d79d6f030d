# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages both ways while agents and relay are killed with SIGKILL at random: all there, in order, none twice."""
import os
import random
import threading
import time
import unittest

from people import DONE, QUEUED, Person, introduce
from relay import Relay, wait_until

COUNT = int(os.environ.get("SNUG_KILL_MESSAGES", "1000"))  # both ways together, at the least
KILLS = 8  # at the least: who talks fast has more to say
SEED = int(os.environ.get("SNUG_KILL_SEED", "1"))


class Talker(threading.Thread):
    """Sends numbered texts. A command that was cut off says nothing of whether its text was stored: look before repeating."""

    def __init__(self, person, to, count, enough):
        super().__init__()
        self.person, self.to, self.count, self.enough = person, to, count, enough
        self.texts = []
        self.fault = None

    def send(self, text):
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            outcome = self.person.unlocked("send", self.to, text, "--wait", "0")
            if outcome.code in (DONE, QUEUED):
                return
            page = self.person.unlocked("history", self.to, "--limit", "500", "--json")
            while page.code != DONE and time.monotonic() < deadline:
                page = self.person.unlocked("history", self.to, "--limit", "500", "--json")
            if any(m["text"] == text and m["outgoing"] for m in page.json["messages"]):
                return
        raise AssertionError(f"{text!r} could not be sent: {outcome.code} {outcome.err}")

    def run(self):
        try:
            while len(self.texts) < self.count or not self.enough.is_set():
                self.texts.append(f"{self.person.name} says {len(self.texts)}")
                self.send(self.texts[-1])
        except Exception as fault:  # reported by the test's own thread
            self.fault = fault


class Killed(unittest.TestCase):
    def test_every_message_arrives_once_and_in_order(self):
        chance = random.Random(SEED)
        with Relay("--registration", "open") as relay, Person("alice") as alice, Person("bob") as bob:
            alice.init(relay)
            bob.init(relay)
            introduce(alice, bob)
            enough = threading.Event()
            talkers = [Talker(alice, "bob", COUNT // 2, enough), Talker(bob, "alice", COUNT - COUNT // 2, enough)]
            for talker in talkers:
                talker.start()
            kills = 0
            listen = f"127.0.0.1:{relay.port}"
            while any(talker.is_alive() for talker in talkers):
                time.sleep(chance.uniform(0.2, 1.5))  # the rhythm of the killing, not a wait for anything
                victim = chance.choice((alice, bob, relay))
                if victim is relay:
                    relay.kill()
                    relay.start(listen)
                else:
                    victim.kill_agent()
                kills += 1
                if kills == KILLS:
                    enough.set()
            for talker in talkers:
                talker.join()
                if talker.fault is not None:
                    raise talker.fault
            for receiver, sender, talker in ((bob, "alice", talkers[0]), (alice, "bob", talkers[1])):
                for person in (receiver, talker.person):
                    person.unlocked("contacts")  # the last victim may be one of them
                try:
                    wait_until(lambda r=receiver, s=sender, t=talker: len(r.texts(s)) >= len(t.texts), "all arrive", 120)
                except AssertionError:
                    here = receiver.texts(sender)
                    there = talker.person.history(talker.to)
                    lost = [(m["state"], m["text"]) for m in there if m["outgoing"] and m["text"] not in here]
                    gaps = sum(m["state"] in ("gap", "gone") for m in receiver.history(sender))
                    raise AssertionError(f"{receiver.name} lacks {len(lost)} of {sender}'s, and knows of {gaps} gaps: {lost[:9]} "
                                         f"{receiver.unlocked('status', '--json').out}{talker.person.unlocked('status', '--json').out}")
                self.assertEqual(receiver.texts(sender), talker.texts)
                self.assertEqual(talker.person.texts(talker.to, outgoing=True), talker.texts)


if __name__ == "__main__":
    unittest.main()
