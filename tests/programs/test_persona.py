# SPDX-License-Identifier: GPL-3.0-or-later
"""What contacts see of each other, and links with an end, from the command line."""
import base64
import os
import struct
import unittest
import zlib

import people
from people import Person
from relay import Relay, wait_until


def png(path, width=400, height=300):
    """A picture of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x80\xc0" * width for _ in range(height))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Persona(unittest.TestCase):
    def test_name_words_and_picture_reach_a_contact(self):
        with Relay("--registration", "open") as relay, Person("alice") as alice, Person("bob") as bob:
            alice.init(relay)
            bob.init(relay)
            people.introduce(alice, bob)
            path = os.path.join(alice.folder, "me.png")
            png(path)
            me = alice.run("me", "--name", "Alice L.", "--about", "in the garden", "--picture", path, "--json").json
            jpeg = base64.urlsafe_b64decode(me["jpeg"] + "==")
            self.assertEqual(jpeg[:3], b"\xff\xd8\xff")
            self.assertLessEqual(len(jpeg), 32 * 1024)

            def shown():
                return bob.run("rpc", "contact.get", '{"contact": "alice@"}').json["contact"]

            wait_until(lambda: shown()["name"] == "Alice L.", "Bob sees the new name")
            self.assertEqual(shown()["about"], "in the garden")
            theirs = bob.run("rpc", "contact.picture", '{"contact": "Alice L."}').json["jpeg"]
            self.assertEqual(theirs, me["jpeg"])
            drawn = bob.run("rpc", "contact.avatar", '{"contact": "Alice L.", "size": 96}').json
            self.assertEqual((drawn["width"], drawn["height"]), (96, 96))
            pixels = base64.urlsafe_b64decode(drawn["pixels"] + "==")
            self.assertEqual(len(pixels), 96 * 96 * 4)
            for seen, painted in zip(pixels[:4], b"\x20\x80\xc0\xff"):
                self.assertLess(abs(seen - painted), 8)
            own = alice.run("rpc", "contact.avatar", '{"contact": "notes", "size": 96}').json
            self.assertEqual(own["width"], 96)
            for size in 0, 257:
                self.assertNotEqual(bob.attempt("rpc", "contact.avatar",
                                                '{"contact": "Alice L.", "size": %d}' % size).code, 0)
            self.assertIn("Alice L.", bob.run("contacts").out)
            alice.run("me", "--no-picture")
            wait_until(lambda: bob.attempt("rpc", "contact.picture", '{"contact": "Alice L."}').code == people.NOT_FOUND,
                       "the picture is gone")

    def test_what_is_no_picture_is_refused_and_nothing_changes(self):
        with Relay("--registration", "open") as relay, Person("alice") as alice:
            alice.init(relay)
            path = os.path.join(alice.folder, "no.png")
            with open(path, "wb") as f:
                f.write(b"this is no picture")
            self.assertNotEqual(alice.attempt("me", "--name", "x", "--picture", path).code, 0)
            self.assertEqual(alice.run("me", "--json").json["name"], "")
            self.assertEqual(alice.attempt("me", "--name", "x" * 65).code, people.USAGE)


class Links(unittest.TestCase):
    def test_a_link_for_one_is_used_up(self):
        with Relay("--registration", "open") as relay, Person("alice") as alice, Person("bob") as bob, Person("carol") as carol:
            for who in (alice, bob, carol):
                who.init(relay)
            bob.run("settings", "requests", "link")
            made = bob.run("links", "new", "--uses", "1", "--for", "7d", "--label", "party", "--json").json["link"]
            self.assertEqual((made["state"], made["uses"], made["label"]), ("open", 1, "party"))
            alice.run("add", made["link"])
            wait_until(lambda: bob.run("requests", "--json").json["requests"], "Alice asks")
            wait_until(lambda: bob.run("links", "--json").json["links"][0]["state"] == "used-up", "the link is used up")
            carol.attempt("add", made["link"])
            wait_until(lambda: any(n["kind"] == "needs-link" for n in carol.run("notices", "--json").json["notices"]),
                       "Carol is told that she needs a link")
            self.assertEqual(len(bob.run("requests", "--json").json["requests"]), 1)
            bob.run("links", "revoke", made["id"])
            self.assertEqual(bob.attempt("links", "renew", made["id"]).code, people.FAILED)
            self.assertEqual(bob.attempt("links", "revoke", "link-99").code, people.NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
