"""Merged stacks of every Python beside what its program says of who calls whom."""

import json
import os
import subprocess
import unittest

from interpreters import FOUND, PROGRAMS
from support import Target

DESCRIBE = os.environ["OSPREY_DESCRIBE_MERGING"]
PYTHONS = [python for _, python, _ in FOUND if python]
# By which C code a function of evaluations.py is called, as a piece of its name, or of its file's
# where the names are stripped.
CALLED_BY = {"by_sorted": "sort", "by_map": "map_next", "by_reduce": "functools_reduce",
             "by_sub": "_sre", "by_qsort": "libffi|ffi_closure", "__del__": "finaliz|slot_tp_del|subtype_del",
             "__eq__": "slot_tp_richcompare|half_richcompare|half_compare"}
# And the other way round: what is called next by it.
CALLS = {"list_sort": {"by_sorted", "<lambda>", "__eq__"}, "map_next": {"by_map"},
         "functools_reduce": {"by_reduce"}, "closure_fcn": {"by_qsort"}}
PAIRS = os.environ["OSPREY_NATIVE_PAIRS"]
INTERPRETER = ("@libpython", "@python")


def describe(target, rounds, steps):
    done = subprocess.run([DESCRIBE, str(target.pid), str(rounds), str(steps)],
                          capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def native_pairs(stack):
    """(Python caller, native function of native_pairs.cpp, Python callee or None) in a stack."""
    found, caller, native = [], None, None
    for frame in stack.split(";"):
        kind, name = frame.split(" ", 1)
        name = name.split("@")[0]
        if kind == "n":
            if name.startswith("native_") and name != "native_spin":
                native = name
            continue
        if native:
            found.append((caller, native, name))
        caller, native = name, None
    return found + ([(caller, native, None)] if native else [])


def between(stack):
    """(Python caller, native frames, Python callee) of each call; None for none."""
    calls, caller, native = [], None, []
    for frame in stack.split(";"):
        kind, name = frame.split(" ", 1)
        if kind == "n":
            native.append(name)
            continue
        name = name.rsplit(".", 1)[-1]
        calls.append((caller, native, name))
        caller, native = name, []
    return calls


class Merging(unittest.TestCase):
    maxDiff = 2000

    def check(self, python, described):
        has_names = any("list_sort" in stack for stack in described["stacks"])
        seen = set()
        for stack, count in described["stacks"].items():
            for caller, native, callee in between(stack):
                text = " ".join(native)
                wanted = CALLED_BY.get(callee, "")
                is_file = "libffi" in wanted
                if wanted and (has_names or is_file):
                    self.assertTrue(any(w in text for w in wanted.split("|")),
                                    f"{count} times {callee} under {caller} by {text or 'none'}")
                    seen.add(callee)
                for function, callees in CALLS.items() if caller else ():
                    if any(n.startswith(function) for n in native):
                        self.assertIn(callee, callees, f"called by {text}")
                if caller == "plain":  # which calls Python code alone
                    foreign = [n for n in native if not any(i in n for i in INTERPRETER)]
                    self.assertEqual(foreign, [], stack)
            self.assertTrue(stack.split(";")[0].startswith("n "), stack)
        fit = sum(described["stacks"].values())
        unfit = sum(described["unfit"].values())
        print(f"{python.name} ({python.source}): {fit} merged, {unfit} cut,"
              f" {described['parts']} part(s), checked {sorted(seen)}")
        return fit, unfit

    def test_stops(self):
        for python in PYTHONS:
            with self.subTest(python.name), Target("evaluations.py", python=python) as target:
                fit, unfit = self.check(python, describe(target, 400, 1))
                self.assertLess(unfit, 8)
                self.assertGreater(fit, 390)

    def test_pairs(self):
        for python in PYTHONS:
            with self.subTest(python.name):
                process = subprocess.Popen(
                    [python, os.path.join(PROGRAMS, "native_pairs.py"), PAIRS, "60"],
                    stdout=subprocess.PIPE, text=True)
                try:
                    truth = json.loads(process.stdout.readline())["pairs"]
                    self.assertEqual(process.stdout.readline(), "ready\n")
                    self.check_pairs(truth, describe(process, 600, 1))
                finally:
                    process.kill()
                    process.stdout.close()
                    process.wait()

    def check_pairs(self, truth, described):
        self.assertLess(sum(described["unfit"].values()), 3)
        shares = {(caller, native, callee): share for caller, _, native, callee, share in truth}
        counts = dict.fromkeys(shares, 0)
        for stack, count in described["stacks"].items():
            for pair in native_pairs(stack):
                self.assertIn(pair, shares, stack)
                counts[pair] += count
        for pair, share in shares.items():
            self.assertAlmostEqual(counts[pair] / described["looks"], share, delta=0.06, msg=pair)

    def test_every_instruction(self):
        for python in PYTHONS:
            with self.subTest(python.name), Target("evaluations.py", python=python) as target:
                fit, unfit = self.check(python, describe(target, 12, 500))
                self.assertLess(unfit, fit / 50)


if __name__ == "__main__":
    unittest.main()
