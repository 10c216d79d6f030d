#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the built programs link, and how they were hardened. Usage: test_links.py PROGRAM..."""
import os
import re
import subprocess
import sys
import unittest

PROGRAMS = [os.path.abspath(p) for p in sys.argv[1:] if os.sep in p]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Links(unittest.TestCase):
    def test_no_process_holds_sqlite_and_sqlcipher_together(self):
        self.assertTrue(PROGRAMS)
        for program in PROGRAMS:
            libraries = output("ldd", program)
            self.assertFalse("libsqlite3" in libraries and "libsqlcipher" in libraries, program)

    def test_the_relay_holds_no_client_library(self):
        for program in PROGRAMS:
            if os.path.basename(program) == "snug-relay":
                libraries = output("ldd", program)
                for name in ("libsqlcipher", "libsignal", "libcurl", "libjansson"):
                    self.assertNotIn(name, libraries)

    def test_faces_hold_no_crypto_and_no_database(self):
        for program in PROGRAMS:
            if os.path.basename(program) in ("snug", "snug-desktop"):
                libraries = output("ldd", program)
                for name in ("libsqlcipher", "libsqlite3", "libsignal-protocol", "libcurl"):
                    self.assertNotIn(name, libraries)

    def test_libsodium_comes_before_libsignal(self):
        for program in PROGRAMS:
            needed = re.findall(r"NEEDED.*\[(.*?)\]", output("readelf", "-dW", program))
            signal = [i for i, n in enumerate(needed) if n.startswith("libsignal-protocol-c")]
            sodium = [i for i, n in enumerate(needed) if n.startswith("libsodium")]
            if signal:
                self.assertLess(sodium[0], signal[0], program)

    def test_agent_overrides_the_curve_of_libsignal(self):
        for program in PROGRAMS:
            if os.path.basename(program) == "snug-agent":
                self.assertRegex(output("readelf", "--dyn-syms", "-W", program), r"FUNC\s+GLOBAL\s+DEFAULT\s+\d+ curve25519_donna\b")


class Hardening(unittest.TestCase):
    def test_programs_are_position_independent(self):
        for program in PROGRAMS:
            self.assertRegex(output("readelf", "-hW", program), r"Type:\s+DYN")

    def test_relocations_are_read_only_and_bound_at_start(self):
        for program in PROGRAMS:
            self.assertIn("GNU_RELRO", output("readelf", "-lW", program))
            self.assertRegex(output("readelf", "-dW", program), r"BIND_NOW|FLAGS_1.*NOW")

    def test_the_stack_is_not_executable(self):
        for program in PROGRAMS:
            self.assertRegex(output("readelf", "-lW", program), r"GNU_STACK.*RW ")

    def test_stack_protector_and_fortify_are_in_force(self):
        for program in PROGRAMS:
            symbols = output("readelf", "--dyn-syms", "-W", program)
            self.assertIn("__stack_chk_fail", symbols)
            self.assertIn("_chk@", symbols.replace("__stack_chk_fail", ""))

    def test_indirect_branches_have_landing_pads(self):
        for program in PROGRAMS:
            self.assertIn("endbr64", output("objdump", "-d", "--no-show-raw-insn", program)[:2000000])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
