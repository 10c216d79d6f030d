#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""clang-format decides: fails on a C file that it would change. Skips with a word where it is not installed."""
import os
import shutil
import subprocess
import sys

root = sys.argv[1]
tool = shutil.which("clang-format-14")
if tool is None:
    print("clang-format-14 is not installed")
    sys.exit(77)
files = [os.path.join(folder, name)
         for top in ("wire", "crypto", "core", "relay", "cli", "gui", "tests")
         for folder, _, names in os.walk(os.path.join(root, top))
         for name in names if name.endswith((".c", ".h"))]
assert files
done = subprocess.run([tool, "--dry-run", "-Werror", "--ferror-limit=1", *files], capture_output=True, text=True, check=False)
print(done.stderr or f"{len(files)} files")
sys.exit(1 if done.returncode else 0)
