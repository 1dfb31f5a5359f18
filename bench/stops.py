"""How long a thread stands per sample by ptrace, and how much slower its program becomes by that and
by perf events."""

import json
import statistics
import subprocess
import time

from slowdown import speeds
from support import PROGRAMS, THREAD_STOPS, interpreters, spread, table

SLICE = 0.5  # seconds that it is stopped again and again, or left alone
HZ = 1000


def stopped(command, count, way=()):
    """The figures of thread_stops, by how many percent the program was slower in each pair of
    slices, and the processor time per sample in us."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as target:
        time.sleep(0.5)
        with subprocess.Popen([THREAD_STOPS, *way, str(target.pid), str(HZ), str(count), str(SLICE)],
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
        for way in ((), ("perf",)):
            figures, slower, used = stopped(command, count, way)
            quarter = statistics.quantiles(slower, n=4)
            stood = figures.get("stood_us", ["none"] * 4)
            rows.append((name, *(way or ["ptrace"]), *stood, figures["failed"],
                         figures.get("asked_us", ["none"])[0], f"{used:.0f}", spread(slower),
                         f"{quarter[0]:.2f} to {quarter[2]:.2f}"))
    table(f"Registers and 64 KiB of stack {HZ:,} times a second; {count} pairs of {SLICE} s slices "
          "in turn",
          ("program", "way", "stood us, median", "90 %", "99 %", "most", "failed or lost",
           "asked us, median", "CPU us a sample", "slower by %, median (lowest to highest)",
           "middle half"), rows)
