"""collects: collects garbage all the time, with many objects to look at, beside a thread that
waits. never: computes with the collector switched off. Ends by itself after two minutes."""
import gc
import sys
import threading
import time

END = time.time() + 120


class Node:
    def __init__(self):
        self.me = self


def computes():
    total = 0
    for i in range(2000):
        total += i
    return total


def makes_garbage(kept):
    while time.time() < END:
        for _ in range(100):
            Node()
        gc.collect()


def never():
    while time.time() < END:
        computes()


def waits():
    time.sleep(120)


gc.disable()
threading.Thread(target=waits, daemon=True).start()
print("ready", flush=True)
if sys.argv[1] == "collects":
    makes_garbage([Node() for _ in range(100000)])
else:
    never()
