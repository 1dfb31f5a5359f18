"""Threads that wait for each other in the way that the argument names, on every Python from 2.7 on.

Prints the id() of its locks by name as JSON, then "ready" when all stand where they will stay."""
import json
import signal
import sys
import threading
import time

signal.alarm(120)
LOCKS = {}


def lock(name, kind=threading.Lock):
    made = kind()
    LOCKS[name] = made
    return made


def start(name, target, *args):
    thread = threading.Thread(target=target, name=name, args=args)
    thread.daemon = True
    thread.start()
    return thread


def takes_both(first, second, has_first, has_other):
    with first:
        has_first.set()
        has_other.wait()
        with second:
            pass


def opposite(kind):
    a, b = lock("a", kind), lock("b", kind)
    has_a, has_b = threading.Event(), threading.Event()
    start("one", takes_both, a, b, has_a, has_b)
    start("other", takes_both, b, a, has_b, has_a)
    has_a.wait()
    has_b.wait()


def with_locks():
    opposite(threading.Lock)


def with_rlocks():
    opposite(threading.RLock)


def by_itself():
    def twice(a):
        with a:
            with a:
                pass
    start("one", twice, lock("a"))


def a_chain():
    """No deadlock: the holder only sleeps."""
    a, b = lock("a"), lock("b", threading.RLock)
    holds = threading.Event()

    def holder():
        with a:
            with b:
                holds.set()
                time.sleep(120)

    def waits(for_what):
        with for_what:
            pass
    start("holder", holder)
    holds.wait()
    start("waits a", waits, a)
    start("waits b", waits, b)


def by_acquire():
    """Of a Lock that nobody holds by `with`, the owner is not known."""
    a = lock("a")
    a.acquire()
    start("one", a.acquire)

    def calls():
        a.acquire()
    start("other", calls)


def by_join():
    a = lock("a")
    has_a = threading.Event()

    def joins():
        with a:
            has_a.set()
            other.join()

    def waits():
        has_a.wait()
        with a:
            pass
    other = start("other", waits)
    start("one", joins)
    has_a.wait()


def with_conditions(kind=threading.RLock):
    """A Condition's lock is held by `with`, and given up by those who wait to be notified."""
    condition = threading.Condition(lock("a", kind))
    holds = threading.Event()

    def notified():
        with condition:
            holds.set()
            condition.wait()

    def holder():
        with condition:
            time.sleep(120)

    def waits():
        with condition:
            pass
    start("notified", notified)
    holds.wait()
    time.sleep(0.2)
    start("holder", holder)
    time.sleep(0.2)
    start("waits", waits)


def with_conditions_of_locks():
    with_conditions(threading.Lock)


def nobody():
    start("one", time.sleep, 120)


globals()[sys.argv[1]]()
time.sleep(0.3)
print(json.dumps(dict((name, hex(id(made)).rstrip("L")) for name, made in LOCKS.items())))
print("ready")
sys.stdout.flush()
sys.stdin.read()
