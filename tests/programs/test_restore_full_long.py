# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and kits on a full disk, with many sizes of what is left of it."""
import os
import unittest

os.environ.setdefault("SNUG_FULL_TRIES", "12")

from test_restore_full import Full  # noqa: E402, F401 (it is the test)

if __name__ == "__main__":
    unittest.main()
