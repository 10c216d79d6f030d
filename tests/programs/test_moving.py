# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving, with real programs: for another relay while contacts stay, as an account, and as a profile of this machine."""
import json
import os
import signal
import unittest

from friends import Friend
from people import introduce
from relay import PATIENCE, Relay, wait_until


def printed(relay):
    return f"https://127.0.0.1:{relay.port} pin={relay.pin}"


class Two(unittest.TestCase):
    def setUp(self):
        self.first = self.enterContext(Relay("--registration", "open"))
        self.second = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.first))
        self.bob = self.enterContext(Friend("bob", self.first))
        for person in (self.alice, self.bob):
            person.register()
        introduce(self.alice, self.bob)

    def say(self, one, other, text):
        one.snug("send", other.name, text, "--wait", str(2 * PATIENCE))  # who lost a relay looks for it now and then
        wait_until(lambda: text in other.received(), f"{other.name} reads {text}")


class Move(Two):
    def test_two_friends_go_on_talking_when_one_moves_and_moves_back(self):
        self.say(self.alice, self.bob, "before")
        moved = self.alice.json("account", "move", printed(self.second))
        self.assertEqual(moved, {"address": f"alice@127.0.0.1:{self.second.port}"})
        self.assertNotIn("move", self.alice.json("status"))
        self.say(self.alice, self.bob, "from the second")
        self.say(self.bob, self.alice, "to the second")
        self.first.stop()
        self.assertEqual(self.alice.json("contacts")["contacts"][0]["address"], f"bob@127.0.0.1:{self.first.port}")
        self.first.start(listen=f"127.0.0.1:{self.first.port}")
        self.alice.snug("account", "move", printed(self.first))
        self.say(self.bob, self.alice, "at the first again")
        self.say(self.alice, self.bob, "so I am")

    def test_the_agent_is_killed_while_it_moves(self):
        job = self.alice.start("account", "move", printed(self.second))
        self.alice.kill_agent(signal.SIGKILL)
        job.communicate()
        self.alice.open()
        wait_until(lambda: "move" not in self.alice.json("status"), "the move is over")
        if str(self.second.port) not in self.alice.json("status")["address"]:  # killed before it began
            self.alice.snug("account", "move", printed(self.second))
        self.say(self.bob, self.alice, "found you")
        self.say(self.alice, self.bob, "good")

    def test_what_does_not_work_is_said_and_changes_nothing(self):
        carol = self.enterContext(Friend("alice", self.second))
        carol.register()
        address = self.alice.json("status")["address"]
        self.assertIn("taken", self.alice.attempt("account", "move", printed(self.second)).err)
        self.assertEqual(self.alice.json("status")["move"]["error"], "exists")
        self.alice.snug("account", "move", printed(self.first), expect=2)
        self.alice.snug("account", "move", "nonsense://", expect=2)
        wrong = f"https://127.0.0.1:{self.second.port} pin={self.first.pin}"
        self.assertIn("pin", self.alice.attempt("account", "move", wrong).err)
        self.assertEqual(self.alice.json("status")["address"], address)
        self.say(self.alice, self.bob, "still here")


class Delete(Two):
    def test_a_deleted_account_is_gone_and_readable(self):
        self.say(self.bob, self.alice, "hello")
        address = self.alice.json("status")["address"]
        self.alice.snug("account", "delete", expect=2)
        self.alice.snug("account", "delete", "--address", "bob@127.0.0.1", expect=2)
        self.alice.snug("account", "delete", "--address", address)
        self.assertEqual(self.alice.json("status")["deleted"], "done")
        self.assertEqual(self.alice.received(), ["hello"])
        self.assertNotEqual(self.alice.attempt("send", "bob", "x").code, 0)
        self.bob.attempt("send", "alice", "are you there?", "--wait", "1")
        wait_until(lambda: self.bob.json("contacts")["contacts"][0].get("unreachable"), "bob sees that she cannot be reached")
        self.alice.kill_agent()
        self.alice.open()
        self.assertEqual(self.alice.json("status")["deleted"], "done")
        self.assertEqual(self.alice.received(), ["hello"])


class Wipe(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))
        self.alice.register()
        self.profile = os.path.join(self.alice.data, "snug", "default")

    def test_it_needs_the_profiles_name(self):
        self.alice.snug("wipe", expect=2)
        self.alice.snug("wipe", "--yes", "other", expect=2)
        self.alice.snug("rpc", "profile.wipe", '{"profile":""}', expect=2)
        self.assertTrue(os.path.exists(self.profile))

    def test_nothing_is_left_of_an_unlocked_one(self):
        self.alice.snug("wipe", "--yes", "default")
        self.assertFalse(os.path.exists(self.profile))
        self.assertEqual(self.alice.json("status")["state"], "none")
        self.assertEqual(os.listdir(os.path.dirname(self.profile)), ["default.lock"])
        self.alice.snug("wipe", "--yes", "default")
        wait_until(lambda: os.listdir(os.path.dirname(self.profile)) == [], "the lock goes with the agent")

    def test_the_next_agent_has_the_name_to_itself(self):
        self.alice.snug("wipe", "--yes", "default")
        crowd = [self.alice.start("--json", "agent", "start") for _ in range(4)]
        pids = set()
        for one in crowd:
            out, errors = one.communicate()
            self.assertEqual((one.returncode, errors), (0, ""))
            pids.add(json.loads(out)["pid"])
        self.assertEqual(pids, {self.alice.agent_pid()})

    def test_nothing_is_left_of_a_locked_one(self):
        self.alice.snug("lock")
        self.alice.snug("wipe", "--yes", "default")
        self.assertFalse(os.path.exists(self.profile))

    def test_one_that_was_cut_short_opens_for_nobody_and_is_finished(self):
        self.alice.kill_agent()
        os.unlink(os.path.join(self.profile, "slots"))
        self.assertNotEqual(self.alice.attempt("unlock", phrase=self.alice.phrase).code, 0)
        self.alice.snug("wipe", "--yes", "default")
        self.assertFalse(os.path.exists(self.profile))
