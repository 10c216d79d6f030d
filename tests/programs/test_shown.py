# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of messages look and sound like: pixels and samples through the agent, which no program has to decode."""
import base64
import unittest

from PIL import Image

from friends import Rpc
from helper import encode, halves, voice
from relay import wait_until
from test_attachments import Pair
from test_media import png


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Shown(Pair):
    def rpc(self, person):
        return self.enterContext(Rpc(f"{person.environment['XDG_RUNTIME_DIR']}/snug/default.sock"))

    def received(self, name, content):
        """Bob has the whole file; its id."""
        self.send(self.make(name, content), options=("--as-it-is",))
        file = next(f for f in self.arrived(name)["files"] if f["name"] == name)["id"]
        self.assertEqual(self.rpc(self.bob).call("attachment.get", attachment=file, wait_ms=20_000)["result"]["attachment"]["state"],
                         "here")
        return file

    def picture(self, rpc, **params):
        """What it says, and all its pixels."""
        result = rpc.call("attachment.picture", **params)["result"]
        pixels = bytes_of(result["pixels"])
        while len(pixels) < result["size"]:
            more = rpc.call("picture.read", picture=result["picture"], offset=len(pixels))["result"]
            pixels += bytes_of(more["pixels"])
        return result, pixels

    def failure(self, rpc, method, **params):
        error = rpc.call(method, **params)["error"]
        return error["data"]["name"], error["message"]

    def test_a_small_picture_comes_at_once_and_a_large_one_in_pieces(self):
        picture = halves((1600, 1000))
        picture.paste((20, 220, 20), (0, 900, 1600, 1000))
        file = self.received("tree.png", encode(picture, "PNG"))
        rpc = self.rpc(self.bob)
        small, pixels = self.picture(rpc, attachment=file, width=320, height=320)
        self.assertEqual((small["kind"], small["width"], small["height"], small["size"]), ("png", 320, 200, 320 * 200 * 4))
        self.assertNotIn("picture", small)
        self.assertEqual((pixels[:4], len(pixels)), (bytes((220, 20, 20, 255)), small["size"]))
        large, pixels = self.picture(rpc, attachment=file, width=2048, height=2048)
        self.assertEqual((large["width"], large["height"], len(pixels)), (1600, 1000, 1600 * 1000 * 4))
        self.assertEqual(pixels, picture.convert("RGBA").tobytes())

        part, pixels = self.picture(rpc, attachment=file, width=300, height=200, left=1400, top=850)
        self.assertEqual([part[k] for k in ("width", "height", "whole_width", "whole_height")], [200, 150, 1600, 1000])
        self.assertEqual(pixels, picture.crop((1400, 850, 1600, 1000)).convert("RGBA").tobytes())
        for left, top, why in ((1600, 0, "malformed"), (0, 1000, "malformed"), (-2, 0, "usage"), (0, 65536, "usage")):
            self.assertEqual(self.failure(rpc, "attachment.picture", attachment=file, width=9, height=9, left=left, top=top)[0], why)

        other = self.rpc(self.bob)
        self.assertEqual(self.failure(other, "picture.read", picture=large["picture"], offset=0)[0], "not-found")
        self.assertEqual(self.failure(other, "picture.drop", picture=large["picture"])[0], "not-found")
        self.assertEqual(self.failure(rpc, "picture.read", picture=large["picture"], offset=large["size"])[0], "usage")
        self.assertEqual(self.failure(rpc, "picture.read", picture=large["picture"], offset=-1)[0], "usage")
        rpc.call("picture.drop", picture=large["picture"])
        self.assertEqual(self.failure(rpc, "picture.read", picture=large["picture"], offset=0)[0], "not-found")

        held = [self.rpc(self.bob).call("attachment.picture", attachment=file, width=900, height=900)["result"]["picture"]
                for _ in range(5)]
        self.assertEqual(len(set(held)), 5)
        kept = rpc.call("attachment.picture", attachment=file, width=900, height=900)["result"]["picture"]
        for _ in range(4):
            rpc.call("attachment.picture", attachment=file, width=900, height=900)
        self.assertEqual(self.failure(rpc, "picture.read", picture=kept, offset=0)[0], "not-found")

    def test_pixels_go_with_their_message(self):
        file = self.received("tree.png", encode(halves((900, 900)), "PNG"))
        rpc = self.rpc(self.bob)
        held = rpc.call("attachment.picture", attachment=file, width=900, height=900)["result"]["picture"]
        self.bob.run("delete", self.arrived("tree.png")["id"])
        self.assertEqual(self.failure(rpc, "picture.read", picture=held, offset=0)[0], "not-found")

    def test_what_cannot_be_shown_is_said(self):
        rpc = self.rpc(self.bob)
        for name, content, why in (("words.txt", b"hello", "malformed"), ("cut.png", encode(halves(), "PNG")[:20], "malformed"),
                                   ("bomb.png", png(50000, 50000, b""), "too-large")):
            file = self.received(name, content)
            self.assertEqual(self.failure(rpc, "attachment.picture", attachment=file, width=320, height=320)[0], why, name)
            self.assertEqual(self.failure(rpc, "attachment.sound", attachment=file)[0], "malformed", name)
        for sides in ((0, 1), (1, 0), (2049, 1), (1, -5)):
            self.assertEqual(self.failure(rpc, "attachment.picture", attachment=file, width=sides[0], height=sides[1])[0], "usage")
        self.assertEqual(self.failure(rpc, "attachment.picture", attachment="attachment-999", width=1, height=1)[0], "not-found")
        self.assertEqual(self.failure(rpc, "attachment.sound", attachment="attachment-999")[0], "not-found")
        self.bob.run("lock")
        self.assertEqual(self.failure(rpc, "attachment.picture", attachment=file, width=1, height=1)[0], "locked")

    def test_a_file_that_is_not_here_has_no_pixels(self):
        self.send(self.make("noise.bmp", encode(Image.effect_noise((1000, 1000), 90).convert("RGB"), "BMP")), options=("--as-it-is",))
        file = self.arrived("noise.bmp")["files"][0]
        self.assertEqual(file["state"], "offered")
        rpc = self.rpc(self.bob)
        name, words = self.failure(rpc, "attachment.picture", attachment=file["id"], width=320, height=320)
        self.assertEqual((name, words), ("state", "This file is not here yet."))
        sent = [f["id"] for m in self.alice.history("bob") for f in m.get("files", [])]
        own = self.rpc(self.alice).call("attachment.picture", attachment=sent[0], width=320, height=320)["result"]
        self.assertEqual((own["width"], own["height"]), (320, 320))

    def test_a_voice_note_is_heard_from_any_second_on(self):
        file = self.received("voice.ogg", voice(8))
        rpc = self.rpc(self.bob)
        for start, samples in ((0, 240_000), (5, 144_000)):
            heard = rpc.call("attachment.sound", attachment=file, from_s=start)["result"]
            self.assertEqual((heard["rate"], heard["length_ms"], heard["samples"]), (48000, 8000, samples))
            self.assertEqual(len(bytes_of(heard["sound"])), 2 * samples)
        self.assertEqual(self.failure(rpc, "attachment.sound", attachment=file, from_s=8)[0], "malformed")
        self.assertEqual(self.failure(rpc, "attachment.sound", attachment=file, from_s=-1)[0], "usage")
        self.assertEqual(self.failure(rpc, "attachment.picture", attachment=file, width=9, height=9)[0], "malformed")


if __name__ == "__main__":
    unittest.main()
