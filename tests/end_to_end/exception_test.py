"""--mode exception: only threads in which an exception is raised or handled."""

import support
from support import INTERPRETERS, Target, function

WITH = {"raises", "sleeps_in_handler", "generator_in_handler", "runs_generator"}
WITHOUT = {"sleeps", "computes"}


class Exceptions(support.EndToEnd):
    def test_threads_with_an_exception_count_whether_they_run_or_wait(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), Target("exceptions.py", python=python) as target:
                stacks, figures = self.record("-p", target.pid, "-d", "2", "--mode", "exception")
                found = {}
                for stack, count in stacks.items():
                    for body in (WITH | WITHOUT) & {function(frame) for frame in stack}:
                        found[body] = found.get(body, 0) + count
                self.assertEqual(set(found) & WITHOUT, set(), found)
                self.assertEqual(set(found), WITH, found)
                # These never leave their handlers; `raises` is in one most of the time.
                for body in WITH - {"raises"}:
                    self.assertGreater(found[body], figures["ticks"] * 9 // 10, found)
                self.assertGreater(found["raises"], figures["ticks"] // 2, found)
                self.assertTrue(any(function(f) == "handles" for s in stacks for f in s))

    def test_the_option_contradicts_the_others(self):
        for other in ("--gil", "--idle"):
            done = support.osprey("record", "--mode", "exception", other, "-p", "1")
            self.assertEqual(done.returncode, 125)
            self.assertIn("contradict", done.stderr)

    def test_a_program_without_exceptions_says_why_the_profile_is_empty(self):
        with Target("idle.py") as target:
            self.record("-p", target.pid, "-d", "0.3", "--mode", "exception")
            self.assertIn("exception", self.err)


if __name__ == "__main__":
    support.main()
