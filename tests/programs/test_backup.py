# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups with real programs: written, checked, restored on a new machine while the old one is there or gone; the recovery
kit; and those that are made by themselves. Kills in the middle are test_restore_killed.py's."""
import os
import shutil
import signal
import subprocess
import unittest

from friends import Friend
from people import INTEGRITY, introduce
from relay import PATIENCE, Relay, program, wait_until

BACKUP_PHRASE = "the pass-phrase of backups"


class Two(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))
        self.bob = self.enterContext(Friend("bob", self.relay))
        self.kit = os.path.join(self.alice.folder, "kit")
        self.alice.register("--kit-file", self.kit)
        self.bob.register()
        introduce(self.alice, self.bob)
        self.file = os.path.join(self.bob.folder, "alice.backup")

    def say(self, one, other, text):
        one.snug("send", other.name, text, "--wait", str(2 * PATIENCE))
        wait_until(lambda: text in other.received(), f"{other.name} reads {text}", 2 * PATIENCE)

    def back_up(self, *options):
        return self.alice.json("backup", "create", self.file, *options, secret=BACKUP_PHRASE)

    def restore(self, *options, expect=0):
        """A new machine."""
        again = self.enterContext(Friend("alice", self.relay))
        again.snug("restore", self.file, *options, secret=f"{BACKUP_PHRASE}\n{again.phrase}", expect=expect)
        return again

    def notices_of(self, person):
        return [n["kind"] for n in person.json("notices")["notices"]]


class Backup(Two):
    def test_a_backup_comes_back_on_a_new_machine_and_what_came_since_is_made_up_for(self):
        self.say(self.alice, self.bob, "before")
        self.say(self.bob, self.alice, "also before")
        made = self.back_up("--files")
        self.assertEqual(made["path"], self.file)
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.say(self.bob, self.alice, "after it")
        self.alice.kill_agent()
        self.bob.snug("send", "alice", "while she is away", "--wait", "20")
        again = self.restore()
        self.assertEqual(again.json("status")["device"], 2)
        wait_until(lambda: "before" in [t for _, t, _ in again.messages()], "the history is there")
        self.say(again, self.bob, "here again")
        wait_until(lambda: again.received() == ["also before", "after it", "while she is away"], "Bob said it again",
                   3 * PATIENCE)
        self.say(self.bob, again, "welcome back")
        self.assertEqual(self.bob.received(), ["before", "here again"])
        kinds = self.notices_of(self.bob)
        self.assertIn("device-replaced", kinds)
        self.assertNotIn("key-changed", kinds)
        self.assertEqual(self.bob.json("contacts")["contacts"][0]["trust"], "from-link")

    def test_the_former_device_learns_that_it_was_replaced(self):
        self.back_up()
        again = self.restore()
        wait_until(lambda: self.alice.json("status").get("replaced"), "the former device knows", 3 * PATIENCE)
        self.assertIn("replaced", self.notices_of(self.alice))
        self.assertFalse(self.alice.json("status")["relay"]["online"])
        self.say(again, self.bob, "I moved")

    def test_without_the_relay_the_history_is_there_and_it_joins_later(self):
        self.say(self.bob, self.alice, "hello")
        self.back_up()
        self.alice.kill_agent()
        self.relay.stop()
        again = self.enterContext(Friend("alice", self.relay))
        result = again.json("restore", self.file, secret=f"{BACKUP_PHRASE}\n{again.phrase}")
        self.assertFalse(result["joined"])
        self.assertEqual(again.received(), ["hello"])
        self.assertEqual(again.json("status")["joining"]["step"], "asking")
        again.kill_agent(signal.SIGKILL)
        self.relay.start(listen=f"127.0.0.1:{self.relay.port}")
        again.open()
        wait_until(lambda: "joining" not in again.json("status"), "it joined", 3 * PATIENCE)
        again.wait_online()

    def test_what_is_no_whole_backup_restores_nothing(self):
        self.back_up()
        fresh = self.enterContext(Friend("carol", self.relay))
        secret = f"{BACKUP_PHRASE}\n{fresh.phrase}"
        with open(self.file, "rb") as f:
            whole = f.read()
        cut = os.path.join(self.bob.folder, "cut")
        for length in (len(whole) - 1, len(whole) // 2, 100, 0):
            with open(cut, "wb") as f:
                f.write(whole[:length])
            self.assertNotEqual(fresh.attempt("restore", cut, phrase=secret).code, 0)
        self.assertIn("another pass-phrase", fresh.attempt("restore", self.file, phrase=f"wrong\n{fresh.phrase}").err)
        self.assertEqual(fresh.json("status")["state"], "none")
        self.assertEqual([n for n in os.listdir(os.path.join(fresh.data, "snug")) if not n.endswith(".lock")], [])
        self.assertEqual(fresh.json("backup", "check", self.file, secret=BACKUP_PHRASE)["contacts"], 1)
        self.alice.snug("restore", self.file, secret=secret, expect=1)  # there is a profile

    def forge(self, share, *others):
        """The backup as somebody who knows its pass-phrase may have made it."""
        path = os.path.join(self.bob.folder, "forged")
        subprocess.run([program("tests/programs/forge-backup"), self.file, path, "1", str(share), *others],
                       input=BACKUP_PHRASE.encode(), check=True)
        return path

    def test_what_an_enemy_sealed_is_not_believed(self):
        self.say(self.bob, self.alice, "hello")
        self.back_up()
        fresh = self.enterContext(Friend("carol", self.relay))
        secret = f"{BACKUP_PHRASE}\n{fresh.phrase}"
        for forged in (("messages.state=99",), ("contacts.trust=-7",), ("meta:backup.every=#1", f"meta:backup.folder={fresh.folder}"),
                       ("meta:account.replaced=#1",)):
            self.assertEqual(fresh.attempt("restore", self.forge(0, *forged), phrase=secret).code, INTEGRITY, forged)
            self.assertEqual(fresh.json("status")["state"], "none")
        fresh.snug("restore", self.forge(0), secret=secret)
        self.assertEqual(fresh.received(), ["hello"])

    def test_a_profile_is_made_in_one_way_at_a_time(self):
        self.back_up()
        fresh = self.enterContext(Friend("carol", self.relay))
        self.assertEqual(fresh.json("status")["state"], "none")
        relay = f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}"
        with fresh.rpc() as making, fresh.rpc() as restoring:
            making.call("account.create", passphrase=fresh.phrase, relay=relay, name="carol")
            restoring.call("backup.restore", path=self.file, backup_passphrase=BACKUP_PHRASE, passphrase=fresh.phrase)
            self.assertIn("result", restoring.next("job.done"))
            self.assertEqual(making.next("job.done")["error"]["data"]["name"], "busy")
        self.assertEqual(fresh.json("status")["state"], "unlocked")

    def test_what_is_locked_while_it_comes_back_ends_locked(self):
        self.back_up()
        again = self.enterContext(Friend("alice", self.relay))
        self.assertEqual(again.json("status")["state"], "none")
        with again.rpc() as restoring, again.rpc() as other:
            restoring.call("backup.restore", path=self.file, backup_passphrase=BACKUP_PHRASE, passphrase=again.phrase)
            other.call("account.lock")
            result = restoring.next("job.done")["result"]
        self.assertEqual((result["joined"], result["error"]), (False, "locked"))
        self.assertEqual(again.json("status")["state"], "locked")
        self.assertFalse(os.path.exists(os.path.join(again.data, "snug", "default", "open")))
        again.open()
        wait_until(lambda: "joining" not in again.json("status"), "it joined", 3 * PATIENCE)
        self.say(again, self.bob, "unlocked")

    def test_an_account_that_the_relay_does_not_know_any_more_says_what_to_do(self):
        self.back_up()
        self.alice.snug("account", "delete", "--address", self.alice.json("status")["address"])
        wait_until(lambda: self.alice.json("status").get("deleted") == "done", "it is gone", 3 * PATIENCE)
        again = self.enterContext(Friend("alice", self.relay))
        said = again.snug("restore", self.file, secret=f"{BACKUP_PHRASE}\n{again.phrase}")
        self.assertRegex(said, "the relay does not know the account any more.*snug account rejoin")

    def test_a_panic_ends_who_works_on_the_pass_phrase_of_a_backup(self):
        self.back_up()
        with self.alice.rpc() as rpc:
            rpc.call("backup.check", path=self.file, passphrase="another one")
            self.assertTrue(os.path.exists(os.path.join(self.alice.data, "snug", "default", "open")))
            rpc.send('{"jsonrpc": "2.0", "id": "panic", "method": "agent.panic"}\n')
            self.assertIsNone(rpc.read())
        self.assertFalse(os.path.exists(os.path.join(self.alice.data, "snug", "default", "open")))

    def test_who_does_not_wait_for_a_backup_any_more_gets_none(self):
        with self.alice.rpc() as rpc:
            rpc.call("backup.create", path=self.file, passphrase=BACKUP_PHRASE)
        other = self.file + "2"
        wait_until(lambda: self.alice.attempt("backup", "create", other, phrase=BACKUP_PHRASE).code == 0, "the next one is made")
        self.assertFalse(os.path.exists(self.file))

    def test_locking_ends_the_reading_of_a_backup(self):
        self.back_up()
        with self.alice.rpc() as rpc:
            rpc.call("backup.check", path=self.file, passphrase=BACKUP_PHRASE)
            rpc.call("account.lock")
            self.assertEqual(rpc.next("job.done")["error"]["data"]["name"], "locked")


class Kit(Two):
    def recover(self, person, *options, expect=0):
        return person.snug("recover", "--name", "alice", "--relay", f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}",
                           "--kit-file", self.kit, *options, secret=person.phrase, expect=expect)

    def test_the_kit_alone_brings_the_account_back(self):
        account = self.alice.json("status")["account"]
        self.alice.kill_agent()
        shutil.rmtree(self.alice.data)
        again = self.enterContext(Friend("alice", self.relay))
        self.recover(again)
        status = again.json("status")
        self.assertEqual((status["account"], status["device"]), (account, 2))
        self.assertNotIn("joining", status)
        self.bob.snug("send", "alice", "are you there?", "--wait", "0", expect=7)
        wait_until(lambda: "device-replaced" in self.notices_of(self.bob), "Bob sees another device", 3 * PATIENCE)
        self.assertNotIn("key-changed", self.notices_of(self.bob))
        link = self.bob.json("link")["link"]
        again.snug("add", link)
        wait_until(lambda: again.json("contacts", "--state", "accepted")["contacts"], "they are contacts again", 3 * PATIENCE)
        self.say(again, self.bob, "it is me")

    def test_a_kit_that_is_used_again_reaches_who_heard_nothing_of_the_first_time(self):
        self.alice.kill_agent()
        again = self.enterContext(Friend("alice", self.relay))
        for device in (2, 3):
            self.recover(again)
            self.assertEqual(again.json("status")["device"], device)
            if device == 2:
                again.kill_agent()
                shutil.rmtree(again.data)
        again.snug("add", self.bob.json("link")["link"])
        wait_until(lambda: again.json("contacts", "--state", "accepted")["contacts"], "they are contacts again", 3 * PATIENCE)
        self.say(again, self.bob, "it is me")
        self.say(self.bob, again, "so it is")

    def test_the_kit_brings_an_account_back_that_has_no_name(self):
        carol = self.enterContext(Friend("carol", self.relay))
        self.kit = os.path.join(carol.folder, "kit")
        relay = f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}"
        carol.snug("init", "--relay", relay, "--unlisted", "--kit-file", self.kit, secret=carol.phrase)
        status = carol.json("status")
        carol.kill_agent()
        shutil.rmtree(carol.data)
        again = self.enterContext(Friend("carol", self.relay))
        again.snug("recover", "--name", status["address"].split("@")[0], "--relay", relay, "--kit-file", self.kit,
                   secret=again.phrase)
        now = again.json("status")
        self.assertEqual((now["account"], now["address"], now["device"]), (status["account"], status["address"], 2))

    def test_a_device_that_still_runs_falls_silent_and_says_so(self):
        again = self.enterContext(Friend("alice", self.relay))
        self.recover(again)
        wait_until(lambda: self.alice.json("status").get("replaced"), "the former device knows", 3 * PATIENCE)
        self.assertIn("replaced", self.notices_of(self.alice))
        refused = self.alice.attempt("send", "bob", "am I still here?")
        self.assertNotEqual(refused.code, 0)
        self.assertIn("Another device took the place of this one", refused.err)
        self.assertEqual(self.bob.received(), [])

    def test_another_kit_or_address_is_refused_and_leaves_nothing(self):
        other = os.path.join(self.bob.folder, "bobs-kit")
        carol = self.enterContext(Friend("carol", self.relay))
        carol.register("--kit-file", other)
        fresh = self.enterContext(Friend("dave", self.relay))
        self.kit = other
        self.assertNotEqual(self.recover_code(fresh, "alice"), 0)
        self.assertNotEqual(self.recover_code(fresh, "nobody"), 0)
        self.assertEqual(fresh.json("status")["state"], "none")
        self.alice.wait_online()
        self.say(self.bob, self.alice, "all is well")

    def recover_code(self, person, name):
        return person.attempt("recover", "--name", name, "--relay", f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}",
                              "--kit-file", self.kit, phrase=person.phrase).code


class Scheduled(Two):
    def test_backups_are_made_by_themselves_and_a_failure_is_told(self):
        folder = os.path.join(self.alice.folder, "backups")
        os.mkdir(folder)
        self.alice.snug("backup", "schedule", "--every", "daily", "--folder", folder, "--keep", "2", secret=BACKUP_PHRASE)
        wait_until(lambda: len(os.listdir(folder)) == 1, "the first one is made")
        made = os.path.join(folder, os.listdir(folder)[0])
        facts = self.bob.json("backup", "check", made, secret=BACKUP_PHRASE)
        self.assertEqual((facts["contacts"], facts["bytes"]), (1, os.path.getsize(made)))
        wait_until(lambda: self.alice.json("backup", "status").get("last") == made, "it is noted")
        self.assertEqual(self.alice.json("backup", "status")["last_bytes"], os.path.getsize(made))
        self.assertNotIn("error", self.alice.json("backup", "status"))
        self.alice.snug("backup", "schedule", "--every", "daily", "--folder", os.path.join(folder, "none"), expect=2)


if __name__ == "__main__":
    unittest.main()
