# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that fills up on the side of an agent: told plainly, nothing acknowledged, nothing lost, and all goes on by itself
when there is room again."""
import contextlib
import json
import os
import select
import socket
import threading
import unittest

from friends import Friend
from people import FAILED, QUEUED, introduce
from relay import Relay, wait_until
from small_disk import SmallDisk

BACK_AFTER = 90  # seconds: the longest wait of the agent, and then some


class Way:
    """A SOCKS proxy to RELAY that calls MEANWHILE once: before it hands back the first answer to who sent more than 8 KiB,
    as a registration is."""

    def __init__(self, relay, meanwhile):
        self.relay, self.meanwhile = relay, [meanwhile]

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()
        return "127.0.0.1:%d" % self.listener.getsockname()[1]

    def __exit__(self, *_):
        self.listener.close()

    def serve(self):
        try:
            while True:
                threading.Thread(target=self.answer, args=(self.listener.accept()[0],), daemon=True).start()
        except OSError:
            pass  # closed

    def answer(self, client):
        with contextlib.suppress(OSError):
            self.forward(client)

    def forward(self, client):
        with client, socket.create_connection(("127.0.0.1", self.relay.port)) as relay:
            self.greet(client)
            sent = 0
            while True:
                for ready in select.select([client, relay], [], [])[0]:
                    if ready is relay and sent > 8192 and self.meanwhile:
                        self.meanwhile.pop()()
                    data = ready.recv(65536)
                    if not data:
                        return
                    sent += len(data) if ready is client else 0
                    (relay if ready is client else client).sendall(data)

    def greet(self, client):
        def read(n):
            return client.recv(n, socket.MSG_WAITALL)

        if 2 in read(read(2)[1]):
            client.sendall(bytes([5, 2]))
            read(read(2)[1])  # the user
            read(read(1)[0])
            client.sendall(bytes([1, 0]))
        else:
            client.sendall(bytes([5, 0]))
        kind = read(4)[3]
        read({1: 4, 3: 0, 4: 16}[kind] or read(1)[0])
        read(2)
        client.sendall(bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))

    def disk_for(self, folder, size="6m"):
        return self.enterContext(SmallDisk(folder, size))

    def assert_full(self, outcome):
        """Exit code, name and sentence."""
        self.assertEqual(outcome.code, FAILED, outcome.out + outcome.err)
        error = json.loads(outcome.err)["error"]
        self.assertEqual(error["name"], "full")
        self.assertRegex(error["message"], "(?i)disk is full")

    def send_until_full(self):
        """What alice could still send: a log that was long before has room in it."""
        sent = []
        while len(sent) < 500:
            text = f"alice says {len(sent)} " + "x" * 2000
            outcome = self.alice.attempt("--json", "send", "bob", text, "--wait", "0")
            if outcome.code not in (0, QUEUED):
                self.assert_full(outcome)
                return sent
            sent.append(text)
        raise AssertionError("the disk is full, and the store still takes everything")

    def test_stops_nobody_for_longer_than_it_lasts(self):
        disk = self.disk_for(self.alice.data)
        bob = self.enterContext(Friend("bob", self.relay))
        self.alice.register()
        bob.register()
        introduce(bob, self.alice)
        bob.snug("send", "alice", "before")
        self.alice.wait_received("before")
        agent = self.alice.agent_pid()

        disk.fill()
        sent = self.send_until_full()
        self.assertEqual(self.alice.json("status")["trouble"], "full")
        self.assertRegex(self.alice.snug("status"), "trouble: the disk is full")
        meanwhile = [f"bob says {i} " + "y" * 2000 for i in range(20)]
        for text in meanwhile:
            bob.snug("send", "alice", text)
        # It tries again and again by itself, and gets no further.
        self.send_until_full_again(sent)
        received = self.alice.received()
        self.assertLess(len(received), 1 + len(meanwhile))
        self.assertEqual(received, (["before"] + meanwhile)[:len(received)])
        states = {text: state for outgoing, text, state in bob.messages() if outgoing}
        for text in meanwhile[len(received) - 1:]:
            self.assertEqual(states[text], "at-relay", "acknowledged, and not stored")

        disk.make_room()
        wait_until(lambda: "trouble" not in self.alice.json("status"), "the agent finds room", BACK_AFTER)
        wait_until(lambda: len(self.alice.received()) > len(meanwhile), "what waited at the relay arrives", BACK_AFTER)
        self.assertEqual(self.alice.received(), ["before"] + meanwhile)
        self.alice.snug("send", "bob", "after")
        wait_until(lambda: bob.received()[-1:] == ["after"], "what alice sends arrives", BACK_AFTER)
        self.assertEqual(bob.received(), sent + ["after"])
        self.assertEqual([text for outgoing, text, _ in self.alice.messages() if outgoing], sent + ["after"])
        self.assertEqual(self.alice.agent_pid(), agent)

    def send_until_full_again(self, sent):
        """The store may take the odd small thing where a page is left: that counts as sent."""
        for i in range(10):
            text = f"alice tries {i} " + "z" * 20000
            outcome = self.alice.attempt("--json", "send", "bob", text, "--wait", "0")
            if outcome.code in (0, QUEUED):
                sent.append(text)
            else:
                self.assert_full(outcome)

    def test_gives_back_what_a_file_took_that_does_not_fit(self):
        disk = self.disk_for(self.alice.data)
        bob = self.enterContext(Friend("bob", self.relay))
        self.alice.register()
        bob.register()
        introduce(bob, self.alice)
        path = os.path.join(bob.folder, "large")
        with open(path, "wb") as f:
            f.truncate(20 << 20)
        bob.snug("send", "alice", "--file", path, "--wait", "60")
        wait_until(lambda: any(m.get("files") for m in self.alice.json("history")["messages"]), "it is announced")
        file = next(m for m in self.alice.json("history")["messages"] if m.get("files"))["files"][0]
        outcome = self.alice.attempt("--json", "save", file["id"], self.alice.folder)
        self.assertEqual(json.loads(outcome.err)["error"]["name"], "full", outcome.err)
        wait_until(lambda: not [name for name in disk.names() if name.endswith(".new")], "what it took is given back")
        self.assertNotIn("trouble", self.alice.json("status"))
        bob.snug("send", "alice", "still there?")
        self.alice.wait_received("still there?")

    def test_lets_init_leave_nothing_behind(self):
        disk = self.disk_for(self.alice.data)
        kit = os.path.join(self.alice.data, "kit")
        disk.fill()
        for where in (kit, os.path.join(self.alice.folder, "kit")):
            outcome = self.alice.attempt("--json", "init", "--relay", f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}",
                                         "--name", "alice", "--kit-file", where, phrase="x")
            self.assert_full(outcome)
            self.assertEqual(disk.names(), [])
            self.assertFalse(os.path.exists(where))
        disk.make_room()
        self.alice.register("--kit-file", kit)
        self.assertGreater(os.path.getsize(kit), 0)

    def test_lets_init_keep_the_name_that_the_relay_gave(self):
        disk = self.disk_for(self.alice.data)
        with Way(self.relay, disk.fill) as proxy:
            kit = self.alice.register("--proxy", proxy)
            self.assertRegex(kit, "Snug recovery kit")
            disk.make_room()
            if self.alice.json("status")["state"] == "locked":
                self.alice.open()
            self.alice.wait_online()
            self.assertNotIn("trouble", self.alice.json("status"))

    def test_shows_the_kit_that_did_not_fit_into_its_file(self):
        folder = os.path.join(self.alice.folder, "stick")
        os.mkdir(folder)
        disk = self.disk_for(folder, "64k")
        disk.fill()
        kit = os.path.join(folder, "kit")
        shown = self.alice.register("--kit-file", kit, expect=FAILED)
        self.assertRegex(shown, "Snug recovery kit")
        self.assertRegex(self.alice.errors, "No space left")
        self.assertEqual(disk.names(), [])
        self.assertEqual(self.alice.json("status")["state"], "unlocked")


if __name__ == "__main__":
    unittest.main()
