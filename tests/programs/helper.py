# SPDX-License-Identifier: GPL-3.0-or-later
"""snug-media without an agent: jobs into its input, results out of its output (core/media/job.h). And pictures."""
import io
import os
import struct
import subprocess
import time

from PIL import Image

from relay import PATIENCE, program

INSPECT, STRIP, THUMBNAIL, AVATAR, QR, SOUND, PART = range(1, 8)
PIXELS, AS_PNG, AS_JPEG = range(3)
OTHER, PNG, JPEG, GIF, WEBP, BMP, OPUS = range(7)
DONE, NO_PICTURE, BROKEN, TOO_LARGE, UNCLEANABLE, NO_QR, NO_MEMORY = range(7)
KINDS = {"PNG": PNG, "JPEG": JPEG, "GIF": GIF, "WEBP": WEBP, "BMP": BMP}

GPS, ORIENTATION, ARTIST = 0x8825, 0x0112, 0x013b
TELLTALE = "Somebody Important"


def status_of(pid, field):
    """Of /proc/PID/status; None where there is no such line."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next((line.split(":", 1)[1].strip() for line in f if line.startswith(field + ":")), None)


def job(what, size, form=0, width=0, height=0, left=0, top=0, version=1):
    return struct.pack(">BBBHHHHQ", version, what, form, width, height, left, top, size)


class Result:
    """Of one run: code, memory (KiB at its highest), and verdict, kind, width, height, whole, bytes; verdict None without a result."""

    def __init__(self, code, memory, out):
        self.code, self.memory, self.verdict = code, memory, None
        if out:
            head = out[:27]
            version, self.verdict, self.kind, self.width, self.height, size, *self.whole = struct.unpack(">BBBIIQII", head)
            self.bytes = out[27:]
            if version != 1 or size != len(self.bytes) or (self.verdict != DONE and size != 0):
                raise AssertionError(f"not a result: {head!r} and {len(self.bytes)} bytes")


def run(data):
    """DATA into a fresh helper, as it is."""
    with subprocess.Popen([program("core/media/snug-media")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as helper:
        try:
            out, _ = helper.communicate(data, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            helper.kill()
            raise
        return Result(helper.returncode, 0, out)


def work(what, file, **parameters):
    return run(job(what, len(file), **parameters) + file)


def measured(what, file, **parameters):
    """The same, with the memory it took: its output is full, so that it can be looked at before it ends."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    junk = b""
    try:
        while True:
            junk += b"x" * os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    with subprocess.Popen([program("core/media/snug-media")], stdin=subprocess.PIPE, stdout=writing, env={}) as process:
        os.close(writing)
        process.stdin.write(job(what, len(file), **parameters) + file)
        process.stdin.flush()
        waits = 0
        deadline = time.monotonic() + PATIENCE
        while waits < 5 and time.monotonic() < deadline:
            state = status_of(process.pid, "State")[0]
            waits = waits + 1 if state == "S" else PATIENCE if state == "Z" else 0
            time.sleep(0.005)
        memory = status_of(process.pid, "VmHWM") or "0 kB"
        with os.fdopen(reading, "rb") as f:
            out = f.read()
        process.stdin.close()
        return Result(process.wait(PATIENCE), int(memory.split()[0]), out[len(junk):])


# --- pictures ---

def encode(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decode(data):
    return Image.open(io.BytesIO(data))


def frames(data):
    """The pixels of all pictures in it, and how long each is shown."""
    image = decode(data)
    found = []
    for i in range(getattr(image, "n_frames", 1)):
        image.seek(i)
        found.append((image.convert("RGBA").tobytes(), image.info.get("duration")))
    return found


def halves(size=(120, 80), left=(220, 20, 20), right=(20, 20, 220)):
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def telltale(orientation=1):
    """Exif that says who and where."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[ARTIST] = TELLTALE
    exif.get_ifd(GPS).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    return exif


def moving(kind, **options):
    pictures = [halves(left=(i * 40, 0, 0)).convert("RGB") for i in range(4)]
    return encode(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=[50, 100, 150, 200], loop=3, **options)


# --- voice notes ---

def ogg_page(packets, position, number, flags=0):
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    page = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 7, number, 0) + bytes([len(lacing)]) + lacing + b"".join(packets)
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04c11db7 if crc & 0x80000000 else 0)) & 0xffffffff
    return page[:22] + struct.pack("<I", crc) + page[26:]


def voice(seconds, channels=1):
    """An Ogg with Opus in it, in which nobody says a word."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, channels, 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"snug" + struct.pack("<I", 0)
    pages = [ogg_page([head], 0, 0, 2), ogg_page([tags], 0, 1)]
    for i in range(seconds):
        pages.append(ogg_page([b"\xf8\xff\xfe"] * 50, 48000 * (i + 1), i + 2, 4 if i == seconds - 1 else 0))
    return b"".join(pages)
