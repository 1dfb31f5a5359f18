"""How much slower a target becomes while it is sampled at 1,000 Hz."""

import os
import signal
import statistics
import subprocess
import time

from support import OSPREY, PROGRAMS, interpreters, spread, table

SLICE = 0.5  # seconds that Osprey samples, or is held still


def speeds(target, begin, end):
    """The target's speed in its lines that lie between two moments."""
    values = []
    while True:
        start, speed = map(float, target.stdout.readline().split())
        if start > end:
            return statistics.mean(values)
        if start > begin:
            values.append(speed)


def pin(pid, cpu):
    if os.cpu_count() > 1:
        os.sched_setaffinity(pid, {cpu})


def pairs_of(python, count):
    """(alone, watched) speeds of slices in turn: one target, one Osprey that is stopped between."""
    with subprocess.Popen([python, f"{PROGRAMS}/steady.py"], stdout=subprocess.PIPE,
                          text=True) as target:
        pin(target.pid, 0)
        time.sleep(0.3)
        with subprocess.Popen([OSPREY, "record", "-p", str(target.pid), "-o", os.devnull, "-f",
                               "raw"], stderr=subprocess.DEVNULL) as osprey:
            pin(osprey.pid, 1)
            time.sleep(0.5)
            found = []
            for pair in range(count):
                seen = {}
                for watched in ((False, True), (True, False))[pair % 2]:
                    os.kill(osprey.pid, signal.SIGCONT if watched else signal.SIGSTOP)
                    begin = time.monotonic()
                    time.sleep(SLICE)
                    seen[watched] = speeds(target, begin, begin + SLICE - 0.125)
                found.append((seen[False], seen[True]))
            os.kill(osprey.pid, signal.SIGCONT)
            osprey.terminate()
        target.kill()
    return found


def slowdown(quick):
    """The median of the pairs, and its standard error from their spread (1.25 sigma / sqrt n)."""
    count = 20 if quick else 120
    rows = []
    for name, python in interpreters():
        slower = [100 * (alone / watched - 1) for alone, watched in pairs_of(python, count)]
        quarter = statistics.quantiles(slower, n=4)
        error = 1.25 * (quarter[2] - quarter[0]) / 1.35 / len(slower) ** 0.5
        rows.append((name, spread(slower), f"{quarter[0]:.2f} to {quarter[2]:.2f}",
                     f"{error:.2f}"))
    table(f"Slower target at 1,000 Hz, {count} pairs of {SLICE} s slices in turn",
          ("Python", "slower by %, median (lowest to highest)", "middle half", "standard error"),
          rows)
