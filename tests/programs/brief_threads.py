"""Threads of 20 ms, one after the other: thread "number<i>" runs function number<i> and no other."""
import sys
import threading
import time

SOURCE = """def number%d():
    end = time.time() + 0.02
    while time.time() < end:
        pass
"""
for i in range(int(sys.argv[1])):
    exec(SOURCE % i)
    thread = threading.Thread(target=globals()["number%d" % i], name="number%d" % i)
    thread.start()
    thread.join()
