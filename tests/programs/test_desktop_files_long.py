# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes into a conversation from elsewhere: files and pictures dragged there by a pointer from another program's window, and
sound from a microphone, which is a tone of PulseAudio."""
import contextlib
import os
import shutil
import subprocess
import sys
import unittest

from desktop import poll
from desktops import WIDE, Friends, picture
from relay import PATIENCE, wait_until


class Dragged(Friends):
    def setUp(self):
        super().setUp()
        self.lake = os.path.join(self.alice.folder, "Lake.png")
        with open(self.lake, "wb") as f:
            f.write(picture(300, 200))
        self.bob.run("send", "alice", "What did you see?")

    def source(self, kind):
        """The window of a program from which it can be dragged."""
        here = os.path.dirname(os.path.abspath(__file__))
        process = self.enterContext(subprocess.Popen([sys.executable, os.path.join(here, "drag_source.py"), kind, self.lake],
                                                     env=self.display.environment))
        self.addCleanup(process.terminate)

        def window():
            found = subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(process.pid), "--name", "Source"],
                                   env=self.display.environment, capture_output=True, text=True, check=False).stdout.split()
            return found[-1] if found else None
        found = poll(window, "a window to drag from")
        self.display.tool("xdotool", "windowmove", "--sync", found, str(WIDE), "100")
        return process

    def drag(self, desktop, name):
        """From there onto the messages, as often as it takes: whoever lets go too soon drops nothing."""
        def dropped():
            for command in (["mousemove", str(WIDE + 100), "200"], ["mousedown", "1"], ["mousemove", str(WIDE + 80), "220"],
                            ["mousemove", str(WIDE + 20), "260"], ["mousemove", "720", "300"], ["mousemove", "700", "310"],
                            ["mousemove", "690", "312"], ["mousemove", "688", "314"], ["mouseup", "1"]):
                self.display.tool("xdotool", *command)
            with contextlib.suppress(AssertionError):
                return poll(lambda: desktop.find("push button", f"Do not send {name}"), "it is taken", 3)
            return None
        desktop.poll(dropped, f"{name} is dropped", 60)

    def drop(self, kind, name):
        alice, bob = self.two()
        bob.stop()
        self.open_first(alice)
        source = self.source(kind)
        self.drag(alice, name)
        source.terminate()
        alice.picture("desktop-dropped-" + kind)
        alice.click("Send")
        alice.see_no("push button", f"Do not send {name}")
        alice.see("push button", part=name, where=lambda t: t.actions())

    def test_a_file_is_dropped_onto_the_messages(self):
        self.drop("file", "Lake.png")

    def test_a_picture_is_dropped_onto_the_messages(self):
        self.drop("picture", "Picture.png")


class Pasted(Friends):
    def test_files_and_pictures_are_pasted(self):
        lake = os.path.join(self.alice.folder, "Lake.png")
        with open(lake, "wb") as f:
            f.write(picture(300, 200))
        self.bob.run("send", "alice", "What did you see?")
        alice = self.window(self.alice)
        self.open_first(alice)
        for kind, name in (("file", "Lake.png"), ("picture", "Picture.png")):
            self.copy(kind, lake)
            alice.point(alice.find("text", part="Message"))
            alice.keys("ctrl+v")
            alice.see("push button", f"Do not send {name}")
        alice.click("Send")
        alice.see_no("push button", "Do not send Lake.png")
        for name in ("Lake.png", "Picture.png"):
            alice.see("push button", part=name, where=lambda t: t.actions())


class Recorded(Friends):
    @classmethod
    def setUpClass(cls):
        if shutil.which("pulseaudio") is None:
            raise unittest.SkipTest("pulseaudio is not installed")
        super().setUpClass()
        path = os.path.join(cls.alice.folder, "pulse")
        daemon = subprocess.Popen(["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                                   "-L", f"module-native-protocol-unix socket={path} auth-anonymous=1", "-L", "module-sine-source",
                                   "-L", "module-null-sink"], env=cls.alice.environment, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(daemon.wait, PATIENCE)
        cls.addClassCleanup(daemon.terminate)
        poll(lambda: os.path.exists(path), "PulseAudio is there")
        cls.alice.environment["PULSE_SERVER"] = f"unix:{path}"

    def test_a_voice_note_is_recorded_and_arrives(self):
        self.bob.run("send", "alice", "Say something")
        alice = self.window(self.alice)
        self.open_first(alice)
        alice.click("Record a voice note")
        alice.see("push button", "Send the voice note")
        self.assert_named(alice)
        alice.see("label", part="0:02", seconds=60)
        alice.picture("desktop-recording")
        alice.click("Send the voice note")
        alice.see("push button", part="Play", seconds=60)
        alice.picture("desktop-voice-note")
        wait_until(lambda: "voice" in self.bob.run("history", "alice", "--json").out, "it arrives", 3 * PATIENCE)


if __name__ == "__main__":
    unittest.main()
