"""The matrix: one body of checks on every Python that can be had, and a line for each that cannot."""

import os
import re
import sys

import interpreters
import matrix
import support
from support import PROGRAMS, Target, function

PROGRAM = os.path.join(PROGRAMS, "every_python.py")
REQUIRE = os.environ.get("OSPREY_REQUIRE_PYTHONS") == "1"


def short(frame):
    """The name without its class: qualified names begin with 3.11."""
    return function(frame).rpartition(".")[2]


def names(stack):
    return tuple(map(short, stack))


def holds(stack, calls):
    """Whether the calls follow each other in the stack."""
    found = names(stack)
    return any(found[i:i + len(calls)] == calls for i in range(len(found)))


class Checks(support.EndToEnd):
    """What every Python must pass, a method per column of the matrix."""

    def attach(self, python):
        with Target("every_python.py", python=python) as target:
            stacks, figures = self.record("-p", target.pid, "-d", "0.5")
        self.assertTrue(support.shows_every_python(stacks), stacks)
        self.assertLessEqual(figures["rejected"], figures["samples"] // 100)

    def launch(self, python):
        stacks, _ = self.record("--", python, PROGRAM, "0.5")
        self.assertTrue(support.shows_every_python(stacks), stacks)
        # From the start on: what the interpreter does before the program is there, too.
        self.assertTrue(any("works" not in names(s) for s in stacks), stacks)

    def version(self, python):
        with Target("every_python.py", python=python) as target:
            _, figures = self.record("-p", target.pid, "-d", "0.1")
        self.assertEqual(figures["python_version"], python.name.rstrip("d"))
        self.assertIn(figures["python_found_by"], ("symbol", "section", "code", "scan"))
        self.assertIn(f"Python {figures['python_version']}, found by", self.err)

    def threads(self, python):
        with Target("every_python.py", python=python) as target:
            stacks, figures = self.record("-p", target.pid, "-d", "0.5", "-t", "--idle")
        roots = {stack[0].partition(": ")[2] for stack in stacks}
        self.assertEqual(roots, {"MainThread", "Waiter of the test"})
        self.assertEqual(figures["threads"], 2)

    def lines(self, python):
        with open(PROGRAM, encoding="utf-8") as file:
            source = file.read().splitlines()
        right, wrong = 0, {}
        with Target("every_python.py", python=python) as target:
            # Again for a busy machine, on which a second may show next to nothing.
            for _ in range(20):
                stacks, _ = self.record("-p", target.pid, "-d", "0.5")
                for stack, count in stacks.items():
                    for caller, callee in zip(stack, stack[1:]):
                        line = re.search(r"every_python\.py:(\d+)\)$", caller)
                        if not line or short(callee) != "leaf":
                            continue
                        if "leaf(" in source[int(line[1]) - 1]:
                            right += count
                        else:
                            wrong[caller] = wrong.get(caller, 0) + count
                if right > 100:
                    break
        self.assertGreater(right, 100)
        # See walking_test.py: until 3.10 a frame's line may be that of its call before.
        limit = right // 20 if python.version < (3, 11) else 0
        self.assertLessEqual(sum(wrong.values()), limit, wrong)

    def calls(self, python):
        self.assert_seen(python, ("by_class", "__init__", "leaf"), ("by_class", "method", "leaf"),
                         ("by_callback", "sort_key", "leaf"))

    def generators(self, python):
        self.assert_seen(python, ("by_generator", "through", "numbers", "leaf"))

    def recursion(self, python):
        self.assert_seen(python, ("works",) + ("recurse",) * 41 + ("leaf",))

    def assert_seen(self, python, *wanted):
        missing = set(wanted)
        with Target("every_python.py", python=python) as target:
            # A busy machine lets the program run so seldom that a second may not show all.
            for _ in range(20):
                stacks, _ = self.record("-p", target.pid, "-d", "0.5")
                missing = {calls for calls in missing
                           if not any(holds(s, calls) for s in stacks)}
                if not missing:
                    return
        self.fail(f"not seen: {missing}")

    def gil(self, python):
        with Target("every_python.py", python=python) as target:
            stacks, figures = self.record("-p", target.pid, "-d", "0.5", "--gil")
        self.assertGreater(figures["samples"], figures["ticks"] * 8 // 10)
        self.assertFalse(any("waits" in names(s) for s in stacks))

    def idle(self, python):
        with Target("every_python.py", python=python) as target:
            busy, _ = self.record("-p", target.pid, "-d", "0.5")
            every, figures = self.record("-p", target.pid, "-d", "0.5", "--idle")
        waiting = [sum(n for s, n in stacks.items() if "waits" in names(s))
                   for stacks in (busy, every)]
        self.assertLessEqual(waiting[0], sum(busy.values()) // 20)
        self.assertGreater(waiting[1], figures["ticks"] * 9 // 10)

    def native(self, python):
        """C code stands between a function and the one that it calls by sorted()."""
        with Target("every_python.py", python=python) as target:
            for _ in range(20):  # as above
                stacks, figures = self.record("--native=all", "-p", target.pid, "-d", "0.5")
                between, without = 0, 0
                for stack, count in stacks.items():
                    stack = names(stack)
                    if "sort_key" in stack:
                        callee = stack.index("sort_key")
                        self.assertIn("by_callback", stack[:callee], stack)
                        # Of builtin_sorted, list_sort and the call.
                        if callee - stack.index("by_callback") > 2:
                            between += count
                        else:
                            without += count
                if between:
                    break
        # A thread that has no processor cannot always be stopped in time.
        missed = figures["errors"].get("thread_stop", 0)
        self.assertGreater(between, 0)
        self.assertLessEqual(without, missed)
        self.assertLessEqual(figures["cut"], figures["samples"] // 20 + missed)


COLUMNS = ("attach", "launch", "version", "threads", "lines", "calls", "generators", "recursion",
           "gil", "idle", "native")


class Pythons(Checks):
    def test_every_python(self):
        table = matrix.Matrix(COLUMNS)
        self.addCleanup(table.leave)
        for wanted, python, reason in interpreters.FOUND:
            if python is None:
                table.missing(wanted, reason)
                with self.subTest(python=wanted.name, source=wanted.source):
                    if REQUIRE and wanted.required:
                        self.fail(f"could not be had: {reason}")
                    print(f"Python {wanted.name} of {wanted.source}: {reason}", file=sys.stderr)
                continue
            for column in COLUMNS:
                # A line of its own for each, also when it fails: the rest goes on.
                table.enter(python, column, "failed")
                with self.subTest(python=python.name, source=python.source, check=column):
                    getattr(self, column)(python)
                    table.enter(python, column, "ok")


if __name__ == "__main__":
    support.main()
