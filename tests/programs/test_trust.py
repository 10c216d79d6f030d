# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay that gives somebody's address to another account: nothing is sent until a person looked, and it can be shown to
others."""
import json
import os
import stat
import unittest

from friends import Friend
from memory import Frozen, held, secrets_of, seen
from people import DONE, INTEGRITY, KEY_CHANGED, NOT_FOUND, USAGE, Person, introduce
from relay import Relay, wait_until


class KeyChanged(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice, self.bob = (self.enterContext(Friend(n, self.relay)) for n in ("alice", "bob"))
        for person in (self.alice, self.bob):
            person.register()
            person.wait_online()
        introduce(self.alice, self.bob)
        self.bob.snug("verify", "alice", self.alice.json("verify", "bob")["number"])
        self.give_the_name_away()

    def give_the_name_away(self):
        """The relay forgets all, and another one is alice there."""
        self.alice.kill_agent()
        port = self.relay.port
        self.relay.stop()
        self.relay.kill()
        for name in os.listdir(self.relay.data):
            if name.startswith("relay.db"):
                os.unlink(os.path.join(self.relay.data, name))
        self.relay.start(f"127.0.0.1:{port}")
        self.other = self.enterContext(Friend("alice", self.relay))
        self.other.register()
        self.other.wait_online()
        self.bob.snug("relay", "retry")
        self.bob.attempt("send", "alice", "secret")
        wait_until(lambda: self.bob.json("contacts")["contacts"][0]["key_changed"], "the change is noticed", seconds=60)

    def notice(self):
        return next(n for n in self.bob.json("notices")["notices"] if n["kind"] == "key-changed")

    def test_nothing_is_sent_until_a_person_looked(self):
        before = len(self.bob.json("history", "alice")["messages"])
        refused = self.bob.attempt("send", "alice", "more")
        self.assertEqual(refused.code, KEY_CHANGED)
        self.assertIn("look at it before you write", refused.err)
        self.assertEqual(json.loads(self.bob.attempt("--json", "send", "alice", "more").err)["error"]["exit"], KEY_CHANGED)
        self.assertEqual(len(self.bob.json("history", "alice")["messages"]), before)
        self.assertIn("6 key changed", self.bob.snug("help"))
        shown = self.bob.snug("notices")
        self.assertIn("key-changed Alice", shown)
        self.assertIn("--take-new", shown)
        self.assertIn("--take-new", self.bob.attempt("verify", "alice").err)
        # Staying with the old one: the same answer is not asked about again.
        self.bob.snug("verify", "alice", "--keep-old")
        contact = self.bob.json("contacts")["contacts"][0]
        self.assertFalse(contact["key_changed"])
        self.assertEqual(contact["trust"], "verified")
        self.bob.attempt("send", "alice", "to the old one")
        self.assertNotIn("secret", " ".join(self.other.received()))

    def test_the_new_one_is_a_contact_of_its_own(self):
        old = self.bob.json("verify", "alice")["number"]
        self.bob.snug("verify", "alice", "--take-new")
        wait_until(lambda: "bob" in self.other.snug("requests").lower(), "the new one is asked")
        self.other.snug("accept", "bob")
        wait_until(lambda: len(self.bob.json("contacts", "--state", "accepted")["contacts"]) == 2, "a second contact")
        new, = (c for c in self.bob.json("contacts")["contacts"] if not c["key_changed"])
        self.assertEqual(new["trust"], "unverified")
        self.assertNotEqual(self.bob.json("verify", new["id"])["number"], old)
        self.bob.snug("send", new["id"], "hello")
        wait_until(lambda: "hello" in self.other.received(), "it arrives")
        self.assertNotIn("secret", self.other.received())

    def test_others_can_look_for_themselves(self):
        notice = self.notice()
        self.assertTrue(notice["provable"])
        path = os.path.join(self.bob.folder, "evidence.json")
        self.assertEqual(self.bob.json("evidence", "save", notice["id"], path)["verdict"], "other-account")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, encoding="ascii") as f:
            text = f.read()
        evidence = json.loads(text)
        for secret in ("bob@", "Alice", "secret", self.bob.folder):
            self.assertNotIn(secret, text)
        self.bob.snug("evidence", "save", notice["id"], path, expect=1)  # never over a file
        with open(path, encoding="ascii") as f:
            self.assertEqual(f.read(), text)
        self.bob.snug("evidence", "save", "notice-9999", path + "2", expect=NOT_FOUND)
        self.assertFalse(os.path.exists(path + "2"))
        with Person("carol") as carol:  # has no profile, and needs none
            self.assertIn("Two different accounts", carol.run("evidence", "check", path).out)
            facts = carol.run("--json", "evidence", "check", path).json
            self.assertEqual([m["role"] for m in facts["manifests"]], ["held", "shown"])
            self.assertFalse(os.path.exists(os.path.join(carol.folder, "data")))
            evidence["manifests"].reverse()
            self.check(carol, evidence, INTEGRITY)
            evidence["manifests"].reverse()
            self.check(carol, evidence, DONE)
            evidence["manifests"][1] = dict(evidence["manifests"][0], role="shown")
            self.check(carol, evidence, INTEGRITY)
            self.assertEqual(carol.attempt("evidence", "check", "/nowhere").code, NOT_FOUND)
            self.assertEqual(carol.attempt("evidence", "check", "/bin/sh").code, INTEGRITY)
            self.assertEqual(carol.attempt("evidence", "check", "/dev/zero").code, USAGE)  # has no end
            self.assertEqual(carol.attempt("evidence", "look", path).code, USAGE)

    def test_what_was_shown_to_others_is_not_in_memory_once_it_is_locked(self):
        notice = self.notice()
        self.bob.snug("evidence", "save", notice["id"], os.path.join(self.bob.folder, "evidence.json"))
        pid = self.bob.agent_pid()
        with Frozen(pid):
            secrets = secrets_of(self.bob, self.bob.phrase)
            found = seen(pid, secrets)
        self.assertTrue({"contacts.address", "key.db"} <= set(found), sorted(found))
        self.bob.snug("lock")
        self.assertEqual(held(pid, secrets), {})

    def check(self, who, evidence, expected):
        path = os.path.join(who.folder, "changed.json")
        with open(path, "w", encoding="ascii") as f:
            json.dump(evidence, f)
        self.assertEqual(who.attempt("evidence", "check", path).code, expected)


if __name__ == "__main__":
    unittest.main()
