"""What the end-to-end tests share: the built osprey, the interpreters, targets and folded stacks."""

import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

OSPREY = os.environ["OSPREY_BINARY"]
PROGRAMS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "programs")
DEBIAN_PYTHON = "/usr/bin/python3"
SUPPORTED = [(3, minor) for minor in range(6, 14)]


def interpreters():
    """(version, path) of Debian's Python, which must be there, and of others where there are."""
    found = [DEBIAN_PYTHON]
    for major, minor in SUPPORTED:
        pattern = os.path.expanduser(f"~/.pyenv/versions/{major}.{minor}.*/bin/python3")
        found += sorted(glob.glob(pattern))[:1]
    result = []
    for path in found:
        out = subprocess.run([path, "-c", "import sys; print(sys.version_info[:2])"],
                             capture_output=True, text=True, check=True).stdout
        result.append((tuple(int(n) for n in out.strip("() \n").split(",")), path))
    return result


INTERPRETERS = interpreters()


class Target:
    """A program under tests/programs that prints "ready" and then runs until it is ended."""

    def __init__(self, program, *arguments, python=DEBIAN_PYTHON, **options):
        self.process = subprocess.Popen(
            [python, os.path.join(PROGRAMS, program), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
        line = self.process.stdout.readline()
        if line.strip() != "ready":
            self.close()
            raise AssertionError(f"{program} under {python} said {line!r}, not ready")

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

    def __exit__(self, *_):
        self.close()


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
    for version, path in INTERPRETERS:
        print(f"interpreter {version[0]}.{version[1]}: {path}", file=sys.stderr)
    have = {version for version, _ in INTERPRETERS}
    for version in SUPPORTED:
        if version not in have:
            print(f"interpreter {version[0]}.{version[1]}: not on this machine", file=sys.stderr)
    unittest.main(verbosity=2)
