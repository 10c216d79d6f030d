#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""runner.py FILE [TEST...]: run one file of whole-program tests, and leave a result for every test.

Writes $SNUG_RESULTS/<group>.xml (default: results/ in the current folder), in the form of cmocka's, so that scripts/test can
add both up. The group of test_relay_http.py is programs-relay-http, as is its name in meson. The programs are looked for in
$SNUG_BUILD (default: the current folder). Exit status: 0 all passed, 1 some failed, 77 all were skipped.
"""
import importlib.util
import os
import sys
import time
import unittest
import xml.etree.ElementTree as ET


class Result(unittest.TextTestResult):
    """Keeps (name, state, text, seconds) of every test, and counts what failed before one could begin."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = []
        self.began = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def row(self, test, state, text=""):
        name = getattr(test, "_testMethodName", str(test))
        self.rows.append((name, state, text, time.monotonic() - self.began))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.row(test, "passed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.row(test, "skipped", reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.row(test, "failed", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.row(test, "failed", self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.row(test, "failed", f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.row(test, "passed")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.row(test, "failed", "succeeded, which was not expected")


def clean(text):
    """What XML 1.0 can hold."""
    return "".join(c if c in "\t\n" or c >= " " else "?" for c in text)


def write_xml(folder, group, rows):
    os.makedirs(folder, exist_ok=True)
    counts = {s: sum(1 for r in rows if r[1] == s) for s in ("passed", "failed", "skipped")}
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite", name=group, tests=str(len(rows)), failures=str(counts["failed"]), errors="0",
                          skipped=str(counts["skipped"]), time=f"{sum(r[3] for r in rows):.3f}")
    for name, state, text, seconds in rows:
        case = ET.SubElement(suite, "testcase", name=name, time=f"{seconds:.3f}")
        if state == "failed":
            ET.SubElement(case, "failure").text = clean(text)
        elif state == "skipped":
            ET.SubElement(case, "skipped", message=clean(text))
    path = os.path.join(folder, group + ".xml")
    ET.ElementTree(root).write(path + ".new", encoding="utf-8", xml_declaration=True)
    os.replace(path + ".new", path)
    return counts


def main(args):
    if not args:
        print(__doc__, file=sys.stderr)
        return 2
    path = os.path.abspath(args[0])
    stem = os.path.splitext(os.path.basename(path))[0]
    group = "programs-" + stem.removeprefix("test_").replace("_", "-")
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{a}*" for a in args[1:]] or None
    tests = loader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(resultclass=Result, verbosity=2).run(tests)
    counts = write_xml(os.environ.get("SNUG_RESULTS", "results"), group, result.rows)
    if counts["failed"] or not result.rows:
        return 1
    return 77 if counts["skipped"] == len(result.rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
