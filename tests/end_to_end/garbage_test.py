"""A frame <gc> stands on the thread that collects garbage, while it does."""

import support
from support import INTERPRETERS, Target, function


# Until 3.6 the word that says so has no symbol.
SAYING_SO = [(version, path) for version, path in INTERPRETERS if version >= (3, 7)]


def collecting(stacks):
    return {stack: count for stack, count in stacks.items() if "<gc>" in stack}


class GarbageCollector(support.EndToEnd):
    def test_a_program_that_collects_all_the_time(self):
        for version, python in SAYING_SO:
            for options in ((), ("--idle",), ("--gil",), ("-r", "max")):
                with self.subTest(version=version, options=options), \
                        Target("garbage.py", "collects", python=python) as target:
                    stacks, _ = self.record("-p", target.pid, "-d", "1", *options)
                    found = collecting(stacks)
                    ran = sum(count for stack, count in stacks.items()
                              if "waits" not in map(function, stack))
                    self.assertGreater(sum(found.values()), ran * 8 // 10, stacks)
                    self.assertEqual({stack[-1] for stack in found}, {"<gc>"})
                    # Above 20,000 Hz the word on the collector may be 50 us old.
                    right = sum(count for stack, count in found.items()
                                if function(stack[-2]) == "makes_garbage")
                    self.assertGreater(right, sum(found.values()) * 95 // 100, found)

    def test_a_program_that_never_does(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), \
                    Target("garbage.py", "never", python=python) as target:
                stacks, _ = self.record("-p", target.pid, "-d", "0.5", "--idle")
                self.assertEqual(collecting(stacks), {})


if __name__ == "__main__":
    support.main()
