# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that fills up while a backup is made or put back, or a kit brings an account back: told plainly, nothing half done
stays, and the same command does it when there is room."""
import json
import os
import random
import shutil
import unittest

from friends import Friend
from people import DONE, FAILED, introduce
from relay import PATIENCE, Relay, wait_until
from small_disk import SmallDisk

BACKUP_PHRASE = "the pass-phrase of backups"
SIZE = 8 << 20
TRIES = int(os.environ.get("SNUG_FULL_TRIES", "1"))  # of each, with as much room as chance says
SEED = int(os.environ.get("SNUG_FULL_SEED", "0")) or random.SystemRandom().randrange(1 << 32)


class Full(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice, cls.bob = (cls.enterClassContext(Friend(name, cls.relay)) for name in ("alice", "bob"))
        cls.kit = os.path.join(cls.alice.folder, "kit")
        cls.alice.register("--kit-file", cls.kit)
        cls.bob.register()
        introduce(cls.alice, cls.bob)
        cls.chance = random.Random(SEED)
        print(f"SNUG_FULL_SEED={SEED}", flush=True)

    def newcomer(self):
        """Another machine of Alice's, with a small disk."""
        again = Friend("alice", self.relay)
        disk = self.enterContext(SmallDisk(again.data, SIZE))
        return self.enterContext(again), disk

    def assert_full(self, outcome):
        self.assertEqual(outcome.code, FAILED, outcome.out + outcome.err)
        error = json.loads(outcome.err)["error"]
        self.assertEqual(error["name"], "full", error)
        self.assertRegex(error["message"], "(?i)disk is full.*free some")

    def come_back(self, person, disk, *command, secret, need):
        """With ever more room, and at last with enough."""
        rooms = [0] + sorted(self.chance.randrange(need) // 4096 * 4096 for _ in range(TRIES))
        for room in rooms:
            disk.leave(room)
            outcome = person.attempt("--json", *command, phrase=secret)
            if outcome.code == DONE:  # there was enough, though it may not be for much more
                disk.make_room()
                break
            self.assert_full(outcome)
            self.assertEqual(disk.names(), [], f"with {room} bytes")
            self.assertEqual(person.json("status")["state"], "none")
            disk.make_room()
        if outcome.code != DONE:
            person.snug(*command, secret=secret)
        if person.json("status")["state"] == "locked":
            person.open()
        wait_until(lambda: "joining" not in person.json("status"), "it joined", 3 * PATIENCE)

    def say(self, one, other, text):
        one.snug("send", other.name, text, "--wait", str(2 * PATIENCE))
        wait_until(lambda: text in other.received(), f"{other.name} reads {text}", 3 * PATIENCE)

    def test_a_backup_that_does_not_fit_is_put_back_when_it_does(self):
        path = os.path.join(self.alice.folder, "large")
        with open(path, "wb") as f:
            f.write(os.urandom(300000))
        self.alice.snug("send", "bob", "--file", path, "--wait", "60")
        self.assert_backups_need_room()
        self.alice.snug("lock")
        again, disk = self.newcomer()
        self.come_back(again, disk, "restore", os.path.join(self.alice.folder, "whole"),
                       secret=f"{BACKUP_PHRASE}\n{again.phrase}", need=1500000)
        self.say(again, self.bob, "restored")
        self.say(self.bob, again, "welcome back")
        type(self).alice = again

    def assert_backups_need_room(self):
        folder = os.path.join(self.alice.folder, "stick")
        os.mkdir(folder)
        whole = os.path.join(self.alice.folder, "whole")
        disk = self.enterContext(SmallDisk(folder, "2m"))
        command = ["backup", "create", "--files", os.path.join(folder, "alice.backup")]
        for room in (0, 200000):
            disk.leave(room)
            self.assert_full(self.alice.attempt("--json", *command, phrase=BACKUP_PHRASE))
            self.assertEqual(disk.names(), [])
        disk.leave(0)
        self.alice.snug("backup", "schedule", "--every", "daily", "--folder", folder, secret=BACKUP_PHRASE)
        wait_until(lambda: self.alice.json("backup", "status").get("error") == "full", "the failure is noted")
        self.assertIn("backup-failed", [n["kind"] for n in self.alice.json("notices")["notices"]])
        self.assertRegex(self.alice.snug("backup", "status"), "(?i)disk is full.*free some")
        self.assertEqual(disk.names(), [])
        disk.make_room()
        self.alice.snug(*command, secret=BACKUP_PHRASE)
        self.assertNotIn("error", self.alice.json("backup", "status"))
        shutil.copy(command[-1], whole)
        os.unlink(command[-1])
        disk.leave(0)
        self.alice.snug("backup", "schedule", "--every", "never")

    def test_a_kit_brings_the_account_back_when_there_is_room(self):
        again, disk = self.newcomer()
        self.come_back(again, disk, "recover", "--name", "alice", "--relay",
                       f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}", "--kit-file", self.kit,
                       secret=again.phrase, need=1000000)
        again.snug("add", self.bob.json("link")["link"])
        wait_until(lambda: again.json("contacts", "--state", "accepted")["contacts"], "they are contacts again", 3 * PATIENCE)
        self.say(again, self.bob, "it is me")


if __name__ == "__main__":
    unittest.main()
