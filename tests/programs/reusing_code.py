"""Makes a function or a lambda, calls it for some milliseconds and throws it away, so that the next
one's code object takes its place in memory. When standard input is closed, prints how often one took
the place of one with another name. Ends by itself after two minutes."""
import gc
import os
import sys
import threading
import time

END = time.time() + 120
FUNCTION = "def %s(end, clock):\n    while clock() < end:\n        pass\n"
LAMBDA = "lambda end, clock: [None for _ in iter(lambda: clock() < end, False)]"
OWNERS = {}
TAKEN = [0]


def calls_even(function):
    function(time.time() + 0.005, time.time)


def calls_odds(function):
    function(time.time() + 0.005, time.time)


def make(name):
    space = {}
    exec(compile(FUNCTION % name, "<made>", "exec"), space)
    return space[name]


def make_lambda(name):
    return eval(compile(LAMBDA, "<%s>" % name, "eval"))


def in_place_of_another(maker, name):
    """One whose code object lies where one of the other name has lain, if it can be had."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        gc.collect()  # nothing else frees code in a build without a GIL
    others = []
    for _ in range(30):
        function = maker(name)
        place = id(function.__code__)
        if OWNERS.get(place, name) != name:
            TAKEN[0] += 1
            break
        others.append(function)  # so that the next one lies somewhere else
    OWNERS[place] = name
    return function


def both(maker):
    calls_even(in_place_of_another(maker, "even"))
    calls_odds(in_place_of_another(maker, "odds"))


def reports():
    sys.stdin.read()
    print(TAKEN[0], flush=True)
    os._exit(0)


threading.Thread(target=reports, daemon=True).start()
print("ready", flush=True)
while time.time() < END:
    both(make)
    both(make_lambda)
