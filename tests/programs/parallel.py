"""Two threads that compute in Python all the time, each its own function, which calls another. Ends
by itself after two minutes."""
import threading
import time

END = time.time() + 120


def leaf_of_one(n):
    total = 0
    for i in range(n):
        total += i
    return total


def leaf_of_other(n):
    total = 1
    for i in range(n):
        total += i
    return total


def one():
    while time.time() < END:
        leaf_of_one(300)


def other():
    while time.time() < END:
        leaf_of_other(300)


threading.Thread(target=one, daemon=True).start()
threading.Thread(target=other, daemon=True).start()
time.sleep(0.3)
print("ready", flush=True)
time.sleep(120)
