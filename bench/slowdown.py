"""How much slower a target becomes while it is sampled at 1,000 Hz."""

import os
import signal
import statistics
import subprocess
import time

from support import OSPREY, PROGRAMS, interpreters, spread, table

SLICE = 0.5  # seconds that Osprey samples, or does not
START = 0.4  # seconds until it has read all that it needs


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


def hold(osprey, target):
    """Stops Osprey at a moment when it does not stop the target."""
    while True:
        os.kill(osprey.pid, signal.SIGSTOP)
        time.sleep(0.002)
        states = []
        for task in os.listdir(f"/proc/{target.pid}/task"):
            with open(f"/proc/{target.pid}/task/{task}/stat", encoding="utf-8") as file:
                states.append(file.read().rpartition(") ")[2][0])
        if "t" not in states:
            return
        os.kill(osprey.pid, signal.SIGCONT)
        time.sleep(0.002)


def pairs_of(command, count, *options):
    """(alone, watched) speeds of slices in turn: one target, one Osprey that is stopped between."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as target:
        pin(target.pid, 0)
        time.sleep(0.3)
        with subprocess.Popen([OSPREY, "record", *options, "-p", str(target.pid), "-o", os.devnull,
                               "-f", "raw"], stderr=subprocess.DEVNULL) as osprey:
            pin(osprey.pid, 1)
            time.sleep(0.5)
            found = []
            for pair in range(count):
                seen = {}
                for watched in ((False, True), (True, False))[pair % 2]:
                    if watched:
                        os.kill(osprey.pid, signal.SIGCONT)
                    else:
                        hold(osprey, target)
                    begin = time.monotonic()
                    time.sleep(SLICE)
                    seen[watched] = speeds(target, begin, begin + SLICE - 0.125)
                found.append((seen[False], seen[True]))
            os.kill(osprey.pid, signal.SIGCONT)
            osprey.terminate()
        target.kill()
    return found


def pairs_by_turns(command, count, *options, prefix=()):
    """The same, with an Osprey of its own for each slice: what the kernel does for one goes on while that
    is held still."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as target:
        pin(target.pid, 0)
        time.sleep(0.5)
        found = []
        for pair in range(count):
            seen = {}
            for watched in ((False, True), (True, False))[pair % 2]:
                osprey = subprocess.Popen(
                    [*prefix, OSPREY, "record", *options, "-p", str(target.pid), "-o", os.devnull, "-f",
                     "raw"], stderr=subprocess.DEVNULL) if watched else None
                if osprey:
                    pin(osprey.pid, 1)
                time.sleep(START)
                begin = time.monotonic()
                time.sleep(SLICE)
                seen[watched] = speeds(target, begin, begin + SLICE - 0.125)
                if osprey:
                    osprey.terminate()
                    osprey.wait()
            found.append((seen[False], seen[True]))
        target.kill()
    return found


def slower_by(pairs):
    """In percent, the median of the pairs, their middle half, and the median's standard error from
    their spread (1.25 sigma / sqrt n)."""
    slower = [100 * (alone / watched - 1) for alone, watched in pairs]
    quarter = statistics.quantiles(slower, n=4)
    error = 1.25 * (quarter[2] - quarter[0]) / 1.35 / len(slower) ** 0.5
    return spread(slower), f"{quarter[0]:.2f} to {quarter[2]:.2f}", f"{error:.2f}"


def slowdown(quick):
    count = 20 if quick else 120
    rows = [(name, *slower_by(pairs_of([python, f"{PROGRAMS}/steady.py"], count)))
            for name, python in interpreters()]
    table(f"Slower target at 1,000 Hz, {count} pairs of {SLICE} s slices in turn",
          ("Python", "slower by %, median (lowest to highest)", "middle half", "standard error"),
          rows)
