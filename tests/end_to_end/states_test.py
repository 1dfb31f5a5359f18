"""What a thread does decides whether it counts: --mode, --gil, --idle."""

import os
import sys

import support
from support import INTERPRETERS, Target, function

BODIES = {"sleeps", "spins_in_c", "reads_pipe", "waits_for_lock", "spins_in_python"}


def bodies(stacks):
    """Samples by the thread's body."""
    found = {}
    for stack, count in stacks.items():
        for frame in stack:
            if function(frame) in BODIES:
                found[function(frame)] = found.get(function(frame), 0) + count
    return found


class States(support.EndToEnd):
    def test_cpu_counts_threads_that_run(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), Target("states.py", python=python) as target:
                stacks, _ = self.record("-p", target.pid, "-d", "2")
                found = bodies(stacks)
                waiting = sum(found.get(b, 0) for b in ("sleeps", "reads_pipe", "waits_for_lock"))
                self.assertGreater(found.get("spins_in_c", 0), 200)
                self.assertGreater(found.get("spins_in_python", 0), 200)
                # A thread that wakes up runs for an instant.
                self.assertLessEqual(waiting, sum(found.values()) // 50)

    def test_gil_counts_its_holder(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), Target("states.py", python=python) as target:
                stacks, figures = self.record("-p", target.pid, "-d", "2", "--gil")
                found = bodies(stacks)
                self.assertGreater(found.get("spins_in_python", 0), figures["samples"] * 9 // 10)
                # What it compressed is copied with the GIL held.
                self.assertLessEqual(found.get("spins_in_c", 0), figures["samples"] // 8)

    def test_threads_that_run_python_code_at_the_same_time(self):
        for version, python in INTERPRETERS:
            for options in ((), ("--gil",)):
                with self.subTest(version=version, python=python, options=options), \
                        Target("parallel.py", python=python) as target:
                    stacks, figures = self.record("-p", target.pid, "-d", "0.5", *options)
                    found = {"one": 0, "other": 0}
                    for stack, count in stacks.items():
                        names = set(map(function, stack))
                        if names == {"<module>"}:  # the main thread, going to sleep
                            continue
                        mine, = names & set(found)
                        found[mine] += count
                        # Whose leaf it is says the name: no frame is another thread's.
                        leaves = {name for name in names if name.startswith("leaf_of_")}
                        self.assertLessEqual(leaves, {"leaf_of_" + mine})
                    if "t" in python.flags:  # both run, and both count, at every tick
                        self.assertGreater(min(found.values()), figures["ticks"] * 8 // 10)
                    elif options:  # or one has the GIL
                        self.assertLessEqual(sum(found.values()), figures["ticks"])
                        self.assertGreater(min(found.values()), figures["ticks"] // 5)

    def test_a_gil_that_was_switched_on(self):
        without = [python for _, python in INTERPRETERS if "t" in python.flags]
        if not without:
            print("no free-threaded Python is here", file=sys.stderr)
        for python in without:
            with self.subTest(python=python), \
                    Target("parallel.py", python=python,
                           env=dict(os.environ, PYTHON_GIL="1")) as target:
                stacks, figures = self.record("-p", target.pid, "-d", "1", "--gil")
                found = {name: sum(count for stack, count in stacks.items()
                                   if name in map(function, stack)) for name in ("one", "other")}
                # One after the other: a walk of the second may come after the first let go.
                self.assertLess(sum(found.values()), figures["ticks"] * 11 // 10, found)
                self.assertGreater(min(found.values()), figures["ticks"] // 5, found)

    def test_idle_counts_all(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), Target("states.py", python=python) as target:
                stacks, figures = self.record("-p", target.pid, "-d", "1", "--mode", "wall")
                found = bodies(stacks)
                self.assertEqual(set(found), BODIES)
                for body, count in found.items():
                    self.assertGreater(count, figures["ticks"] * 9 // 10, body)


if __name__ == "__main__":
    support.main()
