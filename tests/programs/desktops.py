# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the whole desktop program share: two people at a relay, strangers or contacts, and what a person does again and
again."""
import contextlib
import os
import struct
import subprocess
import sys
import unittest
import zlib

from desktop import Desktop, Display, Owner, needed, poll
from people import PHRASE, introduce
from relay import Relay

SCREEN = "2040x760x24"  # two windows side by side
WIDE = 1020


def picture(width, height):
    """A PNG in which one colour becomes another."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 160)) for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Desktops(unittest.TestCase):
    """Two people and a relay, who are the same in all tests of a class."""
    screen = SCREEN

    @classmethod
    def setUpClass(cls):
        needed()
        cls.display = cls.enterClassContext(Display(screen=cls.screen))
        cls.relay = cls.enterClassContext(Relay("--registration", "open"))
        cls.alice = cls.enterClassContext(Owner("alice", cls.relay))
        cls.bob = cls.enterClassContext(Owner("bob", cls.relay))

    def window(self, person, left=0):
        return self.enterContext(Desktop(person, self.display, left))

    def copy(self, kind, path):
        """That file, or the picture in it, is in the clipboard until the test ends."""
        here = os.path.dirname(os.path.abspath(__file__))
        process = self.enterContext(subprocess.Popen([sys.executable, os.path.join(here, "copied.py"), kind, path],
                                                     env=self.display.environment, stdout=subprocess.PIPE))
        self.addCleanup(process.terminate)
        self.assertEqual(process.stdout.readline(), b"copied\n")

    def assert_named(self, *desktops):
        """A page is made while it is walked, so that a thing may be there a moment before its name is."""
        for desktop in desktops:
            unnamed = []

            def all_have(desktop=desktop, unnamed=unnamed):
                unnamed[:] = desktop.unnamed()
                return not unnamed
            with contextlib.suppress(AssertionError):
                poll(all_have, "names")
            self.assertEqual(unnamed, [])

    def say(self, desktop, text):
        desktop.poll(lambda: desktop.find("text", part="Message"), "there is a place to write")
        desktop.find("text", part="Message").write(text)
        desktop.click("Send")
        desktop.see_row(text)

    def open_first(self, desktop):
        """The conversation on top of the list."""
        desktop.point(desktop.see("list item", where=lambda t: t.above.name == "Conversations"))
        desktop.see("list", "Messages")

    def unlock(self, desktop):
        desktop.see("label", "Snug Is Locked")
        desktop.write("Pass-phrase", PHRASE)
        desktop.click("Unlock")
        desktop.see("list", "Conversations", seconds=60)

    def focus(self, desktop):
        thing = desktop.focused()
        return (thing.role, thing.name, thing.place) if thing is not None else ("", "", None)


class Friends(Desktops):
    """Alice and Bob are contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice.init(cls.relay, "--display-name", "Alice")
        cls.bob.init(cls.relay, "--display-name", "Bob")
        introduce(cls.alice, cls.bob)

    def setUp(self):
        for person in (self.alice, self.bob):
            person.attempt("unlock", phrase=PHRASE)

    def two(self):
        return self.window(self.alice), self.window(self.bob, WIDE)
