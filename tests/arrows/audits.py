#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What audits/ says a test holds is held: each test named there exists, and so does each of its cases; and each "cannot" of
THREATS.md names one."""
import os
import re
import sys

NAMED = re.compile(r"`(tests/[\w/]+\.(?:c|py))(?:: ([a-z0-9_]+(?:, [a-z0-9_]+)*))?`")


def main(root):
    found, wrong = 0, []
    for name in ("README.md", "THREATS.md", "FINDINGS.md"):
        with open(os.path.join(root, "audits", name), encoding="utf-8") as f:
            text = f.read()
        for path, cases in NAMED.findall(text):
            found += 1
            try:
                with open(os.path.join(root, path), encoding="utf-8") as f:
                    source = f.read()
            except FileNotFoundError:
                wrong.append(f"{name}: there is no {path}")
                continue
            for case in cases.split(", ") if cases else []:
                if not re.search(rf"\b(?:test_)?{case}\b", source):
                    wrong.append(f"{name}: {path} has no case {case}")
        if name == "THREATS.md":
            for held in re.findall(r"^Cannot[^\n]*:\n((?:- .*\n)+)", text, re.M):
                wrong += [f"{name}: nothing holds: {line}" for line in held.splitlines() if not NAMED.search(line)]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{found} tests named")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
