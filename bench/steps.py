"""Stacks before every single machine instruction of an ordinary program."""

import json
import subprocess

from measures import calls_of, strange_calls
from support import SINGLE_STEPS, Running, interpreters, table


def steps(quick):
    """A state in which the host may take the processor away must not be read wrongly, however short
    it is: the program is stopped before each instruction and its stack walked."""
    rounds, each = (100, 3000) if quick else (400, 3000)
    rows = []
    for name, python in interpreters():
        known = calls_of(python)
        with Running(python, "ordinary.py", "600") as target:
            out = subprocess.run([SINGLE_STEPS, str(target.pid), str(rounds), str(each)], check=True,
                                 capture_output=True, text=True).stdout
        found = json.loads(out)
        strange = {}
        for stack, count, _ in found["stacks"]:
            for what in strange_calls(tuple(stack.split(";")), known)[:1]:
                strange[what] = strange.get(what, 0) + count
        rows.append((name, f"{found['walks']:,}", sum(strange.values()), found["rejected"],
                     found["cut"], ", ".join(f"{what} ({n})" for what, n in strange.items()) or "none"))
    table("Before every instruction of an ordinary program",
          ("Python", "walks", "impossible", "rejected", "cut", "such as"), rows)
