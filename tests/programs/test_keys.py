# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to unlock: key files, and the system's keyring, of which there is a small one here that does as it is told."""
import contextlib
import json
import os
import signal
import stat
import time
import unittest

from friends import Friend
from people import LOCKED, NOT_FOUND, USAGE
from relay import PATIENCE, Relay, wait_until

try:
    from gi.repository import GLib

    from secret_service import SecretService, SessionBus
except ImportError:  # no GLib for Python
    SecretService = None


def kinds(friend):
    return [s["kind"] for s in friend.json("keys")["slots"]]


def state(friend):
    return friend.json("status")["state"]


class Scene(unittest.TestCase):
    """One profile, registered once for all tests of a class; each begins and ends with the same ways to unlock it. The pass-phrase
    is asked for no more often than needed: it costs half a second each time."""
    environment, ways = {}, ["passphrase"]

    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice = cls.enterClassContext(Friend("alice", cls.relay, **cls.environment))
        cls.alice.register()

    def setUp(self):
        self.assertEqual(kinds(self.alice), self.ways)

    def path(self, name):
        return os.path.join(self.alice.folder, name)

    def keys(self, *args, **kwargs):
        return self.alice.snug("keys", *args, secret=kwargs.pop("secret", self.alice.phrase), **kwargs)

    def unlock(self, *args, **kwargs):
        return self.alice.snug("unlock", *args, secret=kwargs.pop("secret", self.alice.phrase), **kwargs)


class KeyFiles(Scene):
    def test_a_key_file_is_required_from_then_on_and_no_longer_when_it_is_taken_away(self):
        file = self.path("key")
        self.keys("new", file, expect=USAGE)  # not without a yes
        self.assertFalse(os.path.exists(file))
        self.keys("new", file, "--yes", secret="wrong", expect=LOCKED)
        self.assertFalse(os.path.exists(file))
        self.keys("new", file, "--yes")
        self.assertEqual((stat.S_IMODE(os.stat(file).st_mode), os.path.getsize(file)), (0o600, 64))
        self.assertEqual(kinds(self.alice), ["key-file"])

        self.alice.snug("lock")
        self.assertEqual(self.alice.json("status")["unlock"], ["key-file"])
        self.unlock(expect=USAGE)
        with self.alice.rpc() as rpc:  # as a program that does not know
            error = rpc.call("account.unlock", passphrase=self.alice.phrase)["error"]
            self.assertEqual((error["data"]["name"], error["message"]), ("passphrase", "The profile needs its key file, too."))
        other = self.path("other")
        with open(other, "wb") as f:
            f.write(os.urandom(64))
        self.unlock("--key-file", other, expect=LOCKED)
        self.unlock("--key-file", file, secret="wrong", expect=LOCKED)
        self.assertEqual(state(self.alice), "locked")
        self.unlock("--key-file", file)
        self.assertEqual(state(self.alice), "unlocked")

        self.keys("remove", "0", expect=LOCKED)  # the file is needed for that, too
        self.keys("remove", "1", "--key-file", file, expect=NOT_FOUND)
        self.keys("remove", "0", "--key-file", file)
        self.alice.snug("lock")
        self.unlock("--key-file", file, expect=USAGE)
        self.unlock()

    def test_a_new_pass_phrase_drops_the_spare_key_files(self):
        one, spare = self.path("one"), self.path("spare")
        with open(spare, "wb") as f:
            f.write(b"a picture of which there are not many copies" * 1000)
        self.keys("new", one, "--yes")
        self.keys("add", spare, expect=USAGE)
        self.keys("add", one, "--key-file", one, expect=1)  # is one already
        self.keys("add", spare, "--key-file", one)
        self.assertEqual(kinds(self.alice), ["key-file", "key-file"])
        self.keys("remove", "1", "--key-file", spare, expect=1)  # the one that was given
        for file in (one, spare):
            self.alice.snug("lock")
            self.unlock("--key-file", file)

        out = self.alice.snug("passphrase", "--key-file", spare, secret=f"{self.alice.phrase}\nanother one")
        self.assertIn("Other key files", out)
        self.alice.snug("lock")
        self.unlock("--key-file", one, secret="another one", expect=LOCKED)
        self.unlock("--key-file", one, expect=LOCKED)
        self.unlock("--key-file", spare, expect=LOCKED)
        self.unlock("--key-file", spare, secret="another one")
        self.keys("remove", "0", "--key-file", spare, secret="another one")
        self.alice.snug("passphrase", secret=f"another one\n{self.alice.phrase}")

    def test_two_changes_at_once_do_not_undo_each_other(self):
        files = [self.path("first"), self.path("second")]
        with self.alice.rpc() as rpc:
            rpc.send("".join(json.dumps({"jsonrpc": "2.0", "id": file, "method": "slot.add", "params": {
                "kind": "key-file", "new_key_file": file, "make": True, "passphrase": self.alice.phrase}}) + "\n" for file in files))
            replies = {r["id"]: r for r in (rpc.read(), rpc.read())}
        taken = [file for file in files if "result" in replies[file]]
        self.assertEqual(len(taken), 1)
        refused, = [r["error"]["data"]["name"] for r in replies.values() if "error" in r]
        self.assertEqual(refused, "busy")
        self.assertEqual([file for file in files if os.path.exists(file)], taken)
        self.assertEqual(kinds(self.alice), ["key-file"])
        self.keys("remove", "0", "--key-file", taken[0])

    def not_busy(self):
        """The agent is done with what it was asked before."""
        with self.alice.rpc() as rpc:
            wait_until(lambda: rpc.call("slot.add", kind="key-file", new_key_file="/nowhere", passphrase="x")["error"]["data"]["name"]
                       != "busy", "the agent can do something else")

    def ask_for(self, rpc, file):
        rpc.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "slot.add", "params": {
            "kind": "key-file", "new_key_file": file, "make": True, "passphrase": self.alice.phrase}}) + "\n")

    def test_a_new_key_file_nobody_waits_for_any_more_is_removed(self):
        left, panic = self.path("left"), self.path("panic")
        with self.alice.rpc() as rpc:
            self.ask_for(rpc, left)
        self.not_busy()
        with self.alice.rpc() as rpc:
            self.ask_for(rpc, panic)
            self.alice.snug("panic")
        self.unlock()
        self.assertEqual([file for file in (left, panic) if os.path.exists(file)], [])
        self.assertEqual(kinds(self.alice), ["passphrase"])

    def test_a_change_from_outside_is_not_undone(self):
        slots, file = os.path.join(self.alice.data, "snug", "default", "slots"), self.path("outside")
        with open(slots, "rb") as f:
            before = f.read()
        with self.alice.rpc() as rpc:
            self.ask_for(rpc, file)
            rpc.call("slot.list")  # it has read the slots
            with open(slots, "ab") as f:
                f.write(b"?")
            reply = rpc.read()
            with open(slots, "rb") as f:
                self.assertEqual(f.read(), before + b"?")
        with open(slots, "wb") as f:
            f.write(before)
        self.assertIn("changed meanwhile", reply["error"]["message"])
        wait_until(lambda: not os.path.exists(file), "what opens nothing goes")

    def test_a_new_key_file_goes_when_the_ways_cannot_be_written(self):
        file, hindrance = self.path("unwritten"), os.path.join(self.alice.data, "snug", "default", "slots.new")
        os.mkdir(hindrance)
        self.keys("new", file, "--yes", expect=1)
        os.rmdir(hindrance)
        self.assertFalse(os.path.exists(file))
        self.alice.snug("lock")
        self.unlock()

    def test_what_is_no_key_file_is_refused(self):
        link, fifo, short, large = (self.path(n) for n in ("link", "fifo", "short", "large"))
        with open(self.path("real"), "wb") as f:
            f.write(os.urandom(64))
        os.symlink(self.path("real"), link)
        os.mkfifo(fifo)
        with open(short, "wb") as f:
            f.write(b"x" * 31)
        with open(large, "wb") as f:
            f.truncate(1024 * 1024 + 1)
        for file, code in ((link, USAGE), (fifo, USAGE), (short, USAGE), (large, 1), (self.alice.folder, USAGE), ("/dev/zero", USAGE),
                           (self.path("nowhere"), NOT_FOUND)):
            self.keys("add", file, "--yes", expect=code)
        self.keys("new", self.path("real"), "--yes", expect=1)  # writes over nothing
        self.keys("new", link, "--yes", expect=1)
        self.assertEqual(os.path.getsize(self.path("real")), 64)
        self.keys("new", self.path("no/such/folder"), "--yes", expect=1)
        with self.alice.rpc() as rpc:
            for params in ({"new_key_file": "relative"}, {"new_key_file": ""}, {}, {"new_key_file": "/" + 2000 * "x"}):
                error = rpc.call("slot.add", kind="key-file", passphrase=self.alice.phrase, **params)["error"]
                self.assertEqual(error["data"]["name"], "usage", params)
            for kind in ("passphrase", "recovery", "", "x"):
                error = rpc.call("slot.add", kind=kind, passphrase=self.alice.phrase)["error"]
                self.assertEqual(error["data"]["name"], "usage", kind)
            for slot in (-1, 1, 256, 2**40):
                error = rpc.call("slot.remove", slot=slot, passphrase=self.alice.phrase)["error"]
                self.assertEqual(error["data"]["name"], "not-found", slot)
            self.assertEqual(rpc.call("slot.remove", slot=0, passphrase=self.alice.phrase)["error"]["data"]["name"], "state")


@unittest.skipIf(SecretService is None, "python3-gi is not installed")
class Keyring(Scene):
    ways = ["passphrase", "keyring"]

    @classmethod
    def setUpClass(cls):
        bus = cls.enterClassContext(SessionBus())
        cls.environment = {"DBUS_SESSION_BUS_ADDRESS": bus.address}
        super().setUpClass()
        cls.keyring = cls.enterClassContext(SecretService(bus))
        cls.alice.snug("keys", "keyring", "on", secret=cls.alice.phrase)

    def setUp(self):
        super().setUp()
        self.keyring.locked, self.keyring.person, self.keyring.asked = False, "agrees", 0
        self.alice.snug("unlock")

    def restart(self, how=signal.SIGTERM):
        self.alice.kill_agent(how)

    def refuses(self, *words):
        """A person asks to unlock; the keyring does not, and one sentence says why."""
        self.alice.snug("lock")
        self.alice.snug("unlock", expect=LOCKED)  # nobody is there to type the pass-phrase
        self.assertIn(" ".join(words), self.alice.errors)
        self.assertEqual(state(self.alice), "locked")

    def test_opens_when_a_person_asks_and_the_pass_phrase_always(self):
        (label, attributes, secret), = self.keyring.items.values()
        self.assertEqual(label, "Snug: default")
        self.assertEqual(attributes["xdg:schema"], "im.snug.Snug.Profile")
        self.assertRegex(secret.decode(), "^[0-9a-f]{64}$")
        self.alice.snug("lock")
        self.assertEqual(self.alice.json("status")["unlock"], ["passphrase", "keyring"])
        self.alice.snug("unlock")
        self.assertEqual(state(self.alice), "unlocked")
        self.alice.snug("lock")
        self.unlock("--passphrase")
        with self.alice.rpc() as rpc:
            self.assertEqual(rpc.call("slot.add", kind="keyring", passphrase=self.alice.phrase)["error"]["data"]["name"], "exists")

    def test_does_not_hang_on_the_pass_phrase(self):
        self.alice.snug("passphrase", secret=f"{self.alice.phrase}\nanother one")
        self.alice.phrase = "another one"
        self.alice.snug("lock")
        self.alice.snug("unlock")

    def test_does_not_open_behind_ones_back_after_a_lock(self):
        asked = len(self.keyring.seen)
        self.alice.snug("lock")
        self.alice.snug("contacts", expect=LOCKED)
        self.restart()  # not by way of a new agent either
        self.alice.snug("contacts", expect=LOCKED)
        self.restart(signal.SIGKILL)
        self.alice.snug("contacts", expect=LOCKED)
        self.assertEqual(len(self.keyring.seen), asked)
        self.alice.snug("unlock")
        self.alice.snug("agent", "stop")
        wait_until(lambda: not os.path.exists(self.alice.socket_path), "the agent ended")
        self.alice.snug("contacts", expect=LOCKED)

    def test_opens_unasked_what_a_session_or_a_crash_left_open(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.restart(how)
            self.alice.snug("contacts")
            self.assertEqual(state(self.alice), "unlocked")
        self.keyring.locked = True
        self.restart()
        self.alice.snug("contacts", expect=LOCKED)
        self.assertEqual(self.keyring.asked, 0)  # a question nobody expects is none
        self.alice.snug("unlock")
        self.assertEqual((self.keyring.asked, state(self.alice)), (1, "unlocked"))

    def test_opens_nothing_after_a_panic_until_the_pass_phrase_did(self):
        for hung in (False, True):
            pid = self.alice.agent_pid()
            if hung:
                os.kill(pid, signal.SIGSTOP)
            self.alice.snug("panic")
            self.alice.snug("contacts", expect=LOCKED)
            with self.alice.rpc() as rpc:
                self.assertIn("panic", rpc.call("account.unlock", keyring=True)["error"]["message"])
            self.alice.open()
            self.alice.snug("lock")
            self.alice.snug("unlock")
            self.assertEqual(state(self.alice), "unlocked")

    def test_is_not_missed_when_it_does_not_open(self):
        self.keyring.locked, self.keyring.person = True, "dismisses"
        self.refuses("keyring is locked")
        self.keyring.locked = False
        item, = self.keyring.items.values()
        good = item[2]
        item[2] = b"0" * 64
        self.refuses("does not open the profile")
        for foreign in (b"", b"x" * 64, good + b"0", os.urandom(64)):
            item[2] = foreign
            self.refuses("is not ours")
        self.keyring.plain = True
        self.refuses("unencrypted")
        self.keyring.plain = False
        kept = dict(self.keyring.items)
        self.keyring.items.clear()
        self.refuses("no longer has")
        self.keyring.items.update(kept)
        item[2] = good
        self.alice.snug("unlock")

    @staticmethod
    def session_with(public):
        return lambda right: GLib.Variant("(vo)", (public, right.unpack()[1]))

    @staticmethod
    def secrets_with(change):
        """Each (session, iv, value, type) becomes what CHANGE makes of it."""
        def alter(right):
            return GLib.Variant("(a{o(oayays)})", ({p: change(*secret) for p, secret in right.unpack()[0].items()},))
        return alter

    def test_may_answer_what_it_likes(self):
        def noise(n):
            return GLib.Variant("ay", os.urandom(n))

        for method, alter in (
                ("OpenSession", self.session_with(GLib.Variant("s", "no key"))),
                ("OpenSession", self.session_with(noise(5))),
                ("OpenSession", self.session_with(noise(1 << 20))),
                ("SearchItems", lambda _: GLib.Variant("(aoao)", (["/not/there"], ["/nor/there"]))),
                ("SearchItems", lambda _: GLib.Variant("(aoao)", ([f"/many/i{i}" for i in range(2000)], []))),
                ("GetSecrets", lambda _: GLib.Variant("(a{o(oayays)})", ({},))),
                ("GetSecrets", self.secrets_with(lambda session, iv, value, kind: ("/other", iv, value, kind))),
                ("GetSecrets", self.secrets_with(lambda session, iv, value, kind: (session, iv, value[:-1], kind))),
                ("GetSecrets", self.secrets_with(lambda session, iv, value, kind: (session, iv, [], kind))),
                ("GetSecrets", self.secrets_with(lambda session, iv, value, kind: (session, iv, list(os.urandom(1 << 18)), kind)))):
            with self.subTest(method):
                self.keyring.hostile = {method: alter}
                began = time.monotonic()
                self.refuses("keyring")
                self.assertLess(time.monotonic() - began, PATIENCE / 2)
        self.unlock("--passphrase")
        self.alice.snug("lock")
        self.keyring.hostile = {}
        self.alice.snug("unlock")

    def test_does_not_hold_up_the_pass_phrase(self):
        self.alice.snug("lock")
        for silent in (True, False):
            self.keyring.silent, self.keyring.locked, self.keyring.person = silent, True, "waits"
            asked = len(self.keyring.seen)
            with self.alice.rpc() as asking:
                asking.send('{"jsonrpc": "2.0", "id": "k", "method": "account.unlock", "params": {"keyring": true}}\n')
                wait_until(lambda: len(self.keyring.seen) > asked if silent else self.keyring.asked > 0, "the keyring is asked")
                began = time.monotonic()
                self.unlock("--passphrase")
                self.assertLess(time.monotonic() - began, 5)
                self.assertEqual(state(self.alice), "unlocked")
                self.alice.snug("lock")
                self.assertEqual(asking.read()["error"]["data"]["name"], "locked")
        self.keyring.silent = self.keyring.locked = False

    def test_has_five_seconds_to_say_something(self):
        self.keyring.silent = True
        self.refuses("does not answer")
        self.keyring.silent = False

    def test_a_lock_takes_back_the_question(self):
        self.keyring.locked, self.keyring.person = True, "waits"
        self.alice.snug("lock")
        asking = self.alice.start("unlock")
        self.addCleanup(asking.wait)
        self.addCleanup(asking.stdout.close)
        self.addCleanup(asking.stderr.close)
        wait_until(lambda: self.keyring.asked == 1, "the keyring asks")
        self.alice.snug("lock")
        wait_until(lambda: asking.poll() is not None, "the question ends")
        self.assertEqual(state(self.alice), "locked")

    def test_is_turned_off_with_its_item(self):
        self.keys("keyring", "off", secret="wrong", expect=LOCKED)
        self.assertEqual(len(self.keyring.items), 1)
        self.keys("keyring", "off")
        self.assertEqual((kinds(self.alice), self.keyring.items), (["passphrase"], {}))
        self.keys("keyring", "off", expect=NOT_FOUND)
        self.keys("keyring", "on", secret="wrong", expect=LOCKED)
        self.keyring.locked, self.keyring.person = True, "dismisses"
        self.keys("keyring", "on", expect=8)
        self.assertEqual((kinds(self.alice), self.keyring.items), (["passphrase"], {}))
        self.keyring.locked = False
        self.keys("keyring", "on")

    def test_says_that_its_item_is_left_when_it_is_locked(self):
        self.keyring.locked, self.keyring.person = True, "dismisses"
        self.keys("keyring", "off")
        self.assertIn("still in it", self.alice.errors)
        self.assertEqual((kinds(self.alice), len(self.keyring.items)), (["passphrase"], 1))
        self.keyring.locked = False
        self.keyring.items.clear()
        self.keys("keyring", "on")

    def test_is_not_turned_on_over_another_change(self):
        self.keys("keyring", "off")
        self.keyring.locked, self.keyring.person = True, "waits"
        turning = self.alice.start("keys", "keyring", "on", secret=self.alice.phrase)
        wait_until(lambda: self.keyring.asked == 1, "the keyring asks")
        self.alice.snug("passphrase", secret=f"{self.alice.phrase}\nanother one")
        self.keyring.person = "agrees"
        self.keyring.answer()
        _, errors = turning.communicate()
        self.assertEqual(turning.returncode, 1)
        self.assertIn("changed meanwhile", errors)
        wait_until(lambda: self.keyring.items == {}, "what would open nothing goes")
        self.alice.phrase = "another one"
        self.alice.snug("lock")
        self.unlock()
        self.keys("keyring", "on")

    def test_excludes_a_key_file(self):
        self.keys("new", self.path("key"), "--yes", expect=1)
        self.keys("keyring", "off")
        self.keys("new", self.path("key"), "--yes")
        self.keys("keyring", "on", expect=1)
        self.keys("remove", "0", "--key-file", self.path("key"))
        self.keys("keyring", "on")

    def test_the_secret_is_seen_nowhere(self):
        (_, _, secret), = self.keyring.items.values()
        self.alice.snug("lock")
        out = self.alice.snug("unlock", "--json") + self.alice.errors + self.alice.snug("rpc", "slot.list")
        for folder, _, names in os.walk(self.alice.folder):
            for name in names:
                with contextlib.suppress(OSError), open(os.path.join(folder, name), "rb") as f:
                    data = f.read()
                    self.assertNotIn(secret, data, name)
                    self.assertNotIn(bytes.fromhex(secret.decode()), data, name)
        self.assertNotIn(secret.decode(), out)


@unittest.skipIf(SecretService is None, "python3-gi is not installed")
class Wiped(unittest.TestCase):
    """What the keyring has of a profile goes with the profile."""

    def setUp(self):
        relay, bus = self.enterContext(Relay("--registration", "open")), self.enterContext(SessionBus())
        self.alice = self.enterContext(Friend("alice", relay, DBUS_SESSION_BUS_ADDRESS=bus.address))
        self.keyring = self.enterContext(SecretService(bus))
        self.alice.register()
        self.alice.snug("keys", "keyring", "on", secret=self.alice.phrase)
        self.profile = os.path.join(self.alice.data, "snug", "default")

    def test_with_its_item_at_the_keyring(self):
        self.alice.snug("lock")
        self.assertEqual(self.alice.json("wipe", "--yes", "default"), {})
        self.assertEqual((os.path.exists(self.profile), self.keyring.items), (False, {}))

    def test_without_it_when_the_keyring_is_locked(self):
        self.keyring.locked = True
        self.alice.snug("wipe", "--yes", "default")
        self.assertIn("is locked. An item of Snug is still in it", self.alice.errors)
        self.assertEqual((os.path.exists(self.profile), self.keyring.asked), (False, 0))

    def test_before_a_keyring_that_says_nothing(self):
        self.keyring.silent = True
        wiping = self.alice.start("--json", "wipe", "--yes", "default")
        wait_until(lambda: not os.path.exists(self.profile), "it is wiped before the keyring answers")
        out, _ = wiping.communicate()
        self.assertIn("does not answer", json.loads(out)["left"])
        self.keyring.silent = False


@unittest.skipIf(SecretService is None, "python3-gi is not installed")
class Nowhere(Scene):
    """No keyring at all: none is offered, and nothing waits."""

    def test_cannot_be_turned_on_without_a_keyring(self):
        with SessionBus() as bus:
            for address in (bus.address, "unix:path=/nonexistent", None):
                self.alice.kill_agent()
                self.alice.environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
                if address is not None:
                    self.alice.environment["DBUS_SESSION_BUS_ADDRESS"] = address
                self.unlock()
                self.keys("keyring", "on", expect=1)
                self.assertIn("no keyring in this session", self.alice.errors)
                self.assertEqual(kinds(self.alice), ["passphrase"])
