"""What makes many threads cheap: how often the target is read, and how much of it. Counted, not
timed."""

import functools
import os
import re
import subprocess
import tempfile
import unittest

import support
from support import INTERPRETERS, OSPREY, Target


@functools.lru_cache(maxsize=None)
def reads(waiting, python):
    """System calls, and bytes, for one thread's stack: one thread runs, and so many wait."""
    with tempfile.TemporaryDirectory() as folder:
        calls, profile = os.path.join(folder, "calls"), os.path.join(folder, "profile.txt")
        with Target("many_threads.py", str(waiting), python=python) as target:
            subprocess.run(
                ["strace", "-f", "-o", calls, "-e", "trace=process_vm_readv", OSPREY, "record",
                 "--idle", "-p", str(target.pid), "-r", "100", "-d", "1", "-o", profile, "-F"],
                check=True, capture_output=True, timeout=100)
        with open(calls, encoding="utf-8") as file:
            arrived = re.findall(r"process_vm_readv\(.* = (\d+)$", file.read(), re.MULTILINE)
        with open(profile, encoding="utf-8") as file:
            stacks = sum(support.parse_folded(file.read()).values())
    return len(arrived) / stacks, sum(map(int, arrived)) / stacks


class Speed(unittest.TestCase):
    def test_many_threads_share_system_calls(self):
        for _, python in INTERPRETERS:
            with self.subTest(python=python.name):
                alone, _ = reads(0, python)
                shared, _ = reads(200, python)
                self.assertLess(shared, alone / 6)

    def test_what_cannot_have_changed_is_not_read_again(self):
        for version, python in INTERPRETERS:
            # Who has held the GIL since the last look is not known before 3.7, nor without one.
            if version < (3, 7) or "t" in python.flags:
                continue
            with self.subTest(python=python.name):
                _, alone = reads(0, python)
                _, with_others = reads(200, python)
                self.assertLess(with_others, alone / 6)


if __name__ == "__main__":
    support.main()
