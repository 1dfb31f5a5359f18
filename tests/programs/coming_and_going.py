"""Threads that are started and joined all the time."""
import threading
import time

END = time.time() + 120


def short():
    total = 0
    for i in range(2000):
        total += i
    return total


def churn():
    while time.time() < END:
        threads = [threading.Thread(target=short) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


print("ready", flush=True)
churn()
