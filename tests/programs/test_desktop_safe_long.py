# SPDX-License-Identifier: GPL-3.0-or-later
"""The same with the keyring of a real session, backups and their way back, and a copy that runs twice."""
import contextlib
import os
import shutil
import subprocess
import unittest

from desktop import Desktop, Owner, poll
from desktops import WIDE
from people import PHRASE
from relay import PATIENCE, wait_until
from test_desktop_safe import Safe

BACKUP_PHRASE = "another battery for the horse"


class Keyring(Safe):
    @classmethod
    def setUpClass(cls):
        if shutil.which("gnome-keyring-daemon") is None:
            raise unittest.SkipTest("gnome-keyring is not installed")
        super().setUpClass()
        cls.alice.kill_agent()
        cls.alice.environment["DBUS_SESSION_BUS_ADDRESS"] = cls.display.environment["DBUS_SESSION_BUS_ADDRESS"]
        daemon = subprocess.Popen(["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=cls.display.environment)
        cls.addClassCleanup(daemon.wait, PATIENCE)
        cls.addClassCleanup(daemon.terminate)
        daemon.stdin.write(b"the password of the session")
        daemon.stdin.close()

    def test_the_keyring_of_the_session_opens_the_profile(self):
        alice = self.window(self.alice)
        self.preferences(alice, "Privacy")
        alice.choose("Open with the system’s keyring")
        alice.see("frame", "Use the Keyring")
        self.change_way(alice, "Use the Keyring", "Use It")
        self.lock(alice)
        alice.picture("desktop-locked-keyring")
        alice.click("Unlock With the Keyring")
        alice.see_row("Keep this", "Conversations")
        self.preferences(alice, "Privacy")
        alice.choose("Open with the system’s keyring")
        alice.see("frame", "Stop Using the Keyring")
        self.change_way(alice, "Stop Using the Keyring", "Stop Using It")
        self.lock(alice)
        self.assertIsNone(alice.find("push button", "Unlock With the Keyring"))
        self.unlock(alice)


class Backups(Safe):
    def test_a_backup_of_one_window_comes_back_in_another(self):
        alice, file = self.window(self.alice), os.path.join(self.bob.folder, "alice.backup")
        self.make(alice, file)
        alice.stop()
        self.alice.kill_agent()
        self.bob.run("send", "alice", "While you were away")
        fresh = self.enterContext(Owner("fresh", self.relay))
        again = self.enterContext(Desktop(fresh, self.display, WIDE))
        self.restore(again, file)
        again.see("list", "Conversations", seconds=120)
        self.open_first(again)
        again.see_row("Keep this")
        again.see_row("While you were away", seconds=120)
        self.say(again, "Here again")
        wait_until(lambda: "Here again" in self.bob.texts("alice"), "Bob reads it", 3 * PATIENCE)
        self.assert_named(again)
        again.picture("desktop-restored")

    def make(self, desktop, file):
        self.preferences(desktop, "Backup")
        desktop.click("Back Up Now… Last backup")
        desktop.see("frame", "Back Up Now")
        desktop.write("Pass-phrase", BACKUP_PHRASE)
        desktop.write("The same again", BACKUP_PHRASE)
        desktop.click("Back Up…")
        desktop.save_file(file)
        desktop.see("label", part="The backup is made", seconds=60)
        desktop.see_no("frame", "Back Up Now")
        desktop.see("label", part="just now")
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        desktop.picture("desktop-backup-made")

    def restore(self, desktop, file):
        desktop.see("label", "Welcome to Snug")
        desktop.click("I Have an Account Already")
        desktop.click("Restore From a Backup…", "menu item")
        desktop.see("frame", "Restore From a Backup")
        for phrase, trouble in (("not this one", True), (BACKUP_PHRASE, False)):
            desktop.click_part("Choose…")
            desktop.choose_file(file)
            desktop.write("Pass-phrase of the backup", phrase)
            desktop.write("Pass-phrase", PHRASE)
            desktop.write("The same again", PHRASE)
            desktop.click("Restore")
            if trouble:
                desktop.see("alert", part="pass-phrase", seconds=60)
                desktop.picture("desktop-restore-refused")
        with contextlib.suppress(AssertionError):  # it may be quicker
            poll(lambda: desktop.find("progress bar"), "progress", 2)
            desktop.picture("desktop-restore-progress")


class Copies(Safe):
    def test_a_second_copy_is_told_of_and_the_first_is_used_again(self):
        self.alice.run("lock")
        twin = self.enterContext(Owner("alice", self.relay))
        twin.environment["XDG_RUNTIME_DIR"] = os.path.join(twin.folder, "run")
        shutil.copytree(self.alice.environment["XDG_DATA_HOME"], twin.environment["XDG_DATA_HOME"])
        alice = self.window(self.alice)
        self.unlock(alice)
        alice.see_row("Keep this", "Conversations")
        twin.run("unlock", phrase=PHRASE)
        alice.see("label", "Another copy of this profile is running", seconds=60)
        self.assert_named(alice)
        alice.picture("desktop-copy")
        twin.run("send", "bob", "From the twin")
        wait_until(lambda: "From the twin" in self.bob.texts("alice"), "it arrives", 3 * PATIENCE)
        alice.click("Use It Here")
        alice.see_no("label", "Another copy of this profile is running", seconds=60)
        self.open_first(alice)
        self.say(alice, "From the first")
        wait_until(lambda: "From the first" in self.bob.texts("alice"), "it arrives", 6 * PATIENCE)
        wait_until(lambda: twin.run("status", "--json").json.get("copy") == "running", "the twin falls silent", 60)


if __name__ == "__main__":
    unittest.main()
