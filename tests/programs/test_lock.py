# SPDX-License-Identifier: GPL-3.0-or-later
"""What locks a profile: the screen, suspend, nobody being there, and panic. Memory is test_memory.py's."""
import json
import os
import signal
import socket
import time
import unittest

from friends import Friend
from logind import Bus, Logind
from relay import PATIENCE, Relay, wait_until

NOBODY = 65534


class Watching(unittest.TestCase):
    """One person, whose agent sees buses of the test."""

    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.system = cls.enterClassContext(cls.logind())
        cls.session = cls.enterClassContext(Bus())
        cls.alice = cls.enterClassContext(Friend("alice", cls.relay, DBUS_SYSTEM_BUS_ADDRESS=cls.system.address,
                                                 DBUS_SESSION_BUS_ADDRESS=cls.session.address))
        cls.alice.register()

    @classmethod
    def logind(cls):
        return Logind()

    def setUp(self):
        if self.state() != "unlocked":
            self.alice.open()
        wait_until(lambda: "screen" in self.alice.json("status")["noticed"], "the buses")

    def state(self):
        return self.alice.json("status")["state"]

    def wait_locked(self, what):
        wait_until(lambda: self.state() == "locked", what)

    def saver(self, active):
        self.session.say("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged", "(b)", active)

    def assert_stays_open(self):
        """What was said before has arrived when a later word has: the agent reads in order."""
        for _ in range(20):
            self.assertEqual(self.state(), "unlocked")
            time.sleep(0.01)


class Making(unittest.TestCase):
    def test_who_turns_away_while_the_profile_is_made_finds_it_locked(self):
        with Relay("--registration", "open") as relay, Bus() as session:
            with Friend("alice", relay, DBUS_SESSION_BUS_ADDRESS=session.address) as alice:
                made = alice.start("init", "--relay", f"https://127.0.0.1:{relay.port} pin={relay.pin}", "--name", "alice",
                                   "--kit-file", os.path.join(alice.folder, "kit"), secret=alice.phrase)
                while made.poll() is None:  # it may not listen yet
                    session.say("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged", "(b)", True)
                    time.sleep(0.02)
                self.assertEqual(alice.json("status")["state"], "locked")
                made.communicate()
                self.assertGreater(os.path.getsize(os.path.join(alice.folder, "kit")), 0)
                alice.open()


class Machine(Watching):
    def setUp(self):
        super().setUp()
        wait_until(lambda: self.alice.json("status")["noticed"] == ["suspend", "screen"], "logind")

    def test_locks_when_the_session_is_locked(self):
        self.system.lock()
        self.wait_locked("logind's Lock")

    def test_locks_when_the_session_says_that_it_is_locked(self):
        self.system.hint(False)
        self.assert_stays_open()
        self.system.hint(True)
        self.wait_locked("LockedHint")

    def test_locks_with_a_screen_saver(self):
        self.saver(False)
        self.assert_stays_open()
        self.saver(True)
        self.wait_locked("the screen saver")
        self.saver(False)
        self.session.say("/", "org.gnome.ScreenSaver", "ActiveChanged", "(s)", "no")
        self.assertEqual(self.state(), "locked")

    def test_does_not_lock_with_the_screen_when_told_so(self):
        self.alice.snug("settings", "lock-on-screen-lock", "off")
        self.addCleanup(self.alice.unlocked, "settings", "lock-on-screen-lock", "on")
        self.system.lock()
        self.system.hint(True)
        self.saver(True)
        self.assert_stays_open()

    def test_is_locked_before_the_machine_sleeps(self):
        wait_until(lambda: self.system.inhibited, "an inhibitor")
        self.assertEqual((self.system.asked[0], self.system.asked[3]), ("sleep", "delay"))
        self.system.sleep(True)
        wait_until(lambda: not self.system.inhibited, "sleep may begin")
        self.assertEqual(self.state(), "locked")
        self.system.sleep(False)
        self.alice.open()
        wait_until(lambda: self.system.inhibited, "another inhibitor")

    def test_is_locked_before_the_machine_sleeps_though_the_relay_is_silent(self):
        for what in self.system.sleep, lambda begins: self.saver(begins):
            wait_until(lambda: self.system.inhibited, "an inhibitor")
            self.alice.wait_online()
            os.kill(self.relay.process.pid, signal.SIGSTOP)
            try:
                what(True)
                wait_until(lambda: not self.system.inhibited, "logind waits for 5 s", 4)
            finally:
                os.kill(self.relay.process.pid, signal.SIGCONT)
            self.wait_locked("sleep")
            self.system.sleep(False)
            self.alice.open()

    def test_lets_sleep_when_it_need_not_lock(self):
        wait_until(lambda: self.system.inhibited, "an inhibitor")
        self.alice.snug("settings", "lock-on-suspend", "off")
        self.addCleanup(self.alice.unlocked, "settings", "lock-on-suspend", "on")
        wait_until(lambda: not self.system.inhibited, "none")
        self.system.sleep(True)
        self.system.sleep(False)
        self.assert_stays_open()

    def test_holds_nothing_while_it_is_locked(self):
        wait_until(lambda: self.system.inhibited, "an inhibitor")
        self.alice.snug("lock")
        wait_until(lambda: not self.system.inhibited, "none")

    def test_bears_nonsense(self):
        self.system.say("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", "(s)", "soon")
        self.system.say("/org/freedesktop/login1/session/x", "org.freedesktop.DBus.Properties", "PropertiesChanged", "(s)", "x")
        self.system.say("/org/freedesktop/login1/session/x", "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        "(sa{sv}as)", "org.freedesktop.login1.Session", {}, [])
        for _ in range(500):
            self.saver(False)
        self.assert_stays_open()


class Others(Watching):
    @classmethod
    def logind(cls):
        return Logind(user=NOBODY)

    def test_stays_open_when_somebody_else_locks_his_screen(self):
        self.system.lock()
        self.system.hint(True)
        self.assert_stays_open()


class Ending(Watching):
    def test_goes_on_when_both_buses_end(self):
        self.system.end()
        self.session.end()
        wait_until(lambda: self.alice.json("status")["noticed"] == [], "the agent notices")
        self.assertIn("not noticed here", self.alice.snug("status"))
        self.alice.snug("settings")


class Idle(unittest.TestCase):
    def test_is_put_off_by_a_person_at_the_window_and_not_by_what_a_window_reads(self):
        with Relay("--registration", "open") as relay, Friend("alice", relay) as alice:
            alice.register()
            with alice.rpc() as window:
                window.call("subscribe", topics=["lock"])
                window.call("settings.set", idle_lock_ms=2000)
                end = time.monotonic() + 4
                while time.monotonic() < end:
                    self.assertIn("result", window.call("agent.activity"))
                    self.assertIn("result", window.call("contact.list"))
                    time.sleep(0.1)
                end = time.monotonic() + PATIENCE
                while "result" in window.call("contact.list"):
                    self.assertLess(time.monotonic(), end, "not locked")
                    time.sleep(0.05)
                self.assertEqual(window.next("lock"), {"state": "locked"})


class Panic(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Friend("alice", self.relay))
        self.alice.register()
        self.alice.snug("init", "--profile", "second", "--relay", f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}",
                        "--name", "alice2", secret=self.alice.phrase)

    def pid(self, profile):
        return self.alice.json("agent", "status", "--profile", profile)["pid"]

    def end_second(self):
        self.alice.attempt("agent", "stop", "--profile", "second")

    def state(self, profile):
        return self.alice.json("status", "--profile", profile)["state"]

    def test_locks_all_profiles(self):
        self.addCleanup(self.end_second)
        with self.alice.rpc() as window:
            window.call("subscribe", topics=["lock"])
            self.assertEqual(self.alice.json("panic"), {"locked": 2, "ended": 0, "failed": 0})
            self.assertEqual(window.next("lock"), {"state": "locked"})
        self.assertEqual((self.state("default"), self.state("second")), ("locked", "locked"))
        self.assertTrue(os.path.exists(self.alice.socket_path.replace(".sock", ".panic")))
        self.alice.open()
        self.assertFalse(os.path.exists(self.alice.socket_path.replace(".sock", ".panic")))

    def test_ends_who_does_not_answer(self):
        self.addCleanup(self.end_second)
        pid = self.pid("default")
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        self.assertEqual(self.alice.json("panic"), {"locked": 1, "ended": 1, "failed": 0})
        self.assertLess(time.monotonic() - began, PATIENCE / 2)
        self.assertFalse(os.path.exists(f"/proc/{pid}/exe"))
        self.assertEqual((self.state("default"), self.state("second")), ("locked", "locked"))

    def test_ends_who_does_not_answer_and_has_many_waiting(self):
        self.end_second()
        os.kill(self.pid("default"), signal.SIGSTOP)
        for _ in range(200):
            waiting = socket.socket(socket.AF_UNIX)
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            try:
                waiting.connect(self.alice.socket_path)
            except BlockingIOError:
                break
        self.assertEqual(self.alice.json("panic"), {"locked": 0, "ended": 1, "failed": 0})
        self.assertEqual(self.state("default"), "locked")

    def test_ends_who_works_on_a_pass_phrase(self):
        self.end_second()
        self.alice.snug("lock")
        pid = self.pid("default")
        with self.alice.rpc() as rpc:
            rpc.send(json.dumps({"jsonrpc": "2.0", "id": "u", "method": "account.unlock",
                                 "params": {"passphrase": self.alice.phrase}}) + "\n")
            self.assertEqual(self.alice.json("panic"), {"locked": 0, "ended": 1, "failed": 0})
        self.assertFalse(os.path.exists(f"/proc/{pid}/exe"))
        self.assertEqual(self.state("default"), "locked")

    def test_finds_nothing_to_do_where_nothing_runs(self):
        self.end_second()
        self.alice.kill_agent()
        self.assertEqual(self.alice.json("panic"), {"locked": 0, "ended": 0, "failed": 0})
