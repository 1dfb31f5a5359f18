"""One busy thread at a known depth: spins in a leaf below DEPTH - 1 callers."""
import sys
import time

END = time.time() + 60


def leaf():
    total = 0
    while time.time() < END:
        for i in range(1000):
            total += i


def down(n):
    return leaf() if n <= 1 else down(n - 1)


down(int(sys.argv[1]) - 2)
