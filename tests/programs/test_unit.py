# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit under a real service manager: a machine that systemd booted, two people who are logged in, a relay, and Snug
installed. What systemd says of the unit's text is in test_jail.py."""
import io
import json
import os
import unittest

from PIL import Image

from machine import Machine, why_not
from relay import wait_until

UNIT = "snug-agent@default"
BACKUP_PHRASE = "words for the backup only"
WORDS = ("a sentence nobody else knows", "another one with a picture")
TELLTALE = "Somebody Important"


def picture(kind):
    """With a name in it where the kind of file has a place for one."""
    out, told = io.BytesIO(), Image.Exif()
    told[0x013b] = TELLTALE
    noise = Image.effect_noise((640, 480), 80)
    noise.convert("P" if kind == "GIF" else "RGB").save(out, kind, **({"exif": told} if kind in ("JPEG", "PNG", "WEBP") else {}))
    return out.getvalue()


@unittest.skipIf(why_not(), why_not())
class Session(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = cls.enterClassContext(Machine("ann", "bob"))
        cls.machine.root("systemd-run", "--quiet", "--unit=relay", "--property=DynamicUser=yes", "--property=StateDirectory=relay",
                         "snug-relay", "--data", "/var/lib/relay", "--listen", "127.0.0.1:0", "--registration", "open")
        wait_until(lambda: "pin=" in cls.relay_line(), "the relay")
        cls.secrets = {*WORDS, BACKUP_PHRASE, TELLTALE}
        # One whose agent the command line started first, as it does, and one with the unit from the beginning.
        cls.register("ann")
        cls.systemctl("ann", "enable", "--now", UNIT)
        cls.systemctl("bob", "enable", "--now", UNIT)
        cls.register("bob")
        cls.open("ann")
        cls.secrets.add(link := cls.json("ann", "link")["link"])
        cls.snug("bob", "add", link, "--message", "It's bob.")
        wait_until(lambda: "bob" in cls.snug("ann", "requests"), "the request arrives")
        cls.snug("ann", "accept", "bob")
        wait_until(lambda: cls.json("bob", "contacts", "--state", "accepted")["contacts"], "the accept arrives")

    @classmethod
    def relay_line(cls):
        lines = cls.machine.root("journalctl", "--unit=relay", "--output=cat").stdout.splitlines()
        return next((line.removeprefix("snug-relay: ") for line in lines if "pin=" in line), "")

    @classmethod
    def snug(cls, person, *args, phrase=None, **options):
        if phrase is not None:
            args, options["input"] = (*args, "--passphrase-fd", "0"), phrase + "\n"
        return cls.machine.do(person, "snug", *args, **options).stdout

    @classmethod
    def json(cls, person, *args, **options):
        return json.loads(cls.snug(person, "--json", *args, **options))

    @classmethod
    def systemctl(cls, person, *args, **options):
        return cls.machine.do(person, "systemctl", "--user", *args, **options).stdout

    @classmethod
    def phrase(cls, person):
        cls.secrets.add(phrase := f"the pass-phrase of {person}")
        return phrase

    @classmethod
    def register(cls, person):
        cls.snug(person, "init", "--relay", cls.relay_line(), "--name", person, "--kit-file", "kit", phrase=cls.phrase(person))

    @classmethod
    def open(cls, person, *options):
        if cls.state(person) != "unlocked":
            cls.snug(person, "unlock", *options, phrase=cls.phrase(person))
        wait_until(lambda: cls.json(person, "status")["relay"]["online"], f"{person} is connected")

    @classmethod
    def state(cls, person):
        return cls.json(person, "status")["state"]

    def unit(self, person):
        shown = self.systemctl(person, "show", UNIT, "--property=MainPID,NRestarts,ActiveState,Result,ControlGroup")
        return dict(line.split("=", 1) for line in shown.splitlines())

    def processes(self, person):
        """Of the unit, as this test's own system numbers them."""
        with open(self.machine.cgroup + self.unit(person)["ControlGroup"] + "/cgroup.procs", encoding="ascii") as f:
            return [int(line) for line in f]

    def put(self, path, content):
        with open(f"/proc/{self.machine.first()}/root{path}", "wb") as f:
            f.write(content)
        os.chmod(f"/proc/{self.machine.first()}/root{path}", 0o644)

    def get(self, path):
        with open(f"/proc/{self.machine.first()}/root{path}", "rb") as f:
            return f.read()

    def setUp(self):
        for person in ("ann", "bob"):
            self.open(person)

    def tearDown(self):
        """Whatever was done, the journal tells none of it."""
        told = self.machine.root("journalctl", "--output=export", "--all").stdout
        self.assertIn("Started snug-agent@default.service", told)
        for secret in self.secrets:
            self.assertFalse(secret in told, f"the journal has {secret!r}")

    def assert_the_units(self, person):
        self.assertEqual(self.json(person, "agent", "status")["pid"], int(self.unit(person)["MainPID"]))

    def assert_locks(self, *people):
        for person in people:
            wait_until(lambda who=person: self.state(who) == "locked", f"{person} is locked")
            self.assert_the_units(person)

    def test_the_units_agent_is_the_only_one(self):
        for person in ("ann", "bob"):
            self.assertEqual(self.unit(person)["ActiveState"], "active")
            self.assert_the_units(person)
            running = self.machine.root("pgrep", "--count", "--euid", person, "snug-agent").stdout
            self.assertEqual(running, "1\n")

    def test_all_of_it_is_under_filters_and_out_of_reach(self):
        wait_until(lambda: len(self.processes("ann")) == 3, "the agent, its spawner and what listens to the buses")
        for pid in self.processes("ann"):
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
                    held = dict(line.rstrip("\n").split(":\t", 1) for line in f)
                self.assertEqual((held["Seccomp"], held["NoNewPrivs"], held["CapEff"]), ("2", "1", "0" * 16))
                self.assertGreater(int(held["Seccomp_filters"]), 1)
            with open(f"/proc/{pid}/limits", encoding="ascii") as f:
                self.assertEqual([line.split()[4:6] for line in f if line.startswith("Max core")], [["0", "0"]])
            inside = held["NSpid"].split()[-1]
            for name in ("mem", "environ", "maps"):
                self.machine.do("ann", "head", "-c", "1", f"/proc/{inside}/{name}", expect=1)

    def test_what_it_may_do_is_little(self):
        self.machine.do("ann", "systemd-analyze", "--user", "security", "--no-pager", "--threshold=65", UNIT + ".service")

    def test_carries_words_and_pictures(self):
        self.snug("bob", "send", "ann", WORDS[0])
        wait_until(lambda: WORDS[0] in self.snug("ann", "history", "bob"), "the words arrive")
        self.put("/tmp/tree.jpg", picture("JPEG"))
        self.assertIn(TELLTALE.encode(), self.get("/tmp/tree.jpg"))
        self.snug("ann", "send", "bob", WORDS[1], "--file", "/tmp/tree.jpg")
        wait_until(lambda: WORDS[1] in self.snug("bob", "history", "ann"), "the picture arrives")
        file = self.json("bob", "history", "ann")["messages"][-1]["files"][0]
        self.assertEqual((file["kind"], file["width"], file["preview"]), ("image", 640, True))
        saved = self.snug("bob", "save", "last:ann").strip()
        self.assertEqual(saved, "/home/bob/tree.jpg")
        self.assertNotIn(TELLTALE.encode(), self.get(saved))

    def test_looks_at_every_kind_of_picture(self):
        for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
            self.put("/tmp/picture", picture(kind))
            self.assertEqual(self.snug("ann", "picture", "/tmp/picture"), f"{kind.lower()}, 640 by 480\n")

    def test_locks_with_the_session_and_before_sleep(self):
        wait_until(lambda: "suspend" in self.json("ann", "status")["noticed"], "logind")
        self.machine.root("loginctl", "lock-session", self.machine.session("ann"))
        self.assert_locks("ann")
        self.assertEqual(self.state("bob"), "unlocked")
        self.open("ann")
        wait_until(lambda: self.machine.root("systemd-inhibit", "--list").stdout.count("snug-watch") == 2, "both hold sleep back")
        self.machine.root("systemctl", "suspend")
        self.assert_locks("ann", "bob")

    def test_panic_locks(self):
        self.assertEqual(self.json("ann", "panic"), {"locked": 1, "ended": 0, "failed": 0})
        self.assert_locks("ann")

    def test_makes_backups_by_itself(self):
        self.machine.do("ann", "mkdir", "backups")
        self.snug("ann", "backup", "schedule", "--every", "daily", "--folder", "backups", phrase=BACKUP_PHRASE)
        made = lambda: self.machine.do("ann", "find", "backups", "-name", "*.backup").stdout.split()
        wait_until(lambda: len(made()) == 1, "the first one")
        self.assertIn("It is whole", self.snug("ann", "backup", "check", *made(), phrase=BACKUP_PHRASE))

    def test_opens_with_a_key_file(self):
        self.snug("ann", "keys", "new", "key", "--yes", phrase=self.phrase("ann"))
        self.snug("ann", "lock")
        self.snug("ann", "unlock", phrase=self.phrase("ann"), expect=2)
        self.snug("ann", "unlock", "--key-file", "key", phrase=self.phrase("ann"))
        self.snug("ann", "keys", "remove", "0", "--key-file", "key", phrase=self.phrase("ann"))

    def test_comes_back_after_a_crash_and_nothing_else_in_its_place(self):
        before = self.unit("bob")
        os.kill(self.processes("bob")[0], 9)
        self.assertEqual(self.state("bob"), "locked")  # which starts it at once
        self.assert_the_units("bob")
        self.assertNotEqual(self.unit("bob")["MainPID"], before["MainPID"])
        self.open("bob")
        os.kill(self.processes("bob")[0], 9)
        wait_until(lambda: self.unit("bob")["NRestarts"] != before["NRestarts"], "the manager starts it by itself")
        wait_until(lambda: self.unit("bob")["ActiveState"] == "active", "it is there")
        self.assert_the_units("bob")

    def test_ends_and_leaves_nobody_behind(self):
        self.systemctl("bob", "stop", UNIT)
        self.machine.root("pgrep", "--euid", "bob", "snug", expect=1)
        self.assertEqual(self.unit("bob")["Result"], "success")
        self.snug("bob", "agent", "start")
        self.assert_the_units("bob")
        self.snug("bob", "agent", "stop")
        wait_until(lambda: self.unit("bob")["ActiveState"] == "inactive", "the manager takes it for an end")
        self.assertEqual(self.unit("bob")["Result"], "success")
        self.systemctl("bob", "restart", UNIT)
        self.assertEqual(self.state("bob"), "locked")
        self.assert_the_units("bob")

    def test_is_there_again_with_the_next_log_in(self):
        self.machine.leave("bob")
        self.machine.root("pgrep", "--euid", "bob", "snug", expect=1)
        self.machine.enter("bob")
        wait_until(lambda: self.unit("bob")["ActiveState"] == "active", "the manager starts it")
        self.assertEqual(self.state("bob"), "locked")
        self.assert_the_units("bob")
