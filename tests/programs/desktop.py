# SPDX-License-Identifier: GPL-3.0-or-later
"""The real window on a display that nobody sees, used as a screen reader does: things are found by role and name over the
accessibility bus, clicked by their action, and read. Keys come from xdotool.

What to know about GTK 4.8: it never says SHOWING (VISIBLE is what there is), keeps some 200 rows of a list whatever is seen
(so long lists are not entered unless asked), refuses to give the focus by bus, and acts on a click a moment later: whoever clicks
waits for what comes of it."""
import contextlib
import os
import shutil
import subprocess
import sys
import time
import unittest

from people import Person
from relay import PATIENCE, program

Atspi = Gio = GLib = bus = None  # once there is a display
ACCESSIBLE, PROPERTIES = "org.a11y.atspi.Accessible", "org.freedesktop.DBus.Properties"
ROOT = "/org/a11y/atspi/accessible/root"
PAUSE = 0.02  # seconds between two looks
MANY = 40     # rows of a list, and more, are not looked at one by one


class Display:
    """`with Display() as display:` gives this process a display, a session bus and an accessibility bus of its own, by
    tests/gui/display. One a process. Where there is no such display server, the test is skipped."""

    def __init__(self, kind="x11", screen="1280x800x24"):
        self.kind, self.screen = kind, screen

    def __enter__(self):
        wrapper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gui", "display")
        self.process = subprocess.Popen([wrapper, self.kind, "sh", "-c", "env -0; printf '\\0'; exec cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=dict(os.environ, SCREEN=self.screen))
        text = b""
        while not text.endswith(b"\0\0"):
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                code = self.process.wait(PATIENCE)
                self.close()
                if code == 77:
                    raise unittest.SkipTest(text.decode().strip() or "there is no display server")
                raise AssertionError(f"no display: exit {code}")
            text += piece
        self.environment = dict(line.split("=", 1) for line in text.decode().split("\0") if "=" in line)
        # At the bus, programs find each other by paths that do not depend on the folder each has for itself.
        if "WAYLAND_DISPLAY" in self.environment:
            self.environment["WAYLAND_DISPLAY"] = os.path.join(self.environment["XDG_RUNTIME_DIR"],
                                                               self.environment["WAYLAND_DISPLAY"])
        load(self.environment)
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def variables(self):
        """What a program needs to show itself here, apart from its folders."""
        wanted = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GDK_BACKEND", "GDK_DEBUG", "GSK_RENDERER",
                  "GSETTINGS_BACKEND", "ADW_DISABLE_PORTAL", "GTK_USE_PORTAL", "LC_ALL", "TZ", "XDG_CONFIG_HOME")
        return {k: v for k, v in self.environment.items() if k in wanted}

    def tool(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def picture(self, path, window="root"):
        """Of the screen, or of one window; none where imagemagick is not installed."""
        if shutil.which("import") is None:
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.tool("import", "-window", window, path)


class Bus:
    """The accessibility bus. Many questions are under way at once: a window of 200 things is read in a tenth of a second."""

    def __init__(self, address):
        self.connection = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)

    def ask_all(self, questions):
        """Of (place, interface, method, parameters) the answers, None where the thing is gone. A place is (name, path)."""
        answers = [None] * len(questions)
        left = len(questions)

        def on_answer(connection, result, i):
            nonlocal left
            left -= 1
            with contextlib.suppress(GLib.Error):
                answers[i] = connection.call_finish(result).unpack()

        for i, ((name, path), interface, method, parameters) in enumerate(questions):
            self.connection.call(name, path, interface, method, parameters, None, Gio.DBusCallFlags.NONE, 15000, None, on_answer, i)
        while left > 0:
            GLib.MainContext.default().iteration(True)
        return answers

    def ask(self, *question):
        """One answer; Gone without one."""
        answer = self.ask_all([question])[0]
        if answer is None:
            raise Gone(question[2])
        return answer


class Gone(Exception):
    """Of a thing that was there a moment ago, or never could do that."""


def load(environment):
    global Atspi, Gio, GLib, bus
    try:
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi as atspi, Gio as gio, GLib as glib
    except (ImportError, ValueError) as e:
        raise unittest.SkipTest(f"gir1.2-atspi-2.0 is not installed: {e}") from e
    Atspi, Gio, GLib = atspi, gio, glib
    session = Bus(environment["DBUS_SESSION_BUS_ADDRESS"])
    bus = Bus(session.ask(("org.a11y.Bus", "/org/a11y/bus"), "org.a11y.Bus", "GetAddress", None)[0])


def poll(look, what, seconds=PATIENCE):
    """What LOOK gives as soon as that is something. A thing that goes while it is looked at is looked for again."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(Gone):
            found = look()
            if found:
                return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(PAUSE)


def once(name):
    """GTK says the names of some widgets twice, first with the mark of the access key: "_Next Next"."""
    plain = name.replace("_", "", 1)
    half = len(plain) // 2
    return plain[:half] if len(plain) % 2 and plain[half] == " " and plain[:half] == plain[half + 1:] else name


class Thing:
    """Something of a window, as it is told to those who cannot see it: role, name, states, below. It was so when it was looked
    at; text, box and actions are asked for."""

    def __init__(self, place, depth=0, above=None):
        self.place, self.depth, self.above = place, depth, above
        self.below = []
        self.role = self.name = ""
        self.states = 0

    def has(self, state):
        return bool(self.states >> int(getattr(Atspi.StateType, state)) & 1)

    def walk(self):
        yield self
        for thing in self.below:
            yield from thing.walk()

    def questions(self):
        yield self.place, ACCESSIBLE, "GetRole", None
        yield self.place, ACCESSIBLE, "GetState", None
        yield self.place, PROPERTIES, "Get", GLib.Variant("(ss)", (ACCESSIBLE, "Name"))
        yield self.place, ACCESSIBLE, "GetChildren", None

    def learn(self, role, state, name, children, many):
        """What was answered. The things below it that have to be asked next."""
        if None in (role, state, name, children):
            return []
        self.role, self.name = Atspi.role_get_name(Atspi.Role(role[0])), once(name[0])
        self.states = state[0][0] | state[0][1] << 32
        if self.depth > 1 and not self.has("VISIBLE") or self.role == "list" and len(children[0]) > many:
            return []
        self.below = [Thing(place, self.depth + 1, self) for place in children[0]]
        return self.below

    def ask(self, interface, method, *values):
        return bus.ask(self.place, "org.a11y.atspi." + interface, method, GLib.Variant(*values) if values else None)[0]

    def text(self):
        """What is written in it: an entry's content, a label's words."""
        count = self.ask_property("Text", "CharacterCount")
        return self.ask("Text", "GetText", "(ii)", (0, count))

    def ask_property(self, interface, name):
        return bus.ask(self.place, PROPERTIES, "Get", GLib.Variant("(ss)", ("org.a11y.atspi." + interface, name)))[0]

    def actions(self):
        try:
            return [name.lower() for name, _, _ in self.ask("Action", "GetActions")]
        except Gone:
            return []

    def click(self):
        actions = self.actions()
        for wanted in ("click", "activate", "press", "toggle"):
            if wanted in actions and self.ask("Action", "DoAction", "(i)", (actions.index(wanted),)):
                return
        raise AssertionError(f"{self.role} {self.name!r} cannot be clicked: {actions}")

    def write(self, text):
        """In place of what is there."""
        if not self.ask("EditableText", "SetTextContents", "(s)", (text,)):
            raise AssertionError(f"{self.role} {self.name!r} cannot be written into")

    def box(self):
        """(x, y, width, height) within the window."""
        return self.ask("Component", "GetExtents", "(u)", (int(Atspi.CoordType.WINDOW),))

    def where(self):
        """The names of what it is in."""
        names, thing = [], self.above
        while thing is not None:
            names.append(f"{thing.role} {thing.name}".strip())
            thing = thing.above
        return " < ".join(names)

    def tree(self):
        """For a person that looks for what went wrong."""
        states = ("FOCUSABLE", "FOCUSED", "SENSITIVE", "CHECKED", "SELECTED")
        return "\n".join("  " * t.depth + f"{t.role} {t.name!r} {' '.join(s.lower() for s in states if t.has(s))}"
                         for t in self.walk())


def look(place, many=MANY):
    """All that is to be seen there, level by level. What is in a list of more than MANY rows is left out."""
    root = Thing(place)
    level = [root]
    while level:
        answers = iter(bus.ask_all([q for thing in level for q in thing.questions()]))
        level = [below for thing in level for below in thing.learn(*(next(answers) for _ in range(4)), many)]
    for thing in root.walk():
        thing.below = [t for t in thing.below if t.depth <= 1 or t.has("VISIBLE")]
    return root


NAMED_ONCE = ("push button", "toggle button", "check box", "radio button", "spin button", "combo box", "text")


def unnamed(window):
    """What can have the focus, and a screen reader has no word for: GTK gives the name of the type, then. A list or a row that
    hands the focus on to what is in it needs none, nor the list of a combo box. A button is not called by the mark of its access
    key, and nothing by the same words twice, either. A window that begins with a focus is not taken for one by GTK."""
    if window.role not in ("frame", "dialog", "alert"):
        yield f"{window.role} {window.name!r} in the place of a window"
    for thing in window.walk():
        half = len(thing.name) // 2
        if half > 0 and thing.role in NAMED_ONCE and thing.name == f"{thing.name[:half]} {thing.name[:half]}":
            yield f"{thing.role} {thing.name!r} in {thing.where()}"
        if "_" in thing.name and thing.role in ("push button", "toggle button", "check box", "radio button", "menu item"):
            yield f"{thing.role} {thing.name!r} in {thing.where()}"
        if thing.role in ("scroll pane", "frame") or not thing.has("FOCUSABLE"):
            continue
        if thing.role in ("list", "filler") and "combo box" in thing.where():
            continue
        name = thing.name.strip()
        if name and not name.startswith(("Gtk", "Adw")):
            continue
        if thing.role not in ("list", "list item") or not any(t.has("FOCUSABLE") for t in thing.walk() if t is not thing):
            yield f"{thing.role} {name!r} in {thing.where()}"


class Desktop:
    """`with Desktop(person, display) as desktop:` the window of PERSON's profile, on which nobody has clicked yet. MESSAGES: the
    log domain of which it tells everything, in said()."""

    def __init__(self, person, display, left=0, messages=None):
        self.person, self.display, self.left = person, display, left
        self.profile = person.environment.get("SNUG_PROFILE", "default")
        self.environment = dict(person.environment, **display.variables())
        self.environment.pop("GTK_A11Y", None)
        if messages is not None:
            self.environment["G_MESSAGES_DEBUG"] = messages
        self.process = self.errors = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self, *options):
        self.errors = open(os.path.join(self.person.folder, "desktop-errors"), "wb+")
        self.process = subprocess.Popen([program("gui/snug-desktop"), "--profile", self.profile, *options], env=self.environment,
                                        cwd=self.person.folder, stdout=self.errors, stderr=self.errors)
        self.place = poll(self.find_app, "the program is at the accessibility bus")
        if self.left:
            self.display.tool("xdotool", "windowmove", poll(self.window_id, "the window is there"), str(self.left), "0")
        return self

    def find_app(self):
        """Where it is at the bus, once it has a window."""
        if self.process.poll() is not None:
            raise AssertionError(f"snug-desktop ended with {self.process.returncode}: {self.said()}")
        for name, path in bus.ask(("org.a11y.atspi.Registry", ROOT), ACCESSIBLE, "GetChildren", None)[0]:
            pid = bus.ask(("org.freedesktop.DBus", "/"), "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                          GLib.Variant("(s)", (name,)))[0]
            if pid == self.process.pid and bus.ask((name, path), ACCESSIBLE, "GetChildren", None)[0]:
                return name, path
        return None

    def look(self, many=MANY):
        """The program with all that is to be seen of it now."""
        return look(self.place, many)

    def said(self):
        """Its own warnings."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.errors.close()
            self.process = None

    # --- finding ---

    def find(self, role=None, name=None, part=None, where=lambda thing: True):
        """The first that is to be seen now, the newest window first; None without one. NAME is all of its name, PART some
        of it."""
        for window in reversed(self.look().below):
            for thing in window.walk():
                if role is not None and thing.role != role:
                    continue
                called = thing.name
                named = name is None and part is None or name in (called, called.replace("_", "", 1)) or part and part in called
                if named and where(thing):
                    return thing
        return None

    def poll(self, look_for, what, seconds=PATIENCE):
        """The same as poll, and when it fails tells what there was to be seen instead."""
        try:
            return poll(look_for, what, seconds)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.look().tree()}\n{self.said()}") from None

    def see(self, role=None, name=None, part=None, seconds=PATIENCE, where=lambda thing: True):
        """The same, waiting for it."""
        return self.poll(lambda: self.find(role, name, part, where), f"{self.person.name} sees a {role} {name or part!r}", seconds)

    def see_no(self, role=None, name=None, part=None, seconds=PATIENCE):
        self.poll(lambda: self.find(role, name, part) is None, f"{self.person.name} sees no {role} {name or part!r} any more", seconds)

    def click(self, name, role="push button"):
        """Once it can be. A menu's button is two things of one name, of which the outer does nothing."""
        def ready():
            return self.find(role, name, where=lambda thing: thing.has("SENSITIVE") and thing.has("FOCUSABLE"))
        thing = self.poll(ready, f"{self.person.name} can click {name!r}")
        if thing.actions():
            thing.click()
        else:
            self.point(thing)

    def click_part(self, part):
        """On the button with such words in it."""
        self.poll(lambda: self.find("push button", where=lambda t: any(part in below.name for below in t.walk()) and t.actions()),
                  f"{self.person.name} can click something with {part!r}").click()

    def write(self, name, text, role="text"):
        thing = self.see(role, name)
        thing.write(text)
        poll(lambda: self.see(role, name).text() == text, f"{name!r} has what was written")

    def rows(self, name="Messages"):
        """What each row of the list of that name says."""
        found = self.find("list", name)
        return [row.name for row in look(found.place).below] if found is not None else []

    def see_row(self, part, name="Messages", seconds=PATIENCE):
        """The text of the row with PART in it."""
        return self.poll(lambda: next((r for r in self.rows(name) if part in r), None), f"{self.person.name} has a row {part!r}", seconds)

    def row(self, part, name="Messages"):
        """The row of the list of that name with PART in it."""
        return self.see("list item", part=part, where=lambda t: t.above.name == name)

    def act(self, part, item):
        """Choose ITEM in the menu of the row with PART in it. A row may move on while it is pointed at."""
        def opened():
            self.point(self.row(part), 3)
            with contextlib.suppress(AssertionError):
                return poll(lambda: self.find("menu item", item), item, 1)
            if self.find("menu item") is not None:
                self.keys("Escape")
            return None
        self.poll(opened, f"the menu of {part!r} has {item!r}").click()
        self.see_no("menu item", item)

    def choose_file(self, path):
        """In the file chooser that is open: a slash makes it ask for a path."""
        def typed():
            entry = self.find("text", "GtkFileChooserEntry")
            if entry is None:
                self.keys("slash")
                entry = self.find("text", "GtkFileChooserEntry")
            return entry
        self.poll(lambda: self.find("filler", "GtkFileChooserWidget"), "a file chooser is open")
        self.poll(typed, "a path can be written").write(path)
        self.keys("Return")
        self.see_no("filler", "GtkFileChooserWidget")

    def save_file(self, path):
        """The same in one that asks where to save."""
        self.poll(lambda: self.find("filler", "GtkFileChooserWidget"), "a file chooser is open")
        self.write("Name:", path)
        self.keys("Return")
        self.see_no("filler", "GtkFileChooserWidget")

    def unnamed(self):
        return [line for window in self.look(many=1000).below for line in unnamed(window)]

    # --- keys and pictures ---

    def window_id(self):
        """Of the window on top; None before there is one."""
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)], env=self.display.environment,
                               capture_output=True, text=True, check=False).stdout.split()
        return found[-1] if found else None

    def point(self, thing, button=1):
        """Click on the middle of it as the pointer does: check boxes and rows have no action in GTK 4.8."""
        x, y, width, height = thing.box()
        self.display.tool("xdotool", "mousemove", "--window", self.window_id(), str(x + width // 2), str(y + height // 2),
                          "click", str(button))

    def resize(self, width, height):
        """The newest window."""
        self.display.tool("xdotool", "windowsize", "--sync", self.window_id(), str(width), str(height))

    def choose(self, name):
        """Point at the row of that name, once it can be."""
        self.point(self.see("list item", name, where=lambda thing: thing.has("SENSITIVE")))

    def keys(self, *keys):
        """Press one after the other, as a keyboard does."""
        self.display.tool("xdotool", "windowfocus", "--sync", self.window_id(), "key", "--delay", "20", *keys)

    def type(self, text):
        self.display.tool("xdotool", "windowfocus", "--sync", self.window_id(), "type", "--delay", "5", text)

    def focused(self):
        """What has the focus; None: nothing."""
        return self.find(where=lambda thing: thing.has("FOCUSED"))

    def picture(self, name):
        """<build>/screenshots/NAME.png, of the newest window."""
        folder = os.path.join(os.environ.get("SNUG_BUILD", os.getcwd()), "screenshots")
        self.display.picture(os.path.join(folder, name + ".png"), self.window_id())


class Owner(Person):
    """Somebody at the relay's machine, with a profile of their own name: two windows can be on one bus."""

    def __init__(self, name, relay):
        super().__init__(name, environment={"LC_ALL": "C.UTF-8", "TZ": "UTC"})
        self.environment.update(SNUG_PROFILE=name, XDG_RUNTIME_DIR=relay.runtime)


def needed():
    """Skip where the display's tools are missing."""
    for tool in ("Xvfb", "xdotool", "dbus-run-session"):
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"{tool} is not installed")
