# SPDX-License-Identifier: GPL-3.0-or-later
"""Locked in the middle of something long: by a command, in a panic, before the machine sleeps. It is locked in time, who waits is
told in a sentence, and after unlocking the work goes on, or can be done again. $SNUG_LOCK_HOW: all ways for each, not just one."""
import os
import signal
import time
import unittest

from friends import Friend
from logind import Bus, Logind
from people import introduce
from relay import PATIENCE, Relay, wait_until

ALL = os.environ.get("SNUG_LOCK_HOW") == "all"
BACKUP_PHRASE = "the pass-phrase of backups"
BOUNDS = {"lock": 8, "panic": 2.5, "sleep": 5, "screen": 5}  # s; the relay may be silent
MIB = 1024 * 1024


def ways(usual):
    return ("lock", "panic", "sleep") if ALL else (usual,)


class During(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.relay, cls.other = (cls.enterClassContext(Relay("--registration", "open")) for _ in range(2))
        cls.system, cls.session = cls.enterClassContext(Logind()), cls.enterClassContext(Bus())
        cls.alice = cls.enterClassContext(cls.person("alice"))
        cls.bob = cls.enterClassContext(Friend("bob", cls.relay))
        cls.alice.register()
        cls.bob.register()
        introduce(cls.alice, cls.bob)

    @classmethod
    def person(cls, name, buses=None):
        system, session = buses or (cls.system, cls.session)
        return Friend(name, cls.relay, DBUS_SYSTEM_BUS_ADDRESS=system.address, DBUS_SESSION_BUS_ADDRESS=session.address)

    def setUp(self):
        for person in (self.alice, self.bob):  # what a test before this one left
            if person.json("status")["state"] == "locked":
                person.open()

    def silent(self, relay=None):
        """A relay that says nothing any more, until loud() or the end."""
        pid = (relay or self.relay).process.pid
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(os.kill, pid, signal.SIGCONT)

    def loud(self, relay=None):
        os.kill((relay or self.relay).process.pid, signal.SIGCONT)

    def lock(self, how, person=None):
        person = person or self.alice
        began = time.monotonic()
        if how == "sleep":
            wait_until(lambda: self.system.inhibited, "an inhibitor")
            began = time.monotonic()
            self.system.sleep(True)
            wait_until(lambda: not self.system.inhibited, "sleep may begin")
        elif how == "screen":
            self.system.lock()
        else:
            person.snug(how)
        if how != "screen":
            self.assertLess(time.monotonic() - began, BOUNDS[how], how)
            self.assertIn(person.json("status")["state"], ("locked", "none"))
        if how == "sleep":
            self.system.sleep(False)

    def told(self, job, more=""):
        """It ended by itself, and said in a sentence that it was locked, and MORE."""
        _, errors = job.communicate(timeout=PATIENCE)
        self.assertNotEqual(job.returncode, 0)
        self.assertIn(more, errors)
        self.assertRegex(errors, r"(?m)^snug: [A-Z].*(was locked|is locked|went to sleep|agent ended).*\.\n\Z")

    def heard(self, one, other, text):
        one.snug("send", other.name, text, "--wait", str(2 * PATIENCE))
        wait_until(lambda: text in other.received(), f"{other.name} reads {text}", 2 * PATIENCE)

    def file(self, name, size):
        path = os.path.join(self.alice.folder, name)
        with open(path, "wb") as f:
            f.write(os.urandom(size))
        return path

    def test_a_move_goes_on(self):
        for i, how in enumerate(ways("sleep")):
            there = (self.other, self.relay)[i % 2]
            self.silent(there)
            job = self.alice.start("account", "move", f"https://127.0.0.1:{there.port} pin={there.pin}")
            wait_until(lambda: "move" in self.alice.json("status"), "the move begins")
            self.lock(how)
            self.told(job, "goes on once")
            self.loud(there)
            self.alice.open()
            wait_until(lambda: str(there.port) in self.alice.json("status")["address"], "it has moved", 3 * PATIENCE)
            self.heard(self.bob, self.alice, f"found you {i}")

    def test_a_deletion_goes_on_and_a_wipe_waits_for_nobody(self):
        carol = self.enterContext(self.person("carol"))
        carol.register()
        address = carol.json("status")["address"]
        for how in ways("panic"):
            self.silent()
            job = carol.start("account", "delete", "--address", address)
            wait_until(lambda: carol.json("status").get("deleted") == "pending", "the deletion begins")
            self.lock(how, carol)
            self.told(job, "is deleted once")
            carol.open()
            self.assertEqual(carol.json("status").get("deleted"), "pending", how)
        self.loud()
        wait_until(lambda: carol.json("status")["deleted"] == "done", "it is deleted", 3 * PATIENCE)
        self.silent()
        began = time.monotonic()
        carol.snug("wipe", "--yes", "default")
        self.assertLess(time.monotonic() - began, BOUNDS["panic"])
        self.assertFalse(os.path.exists(os.path.join(carol.data, "snug", "default")))

    def test_a_file_goes_on_both_ways(self):
        for i, how in enumerate(ways("panic")):
            path = self.file(f"to-{i}", 4 * MIB)
            self.silent()
            job = self.alice.start("send", "bob", "--file", path, "--wait", "60")
            words = self.alice.start("send", "bob", f"words {i}", "--wait", "60")
            wait_until(lambda: self.attachment(self.alice, f"to-{i}"), "the file is taken")
            wait_until(lambda: (True, f"words {i}", "queued") in self.alice.messages(), "the words are")
            self.lock(how)
            self.told(job, "goes out once")
            words.communicate(timeout=PATIENCE)
            self.assertEqual(words.returncode, 7)  # as if it had not waited: it goes out later
            self.loud()
            self.alice.open()
            wait_until(lambda: self.attachment(self.bob, f"to-{i}"), "it arrives", 3 * PATIENCE)
            self.bob.snug("save", self.attachment(self.bob, f"to-{i}"), self.bob.folder)
            self.assertEqual(read(path), read(os.path.join(self.bob.folder, f"to-{i}")))
            self.assertEqual(self.bob.received().count(f"words {i}"), 1)
            path = self.file(f"from-{i}", 4 * MIB)
            self.bob.snug("send", "alice", "--file", path, "--wait", str(2 * PATIENCE))
            wait_until(lambda: self.attachment(self.alice, f"from-{i}"), "it arrives")
            folder = os.path.join(self.alice.folder, f"in-{i}")
            os.mkdir(folder)
            self.silent()
            job = self.alice.start("save", self.attachment(self.alice, f"from-{i}"), folder)
            wait_until(lambda: self.alice.json("files")["attachments"], "it is fetched")
            self.lock(how)
            self.told(job)
            self.loud()
            self.assertEqual(os.listdir(folder), [])
            self.alice.open()
            self.alice.snug("save", self.attachment(self.alice, f"from-{i}"), folder)
            self.assertEqual(read(path), read(os.path.join(folder, f"from-{i}")))

    def attachment(self, person, name):
        messages = person.json("history", "--limit", "500")["messages"]
        return next((f["id"] for m in messages for f in m.get("files", []) if f["name"] == name), None)

    def test_a_backup_is_given_up_and_can_be_made_again(self):
        self.heard(self.alice, self.bob, "hello")
        path = os.path.join(self.alice.folder, "backup")
        for how in ways("lock"):
            job = self.alice.start("backup", "create", path, "--files", secret=BACKUP_PHRASE)
            wait_until(lambda: self.alice.json("backup", "status")["running"], "the backup begins")
            if how == "panic":  # there is a pass-phrase on another thread
                self.assertEqual(self.alice.json("panic")["ended"], 1)
            else:
                self.lock(how)
            self.told(job)
            self.assertEqual([n for n in os.listdir(self.alice.folder) if "backup" in n], [])
            self.alice.open()
        self.alice.snug("backup", "create", path, secret=BACKUP_PHRASE)
        self.alice.snug("backup", "check", path, secret=BACKUP_PHRASE)

    def test_a_backup_that_nobody_waits_for_is_given_up(self):
        bob = self.bob  # who has made none today
        for i in range(12):
            bob.snug("send", "alice", "--file", self.file(f"kept-{i}", 1000), "--wait", str(PATIENCE))
        kept = os.path.join(bob.data, "snug", "default", "files")
        sizes = {path: os.path.getsize(path) for path in (os.path.join(kept, name) for name in os.listdir(kept))}
        for path in sizes:  # some seconds' work, and no room on the disk
            os.truncate(path, 100 * MIB)
        folder = os.path.join(bob.folder, "scheduled")
        os.mkdir(folder)
        bob.snug("backup", "schedule", "--every", "daily", "--folder", folder, "--files", secret=BACKUP_PHRASE)
        with bob.rpc() as rpc:
            wait_until(lambda: rpc.call("backup.status")["result"]["running"], "the backup begins")
        self.lock("lock", bob)
        self.assertEqual(os.listdir(folder), [])
        for path, size in sizes.items():
            os.truncate(path, size)
        bob.open()
        bob.snug("backup", "schedule", "--every", "never")
        wait_until(lambda: not bob.json("backup", "status")["running"], "the next one, which began by itself, is made")

    def restoring(self, path):
        """Dora anew, who restores PATH, and the job."""
        fresh = self.enterContext(self.person("dora", (self.system, self.session)))
        self.assertEqual(fresh.json("status")["state"], "none")
        job = fresh.start("restore", path, secret=f"{BACKUP_PHRASE}\n{fresh.phrase}")
        folder = os.path.join(fresh.data, "snug")
        wait_until(lambda: any(not n.endswith(".lock") for n in os.listdir(folder)), "a profile is begun")
        return fresh, job

    def test_a_restore_is_given_up_for_sleep_or_in_a_panic_and_ends_locked_when_the_screen_was_locked(self):
        self.system, self.session = self.enterContext(Logind()), self.enterContext(Bus())  # nobody else's
        dora = self.enterContext(self.person("dora"))
        dora.register()
        path = os.path.join(dora.folder, "backup")
        dora.snug("backup", "create", path, secret=BACKUP_PHRASE)
        dora.kill_agent()
        for how in ("sleep", "panic") if ALL else ("sleep",):
            fresh, job = self.restoring(path)
            if how == "panic":
                self.assertEqual(fresh.json("panic")["ended"], 1)
            else:
                self.lock(how, fresh)
            self.told(job)
            self.assertEqual(fresh.json("status")["state"], "none")
            self.assertEqual([n for n in os.listdir(os.path.join(fresh.data, "snug")) if not n.endswith(".lock")], [])
        fresh, job = self.restoring(path)
        wait_until(lambda: self.system.inhibited, "the buses are heard")
        self.lock("screen")
        out, errors = job.communicate(timeout=2 * PATIENCE)
        self.assertEqual(job.returncode, 0, errors)
        self.assertIn("and locked", out)
        self.assertEqual(fresh.json("status")["state"], "locked")
        fresh.open()
        wait_until(lambda: "joining" not in fresh.json("status"), "it joined", 3 * PATIENCE)
        fresh.wait_online()

    def test_an_account_that_was_to_be_locked_while_it_was_made_ends_locked(self):
        erin = self.enterContext(self.person("erin"))
        self.assertEqual(erin.json("status")["state"], "none")
        with erin.rpc() as making, erin.rpc() as locking:
            making.call("account.create", passphrase=erin.phrase, name="erin",
                        relay=f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}")
            self.assertIn("result", locking.call("account.lock"))
            self.assertIn("kit", making.next("job.done")["result"])
        self.assertEqual(erin.json("status")["state"], "locked")
        erin.open()
        self.assertEqual(erin.json("status")["state"], "unlocked")


def read(path):
    with open(path, "rb") as f:
        return f.read()


if __name__ == "__main__":
    unittest.main()
