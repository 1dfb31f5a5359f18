"""How long a thread stands per sample by ptrace, and how much slower its program becomes."""

import json
import statistics
import subprocess
import time

from slowdown import speeds
from support import PROGRAMS, THREAD_STOPS, interpreters, spread, table

SLICE = 0.5  # seconds that it is stopped again and again, or left alone
HZ = 1000


def stopped(command, count):
    """The figures of thread_stops, in how many pairs of slices the program was slower and by how
    many percent, and the processor time per stop in us."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as target:
        time.sleep(0.5)
        with subprocess.Popen([THREAD_STOPS, str(target.pid), str(HZ), str(count), str(SLICE)],
                              stdout=subprocess.PIPE, text=True) as stops:
            slower, used = [], []
            for _ in range(count):
                begin, end, times, seconds = map(float, stops.stdout.readline().split())
                watched = speeds(target, begin, end - 0.125)
                alone = speeds(target, end, end + SLICE - 0.125)
                slower.append(100 * (alone / watched - 1))
                used.append(1e6 * seconds / times)
            figures = json.loads(stops.stdout.readline())
        target.kill()
    return figures, slower, statistics.median(used)


def stops(quick):
    count = 20 if quick else 60
    programs = [("a loop in C++", [THREAD_STOPS, "loop"])]
    programs += [(f"Python {name}", [python, f"{PROGRAMS}/steady.py"])
                 for name, python in interpreters()]
    rows = []
    for name, command in programs:
        figures, slower, used = stopped(command, count)
        middle, ninety, ninety_nine, most = figures["stood_us"]
        quarter = statistics.quantiles(slower, n=4)
        rows.append((name, middle, ninety, ninety_nine, most, figures["failed"],
                     f"{figures['asked_us'][0]}", f"{used:.0f}", spread(slower),
                     f"{quarter[0]:.2f} to {quarter[2]:.2f}"))
    table(f"Stopped by ptrace {HZ:,} times a second, with 64 KiB of stack copied; {count} pairs of "
          f"{SLICE} s slices in turn",
          ("program", "stood us, median", "90 %", "99 %", "most", "failed", "asked us, median",
           "CPU us a stop", "slower by %, median (lowest to highest)", "middle half"), rows)
