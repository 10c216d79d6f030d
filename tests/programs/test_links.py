# SPDX-License-Identifier: GPL-3.0-or-later
"""What the built programs link, and how they were hardened. (tests/arrows/linked.py looks at what clashes.)"""
import os
import subprocess
import unittest

from relay import program

PROGRAMS = [program(p) for p in ("cli/snug", "core/agent/snug-agent", "core/media/snug-media", "relay/snug-relay")]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Links(unittest.TestCase):
    def test_the_relay_holds_no_client_library(self):
        for path in PROGRAMS:
            if os.path.basename(path) == "snug-relay":
                libraries = output("ldd", path)
                for name in ("libsqlcipher", "libsignal", "libcurl", "libjansson"):
                    self.assertNotIn(name, libraries)

    def test_faces_hold_no_crypto_and_no_database(self):
        for path in PROGRAMS:
            if os.path.basename(path) in ("snug", "snug-desktop"):
                libraries = output("ldd", path)
                for name in ("libsqlcipher", "libsqlite3", "libsignal-protocol", "libcurl"):
                    self.assertNotIn(name, libraries)

    def test_only_the_helper_decodes_pictures(self):
        for path in PROGRAMS:
            libraries = output("ldd", path)
            decodes = [name for name in ("libgdk_pixbuf", "libzbar", "libjpeg", "libpng", "libwebp") if name in libraries]
            self.assertEqual(bool(decodes), os.path.basename(path) == "snug-media", path)

    def test_the_helper_for_pictures_holds_no_key_and_no_connection(self):
        libraries = output("ldd", program("core/media/snug-media"))
        for name in ("libsqlcipher", "libsignal", "libcurl", "libssl", "libjansson"):
            self.assertNotIn(name, libraries)

    def test_agent_overrides_the_curve_of_libsignal(self):
        for path in PROGRAMS:
            if os.path.basename(path) == "snug-agent":
                self.assertRegex(output("readelf", "--dyn-syms", "-W", path), r"FUNC\s+GLOBAL\s+DEFAULT\s+\d+ curve25519_donna\b")


class Hardening(unittest.TestCase):
    def test_programs_are_position_independent(self):
        for path in PROGRAMS:
            self.assertRegex(output("readelf", "-hW", path), r"Type:\s+DYN")

    def test_relocations_are_read_only_and_bound_at_start(self):
        for path in PROGRAMS:
            self.assertIn("GNU_RELRO", output("readelf", "-lW", path))
            self.assertRegex(output("readelf", "-dW", path), r"BIND_NOW|FLAGS_1.*NOW")

    def test_the_stack_is_not_executable(self):
        for path in PROGRAMS:
            self.assertRegex(output("readelf", "-lW", path), r"GNU_STACK.*RW ")

    def test_stack_protector_and_fortify_are_in_force(self):
        for path in PROGRAMS:
            symbols = output("readelf", "--dyn-syms", "-W", path)
            self.assertIn("__stack_chk_fail", symbols)
            self.assertIn("_chk@", symbols.replace("__stack_chk_fail", ""))

    def test_indirect_branches_have_landing_pads(self):
        for path in PROGRAMS:
            self.assertIn("endbr64", output("objdump", "-d", "--no-show-raw-insn", path)[:2000000])


if __name__ == "__main__":
    unittest.main()
