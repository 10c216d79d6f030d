# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and kits, and many kills."""
import os
import unittest

os.environ.setdefault("SNUG_KILLS", "30")

from test_restore_killed import Killed  # noqa: E402, F401 (it is the test)

if __name__ == "__main__":
    unittest.main()
