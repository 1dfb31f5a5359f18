"""Many threads that wait, one that computes, and among them one that moves between two waits and
one that wakes up to compute in C without the GIL. Ends by itself after two minutes; when its
standard input is closed, prints what the last two did, in seconds of the clock and of the CPU."""
import hashlib
import sys
import threading
import time

END = time.time() + 120
threading.stack_size(256 * 1024)
SPENT = {"waits_here": 0.0, "waits_there": 0.0}
CPU = [0.0]


def idles():
    time.sleep(120)


def waits_here():
    time.sleep(0.003)


def waits_there():
    time.sleep(0.009)


def moves():
    while time.time() < END:
        for wait in (waits_here, waits_there):
            start = time.monotonic()
            wait()
            SPENT[wait.__name__] += time.monotonic() - start


def computes_in_c():
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 8000)


def wakes_up():
    while time.time() < END:
        time.sleep(0.03)
        computes_in_c()
        CPU[0] = time.thread_time()


def computes():
    total = 0
    while time.time() < END:
        for i in range(100):
            total += i


for _ in range(int(sys.argv[1])):
    threading.Thread(target=idles, daemon=True).start()
for body in (moves, wakes_up, computes):
    threading.Thread(target=body, daemon=True).start()
print("ready", flush=True)
start, cpu, spent = time.monotonic(), CPU[0], dict(SPENT)
sys.stdin.read()
print(time.monotonic() - start, CPU[0] - cpu, *(SPENT[name] - spent[name] for name in sorted(spent)))
sys.stdout.flush()
