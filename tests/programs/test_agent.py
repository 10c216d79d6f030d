# SPDX-License-Identifier: GPL-3.0-or-later
"""snug-agent: who may talk to it, what it makes of hostile lines, and what a lock takes away."""
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import unittest

from friends import Friend
from people import introduce
from relay import PATIENCE, Relay, program, wait_until

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


class Socket(unittest.TestCase):
    """An agent without a profile."""

    def setUp(self):
        self.alice = self.enterContext(Friend("alice"))
        self.alice.snug("agent", "start")

    def test_is_for_its_owner_alone(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.alice.socket_path).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(self.alice.socket_path)).st_mode), 0o700)

    def test_refuses_other_users_even_where_files_do_not(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to be another user")
        for path in (self.alice.folder, self.alice.runtime, os.path.dirname(self.alice.socket_path)):
            os.chmod(path, 0o755)
            self.addCleanup(os.chmod, path, 0o700)  # or its owner would not trust it either
        os.chmod(self.alice.socket_path, 0o666)
        hello = 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(20)\n' \
                'try:\n s.sendall(b\'{"jsonrpc":"2.0","id":1,"method":"hello"}\\n\'); print(s.recv(9999))\n' \
                'except (BrokenPipeError, ConnectionResetError):\n print(b"")\n'
        nobody = pwd.getpwnam("nobody").pw_uid
        out = subprocess.run(["/usr/bin/python3", "-c", hello, self.alice.socket_path], user=nobody, cwd="/",
                             capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
        self.assertEqual(out.strip(), "b''")

    def test_refuses_a_second_agent(self):
        second = subprocess.run([program("core/agent/snug-agent")], env=self.alice.environment, capture_output=True,
                                text=True, timeout=PATIENCE, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("Another process", second.stderr)
        self.assertEqual(self.alice.json("agent", "status")["state"], "none")

    def test_says_that_there_is_no_profile_yet(self):
        with self.alice.rpc() as rpc:
            hello = rpc.call("hello")["result"]
            self.assertEqual((hello["profile"], hello["state"]), ("default", "none"))
            error = rpc.call("contact.list")["error"]
            self.assertEqual(error["data"], {"name": "not-found", "exit": 3})
            self.assertEqual(rpc.call("account.unlock", passphrase="x")["error"]["data"]["name"], "not-found")

    def test_goes_on_after_hostile_lines(self):
        lines = {
            "nonsense\n": -32700,
            '{"jsonrpc":"2.0"\n': -32700,
            '{"a":1,"a":2}\n': -32700,
            '{"jsonrpc":"2.0","method":"hello","id":' + "[" * 100000 + "\n": -32700,
            '[]\n': -32600,
            '[{"jsonrpc":"2.0","method":"hello","id":1}]\n': -32600,
            '{}\n': -32600,
            '{"jsonrpc":"1.0","method":"hello","id":1}\n': -32600,
            '{"jsonrpc":"2.0","method":7,"id":1}\n': -32600,
            '{"jsonrpc":"2.0","method":"hello","id":{}}\n': -32600,
            '{"jsonrpc":"2.0","method":"hello","params":[],"id":1}\n': -32600,
            '{"jsonrpc":"2.0","method":"no.such","id":1}\n': -32601,
            '{"jsonrpc":"2.0","method":"hello","params":{"x":1},"id":1}\n': -32602,
            '{"jsonrpc":"2.0","method":"account.unlock","params":{"passphrase":5},"id":1}\n': -32602,
            '{"jsonrpc":"2.0","method":"job.cancel","id":1}\n': -32602,
            '{"jsonrpc":"2.0","method":"subscribe","params":{"topics":[1]},"id":1}\n': -32602,
            '{"jsonrpc":"2.0","method":"subscribe","params":{"topics":["x"]},"id":1}\n': -32602,
            '{"jsonrpc":"2.0","method":"job.cancel","params":{"job":"job-1"},"id":1}\n': -32000,
        }
        with self.alice.rpc() as rpc:
            for line, code in lines.items():
                self.assertEqual(rpc.ask(line)["error"]["code"], code, line[:80])
            for bad in (b"\xff\xfe\n", b'{"jsonrpc":"2.0","method":"h\xc0\xafllo"}\n', b"\x00\n"):
                self.assertEqual(rpc.ask(bad)["error"]["code"], -32700)
            self.assertIn("result", rpc.call("hello"))

    def test_closes_on_a_line_without_end_and_serves_the_others(self):
        with self.alice.rpc() as endless, self.alice.rpc() as other:
            try:
                for _ in range(40):
                    endless.send(b"x" * 65536)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertIn("result", other.call("hello"))
            try:
                while endless.read() is not None:
                    pass
            except ConnectionResetError:
                pass

    def test_understands_a_request_in_pieces_and_several_at_once(self):
        request = '{"jsonrpc":"2.0","id":"%s","method":"hello"}\n'
        with self.alice.rpc() as rpc:
            for byte in request % "piece":
                rpc.send(byte)
            self.assertEqual(rpc.read()["id"], "piece")
            rpc.send(request % "a" + "\n\n" + request % "b" + request % "c")
            self.assertEqual([rpc.read()["id"] for _ in range(3)], ["a", "b", "c"])

    def test_answers_no_notification(self):
        with self.alice.rpc() as rpc:
            rpc.send('{"jsonrpc":"2.0","method":"hello"}\n{"jsonrpc":"2.0","method":"no.such"}\n')
            self.assertEqual(rpc.call("hello")["id"], "1")

    def test_ends_cleanly_when_told(self):
        pid = self.alice.agent_pid()
        with open(f"/proc/{pid}/limits", encoding="utf-8") as f:
            self.assertRegex(f.read(), r"Max core file size +0 +0 ")
        self.alice.kill_agent(signal.SIGTERM)
        self.assertFalse(os.path.exists(self.alice.socket_path))
        self.alice.snug("agent", "start")
        pid = self.alice.agent_pid()
        self.alice.snug("agent", "stop")
        wait_until(lambda: not os.path.exists(f"/proc/{pid}/exe"), "the agent ended")
        self.alice.snug("agent", "status", expect=3)
        self.alice.snug("agent", "stop")

    def test_is_started_once_by_many(self):
        self.alice.snug("agent", "stop")
        crowd = [self.alice.start("status") for _ in range(8)]
        for one in crowd:
            out, errors = one.communicate(timeout=4 * PATIENCE)
            self.assertEqual((one.returncode, errors), (0, ""), out)

    def test_is_followed_by_the_next_without_anybody_noticing(self):
        for _ in range(20):
            pid = self.alice.agent_pid()
            crowd = [self.alice.start(*command) for command in 2 * [("status",), ("agent", "stop"), ("status",)]]
            for one in crowd:
                _, errors = one.communicate(timeout=4 * PATIENCE)
                self.assertEqual((one.returncode, errors), (0, ""), one.args)
            self.alice.snug("agent", "start")
            self.assertNotEqual(self.alice.agent_pid(), pid)

    def test_takes_the_place_of_one_that_was_killed(self):
        self.alice.kill_agent()
        self.assertTrue(os.path.exists(self.alice.socket_path))
        self.alice.snug("status")


class Making(unittest.TestCase):
    def test_can_be_cancelled_and_leaves_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent, Friend("alice") as alice:
            alice.snug("agent", "start")
            wish = {"relay": f"127.0.0.1:{silent.getsockname()[1]}", "name": "alice", "passphrase": "secret"}
            with alice.rpc() as rpc:
                job = rpc.call("account.create", **wish)["result"]["job"]
                self.assertEqual(rpc.next("progress"), {"job": job, "stage": "registering"})
                self.assertEqual(rpc.call("account.create", **wish)["error"]["data"]["name"], "busy")
                self.assertEqual(rpc.call("job.cancel", job=job)["result"], {})
                self.assertEqual(rpc.next("job.done")["error"]["data"]["name"], "state")
            self.assertEqual(os.listdir(os.path.join(alice.data, "snug")), ["default.lock"])
            with alice.rpc() as rpc:  # one that leaves takes its job along
                rpc.call("account.create", **wish)
                rpc.next("progress")
            wait_until(lambda: os.listdir(os.path.join(alice.data, "snug")) == ["default.lock"], "swept")


class Locking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice = cls.enterClassContext(Friend("alice", cls.relay))
        cls.bob = cls.enterClassContext(Friend("bob", cls.relay))
        cls.alice.register()
        cls.bob.register()
        introduce(cls.bob, cls.alice)

    def setUp(self):
        if self.alice.json("status")["state"] != "unlocked":
            self.alice.open()

    def test_takes_away_what_needs_keys(self):
        self.alice.snug("lock")
        for command in (("contacts",), ("send", "bob", "x"), ("history",), ("link",), ("relay", "show")):
            self.alice.snug(*command, expect=5)
        self.assertLessEqual(set(self.alice.json("status")), {"profile", "state", "activity", "unlock"})
        self.alice.snug("lock")

    def test_opens_under_the_pass_phrase_only_and_loses_nothing(self):
        self.alice.snug("send", "bob", "kept")
        before = [text for _, text, _ in self.alice.messages()]
        self.alice.snug("lock")
        self.alice.snug("unlock", secret="wrong", expect=5)
        self.alice.snug("unlock", secret=self.alice.phrase + " ", expect=5)
        self.assertEqual(self.alice.json("status")["state"], "locked")
        self.alice.open()
        self.assertEqual([text for _, text, _ in self.alice.messages()], before)

    def test_finds_again_what_came_meanwhile(self):
        self.alice.snug("lock")
        self.bob.snug("send", "alice", "while you were away")
        self.alice.open()
        self.alice.wait_received("while you were away")

    def lock_collecting(self):
        """Locked, with the relay knowing the fetch key."""
        self.alice.wait_online()
        wait_until(lambda: "fetch_key" in self.held_device(), "the relay has the fetch key")
        self.alice.snug("lock")

    def held_device(self):
        rows = [json.loads(line) for line in self.alice.snug("--json", "relay", "show").splitlines()]
        rows = [row.get("row", row) for row in rows[:-1]]
        return next(row for row in rows if row["kind"] == "device")

    def sealed(self):
        return os.path.join(self.alice.data, "snug", "default", "sealed")

    def test_collects_sealed_what_comes_meanwhile(self):
        self.lock_collecting()
        with self.alice.rpc() as rpc:
            rpc.call("subscribe", topics=["lock"])
            before = self.alice.json("status")["activity"]
            self.bob.snug("send", "alice", "sealed until you are back")
            told = rpc.next("lock")
            self.assertEqual(told["state"], "locked")
            self.assertGreater(told["activity"], before)
        self.assertGreaterEqual(self.alice.json("status")["activity"], told["activity"])
        self.assertIn("new activity", self.alice.snug("status"))
        self.assertEqual(stat.S_IMODE(os.stat(self.sealed()).st_mode), 0o600)
        with open(self.sealed(), "rb") as file:
            content = file.read()
        self.assertNotIn(b"sealed until", content)
        self.alice.open()
        self.alice.wait_received("sealed until you are back")
        self.alice.wait_online()
        self.assertEqual(self.alice.received().count("sealed until you are back"), 1)
        self.assertFalse(os.path.exists(self.sealed()))

    def test_loses_and_doubles_nothing_when_it_is_killed_while_locked(self):
        self.lock_collecting()
        self.bob.snug("send", "alice", "one before the kill")
        wait_until(lambda: self.alice.json("status")["activity"] > 0, "activity")
        self.alice.kill_agent()
        self.assertEqual(set(self.alice.json("status")), {"profile", "state", "unlock"})  # nothing is collected now
        self.bob.snug("send", "alice", "one after the kill")
        self.assertTrue(os.path.exists(self.sealed()))
        self.alice.open()
        self.alice.wait_received("one before the kill", "one after the kill")
        self.alice.wait_online()
        self.assertEqual(self.alice.received().count("one before the kill"), 1)
        self.assertFalse(os.path.exists(self.sealed()))

    def test_survives_the_agent_being_killed(self):
        self.bob.snug("send", "alice", "before the kill")
        self.alice.wait_received("before the kill")
        self.alice.kill_agent()
        self.assertEqual(self.alice.json("status")["state"], "locked")
        self.bob.snug("send", "alice", "after the kill")
        self.alice.open()
        self.alice.wait_received("before the kill", "after the kill")

    def test_tells_a_listener_what_came_after_more_was_seen_than_there_is(self):
        with self.alice.rpc() as rpc:
            rpc.call("message.seen", message="message-9223372036854775807")
        self.bob.snug("send", "alice", "after all was seen")
        self.alice.wait_received("after all was seen")
        self.assertIn("after all was seen", self.alice.snug("listen", "--once"))

    def test_happens_by_itself_when_nobody_does_anything(self):
        self.alice.snug("settings", "idle-lock", "1s")
        wait_until(lambda: self.alice.json("status")["state"] == "locked", "the idle lock")
        self.assertEqual(self.alice.unlocked("settings", "idle-lock", "10m").code, 0)  # it is soon locked again

    def test_tells_those_who_listen(self):
        with self.alice.rpc() as rpc:
            rpc.call("subscribe", topics=["lock"])
            self.alice.snug("lock")
            self.assertEqual(rpc.next("lock"), {"state": "locked"})
            self.alice.open()
            told = rpc.next("lock")
            while "activity" in told:  # a receipt may come meanwhile
                told = rpc.next("lock")
            self.assertEqual(told, {"state": "unlocked"})

    def test_ends_calls_that_wait(self):
        with self.alice.rpc() as waiting:
            lookup = waiting.call("contact.add", link=f"nobody@127.0.0.1:1")["result"]["lookup"]
            waiting.send(json.dumps({"jsonrpc": "2.0", "id": "w", "method": "lookup.get", "params": {"lookup": lookup}})
                         + "\n")
            waiting.read()
            self.alice.snug("lock")
            self.assertIn("result", waiting.call("hello"))

    def test_ends_an_unlocking_that_began_before(self):
        self.alice.snug("lock")
        with self.alice.rpc() as rpc:
            rpc.send(json.dumps({"jsonrpc": "2.0", "id": "u", "method": "account.unlock",
                                 "params": {"passphrase": self.alice.phrase}}) + "\n")
            self.assertIn("result", rpc.call("account.lock"))
            wait_until(lambda: rpc.call("account.unlock", passphrase="wrong")["error"]["data"]["name"] == "passphrase",
                       "the end of the work on the pass-phrase")
            self.assertEqual(rpc.notifications[0]["error"]["data"]["name"], "locked")
        self.assertEqual(self.alice.json("status")["state"], "locked")
        self.alice.open()

    def test_lets_who_comes_while_it_ends_wait_for_the_next(self):
        self.alice.snug("lock")
        with self.alice.rpc() as rpc:
            rpc.send(json.dumps({"jsonrpc": "2.0", "id": "u", "method": "account.unlock",
                                 "params": {"passphrase": self.alice.phrase}}) + "\n")
            rpc.call("agent.stop")
            self.assertEqual(self.alice.json("status")["state"], "locked")  # once the work on the pass-phrase is over
        self.alice.open()

    def test_changes_the_pass_phrase(self):
        self.alice.snug("passphrase", secret="wrong\nnew one", expect=5)
        self.alice.snug("passphrase", secret=f"{self.alice.phrase}\nnew one")
        self.alice.snug("lock")
        self.alice.open(expect=5)
        self.alice.snug("unlock", secret="new one")
        self.alice.snug("passphrase", secret=f"new one\n{self.alice.phrase}")

    def test_leaves_no_pass_phrase_in_memory(self):
        self.assertEqual(self.found(self.alice.phrase), 0)
        self.alice.snug("lock")
        self.assertEqual(self.found(self.alice.phrase), 0)

    def found(self, text):
        """How often TEXT is in the memory of alice's agent."""
        count, pid = 0, self.alice.agent_pid()
        try:
            memory = open(f"/proc/{pid}/mem", "rb", 0)
        except PermissionError:
            self.skipTest("needs root to read the memory of a process that does not want it")
        with memory, open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            for line in maps:
                where, rights = line.split()[:2]
                start, end = (int(x, 16) for x in where.split("-"))
                if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                    continue
                try:
                    memory.seek(start)
                    count += memory.read(end - start).count(text.encode())
                except OSError:
                    continue
        return count


class Behind(unittest.TestCase):
    def test_gets_one_resync_instead_of_what_it_did_not_read(self):
        with Relay("--registration", "open") as relay, Friend("alice", relay) as alice, Friend("bob", relay) as bob:
            alice.register()
            bob.register()
            introduce(bob, alice)
            count = 4000
            with alice.rpc() as slow, alice.rpc() as busy:
                slow.call("subscribe", topics=["contact"])
                for i in range(count):
                    self.assertIn("result", busy.call("contact.rename", contact="contact-1", nickname=f"n{i}"))
                heard, resyncs = 0, 0
                while True:
                    message = slow.read()
                    resyncs += message["method"] == "resync"
                    heard += 1
                    if message["method"] == "contact" and message["params"]["contact"]["nickname"] == f"n{count - 1}":
                        break
                self.assertGreaterEqual(resyncs, 1)
                self.assertLess(heard, count)
                self.assertIn("result", slow.call("hello"))


class Trouble(unittest.TestCase):
    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))

    def test_a_relay_with_another_key_gets_nothing(self):
        with Friend("alice", self.relay) as alice:
            alice.register()
            alice.wait_online()
            port = self.relay.port
            self.relay.stop()
            self.relay.kill()
            shutil.rmtree(self.relay.data)
            self.relay.start(f"127.0.0.1:{port}")
            alice.snug("relay", "retry")
            wait_until(lambda: alice.json("notices")["notices"], "a notice")
            self.assertFalse(alice.json("status")["relay"]["online"])
            self.assertEqual(alice.json("status")["state"], "unlocked")
            self.assertTrue(alice.snug("notices").strip())
            alice.snug("notices", "--seen")
            self.assertTrue(all(n["seen"] for n in alice.json("notices")["notices"]))

    def off_by_an_hour(self):
        if not os.path.exists(FAKETIME):
            self.skipTest("needs the Debian package faketime")
        return {"LD_PRELOAD": FAKETIME, "FAKETIME": "+1h", "DONT_FAKE_MONOTONIC": "1"}

    def test_a_clock_an_hour_off_is_said_to_be_when_an_account_is_made(self):
        with Friend("alice", self.relay, **self.off_by_an_hour()) as alice:
            alice.register(expect=8)
            self.assertIn("clock", alice.errors)
            self.assertEqual(os.listdir(os.path.join(alice.data, "snug")), ["default.lock"])

    def test_a_clock_an_hour_off_does_no_harm(self):
        off = self.off_by_an_hour()
        with Friend("alice", self.relay) as alice, Friend("bob", self.relay) as bob:
            alice.register()
            bob.register()
            introduce(bob, alice)
            alice.snug("agent", "stop")
            alice.environment.update(off)
            alice.open()
            alice.snug("send", "bob", "early")
            bob.wait_received("early")
            bob.snug("send", "alice", "late")
            alice.wait_received("late")
            wait_until(lambda: [n for n in alice.json("notices")["notices"] if n["kind"] == "clock"], "a notice")

    def test_a_damaged_store_is_told_apart_from_a_wrong_pass_phrase(self):
        with Friend("alice", self.relay) as alice:
            alice.register()
            alice.snug("agent", "stop")
            path = os.path.join(alice.data, "snug", "default", "history.db")
            with open(path, "r+b") as f:
                for at in range(6000, os.path.getsize(path), 4096):  # in every page but the first
                    f.seek(at)
                    byte = f.read(1)
                    f.seek(at)
                    f.write(bytes([byte[0] ^ 1]))
            with open(path, "rb") as f:
                damaged = f.read()
            alice.open(expect=11)
            with open(path, "rb") as f:
                self.assertEqual(f.read(), damaged)
            slots = os.path.join(alice.data, "snug", "default", "slots")
            with open(slots, "r+b") as f:
                f.truncate(20)
            alice.open(expect=11)


if __name__ == "__main__":
    unittest.main()
