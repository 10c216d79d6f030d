# SPDX-License-Identifier: GPL-3.0-or-later
"""Locked in the middle of something long, in every way."""
import os
import unittest

os.environ.setdefault("SNUG_LOCK_HOW", "all")

from test_lock_during import During  # noqa: E402, F401 (it is the test)

if __name__ == "__main__":
    unittest.main()
