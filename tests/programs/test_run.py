# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/run as somebody starts it who has just cloned the tree, with a display and without, and that it leaves nothing."""
import contextlib
import os
import signal
import subprocess
import unittest
from types import SimpleNamespace

from desktop import Desktop, Display, needed, poll
from people import Person
from relay import PATIENCE

TREE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SCRIPT = os.path.join(TREE, "scripts", "run")


def with_folder(person):
    """The environment in which all it makes for a time lies in one folder."""
    person.temporary = os.path.join(person.folder, "temporary")
    os.makedirs(person.temporary, exist_ok=True)
    person.environment["TMPDIR"] = person.temporary
    return person


class Opened(Desktop):
    """The window that the script opens."""

    def start(self, *options):
        self.errors = open(os.path.join(self.person.folder, "script-says"), "wb+")
        self.script = subprocess.Popen([SCRIPT, *options], env=self.environment, stdout=self.errors, stderr=self.errors,
                                       start_new_session=True)
        self.process = SimpleNamespace(pid=poll(self.window_process, "the script opens a window", 8 * PATIENCE), poll=lambda: None)
        self.place = poll(self.find_app, "the program is at the accessibility bus")
        return self

    def window_process(self):
        if self.script.poll() is not None:
            raise AssertionError(f"the script ended with {self.script.returncode}: {self.said()}")
        with open(f"/proc/{self.script.pid}/task/{self.script.pid}/children", encoding="ascii") as f:
            for pid in f.read().split():
                with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8") as name:
                    if name.read().strip() == "snug-desktop":
                        return int(pid)
        return None

    def stop(self):
        if self.script.poll() is None:
            os.killpg(self.script.pid, signal.SIGTERM)
            self.script.wait(PATIENCE)
        self.errors.close()


class Run(unittest.TestCase):
    def setUp(self):
        if os.path.realpath(os.environ.get("SNUG_BUILD", os.getcwd())) != os.path.join(TREE, "build"):
            self.skipTest("scripts/run has a build folder of its own, which is not this one")
        self.visitor = with_folder(self.enterContext(Person("visitor")))

    def opened(self, *options):
        """The window, which ends with the script."""
        needed()
        desktop = Opened(self.visitor, self.enterContext(Display()))
        self.addCleanup(desktop.stop)
        return desktop.start(*options)

    def assert_leaves_nothing(self, desktop):
        desktop.keys("ctrl+q")
        self.assertEqual(desktop.script.wait(PATIENCE), 0)
        self.assertEqual(os.listdir(self.visitor.temporary), [])

    def test_it_plays_a_conversation_where_there_is_no_display(self):
        environment = {k: v for k, v in self.visitor.environment.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        done = subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, timeout=8 * PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("At eight, in the snug.", "Bring the map with you.", "snug-relay: https://127.0.0.1:"):
            self.assertIn(words, done.stdout)
        self.assertEqual(os.listdir(self.visitor.temporary), [])

    def test_it_opens_the_window_and_offers_its_relay(self):
        desktop = self.opened()
        desktop.see("label", "Welcome to Snug")
        desktop.write("Your name, as contacts see it", "Somebody New")
        desktop.click("Next")
        self.assertTrue(desktop.see("check box", "The relay on this computer").has("CHECKED"))
        self.assert_leaves_nothing(desktop)

    def test_the_contact_of_the_demonstration_answers(self):
        desktop = self.opened("--demo")
        desktop.point(desktop.see("list item", part="Robin", where=lambda t: t.above.name == "Conversations"))
        desktop.see_row("Say something, and I answer.")
        desktop.find("text", part="Message").write("What is this thing?")
        desktop.click("Send")
        desktop.see_row("Good question.")
        self.assert_leaves_nothing(desktop)


if __name__ == "__main__":
    unittest.main()
