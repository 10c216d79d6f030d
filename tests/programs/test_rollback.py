# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile's folder that is put back to an older copy, and one that runs twice: it heals without a question."""
import os
import shutil
import signal
import sqlite3
import unittest

from friends import Friend
from people import introduce
from relay import Relay, wait_until


def kinds(person):
    return [n["kind"] for n in person.json("notices")["notices"]]


class Rollback(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice, self.bob = (self.enterContext(Friend(n, self.relay)) for n in ("alice", "bob"))
        for person in (self.alice, self.bob):
            person.register()
            person.wait_online()
        introduce(self.alice, self.bob)

    def begin(self, person):
        person.open()
        person.wait_online()

    def say(self, one, other, text):
        one.snug("send", other.name, text)
        wait_until(lambda: text in other.received(), f"{text} arrives", seconds=90)

    def test_a_profile_that_was_put_back_heals_without_a_question(self):
        self.say(self.alice, self.bob, "one")
        self.bob.kill_agent()
        copy = os.path.join(self.bob.folder, "copy")
        shutil.copytree(self.bob.data, copy)
        self.begin(self.bob)
        self.say(self.alice, self.bob, "two")
        self.say(self.bob, self.alice, "lost here")
        self.alice.snug("send", "bob", "three")
        wait_until(lambda: "three" in self.bob.received(), "three arrives")
        self.bob.kill_agent()
        shutil.rmtree(self.bob.data)
        shutil.copytree(copy, self.bob.data)
        self.begin(self.bob)
        wait_until(lambda: "put-back" in kinds(self.bob), "it is noticed", seconds=60)
        self.say(self.bob, self.alice, "four")
        self.say(self.alice, self.bob, "five")
        wait_until(lambda: sorted(self.bob.received()) == ["five", "one", "three", "two"], "all is here again", seconds=120)
        messages = self.bob.json("history", "alice")["messages"]
        wait_until(lambda: any(m.get("elsewhere") == 1 for m in self.bob.json("history", "alice")["messages"]),
                   f"the gap is named: {messages}", seconds=60)
        self.assertIn("[you sent 1 message on another copy of this profile that is not here]", self.bob.snug("history", "alice"))
        self.assertNotIn("sent-twice", kinds(self.alice))
        self.assertEqual(self.alice.received(), ["lost here", "four"])
        self.assertIn("Nothing to do", self.bob.snug("notices"))

    def test_of_two_copies_the_first_falls_silent_until_a_person_goes_on_there(self):
        self.bob.snug("lock")
        twin = self.enterContext(Friend("twin", self.relay))
        twin.phrase = self.bob.phrase
        shutil.rmtree(twin.data)
        shutil.copytree(self.bob.data, twin.data)
        self.begin(self.bob)
        self.begin(twin)
        wait_until(lambda: self.bob.json("status").get("copy") == "running", "the first one notices", seconds=60)
        self.assertIn("displaced", kinds(self.bob))
        self.assertIn("take-over", self.bob.snug("status"))
        self.say(twin, self.alice, "from the twin")
        self.bob.snug("take-over")
        self.bob.wait_online()
        wait_until(lambda: twin.json("status").get("copy") == "running", "the other one notices", seconds=60)
        self.say(self.bob, self.alice, "from the first")
        self.say(self.alice, self.bob, "to the first")
        self.assertNotEqual(self.bob.attempt("take-over").code, 0)


class Leaving(unittest.TestCase):
    """What the relay has of one who has just left: by that he knows his store again."""

    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))
        self.alice.register()
        wait_until(lambda: self.anchor() == 1, "the anchor of the new account is there")

    def anchor(self):
        """How often one was put; the next by itself is ten minutes after the last."""
        store = sqlite3.connect(f"file:{self.relay.data}/relay.db?mode=ro", uri=True)
        try:
            heads = store.execute("SELECT head FROM anchor").fetchall()
        finally:
            store.close()
        return int.from_bytes(heads[0][0], "big") if heads else 0

    def test_puts_the_anchor_at_a_lock_and_at_an_end_but_not_in_a_panic(self):
        pid = self.alice.agent_pid()
        self.alice.snug("links", "new")  # a change of what the anchor is of
        self.assertEqual(self.anchor(), 1)
        self.alice.snug("lock")
        self.assertEqual(self.anchor(), 2)
        self.alice.open()
        wait_until(lambda: self.anchor() == 3, "that of the unlock is there")
        self.alice.snug("links", "new")
        self.alice.kill_agent(signal.SIGTERM)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}/exe"), "the agent ends")
        self.assertEqual(self.anchor(), 4)
        self.alice.open()
        wait_until(lambda: self.anchor() == 5, "that of the next unlock is there")
        self.alice.snug("links", "new")
        self.alice.snug("panic")
        wait_until(lambda: self.alice.json("status")["state"] == "locked", "it is locked")
        self.assertEqual(self.anchor(), 5)


if __name__ == "__main__":
    unittest.main()
