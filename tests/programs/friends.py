# SPDX-License-Identifier: GPL-3.0-or-later
"""People who know their relay: what the tests of the command line and of the agent say and ask again and again. And the
agent's socket, line by line."""
import json
import os
import socket
import subprocess
import threading

from people import Person
from relay import PATIENCE, program, wait_until


class Friend(Person):
    """`with Friend("alice", relay) as alice:`; alice.snug("send", "bob", "hello")."""

    def __init__(self, name, relay=None, **environment):
        super().__init__(name, phrase=f"the pass-phrase of {name}", environment=dict(environment, LC_ALL="C.UTF-8", NO_COLOR="1"))
        self.relay = relay
        self.runtime = self.environment["XDG_RUNTIME_DIR"]
        self.data = self.environment["XDG_DATA_HOME"]
        os.makedirs(self.data, mode=0o700, exist_ok=True)
        self.socket_path = os.path.join(self.runtime, "snug", "default.sock")
        self.errors = ""

    def snug(self, *args, expect=0, secret=None, stdin=""):
        """What it printed; its exit status must be EXPECT."""
        done = self.attempt(*args, phrase=secret, stdin=stdin)
        self.errors = done.err
        if done.code != expect:
            raise AssertionError(f"{self.name}: snug {' '.join(args)}: {done.code} instead of {expect}: {done.out}{done.err}")
        return done.out

    def start(self, *args, secret=None):
        """Start a command and do not wait for its end."""
        descriptors = ()
        if secret is not None:
            reading, writing = os.pipe()
            os.write(writing, secret.encode() + b"\n")
            os.close(writing)
            args, descriptors = (*args, "--passphrase-fd", str(reading)), (reading,)
        try:
            return subprocess.Popen([program("cli/snug"), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, env=self.environment, pass_fds=descriptors)
        finally:
            for fd in descriptors:
                os.close(fd)

    def json(self, *args, **kwargs):
        return json.loads(self.snug("--json", *args, **kwargs))

    def register(self, *options, relay=None, **kwargs):
        relay = relay or f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}"
        return self.snug("init", "--relay", relay, "--name", self.name, "--display-name", self.name.capitalize(), *options,
                         secret=self.phrase, **kwargs)

    def open(self, **kwargs):
        return self.snug("unlock", secret=self.phrase, **kwargs)

    def wait_online(self):
        wait_until(lambda: self.json("status").get("relay", {}).get("online"), f"{self.name} connected")

    def messages(self):
        """(outgoing, text, state) of the newest."""
        listed = self.json("history", "--limit", "500")["messages"]
        return [(m["outgoing"], m["text"], m["state"]) for m in listed]

    def received(self):
        return [text for outgoing, text, _ in self.messages() if not outgoing]

    def wait_received(self, *texts):
        wait_until(lambda: self.received()[-len(texts):] == list(texts), f"{self.name} received {texts}")

    def rpc(self):
        return Rpc(self.socket_path)


class Rpc:
    """A connection to an agent's socket, line by line."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.notifications = []
        self.last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, line):
        self.socket.sendall(line if isinstance(line, bytes) else line.encode())

    def read(self):
        """The next message; None at the end."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def ask(self, line):
        self.send(line)
        return self.read()

    def call(self, method, **params):
        """The reply; notifications on the way are kept."""
        self.last_id += 1
        wanted = str(self.last_id)
        self.send(json.dumps({"jsonrpc": "2.0", "id": wanted, "method": method, "params": params}) + "\n")
        while True:
            message = self.read()
            if message is None or message.get("id") == wanted:
                return message
            self.notifications.append(message)

    def next(self, method):
        """The next notification METHOD."""
        while True:
            for n in self.notifications:
                if n.get("method") == method:
                    self.notifications.remove(n)
                    return n["params"]
            self.notifications.append(self.read())


class Lines:
    """The lines a running program prints, as they come."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def stop(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.thread.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
