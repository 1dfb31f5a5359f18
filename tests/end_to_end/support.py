"""What the end-to-end tests share: the built osprey, the interpreters, targets and folded stacks."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

from interpreters import DEBIAN_PYTHON, FOUND, PROGRAMS

OSPREY = os.environ["OSPREY_BINARY"]
SUPPORTED = [(3, minor) for minor in range(6, 16)]


# The versions between which Osprey's own code takes other ways. What sanitizers can find is in these:
# with OSPREY_FEWER_PYTHONS no others are used, for the sake of time.
SANITIZED = "OSPREY_FEWER_PYTHONS" in os.environ
OF_EVERY_KIND = [(3, 6), (3, 8), (3, 11), (3, 13), (3, 15)]


def interpreters():
    """(version, path) of every Python that was found and that the programs here can run on."""
    all_found = [(python.version, python) for _, python, _ in FOUND
                 if python and python.version in SUPPORTED]
    if not SANITIZED:
        return all_found
    return [each for each in all_found if each[0] in OF_EVERY_KIND]


def one_of_each(pythons):
    """The first of each version, with and without a GIL: what does not depend on how it was built
    otherwise needs no more."""
    first = {}
    for version, python in pythons:
        first.setdefault((version, "t" in python.flags), (version, python))
    return list(first.values())


ALL_BUILDS = interpreters()
# pythons_test.py runs the matrix on all of them.
INTERPRETERS = one_of_each(ALL_BUILDS)


class Command:
    """A command that prints "ready" and then runs until it is ended."""

    def __init__(self, command, **options):
        begin = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, **options)
        line = self.process.stdout.readline()
        self.seconds_to_ready = time.monotonic() - begin
        if line.strip() != "ready":
            self.close()
            raise AssertionError(f"{command} said {line!r}, not ready")

    @property
    def pid(self):
        return self.process.pid

    def close(self):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, _, error, __):
        status = self.process.poll()
        self.close()
        if status is not None and isinstance(error, AssertionError):
            raise AssertionError(f"{error}; the program was ready after {self.seconds_to_ready:.1f} s "
                                 f"and had ended with {status}") from error


class Target(Command):
    """A program under tests/programs, under any Python."""

    def __init__(self, program, *arguments, python=DEBIAN_PYTHON, **options):
        super().__init__([python, os.path.join(PROGRAMS, program), *arguments], **options)


def osprey(*arguments, timeout=100, **options):
    return subprocess.run([OSPREY, *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, stdin=subprocess.DEVNULL, **options)


def parse_folded(text):
    """{(frame, ...): count} of the raw format."""
    stacks = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        stack, _, count = line.rpartition(" ")
        stacks[tuple(stack.split(";"))] = int(count)
    return stacks


def function(frame):
    """The name before the file's bracket."""
    return frame.rpartition(" (")[0] or frame


def shows_every_python(stacks):
    """Whether the stacks are those of every_python.py: its work above its main function."""
    names = [tuple(map(function, stack)) for stack in stacks]
    return any("works" in name and name[-1] == "leaf" for name in names)


class EndToEnd(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def record(self, *arguments, status=0, **options):
        """Folded stacks and figures of `osprey record`; the run's standard error in self.err."""
        done = osprey("record", "-o", self.path("p.txt"), "--stats", self.path("s.json"),
                      *arguments, **options)
        self.err = done.stderr
        self.out = done.stdout
        self.assertEqual(done.returncode, status, done.stderr)
        with open(self.path("s.json"), encoding="utf-8") as file:
            figures = json.load(file)
        return parse_folded(self.read("p.txt")), figures


def main():
    for wanted, python, reason in FOUND:
        where = f"{python.name}: {python}" if python else f"{wanted.name}: {reason}"
        print(f"interpreter {where}", file=sys.stderr)
    unittest.main(verbosity=2)
