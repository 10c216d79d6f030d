# SPDX-License-Identifier: GPL-3.0-or-later
"""snug-media: what it makes of pictures, and what it is kept from. And how the agent lives with it."""
import base64
import json
import os
import random
import signal
import struct
import subprocess
import time
import unittest
import zlib

import qrcode
from PIL import Image

import helper
from friends import Friend
from helper import (AS_JPEG, AS_PNG, AVATAR, BROKEN, DONE, INSPECT, KINDS, NO_PICTURE, NO_QR, OPUS, PIXELS, QR, SOUND, STRIP,
                    TELLTALE, THUMBNAIL, TOO_LARGE, UNCLEANABLE, decode, encode, frames, halves, moving, status_of, telltale, voice,
                    work)
from people import introduce
from relay import PATIENCE, Relay, program, wait_until

SANITIZED = os.environ.get("SNUG_SANITIZED") == "true"


def alive(pid):
    try:
        return status_of(pid, "State")[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and status_of(name, "PPid") == str(pid) and alive(name):
                found.append(int(name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, pixels, *more):
    """A PNG of one bit a pixel."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


class Sandbox(unittest.TestCase):
    """The helper while it waits for its job."""

    def setUp(self):
        self.more = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, self.more)
        self.helper = subprocess.Popen([program("core/media/snug-media")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={},
                                       pass_fds=(0, 1, 2, self.more))
        self.addCleanup(self.end)
        wait_until(lambda: status_of(self.helper.pid, "Seccomp") == "2", "the filter is in force")

    def end(self):
        self.helper.kill()
        self.helper.wait(PATIENCE)
        self.helper.stdin.close()
        self.helper.stdout.close()

    def test_gains_nothing_and_is_filtered(self):
        self.assertEqual(status_of(self.helper.pid, "NoNewPrivs"), "1")
        self.assertEqual(status_of(self.helper.pid, "Seccomp"), "2")
        self.assertEqual(status_of(self.helper.pid, "Threads"), "1")

    def test_has_limits(self):
        with open(f"/proc/{self.helper.pid}/limits", encoding="ascii") as f:
            limits = {line[:26].strip(): line[26:].split()[:2] for line in f}
        self.assertEqual(limits["Max cpu time"], ["10", "10"])
        self.assertEqual(limits["Max file size"], ["0", "0"])
        self.assertEqual(limits["Max processes"], ["0", "0"])
        self.assertEqual(limits["Max core file size"], ["0", "0"])
        if not SANITIZED:
            self.assertEqual(limits["Max address space"], [str(1 << 30)] * 2)
            self.assertEqual(limits["Max open files"], ["0", "0"])

    def test_holds_its_input_and_its_output_and_nothing_else(self):
        try:
            held = set(os.listdir(f"/proc/{self.helper.pid}/fd"))
        except PermissionError:
            self.skipTest("only root may look into a process that closed itself to debuggers")
        self.assertEqual(held, {"0", "1", "2"} if SANITIZED else {"0", "1"})

    def test_is_closed_to_debuggers(self):
        self.assertEqual(os.stat(f"/proc/{self.helper.pid}/environ").st_uid, 0)  # and not its owner's, where that is another
        if os.geteuid() != 0:
            with self.assertRaises(PermissionError):
                os.listdir(f"/proc/{self.helper.pid}/fd")

    def test_ends_without_an_answer_when_its_job_is_cut(self):
        self.helper.stdin.write(helper.job(INSPECT, 1000) + b"x" * 999)
        self.helper.stdin.close()
        self.assertEqual(self.helper.stdout.read(), b"")
        self.assertEqual(self.helper.wait(PATIENCE), 4)


class Jobs(unittest.TestCase):
    """Jobs that make no sense, and files that are no pictures."""

    def test_jobs_of_no_sense_have_no_answer(self):
        for head in (helper.job(INSPECT, 0, version=2), helper.job(0, 0), helper.job(8, 0), helper.job(helper.PART, 0),
                     helper.job(THUMBNAIL, 0, width=10, height=10, left=1), helper.job(INSPECT, 100 * 1024 * 1024 + 1),
                     helper.job(INSPECT, 1 << 63), helper.job(INSPECT, 0, width=1), helper.job(THUMBNAIL, 0),
                     helper.job(THUMBNAIL, 0, width=2049, height=1), helper.job(THUMBNAIL, 0, form=3, width=1, height=1), b"", b"\1"):
            result = helper.run(head)
            self.assertEqual((result.code, result.verdict), (4, None), head)

    def test_other_files_are_no_pictures(self):
        files = {"empty": b"", "text": b"hello, " * 100, "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
                 "xpm": b"/* XPM */\nstatic char *x[] = {\n\"1 1 1 1\",\n\"a c red\",\n\"a\"};\n", "pnm": b"P6\n1 1\n255\nabc" + b" " * 20,
                 "tiff": encode(halves(), "TIFF"), "ico": encode(halves(), "ICO"), "tga": encode(halves(), "TGA"),
                 "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 100, "pdf": b"%PDF-1.7\n" * 10}
        for name, file in files.items():
            for what in (INSPECT, STRIP, QR, AVATAR):
                self.assertEqual(work(what, file).verdict, NO_PICTURE, name)

    def test_a_picture_is_of_the_kind_its_first_bytes_say(self):
        for name, kind in KINDS.items():
            result = work(INSPECT, encode(halves(), name))
            self.assertEqual((result.verdict, result.kind, result.width, result.height), (DONE, kind, 120, 80), name)


class Looks(unittest.TestCase):
    """Previews, thumbnails, avatars."""

    def preview(self, file):
        """(width, height, function from x, y to a pixel)"""
        result = work(INSPECT, file)
        self.assertEqual(result.verdict, DONE)
        self.assertLessEqual(len(result.bytes), 8192)
        width, height, pixels = result.bytes[0], result.bytes[1], result.bytes[2:]
        self.assertEqual(len(pixels), 3 * width * height)
        return width, height, lambda x, y: tuple(pixels[3 * (y * width + x):][:3])

    def assertNear(self, colour, wanted, most=20):
        self.assertLessEqual(max(abs(a - b) for a, b in zip(colour, wanted)), most, (colour, wanted))

    def test_a_preview_is_small_blurred_and_raw(self):
        for name in KINDS:
            width, height, at = self.preview(encode(halves((640, 480)), name))
            self.assertEqual((width, height), (32, 24))
            self.assertNear(at(2, 2), (220, 20, 20))
            self.assertNear(at(29, 21), (20, 20, 220))
            self.assertTrue(40 < at(15, 12)[0] < 200, name)  # no sharp edge

    def test_previews_of_any_shape_fit(self):
        for size in ((1, 1), (1, 3000), (3000, 1), (31, 33), (33, 31)):
            width, height, _ = self.preview(encode(halves(size), "PNG"))
            self.assertTrue(1 <= width <= 32 and 1 <= height <= 32)

    def test_a_picture_is_turned_as_the_camera_was_held(self):
        for name in ("JPEG", "PNG", "WEBP"):
            for orientation, corner in ((1, "left"), (3, "right"), (6, "top"), (8, "bottom")):
                file = encode(halves((640, 320)), name, exif=telltale(orientation))
                result = work(INSPECT, file)
                width, height, at = self.preview(file)
                self.assertEqual((result.width, result.height), (640, 320) if orientation < 5 else (320, 640))
                red = {"left": (1, 8), "right": (30, 8), "top": (8, 1), "bottom": (8, 30)}[corner]
                self.assertNear(at(*red), (220, 20, 20))
                self.assertNear(at(width - 1 - red[0], height - 1 - red[1]), (20, 20, 220))

    def test_what_is_transparent_lies_on_white(self):
        _, _, at = self.preview(encode(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG"))
        self.assertEqual(at(5, 5), (255, 255, 255))

    def test_of_an_animation_the_first_picture_is_shown(self):
        for name in ("GIF", "WEBP", "PNG"):
            width, height, at = self.preview(moving(name))
            self.assertEqual((width, height), (32, 21))
            self.assertNear(at(2, 2), (0, 0, 0))

    def test_thumbnails_fit_and_are_never_larger(self):
        picture = halves((640, 480)).convert("RGBA")
        picture.putalpha(100)
        file = encode(picture, "PNG")
        raw = work(THUMBNAIL, file, form=PIXELS, width=200, height=100)
        self.assertEqual((raw.width, raw.height, len(raw.bytes)), (133, 100, 133 * 100 * 4))
        self.assertEqual(tuple(raw.bytes[:4]), (220, 20, 20, 100))
        for form, name in ((AS_PNG, "PNG"), (AS_JPEG, "JPEG")):
            result = work(THUMBNAIL, file, form=form, width=200, height=100)
            image = decode(result.bytes)
            self.assertEqual((image.format, image.size), (name, (133, 100)))
        self.assertEqual(decode(work(THUMBNAIL, file, form=AS_PNG, width=1024, height=1024).bytes).size, (640, 480))
        self.assertEqual(decode(work(THUMBNAIL, file, form=AS_PNG, width=200, height=100).bytes).mode, "RGBA")

    def test_a_part_is_as_it_is_in_the_picture(self):
        file = encode(halves((640, 480)), "PNG")
        part = work(helper.PART, file, width=100, height=50, left=600, top=470)
        self.assertEqual((part.width, part.height, part.whole), (40, 10, [640, 480]))
        self.assertEqual(part.bytes[:4], bytes(halves((640, 480)).getpixel((600, 470))) + b"\xff")
        self.assertEqual(len(part.bytes), 40 * 10 * 4)
        self.assertNotEqual(work(helper.PART, file, width=100, height=50, left=640).verdict, DONE)

    def test_a_thumbnail_of_noise_fits_its_bound(self):
        file = encode(Image.effect_noise((1500, 1500), 90).convert("RGB"), "BMP")
        for form in (PIXELS, AS_PNG, AS_JPEG):
            self.assertEqual(work(THUMBNAIL, file, form=form, width=1024, height=1024).verdict, DONE)

    def test_an_avatar_is_the_middle_in_a_small_jpeg_that_tells_nothing(self):
        wide = Image.new("RGB", (900, 300), (0, 0, 0))
        wide.paste((250, 250, 250), (300, 0, 600, 300))
        result = work(AVATAR, encode(wide, "JPEG", exif=telltale(6)))
        image = decode(result.bytes)
        self.assertEqual((image.format, image.size, result.width, result.height), ("JPEG", (256, 256), 256, 256))
        self.assertNear(image.getpixel((3, 3)), (250, 250, 250), 8)
        self.assertNear(image.getpixel((252, 252)), (250, 250, 250), 8)
        self.assertEqual(dict(image.getexif()), {})
        self.assertNotIn(TELLTALE.encode(), result.bytes)
        noise = Image.merge("RGB", [Image.effect_noise((700, 500), 120) for _ in range(3)])
        for picture in (noise, noise.resize((40, 30)), noise.resize((256, 256)), halves((1, 1)), halves((2000, 1))):
            result = work(AVATAR, encode(picture, "PNG"))
            self.assertEqual(decode(result.bytes).size, (256, 256))
            self.assertLessEqual(len(result.bytes), 32 * 1024)


class Clean(unittest.TestCase):
    """Metadata taken out."""

    def assertTellsNothing(self, file):
        self.assertNotIn(TELLTALE.encode(), file)
        self.assertNotIn(b"GPS", file)
        image = decode(file)
        exif = image.getexif()
        self.assertLessEqual(set(exif), {helper.ORIENTATION})
        self.assertEqual(dict(exif.get_ifd(helper.GPS)), {})
        self.assertFalse({"comment", "xmp", "XML:com.adobe.xmp", "photoshop", "Comment", "mp"} & set(image.info), image.info.keys())

    def test_who_and_where_are_gone_and_the_pixels_are_the_same(self):
        picture = Image.effect_noise((320, 200), 50).convert("RGB")
        xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{TELLTALE}</x:xmpmeta>'.encode()
        files = {"JPEG": encode(picture, "JPEG", exif=telltale(6), comment=TELLTALE.encode()),
                 "progressive": encode(picture, "JPEG", exif=telltale(6), progressive=True, icc_profile=b"colours" * 20000),
                 "PNG": encode(picture, "PNG", exif=telltale(6)), "WEBP": encode(picture, "WEBP", exif=telltale(6), xmp=xmp),
                 "lossless": encode(picture.convert("RGBA"), "WEBP", exif=telltale(6), lossless=True, icc_profile=b"colours")}
        files["PNG"] = files["PNG"][:33] + chunk(b"tEXt", b"Author\0" + TELLTALE.encode()) + files["PNG"][33:]
        for name, file in files.items():
            self.assertIn(TELLTALE.encode(), file, name)
            result = work(STRIP, file + b"behind the end: " + TELLTALE.encode())
            self.assertEqual(result.verdict, DONE, name)
            self.assertTellsNothing(result.bytes)
            self.assertEqual(decode(result.bytes).getexif()[helper.ORIENTATION], 6, name)
            self.assertEqual(frames(result.bytes), frames(file), name)
            self.assertEqual(decode(result.bytes).info.get("icc_profile"), decode(file).info.get("icc_profile"), name)
            self.assertEqual(work(STRIP, result.bytes).bytes, result.bytes, name)

    def test_a_picture_within_the_picture_goes_too(self):
        second = encode(halves(), "JPEG", exif=telltale())
        with_second = encode(halves(), "JPEG") + second
        self.assertEqual(work(STRIP, with_second).bytes, encode(halves(), "JPEG"))
        self.assertEqual(work(STRIP, encode(halves(), "JPEG", exif=telltale())).bytes, encode(halves(), "JPEG"))

    def test_animations_stay_animations(self):
        comment = {"comment": TELLTALE.encode()}
        for file in (moving("GIF", **comment), moving("WEBP", exif=telltale()), moving("PNG", exif=telltale())):
            result = work(STRIP, file)
            self.assertEqual(result.verdict, DONE)
            self.assertTellsNothing(result.bytes)
            self.assertEqual(len(frames(result.bytes)), 4)
            self.assertEqual(frames(result.bytes), frames(file))
            self.assertEqual(decode(result.bytes).info.get("loop"), decode(file).info.get("loop"))

    def test_a_kind_that_cannot_be_cleaned_says_so(self):
        self.assertEqual(work(STRIP, encode(halves(), "BMP")).verdict, UNCLEANABLE)

    def test_a_large_picture_is_cleaned_without_decoding_it(self):
        result = helper.measured(STRIP, png(60000, 60000, b"\0" * (30 << 20)))
        self.assertEqual((result.verdict, len(result.bytes) > 30 << 20), (DONE, True))


class Codes(unittest.TestCase):
    def code(self, text, **options):
        return qrcode.make(text, **options).convert("RGB")

    def read(self, image, kind="PNG"):
        result = work(QR, encode(image, kind))
        texts, data = [], getattr(result, "bytes", b"")
        while data:
            n = struct.unpack(">H", data[:2])[0]
            texts.append(data[2:2 + n].decode())
            data = data[2 + n:]
        return result.verdict, sorted(texts)

    def test_codes_are_read_from_any_kind_of_file(self):
        for kind in KINDS:
            self.assertEqual(self.read(self.code("snug:bob@relay.example:8443"), kind), (DONE, ["snug:bob@relay.example:8443"]))

    def test_codes_are_read_where_they_are_small_or_lie_askew(self):
        page = Image.new("RGB", (3000, 2000), "white")
        page.paste(self.code("SNUG1:abc").resize((150, 150)), (1000, 700))
        self.assertEqual(self.read(page, "JPEG"), (DONE, ["SNUG1:abc"]))
        self.assertEqual(self.read(self.code("SNUG1:abc").rotate(23, expand=True, fillcolor="white")), (DONE, ["SNUG1:abc"]))

    def test_several_codes_are_read_each_once(self):
        page = Image.new("RGB", (1200, 1200), "white")
        for i, text in enumerate(("one", "zwölf", "one")):
            page.paste(self.code(text), (20 + 350 * i, 20 + 350 * i))
        self.assertEqual(self.read(page), (DONE, ["one", "zwölf"]))

    def test_what_is_no_text_is_no_code(self):
        self.assertEqual(self.read(self.code(b"\xff\xfe\x00\x80 not UTF-8")), (NO_QR, []))
        self.assertEqual(self.read(halves()), (NO_QR, []))


class Sounds(unittest.TestCase):
    """Voice notes."""

    def test_five_seconds_come_at_a_time(self):
        file = voice(12)
        for start, samples in ((0, 240000), (5, 240000), (10, 96000), (11, 48000)):
            result = work(SOUND, file, width=start)
            self.assertEqual((result.verdict, result.kind, result.width, result.height), (DONE, OPUS, 12000, samples))
            self.assertEqual(len(result.bytes), 2 * samples)
        self.assertLess(max(abs(s) for s in struct.unpack("<48000h", result.bytes)), 100)
        self.assertEqual(work(SOUND, voice(1, channels=2)).height, 48000)

    def test_what_is_no_voice_note_is_refused(self):
        file = voice(3)
        for name, data, start in (("the end", file, 3), ("far behind it", file, 43200), ("nothing", b"", 0), ("text", b"hello" * 99, 0),
                                  ("a picture", encode(halves(), "PNG"), 0), ("only a head", file[:47], 0),
                                  ("an Ogg of something else", file.replace(b"OpusHead", b"\x01vorbis\0"), 0)):
            result = work(SOUND, data, width=start)
            self.assertEqual((result.code, result.verdict), (0, BROKEN), name)
        self.assertEqual(work(INSPECT, file).verdict, NO_PICTURE)
        for head in (helper.job(SOUND, 0, width=43201), helper.job(SOUND, 0, height=1), helper.job(SOUND, 0, form=1)):
            self.assertEqual(helper.run(head).code, 4)

    def test_lies_about_its_length_do_no_harm(self):
        for position in (-1, 0, 1, 1 << 40, (1 << 63) - 1):
            page = helper.ogg_page([b"\xf8\xff\xfe"] * 50, position, 2, 4)
            result = work(SOUND, voice(1)[:len(voice(1)) - len(page)] + page)
            self.assertEqual(result.code, 0, position)
            self.assertLessEqual(len(result.bytes), 480000)

    def test_random_changes_do_no_harm(self):
        dice = random.Random(21)
        for i in range(30 if SANITIZED else 200):
            file = bytearray(voice(2))
            for _ in range(dice.randrange(1, 8)):
                at = dice.randrange(len(file))
                file[at:at + dice.randrange(3)] = dice.randbytes(dice.randrange(1, 4))
            self.assertEqual(work(SOUND, bytes(file)).code, 0, f"{i}: {bytes(file).hex()}")
            # and with sums that are right, so that what they hold is looked at
            packets = [dice.randbytes(dice.randrange(1, 60)) for _ in range(50)]
            made = voice(1)[:len(voice(1)) - len(helper.ogg_page([b"\xf8\xff\xfe"] * 50, 48000, 2, 4))]
            made += helper.ogg_page(packets, dice.choice((960, 48000, 480000)), 2, 4)
            self.assertEqual(work(SOUND, made).code, 0, f"{i}: {made.hex()}")


class Hostile(unittest.TestCase):
    """Files made to harm."""

    def test_bombs_are_refused_before_they_are_decoded(self):
        row = b"\0" * (30000 // 8 + 1)
        zipped = zlib.compressobj(9)
        pixels = b"".join(zipped.compress(row * 1000) for _ in range(30)) + zipped.flush()
        head = {"a header": png(50000, 50000, b""), "zeros": png(30000, 30000, pixels),
                "a side": png(70000, 1, b""), "two sides": png((1 << 31) - 1, (1 << 31) - 1, b""),
                "a GIF": b"GIF89a\xff\xff\xff\xff" + encode(halves(), "GIF")[10:],
                "a JPEG": encode(halves(), "JPEG").replace(struct.pack(">HH", 80, 120), b"\xff\xdc\xff\xdc"),
                "a BMP": b"BM" + b"\0" * 12 + struct.pack("<IiiHH", 40, 50000, -50000, 1, 24) + b"\0" * 100,
                "a WebP": b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xfe\x3f\0\xfe\x3f\0" + b"\0" * 8}
        for name, file in head.items():
            for what in (INSPECT, AVATAR, QR):
                result = helper.measured(what, file)
                self.assertEqual((result.code, result.verdict), (0, TOO_LARGE), name)
                self.assertGreater(result.width * result.height if name != "a side" else 1 << 40, 64 << 20, name)
                if not SANITIZED:
                    self.assertLess(result.memory, 64 << 10, name)

    def test_headers_that_lie_are_found_out(self):
        large = encode(halves((3000, 3000)), "WEBP")  # simple: RIFF, WEBP, VP8
        lie = b"VP8X\x0a\0\0\0\0\0\0\0\x09\0\0\x09\0\0" + large[12:]
        result = work(INSPECT, b"RIFF" + struct.pack("<I", len(lie) + 4) + b"WEBP" + lie)
        self.assertIn(result.verdict, (BROKEN, DONE))
        self.assertEqual(result.code, 0)

    def test_metadata_that_swells_stays_within_bounds(self):
        swollen = zlib.compress(b"\0" * (200 << 20), 9)
        pixels = zlib.compress(b"\0\0" * 8)
        for kind, body in ((b"iCCP", b"x\0\0" + swollen), (b"zTXt", b"x\0\0" + swollen), (b"iTXt", b"x\0\1\0\0\0" + swollen)):
            result = helper.measured(INSPECT, png(8, 8, pixels, chunk(kind, body)))
            self.assertIn(result.verdict, (DONE, BROKEN))
            if not SANITIZED:
                self.assertLess(result.memory, 64 << 10)

    def test_what_is_cut_is_refused_or_shown_in_part(self):
        for name in KINDS:
            whole = encode(Image.effect_noise((64, 48), 50).convert("RGB"), name)
            for n in list(range(0, 64, 7)) + list(range(64, len(whole), max(1, len(whole) // 12))):
                for what in (INSPECT, STRIP):
                    result = work(what, whole[:n])
                    self.assertEqual(result.code, 0, (name, n))
                    if what == STRIP and name != "BMP":
                        self.assertIn(result.verdict, (NO_PICTURE, BROKEN), (name, n))

    def test_random_bytes_and_changes_do_no_harm(self):
        dice = random.Random(20)
        seeds = [encode(halves(), name, **({"exif": telltale(6)} if name in ("JPEG", "PNG", "WEBP") else {})) for name in KINDS]
        seeds += [moving("GIF"), moving("WEBP"), moving("PNG"), encode(qrcode.make("snug:x").convert("RGB"), "PNG")]
        for i in range(60 if SANITIZED else 200):
            file = bytearray(seeds[i % len(seeds)])
            for _ in range(dice.randrange(1, 8)):
                at = dice.randrange(len(file))
                file[at:at + dice.randrange(3)] = dice.randbytes(dice.randrange(1, 4))
            what = dice.choice((INSPECT, STRIP, AVATAR, QR))
            result = work(what, bytes(file))
            self.assertEqual(result.code, 0, f"{i}: {what} {bytes(file).hex()}")
        for _ in range(20):
            magic = dice.choice(seeds)[:12]
            self.assertEqual(work(INSPECT, magic + dice.randbytes(dice.randrange(2000))).code, 0)


class Agent(unittest.TestCase):
    """Through an agent, which starts the helper by its spawner."""

    def setUp(self):
        self.alice = self.enterContext(Friend("alice"))
        self.alice.snug("agent", "start")
        self.agent = self.alice.agent_pid()
        self.spawner, = children(self.agent)

    def file(self, name, data):
        path = os.path.join(self.alice.folder, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def slow_picture(self):
        """Decoding takes long enough to be caught at it."""
        return self.file("slow.png", png(8000, 8000, zlib.compress(b"\0" * (8000 * 1001), 1)))

    def catch(self, rpc):
        """Ask for something slow; the helper that does it, stopped."""
        rpc.send(json.dumps({"jsonrpc": "2.0", "id": "slow", "method": "media.inspect", "params": {"path": self.slow_picture()}}) + "\n")
        found = []

        def filters(pid):
            return int(status_of(pid, "Seccomp_filters") or 0)

        def at_work():  # under a filter of its own beside the spawner's: it is loaded and reads
            found[:] = [pid for pid in children(self.spawner) if filters(pid) > filters(self.spawner)]
            return found

        wait_until(at_work, "a helper is at work")
        os.kill(found[0], signal.SIGSTOP)
        return found[0]

    def test_looks_at_pictures(self):
        path = self.file("a.jpg", encode(halves((640, 480)), "JPEG", exif=telltale(6)))
        with self.alice.rpc() as rpc:
            seen = rpc.call("media.inspect", path=path)["result"]
            self.assertEqual((seen["kind"], seen["width"], seen["height"]), ("jpeg", 480, 640))
            self.assertEqual(base64.urlsafe_b64decode(seen["preview"] + "==")[:2], bytes((24, 32)))
            small = rpc.call("media.thumbnail", path=path, width=100, height=100)["result"]
            self.assertEqual(decode(base64.urlsafe_b64decode(small["png"] + "==")).size, (75, 100))
            raw = rpc.call("media.thumbnail", path=path, width=100, height=100, pixels=True)["result"]
            self.assertNotIn("png", raw)
            self.assertEqual(len(base64.urlsafe_b64decode(raw["pixels"] + "==")), 4 * 75 * 100)
        self.assertEqual(self.alice.snug("picture", path), "jpeg, 480 by 640\n")
        self.assertEqual(self.alice.json("picture", path)["kind"], "jpeg")

    def test_cleans_into_a_new_file_only(self):
        path = self.file("a.jpg", encode(halves((640, 480)), "JPEG", exif=telltale(6)))
        out = os.path.join(self.alice.folder, "clean.jpg")
        self.alice.snug("picture", path, "--clean", out)
        with open(out, "rb") as f:
            clean = f.read()
        self.assertNotIn(TELLTALE.encode(), clean)
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o600)
        self.alice.snug("picture", path, "--clean", out, expect=1)
        self.assertIn("exists", self.alice.errors)
        with open(out, "rb") as f:
            self.assertEqual(f.read(), clean)
        bmp = self.file("a.bmp", encode(halves(), "BMP"))
        self.alice.snug("picture", bmp, "--clean", out + "2", expect=1)
        self.assertIn("cannot be taken out", self.alice.errors)
        self.assertFalse(os.path.exists(out + "2"))

    def test_refuses_what_is_no_picture_file(self):
        pipe = os.path.join(self.alice.folder, "pipe")
        os.mkfifo(pipe)
        huge = self.file("huge.png", png(8, 8, b""))
        os.truncate(huge, 100 * 1024 * 1024 + 1)
        with self.alice.rpc() as rpc:
            for path, name in ((pipe, "usage"), (self.alice.folder, "usage"), ("/dev/zero", "usage"), ("a.png", "usage"),
                               ("/nowhere/a.png", "not-found"), (huge, "too-large"), (program("core/agent/snug-agent"), "malformed"),
                               (self.file("bomb.png", png(50000, 50000, b"")), "too-large")):
                error = rpc.call("media.inspect", path=path)["error"]
                self.assertEqual(error["data"]["name"], name, path)
            self.assertIn("50000 by 50000", error["message"])

    def test_many_questions_are_answered_by_two_helpers_at_a_time(self):
        path = self.file("a.png", encode(Image.effect_noise((1500, 1500), 50), "PNG"))
        most = 0
        with self.alice.rpc() as rpc:
            for i in range(30):
                rpc.send(json.dumps({"jsonrpc": "2.0", "id": str(i), "method": "media.inspect", "params": {"path": path}}) + "\n")
            answered = set()
            while len(answered) < 30:
                most = max(most, len(children(self.spawner)))
                answer = rpc.read()
                self.assertEqual(answer["result"]["width"], 1500)
                answered.add(answer["id"])
        self.assertIn(most, (1, 2))

    def test_a_helper_gets_no_environment_and_no_other_descriptor(self):
        if os.geteuid() != 0:
            self.skipTest("only root may look into a process that closed itself to debuggers")
        with self.alice.rpc() as rpc:
            pid = self.catch(rpc)
            with open(f"/proc/{pid}/environ", "rb") as f:
                self.assertEqual(f.read(), b"")
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                self.assertEqual(f.read(), b"snug-media\0")
            held = {name: os.readlink(f"/proc/{pid}/fd/{name}").split(":")[0] for name in os.listdir(f"/proc/{pid}/fd")}
            if SANITIZED:
                del held["2"]
            self.assertEqual(held, {"0": "pipe", "1": "pipe"})
            self.assertEqual(os.listdir(f"/proc/{self.spawner}/task"), [str(self.spawner)])
            # 0 to 2, the agent's socket, the programs it may start, and signals.
            self.assertLessEqual(len(os.listdir(f"/proc/{self.spawner}/fd")), 8)
            os.kill(pid, signal.SIGCONT)
            self.assertEqual(rpc.read()["result"]["width"], 8000)

    def test_a_helper_that_takes_too_long_is_ended(self):
        with self.alice.rpc() as rpc:
            began = time.monotonic()
            pid = self.catch(rpc)
            rpc.socket.settimeout(PATIENCE)
            error = rpc.read()["error"]
            self.assertEqual(error["data"]["name"], "timeout")
            self.assertTrue(8 < time.monotonic() - began < 19)
            wait_until(lambda: not alive(pid), "the helper is gone")
            self.assertEqual(rpc.call("media.inspect", path=self.file("a.png", encode(halves(), "PNG")))["result"]["width"], 120)

    def test_a_crash_is_the_error_of_one_picture(self):
        for how in (signal.SIGSEGV, signal.SIGKILL, signal.SIGSYS):
            with self.alice.rpc() as rpc:
                pid = self.catch(rpc)
                os.kill(pid, how)
                os.kill(pid, signal.SIGCONT)
                error = rpc.read()["error"]
                self.assertEqual((error["data"]["name"], error["message"]), ("malformed", "The picture could not be read."))
                self.assertEqual(rpc.call("media.inspect", path=self.file("a.png", encode(halves(), "PNG")))["result"]["width"], 120)
            self.assertEqual(children(self.agent), [self.spawner])

    def test_without_its_spawner_the_agent_goes_on_without_pictures(self):
        with self.alice.rpc() as rpc:
            pid = self.catch(rpc)
            os.kill(self.spawner, signal.SIGKILL)
            self.assertEqual(rpc.read()["error"]["data"]["name"], "state")
            wait_until(lambda: not alive(pid), "the helper is gone")
            error = rpc.call("media.inspect", path=self.slow_picture())["error"]
            self.assertIn("restart the agent", error["message"])
            self.assertEqual(rpc.call("hello")["result"]["pid"], self.agent)

    def test_when_the_agent_ends_nothing_is_left(self):
        with self.alice.rpc() as rpc:
            pid = self.catch(rpc)
            self.alice.snug("agent", "stop")
        wait_until(lambda: not any(map(alive, (self.agent, self.spawner, pid))), "all are gone")

    def test_when_the_agent_is_killed_nothing_is_left(self):
        with self.alice.rpc() as rpc:
            pid = self.catch(rpc)
            os.kill(self.agent, signal.SIGKILL)
        wait_until(lambda: not any(map(alive, (self.agent, self.spawner, pid))), "all are gone")

    def test_a_signal_for_the_agent_is_not_one_for_the_spawner(self):
        for how in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            os.kill(self.spawner, how)
        self.test_looks_at_pictures()


class Scanned(unittest.TestCase):
    """Contact links and safety numbers out of pictures."""

    def picture(self, person, text):
        path = os.path.join(person.folder, "code.jpg")
        qrcode.make(text).convert("RGB").save(path)
        return path

    def test_people_meet_by_pictures_of_their_codes(self):
        relay = self.enterContext(Relay("--registration", "open"))
        alice, bob = (self.enterContext(Friend(name, relay)) for name in ("alice", "bob"))
        alice.register()
        bob.register()
        bob.snug("add", "--qr-file", self.picture(bob, alice.json("link")["link"]), "--message", "It's Bob")
        wait_until(lambda: alice.json("requests")["requests"], "the request arrives")
        alice.snug("accept", "bob")
        theirs = alice.json("verify", "bob")["qr"]
        verdict = bob.json("verify", "alice", "--qr-file", self.picture(bob, theirs))
        self.assertEqual(verdict["verdict"], "match")
        own = bob.json("verify", "alice")["qr"]
        bob.snug("verify", "alice", "--qr-file", self.picture(bob, own), expect=6)
        bob.snug("verify", "alice", "--qr-file", self.picture(bob, "something else"), expect=3)
        bob.snug("add", "--qr-file", self.picture(bob, "https://example.org"), expect=3)
        bob.snug("add", expect=2)
        bob.snug("add", "snug:x@y", "--qr-file", self.picture(bob, "x"), expect=2)


if __name__ == "__main__":
    unittest.main()
