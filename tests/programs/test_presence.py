# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is here and who is typing, between two agents at a relay: told to whom it was turned on for, and gone with a lock."""
import time
import unittest

from friends import Friend, Lines
from relay import Relay, wait_until


class Presence(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))
        self.bob = self.enterContext(Friend("bob", self.relay))
        self.alice.register("--presence", "chosen")
        self.bob.register()
        self.bob.snug("add", self.alice.json("link")["link"])
        wait_until(lambda: self.alice.json("requests")["requests"], "the request came")

    def befriend(self, *options):
        self.alice.snug("accept", "bob", *options)
        wait_until(lambda: self.bob.json("contacts", "--state", "accepted")["contacts"], "accepted")
        self.alice.snug("send", "bob", "hello")
        self.bob.wait_received("hello")

    def seen(self):
        return self.bob.json("rpc", "presence.get", '{"contact": "alice"}')

    def wait_seen(self, state):
        wait_until(lambda: self.seen()["state"] == state, f"bob sees alice {state}")

    def test_is_told_to_who_may_know_until_the_lock(self):
        self.befriend("--presence", "yes")
        listener = Lines(self.bob.start("listen", "--since", "now", "--presence"))
        self.addCleanup(listener.stop)
        self.wait_seen("online")
        self.assertIn("online", self.bob.snug("contacts"))
        self.assertEqual(self.alice.json("rpc", "presence.get", '{"contact": "bob"}')["state"], "unknown")
        with self.bob.rpc() as rpc:
            rpc.call("subscribe", topics=["presence"])
            self.alice.snug("presence", "busy", "--text", "cooking")
            told = rpc.next("presence")
            self.assertEqual((told["state"], told["text"], told["typing"]), ("busy", "cooking", False))
            self.assertTrue(told["label"].lower().startswith("alice"))
            before = time.monotonic()
            self.alice.snug("lock")
            self.assertLess(time.monotonic() - before, 9)
            self.assertEqual(rpc.next("presence")["state"], "offline")
        wait_until(lambda: any(line.lower().startswith("* alice") and ": offline" in line for line in listener.lines), "the listener told it")
        self.assertTrue(any(": busy (cooking)" in line for line in listener.lines))
        self.alice.open()
        self.assertEqual(self.alice.json("presence")["state"], "busy")
        self.wait_seen("busy")
        self.alice.snug("tell", "bob", "--presence", "off")
        self.wait_seen("offline")

    def test_is_told_to_nobody_unasked(self):
        self.befriend("--presence", "no")
        self.assertIn("they do not see it", self.alice.snug("tell", "bob"))
        time.sleep(9)  # longer than what may be told takes
        self.assertEqual(self.seen()["state"], "unknown")
        self.bob.snug("tell", "alice", "--presence", "on", expect=1)  # for Bob it is nobody
        self.assertIn("nobody", self.bob.errors.lower())
        self.bob.snug("presence", "sleeping", expect=2)

    def test_typing_comes_and_goes_with_the_message(self):
        self.befriend()
        self.alice.snug("typing", "bob")
        self.alice.snug("settings", "typing", "on")
        with self.bob.rpc() as rpc:
            rpc.call("subscribe", topics=["presence"])
            self.alice.snug("typing", "bob")
            self.assertTrue(rpc.next("presence")["typing"])
            self.alice.snug("send", "bob", "there you are")
            self.assertFalse(rpc.next("presence")["typing"])
        self.bob.wait_received("hello", "there you are")

    def test_a_relay_that_is_gone_holds_up_no_lock(self):
        self.befriend("--presence", "yes")
        self.wait_seen("online")
        self.relay.stop()
        before = time.monotonic()
        self.alice.snug("lock")
        self.alice.snug("agent", "stop")
        self.assertLess(time.monotonic() - before, 9)
