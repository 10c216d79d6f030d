#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture of 12 megapixels costs: its preview, and taking its metadata out, each with the start of snug-media; beside
decoding all of it in this process (Pillow, on the same libraries). $SNUG_BUILD is the build folder."""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "programs"))

from PIL import Image, ImageFilter  # noqa: E402

from helper import INSPECT, STRIP, decode, encode, measured, work  # noqa: E402


def milliseconds(run):
    times = []
    for _ in range(9):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main():
    picture = Image.effect_noise((4000, 3000), 40).filter(ImageFilter.GaussianBlur(2)).convert("RGB")
    for name, options in (("JPEG", {"quality": 90}), ("progressive", {"quality": 90, "progressive": True}), ("PNG", {"compress_level": 3}),
                          ("WEBP", {"method": 1})):
        file = encode(picture, "JPEG" if name == "progressive" else name, **options)
        whole = milliseconds(lambda: decode(file).tobytes())
        for what, words in ((INSPECT, "preview"), (STRIP, "clean")):
            took = milliseconds(lambda: work(what, file))
            print(f"{name}, {len(file) >> 10} KiB, {words}: median {took:.0f} ms, {took / whole:.2f} of decoding it whole; "
                  f"at most {measured(what, file).memory / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
