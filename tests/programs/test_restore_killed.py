# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at random moments of a backup, of its way back, and of the recovery kit's: what was before is there, or what was to
be, nothing in between; the same command does it the next time, and contacts talk with whoever came back."""
import os
import random
import shutil
import signal
import time
import unittest

from friends import Friend
from people import DONE
from relay import PATIENCE, wait_until
from test_backup import BACKUP_PHRASE, Two

KILLS = int(os.environ.get("SNUG_KILLS", "2"))  # of each kind
SEED = int(os.environ.get("SNUG_KILL_SEED", "0")) or random.SystemRandom().randrange(1 << 32)

# What can be seen of how far it is, and how many seconds after that are of interest.
MARKS = [(".default.new", 1.5), (".default.new/history.db", 0.3), (".default.new/slots", 0.3), ("default", 0.03), ("default", 0.5)]


class Killed(Two):
    def setUp(self):
        super().setUp()
        print(f"SNUG_KILL_SEED={SEED}", flush=True)
        self.chance = random.Random(SEED)

    def profiles(self, person):
        return [n for n in os.listdir(os.path.join(person.data, "snug")) if not n.endswith(".lock")]

    def kill_during(self, person, command, secret, mark, delay):
        """The command's exit status: it may have been quicker."""
        person.snug("agent", "start")
        pid = person.agent_pid()
        path = os.path.join(person.data, "snug", mark)
        with person.start(*command, secret=secret) as running:
            while running.poll() is None and not os.path.exists(path):
                time.sleep(0.001)
            time.sleep(delay)  # chance's, and not a wait for anything
            os.kill(pid, signal.SIGKILL)
            running.communicate()
        wait_until(lambda: person.agent_pid() != pid, "the agent ends")
        return running.returncode

    def come_back(self, person, command, secret, settled):
        """SETTLED is called each time that it came to something; then that machine is lost, too."""
        for _ in range(KILLS):
            mark, within = self.chance.choice(MARKS)
            delay = self.chance.uniform(0, within)
            code = self.kill_during(person, command, secret, mark, delay)
            person.snug("agent", "start")
            state = person.json("status")["state"]
            at = f"{command[0]}, {delay:.3f} s after {mark}"
            self.assertIn(state, ("none", "locked"), at)
            if state == "none":
                self.assertNotEqual(code, DONE, at)
                self.assertEqual(self.profiles(person), [], at)
                continue
            person.open()
            settled()
            person.kill_agent()
            shutil.rmtree(person.data)
            os.mkdir(person.data, mode=0o700)
        person.snug(*command, secret=secret)
        settled()

    def joined(self, person):
        wait_until(lambda: "joining" not in person.json("status"), "it joined", 3 * PATIENCE)

    def test_a_backup_is_there_or_is_not(self):
        folder = os.path.join(self.bob.folder, "backups")
        os.mkdir(folder)
        command = ["backup", "create", os.path.join(folder, "alice.backup"), "--files"]
        for _ in range(KILLS):
            self.kill_during(self.alice, command, BACKUP_PHRASE, "default", self.chance.uniform(0, 1.5))
            self.alice.open()
            self.assertIn(os.listdir(folder), ([], ["alice.backup"]))
            if os.listdir(folder):
                self.bob.snug("backup", "check", command[2], secret=BACKUP_PHRASE)
                os.unlink(command[2])
        self.alice.snug(*command, secret=BACKUP_PHRASE)
        self.say(self.alice, self.bob, "all is saved")

    def test_a_backup_comes_back(self):
        self.say(self.bob, self.alice, "before")
        self.back_up()
        self.alice.kill_agent()
        again = self.enterContext(Friend("alice", self.relay))

        def settled():
            self.joined(again)
            self.assertEqual(again.received()[:1], ["before"])
            self.say(again, self.bob, f"device {again.json('status')['device']}")

        self.come_back(again, ["restore", self.file], f"{BACKUP_PHRASE}\n{again.phrase}", settled)
        self.say(self.bob, again, "whole")
        self.assertNotIn("key-changed", self.notices_of(self.bob))

    def test_a_kit_brings_the_account_back(self):
        account = self.alice.json("status")["account"]
        self.alice.kill_agent()
        again = self.enterContext(Friend("alice", self.relay))
        command = ["recover", "--name", "alice", "--relay", f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}",
                   "--kit-file", self.kit]

        def settled():
            self.joined(again)
            self.assertEqual(again.json("status")["account"], account)

        self.come_back(again, command, again.phrase, settled)
        again.snug("add", self.bob.json("link")["link"])
        wait_until(lambda: again.json("contacts", "--state", "accepted")["contacts"], "they are contacts again", 3 * PATIENCE)
        self.say(again, self.bob, "it is me")
        self.say(self.bob, again, "so it is")
        self.assertNotIn("key-changed", self.notices_of(self.bob))


if __name__ == "__main__":
    unittest.main()
