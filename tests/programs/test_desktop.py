# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop program as people use it who cannot see it: two windows, real agents, a real relay, from the first run on. Every
page that is reached is walked over for things that a screen reader has no word for."""
import os
import signal
import unittest

from desktop import Thing, poll, unnamed
from desktops import WIDE, Desktops, Friends, picture
from notifyd import NotificationDaemon
from people import PHRASE
from relay import wait_until


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
                            self.thing("check box", "Muted Muted"),
                            self.thing("list", "GtkListBox", row), self.thing("list item", ""))
        self.assertEqual(list(unnamed(self.thing("filler", "Snug"))), ["filler 'Snug' in the place of a window"])
        self.assertEqual([line.split(" in ")[0] for line in unnamed(window)],
                         ["push button 'GtkImage'", "text ''", "check box 'Muted Muted'", "list item ''"])


class FirstRun(Desktops):
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
        bob.click("Compare Safety Number")
        self.compare(bob, self.bob, "alice")
        bob.see("panel", part="Was Asked")  # it stayed open below
        bob.keys("Escape")
        bob.see_no("panel", part="Was Asked")
        bob.see_row("Waiting for answer", "Conversations")
        alice.click_part("1 person asks to write to you")
        alice.see("label", part="Anybody can use any name")
        self.assert_named(alice)
        alice.click("Accept…")
        alice.click("Accept")
        wait_until(lambda: self.bob.run("contacts", "--state", "accepted", "--json").json["contacts"], "the accept arrives")
        self.bob.run("send", "alice", "Hello, it's me")
        alice.see_row("Hello, it's me", "Conversations")
        if alice.find("frame", "Contact Requests") is not None:
            alice.keys("Escape")
            alice.see_no("frame", "Contact Requests")
        self.open_first(alice)
        alice.see_row("Hello, it's me")
        self.say(alice, "Hello yourself")
        self.open_first(bob)
        bob.see_row("Hello yourself")
        self.say(bob, "See you at eight")
        alice.see_row("See you at eight")
        self.assert_named(alice, bob)
        alice.picture("desktop-first-message")

    def compare(self, desktop, person, contact):
        """The digits, which somebody reads out."""
        number = person.run("verify", contact, "--json").json["number"]
        desktop.see("label", "Group 1 of 12: " + " ".join(number[:5]))
        self.assert_named(desktop)
        desktop.write("Their Digits or Code", number)
        desktop.click("Apply")
        desktop.see("label", part="It matches")
        desktop.see("label", part="is verified")
        desktop.picture("desktop-verified")
        desktop.keys("Escape")
        desktop.see_no("label", part="It matches")


class Chats(Friends):
    def test_messages_and_a_picture_go_from_window_to_window(self):
        alice, bob = self.two()
        lake, saved = os.path.join(self.alice.folder, "Lake.png"), os.path.join(self.bob.folder, "Saved.png")
        with open(lake, "wb") as f:
            f.write(picture(300, 200))
        self.bob.run("send", "alice", "What did you see?")
        self.open_first(alice)
        self.open_first(bob)
        alice.click("Send files")
        alice.choose_file(lake)
        alice.see("push button", "Do not send Lake.png")
        alice.click("Send")
        bob.see("push button", part="Lake.png", where=lambda t: "downloaded" in t.name and t.actions()).click()
        bob.see("image", "Lake.png")
        self.assert_named(bob)
        bob.picture("desktop-viewer")
        bob.click("Save As…")
        bob.save_file(saved)
        poll(lambda: os.path.exists(saved) and os.path.getsize(saved) > 0, "the picture is saved")
        bob.click("Close")
        bob.see_no("push button", "Save As…")

        bob.act("Picture", "Reply")
        bob.see("label", "Reply to Alice")
        self.say(bob, "What a lake")
        self.assertIn("in answer to", alice.see_row("What a lake"))
        bob.act("What a lake", "Edit")
        bob.see("label", "Edit message")
        self.say(bob, "What a blue lake")
        alice.see_row("What a blue lake")
        alice.act("What a blue lake", "React…")
        self.assert_named(alice)
        alice.click("❤️")
        bob.see_row("❤️")
        self.assertEqual([r for r in bob.rows() if "What a lake" in r], [])
        bob.picture("desktop-chat")

    def test_notifications_say_no_words_and_lead_to_the_conversation(self):
        alice, bob = self.two()
        with NotificationDaemon(self.display) as daemon:
            self.bob.run("send", "alice", "the password is tulip")
            daemon.click(poll(lambda: daemon.find("Bob"), "a notification"))
            alice.see_row("tulip")
            bob.keys("shift+F6")  # nobody looks at Alice's window any more
            self.bob.run("send", "alice", "and not rose")
            poll(lambda: daemon.find("Bob"), "another notification")
            alice.keys("shift+F6")
            poll(lambda: not daemon.all(), "what was read is withdrawn")
            bob.keys("shift+F6")
            self.bob.run("send", "alice", "nor lily")
            poll(lambda: daemon.find("Bob"), "a third notification")
            self.alice.run("lock")
            poll(lambda: not daemon.all(), "a locked profile shows nothing")
            for notification in daemon.heard:
                self.assertIn("New message", notification.title)
                for word in ("tulip", "rose", "lily"):
                    self.assertNotIn(word, notification.everything)

    def test_what_arrives_while_it_is_locked_is_there_afterwards(self):
        alice, _ = self.two()
        self.bob.run("send", "alice", "before")
        self.open_first(alice)
        alice.see_row("before")
        alice.keys("ctrl+l")
        alice.see("label", "Snug Is Locked")
        self.assert_named(alice)
        self.assertIsNone(alice.find(None, part="before"))
        self.bob.run("send", "alice", "while it was locked")
        alice.write("Pass-phrase", "something else")
        alice.click("Unlock")
        alice.see("label", part="pass-phrase")
        self.unlock(alice)
        self.open_first(alice)
        alice.see_row("while it was locked")

    def test_a_killed_agent_is_told_of_and_comes_back(self):
        alice, _ = self.two()
        self.bob.run("send", "alice", "before")
        self.open_first(alice)
        pid = self.alice.agent_pid()
        os.kill(pid, signal.SIGKILL)
        alice.see("label", part="Snug starts it again by itself")
        self.unlock(alice)
        alice.see_no("label", part="Snug starts it again by itself")
        self.assertNotEqual(self.alice.agent_pid(), pid)
        self.bob.run("send", "alice", "still there?")
        self.open_first(alice)
        alice.see_row("still there?")

    def test_everything_goes_by_keyboard(self):
        alice, bob = self.two()
        self.bob.run("send", "alice", "press some keys")
        alice.see_row("press some keys", "Conversations")
        alice.keys("ctrl+1")
        alice.see_row("press some keys")
        for _ in range(4):
            if self.focus(alice)[0] == "text":
                break
            before = self.focus(alice)
            alice.keys("F6")
            alice.poll(lambda: self.focus(alice) != before, "F6 leads on")
        alice.see("text", part="Message", where=lambda thing: thing.has("FOCUSED"))
        alice.type("No hand on a mouse")
        alice.keys("Return")
        alice.see_row("No hand on a mouse")
        regions = []
        for _ in range(4):
            before = self.focus(alice)
            alice.keys("F6")
            alice.poll(lambda: self.focus(alice) != before, "F6 leads on")
            regions.append(self.focus(alice))
        self.assertGreater(len(set(regions)), 2, regions)
        seen = []
        for _ in range(12):
            before = self.focus(alice)
            alice.keys("Tab")
            alice.poll(lambda: self.focus(alice) != before, "Tab leads on")
            seen.append(self.focus(alice))
        self.assertNotIn("", [name for _, name, _ in seen], seen)
        bob.see_row("No hand on a mouse", "Conversations")


if __name__ == "__main__":
    unittest.main()
