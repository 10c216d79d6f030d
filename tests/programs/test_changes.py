# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to messages, as people see it in their terminals: answers, edits, deletions, reactions, pins, forwarding."""
import json
import re
import unittest

from friends import Friend
from people import introduce
from relay import Relay, wait_until


class Changes(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice, self.bob = (self.enterContext(Friend(name, self.relay)) for name in ("alice", "bob"))
        for friend in (self.alice, self.bob):
            friend.register()
        introduce(self.alice, self.bob)

    def say(self, one, other, text, *options):
        one.snug("send", other.name, text, *options)
        other.wait_received(text)

    def shows(self, friend, *words):
        wait_until(lambda: all(word in friend.snug("history") for word in words), f"{friend.name} sees {words}")

    def newest(self, friend):
        return friend.json("history")["messages"][-1]

    def test_a_conversation_with_everything(self):
        self.say(self.alice, self.bob, "what time?")
        number = re.match(r"#(\d+) ", self.bob.snug("history", "alice", "--ids").splitlines()[-1]).group(1)

        self.bob.snug("reply", number, "at nine")
        self.shows(self.alice, ', answering "what time?": at nine')
        quote = self.newest(self.alice)["quote"]
        self.assertEqual((quote["state"], quote["text"], quote["outgoing"]), ("here", "what time?", True))

        self.bob.snug("edit", "last", "at *ten*", "--markdown")
        self.shows(self.alice, ": at ten  (edited)")
        edited = self.newest(self.alice)
        self.assertEqual(edited["ranges"], [{"start": 3, "length": 3, "kind": "bold"}])
        self.assertEqual((edited["versions"], edited["quote"]["state"]), (1, "here"))
        self.assertIn("at nine", self.alice.snug("versions", "last:bob"))
        self.alice.snug("edit", edited["id"], "at eleven", expect=1)

        self.alice.snug("react", "last:bob", "\N{THUMBS UP SIGN}")
        self.shows(self.bob, "  [\N{THUMBS UP SIGN} ")
        self.alice.snug("react", "last:bob", "")
        wait_until(lambda: "\N{THUMBS UP SIGN}" not in self.bob.snug("history"), "the reaction goes")
        self.alice.snug("react", "last", "\x1b[1m", expect=2)

        self.alice.snug("pin", number)
        self.shows(self.bob, "what time?  (pinned)")
        self.assertIn("what time?", self.bob.snug("pins", "alice"))
        self.bob.snug("unpin", number)
        wait_until(lambda: self.alice.json("pins", "bob")["messages"] == [], "the pin goes")

        self.bob.snug("delete", "last:alice", "--for-everyone")
        self.shows(self.alice, "[deleted by its sender]")
        self.assertNotIn("at ten", self.alice.snug("rpc", "message.list", "{}"))
        self.shows(self.bob, "[you deleted this for everyone]")

    def test_what_is_sent_on(self):
        self.say(self.alice, self.bob, "the plan, @bob", "--mention", "bob")
        said = self.newest(self.bob)
        self.assertTrue(said["mentions_me"])
        self.assertEqual([(m["start"], m["length"]) for m in said["mentions"]], [(10, 4)])
        self.bob.snug("forward", "last", "notes", "alice")
        self.shows(self.alice, ", forwarded: the plan, @bob")
        self.assertEqual(self.newest(self.alice)["mentions"], [])
        note = self.bob.json("history", "notes")["messages"][-1]
        self.assertEqual((note["state"], note["forwarded"]), ("kept", True))
        self.bob.snug("forward", "last", "alice", "nobody", expect=3)

        self.bob.snug("share-contact", "alice", "notes")
        self.shows(self.alice, f"[contact: Bob <snug:bob@127.0.0.1:{self.relay.port}?")
        card = self.newest(self.alice)
        self.assertEqual((card["type"], card["card"]["name"]), ("contact", "Bob"))
        self.assertNotIn("t=", card["card"]["link"])
        self.assertEqual(card["card"]["contact"], card["contact"])

        self.say(self.bob, self.alice, "it was ||the butler||", "--wait", "10")
        self.bob.snug("send", "alice", "it was ||the gardener||", "--markdown")
        self.shows(self.alice, "it was [spoiler]")
        self.assertNotIn("the gardener", self.alice.snug("history"))

    def test_what_is_deleted_here_only(self):
        self.say(self.alice, self.bob, "hello")
        self.alice.snug("delete", "last")
        self.assertIn("still has it", self.alice.errors)
        self.assertEqual(self.alice.messages(), [])
        self.alice.snug("delete", "last", expect=3)
        self.assertEqual(self.bob.received(), ["hello"])
        self.bob.snug("delete", "last", "--for-everyone", expect=3)  # none of ours
        self.bob.snug("delete", self.newest(self.bob)["id"], "--for-everyone", expect=1)
        self.assertEqual(json.loads(self.bob.snug("delete", "last", "--json")), {"sent": False})

    def test_what_never_left_is_withdrawn(self):
        self.say(self.alice, self.bob, "hello")
        self.relay.stop()
        self.alice.snug("send", "bob", "one", "--wait", "0", expect=7)
        wait_until(lambda: self.alice.json("status").get("counts", {}).get("queued", 1) >= 1, "it waits")
        self.alice.snug("send", "bob", "two", "--wait", "0", expect=7)
        self.assertEqual(self.alice.json("delete", "last", "--for-everyone"), {"withdrawn": True})
        self.assertEqual([text for _, text, _ in self.alice.messages()], ["hello", "one"])

    def test_names_of_messages(self):
        for name, code in (("last", 3), ("last:bob", 3), ("17", 3), ("first", 2), ("", 2), ("-1", 2), ("message-x", 2)):
            self.alice.snug("react", name, "x", expect=code)


if __name__ == "__main__":
    unittest.main()
