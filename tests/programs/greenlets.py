"""Greenlets of one thread, by hand or under gevent; each counts how long it ran. Ends by itself
after two minutes; when its standard input is closed, prints the seconds of each function."""
import select
import sys
import time

END = time.time() + 120
SPENT = {}


def done():
    return time.time() > END or bool(select.select([sys.stdin], [], [], 0)[0])


def computes(milliseconds, name):
    start = time.perf_counter()
    while time.perf_counter() - start < milliseconds / 1000:
        pass
    SPENT[name] = SPENT.get(name, 0) + time.perf_counter() - start


def short_one():
    while True:
        computes(1, "short_one")
        switch()


def deep_one(depth=20):
    if depth:
        return deep_one(depth - 1)
    while True:
        computes(3, "deep_one")
        switch()


def steps():
    while True:
        computes(2, "generator_one")
        yield


def generator_one():
    for _ in steps():
        switch()


def by_hand():
    import greenlet
    global switch
    hub = greenlet.getcurrent()
    switch = hub.switch
    all_of_them = [greenlet.greenlet(f) for f in (short_one, deep_one, generator_one)]
    while not done():
        for one in all_of_them:
            one.switch()


def by_gevent():
    import gevent
    global switch
    switch = gevent.sleep
    all_of_them = [gevent.spawn(f) for f in (short_one, deep_one, generator_one)]
    while not done():
        gevent.sleep(0.05)
    gevent.killall(all_of_them)


def made_and_dropped():
    """Greenlets that are made, switch a few times and end, all the time."""
    import greenlet

    def brief(depth):
        if depth:
            return brief(depth - 1)
        for _ in range(3):
            computes(0.02, "brief")
            greenlet.getcurrent().parent.switch()

    while not done():
        some = [greenlet.greenlet(brief) for _ in range(10)]
        for _ in range(4):
            for one in some:
                one.switch(5)


print("ready", flush=True)
{"hand": by_hand, "gevent": by_gevent, "dropped": made_and_dropped}[sys.argv[1]]()
print(*(f"{name}={seconds}" for name, seconds in SPENT.items()), flush=True)
