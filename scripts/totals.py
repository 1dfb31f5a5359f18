#!/usr/bin/env python3
"""Adds up what ctest wrote with --output-junit: totals.py [--counts | --failures] RESULT.xml...

Names every test that failed or was skipped, then prints `total: N passed, N failed` (with
--counts, the two numbers alone; with --failures, the failed tests alone and in a few lines what
each said). Exits with 1 when a test failed or none was run.
"""

import re
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


# The lines of unittest, GoogleTest and the sanitizers that say what went wrong.
TELLING = re.compile(r"(FAIL|ERROR): |\w*(Error|Exception)\b|.*: Failure$|.*==ERROR|.*runtime error")
MOST_LINES = 8
MOST_COLUMNS = 200


def failure(case):
    """The failed test's name and the lines of its output that tell."""
    output = case.findtext("system-out") or ""
    telling = [line[:MOST_COLUMNS] for line in output.splitlines() if TELLING.match(line)]
    return [f"failed: {case.get('name')}"] + [f"  {line}" for line in telling[:MOST_LINES]]


def main(arguments):
    options = [argument for argument in arguments if argument.startswith("--")]
    names = {"passed": [], "failed": [], "skipped": []}
    failures = []
    for path in arguments:
        if path in options:
            continue
        for case in ElementTree.parse(path).iter("testcase"):
            what, message = outcome(case)
            names[what].append(f"{case.get('name')} {message}".strip())
            if what == "failed":
                failures += failure(case)
    if "--failures" in options:
        for line in failures:
            print(line)
    elif "--counts" in options:
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
