"""1,000 threads that wait, and one that works."""
import sys
import threading
import time

END = time.time() + 120
threading.stack_size(64 * 1024)
STOP = threading.Event()


def waits():
    STOP.wait(120)


def works():
    total = 0
    while time.time() < END:
        total += 1


for _ in range(int(sys.argv[1])):
    threading.Thread(target=waits, daemon=True).start()
print("ready", flush=True)
works()
