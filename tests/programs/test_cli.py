# SPDX-License-Identifier: GPL-3.0-or-later
"""snug as people and scripts use it: two people, their agents and a relay, all of them real."""
import fcntl
import json
import os
import pty
import select
import stat
import struct
import termios
import unittest

from friends import Friend, Lines
from people import introduce
from relay import PATIENCE, Relay, program, wait_until


END = b"\0the program has ended\0"


def on_terminal(person, columns, *arguments, answers=()):
    """What a person sees in a terminal that wide, who gives ANSWERS to (question, answer), one after the other.

    This side keeps the terminal open and writes END into it behind the program's last word: when the last one closes a
    terminal, the kernel may drop what was not read yet."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    pid = os.fork()
    if pid == 0:
        os.close(terminal)
        os.login_tty(inside)
        os.execve(program("cli/snug"), ["snug", *arguments], person.environment)
    seen, at, left, status = b"", 0, list(answers), None
    while not seen.endswith(END):
        if status is None:
            ended, code = os.waitpid(pid, os.WNOHANG)
            if ended:
                status = os.waitstatus_to_exitcode(code)
                os.write(inside, END)
        if select.select([terminal], [], [], 0.02)[0]:
            seen += os.read(terminal, 65536)
        if left and left[0][0].encode() in seen[at:]:
            at = len(seen)
            os.write(terminal, left.pop(0)[1].encode() + b"\n")
    os.close(terminal)
    os.close(inside)
    text = seen[:-len(END)].decode()
    if status != 0 or left:
        raise AssertionError(f"snug {' '.join(arguments)}: {status}, not asked: {left}\n{text}")
    return text.replace("\r\n", "\n")


class Init(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))

    def person(self, name):
        return self.enterContext(Friend(name, self.relay))

    def test_makes_an_account_and_shows_the_kit_once(self):
        alice = self.person("alice")
        made = json.loads(alice.register("--json"))
        self.assertEqual(made["address"], f"alice@127.0.0.1:{self.relay.port}")
        self.assertRegex(made["kit"], r"^([A-Z2-7]{4} ){13}[A-Z2-7]{4}$")
        self.assertEqual(alice.json("status")["state"], "unlocked")
        for root, _, files in os.walk(alice.data):
            for name in files:
                with open(os.path.join(root, name), "rb") as f:
                    self.assertNotIn(made["kit"].encode(), f.read())

    def test_writes_the_kit_to_a_new_file_for_its_owner_alone(self):
        alice = self.person("alice")
        kit = os.path.join(alice.folder, "kit")
        printed = alice.register("--kit-file", kit)
        self.assertEqual(stat.S_IMODE(os.stat(kit).st_mode), 0o600)
        with open(kit, encoding="utf-8") as f:
            text = f.read()
        self.assertRegex(text, r"(?m)^([A-Z2-7]{4} ){13}[A-Z2-7]{4}$")
        self.assertNotRegex(printed, r"([A-Z2-7]{4} ){13}")
        bob = self.person("bob")
        bob.register("--kit-file", kit, expect=1)
        with open(kit, encoding="utf-8") as f:
            self.assertEqual(f.read(), text)
        self.assertEqual(bob.json("status")["state"], "none")

    def test_asks_what_contacts_may_see(self):
        for name, answers, chosen in (("usual", ("", ""), "delivered"), ("open", ("y", "y"), "read"), ("closed", ("n",), "none")):
            person = self.person(name)
            questions = ("messages arrive [Y/n]: ", "when you read them [y/N]: ")
            seen = on_terminal(person, 80, "init", "--relay", f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}",
                               answers=[("guess): ", name), ("your name (may be empty): ", name.capitalize()),
                                        *zip(questions, answers), ("this computer: ", "password1"),
                                        ("this computer: ", "nine geese on a wall"), ("again: ", "nine geese on a wall")])
            self.assertIn("guessed at once", seen)
            self.assertIn("Registered as", seen)
            self.assertEqual(person.json("settings")["receipts"], chosen)
            self.assertIn(f"receipts: {chosen} (contacts are", person.snug("settings"))

    def test_takes_what_contacts_may_see_as_an_option(self):
        alice = self.person("alice")
        alice.register("--receipts", "some", expect=2)
        alice.register("--receipts", "none")
        self.assertEqual(alice.json("settings")["receipts"], "none")

    def test_leaves_nothing_when_the_name_is_taken(self):
        alice, other = self.person("alice"), self.person("alice")
        alice.register()
        kit = os.path.join(other.folder, "kit")
        other.register("--kit-file", kit, expect=1)
        self.assertIn("taken", other.errors)
        self.assertFalse(os.path.exists(kit))
        self.assertEqual(os.listdir(os.path.join(other.data, "snug")), ["default.lock"])
        other.name = "alicia"
        other.register()

    def test_refuses_a_relay_with_another_certificate(self):
        alice = self.person("alice")
        wrong = self.relay.pin[:-2] + ("AA" if not self.relay.pin.endswith("AA") else "QA")
        alice.register(relay=f"https://127.0.0.1:{self.relay.port} pin={wrong}", expect=6)
        alice.register(relay=f"127.0.0.1:{self.relay.port}", expect=6)
        self.assertEqual(alice.json("status")["state"], "none")

    def test_finds_the_relay_of_this_machine(self):
        alice = self.person("alice")
        with open(os.path.join(alice.runtime, "snug-relay.address"), "w", encoding="utf-8") as f:
            f.write(f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}\n")
        alice.snug("init", "--unlisted", secret=alice.phrase)
        self.assertRegex(alice.json("status")["address"], r"^~[a-z2-7]{26}@")

    def test_lists_the_profiles_of_this_machine(self):
        alice = self.person("alice")
        self.assertEqual(alice.json("profiles"), [])
        alice.register()
        self.assertEqual(alice.json("profiles"), ["default"])
        self.assertEqual(alice.snug("profiles"), "default\n")

    def test_refuses_a_second_profile_of_the_same_name(self):
        alice = self.person("alice")
        alice.register()
        alice.register(expect=1)
        self.assertEqual(alice.json("status")["state"], "unlocked")

    def test_says_what_is_missing(self):
        alice = self.person("alice")
        alice.snug("init", "--name", "alice", "--unlisted", expect=2)
        self.assertIn("not both", alice.errors)
        alice.snug("init", "--name", "alice", expect=2, secret="x")
        alice.snug("init", "--relay", "127.0.0.1:1", expect=2, secret="x")
        alice.snug("init", "--relay", "127.0.0.1:1", "--name", "Alice!", expect=2, secret="x")
        alice.snug("init", "--relay", "127.0.0.1:1", "--name", "alice", expect=2, secret="")
        alice.snug("init", "--relay", "127.0.0.1:1", "--name", "alice", expect=2)  # nobody to ask

    def test_needs_an_invitation_where_the_relay_wants_one(self):
        with Relay() as closed, Friend("alice", closed) as alice:
            alice.register(expect=8)
            self.assertEqual(alice.json("status")["state"], "none")


class Conversation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice = cls.enterClassContext(Friend("alice", cls.relay))
        cls.bob = cls.enterClassContext(Friend("bob", cls.relay))
        cls.alice.register()
        cls.bob.register()
        introduce(cls.bob, cls.alice)

    def test_carries_texts_both_ways(self):
        self.alice.snug("send", "bob", "hello")
        self.bob.wait_received("hello")
        self.bob.snug("send", "Alice", "-", stdin="first line\nsecond line\n")
        self.alice.wait_received("first line\nsecond line")
        wait_until(lambda: (True, "hello", "delivered") in self.alice.messages(), "hello is acknowledged")
        self.assertIn("> ", self.alice.snug("history", "bob"))

    def test_says_in_a_sentence_what_cannot_be_done(self):
        self.alice.snug("accept", "bob", expect=1)
        self.assertEqual(self.alice.errors, "snug: This contact has not asked.\n")

    def test_saves_the_files_of_the_last_message(self):
        path = os.path.join(self.alice.folder, "plan.txt")
        with open(path, "w", encoding="utf-8") as f:
            f.write("by the back door")
        self.alice.snug("send", "bob", "--file", path)
        wait_until(lambda: "plan.txt" in self.bob.snug("history", "Alice"), "the file arrives")
        saved = os.path.join(self.bob.folder, "plan.txt")
        self.assertEqual(self.bob.snug("save", "last:Alice", self.bob.folder), saved + "\n")
        with open(saved, encoding="utf-8") as f:
            self.assertEqual(f.read(), "by the back door")

    def test_queues_while_the_relay_is_away_and_loses_nothing(self):
        port = self.relay.port
        self.alice.snug("send", "bob", "before")
        self.bob.wait_received("before")
        self.relay.stop()
        sent = self.alice.json("send", "bob", "meanwhile", "--wait", "0", expect=7)
        self.assertEqual(sent["message"]["state"], "queued")
        self.relay.kill()
        self.relay.start(f"127.0.0.1:{port}")
        self.alice.snug("relay", "retry")
        self.bob.snug("relay", "retry")
        self.bob.wait_received("before", "meanwhile")

    def test_listens_from_what_was_seen_on(self):
        self.bob.snug("listen", "--once")
        self.alice.snug("send", "bob", "while nobody listens")
        self.bob.wait_received("while nobody listens")
        listener = Lines(self.bob.start("listen", "--json"))
        try:
            wait_until(lambda: len(listener.lines) == 1, "the first line")
            self.alice.snug("send", "bob", "live")
            wait_until(lambda: len(listener.lines) == 2, "the second line")
            unseen = '{"after":"seen"}'
            wait_until(lambda: not json.loads(self.bob.snug("rpc", "message.list", unseen))["messages"], "marked as seen")
        finally:
            listener.stop()
        self.assertEqual([json.loads(line)["text"] for line in listener.lines], ["while nobody listens", "live"])
        self.assertEqual(self.bob.snug("listen", "--once"), "")
        everything = self.bob.snug("--json", "listen", "--once", "--since", "all").splitlines()
        self.assertEqual([json.loads(line)["text"] for line in everything][-2:], ["while nobody listens", "live"])
        hour = self.bob.snug("--json", "listen", "--once", "--since", "1h", "--from", "alice").splitlines()
        self.assertEqual(hour, everything)
        self.assertEqual(self.bob.snug("listen", "--once", "--since", "now"), "")

    def test_verifies_by_digits_and_by_code(self):
        mine = self.alice.json("verify", "bob")
        theirs = self.bob.json("verify", "alice")
        self.assertEqual(mine["number"], theirs["number"])
        wrong = mine["number"].translate(str.maketrans("0123456789", "1234567890"))
        self.assertEqual(self.alice.json("verify", "bob", wrong, expect=6)["verdict"], "differs")
        self.assertEqual(self.alice.json("verify", "bob", mine["qr"], expect=6)["verdict"], "own-code")
        self.alice.snug("verify", "bob", "12345", expect=2)
        self.alice.snug("verify", "bob", "--not-verified")
        self.alice.snug("send", "bob", "only if verified", "--verified", expect=6)
        self.assertEqual(self.alice.json("verify", "bob", theirs["qr"])["contact"]["trust"], "verified")
        self.alice.snug("verify", "bob", "--not-verified")
        self.alice.snug("verify", "bob", "-", stdin=theirs["number"] + "\n")
        self.alice.snug("send", "bob", "verified", "--verified")
        self.bob.wait_received("verified")

    def test_finds_contacts_as_a_person_names_them(self):
        address = f"bob@127.0.0.1:{self.relay.port}"
        for name in ("bob", "BOB", "b", address):
            self.assertEqual(self.alice.json("verify", name)["contact"]["address"], address)
        self.alice.snug("send", "nobody", "x", expect=3)
        self.alice.snug("rename", "bob", "Robert")
        self.assertEqual(self.alice.json("contacts")["contacts"][0]["label"], "Robert")
        self.alice.snug("rename", "Robert", "")

    def test_cannot_be_driven_by_what_a_peer_wrote(self):
        evil = "\x1b[2J\u202egnp.exe\u0007\u009b31m"
        self.alice.snug("send", "bob", evil)
        self.bob.wait_received(evil)
        for shown in (self.bob.snug("history"), self.bob.snug("--json", "history")):
            self.assertTrue(all(c in "\n\t" or " " <= c < "\x7f" or c > "\xa0" for c in shown), shown)
            self.assertNotIn("\u202e", shown)
        self.assertIn("\\u{1b}[2J\\u{202e}", self.bob.snug("history"))

    def test_shows_what_the_relay_holds(self):
        rows = [json.loads(line) for line in self.alice.snug("--json", "relay", "show").splitlines()]
        self.assertEqual(rows[-1]["name"], "alice")
        self.assertEqual(rows[-1]["rows"], len(rows) - 1)
        kinds = {row["row"]["kind"] if "row" in row else row.get("kind") for row in rows[:-1]}
        self.assertLessEqual({"manifest", "device", "token"}, kinds)

    def test_answers_mistakes_with_the_documented_codes(self):
        self.alice.snug("send", "bob", expect=2)
        self.alice.snug("sned", "bob", "x", expect=2)
        self.alice.snug("send", "bob", "x", "--forever", expect=2)
        self.alice.snug("send", "bob", "", expect=2)
        self.alice.snug("add", "not a link", expect=1)
        self.alice.snug("history", "--before", "message-x", expect=3)
        self.alice.snug("accept", "bob", expect=1)
        self.alice.snug("--json", "send", "nobody", "x", expect=3)
        self.assertEqual(json.loads(self.alice.errors)["error"]["name"], "not-found")
        self.alice.snug("send", "bob", "x" * 60001, expect=1)

    def test_explains_itself(self):
        overview = self.alice.snug("help")
        for name in ("init", "send", "listen", "verify"):
            self.assertIn(f"  {name} ", overview)
            self.assertIn("Usage: snug " + name, self.alice.snug("help", name))
            self.assertIn("Usage: snug " + name, self.alice.snug(name, "--help"))

    def test_wraps_its_help_to_the_terminal(self):
        names = [line.split()[0] for line in self.alice.snug("help").splitlines() if line.startswith("  ") and line[2] != " "]
        self.assertIn("init", names)
        texts = [["help"], *(["help", name] for name in names)]
        for arguments in texts:
            whole = self.alice.snug(*arguments)
            self.assertLessEqual(max(map(len, whole.splitlines())), 80, whole)
            narrow = on_terminal(self.alice, 40, *arguments)
            self.assertLessEqual(max(map(len, narrow.splitlines())), 40, narrow)
            self.assertEqual(narrow.split(), whole.split())

    def test_the_documented_methods_are_the_ones_there_are(self):
        with open(os.path.join(os.path.dirname(__file__), "../../docs/RPC.md"), encoding="utf-8") as f:
            documented = f.read().split("<!-- methods -->\n", 1)[1]
        self.assertEqual(documented, self.alice.snug("rpc", "describe"))

    def test_lists_come_whole_however_long_they_are(self):
        for page in ({"limit": 1}, {"limit": 1, "after": "contact-1"}):
            answer = json.loads(self.alice.snug("rpc", "contact.list", json.dumps(page)))
            self.assertEqual((len(answer["contacts"]), answer["more"]), (0 if "after" in page else 1, False))
        self.alice.snug("rpc", "contact.list", '{"limit":0}', expect=2)


class Pipes(unittest.TestCase):
    """A path that a person names may be a pipe, which has no end, and to which nobody may ever write."""

    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice = cls.enterClassContext(Friend("alice", cls.relay))
        cls.alice.register()

    def test_are_refused_at_once_wherever_a_file_is_named(self):
        pipe = os.path.join(self.alice.folder, "pipe")
        os.mkfifo(pipe)
        relay = f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}"
        phrase = self.alice.phrase
        fresh = self.enterContext(Friend("bob", self.relay))
        for person, secret, *command in (
                (fresh, None, "evidence", "check", pipe), (fresh, None, "evidence", "check", self.alice.folder),
                (fresh, "x", "recover", "--name", "alice", "--relay", relay, "--kit-file", pipe),
                (fresh, "x", "init", "--name", "bob", "--relay", relay, "--kit-file", pipe),
                (fresh, "x\ny", "restore", pipe), (fresh, "x", "backup", "check", pipe),
                (self.alice, "x", "backup", "create", pipe),
                (self.alice, "x", "backup", "schedule", "--every", "daily", "--folder", pipe),
                (self.alice, None, "send", "notes", "x", "--file", pipe), (self.alice, None, "me", "--picture", pipe),
                (self.alice, None, "picture", pipe), (self.alice, None, "picture", pipe, "--qr"),
                (self.alice, None, "add", "--qr-file", pipe),
                (self.alice, phrase, "keys", "new", pipe, "--yes"), (self.alice, phrase, "keys", "add", pipe, "--yes")):
            with self.subTest(" ".join(command)):
                refused = person.attempt(*command, phrase=secret, seconds=PATIENCE)
                self.assertNotEqual(refused.code, 0)
                self.assertRegex(refused.err, "is no regular file|is a regular file|is not a file|already|exists|folder")
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))
        self.assertEqual((fresh.json("status")["state"], self.alice.json("status")["state"]), ("none", "unlocked"))


class Strangers(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))
        self.bob = self.enterContext(Friend("bob", self.relay))
        self.alice.register()
        self.bob.register()

    def ask(self):
        self.alice.snug("add", self.bob.snug("link").strip(), "--message", "let me in")
        wait_until(lambda: self.bob.json("requests")["requests"], "the request")

    def test_are_declined_in_silence(self):
        self.ask()
        self.assertIn("let me in", self.bob.snug("requests"))
        self.bob.snug("decline", "alice")
        self.assertEqual(self.bob.json("requests")["requests"], [])
        self.alice.snug("send", "bob", "hello?", "--wait", "0", expect=7)
        self.assertEqual(self.alice.json("contacts")["contacts"][0]["state"], "asked")

    def test_are_blocked_and_unblocked(self):
        self.ask()
        self.bob.snug("accept", "alice")
        wait_until(lambda: self.alice.json("contacts", "--state", "accepted")["contacts"], "accepted")
        self.bob.snug("block", "alice")
        self.alice.snug("send", "bob", "anybody there?")
        self.assertEqual(self.bob.received(), [])
        self.assertEqual(self.bob.json("contacts")["contacts"][0]["state"], "blocked")
        self.bob.snug("unblock", "alice")
        self.bob.snug("send", "alice", "x", expect=3)

    def test_become_contacts_who_see_that_they_were_read(self):
        introduce(self.bob, self.alice)
        for each in (self.alice, self.bob):  # mutual: who does not tell is not told
            each.snug("settings", "receipts", "read")
        self.bob.snug("send", "alice", "welcome")  # in a conversation that goes on, receipts come soon
        self.alice.snug("send", "bob", "did you read this?")
        self.bob.wait_received("did you read this?")
        self.bob.snug("history", "alice")
        wait_until(lambda: (True, "did you read this?", "read") in self.alice.messages(), "the receipt")


if __name__ == "__main__":
    unittest.main()
