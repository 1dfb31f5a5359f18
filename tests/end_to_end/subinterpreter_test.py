"""Subinterpreters: each is named, and of one thread only the code that runs counts."""

import support
from support import INTERPRETERS, Target, function

WITH_SUBINTERPRETERS = [(version, path) for version, path in INTERPRETERS if version >= (3, 8)]
# Where the state of a subinterpreter's thread names the thread that runs it, and one interpreter can
# call another.
WITH_THREADS = [(version, path) for version, path in INTERPRETERS if version >= (3, 13)]


class Subinterpreters(support.EndToEnd):
    def check_roots(self, stacks, depth=0):
        """Samples of each interpreter's code; none stands on another's root."""
        seen = {1: 0, 2: 0}
        for stack, count in stacks.items():
            names = {function(frame) for frame in stack}
            owner = [n for n in seen if f"sub{n}_inner" in names or f"sub{n}_outer" in names]
            if owner:
                self.assertEqual(len(owner), 1, stack)
                self.assertEqual(stack[depth], f"interpreter {owner[0]}", stack)
                seen[owner[0]] += count
            elif names & {"runs_sub", "in_main", "sleeps"}:
                self.assertFalse(any(f.startswith("interpreter ") for f in stack), stack)
        return seen

    def test_each_is_named_and_only_the_one_that_runs_counts(self):
        for version, python in WITH_SUBINTERPRETERS:
            for kind in ("isolated", "legacy"):
                with self.subTest(version=version, kind=kind), \
                        Target("subinterpreters.py", kind, "main", python=python) as target:
                    stacks, figures = self.record("-p", target.pid, "-d", "2")
                    seen = self.check_roots(stacks)
                    for count in seen.values():
                        self.assertGreater(count, sum(stacks.values()) // 5, seen)
                    # One thread runs: it is not counted for its callers as well.
                    self.assertLessEqual(figures["samples"], figures["ticks"] * 102 // 100)
                    self.assertGreater(sum(seen.values()), figures["samples"] * 9 // 10)
                    self.assertLessEqual(figures["rejected"], figures["samples"] // 100)

    def test_threads_stand_below_interpreters(self):
        for version, python in WITH_SUBINTERPRETERS:
            with self.subTest(version=version), \
                    Target("subinterpreters.py", "legacy", "main", python=python) as target:
                stacks, _ = self.record("-p", target.pid, "-d", "1", "-t", "-i")
                seen = self.check_roots(stacks, depth=1)
                self.assertGreater(min(seen.values()), 10, seen)
                for stack in stacks:
                    self.assertTrue(stack[0].startswith("thread (0x"), stack)
                self.assertTrue(any(stack[0].endswith(": MainThread") and "runs_sub" in map(
                    function, stack) for stack in stacks))

    def test_in_threads_of_their_own(self):
        if not WITH_THREADS:
            self.skipTest("no CPython 3.13 or later on this machine")
        for version, python in WITH_THREADS:
            for kind in ("isolated", "legacy"):
                with self.subTest(version=version, kind=kind), \
                        Target("subinterpreters.py", kind, "thread", python=python) as target:
                    stacks, figures = self.record("-p", target.pid, "-d", "2")
                    seen = self.check_roots(stacks)
                    self.assertGreater(min(seen.values()), figures["ticks"] // 20, seen)
                    callers = sum(count for stack, count in stacks.items()
                                  if "runs_sub" in map(function, stack))
                    self.assertLess(callers, figures["samples"] // 20)

    def test_one_that_another_calls(self):
        for version, python in WITH_THREADS:
            for kind in ("isolated", "legacy"):
                with self.subTest(python=python.name, kind=kind), \
                        Target("subinterpreters.py", kind, "nested", python=python) as target:
                    stacks, figures = self.record("-p", target.pid, "-d", "1")
                    seen = self.check_roots(stacks)
                    self.assertGreater(seen[1], figures["samples"] * 9 // 10, seen)
                    self.assertLessEqual(seen[2], figures["samples"] // 50)

    def test_some_that_come_and_go(self):
        for version, python in WITH_SUBINTERPRETERS:
            with self.subTest(version=version), \
                    Target("subinterpreters.py", "legacy", "brief", python=python) as target:
                stacks, figures = self.record("-p", target.pid, "-d", "2", "-r", "2k", "--idle")
                inside = [stack for stack in stacks
                          if "sub1_inner" in map(function, stack)]
                self.assertTrue(inside)
                for stack in inside:
                    self.assertRegex(stack[0], r"^interpreter \d+$")
                self.assertLessEqual(figures["rejected"], figures["samples"] // 50)


if __name__ == "__main__":
    support.main()
