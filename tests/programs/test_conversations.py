# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations and storage by command: list, choose, draft, delete, clear; asked before anything is lost."""
import unittest

from friends import Friend
from people import introduce
from relay import Relay, wait_until
from test_cli import on_terminal


class Conversations(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))
        self.bob = self.enterContext(Friend("bob", self.relay))
        self.alice.register()
        self.bob.register()
        introduce(self.alice, self.bob)

    def one(self, name="bob"):
        return self.alice.json("conversation", name)["conversation"]

    def labels(self, *options):
        return [v["label"] for v in self.alice.json("conversations", *options)["conversations"]]

    def test_a_conversation_is_listed_read_muted_pinned_and_archived(self):
        alice, bob = self.alice, self.bob
        bob.snug("send", "alice", "hello")
        bob.snug("send", "alice", "are you there?")
        wait_until(lambda: self.one()["unread"] == 2, "Alice has both")
        self.assertIn("2 unread", alice.snug("conversations"))
        self.assertIn("< are you there?", alice.snug("conversations"))
        alice.snug("send", "notes", "milk")
        self.assertEqual(self.labels(), ["Notes to yourself", "Bob"])
        self.assertEqual(self.labels("--unread"), ["Bob"])
        self.assertEqual(self.one("notes")["last"]["state"], "kept")
        alice.snug("conversation", "bob", "pin")
        self.assertEqual(self.labels(), ["Bob", "Notes to yourself"])
        alice.snug("conversation", "bob", "read")
        self.assertEqual(self.one()["unread"], 0)
        alice.snug("conversation", "bob", "unread")
        self.assertIn("marked unread", alice.snug("conversation", "bob"))
        alice.snug("conversation", "bob", "mute", "8h")
        self.assertIn("muted", alice.snug("conversation", "bob"))
        alice.snug("conversation", "bob", "archive")
        self.assertEqual(self.labels(), ["Notes to yourself"])
        self.assertEqual(self.labels("--archived"), ["Bob"])
        alice.snug("conversation", "bob", "unmute")
        bob.snug("send", "alice", "hello?")
        wait_until(lambda: self.labels() == ["Bob", "Notes to yourself"], "Bob is out of the archive")
        page = alice.json("conversations", "--limit", "1")
        self.assertTrue(page["more"])
        below = page["conversations"][0]["contact"]
        self.assertEqual(self.labels("--limit", "1", "--before", below), ["Notes to yourself"])
        alice.snug("conversation", "bob", "fly", expect=2)
        alice.snug("conversation", "nobody", "pin", expect=3)

    def test_a_draft_waits_until_something_is_sent(self):
        alice = self.alice
        alice.snug("conversation", "bob", "draft", "Dear Bob")
        alice.snug("lock")
        alice.open()
        self.assertEqual(alice.snug("conversation", "bob", "draft"), "Dear Bob\n")
        self.assertTrue(self.one()["draft"])
        alice.snug("send", "bob", "Dear Bob, no")
        self.assertEqual(alice.snug("conversation", "bob", "draft"), "")
        alice.snug("conversation", "bob", "draft", "-", stdin="x" * 60001, expect=1)

    def test_nothing_is_deleted_without_a_word(self):
        alice = self.alice
        for i in range(5):
            alice.snug("send", "bob", f"message {i}")
        alice.snug("conversation", "bob", "delete", expect=2)
        self.assertIn("--yes", alice.errors)
        alice.snug("storage", "clear", "--what", "all", expect=2)
        self.assertEqual(len(alice.messages()), 5)
        seen = on_terminal(alice, 200, "conversation", "bob", "clear", answers=[("if you want that", "yes")])
        self.assertIn("All messages with Bob", seen)
        self.assertEqual(alice.messages(), [])
        self.assertEqual(self.labels(), ["Bob"])
        alice.snug("conversation", "bob", "delete", "--yes")
        self.assertEqual(self.labels(), [])
        wait_until(lambda: len(self.bob.received()) == 5, "Bob has them all the same")

    def test_storage_is_shown_and_cleared(self):
        alice = self.alice
        alice.snug("send", "notes", "milk")
        alice.snug("send", "bob", "bread")
        shown = alice.snug("storage")
        self.assertIn("Bob: 1 messages, 5 B of text, 0 files, 0 B\n", shown)
        self.assertIn("database: ", shown)
        alice.snug("storage", "clear", "--what", "all", "--older-than", "1d", "--yes")
        self.assertEqual(len(alice.messages()), 2)
        done = alice.json("storage", "clear", "--what", "all", "--contact", "bob", "--yes")
        self.assertEqual(done, {"messages": 1, "bytes": 5})
        self.assertEqual([text for _, text, _ in alice.messages()], ["milk"])
        alice.snug("storage", "compact")
        alice.snug("storage", "clear", "--what", "everything", "--yes", expect=2)
        alice.snug("storage", "burn", expect=2)
        alice.snug("settings", "keep", "30")
        alice.snug("settings", "mentions-while-muted", "yes")
        self.assertIn("keep: 30 days\nmentions-while-muted: yes\n", alice.snug("settings"))
        alice.snug("conversation", "bob", "keep", "7")
        self.assertEqual(self.one()["keep_days"], 7)
        alice.snug("conversation", "bob", "keep", "default")
        self.assertNotIn("keep_days", self.one())


if __name__ == "__main__":
    unittest.main()
