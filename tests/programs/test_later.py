# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages in time, from the command line: found again, sent later, sent once more, and gone."""
import json
import unittest

import people
from people import Person
from relay import Relay, wait_until


class Later(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Person("alice"))
        self.bob = self.enterContext(Person("bob"))
        self.alice.init(self.relay)
        self.bob.init(self.relay)
        people.introduce(self.alice, self.bob)

    def found(self, who, text):
        return [m["text"] for m in who.run("search", text, "--json").json["messages"]]

    def test_words_are_found_and_nothing_is_taken_for_a_query(self):
        for text in ("the red boat", "a red house", "blue OR green"):
            self.alice.run("send", "bob@", text)
        wait_until(lambda: len(self.bob.texts("alice@")) == 3, "Bob has all")
        self.assertEqual(self.found(self.bob, "red"), ["a red house", "the red boat"])
        self.assertEqual(self.found(self.bob, "red boa"), ["the red boat"])
        self.assertEqual(self.found(self.alice, "blue or gre"), ["blue OR green"])
        self.assertEqual(self.found(self.bob, 'red" OR "blue'), [])
        self.assertEqual(self.found(self.bob, "red -house"), ["a red house"])

    def test_a_message_goes_out_at_its_time(self):
        made = self.alice.run("send", "bob@", "for tomorrow", "--at", "1d", "--json").json["message"]
        self.assertEqual(made["state"], "scheduled")
        self.assertIn("for tomorrow", self.alice.run("scheduled").out)
        self.alice.run("send", "bob@", "soon", "--at", "2s")
        wait_until(lambda: "soon" in self.bob.texts("alice@"), "it is its time")
        self.assertNotIn("for tomorrow", self.bob.texts("alice@"))
        self.alice.run("scheduled", "--message", made["id"], "--at", "1s", "--text", "today after all")
        wait_until(lambda: "today after all" in self.bob.texts("alice@"), "its time was changed")
        self.assertEqual(self.alice.run("scheduled", "--json").json["messages"], [])
        self.assertEqual(self.alice.attempt("send", "bob@", "x", "--at", "2020-01-01 10:00").code, people.USAGE)

    def test_a_cancelled_message_does_not_go_out(self):
        made = self.alice.run("send", "bob@", "never", "--at", "12h", "--json").json["message"]
        self.alice.run("scheduled", "--message", made["id"], "--cancel")
        self.assertEqual(self.alice.run("scheduled", "--json").json["messages"], [])
        self.assertNotEqual(self.alice.attempt("retry", made["id"]).code, 0)

    def test_messages_disappear_on_both_sides_and_from_the_search(self):
        self.alice.run("timer", "bob@", "2s")
        wait_until(lambda: json.loads(self.bob.run("timer", "alice@", "--json").out)["seconds"] == 2, "Bob has the timer")
        self.alice.run("send", "bob@", "a passing word")
        wait_until(lambda: any(m["text"] == "a passing word" for m in self.bob.history("alice@")), "Bob has it")
        shown = [m for m in self.bob.history("alice@") if m["text"] == "a passing word"]
        self.bob.run("rpc", "message.read", json.dumps({"contact": "alice@", "message": shown[0]["id"]}))
        for who, other in ((self.alice, "bob@"), (self.bob, "alice@")):
            wait_until(lambda: all(m["text"] != "a passing word" for m in who.history(other)), "it is gone")
            self.assertEqual(self.found(who, "passing"), [])

    def test_the_history_tells_of_timers_and_of_the_relay_in_words(self):
        self.alice.run("timer", "bob@", "1h")
        wait_until(lambda: "set new messages to disappear after 1 hour]" in self.bob.run("history").out, "Bob is told")
        self.assertIn("[you set new messages to disappear after 1 hour]", self.alice.run("history").out)
        self.assertIn("1 hour after", self.bob.run("timer", "alice@").out)
        self.bob.kill_agent()
        self.alice.run("send", "bob@", "hello")
        self.assertRegex(self.alice.run("history").out,
                         r"hello  \(at-relay, kept there until \d{4}-\d\d-\d\d \d\d:\d\d\)  \(disappears \d{4}")
        self.assertNotEqual(self.alice.attempt("retry", "last:bob@").code, 0)
        self.alice.run("timer", "bob@", "0")
        self.assertIn("[you set new messages to stay]", self.alice.run("history").out)
        self.assertEqual(self.alice.attempt("timer", "bob@", "400d").code, people.USAGE)

    def test_what_is_dropped_says_so_and_is_not_tried_in_vain(self):
        self.relay.kill()
        made = self.alice.attempt("send", "bob@", "once more", "--wait", "0", "--json").json["message"]
        self.alice.run("remove", "bob@")
        state = json.loads(self.alice.run("rpc", "message.get", json.dumps({"message": made["id"]})).out)["message"]
        self.assertEqual(state["state"], "failed")
        self.assertNotEqual(state["why"], "")
        self.assertIn("`snug retry` sends it again", self.alice.run("history").out)
        self.assertNotEqual(self.alice.attempt("retry", made["id"]).code, 0)


if __name__ == "__main__":
    unittest.main()
