"""An ordinary program: JSON, regular expressions, sorting with a key, classes, generators.

ordinary.py SECONDS runs it; ordinary.py graph runs it under sys.setprofile and prints every
"CALLER<tab>CALLEE" that there is, by the names that a profiler shows. The interpreter tells of a
generator being resumed but not of its making, whose frame stands above its maker for a moment: a
function that names a generator function, or holds its code, may call it as well.
"""
import inspect
import json
import re
import sys
import time


class Item:
    def __init__(self, number):
        self.number = number
        self.name = "item %d" % (number * 7919 % 1000)

    def as_dict(self):
        return {"number": self.number, "name": self.name, "tags": list(self.tags())}

    def tags(self):
        for divisor in (2, 3, 5):
            if self.number % divisor == 0:
                yield str(divisor)


def by_name(item):
    return item.name


def upper(match):
    return match.group(0).upper()


def encode(items):
    return json.dumps([item.as_dict() for item in items], indent=1)


def decode(text):
    return json.loads(text, object_hook=dict)


def rewrite(text):
    return re.sub(r"item \d+", upper, text)


def work():
    items = sorted((Item(i) for i in range(200)), key=by_name)
    return len(decode(rewrite(encode(items))))


def loop(seconds):
    end = time.time() + seconds
    while time.time() < end:
        work()


def graph():
    edges = set()
    codes = set()

    def name(code):
        return getattr(code, "co_qualname", code.co_name)

    def note(frame, event, _):
        if event == "call":
            codes.update((frame.f_back.f_code, frame.f_code))
            edges.add((name(frame.f_back.f_code), name(frame.f_code)))

    sys.setprofile(note)
    loop(0.5)
    sys.setprofile(None)
    for callee in [code for code in codes if code.co_flags & inspect.CO_GENERATOR]:
        for caller in codes:
            used = caller.co_names + caller.co_varnames + caller.co_freevars + caller.co_cellvars
            if callee.co_name in used or callee in caller.co_consts:
                edges.add((name(caller), name(callee)))
    edges = {("loop" if a == "graph" else a, b) for a, b in edges if b != "loop"}
    for caller, callee in sorted(edges | {("<module>", "loop")}):
        print(caller + "\t" + callee)


if sys.argv[1] == "graph":
    graph()
else:
    loop(float(sys.argv[1]))
