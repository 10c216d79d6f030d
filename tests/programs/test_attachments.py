# SPDX-License-Identifier: GPL-3.0-or-later
"""Files from one person to another through a real relay: every size, killed on the way, given up, saved, cleaned. Of how many
MiB the file is whose transfer is killed: $SNUG_FILE_MIB."""
import contextlib
import hashlib
import json
import os
import random
import shutil
import tempfile
import threading
import time
import unittest

from friends import Rpc
from helper import TELLTALE, decode, encode, halves, telltale
from people import DONE, FAILED, QUEUED, Person, introduce
from relay import Relay, wait_until

CHUNK, MIB = 64 * 1024, 1024 * 1024
BIG = int(os.environ.get("SNUG_FILE_MIB", "3")) * MIB
SEED = int(os.environ.get("SNUG_KILL_SEED", "1"))
PATIENCE = 60 + 6 * BIG // MIB
KILLS = 8  # at least, and each of the three at least once
FURTHER = 200  # files at most, until there were so many


class Pair(unittest.TestCase):
    """A relay, and two who know each other."""
    options = ()

    def setUp(self):
        with contextlib.ExitStack() as stack:
            self.relay = stack.enter_context(Relay("--registration", "open", *self.options))
            self.alice = stack.enter_context(Person("alice"))
            self.bob = stack.enter_context(Person("bob"))
            self.folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="snug-files-"))
            self.alice.init(self.relay)
            self.bob.init(self.relay)
            introduce(self.alice, self.bob)
            self.addCleanup(stack.pop_all().close)

    def make(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def send(self, *paths, text=(), options=()):
        """The message's id, once the relay has it."""
        files = [word for path in paths for word in ("--file", path)]
        return self.alice.run("send", "bob", *text, *files, "--wait", "60", "--json", *options).json["message"]["id"]

    def arrived(self, name, seconds=20):
        """Bob's message with a file of that NAME."""
        found = []

        def look():
            found[:] = [m for m in self.bob.history("alice") if any(f["name"] == name for f in m.get("files", []))]
            return found

        wait_until(look, f"{name} arrives", seconds)
        return found[-1]

    def save(self, message):
        """What was in the files, by name."""
        folder = tempfile.mkdtemp(dir=self.folder)
        self.bob.run("save", message["id"], folder)
        return contents(folder)

    def kept(self, person):
        return os.listdir(os.path.join(person.environment["XDG_DATA_HOME"], "snug", "default", "files"))


def contents(folder):
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            found[name] = f.read()
    return found


class Sizes(Pair):
    def test_files_of_every_size_arrive_with_the_words_and_one_by_one(self):
        sizes = {"empty": 0, "one": 1, "chunk": CHUNK, "chunk and one": CHUNK + 1, "big": 3 * MIB}
        files = {name: os.urandom(size) for name, size in sizes.items()}
        paths = [self.make(name, content) for name, content in files.items()]
        self.send(*paths, text=("all of them",))
        message = self.arrived("big")
        self.assertEqual(message["text"], "all of them")
        self.assertEqual([(f["name"], f["size"]) for f in message["files"]], list(sizes.items()))
        self.assertEqual(self.save(message), files)
        for name, path in zip(files, paths):
            before = len([m for m in self.bob.history("alice") if m.get("files")])
            self.send(path)
            wait_until(lambda n=before: len([m for m in self.bob.history("alice") if m.get("files")]) > n, "it arrives")
            self.assertEqual(self.save(self.arrived(name)), {name: files[name]})


class Saving(Pair):
    def test_saving_never_overwrites_unless_told(self):
        self.send(self.make("notes.txt", b"from alice"))
        message = self.arrived("notes.txt")
        where = os.path.join(self.folder, "out")
        os.mkdir(where)
        mine = os.path.join(where, "notes.txt")
        with open(mine, "wb") as f:
            f.write(b"mine")
        for _ in range(2):
            self.bob.run("save", message["id"], where)
        found = contents(where)
        self.assertEqual(found.pop("notes.txt"), b"mine")
        self.assertEqual(list(found.values()), [b"from alice"] * 2)
        # Its name is the sender's choice: in a folder nothing is replaced, whatever is asked for.
        self.bob.run("save", message["id"], where, "--replace")
        self.assertEqual(contents(where)["notes.txt"], b"mine")
        self.assertNotEqual(self.bob.attempt("save", message["files"][0]["id"], mine).code, DONE)
        self.assertEqual(contents(where)["notes.txt"], b"mine")
        self.bob.run("save", message["files"][0]["id"], mine, "--replace")
        self.assertEqual(contents(where)["notes.txt"], b"from alice")
        self.assertEqual(len(contents(where)), 4)

    def test_who_waits_for_a_file_is_told_when_its_message_goes(self):
        self.send(self.make("secret.bin", os.urandom(200_000)))
        message = self.arrived("secret.bin")
        self.relay.kill()
        waits = {"attachment.get": {"wait_ms": 60_000}, "attachment.save": {"path": self.folder}}
        with contextlib.ExitStack() as stack:
            connections = []
            for method, more in waits.items():
                rpc = stack.enter_context(Rpc(os.path.join(self.bob.environment["XDG_RUNTIME_DIR"], "snug", "default.sock")))
                params = {"attachment": message["files"][0]["id"], **more}
                rpc.send(json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": params}) + "\n")
                connections.append(rpc)
            wait_until(lambda: self.bob.run("files", "--json").json["attachments"], "it is on its way")
            self.bob.run("delete", message["id"])
            for rpc in connections:
                self.assertIn("no such file", rpc.read()["error"]["message"])

    def test_a_deleted_message_takes_its_file_from_both_disks(self):
        sent = self.send(self.make("secret.bin", os.urandom(200_000)))
        message = self.arrived("secret.bin")
        self.save(message)
        self.assertEqual((len(self.kept(self.alice)), len(self.kept(self.bob))), (1, 1))
        self.alice.run("delete", sent, "--for-everyone")
        wait_until(lambda: not self.kept(self.alice) and not self.kept(self.bob), "the files go")


class Forwarding(Pair):
    def test_a_message_goes_on_to_several_with_its_files(self):
        files = {"plan.txt": b"a plan", "large.bin": os.urandom(2 * MIB + 1)}
        self.send(*[self.make(name, content) for name, content in files.items()], text=("look",))
        message = self.arrived("large.bin")
        with Person("carol") as carol:
            carol.init(self.relay)
            introduce(carol, self.bob)
            outcome = self.bob.attempt("forward", message["id"], "carol", "alice")
            self.assertEqual(outcome.code, FAILED)
            self.assertIn("plan.txt is not here", outcome.err)
            self.save(message)
            self.assertNotEqual(self.bob.attempt("forward", message["id"], "carol", "nobody").code, DONE)
            self.assertEqual(len(self.kept(self.bob)), len(files))
            self.bob.run("forward", message["id"], "carol", "alice")
            for person in carol, self.alice:
                wait_until(lambda p=person: any(m.get("files") and not m["outgoing"] for m in p.history("bob")), "it arrives")
                got = [m for m in person.history("bob") if m.get("files") and not m["outgoing"]][-1]
                self.assertEqual((got["text"], got["forwarded"]), ("look", True))
                folder = tempfile.mkdtemp(dir=self.folder)
                person.run("save", got["id"], folder)
                self.assertEqual(contents(folder), files)
        self.assertEqual(len(self.kept(self.bob)), 3 * len(files))
        self.bob.run("delete", message["id"])
        wait_until(lambda: len(self.kept(self.bob)) == 2 * len(files), "the files of that one go, and of no other")
        self.assertNotEqual(self.bob.attempt("forward", message["id"], "carol").code, DONE)


class Cancelling(Pair):
    def test_what_was_given_up_does_not_arrive_until_it_is_sent_again(self):
        path = self.make("late.bin", os.urandom(MIB + 5))
        self.send(self.make("first", b"so that the relay's limits are known"))
        port = self.relay.port
        self.relay.kill()
        outcome = self.alice.attempt("send", "bob", "--file", path, "--wait", "0", "--json")
        self.assertEqual(outcome.code, QUEUED, outcome.err)
        file = self.alice.run("files", "--json").json["attachments"][0]
        self.assertEqual(file["state"], "uploading")
        self.alice.run("files", "cancel", file["id"])
        self.relay.start(f"127.0.0.1:{port}")
        self.assertEqual(self.alice.history("bob")[-1]["state"], "failed")
        self.alice.run("send", "bob", "afterwards", "--wait", "60")
        wait_until(lambda: "afterwards" in self.bob.texts("alice"), "the text arrives")
        self.assertFalse(any(f["name"] == "late.bin" for m in self.bob.history("alice") for f in m.get("files", [])))
        self.alice.run("files", "retry", file["id"])
        with open(path, "rb") as f:
            self.assertEqual(self.save(self.arrived("late.bin")), {"late.bin": f.read()})


    def test_a_message_is_sent_again_with_all_its_files(self):
        files = {"one": os.urandom(CHUNK), "other": os.urandom(MIB + 1)}
        self.send(self.make("first", b"so that the relay's limits are known"))
        port = self.relay.port
        self.relay.kill()
        words = [word for name, content in files.items() for word in ("--file", self.make(name, content))]
        sent = self.alice.attempt("send", "bob", "both", *words, "--wait", "0", "--json").json["message"]
        self.assertEqual(self.alice.attempt("retry", sent["id"]).code, FAILED)
        self.alice.run("files", "cancel", sent["files"][1]["id"])
        self.relay.start(f"127.0.0.1:{port}")
        self.alice.run("retry", sent["id"])
        message = self.arrived("other")
        self.assertEqual(message["text"], "both")
        self.assertEqual(self.save(message), files)


class Later(Pair):
    def test_files_go_out_at_their_time(self):
        content = os.urandom(MIB)
        path = self.make("soon.bin", content)
        sent = self.alice.run("send", "bob", "in time", "--file", path, "--at", "12h", "--json").json["message"]
        self.assertEqual((sent["state"], sent["files"][0]["name"]), ("scheduled", "soon.bin"))
        os.remove(path)
        self.alice.kill_agent()
        self.alice.unlock()
        self.assertIn("soon.bin", self.alice.run("scheduled").out)
        self.assertEqual(self.alice.run("files", "--json").json["attachments"], [])
        self.alice.run("scheduled", "--message", sent["id"], "--at", "1s")
        message = self.arrived("soon.bin")
        self.assertEqual(message["text"], "in time")
        self.assertEqual(self.save(message), {"soon.bin": content})
        self.assertEqual(len(self.kept(self.alice)), 1)

    def test_files_that_were_cancelled_or_never_had_a_time_leave_nothing(self):
        path = self.make("never.bin", os.urandom(MIB))
        sent = self.alice.run("send", "bob", "--file", path, "--at", "12h", "--json").json["message"]
        self.assertEqual(len(self.kept(self.alice)), 1)
        self.alice.run("scheduled", "--message", sent["id"], "--cancel")
        wait_until(lambda: not self.kept(self.alice), "its file goes")
        self.assertEqual(self.alice.run("scheduled", "--json").json["messages"], [])
        self.assertNotEqual(self.alice.attempt("send", "bob", "--file", path, "--at", "2020-01-01 10:00").code, DONE)
        self.assertEqual(self.kept(self.alice), [])


class Limit(Pair):
    options = ("--attachments", "1")

    def test_what_the_relay_does_not_take_is_refused_before_it_is_sent(self):
        outcome = self.alice.attempt("send", "bob", "--file", self.make("large", bytes(2 * MIB)))
        self.assertEqual(outcome.code, FAILED)
        self.assertIn(str(MIB), outcome.err)
        self.assertEqual(self.kept(self.alice), [])
        self.assertFalse([m for m in self.alice.history("bob") if m.get("files")])
        self.send(self.make("fits", bytes(MIB - CHUNK)))
        self.assertEqual(self.save(self.arrived("fits")), {"fits": bytes(MIB - CHUNK)})


class Pictures(Pair):
    def test_a_picture_arrives_without_where_it_was_taken(self):
        picture = encode(halves(), "JPEG", exif=telltale(), quality=90)
        path = self.make("holiday.jpg", picture)
        self.assertIn(TELLTALE.encode(), picture)
        outcome = self.alice.run("send", "bob", "--file", path, "--wait", "60")
        self.assertNotIn("as it is", outcome.err)
        message = self.arrived("holiday.jpg")
        file = message["files"][0]
        self.assertEqual((file["kind"], file["mime"], file["width"], file["height"], file["preview"]),
                         ("image", "image/jpeg", 120, 80, True))
        got = self.save(message)["holiday.jpg"]
        self.assertNotIn(TELLTALE.encode(), got)
        self.assertFalse(dict(decode(got).getexif()))
        self.assertEqual(decode(got).tobytes(), decode(picture).tobytes())
        self.alice.run("send", "bob", "--file", self.make("asitis.jpg", picture), "--as-it-is", "--wait", "60")
        self.assertEqual(self.save(self.arrived("asitis.jpg")), {"asitis.jpg": picture})

    def test_what_cannot_be_cleaned_goes_only_after_that_was_said(self):
        broken = encode(halves(), "JPEG", exif=telltale())[:300]
        path = self.make("broken.jpg", broken)
        outcome = self.alice.attempt("send", "bob", "--file", path)
        self.assertNotEqual(outcome.code, DONE)
        self.assertIn("cannot be taken out", outcome.err)
        self.assertFalse([m for m in self.alice.history("bob") if m.get("files")])
        outcome = self.alice.run("send", "bob", "--file", path, "--as-it-is", "--wait", "60")
        self.assertIn("as it is", outcome.err)
        self.assertEqual(self.save(self.arrived("broken.jpg")), {"broken.jpg": broken})
        outcome = self.alice.run("send", "bob", "--file", self.make("letter.pdf", b"%PDF-1.4"), "--wait", "60")
        self.assertIn("letter.pdf is sent as it is", outcome.err)


class Killer(threading.Thread):
    """Ends agents and relay at random, and starts what does not start by itself."""

    def __init__(self, pair):
        super().__init__()
        self.relay, self.people = pair.relay, (pair.alice, pair.bob)
        self.listen = f"127.0.0.1:{pair.relay.port}"
        self.chance = random.Random(SEED)
        self.over = threading.Event()
        self.kills = []
        self.fault = None

    def enough(self):
        return self.fault is not None or len(self.kills) >= KILLS and len(set(self.kills)) == 1 + len(self.people)

    def run(self):
        try:
            while not self.over.wait(self.chance.uniform(0.1, 1.5)):
                victim = self.chance.choice((self.relay, *self.people))
                if victim is self.relay:
                    victim.kill()
                    victim.start(self.listen)
                else:
                    victim.kill_agent()
                self.kills.append(victim)
        except Exception as fault:  # reported by the test's own thread
            self.fault = fault

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


class Killed(Pair):
    def insist(self, person, done, *arguments):
        """Until it worked, whoever is ended in between. DONE: looks whether it has."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                raise AssertionError(f"{' '.join(arguments)}: {outcome.code} {outcome.out} {outcome.err}")
            outcome = person.unlocked(*arguments)

    def look(self, person, contact):
        """The files there are by now; an agent that ends meanwhile is asked again."""
        while True:
            with contextlib.suppress(AssertionError):
                return [f for m in person.history(contact) for f in m.get("files", [])]

    def one_round(self, name, size):
        content = os.urandom(size)
        path = self.make(name, content)
        out = tempfile.mkdtemp(dir=self.folder)

        def has_it(person, contact):
            return any(f["name"] == name for f in self.look(person, contact))

        def saved():
            return [c for c in contents(out).values() if len(c) == size]

        self.insist(self.alice, lambda: has_it(self.alice, "bob"), "send", "bob", "--file", path, "--wait", "0")
        deadline = time.monotonic() + PATIENCE
        while not has_it(self.bob, "alice"):
            self.assertLess(time.monotonic(), deadline, f"{name} does not arrive: {self.look(self.alice, 'bob')}")
            self.alice.unlocked("contacts")
        file = next(f["id"] for f in self.look(self.bob, "alice") if f["name"] == name)
        self.insist(self.bob, saved, "save", file, out)
        for each in saved():
            self.assertEqual(hashlib.sha256(each).digest(), hashlib.sha256(content).digest())
        shutil.rmtree(out)
        os.remove(path)

    def test_files_arrive_whoever_is_killed_on_the_way(self):
        rounds = [("empty", 0), ("one", 1), ("more", CHUNK + 1), ("big", BIG), ("again", BIG - 1)]
        deadline = time.monotonic() + PATIENCE * (len(rounds) + 1)
        with Killer(self) as killer:
            for name, size in rounds:
                self.one_round(name, size)
            while not killer.enough():  # a fast machine is through before much could happen
                self.assertLess(time.monotonic(), deadline, f"only {len(killer.kills)} were killed")
                self.assertLess(len(rounds), FURTHER, f"only {len(killer.kills)} were killed")
                rounds.append((f"further {len(rounds)}", CHUNK + 1))
                self.one_round(*rounds[-1])
        if killer.fault is not None:
            raise killer.fault
        self.assertEqual([f["name"] for f in self.look(self.bob, "alice")], [name for name, _ in rounds])
        self.assertEqual(len(self.kept(self.bob)), len(rounds))
        self.assertEqual(len(self.kept(self.alice)), len(rounds))


if __name__ == "__main__":
    unittest.main()
