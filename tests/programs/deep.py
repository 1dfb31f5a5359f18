"""A stack as deep as its argument says, with a busy leaf."""
import sys
import threading
import time

END = time.time() + 120
DEPTH = int(sys.argv[1])
sys.setrecursionlimit(DEPTH + 100)
threading.stack_size(512 * 1024 * 1024)


def busy():
    print("ready", flush=True)
    total = 0
    while time.time() < END:
        total += 1


def down(n):
    if n == 0:
        return busy()
    return down(n - 1)


thread = threading.Thread(target=down, args=(DEPTH,))
thread.start()
thread.join()
