"""Core files of every Python: what is read from them is what the program was."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

import builds_test
from interpreters import DEBIAN_PYTHON, PROGRAMS, PROJECT
from support import ALL_BUILDS, Command, EndToEnd, function, main

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


class Waiting(Command):
    """The program of tests/golden in a folder of its own, which waits where it says it does."""

    def __init__(self, python, folder):
        program = os.path.join(folder, "program.py")
        with open(program, "w", encoding="utf-8") as file:
            # A chroot starts in its root, where no core file should be left.
            file.write(f"import os; os.chdir({folder!r})\nprint('ready')\n" + PROGRAM)
        super().__init__([python, program, *ARGUMENTS], preexec_fn=allow_cores)
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


def gcore(target, folder):
    """The path of the core file, and whether this gdb has lost the threads' stacks."""
    prefix = os.path.join(folder, "made")
    done = subprocess.run(["gcore", "-o", prefix, str(target.pid)], check=True,
                          capture_output=True, text=True)
    # gdb 13 with glibc 2.42: a guard page that it cannot read costs it the stack behind it.
    # [vsyscall] lies in the kernel's half and is no loss.
    lost = re.findall(r"Memory read failed for corefile section.* at 0x(\w+)", done.stderr)
    return f"{prefix}.{target.pid}", any(int(address, 16) < 1 << 63 for address in lost)


def kernel_core(target, folder):
    """The path of the core file that the kernel writes when `target` aborts in `folder`."""
    before = set(os.listdir(folder))
    target.process.send_signal(signal.SIGABRT)
    target.process.wait()
    return os.path.join(folder, (set(os.listdir(folder)) - before).pop())


def describe(core, executable="", sysroot=""):
    done = subprocess.run([DESCRIBE_CORE, core, executable, sysroot], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Core(EndToEnd):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o777)

    def assert_describes(self, told, waiting, version, loses_stacks=False):
        self.assertEqual(told["pid"], waiting.pid)
        self.assertEqual(told["title"], waiting.command)
        found = told["python"]
        self.assertNotIn("error", found)
        self.assertEqual(found["version"], version)
        stacks = {stack["name"]: stack for stack in found["stacks"]}
        self.assertEqual(set(stacks), {*waiting.stacks, "MainThread"})
        self.assertEqual(len(stacks["MainThread"]["frames"]), 1)
        for name, expected in waiting.stacks.items():
            if stacks[name]["complete"]:
                self.assertEqual(stacks[name]["frames"], expected, name)
            else:
                # What is there is true, in its order.
                rest = iter(expected)
                self.assertNotEqual(stacks[name]["frames"], [])
                self.assertTrue(all(frame in rest for frame in stacks[name]["frames"]), name)
        if not loses_stacks:
            self.assertTrue(all(stack["complete"] for stack in stacks.values()), stacks)

        self.assertEqual(sorted(thread["tid"] for thread in told["threads"]), waiting.tids)
        by_tid = {thread["tid"]: thread for thread in told["threads"]}
        self.assertEqual(len(found["threads"]), len(waiting.stacks) + 1)
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
                    core, loses_stacks = gcore(waiting, self.folder)
                told = describe(core)
                os.remove(core)
                self.assert_describes(told, waiting, python.name.rstrip("d"), loses_stacks)
                self.assertNotIn("signal", told)
                if loses_stacks:
                    print(f"{python}: this gdb has lost its stacks", file=sys.stderr)
                    self.assertIn("the stacks of 3 of 4 threads are missing", told["warnings"][0])
                else:
                    self.assertEqual(told["warnings"], [])

    @unittest.skipUnless(KERNEL_WRITES_HERE, f"core_pattern is {CORE_PATTERN}")
    def test_what_the_kernel_writes(self):
        if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
            self.skipTest("no core files are allowed")
        for version, python in ALL_BUILDS:
            with self.subTest(python=str(python), version=version):
                with Waiting(python, self.folder) as waiting:
                    core = kernel_core(waiting, self.folder)
                told = describe(core, sysroot=python.root)
                os.remove(core)
                self.assert_describes(told, waiting, python.name.rstrip("d"))
                self.assertEqual(told["warnings"], [])
                self.assertEqual(told["signal"], {"number": signal.SIGABRT, "code": 0,
                                                  "sender": os.getpid()})

    def embedding(self, name, *flags):
        program = self.path(name)
        subprocess.run(["c++", "-O1", "-o", program, os.path.join(PROGRAMS, "embedding.cpp"),
                        f"-I/usr/include/python{builds_test.VERSION}", *flags],
                       check=True, capture_output=True)
        return program

    def core_of(self, program, everything=False):
        """What ran, and its core file, written by gcore: with `everything` that its files hold."""
        with Waiting(program, self.folder) as waiting:
            if everything:
                with open(f"/proc/{waiting.pid}/coredump_filter", "w", encoding="ascii") as file:
                    file.write("0x7f")
            return waiting, gcore(waiting, self.folder)[0]

    def debian_version(self):
        done = subprocess.run([DEBIAN_PYTHON, "-V"], check=True, capture_output=True, text=True)
        return done.stdout.split()[1]

    def test_builds_and_missing_files(self):
        for name, flags, with_file, without_file in (
                ("whole", ["-static", "-no-pie", *builds_test.STATIC], "symbol", "scan"),
                ("pie", ["-pie", "-rdynamic", *builds_test.STATIC_PIC], "symbol", "symbol"),
                ("stripped", ["-pie", "-s", *builds_test.STATIC_PIC], "section", "scan")):
            with self.subTest(name):
                program = self.embedding(name, *flags)
                waiting, core = self.core_of(program)
                told = describe(core)
                self.assert_describes(told, waiting, self.debian_version())
                self.assertEqual(told["warnings"], [])
                self.assertEqual(told["python"]["found_by"], with_file)
                self.assertEqual(told["executable"], program)
                others, whole_core = self.core_of(program, everything=True)

                # Constants are left out of a core file: without the program, nothing is proved.
                moved = shutil.move(program, self.path("moved"))
                told = describe(core)
                self.assertEqual(told["warnings"], [f"not found: {program}"])
                self.assertFalse(any(stack["frames"]
                                     for stack in told["python"].get("stacks", [])))
                told = describe(core, moved)
                self.assertEqual(told["warnings"], [])
                self.assert_describes(told, waiting, self.debian_version())
                self.assertEqual(told["python"]["found_by"], with_file)
                # Where they are in it, it tells all by itself.
                told = describe(whole_core)
                self.assert_describes(told, others, self.debian_version())
                self.assertEqual(told["python"]["found_by"], without_file)
                os.remove(core)
                os.remove(whole_core)

    def test_another_file_is_not_taken(self):
        program = self.embedding("program", "-no-pie", *builds_test.STATIC)
        _, core = self.core_of(program)
        shutil.copyfile("/bin/true", program)
        told = describe(core)
        self.assertEqual(len(told["warnings"]), 1)
        self.assertRegex(told["warnings"][0], f"^{program} is another file than the one that was "
                         "loaded: its build ID is [0-9a-f]{40}, the core's [0-9a-f]{40}$")
        with self.assertRaisesRegex(AssertionError, "/bin/true is another file than the one"):
            describe(core, "/bin/true")

    def test_musl(self):
        program = self.path("python3.10")
        subprocess.run(["musl-gcc", "-O1", "-o", program,
                        os.path.join(PROGRAMS, "musl_stand_in.c")], check=True)
        with Command([program]) as target:
            core, _ = gcore(target, self.folder)
            tids = {int(tid) for tid in os.listdir(f"/proc/{target.pid}/task")}
        told = describe(core)
        self.assertEqual(told["python"]["version"].rpartition(".")[0], "3.10")
        # musl has the id elsewhere in its struct of the thread than glibc.
        self.assertEqual({thread["tid"] for thread in told["python"]["threads"]}, tids)
        self.assertEqual({function(frame) for stack in told["python"]["stacks"]
                          for frame in stack["frames"]}, {"spins", "waits"})

    @unittest.skipUnless(KERNEL_WRITES_HERE, f"core_pattern is {CORE_PATTERN}")
    def test_a_file_that_is_cut(self):
        """As by a full disk or `ulimit -c`: what is there is shown, and the loss is said."""
        with Waiting(DEBIAN_PYTHON, self.folder) as waiting:
            core = kernel_core(waiting, self.folder)
        size = os.path.getsize(core)
        complete = []
        for part in (0.999, 0.9, 0.5, 0.1, 0.01):
            os.truncate(core, int(size * part))
            told = describe(core)
            self.assertIn("is cut off", told["warnings"][0])
            # The notes come first.
            self.assertEqual(sorted(thread["tid"] for thread in told["threads"]), waiting.tids)
            for stack in told["python"].get("stacks", []):
                if stack["complete"] and stack["name"] in waiting.stacks:
                    self.assertEqual(stack["frames"], waiting.stacks[stack["name"]])
                    complete.append(part)
        self.assertIn(0.999, complete)
        os.truncate(core, 100)
        with self.assertRaisesRegex(AssertionError, "cut off in its headers"):
            describe(core)


if __name__ == "__main__":
    main()
