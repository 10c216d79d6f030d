# SPDX-License-Identifier: GPL-3.0-or-later
"""People with a command line, for whole-program tests: each has folders of their own, and an agent that the command line
starts by itself."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from relay import PATIENCE, program, wait_until

PHRASE = "correct horse battery staple"

# The exit codes of the command line.
DONE, FAILED, USAGE, NOT_FOUND, AMBIGUOUS, LOCKED, KEY_CHANGED, QUEUED, REFUSED, RATE, TIMED_OUT, INTEGRITY = range(12)


class Outcome:
    """What a command did: code, out, err; `json` is its standard output parsed."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


class Person:
    """`with Person("alice") as alice:`; alice.run("send", "bob", "hello") asserts success, alice.attempt(...) does not."""

    def __init__(self, name, phrase=PHRASE, folder=None, environment=None):
        self.name, self.phrase = name, phrase
        self.folder = folder or tempfile.mkdtemp(prefix=f"snug-{name}-")
        self.environment = dict(os.environ, HOME=self.folder, XDG_DATA_HOME=os.path.join(self.folder, "data"),
                                XDG_RUNTIME_DIR=os.path.join(self.folder, "run"), **(environment or {}))
        self.environment.pop("SNUG_PROFILE", None)
        os.makedirs(self.environment["XDG_RUNTIME_DIR"], mode=0o700, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill_agent()
        shutil.rmtree(self.folder, ignore_errors=True)

    def attempt(self, *arguments, phrase=None, stdin="", seconds=PATIENCE * 3):
        """Run a command. PHRASE, a line or lines, goes in through a descriptor."""
        command, descriptors = [program("cli/snug"), *arguments], ()
        reading = None
        if phrase is not None:
            reading, writing = os.pipe()
            os.write(writing, phrase.encode() + b"\n")
            os.close(writing)
            command += ["--passphrase-fd", str(reading)]
            descriptors = (reading,)
        try:
            done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=self.environment,
                                  pass_fds=descriptors, timeout=seconds, check=False)
        finally:
            if reading is not None:
                os.close(reading)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments, **options):
        outcome = self.attempt(*arguments, **options)
        if outcome.code != 0:
            raise AssertionError(f"{self.name}: snug {' '.join(arguments)}: exit {outcome.code}\n{outcome.out}{outcome.err}")
        return outcome

    def init(self, relay, *options):
        return self.run("init", "--name", self.name, "--relay", f"https://127.0.0.1:{relay.port} pin={relay.pin}", "--kit-file",
                        os.path.join(self.folder, "kit"), *options, phrase=self.phrase)

    def unlock(self):
        return self.run("unlock", phrase=self.phrase)

    def unlocked(self, *arguments):
        """Run a command; when the agent was gone or locked, unlock and run it again."""
        for _ in range(10):
            outcome = self.attempt(*arguments)
            if outcome.code != LOCKED:
                break
            self.attempt("unlock", phrase=self.phrase)
        return outcome

    def agent_pid(self):
        """Of the running agent; None without one. Does not start one."""
        outcome = self.attempt("agent", "status", "--json")
        return outcome.json["pid"] if outcome.code == DONE else None

    def kill_agent(self, how=signal.SIGKILL):
        pid = self.agent_pid()
        if pid is None:
            return
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        wait_until(lambda: self.agent_pid() != pid, "the agent ends")

    def history(self, contact, limit=500):
        """The whole conversation, oldest first."""
        messages, before = [], None
        while True:
            options = ["--before", before] if before else []
            page = self.unlocked("history", contact, "--limit", str(limit), "--json", *options)
            if page.code != 0:
                raise AssertionError(f"{self.name}: history: exit {page.code} {page.err}")
            messages = page.json["messages"] + messages
            if not page.json.get("more"):
                return messages
            before = page.json["messages"][0]["id"]

    def texts(self, contact, outgoing=False):
        return [m["text"] for m in self.history(contact) if m["outgoing"] == outgoing and m["state"] not in ("gap", "gone")]


def introduce(one, other):
    """OTHER adds ONE by contact link, and is accepted."""
    link = one.run("link", "--json").json["link"]
    other.run("add", link, "--message", f"It's {other.name}.")
    wait_until(lambda: other.name in one.run("requests").out, "the request arrives")
    one.run("accept", other.name)
    wait_until(lambda: other.run("contacts", "--state", "accepted", "--json").json["contacts"], "the accept arrives")
