# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is soon full."""
import errno
import os
import subprocess
import unittest


class SmallDisk:
    """A file system of a few megabytes in FOLDER."""

    def __init__(self, folder, size):
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root mounts a small file system")
        self.folder = folder
        self.filler = os.path.join(folder, "filler")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "snug-test", folder],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise unittest.SkipTest(f"a small file system cannot be mounted here: {done.stderr.strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    def fill(self):
        with open(self.filler, "ab", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError as e:
                if e.errno != errno.ENOSPC:
                    raise

    def leave(self, room):
        """Fill it but for ROOM bytes."""
        self.fill()
        os.truncate(self.filler, max(0, os.path.getsize(self.filler) - room))

    def make_room(self):
        os.unlink(self.filler)

    def names(self):
        """Of all files but what fills it and the agent's lock."""
        return [name for _, _, files in os.walk(self.folder) for name in files if name not in ("filler", "default.lock")]
