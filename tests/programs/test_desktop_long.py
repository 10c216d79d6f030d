# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the desktop program that its shorter test does not come by: what can have the focus has a name on each of them."""
import unittest

from desktops import Friends


class Pages(Friends):
    def assert_page(self, desktop, title):
        """The window of that title, looked at and closed."""
        desktop.see("frame", title)
        self.assert_named(desktop)
        desktop.picture("desktop-page-" + title.lower().replace(" ", "-"))
        desktop.keys("Escape")
        desktop.see_no("frame", title)

    def test_what_can_have_the_focus_has_a_name_on_every_page(self):
        alice = self.window(self.alice)
        self.bob.run("send", "alice", "Hello")
        self.open_first(alice)
        alice.act("Hello", "Details")
        self.assert_page(alice, "Message Details")
        alice.click("Contact")
        self.assert_page(alice, "Contact")
        alice.click("New Conversation")
        self.assert_page(alice, "Add Contact")
        alice.keys("ctrl+comma")
        self.assert_page(alice, "Preferences")
        alice.click("Main Menu")
        alice.click("Switch Profile…", "menu item")
        self.assert_page(alice, "Profiles")


if __name__ == "__main__":
    unittest.main()
