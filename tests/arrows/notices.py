#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of notice that the engine writes has words for people, on the command line and in the window; and none has
words that is never written."""
import os
import re
import sys

TELLERS = ("cli/cmd_notices.c", "gui/people/trust_words.c")
# What a bar of its own says.
ELSEWHERE = {"gui/people/trust_words.c": {"displaced": "gui/people/copy_bar.c"}}
CALL = re.compile(r"\bnotice_(?:add|once_a_day)\(([^;]*?)\)\s*[;)]", re.S)
KIND = re.compile(r'"([a-z]+(?:-[a-z]+)*)"')


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def written(root):
    kinds = {}
    for folder, _, files in os.walk(os.path.join(root, "core")):
        for name in files:
            path = os.path.relpath(os.path.join(folder, name), root)
            if name.endswith(".c") and path != "core/notices.c":
                for call in CALL.findall(read(root, path)):
                    kinds.update(dict.fromkeys(KIND.findall(call), path))
    return kinds


def main(root):
    kinds, status = written(root), 0
    for teller in TELLERS:
        told = set(re.findall(r'^    \{"([a-z-]+)",', read(root, teller), re.M))
        elsewhere = {kind for kind, path in ELSEWHERE.get(teller, {}).items() if os.path.exists(os.path.join(root, path))}
        for kind in sorted(set(kinds) - told - elsewhere):
            print(f"{teller} has no words for the notice {kind} of {kinds[kind]}", file=sys.stderr)
            status = 1
        for kind in sorted(told - set(kinds)):
            print(f"{teller} has words for {kind}, which nobody writes", file=sys.stderr)
            status = 1
    print(f"{len(kinds)} kinds of notices")
    return status if kinds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
