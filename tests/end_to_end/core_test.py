"""Core files of every Python: what is read from them is what the program was."""

import glob
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from interpreters import PROJECT
from support import ALL_BUILDS, main

DESCRIBE_CORE = os.environ["OSPREY_DESCRIBE_CORE"]
with open(os.path.join(PROJECT, "tests", "golden", "program.py"), encoding="utf-8") as program:
    PROGRAM = program.read()
with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as pattern:
    CORE_PATTERN = pattern.read().strip()
KERNEL_WRITES_HERE = not CORE_PATTERN.startswith("|") and "/" not in CORE_PATTERN
ARGUMENTS = ["first argument", "second"]


def allow_cores():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


class Waiting:
    """The program of tests/golden in a folder of its own, which waits where it says it does."""

    def __init__(self, python, folder):
        # A chroot starts in its root, where no core file should be left.
        code = f"import os; os.chdir({folder!r})\n" + PROGRAM
        self.process = subprocess.Popen([python, "-c", code, *ARGUMENTS], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, preexec_fn=allow_cores)
        self.pid = self.process.pid
        self.folder = folder
        self.stacks = json.loads(self.process.stdout.readline())
        with open(f"/proc/{self.pid}/cmdline", encoding="utf-8") as file:
            self.command = file.read().rstrip("\0").replace("\0", " ")
        self.tids = sorted(int(tid) for tid in os.listdir(f"/proc/{self.pid}/task"))
        while not all(self.waits(tid) for tid in self.tids):
            time.sleep(0.001)

    def waits(self, tid):
        """Whether a thread has come to where it stays: the first one reads, the others lock."""
        with open(f"/proc/{self.pid}/task/{tid}/syscall", encoding="ascii") as file:
            return file.read().startswith("0 0x0 " if tid == self.pid else "202 ")

    def gcore(self, *options):
        prefix = os.path.join(self.folder, "made")
        done = subprocess.run(["gcore", *options, "-o", prefix, str(self.pid)], check=True,
                              capture_output=True, text=True)
        # gdb 13 with glibc 2.42: a guard page that it cannot read costs it the stack behind it.
        # [vsyscall] lies in the kernel's half and is no loss.
        lost = re.findall(r"Memory read failed for corefile section.* at 0x(\w+)", done.stderr)
        self.lost_stacks = any(int(address, 16) < 1 << 63 for address in lost)
        return f"{prefix}.{self.pid}"

    def die(self):
        """Has the kernel write a core file."""
        self.process.send_signal(signal.SIGABRT)
        self.process.wait()
        return glob.glob(os.path.join(self.folder, "*"))[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def describe(core, executable="", sysroot=""):
    done = subprocess.run([DESCRIBE_CORE, core, executable, sysroot], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Core(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="osprey-core-")
        os.chmod(self.folder, 0o777)
        self.addCleanup(shutil.rmtree, self.folder, True)

    def assert_describes(self, told, python, waiting, loses_stacks=False):
        self.assertEqual(told["pid"], waiting.pid)
        self.assertEqual(told["title"], waiting.command)
        found = told["python"]
        self.assertNotIn("error", found)
        self.assertEqual(found["version"], python.name.rstrip("d"))
        names = dict(waiting.stacks)
        self.assertEqual(set(found["stacks"]), {*names, "MainThread"})
        for name, stack in names.items():
            if name in found["cut"]:
                # What is there is true, in its order.
                rest = iter(stack)
                self.assertTrue(all(frame in rest for frame in found["stacks"][name]), name)
            else:
                self.assertEqual(found["stacks"][name], stack, name)
        self.assertEqual(len(found["stacks"]["MainThread"]), 1)
        if not loses_stacks:
            self.assertEqual(found["cut"], [])
            self.assertEqual(told["warnings"], [])

        self.assertEqual(sorted(thread["tid"] for thread in told["threads"]), waiting.tids)
        by_tid = {thread["tid"]: thread for thread in told["threads"]}
        self.assertEqual(len(found["threads"]), len(names) + 1)
        for thread in found["threads"]:
            of_core = by_tid[thread["tid"]]
            self.assertEqual(of_core["thread_pointer"], thread["ident"])
            self.assertFalse(of_core["on_cpu"])
            self.assertEqual(of_core["system_call"],
                             "read" if thread["tid"] == waiting.pid else "futex")

    def test_gcore_of_every_python(self):
        for version, python in ALL_BUILDS:
            with self.subTest(python=str(python), version=version):
                with Waiting(python, self.folder) as waiting:
                    core = waiting.gcore()
                told = describe(core)
                self.assert_describes(told, python, waiting, waiting.lost_stacks)
                if waiting.lost_stacks:
                    print(f"{python}: this gdb has lost its stacks", file=sys.stderr)
                    self.assertIn("the stacks of 3 of 4 threads are missing", told["warnings"][0])
                self.assertNotIn("signal", told)
                os.remove(core)

    @unittest.skipUnless(KERNEL_WRITES_HERE, f"core_pattern is {CORE_PATTERN}")
    def test_what_the_kernel_writes(self):
        if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
            self.skipTest("no core files are allowed")
        for version, python in ALL_BUILDS:
            with self.subTest(python=str(python), version=version):
                with Waiting(python, self.folder) as waiting:
                    core = waiting.die()
                told = describe(core, sysroot=python.root)
                self.assert_describes(told, python, waiting)
                self.assertEqual(told["signal"], {"number": signal.SIGABRT, "code": 0,
                                                  "sender": os.getpid()})
                os.remove(core)


if __name__ == "__main__":
    main()
