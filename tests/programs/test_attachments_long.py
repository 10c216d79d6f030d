# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of 100 MiB, while agents and relay are killed at random."""
import os
import unittest

os.environ.setdefault("SNUG_FILE_MIB", "100")

from test_attachments import Killed  # noqa: E402, F401 (it is the test)

if __name__ == "__main__":
    unittest.main()
