"""Threads: KIND COUNT [SECONDS]. One thread computes; COUNT others sleep (idle), compute in Python
and so wait for the GIL (busy), or wake up a hundred times a second (waking)."""
import sys
import threading
import time

KIND, COUNT = sys.argv[1], int(sys.argv[2])
END = time.time() + (float(sys.argv[3]) if len(sys.argv) > 3 else 60)
threading.stack_size(256 * 1024)


def leaf(n):
    total = 0
    for i in range(n):
        total += i
    return total


def deeper(depth):
    return leaf(100) if depth == 0 else deeper(depth - 1)


def computes():
    while time.time() < END:
        deeper(3)


def waits(depth, seconds):
    if depth:
        return waits(depth - 1, seconds)
    while time.time() < END:
        time.sleep(seconds)


BODIES = {"idle": lambda: waits(5, 120), "busy": computes, "waking": lambda: waits(5, 0.01)}
for _ in range(COUNT):
    threading.Thread(target=BODIES[KIND], daemon=True).start()
computes()
