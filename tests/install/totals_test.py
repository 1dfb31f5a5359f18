"""scripts/totals.py tells a test that failed from one that says that it cannot run."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "totals.py"


def case(name, status, message=None):
    inside = "" if message is None else f'<skipped message="{message}"/>'
    return f'<testcase name="{name}" status="{status}">{inside}</testcase>'


class Totals(unittest.TestCase):
    def test_what_failed_tests_said(self):
        output = "\n".join(["noise", "FAIL: test_it", "AssertionError: 1 != 2 " + "x" * 300, "."])
        said = f'<testcase name="b" status="fail"><system-out>{output}</system-out></testcase>'
        status, lines = self.totals(case("a", "run"), said, options=["--failures"])
        self.assertEqual(status, 1)
        self.assertEqual(lines[:2], ["failed: b", "  FAIL: test_it"])
        self.assertEqual(lines[2][:30], "  AssertionError: 1 != 2 xxxxxxx"[:30])
        self.assertLessEqual(len(lines[2]), 202)
        self.assertEqual(len(lines), 3)

    def totals(self, *cases, options=()):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "tests.xml")
            path.write_text(f"<testsuite>{''.join(cases)}</testsuite>", encoding="utf-8")
            done = subprocess.run([sys.executable, "-B", SCRIPT, *options, path],
                                  capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()

    def test_all_passed(self):
        self.assertEqual(self.totals(case("a", "run"), case("b", "run")),
                         (0, ["total: 2 passed, 0 failed"]))

    def test_a_failure_is_named_and_fails(self):
        self.assertEqual(self.totals(case("a", "run"), case("b", "fail")),
                         (1, ["failed: b", "total: 1 passed, 1 failed"]))

    def test_a_missing_program_is_a_failure(self):
        status, lines = self.totals(case("a", "run"),
                                    case("b", "notrun", "Unable to find executable"))
        self.assertEqual((status, lines[-1]), (1, "total: 1 passed, 1 failed"))

    def test_a_skip_is_named_and_counts_as_neither(self):
        status, lines = self.totals(case("a", "run"),
                                    case("b", "notrun", "SKIP_RETURN_CODE=4"),
                                    case("c", "disabled", "Disabled"))
        self.assertEqual(status, 0)
        self.assertEqual(lines, ["skipped: b SKIP_RETURN_CODE=4", "skipped: c Disabled",
                                 "2 skipped, as named above", "total: 1 passed, 0 failed"])

    def test_no_test_at_all_fails(self):
        self.assertEqual(self.totals()[0], 1)

    def test_counts_alone(self):
        self.assertEqual(self.totals(case("a", "run"), case("b", "fail"), options=["--counts"]),
                         (1, ["1 1"]))


if __name__ == "__main__":
    unittest.main()
