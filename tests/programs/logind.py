# SPDX-License-Identifier: GPL-3.0-or-later
"""A system bus of one's own with a logind on it that does as it is told, and a session bus."""
import os
import signal
import socket
import subprocess
import tempfile
import threading

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

from relay import PATIENCE, wait_until

SESSION = "/org/freedesktop/login1/session/_31"
INTERFACES = """
<node><interface name='org.freedesktop.login1.Manager'>
  <method name='Inhibit'><arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>
    <arg type='s' direction='in'/><arg type='h' direction='out'/></method></interface>
<interface name='org.freedesktop.login1.Session'><property name='User' type='(uo)' access='read'/></interface></node>"""
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"""


class Bus:
    """`with Bus() as bus:`; bus.address, and bus.connection to say things on it."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="snug-bus-")
        self.path = os.path.join(self.folder.name, "bus")
        self.address = f"unix:path={self.path}"

    def __enter__(self):
        config = os.path.join(self.folder.name, "config")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG % self.path)
        self.process = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork"])
        wait_until(self.listens, "the bus")
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.connection = Gio.DBusConnection.new_for_address_sync(self.address, flags, None, None)
        self.connection.set_exit_on_close(False)
        return self

    def listens(self):
        """Its path is there a moment earlier."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.path) == 0

    def __exit__(self, *_):
        self.end()
        self.folder.cleanup()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def say(self, path, interface, name, signature, *values):
        self.connection.emit_signal(None, path, interface, name, GLib.Variant(signature, values) if values else None)
        self.connection.flush_sync()

    def own(self, name):
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                  GLib.Variant("(su)", (name, 4)), None, 0, -1, None)


class Logind(Bus):
    """`inhibited` is whether somebody holds sleep back."""

    def __init__(self, user=None):
        super().__init__()
        self.user = os.geteuid() if user is None else user
        self.reading = None

    def __enter__(self):
        super().__enter__()
        node = Gio.DBusNodeInfo.new_for_xml(INTERFACES)
        self.loop = GLib.MainLoop()
        self.connection.register_object("/org/freedesktop/login1", node.interfaces[0], self.on_call, None, None)
        self.connection.register_object(SESSION, node.interfaces[1], None, self.on_get, None)
        self.own("org.freedesktop.login1")
        self.thread = threading.Thread(target=self.loop.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *what):
        self.loop.quit()
        self.thread.join(PATIENCE)
        super().__exit__(*what)

    def on_get(self, connection, sender, path, interface, name):
        return GLib.Variant("(uo)", (self.user, f"/org/freedesktop/login1/user/_{self.user}"))

    def on_call(self, connection, sender, path, interface, method, parameters, invocation):
        self.asked = parameters.unpack()
        reading, writing = os.pipe()
        if self.reading is not None:
            os.close(self.reading)
        self.reading = reading
        descriptors = Gio.UnixFDList.new_from_array([writing])
        invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (0,)), descriptors)

    @property
    def inhibited(self):
        if self.reading is None:
            return False
        os.set_blocking(self.reading, False)
        try:
            return os.read(self.reading, 1) != b""
        except BlockingIOError:
            return True

    def lock(self):
        self.say(SESSION, "org.freedesktop.login1.Session", "Lock", "()")

    def hint(self, locked):
        self.say(SESSION, "org.freedesktop.DBus.Properties", "PropertiesChanged", "(sa{sv}as)",
                 "org.freedesktop.login1.Session", {"IdleHint": GLib.Variant("b", False), "LockedHint": GLib.Variant("b", locked)}, [])

    def sleep(self, begins):
        self.say("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", "(b)", begins)
