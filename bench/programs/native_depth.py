"""Some 40 native frames: functions that C calls, one below the other (2.7 and later)."""
import functools
import sys
import time

END = time.time() + float(sys.argv[1])


def spins(x):
    total = 0
    for i in range(2000):
        total += i
    return total


def sorts(depth):
    if depth == 0:
        return spins(0)
    return sorted([depth], key=lambda d: sorts(d - 1))


while time.time() < END:
    functools.reduce(lambda a, b: sorts(3), [1, 2])
