# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the desktop program that its shorter test does not come by: what can have the focus has a name on each of them."""
import contextlib
import os
import signal
import unittest

import qrcode

from desktop import poll
from desktops import Desktops, Friends
from people import PHRASE


def assert_page(test, desktop, title, role="frame", tall=False):
    """The window of that title, looked at and closed."""
    desktop.see(role, title)
    if tall:
        desktop.resize(480, 1240)
    test.assert_named(desktop)
    desktop.picture("desktop-page-" + title.lower().replace(" ", "-"))
    desktop.keys("Escape")
    desktop.see_no(role, title)


class Pages(Friends):
    screen = "1280x1280x24"  # a long page is seen whole

    def preferences(self, desktop, page):
        """That page of the preferences, which are open. There is another switcher, for wider windows, of no size."""
        desktop.point(desktop.see(None, page, where=lambda t: t.role in ("page tab", "radio button", "toggle button") and t.box()[2]))
        self.assert_named(desktop)
        desktop.picture("desktop-page-preferences-" + page.lower())

    def menu(self, desktop, item, button="Main Menu"):
        desktop.click(button)
        desktop.click(item, "menu item")
        desktop.see_no("menu item", item)

    def test_of_a_conversation(self):
        alice = self.window(self.alice)
        self.bob.run("send", "alice", "Hello")
        self.open_first(alice)
        alice.act("Hello", "Details")
        assert_page(self, alice, "Message Details")
        alice.click("Contact")
        assert_page(self, alice, "Contact", tall=True)
        self.menu(alice, "Delivery…", "Conversation Menu")
        assert_page(self, alice, "Delivery")
        self.menu(alice, "Disappearing Messages…", "Conversation Menu")
        assert_page(self, alice, "Disappearing Messages", "dialog")
        alice.act("Hello", "Forward…")
        assert_page(self, alice, "Forward Message")

    def test_of_the_account(self):
        alice = self.window(self.alice)
        alice.see("push button", "New Conversation")
        alice.click("New Conversation")
        assert_page(self, alice, "Add Contact")
        self.menu(alice, "Switch Profile…")
        assert_page(self, alice, "Profiles")
        self.menu(alice, "My Contact Link", "You are online")
        assert_page(self, alice, "My Link")
        self.menu(alice, "Keyboard Shortcuts")
        assert_page(self, alice, "Keyboard Shortcuts")
        self.menu(alice, "Archive")
        alice.see("label", "The Archive Is Empty")
        self.assert_named(alice)
        alice.picture("desktop-page-archive")

    def test_of_the_preferences(self):
        alice = self.window(self.alice)
        alice.see("push button", "New Conversation")
        alice.keys("ctrl+comma")
        alice.see("frame", "Preferences")
        alice.resize(620, 1240)
        for page in ("Account", "Privacy", "Storage", "Network", "Backup"):
            self.preferences(alice, page)
        alice.click("Back Up Now… Last backup")
        assert_page(self, alice, "Back Up Now")
        alice.click("Change… Automatic backups")
        assert_page(self, alice, "Automatic Backups")
        self.preferences(alice, "Account")
        alice.choose("Change Pass-Phrase")
        assert_page(self, alice, "Change Pass-Phrase")
        alice.choose("Move to Another Relay")
        assert_page(self, alice, "Move to Another Relay")
        self.preferences(alice, "Privacy")
        alice.choose("Require a Key File")
        alice.picture("desktop-page-preferences-unlocking")
        assert_page(self, alice, "Require a Key File")
        alice.choose("Open with the system’s keyring")
        assert_page(self, alice, "Use the Keyring")
        alice.keys("Escape")
        alice.see_no("frame", "Preferences")


class Hanging(Friends):
    def test_an_agent_that_hangs_is_told_of_and_the_window_goes_on(self):
        alice = self.window(self.alice)
        self.bob.run("send", "alice", "before")
        self.open_first(alice)
        alice.see_row("before")
        pid = self.alice.agent_pid()

        def go_on():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.addCleanup(go_on)
        os.kill(pid, signal.SIGSTOP)  # and nobody asks it for anything
        alice.see("label", part="does not answer at the moment", seconds=60)
        self.assert_named(alice)
        alice.picture("desktop-hanging")
        alice.point(alice.find("text", part="Message"))
        alice.type("written meanwhile")
        poll(lambda: alice.find("text", part="Message").text() == "written meanwhile", "it can be written into")
        go_on()
        alice.see_no("label", part="does not answer at the moment")
        alice.click("Send")
        alice.see_row("written meanwhile")


class FirstRun(Desktops):
    screen = "2040x1280x24"

    def test_a_relays_code_is_pasted_and_the_kit_is_printed(self):
        alice, code = self.window(self.alice), os.path.join(self.alice.folder, "relay.png")
        relay = f"https://127.0.0.1:{self.relay.port} pin={self.relay.pin}"
        qrcode.make(relay).save(code)
        alice.see("label", "Welcome to Snug")
        alice.write("Your name, as contacts see it", "Alice")
        alice.click("Next")
        alice.see("label", "Choose a Relay")
        self.copy("picture", code)
        alice.click_part("Paste Picture")
        alice.poll(lambda: alice.find("text", "Relay’s address, as you were given it").text() == relay, "the address is read")
        self.assertTrue(alice.see("check box", "Another relay").has("CHECKED"))
        alice.click("Next")
        alice.write("Pass-phrase", PHRASE)
        alice.write("The same again", PHRASE)
        alice.click("Create Account")
        alice.see("label", "Put Away Your Recovery Kit", seconds=60)
        self.print_it(alice)

    def print_it(self, desktop):
        """With the printer that makes a file, in the folder in which the program was started: at home."""
        printed = os.path.join(self.alice.folder, "output.pdf")
        desktop.click_part("Print…")
        desktop.see("dialog", "Print")

        def chosen():
            """The list of printers may move on while it is pointed at."""
            desktop.point(desktop.see("label", "Print to File"))
            with contextlib.suppress(AssertionError):
                return poll(lambda: desktop.find("push button", "~/output.pdf"), "it is chosen", 2)
        desktop.poll(chosen, "the printer is chosen")
        desktop.click("Print")
        desktop.see("label", "Sent to the printer.")
        with open(printed, "rb") as f:
            paper = f.read()
        self.assertEqual(paper[:5], b"%PDF-")
        for part in (b"/Font", b"/Image"):  # its words, and its code
            self.assertIn(part, paper)


class Beginnings(Desktops):
    def test_of_an_account_that_comes_back(self):
        alice = self.window(self.alice)
        alice.see("label", "Welcome to Snug")
        for item, title in (("Restore From a Backup…", "Restore From a Backup"),
                            ("Replace a Lost Device With the Recovery Kit…", "Replace a Lost Device")):
            alice.click("I Have an Account Already")
            alice.click(item, "menu item")
            assert_page(self, alice, title)


if __name__ == "__main__":
    unittest.main()
