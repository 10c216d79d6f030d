#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add up what the tests left in the build folders given, print what failed and was skipped, and the closing line.

cmocka and tests/programs/runner.py write one XML file a group into <build>/results; meson's own log knows the tests that
write none, and those that crashed before they could.
"""
import glob
import json
import os
import sys
import xml.etree.ElementTree as ET


def cases(path):
    """(group, case, "passed" | "failed" | "skipped", text) of one XML file; cmocka leaves a crashed group's file cut off."""
    try:
        root = ET.parse(path).getroot()
    except ET.ParseError:
        return
    suites = [root] if root.tag == "testsuite" else list(root.iter("testsuite"))
    for suite in suites:
        for case in suite.iter("testcase"):
            failure = case.find("failure")
            if failure is None:
                failure = case.find("error")
            skipped = case.find("skipped")
            state = "failed" if failure is not None else "skipped" if skipped is not None else "passed"
            text = "".join(failure.itertext()).strip() if failure is not None else ""
            if skipped is not None:
                text = (skipped.get("message") or "").strip()
            yield suite.get("name"), case.get("name"), state, text


def main(folders):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for folder in folders:
        groups = {}
        for path in sorted(glob.glob(os.path.join(folder, "results", "*.xml"))):
            for group, case, state, text in cases(path):
                groups.setdefault(group, []).append(state)
                total[state] += 1
                if state == "failed":
                    print(f"FAILED {group}: {case}\n{text}\n")
                elif state == "skipped":
                    print(f"skipped {group}: {case} {text}")
        log = os.path.join(folder, "meson-logs", "testlog.json")
        if not os.path.exists(log):
            continue
        with open(log, encoding="utf-8") as f:
            for line in f:
                test = json.loads(line)
                name = test["name"].split(" / ")[-1].split(":")[-1].strip()
                result = test["result"]
                states = groups.get(name)
                if result in ("OK", "EXPECTEDFAIL") and states is None:
                    total["passed"] += 1
                elif result == "SKIP" and not states:
                    total["skipped"] += 1
                    print(f"skipped {name}: {(test.get('stdout') or '').strip()[-200:]}")
                elif result not in ("OK", "EXPECTEDFAIL", "SKIP") and "failed" not in (states or []):
                    total["failed"] += 1
                    out = (test.get("stdout") or "")[-4000:] + (test.get("stderr") or "")[-4000:]
                    print(f"FAILED {name} ({result})\n{out}\n")
    if total["passed"] + total["failed"] == 0:
        print("No test ran.")
        total["failed"] = 1
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
