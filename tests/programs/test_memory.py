# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the agent's memory: all of it while the profile is open, nothing of it once it is locked."""
import json
import os
import random
import time
import unittest

from PIL import Image

from friends import Friend
from memory import Frozen, secrets_of, seen
from people import introduce
from relay import PATIENCE, Relay

ROUNDS = int(os.environ.get("SNUG_MEMORY_ROUNDS", "2"))
PAUSES = [float(x) for x in os.environ.get("SNUG_MEMORY_PAUSES", "0.03").split()]  # s, from the start of a command to the lock

WORDS = "Whoever finds these words %d in a locked agent has found a mistake"


def unlike_anything(n):
    """N bytes of text that are nowhere else."""
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz23456789") for _ in range(n))


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice = cls.enterClassContext(Friend("alice", cls.relay))
        cls.bob = cls.enterClassContext(Friend("bobolink", cls.relay))
        for one in (cls.alice, cls.bob):
            one.register()
        introduce(cls.bob, cls.alice)
        cls.talk()

    @classmethod
    def talk(cls):
        """Messages both ways, a file, a search, names, a new pass-phrase."""
        alice, bob = cls.alice, cls.bob
        for i in range(3):
            alice.snug("send", "bobolink", WORDS % i)
            bob.snug("send", "alice", WORDS % (i + 100))
        alice.wait_received(*[WORDS % (i + 100) for i in range(3)])
        alice.snug("rename", "bobolink", "the bird called bobolink")
        cls.attached = unlike_anything(300_000).encode()
        path = os.path.join(alice.folder, "a file with a name of its own.txt")
        with open(path, "wb") as file:
            file.write(cls.attached)
        alice.snug("send", "bobolink", "A file comes with these words", "--file", path)
        alice.snug("search", "whoever")
        alice.snug("me", "--about", "Something about alice that is nobody's business")
        before, alice.phrase = alice.phrase, "a pass-phrase that is new and " + unlike_anything(20)
        alice.snug("passphrase", secret=f"{before}\n{alice.phrase}")
        cls.phrases = {"pass-phrase": {alice.phrase.encode()}, "old-pass-phrase": {before.encode()}}

    def setUp(self):
        if self.alice.json("status")["state"] != "unlocked":
            self.alice.open()

    def look(self):
        """(all secrets there are, those of them that are in memory)."""
        pid = self.alice.agent_pid()
        with Frozen(pid):
            secrets = secrets_of(self.alice, self.alice.phrase)
            secrets.update(self.phrases)
            secrets["attachment"] = {self.attached[i:i + 32] for i in range(0, len(self.attached) - 32, 4096)}
            return secrets, seen(pid, secrets)

    def assert_clean(self, secrets, what):
        pid = self.alice.agent_pid()
        with Frozen(pid):
            found = seen(pid, secrets)
        if found:
            self.fail(f"{what}: " + "".join(f"\n{name}: {', '.join(where[:3])}" for name, where in found.items()))

    def test_holds_keys_and_words_while_open_and_none_once_locked(self):
        for i in range(ROUNDS):
            self.alice.snug("history", "the bird")
            secrets, found = self.look()
            for name in ("key.db", "account.device_keys", "account.aik", "sessions.record", "messages.text", "contacts.address",
                         "contacts.nickname"):
                self.assertIn(name, set(found))
            self.assertNotIn("pass-phrase", found)
            self.alice.snug("lock")
            self.assert_clean(secrets, f"round {i}")
            self.alice.open()

    def test_holds_the_pass_phrase_while_it_works_on_it_and_not_afterwards(self):
        self.alice.snug("lock")
        with self.alice.rpc() as rpc:
            rpc.send(json.dumps({"jsonrpc": "2.0", "id": "u", "method": "account.unlock",
                                 "params": {"passphrase": self.alice.phrase}}) + "\n")
            pid = self.alice.agent_pid()
            with Frozen(pid):
                self.assertIn("pass-phrase", seen(pid, self.phrases))
            self.assertIn("result", rpc.read())
        self.assert_clean(self.phrases, "once it is open")

    def test_holds_none_when_it_is_locked_in_the_middle_of_something(self):
        secrets, _ = self.look()
        typed = unlike_anything(40)
        secrets["typed"] = {typed.encode()}
        carried = unlike_anything(4_000_000).encode()
        path = os.path.join(self.alice.folder, "carried.txt")
        with open(path, "wb") as file:
            file.write(carried)
        secrets["carried"] = {carried[i:i + 32] for i in range(0, len(carried) - 32, 4096)}
        for command in (("send", "the bird", typed), ("send", "the bird", typed, "--file", path), ("search", "whoever"),
                        ("relay", "show"), ("history", "the bird"), ("me", "--picture", self.picture())):
            for pause in PAUSES:
                with self.subTest(command=command[0], pause=pause):
                    running = self.alice.start(*command)
                    time.sleep(pause)
                    self.alice.snug("lock")
                    self.assert_clean_soon(secrets, " ".join(command))
                    running.communicate(timeout=PATIENCE)
                    self.alice.open()

    def picture(self):
        """A large one, which takes a moment to look at."""
        path = os.path.join(self.alice.folder, "picture.png")
        Image.effect_noise((2000, 2000), 60).save(path)
        return path

    def assert_clean_soon(self, secrets, what):
        """Work that was under way on another thread may end meanwhile."""
        deadline = time.monotonic() + 3
        while True:
            try:
                return self.assert_clean(secrets, what)
            except self.failureException:
                if time.monotonic() > deadline:
                    raise

    def test_keeps_nothing_for_who_has_not_read_all(self):
        for i in range(4):
            self.alice.snug("send", "the bird", unlike_anything(30_000))
        secrets, _ = self.look()
        with self.alice.rpc() as slow, self.alice.rpc() as half:
            ask = json.dumps({"jsonrpc": "2.0", "id": "h", "method": "message.list", "params": {"before": "message-999"}})
            self.assertGreater(len(slow.ask(ask + "\n")["result"]["messages"]), 3)
            for _ in range(20):
                slow.send(ask + "\n")
            half.send(ask.replace("message-999", "the bird called bobolink")[:-2])
            self.assertIn("result", self.alice.rpc().call("hello"))  # it has read both by now
            self.alice.snug("lock")
            self.assert_clean(secrets, "with half of an answer and half of a request")
            for name, one in (("slow", slow), ("half", half)):
                with self.subTest(name), self.assertRaises((ConnectionResetError, AssertionError)):
                    while one.file.readline() != b"":
                        pass
                    raise AssertionError("the end")
