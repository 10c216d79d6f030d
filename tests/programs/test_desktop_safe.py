# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps an account safe, in the window: key files, and the lock."""
import os
import unittest

from desktops import Friends
from people import PHRASE


class Safe(Friends):
    screen = "2040x1280x24"

    def setUp(self):
        super().setUp()
        self.bob.run("send", "alice", "Keep this")

    def preferences(self, desktop, page):
        """That page of them. There is another switcher, for wider windows, of no size."""
        desktop.see("push button", "New Conversation")
        desktop.keys("ctrl+comma")
        desktop.see("frame", "Preferences")
        desktop.resize(620, 1240)
        desktop.point(desktop.see(None, page, where=lambda t: t.role in ("page tab", "radio button", "toggle button") and t.box()[2]))

    def change_way(self, desktop, title, button):
        """The pass-phrase, in the window of that title."""
        self.assert_named(desktop)
        desktop.write("Pass-phrase", PHRASE)
        desktop.click(button)
        desktop.see_no("frame", title, seconds=60)

    def lock(self, desktop):
        desktop.click("Close")  # Escape first takes away the line that says what was done, while that is there
        desktop.see_no("frame", "Preferences")
        desktop.keys("ctrl+l")
        desktop.see("label", "Snug Is Locked")
        self.assertIsNone(desktop.find(None, part="Keep this"))
        self.assert_named(desktop)


class KeyFile(Safe):
    def test_a_key_file_is_made_and_opens_the_profile_together_with_the_pass_phrase(self):
        alice, file = self.window(self.alice), os.path.join(self.alice.folder, "Alice.key")
        self.preferences(alice, "Privacy")
        alice.choose("Require a Key File")
        alice.see("frame", "Require a Key File")
        alice.click_part("New…")
        alice.save_file(file)
        self.change_way(alice, "Require a Key File", "Require It")
        self.assertEqual(os.path.getsize(file), 64)
        alice.see("list item", "Key File 1")
        alice.picture("desktop-key-file")
        self.lock(alice)
        alice.see("list item", "Key File")
        alice.picture("desktop-locked-key-file")
        alice.click_part("Choose…")
        alice.choose_file(file)
        self.unlock(alice)
        alice.see_row("Keep this", "Conversations")
        self.alice.run("keys", "remove", "0", "--key-file", file, phrase=PHRASE)


if __name__ == "__main__":
    unittest.main()
