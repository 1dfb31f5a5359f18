"""What --subprocesses costs."""

import os
import subprocess

from support import PROGRAMS, interpreters, record, spread, table


def run(python, kind, count, seconds=5):
    return [python, os.path.join(PROGRAMS, "family.py"), kind, str(count), str(seconds)]


def beside_children(python, turns, seconds):
    cells = []
    for count in (0, 20, 100):
        shares = []
        for _ in range(turns):
            figures = record("-s", "--", *run(python, "idle", count, seconds))[1]
            shares.append(100 * figures["profiler_cpu_s"] / figures["duration_s"])
        cells.append(spread(shares))
    return cells


def short_lived(python, turns, count):
    """Seconds that `count` children take alone and watched, and how many of them were seen."""
    alone, watched, seen = [], [], []
    for turn in range(turns):
        for with_osprey in ((False, True) if turn % 2 == 0 else (True, False)):
            command = run(python, "short", count)
            if with_osprey:
                figures = record("-s", "--", *command)[1]
                watched.append(figures["duration_s"])
                seen.append(figures["processes"] - 1)
            else:
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                alone.append(float(done.stdout))
    return spread(alone), spread(watched), spread(seen)


def families(quick):
    """Osprey's share of a core at 1,000 Hz beside children that sleep; children that end at once."""
    turns, seconds, count = (2, 2, 50) if quick else (5, 5, 300)
    rows = [(name, *beside_children(python, turns, seconds)) for name, python in interpreters()]
    table(f"Osprey's share of a core at 1,000 Hz with --subprocesses in percent, {turns} turns",
          ("Python", "no child", "20 that sleep", "100 that sleep"), rows)
    rows = [(name, *short_lived(python, turns, count)) for name, python in interpreters()]
    table(f"{count} children that end at once, one after the other, {turns} turns",
          ("Python", "alone, s", "watched, s", "seen"), rows)
