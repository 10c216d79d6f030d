#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the schema's SQL files, in order, into a C table of strings."""
import sys

out = ['#include "core/schema.h"', "const char *const schema_steps[SCHEMA_VERSION] = {"]
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        lines = [line.split("--")[0].rstrip() for line in f]
    body = "\n".join('    "%s\\n"' % l.replace("\\", "\\\\").replace('"', '\\"') for l in lines if l)
    out.append(body + ",")
out.append("};")
print("\n".join(out))
