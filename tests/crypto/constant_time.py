#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is ML-KEM constant time as each compiler leaves it?

For every compiler and level: no division in the object code, and no branch or index that depends on a secret as valgrind
sees it when the secrets are marked as undefined. That the method notices is shown by a program that does both.

    constant_time.py SOURCE_ROOT
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

COMPILERS = [
    ["gcc", "-O2"],
    ["gcc", "-O3"],
    ["gcc", "-Os"],
    ["clang", "-O2"],
    ["clang", "-O3"],
    ["clang", "-Os"],
]
# DWARF 4: the valgrind of Debian 12 gives up on what clang 14 writes by itself.
FLAGS = "-std=gnu2x -D_GNU_SOURCE -gdwarf-4 -fPIE -fno-strict-aliasing -fstack-protector-strong -fcf-protection=full".split()
CHECKED = ["crypto/keccak.c", "crypto/mlkem.c", "crypto/mlkem_poly.c"]
OTHERS = ["crypto/kdf.c", "crypto/secret.c", "wire/buf.c", "wire/err.c", "wire/labels.c"]
PROGRAM = "tests/crypto/secrets_marked.c"
DIVISION = re.compile(r"\t[usfiv]{0,2}div[a-z]*\b")
REPORTED = 99


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def compile_all(root, compiler, folder):
    objects = []
    for source in CHECKED + OTHERS + [PROGRAM]:
        objects.append(os.path.join(folder, source.replace("/", "_") + ".o"))
        marked = ["-include", os.path.join(root, "tests/crypto/secrets_marked.h")]
        subprocess.run(
            compiler + FLAGS + marked + ["-I", root, "-c", os.path.join(root, source), "-o", objects[-1]], check=True
        )
    program = os.path.join(folder, "secrets_marked")
    subprocess.run(compiler + ["-pie", "-o", program] + objects + ["-lsodium"], check=True)
    return program, objects[: len(CHECKED)], objects[-1:]


def divisions(objects):
    text = subprocess.run(["objdump", "-d"] + objects, check=True, capture_output=True, text=True).stdout
    return [line for line in text.splitlines() if DIVISION.search(line)]


def under_valgrind(program, *args):
    return subprocess.run(
        ["valgrind", "-q", "--error-exitcode=%d" % REPORTED, "--track-origins=no", program, *args],
        capture_output=True,
        text=True,
        check=False,
    )


def check(root, compiler):
    """What is wrong with what COMPILER makes, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        program, objects, mistaken = compile_all(root, compiler, folder)
        found = divisions(objects)
        if found:
            return "divides:\n" + "\n".join(found)
        if not divisions(mistaken):
            return "the division in %s is not noticed" % PROGRAM
        for mistake in "branch", "index":
            if under_valgrind(program, mistake).returncode != REPORTED:
                return "valgrind does not notice the mistake '%s'" % mistake
        run = under_valgrind(program)
        if run.returncode != 0:
            return "exit %d\n%s" % (run.returncode, run.stderr)
    return None


def main(root):
    for tool in "valgrind", "objdump":
        if shutil.which(tool) is None:
            skip("no " + tool)
    if not os.path.exists("/usr/include/valgrind/memcheck.h"):
        skip("no valgrind/memcheck.h")
    failed = False
    for compiler in COMPILERS:
        if shutil.which(compiler[0]) is None:
            print("%s: not here" % compiler[0])
            continue
        wrong = check(root, compiler)
        print("%s: %s" % (" ".join(compiler), wrong or "constant time"))
        failed = failed or wrong is not None
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1])
