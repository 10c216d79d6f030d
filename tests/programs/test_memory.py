# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the agent's memory: all of it while the profile is open, nothing of it once it is locked."""
import base64
import json
import os
import random
import socket
import struct
import time
import unittest

from PIL import Image

from friends import Friend
from memory import Frozen, held, secrets_of, seen, stack_below
from people import introduce
from relay import PATIENCE, Relay, wait_until

ROUNDS = int(os.environ.get("SNUG_MEMORY_ROUNDS", "2"))
PAUSES = [float(x) for x in os.environ.get("SNUG_MEMORY_PAUSES", "0.03").split()]  # s, from the start of a command to the lock

WORDS = "Whoever finds these words %d in a locked agent has found a mistake"


def pieces(value, n=32, most=100):
    """Up to MOST pieces of N bytes of VALUE."""
    step = max((len(value) - n) // most, n)
    return {value[i:i + n] for i in range(0, len(value) - n + 1, step)}


def kit_forms(kit):
    """A recovery kit as it is typed, shown and used; the last 4 letters are its checksum."""
    letters = kit.replace(" ", "")
    seed = base64.b32decode(letters[:52] + "====")
    return {form.encode() for form in (kit, letters, kit.lower(), letters.lower())} | pieces(seed, 16)


def unlike_anything(n):
    """N bytes of text that are nowhere else."""
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz23456789") for _ in range(n))


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice = cls.enterClassContext(Friend("alice", cls.relay))
        cls.bob = cls.enterClassContext(Friend("bobolink", cls.relay))
        cls.kit = cls.alice.json("init", "--relay", f"https://127.0.0.1:{cls.relay.port} pin={cls.relay.pin}", "--name", "alice",
                                 secret=cls.alice.phrase)["kit"]
        cls.bob.register()
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
        cls.phrases = {"pass-phrase": {alice.phrase.encode()}, "old-pass-phrase": {before.encode()}, "kit": kit_forms(cls.kit)}

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

    def assert_clean(self, secrets, what, pid=None):
        found = held(pid or self.alice.agent_pid(), secrets)
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

    def during(self, rpc, method, secrets, **params):
        """The answer to METHOD, of whose SECRETS the agent has all but the end of the line before it begins."""
        rpc.send(json.dumps({"jsonrpc": "2.0", "id": "d", "method": method, "params": params}))
        wait_until(lambda: not set(secrets) - set(self.found(secrets, self.pid_of(rpc))), f"{method} is half there")
        answer = rpc.ask("\n")
        while answer.get("id") != "d":
            answer = rpc.read()
        return rpc.next("job.done") if "job" in answer.get("result", {}) else answer

    @staticmethod
    def pid_of(rpc):
        return struct.unpack("iII", rpc.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]

    def test_holds_no_pass_phrase_that_was_wrong(self):
        wrong = {name: unlike_anything(24) for name in ("old", "new", "backup", "way", "unlock")}
        secrets = {name: {value.encode()} for name, value in wrong.items()}
        backup = os.path.join(self.alice.folder, "backup")
        self.alice.snug("backup", "create", backup, secret="the phrase of a backup")
        self.addCleanup(os.unlink, backup)
        with self.alice.rpc() as rpc:
            for names, method, params in (
                    (("old", "new"), "account.passphrase", {"old": wrong["old"], "new": wrong["new"]}),
                    (("backup",), "backup.check", {"path": backup, "passphrase": wrong["backup"]}),
                    (("way",), "slot.add", {"kind": "key-file", "passphrase": wrong["way"], "make": True,
                                            "new_key_file": os.path.join(self.alice.folder, "never")})):
                answer = self.during(rpc, method, {name: secrets[name] for name in names}, **params)
                self.assertIn("error", answer, method)
            self.assert_clean(secrets, "while it is open")
            self.alice.snug("lock")
            self.assertIn("error", self.during(rpc, "account.unlock", {"unlock": secrets["unlock"]}, passphrase=wrong["unlock"]))
            self.assert_clean(secrets, "while it is locked")

    def test_holds_no_recovery_kit(self):
        with Friend("carol", self.relay) as carol:
            self.assertEqual(carol.json("status")["state"], "none")  # an agent runs
            with carol.rpc() as rpc:
                params = {"kit": self.kit, "passphrase": "three small words", "name": "nobody",
                          "relay": f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}"}
                secrets = {"kit": {self.kit.encode()}, "new-pass-phrase": {b"three small words"}}
                self.assertIn("error", self.during(rpc, "account.recover", secrets, **params))
                self.assert_clean(secrets | {"kit": kit_forms(self.kit)}, "there is no such account", self.pid_of(rpc))

    def test_holds_nothing_that_passed_through_it(self):
        typed = {name: unlike_anything(40) for name in ("second", "found", "query", "draft", "name", "person", "status")}
        secrets = {name: {value.encode()} for name, value in typed.items()}
        path = self.picture(900)
        with Image.open(path) as image:
            pixels = image.convert("RGBA").tobytes()
        shown = base64.urlsafe_b64encode(pixels[:512 * 1024])
        secrets |= {"pixels": pieces(pixels, 24, 1000), "shown": pieces(shown, 32, 1000)}
        self.alice.snug("send", "the bird", "A picture", "--file", path)
        sent = self.alice.json("history", "the bird")["messages"][-1]
        picture = {"attachment": sent["files"][0]["id"], "width": 900, "height": 900}
        self.bob.snug("send", "alice", typed["found"])
        self.alice.wait_received(typed["found"])
        for i in range(4):
            self.alice.snug("send", "the bird", unlike_anything(30_000))
        stored, _ = self.look()
        with self.alice.rpc() as first, self.alice.rpc() as second, self.alice.rpc() as slow, self.alice.rpc() as looking, \
                self.alice.rpc() as unread:
            requests = (("message.send", {"contact": "the bird", "text": typed["second"]}),
                        ("message.search", {"text": typed["found"]}), ("message.search", {"text": typed["query"]}),
                        ("conversation.draft", {"contact": "the bird", "text": typed["draft"]}),
                        ("conversation.get", {"contact": "the bird"}),
                        ("contact.rename", {"contact": "the bird", "nickname": "the bird " + typed["name"]}),
                        ("contact.rename", {"contact": "the bird", "nickname": "the bird called bobolink"}),
                        ("me.set", {"about": typed["person"]}), ("me.set", {"about": "nothing"}),
                        ("presence.set", {"state": "away", "text": typed["status"]}))
            for rpc in (first, second):
                for method, params in requests:
                    self.assertIn("result", rpc.call(method, **params), method)
            self.assertIn("picture", looking.call("attachment.picture", **picture)["result"])  # there is more of it
            for i in range(3):
                unread.send(json.dumps({"jsonrpc": "2.0", "id": i, "method": "attachment.picture", "params": picture}) + "\n")
            # In one piece: read at once, and the last lines run when the answers to the first are taken, which they never are.
            slow.send("".join(json.dumps({"jsonrpc": "2.0", "id": "s", "method": method, "params": params}) + "\n"
                              for method, params in (*[("message.list", {})] * 14, *requests)))
            wait_until(lambda: not set(secrets) - set(self.found(secrets)), "all of it is in memory")
            self.alice.snug("lock")
            self.assert_clean_soon(stored | secrets, "after much was said")

    def found(self, secrets, pid=None):
        pid = pid or self.alice.agent_pid()
        with Frozen(pid):
            return seen(pid, secrets)

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

    def picture(self, side=2000):
        """A large one, which takes a moment to look at."""
        path = os.path.join(self.alice.folder, "picture.png")
        Image.effect_noise((side, side), 60).save(path)
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

    def deepest(self):
        """How far down the agent's stack something lies. The frame of the wipe itself ends at 512 KiB."""
        try:
            below = stack_below(self.alice.agent_pid())
        except PermissionError:
            self.skipTest("needs root, with the right to trace processes, to read the memory of one that does not want it")
        return len(below[:500 * 1024].rstrip(b"\0"))

    def test_leaves_nothing_on_its_stack(self):
        self.bob.snug("send", "alice", "What it takes to read this goes deep")
        self.alice.wait_received("What it takes to read this goes deep")
        open_ = self.deepest()
        self.alice.snug("lock")
        locked = self.deepest()  # as deep as the stream goes that it opens then
        self.assertLess(locked + 4096, open_)

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
