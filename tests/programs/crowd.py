"""Many threads that wait, one that computes, and among them two that take turns to sleep while the
other waits, and one that wakes up to compute in C without the GIL. Ends by itself after two
minutes; when its standard input is closed, prints for how many seconds it ran, for how many of
the CPU that last one did, and how many turns were taken."""
import hashlib
import resource
import sys
import threading
import time

END = time.time() + 120
threading.stack_size(256 * 1024)
CPU = [0.0]
TAKEN = [0, 0]
TURNS = [threading.Semaphore(1), threading.Semaphore(0)]


def idles():
    time.sleep(120)


def has_turn():
    time.sleep(0.02)


def waits_for_turn(own):
    TURNS[own].acquire()


def takes_turns(own):
    while time.time() < END:
        waits_for_turn(own)
        has_turn()
        TAKEN[own] += 1
        TURNS[1 - own].release()


def computes_in_c():
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 8000)


def wakes_up():
    while time.time() < END:
        time.sleep(0.03)
        computes_in_c()
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        CPU[0] = usage.ru_utime + usage.ru_stime


def computes():
    total = 0
    while time.time() < END:
        for i in range(100):
            total += i


for _ in range(int(sys.argv[1])):
    threading.Thread(target=idles, daemon=True).start()
for own in (0, 1):
    threading.Thread(target=takes_turns, args=(own,), daemon=True).start()
for body in (wakes_up, computes):
    threading.Thread(target=body, daemon=True).start()
print("ready", flush=True)
start, cpu, taken = time.monotonic(), CPU[0], sum(TAKEN)
sys.stdin.read()
print(time.monotonic() - start, CPU[0] - cpu, sum(TAKEN) - taken, flush=True)
