# SPDX-License-Identifier: GPL-3.0-or-later
"""What is out and what is missing, from the command line: a relay that loses one of three messages, and finds it again."""
import os
import sqlite3
import struct
import unittest

import people
from people import Person
from relay import Relay, wait_until


class Delivery(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Person("alice"))
        self.bob = self.enterContext(Person("bob"))
        self.alice.init(self.relay)
        self.bob.init(self.relay)
        people.introduce(self.alice, self.bob)

    def store(self, work):
        """Run WORK with the relay's store, while the relay is off."""
        self.relay.stop()
        self.relay.kill()
        name = next(os.path.join(folder, name) for folder, _, names in os.walk(self.relay.data) for name in names
                    if name.endswith(".db"))
        db = sqlite3.connect(name)
        result = work(db)
        db.commit()
        db.close()
        self.relay.start(f"127.0.0.1:{self.relay.port}")
        return result

    def lose_second(self, db):
        queues = {}
        for item in db.execute("SELECT key, head, body FROM item ORDER BY key"):
            queues.setdefault(item[0][:-8], []).append(item)
        bobs = max(queues.values(), key=len)  # who has been away
        lost = bobs[-2]
        db.execute("DELETE FROM item WHERE key=?", (lost[0],))
        return lost

    def find_again(self, db, item):
        after_the_next = struct.unpack(">Q", item[0][-8:])[0] + 2
        db.execute("INSERT INTO item(key, head, body) VALUES(?,?,?)",
                   (item[0][:-8] + struct.pack(">Q", after_the_next), item[1], item[2]))

    def count(self, who, other, part):
        return who.run("status", other, "--json").json[part]["count"]

    def heard(self):
        return [line for line in self.bob.run("listen", "--once").out.splitlines() if line]

    def test_one_of_three_is_missing_and_comes_late(self):
        self.bob.run("listen", "--once")
        wait_until(lambda: self.count(self.alice, "bob@", "at_relay") == 0, "the greetings are acknowledged")
        self.bob.kill_agent()
        for text in ("one", "two", "three"):
            self.alice.run("send", "bob@", text)
        self.assertEqual(self.count(self.alice, "bob@", "at_relay"), 3)
        said = self.alice.run("status", "bob@").out
        self.assertIn("3 messages at the relay and not acknowledged, the first since ", said)
        self.assertIn("last heard of ", said)

        lost = self.store(self.lose_second)
        self.bob.unlock()
        wait_until(lambda: "three" in self.bob.texts("alice@"), "what is left arrives")
        self.assertEqual(self.count(self.bob, "alice@", "asking"), 1)
        self.assertIn(" is missing, to be asked for at ", self.bob.run("status", "alice@").out)
        self.assertIn("[a message is missing here; to be asked for at ", self.bob.run("history", "alice@").out)
        first = self.heard()
        self.assertEqual(len(first), 3)
        self.assertIn("is missing here", first[1])
        self.assertEqual(self.heard(), [])

        self.bob.kill_agent()
        self.store(lambda db: self.find_again(db, lost))
        self.bob.unlock()
        wait_until(lambda: self.bob.texts("alice@")[-3:] == ["one", "two", "three"], "the other is in its place")
        self.assertEqual([line.endswith(": two") for line in self.heard()], [True])
        self.assertEqual(self.heard(), [])
        self.assertEqual(self.count(self.bob, "alice@", "asking"), 0)
        self.bob.run("send", "alice@", "thanks")
        wait_until(lambda: self.count(self.alice, "bob@", "at_relay") == 0, "all of it is acknowledged")
        shown = self.alice.run("status", "bob@", "--json").json
        self.assertIn("message", shown["delivered"])
        self.assertEqual(shown["waiting"], {"count": 0})


if __name__ == "__main__":
    unittest.main()
