# SPDX-License-Identifier: GPL-3.0-or-later
"""A Secret Service that does as it is told, on a session bus of its own: what gnome-keyring or KeePassXC are to a desktop. It keeps
items in memory, speaks the encrypted transport, and can be locked, silent, forgetful, or ask a person who says no."""
import hmac
import os
import secrets
import shutil
import subprocess
import tempfile
import threading

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from gi.repository import Gio, GLib

from relay import PATIENCE, wait_until

ROOT = "/org/freedesktop/secrets"
DEFAULT = ROOT + "/aliases/default"
DH = "dh-ietf1024-sha256-aes128-cbc-pkcs7"
PRIME = int("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6D"
            "F25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381"
            "FFFFFFFFFFFFFFFF", 16)
INTERFACES = """<node>
<interface name="org.freedesktop.Secret.Service">
 <method name="OpenSession"><arg type="s" direction="in"/><arg type="v" direction="in"/><arg type="v" direction="out"/><arg type="o" direction="out"/></method>
 <method name="SearchItems"><arg type="a{ss}" direction="in"/><arg type="ao" direction="out"/><arg type="ao" direction="out"/></method>
 <method name="Unlock"><arg type="ao" direction="in"/><arg type="ao" direction="out"/><arg type="o" direction="out"/></method>
 <method name="GetSecrets"><arg type="ao" direction="in"/><arg type="o" direction="in"/><arg type="a{o(oayays)}" direction="out"/></method>
 <method name="ReadAlias"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
 <property name="Collections" type="ao" access="read"/>
</interface>
<interface name="org.freedesktop.Secret.Collection">
 <method name="CreateItem"><arg type="a{sv}" direction="in"/><arg type="(oayays)" direction="in"/><arg type="b" direction="in"/><arg type="o" direction="out"/><arg type="o" direction="out"/></method>
 <property name="Locked" type="b" access="read"/><property name="Items" type="ao" access="read"/><property name="Label" type="s" access="read"/>
</interface>
<interface name="org.freedesktop.Secret.Item">
 <method name="Delete"><arg type="o" direction="out"/></method>
 <method name="GetSecret"><arg type="o" direction="in"/><arg type="(oayays)" direction="out"/></method>
 <property name="Locked" type="b" access="read"/><property name="Attributes" type="a{ss}" access="read"/><property name="Label" type="s" access="read"/>
 <property name="Created" type="t" access="read"/><property name="Modified" type="t" access="read"/>
</interface>
<interface name="org.freedesktop.Secret.Prompt">
 <method name="Prompt"><arg type="s" direction="in"/></method><method name="Dismiss"/>
 <signal name="Completed"><arg type="b"/><arg type="v"/></signal>
</interface>
<interface name="org.freedesktop.Secret.Session"><method name="Close"/></interface>
</node>"""
BUS = """<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""


class SessionBus:
    """`with SessionBus() as bus:`; bus.address."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="snug-bus-")
        path = os.path.join(self.folder, "bus")
        config = os.path.join(self.folder, "config")
        with open(config, "w", encoding="utf-8") as f:
            f.write(BUS.format(path=path))
        self.process = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork"], stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(path), "the bus")
        self.address = f"unix:path={path}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder)


def derive(shared):
    key = hmac.digest(bytes(32), shared, "sha256")
    return hmac.digest(key, b"\x01", "sha256")[:16]


class SecretService:
    """`with SecretService(bus) as keyring:`; keyring.items is {path: [label, attributes, secret]}."""

    def __init__(self, bus):
        self.bus, self.items, self.sessions, self.handles = bus, {}, {}, {}
        self.locked = False
        self.person = "agrees"  # agrees, dismisses, or waits
        self.silent = False     # answers nothing at all
        self.plain = False      # knows no encrypted transport
        self.prompt = None      # the last one
        self.asked = 0          # how often a person was
        self.seen = []          # every method called
        self.hostile = {}       # {method: what makes another answer of the right one}
        self.closing = []       # sessions of callers that are open
        self.number = 0

    # --- its life ---

    def __enter__(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        if not ready.wait(PATIENCE):
            raise AssertionError("no Secret Service")
        return self

    def __exit__(self, *_):
        self.loop.quit()
        self.thread.join(PATIENCE)

    def run(self, ready):
        context = GLib.MainContext()
        context.push_thread_default()
        self.interfaces = Gio.DBusNodeInfo.new_for_xml(INTERFACES)
        self.connection = Gio.DBusConnection.new_for_address_sync(
            self.bus.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)
        for path, name in ((ROOT, "Service"), (DEFAULT, "Collection")):
            self.register(path, name)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                  GLib.Variant("(su)", ("org.freedesktop.secrets", 4)), None, Gio.DBusCallFlags.NONE, -1, None)
        self.loop = GLib.MainLoop.new(context, False)
        ready.set()
        self.loop.run()
        self.connection.close_sync(None)
        context.pop_thread_default()

    def register(self, path, name):
        info = self.interfaces.lookup_interface("org.freedesktop.Secret." + name)
        self.handles[path] = self.connection.register_object(path, info, self.on_call, self.on_property, None)
        return path

    # --- what it is asked ---

    def on_property(self, connection, sender, path, interface, name):
        item = self.items.get(path, ["", {}, b""])
        return {"Collections": lambda: GLib.Variant("ao", [DEFAULT]), "Locked": lambda: GLib.Variant("b", self.locked),
                "Items": lambda: GLib.Variant("ao", list(self.items)), "Label": lambda: GLib.Variant("s", item[0]),
                "Attributes": lambda: GLib.Variant("a{ss}", item[1]), "Created": lambda: GLib.Variant("t", 0),
                "Modified": lambda: GLib.Variant("t", 0)}[name]()

    def on_call(self, connection, sender, path, interface, method, parameters, invocation):
        self.seen.append(method)
        if self.silent:
            self.closing.append(invocation)  # so that it is not answered by being forgotten
            return
        try:
            answer = getattr(self, "do_" + method)(path, *parameters.unpack())
            answer = self.hostile.get(method, lambda right: right)(answer)
        except LookupError as e:
            name = str(e.args[0])
            invocation.return_dbus_error(name if "." in name else "org.freedesktop.Secret.Error." + name, "no")
            return
        invocation.return_value(answer)

    def do_OpenSession(self, path, algorithm, value):
        if self.plain and algorithm != "plain":
            raise LookupError("org.freedesktop.DBus.Error.NotSupported")
        self.number += 1
        session = self.register(f"{ROOT}/session/s{self.number}", "Session")
        if algorithm == "plain":
            self.sessions[session] = None
            return GLib.Variant("(vo)", (GLib.Variant("s", ""), session))
        own = secrets.randbits(1000)
        shared = pow(int.from_bytes(bytes(value), "big"), own, PRIME).to_bytes(128, "big")
        self.sessions[session] = derive(shared)
        return GLib.Variant("(vo)", (GLib.Variant("ay", pow(2, own, PRIME).to_bytes(128, "big")), session))

    def do_SearchItems(self, path, attributes):
        found = [p for p, item in self.items.items() if attributes.items() <= item[1].items()]
        return GLib.Variant("(aoao)", ([], found) if self.locked else (found, []))

    def do_Unlock(self, path, objects):
        if not self.locked:
            return GLib.Variant("(aoo)", (objects, "/"))
        self.number += 1
        return GLib.Variant("(aoo)", ([], self.register(f"{ROOT}/prompt/p{self.number}", "Prompt")))

    def do_Prompt(self, path, window):
        self.asked += 1
        self.prompt = path
        if self.person != "waits":
            self.answer()

    def answer(self):
        """The person who waited before now does as self.person says."""
        if self.person == "agrees":
            self.locked = False
        result = GLib.Variant("ao", list(self.items) + [DEFAULT] if self.person == "agrees" else [])
        self.connection.emit_signal(None, self.prompt, "org.freedesktop.Secret.Prompt", "Completed",
                                    GLib.Variant("(bv)", (self.person != "agrees", result)))

    def do_Dismiss(self, path):
        pass

    def do_Close(self, path):
        pass

    def seal(self, session, secret):
        if self.sessions[session] is None:
            return session, b"", secret, "text/plain"
        iv, pad = os.urandom(16), 16 - len(secret) % 16
        sealing = Cipher(algorithms.AES(self.sessions[session]), modes.CBC(iv)).encryptor()
        return session, iv, sealing.update(secret + bytes([pad]) * pad) + sealing.finalize(), "text/plain"

    def open(self, session, iv, value):
        if self.sessions[session] is None:
            return bytes(value)
        opening = Cipher(algorithms.AES(self.sessions[session]), modes.CBC(bytes(iv))).decryptor()
        clear = opening.update(bytes(value)) + opening.finalize()
        return clear[:-clear[-1]]

    def do_GetSecrets(self, path, items, session):
        return GLib.Variant("(a{o(oayays)})", ({p: self.seal(session, self.items[p][2]) for p in items if not self.locked},))

    def do_GetSecret(self, path, session):
        if self.locked:
            raise LookupError("IsLocked")
        return GLib.Variant("((oayays))", (self.seal(session, self.items[path][2]),))

    def do_ReadAlias(self, path, name):
        return GLib.Variant("(o)", (DEFAULT if name == "default" else "/",))

    def do_CreateItem(self, path, properties, secret, replace):
        if self.locked:
            raise LookupError("IsLocked")
        session, iv, value, _ = secret
        attributes = properties["org.freedesktop.Secret.Item.Attributes"]
        at = next((p for p, item in self.items.items() if item[1] == attributes), None) if replace else None
        if at is None:
            self.number += 1
            at = self.register(f"{ROOT}/item/i{self.number}", "Item")
        self.items[at] = [properties["org.freedesktop.Secret.Item.Label"], attributes, self.open(session, iv, value)]
        return GLib.Variant("(oo)", (at, "/"))

    def do_Delete(self, path):
        if self.locked:
            raise LookupError("IsLocked")
        del self.items[path]
        self.connection.unregister_object(self.handles.pop(path))
        return GLib.Variant("(o)", ("/",))
