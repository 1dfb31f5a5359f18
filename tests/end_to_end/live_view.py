"""What the tests of `osprey top` share: a process to watch, and how its screens are read."""

import re
import subprocess
import unittest

from support import OSPREY, Target
from terminal import Terminal

QUICK = "--delay 0.2 --window 1"
ROW = re.compile(r"^ *(?P<numbers>(?:[\d.]+s? +)+)(?P<rest>\S.*)$")


def rows(text):
    """[(numbers, name)] of the table's rows."""
    found = []
    for line in text.split("\n")[3:]:
        row = ROW.match(line)
        if row and len(row["numbers"].split()) in (2, 4):
            found.append(([float(n.rstrip("s")) for n in row["numbers"].split()], row["rest"]))
    return found


def names(text):
    return [name.partition(" (")[0] for _, name in rows(text)]


def percent(text, name):
    """(self, total) of a function, all its rows together."""
    found = [numbers for numbers, row in rows(text) if row.startswith(name + " (")]
    return sum(n[0] for n in found), sum(n[1] for n in found)


def elapsed(text):
    minutes, seconds = re.search(r"  (\d+):(\d\d) *$", text.split("\n")[0]).groups()
    return int(minutes) * 60 + int(seconds)


class Screens(unittest.TestCase):
    """One process that is watched, one terminal for each test."""

    @classmethod
    def setUpClass(cls):
        cls.target = Target("live_view.py", "child", stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.target.close)

    def terminal(self, *size, **environment):
        terminal = Terminal(*size, **environment)
        self.addCleanup(terminal.close)
        return terminal

    def top(self, *arguments, size=(100, 30), **environment):
        """A terminal in which top watches the process; the first table is there."""
        terminal = self.terminal(*size, **environment)
        terminal.run(f"{OSPREY} top -p {self.target.pid} {QUICK} {' '.join(arguments)}")
        terminal.wait_for("%Self", "hot (")
        return terminal

    def top_pid(self):
        found = subprocess.run(["pgrep", "-f", f"^{OSPREY} top -p {self.target.pid} "],
                               capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(len(found), 1)
        return int(found[0])
