"""Threads that each do one thing: sleep, spin in C without the GIL, read a slow pipe, wait on a
lock, spin in Python. Ends by itself after two minutes."""
import os
import threading
import time
import zlib

END = time.time() + 120
LOCK = threading.Lock()
READ, WRITE = os.pipe()
NOISE = os.urandom(1 << 22)


def sleeps():
    while time.time() < END:
        time.sleep(0.5)


def spins_in_c():
    while time.time() < END:
        zlib.compress(NOISE, 9)


def reads_pipe():
    os.read(READ, 1)


def waits_for_lock():
    with LOCK:
        pass


def spins_in_python():
    total = 0
    while time.time() < END:
        for i in range(10000):
            total += i


LOCK.acquire()
for body in (sleeps, spins_in_c, reads_pipe, waits_for_lock):
    threading.Thread(target=body, daemon=True).start()
print("ready", flush=True)
spins_in_python()
