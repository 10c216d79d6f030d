# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop program as people use it who cannot see it: two windows, real agents, a real relay, from the first run on. Every
page that is reached is walked over for things that a screen reader has no word for."""
import os
import signal
import unittest

from desktop import Desktop, Display, Owner, Thing, needed, poll, unnamed
from people import PHRASE, introduce
from relay import Relay, wait_until

SCREEN = "2040x760x24"  # two windows side by side
WIDE = 1020


class Walk(unittest.TestCase):
    def thing(self, role, name, *below, focusable=True):
        thing = Thing(None)
        thing.role, thing.name, thing.below = role, name, list(below)
        thing.has = lambda state: state == "FOCUSABLE" and focusable
        return thing

    def test_the_walk_finds_what_has_no_name(self):
        row = self.thing("list item", "", self.thing("push button", "Remove"))
        window = self.thing("frame", "Snug", self.thing("push button", "Send"), self.thing("push button", "GtkImage"),
                            self.thing("text", " "), self.thing("label", "", focusable=False),
                            self.thing("list", "GtkListBox", row), self.thing("list item", ""))
        self.assertEqual([line.split(" in ")[0] for line in unnamed(window)], ["push button 'GtkImage'", "text ''", "list item ''"])


class Desktops(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        needed()
        cls.display = cls.enterClassContext(Display(screen=SCREEN))

    def setUp(self):
        self.relay = self.enterContext(Relay("--registration", "open"))
        self.alice = self.enterContext(Owner("alice", self.relay))
        self.bob = self.enterContext(Owner("bob", self.relay))

    def window(self, person, left=0):
        return self.enterContext(Desktop(person, self.display, left))

    def two(self):
        """Two accounts that are contacts, and their windows."""
        self.alice.init(self.relay, "--display-name", "Alice")
        self.bob.init(self.relay, "--display-name", "Bob")
        introduce(self.alice, self.bob)
        return self.window(self.alice), self.window(self.bob, WIDE)

    def assert_named(self, *desktops):
        for desktop in desktops:
            self.assertEqual(desktop.unnamed(), [])

    def first_run(self, desktop, name):
        """The steps of an account's first two minutes."""
        desktop.see("label", "Welcome to Snug")
        self.assert_named(desktop)
        desktop.write("Your name, as contacts see it", name)
        self.assertEqual(desktop.see("text", "User name").text(), name.lower())
        desktop.click("Next")
        desktop.see("label", "Choose a Relay")
        box = desktop.see("check box", "The relay on this computer")
        self.assertTrue(box.has("CHECKED"))
        self.assert_named(desktop)
        desktop.click("Next")
        desktop.see("label", "Choose a Pass-Phrase")
        self.assert_named(desktop)
        desktop.write("Pass-phrase", PHRASE)
        desktop.write("The same again", PHRASE)
        desktop.click("Create Account")
        desktop.see("label", "Put Away Your Recovery Kit", seconds=60)
        self.assert_named(desktop)
        desktop.click("I have put it away", "check box")
        desktop.click("Next")
        desktop.see("label", "What Contacts May See")
        desktop.see("label", part="Contacts see that a message arrived")
        self.assert_named(desktop)
        desktop.picture("desktop-privacy")
        desktop.click("Next")
        link = desktop.see("label", part="snug:").text()
        self.assert_named(desktop)
        desktop.click("Start Chatting")
        desktop.see("label", "No Conversations Yet")
        self.assert_named(desktop)
        return link

    def test_from_the_first_run_to_the_first_message(self):
        alice, bob = self.window(self.alice), self.window(self.bob, WIDE)
        link = self.first_run(alice, "Alice")
        self.first_run(bob, "Bob")

        bob.click("Add a Contact")
        bob.write("Link or Address", link)
        self.assert_named(bob)
        bob.click("Add")
        bob.see("panel", part="Was Asked")
        self.assert_named(bob)
        bob.click("Write to Them")


if __name__ == "__main__":
    unittest.main()
