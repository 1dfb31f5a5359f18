#!/usr/bin/env python3
"""Adds up what ctest wrote with --output-junit: totals.py [--counts] RESULT.xml...

Names every test that failed or was skipped, then prints `total: N passed, N failed` (with
--counts, the two numbers alone). Exits with 1 when a test failed or none was run.
"""

import sys
import xml.etree.ElementTree as ElementTree

# A test that says itself that it cannot run here; anything else that was not run has failed.
SKIPPED_BY_ITSELF = ("SKIP_", "Disabled")


def outcome(case):
    status = case.get("status")
    if status == "run":
        return "passed", ""
    skipped = case.find("skipped")
    message = skipped.get("message", "") if skipped is not None else ""
    if status == "disabled" or message.startswith(SKIPPED_BY_ITSELF):
        return "skipped", message
    return "failed", message


def main(arguments):
    only_counts = "--counts" in arguments
    names = {"passed": [], "failed": [], "skipped": []}
    for path in arguments:
        if path == "--counts":
            continue
        for case in ElementTree.parse(path).iter("testcase"):
            what, message = outcome(case)
            names[what].append(f"{case.get('name')} {message}".strip())
    if only_counts:
        print(len(names["passed"]), len(names["failed"]))
    else:
        for what in ("skipped", "failed"):
            for name in names[what]:
                print(f"{what}: {name}")
        if names["skipped"]:
            print(f"{len(names['skipped'])} skipped, as named above")
        print(f"total: {len(names['passed'])} passed, {len(names['failed'])} failed")
    return 1 if names["failed"] or not names["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
