# SPDX-License-Identifier: GPL-3.0-or-later
"""What snug-agent takes from itself, seen from outside; what the kernel answers to single calls is in
tests/core/agent/test_jail.c."""
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from friends import Friend, Rpc
from relay import PATIENCE, Relay, program, wait_until

AGENT = program("core/agent/snug-agent")
UNIT = program("core/agent/snug-agent@.service")


def status(path):
    with open(f"{path}/status", encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f)


def threads(pid):
    return [f"/proc/{pid}/task/{task}" for task in os.listdir(f"/proc/{pid}/task")]


def spawner_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return f.read().split()


def unlimited():
    """To be run in a child: with it the kernel would write cores."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)


def core_limits(pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        return next(line.split()[4:6] for line in f if line.startswith("Max core file size"))


class Direct:
    """An agent as our own child: `with Direct(person, ...) as agent`. Options go to Popen."""

    def __init__(self, person, command=(AGENT,), **options):
        self.person, self.command = person, command
        self.options = dict({"env": person.environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                             "stderr": subprocess.DEVNULL}, **options)

    def __enter__(self):
        self.process = subprocess.Popen(self.command, **self.options)
        wait_until(lambda: os.path.exists(self.person.socket_path) or self.process.poll() is not None, "it listens")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)

    def hello(self):
        with Rpc(self.person.socket_path) as rpc:
            return rpc.call("hello")["result"]


class Jail(unittest.TestCase):
    def setUp(self):
        self.alice = self.enterContext(Friend("alice"))

    def assert_jailed(self, pid, at_least):
        tasks = threads(pid)
        self.assertGreaterEqual(len(tasks), at_least)
        for task in tasks:
            held = status(task)
            self.assertEqual((held["Seccomp"], held["NoNewPrivs"]), ("2", "1"), task)

    def test_every_thread_of_it_and_the_spawner_are_under_a_filter(self):
        relay = self.enterContext(Relay("--registration", "open"))
        alice = self.enterContext(Friend("anna", relay))
        alice.register()
        pid = alice.agent_pid()
        self.assert_jailed(pid, 2)
        spawners = spawner_of(pid)
        self.assertEqual(len(spawners), 1)
        self.assert_jailed(spawners[0], 1)
        alice.snug("lock")
        self.assert_jailed(pid, 1)

    def test_inherits_no_descriptor(self):
        with tempfile.TemporaryFile() as secret, Direct(self.alice, pass_fds=[secret.fileno()]) as agent:
            agent.hello()
            for pid in (agent.process.pid, *spawner_of(agent.process.pid)):
                held = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
                self.assertFalse([path for path in held if "deleted" in path and "memfd" not in path], held)

    def test_runs_without_standard_descriptors(self):
        shell = ("/bin/sh", "-c", 'exec "$0" <&- >&- 2>&-', AGENT)
        with Direct(self.alice, shell) as agent:
            self.assertEqual(agent.hello()["state"], "none")
            for fd in range(3):
                self.assertEqual(os.readlink(f"/proc/{agent.process.pid}/fd/{fd}"), "/dev/null")

    def test_survives_having_few_descriptors(self):
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
        with Direct(self.alice, preexec_fn=few) as agent:
            crowd = [socket.socket(socket.AF_UNIX) for _ in range(30)]
            for one in crowd:
                one.connect(self.alice.socket_path)
            self.assertIsNone(agent.process.poll())
            for one in crowd:
                one.close()
            self.assertEqual(agent.hello()["state"], "none")

    def test_says_why_it_does_not_start_with_too_few(self):
        for most in (4, 7, 10, 13):
            few = lambda most=most: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            with Direct(self.alice, preexec_fn=few, stderr=subprocess.PIPE) as agent:
                if agent.process.poll() is None:
                    self.assertEqual(agent.hello()["state"], "none")
                else:
                    self.assertGreater(agent.process.returncode, 0)
                    self.assertTrue(agent.process.stderr.read())
                agent.process.terminate()
                agent.process.wait(PATIENCE)
                agent.process.stderr.close()
            shutil.rmtree(os.path.dirname(self.alice.socket_path), ignore_errors=True)

    def test_leaves_no_core(self):
        with Direct(self.alice, preexec_fn=unlimited) as agent:
            agent.hello()
            pid = agent.process.pid
            self.assertEqual(len(spawner_of(pid)), 1)
            for each in (pid, *spawner_of(pid)):
                self.assertEqual(core_limits(each), ["0", "0"])
            agent.process.send_signal(signal.SIGSEGV)
            _, how = os.waitpid(agent.process.pid, 0)
            agent.process.returncode = 0
            self.assertEqual(os.WTERMSIG(how), signal.SIGSEGV)
            self.assertFalse(os.WCOREDUMP(how))

    def test_leaves_none_of_a_helper_that_has_secrets(self):
        for helper in ("core/keyring/snug-keyring", "core/media/snug-media"):
            with self.subTest(helper), subprocess.Popen([program(helper)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                        preexec_fn=unlimited) as running:
                wait_until(lambda: status(f"/proc/{running.pid}")["Seccomp"] == "2", "its filter is in force")
                self.assertEqual(core_limits(running.pid), ["0", "0"])
                running.kill()

    def test_tells_a_service_manager_when_it_is_ready(self):
        path = os.path.join(self.alice.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(PATIENCE)
            with Direct(self.alice, env=dict(self.alice.environment, NOTIFY_SOCKET=path)) as agent:
                self.assertEqual(manager.recv(100), b"READY=1")
                self.assertEqual(agent.hello()["state"], "none")
                agent.process.terminate()
                self.assertEqual(manager.recv(100), b"STOPPING=1")
                self.assertEqual(agent.process.wait(PATIENCE), 0)


class SameUser(unittest.TestCase):
    """Another process of the agent's user, which is not root."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to be a user without rights")
        self.nobody = pwd.getpwnam("nobody").pw_uid
        self.alice = self.enterContext(Friend("alice"))
        for folder, _, _ in os.walk(self.alice.folder):
            os.chown(folder, self.nobody, -1)
        if self.as_nobody("/bin/sh", "-c", f"exec {AGENT} --version").returncode != 0:
            self.skipTest("the programs lie where others may not go")

    def as_nobody(self, *command):
        return subprocess.run(command, user=self.nobody, group=65534, extra_groups=[], cwd="/", env=self.alice.environment,
                              capture_output=True, text=True, timeout=PATIENCE, check=False)

    def test_cannot_look_into_it(self):
        with Direct(self.alice, user=self.nobody, group=65534, extra_groups=[], cwd="/") as agent:
            self.assertEqual(json.loads(self.as_nobody(program("cli/snug"), "agent", "status", "--json").stdout)["state"], "none")
            for pid in (agent.process.pid, *spawner_of(agent.process.pid)):
                self.assertEqual(status(f"/proc/{pid}")["Uid"].split(), [str(self.nobody)] * 4)
                for name in ("mem", "maps", "environ", "fd", "cwd"):
                    path = f"/proc/{pid}/{name}"
                    self.assertEqual(os.lstat(path).st_uid, 0, path)
                    self.assertNotEqual(self.as_nobody("/bin/ls", f"{path}/").returncode, 0, path)
                    self.assertNotEqual(self.as_nobody("/usr/bin/head", "-c", "1", path).returncode, 0, path)


class Unit(unittest.TestCase):
    """The unit for a user's manager, as systemd reads it."""

    def setUp(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        self.folder = tempfile.mkdtemp(prefix="snug-unit-")
        self.addCleanup(shutil.rmtree, self.folder)
        with open(UNIT, encoding="utf-8") as f:
            lines = [f"ExecStart={AGENT} --profile %i\n" if line.startswith("ExecStart=") else line
                     for line in f if not line.startswith("ExecStartPre=")]
        self.unit = os.path.join(self.folder, "snug-agent@default.service")
        with open(self.unit, "w", encoding="utf-8") as f:
            f.writelines(lines)

    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", "--user", *arguments, self.unit], capture_output=True, text=True,
                              env=dict(os.environ, XDG_RUNTIME_DIR=self.folder), timeout=PATIENCE, check=False)

    def test_is_well_formed(self):
        done = self.analyze("verify")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_takes_away_what_a_user_manager_can(self):
        # 9.6 with nothing taken away. What it counts on top needs namespaces, or takes functions away.
        done = self.analyze("security", "--offline=true", "--threshold=65")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
