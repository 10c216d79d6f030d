#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/PROTOCOL.md names every label of wire/labels.h and, in section B25, every limit of wire/limits.h with its value.

law.py ROOT checks; law.py ROOT --write puts the present limits into B25.
"""
import os
import re
import sys

BEGIN, END = "<!-- limits: made from wire/limits.h -->", "<!-- end of limits -->"


def limits(text):
    """The table's rows: a heading for each comment that stands alone, a row for each define."""
    rows, about = [], "Units"
    for line in text.splitlines():
        heading = re.fullmatch(r"/\* (.+) \*/", line)
        define = re.fullmatch(r"#define (\w+) (.+?)(?:\s*/\*\s*(.+?)(?:\s*\*/)?)?", line)
        if heading:
            about = heading[1]
        elif define:
            rows.append((about, define[1], define[2].strip(), define[3] or ""))
    return rows


def table(rows):
    out, about = ["| Limit | Value | |", "|---|---|---|"], None
    for group, name, value, why in rows:
        if group != about:
            out.append(f"| *{group}* | | |")
            about = group
        out.append(f"| `{name}` | {value.replace('*', '×')} | {why} |")
    return "\n".join(out)


def main(root, write):
    law_path = os.path.join(root, "docs", "PROTOCOL.md")
    with open(os.path.join(root, "wire", "limits.h"), encoding="utf-8") as f:
        wanted = table(limits(f.read()))
    with open(os.path.join(root, "wire", "labels.h"), encoding="utf-8") as f:
        labels = re.findall(r'X\(\w+, "([^"]+)"\)', f.read())
    with open(law_path, encoding="utf-8") as f:
        law = f.read()
    if write:
        start, end = law.index(BEGIN) + len(BEGIN), law.index(END)
        with open(law_path, "w", encoding="utf-8") as f:
            f.write(law[:start] + "\n" + wanted + "\n" + law[end:])
        return 0
    assert len(labels) > 20 and wanted.count("\n") > 50
    section = law[law.index("## B24"):law.index("## B25")]
    bad = [f"label {name!r} is not in B24" for name in labels if f"`{name}`" not in section]
    if f"{BEGIN}\n{wanted}\n{END}" not in law:
        bad.append("B25 is not what wire/limits.h says: run tests/arrows/law.py . --write")
    print("\n".join(bad) or f"{len(labels)} labels, {wanted.count('`') // 2} limits")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--write" in sys.argv))
