"""Greenlets and gevent: the stack is that of the greenlet that runs, and of no other."""

import itertools
import subprocess

import support
from support import INTERPRETERS, SANITIZED, Target, function

# Debian's packages have both, and fetch-pythons.sh puts them where 3.14 is.
PYTHONS = {version: python for version, python in INTERPRETERS
           if subprocess.run([python, "-c", "import gevent, greenlet"], check=False,
                             capture_output=True).returncode == 0}
RATES = ("1000", "max")


def of(stack, name):
    return sum(function(frame).rpartition(".")[2] == name for frame in stack)


class Greenlets(support.EndToEnd):
    def sampled(self, version, kind, rate):
        with Target("greenlets.py", kind, python=PYTHONS[version]) as target:
            stacks, figures = self.record("-p", target.pid, "-d", "2", "-r", rate, "--idle")
            target.process.stdin.close()
            spent = dict(word.split("=") for word in target.process.stdout.readline().split())
        # Where greenlets end all the time, 0 to 9 of 1,850 were rejected, the more the busier the machine.
        for what in ("rejected", "cut"):
            # With a sanitizer a walk is several times as long, and more ends in its middle.
            self.assertLessEqual(figures[what], figures["samples"] // (20 if SANITIZED else 100),
                                 what)
        return stacks, {name: float(seconds) for name, seconds in spent.items()}

    def test_there_are_pythons_that_have_both(self):
        """Whether there must be a 3.14 pythons_test.py decides."""
        found = {version for version, _ in INTERPRETERS}
        self.assertLessEqual({(3, 11)} if SANITIZED else {(3, 11)} | {(3, 14)} & found, set(PYTHONS))

    def test_each_is_seen_with_its_own_stack_while_it_runs(self):
        for case in itertools.product(PYTHONS, ("hand", "gevent"), RATES):
            with self.subTest(case=case):
                stacks, spent = self.sampled(*case)
                seen = {name: 0 for name in ("short_one", "deep_one", "generator_one")}
                mixed = {}
                for stack, count in stacks.items():
                    here = [name for name in seen if of(stack, name)]
                    if len(here) == 1 and of(stack, "by_hand") + of(stack, "by_gevent") == 0:
                        seen[here[0]] += count
                    elif here:
                        mixed[stack] = count
                    if here == ["deep_one"] and of(stack, "computes"):
                        self.assertEqual(of(stack, "deep_one"), 21, stack)
                    if here == ["generator_one"] and of(stack, "computes"):
                        self.assertEqual(of(stack, "steps"), 1, stack)
                # A switch is made in the middle of a copy now and then.
                self.assertLessEqual(sum(mixed.values()), sum(seen.values()) // 1000, mixed)
                self.assertEqual(set(spent), set(seen))
                # With a sanitizer one copy takes longer than the shortest of them run.
                for name, count in seen.items() if not SANITIZED else ():
                    self.assertGreater(count, sum(seen.values()) // 50, seen)

    def test_native(self):
        """Its own part of the native stack fits its Python frames. Below lies that of the one that
        has started it or, where that has gone on, something else: then the walk ends there."""
        for case in itertools.product(PYTHONS, ("hand", "gevent")):
            with self.subTest(case=case), Target("greenlets.py", case[1],
                                                 python=PYTHONS[case[0]]) as target:
                stacks, figures = self.record("--native=all", "-p", target.pid, "-d", "1")
                missed = figures["errors"].get("thread_stop", 0)
                below, deep = 0, 0
                for stack, count in stacks.items():
                    if of(stack, "deep_one") and of(stack, "computes"):
                        self.assertEqual(of(stack, "deep_one"), 21, stack)
                        first = next(i for i, f in enumerate(stack) if function(f) == "deep_one")
                        below += count if any("inner_bootstrap" in f for f in stack[:first]) else 0
                        deep += count
                self.assertGreater(deep, 100)
                self.assertGreater(below, 0.9 * deep - missed, (deep, figures))

    def test_some_that_end_all_the_time(self):
        for case in itertools.product(PYTHONS, ("dropped",), RATES):
            with self.subTest(case=case):
                stacks, _ = self.sampled(*case)
                wrong, right = {}, 0
                for stack, count in stacks.items():
                    if not of(stack, "computes"):
                        continue
                    if of(stack, "brief") == 6 and of(stack, "<module>") == 0:
                        right += count
                    else:
                        wrong[stack] = count
                self.assertGreater(right, 500)
                self.assertLessEqual(sum(wrong.values()), right // 500, wrong)


if __name__ == "__main__":
    support.main()
