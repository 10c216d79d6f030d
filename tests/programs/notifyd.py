# SPDX-License-Identifier: GPL-3.0-or-later
"""A notification daemon on the bus of a Display, in this process: it keeps what it is told to show, and clicks. Calls are
answered while something else is asked of a bus, so whoever waits does it by desktop.poll."""
from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = """<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/>
<arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="CloseNotification"><arg type="u" direction="in"/></method>
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<method name="GetServerInformation"><arg type="s" direction="out"/><arg type="s" direction="out"/>
<arg type="s" direction="out"/><arg type="s" direction="out"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
<signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>"""
CLICKED, WITHDRAWN = 2, 3  # why one is gone: a person, or its program


class Notification:
    def __init__(self, number, title, body, actions, everything):
        self.number, self.title, self.body, self.actions = number, title, body, actions
        self.everything = everything  # all that the desktop was told, to look for what it must not hear


class NotificationDaemon:
    """`with NotificationDaemon(display) as daemon:` daemon.all() are the notifications that stand there, oldest first."""

    def __init__(self, display):
        self.bus = Gio.DBusConnection.new_for_address_sync(
            display.environment["DBUS_SESSION_BUS_ADDRESS"],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.shown, self.heard, self.last = [], [], 0

    def __enter__(self):
        interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
        self.bus.register_object(PATH, interface, self.on_call, None, None)
        answer = self.bus.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName",
                                    GLib.Variant("(su)", (NAME, 0)), None, Gio.DBusCallFlags.NONE, -1, None)
        assert answer.unpack() == (1,), "another notification daemon is on the bus"
        return self

    def __exit__(self, *_):
        self.bus.close_sync(None)

    def on_call(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        values = parameters.unpack()
        answer = None
        if method == "Notify":
            answer = GLib.Variant("(u)", (self.show(values),))
        elif method == "CloseNotification":
            self.close(values[0])
        elif method == "GetCapabilities":
            answer = GLib.Variant("(as)", (["actions", "body", "persistence"],))
        else:
            answer = GLib.Variant("(ssss)", ("test", "Snug", "1", "1.2"))
        invocation.return_value(answer)

    def show(self, values):
        _program, replaces, _icon, title, body, actions, _hints, _timeout = values
        self.last = replaces or self.last + 1
        self.shown = [n for n in self.shown if n.number != self.last]
        self.shown.append(Notification(self.last, title, body, actions, repr(values)))
        self.heard.append(self.shown[-1])
        return self.last

    def close(self, number, reason=WITHDRAWN):
        self.shown = [n for n in self.shown if n.number != number]
        self.bus.emit_signal(None, PATH, NAME, "NotificationClosed", GLib.Variant("(uu)", (number, reason)))

    def all(self):
        while GLib.MainContext.default().iteration(False):
            pass
        return self.shown

    def find(self, part):
        """The notification that has PART in its title; None without one."""
        return next((n for n in self.all() if part in n.title), None)

    def click(self, notification):
        """On the notification itself, as a person does. It is gone then, as with all desktops."""
        self.bus.emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (notification.number, "default")))
        self.close(notification.number, CLICKED)
