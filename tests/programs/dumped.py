# -*- coding: utf-8 -*-
"""Threads that stand still in different ways, for `osprey dump`, on every Python from 2.7 on.

Prints one line of JSON with what each variable of `work` is by repr(), then "ready". At SIGUSR1 it
writes the traceback of every thread to the file that its argument names, the interpreter's own
(faulthandler) where it has one. Ends by itself after two minutes, or when its input ends.
"""
import json
import os
import select
import signal
import sys
import threading
import time
import traceback

REPRS = {}


class Plain(object):
    def __init__(self):
        self.value = 1


def note(name, value):
    REPRS[name] = repr(value)


def work(number, text=u"z\u00e4h", *rest, **named):
    real = 0.1
    big = 2 ** 200 + 1
    negative = -7
    raw = b"a\x00\xff'"
    nothing = None
    yes = True
    items = [1, "two", [3.5, None]]
    pair = ("x",)
    table = {"a": 1, 2: "b", (3,): [4]}
    some = set([5])
    plain = Plain()
    circle = []
    circle.append(circle)
    shared = "of the cell"
    quotes = "it's \"both\"\n\t\\"
    for name, value in list(locals().items()):
        if name not in ("name", "value"):
            note(name, value)
    del name, value

    def inner():
        return waits(shared)
    note("shared", shared)
    inner()


def waits(of_the_outer):
    STOP.wait(120)


def sleeps():
    time.sleep(120)


def reads(fd):
    os.read(fd, 1)


def spins():
    n = 0
    while not STOP.is_set():
        n = (n + 1) % 1000


class Worker(threading.Thread):
    def run(self):
        self.runs_method()

    def runs_method(self):
        sleeps()


def write_tracebacks(path):
    names = dict((t.ident, t.name) for t in threading.enumerate())
    with open(path, "w") as file:
        for ident, frame in sys._current_frames().items():
            if names[ident] == "MainThread":  # below this handler
                frame = frame.f_back.f_back
            file.write("Thread 0x%016x (most recent call first):\n" % ident)
            for name, line, function, _ in reversed(traceback.extract_stack(frame)):
                file.write('  File "%s", line %d in %s\n' % (name, line, function))


def main():
    path = sys.argv[1]
    try:
        import faulthandler
        faulthandler.register(signal.SIGUSR1, file=open(path, "w"), all_threads=True)
    except ImportError:
        signal.signal(signal.SIGUSR1, lambda *_: write_tracebacks(path))
    reader, _ = os.pipe()
    threads = [threading.Thread(target=work, name="worker", args=(12345, u"\u20ac\U0001f600", 6),
                                kwargs={"seven": 7.0}),
               threading.Thread(target=sleeps, name="sleeper"),
               threading.Thread(target=reads, name="reader", args=(reader,)),
               Worker(name="method")]
    if "spin" in sys.argv[2:]:
        threads.append(threading.Thread(target=spins, name="spinner"))
    for thread in threads:
        thread.daemon = True
        thread.start()
    while "quotes" not in REPRS or "shared" not in REPRS:
        time.sleep(0.01)
    time.sleep(0.1)
    print(json.dumps({"reprs": REPRS, "pid": os.getpid(),
                      "idents": dict((t.name, t.ident) for t in threading.enumerate())}))
    print("ready")
    sys.stdout.flush()
    while not is_over():
        pass


def is_over():
    """Whether the input has ended. Signal handlers run in between, whoever got the signal."""
    try:
        return select.select([sys.stdin], [], [], 0.2)[0]
    except (OSError, select.error):  # 2.7, interrupted
        return False


STOP = threading.Event()
signal.alarm(120)
main()
