"""How much is seen of a thread that wakes up to compute for a moment on a machine without a free
CPU. A profiler that has to wait for its turn comes when that thread has done its work."""

import os
import subprocess

from support import PROGRAMS, interpreters, record, spread, table


def one_run(python, hogs, seconds):
    """What Osprey saw of the bursts, as a part of what the thread ran."""
    with subprocess.Popen([python, os.path.join(PROGRAMS, "bursts.py"), str(hogs)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as target:
        target.stdout.readline()
        stacks, figures = record("-p", target.pid, "-d", seconds)
        target.stdin.close()
        ran = float(target.stdout.readline())
    seen = sum(count for stack, count in stacks.items() if "burst" in stack)
    return seen / figures["ticks"] / ran


def bursts(quick):
    """Samples of short bursts against the thread's own CPU clock, with and without a free CPU."""
    seconds, turns = (2, 3) if quick else (5, 9)
    rows = []
    for name, python in interpreters():
        parts = {0: [], os.cpu_count(): []}
        for _ in range(turns):
            for hogs, values in parts.items():
                values.append(one_run(python, hogs, seconds))
        rows.append((name, *map(spread, parts.values())))
    table(f"Seen at 1,000 Hz of a thread that runs 1 to 2 ms at a time, as a part of what it ran; "
          f"{turns} runs", ("Python", "CPUs free", f"{os.cpu_count()} others compute"), rows)
