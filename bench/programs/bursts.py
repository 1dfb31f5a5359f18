"""Bursts: CPUS. So many processes compute in Python without a pause, and so no CPU is free; in this
one a thread sleeps for 30 ms, computes for 1 to 2 ms in C without the GIL, and so on. When standard
input is closed, writes the share of the clock for which that thread ran since the first line."""
import hashlib
import subprocess
import sys
import threading
import time

HOG = "import time\nend = time.time() + 120\nwhile time.time() < end: pass"
END = time.time() + 120
RAN = [0.0]


def burst():
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 8000)


def bursts():
    while time.time() < END:
        time.sleep(0.03)
        burst()
        RAN[0] = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


threading.Thread(target=bursts, daemon=True).start()
hogs = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(int(sys.argv[1]))]
try:
    time.sleep(0.5)
    print("ready", flush=True)
    start, ran = time.monotonic(), RAN[0]
    sys.stdin.read()
    print((RAN[0] - ran) / (time.monotonic() - start), flush=True)
finally:
    for hog in hogs:
        hog.kill()
        hog.wait()
