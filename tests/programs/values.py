# -*- coding: utf-8 -*-
"""Runs on every Python from 2.7 on. Makes objects of many kinds, and says of each where it is and
what repr() makes of it: one line of JSON, after "ready". Threads of it wait in calls whose variables
are listed, and for each other's locks. Ends when its input does."""
from __future__ import print_function

import collections
import json
import sys
import threading
import unicodedata

from plain_values import PYTHON2, numbers, texts

KEPT = []  # all that is listed, so that nothing takes its place


class Plain(object):
    pass


class Slots(object):
    __slots__ = "x",


class ListLike(list):
    pass


def nested(depth):
    return [nested(depth - 1)] if depth else []


def dicts():
    yield {}
    yield {"a": 1, "b": [2, 3]}
    yield {1: "one", 2.5: None, "x": (), (1, 2): {}}
    changed = dict.fromkeys(range(300))
    for key in range(0, 300, 3):
        del changed[key]
    changed["new"] = 1
    yield changed
    yield dict((str(i), i) for i in range(1000))
    yield dict((i, i) for i in range(70000)).__class__((i, -i) for i in range(66000))
    emptied = dict.fromkeys("abc")
    emptied.clear()
    yield emptied
    for order in ("abc", "cab", "bca"):
        instance = Plain()
        for name in order:
            setattr(instance, name, name.upper())
        KEPT.append(instance)
        yield vars(instance)
    instance = Plain()
    KEPT.append(instance)
    instance.a = instance.b = instance.c = 1
    del instance.a
    instance.a = 2
    yield vars(instance)
    instance = Plain()
    KEPT.append(instance)
    yield vars(instance)
    holder = {}
    holder["self"] = holder
    yield holder
    yield (lambda **names: names)(x=1, y=2)


def sets():
    for kind in (set, frozenset):
        yield kind()
        yield kind([1])
        yield kind(range(100))
        yield kind(["a", "b", u"c", 1.5, None, (1,)])
        yield kind([frozenset([1]), frozenset()])
    removed = set(range(50))
    for i in range(0, 50, 2):
        removed.remove(i)
    yield removed
    removed = set(["<dummy key>", "x", "y"])
    removed.remove("x")
    yield removed


def containers():
    yield []
    yield [1, "two", 3.0, None, True, False, Ellipsis, NotImplemented]
    yield list(range(2000))
    yield ()
    yield (1,)
    yield (1, 2, (3,))
    yield nested(60)
    looped = [1]
    looped.append(looped)
    yield looped
    inside = ([],)
    inside[0].append(inside)
    yield inside
    shared = [1]
    yield [shared, shared]
    for value in dicts():
        yield value
    for value in sets():
        yield value
    if not PYTHON2:
        for length in (0, 1, 63, 64, 65, 200):
            queue = collections.deque(range(length))
            queue.rotate(length // 3)
            yield queue
        yield collections.deque([1, 2, 3], 2)
        looped = collections.deque()
        looped.append(looped)
        yield looped
        yield collections.OrderedDict()
        ordered = collections.OrderedDict([("x", 1), ("y", [2]), ("z", 3)])
        yield ordered
        ordered = collections.OrderedDict(ordered)
        ordered.move_to_end("x")
        del ordered["y"]
        yield ordered
        yield collections.defaultdict(list, {"a": [1]})
        yield collections.defaultdict(None, {})
    if hasattr(__builtins__, "frozendict"):
        yield frozendict()
        yield frozendict(a=1, b=[2])


def derived():
    """Of classes that inherit the repr of a built-in one."""
    def of(base, *arguments):
        between = type("Between", (base,), {})
        mixed = type("Mixed", (type("Mixin", (object,), {}), between), {"extra": 1})
        for kind in (type("Mine", (base,), {}), mixed, type("Slots", (base,), {"__slots__": ()})):
            yield kind(*arguments)

    made = [(int, 7), (int, -2 ** 40), (float, 1.5), (complex, 1j), (str, "text"),
            (str, "x" * 300), (bytes, b"x\x00"), (bytearray, b"it's"), (list, [1, [2]]),
            (tuple, (1,)), (tuple, (1, 2)), (dict, {"a": 1}), (set,), (set, [1]), (frozenset,),
            (frozenset, [1])]
    if PYTHON2:
        made += [(long, 2 ** 70), (unicode, u"gr\xf6\xdf")]
    else:
        made += [(str, u"gr\xf6\xdf"), (str, u"\U0001f985"), (collections.deque, [1, 2], 5),
                 (collections.OrderedDict, [("x", 1)]), (collections.OrderedDict,), (int, 2 ** 70),
                 (collections.defaultdict, int, {1: 2})]
    for entry in made:
        for value in of(*entry):
            yield value
    looped = type("Looped", (list,), {})()
    looped.append(looped)
    yield looped
    looped = type("Looped", (set,), {"__hash__": object.__hash__})()
    looped.add(looped)
    yield looped
    if PYTHON2:
        return
    looped = type("Looped", (collections.defaultdict,), {})(int)
    looped[1] = looped
    yield looped
    looped = type("Looped", (collections.defaultdict,), {"__call__": lambda self: None})()
    looped.default_factory = looped[1] = looped
    yield looped


class Talks(list):
    def __repr__(self):
        raise RuntimeError("no code of the program runs")


class Spells(str):
    __slots__ = ()

    def __repr__(self):
        raise RuntimeError("no code of the program runs")


def unsaid():
    """Of classes with a repr of their own: each with what is printed in its place."""
    import time
    point = collections.namedtuple("Point", "x y")
    made = [(Talks([1, 2]), list), (Spells("text"), str), (collections.Counter("aab"), dict),
            (type("Point", (point,), {"__repr__": None})(1, 2), tuple)]
    if PYTHON2:
        made.append((collections.OrderedDict([("x", 1)]), dict))
    else:
        made.append((time.gmtime(0), tuple))
    for value, base in made:
        yield value, "<%s.%s object at 0x%x: %s>" % (
            type(value).__module__, type(value).__name__, id(value), base.__repr__(value))
    if PYTHON2:
        for value in (collections.deque([1]), collections.defaultdict(int)):
            yield value, "<collections.%s object at 0x%x>" % (type(value).__name__, id(value))
    else:
        import enum
        flags = enum.Flag("Perm", "R W X")
        for value in (flags(0), flags.R, flags.R | flags.W):
            yield value, repr(value) if sys.version_info >= (3, 11) or value.name else (
                "<Perm: %d>" % value.value)


def generator():
    yield 1


class Outer(object):
    class Inner(object):
        def method(self):
            pass

        @classmethod
        def of_class(cls):
            pass


def objects():
    yield None
    yield True
    yield False
    yield Ellipsis
    yield NotImplemented
    for value in (object(), Plain(), Slots(), ListLike([1]), Outer.Inner(), threading.local()):
        if type(value).__repr__ is object.__repr__:
            yield value
    yield containers
    yield Outer.Inner.method
    yield lambda: None
    yield Outer.Inner().method
    yield Outer.Inner.of_class
    yield len
    yield [].append
    yield (dict if PYTHON2 else collections.OrderedDict)().popitem
    yield generator()
    for kind in (int, str, type, object, Plain, Outer.Inner, collections.OrderedDict, Exception,
                 threading.Thread, collections.deque):
        yield kind
    yield Exception
    yield ValueError()
    yield ValueError("one")
    yield KeyError("one", 2)
    for module in (sys, json, collections, threading, unicodedata):
        yield module
    yield range(3)
    yield (xrange if PYTHON2 else range)(5)
    yield (xrange if PYTHON2 else range)(1, 100, 7)
    yield (xrange if PYTHON2 else range)(10, 0, -3)
    yield slice(1, None, "x")
    yield collections.namedtuple("Point", "x y")(1, y=[2])
    yield collections.namedtuple("Empty", "")()

    class Named(collections.namedtuple("Base", "a")):
        pass

    yield Named((1,))
    if PYTHON2:
        class Old:
            pass

        yield Old
        yield Old()
        yield sys.maxint
        yield 7 * 10 ** 20
        yield 7 ** 0 + 0 * 10 ** 30
        return
    lock = threading.Lock()
    yield lock
    held = threading.RLock()
    held.acquire()
    held.acquire()
    yield held
    yield threading.RLock()
    import enum
    import signal
    yield enum.Enum("Color", "RED GREEN").RED
    yield signal.SIGTERM
    yield enum.IntEnum("Number", "ONE").ONE
    yield enum.Enum("Color", "RED")
    scope = {}
    exec("async def waits(): pass\nasync def gives(): yield 1", scope)
    coroutine = scope["waits"]()
    yield coroutine
    coroutine.close()
    yield scope["gives"]()


def listed(values):
    entries = []
    for value in values:
        KEPT.append(value)
        entries.append([hex(id(value)).rstrip("L"), repr(value)])
    return entries


def listed_with(pairs):
    entries = []
    for value, text in pairs:
        KEPT.append(value)
        entries.append([hex(id(value)).rstrip("L"), text])
    return entries


STARTED = threading.Event()
REST = threading.Event()
SHOWN = {}


def show(name, variables):
    """What locals() of the frame are: [name, repr] of each."""
    SHOWN[name] = sorted((key, repr(value)) for key, value in variables.items())


def has_variables(first, second, *rest, **names):
    unbound = 1
    del unbound
    cell = ["shared"]
    local = {"x": first}

    def inner():
        return cell, second

    for index in range(2):
        pass
    show("has_variables", locals())
    REST.wait()
    return inner, local, index


def encloses():
    outer = ("outer",)
    late = None

    def inside(argument):
        used = (outer, late)
        show("inside", locals())
        REST.wait()
        return used

    late = "late"
    return inside(3)


def generates(argument):
    inside = 5
    yield 1
    show("generates", locals())
    REST.wait()
    yield argument, inside


def runs_generator():
    for _ in generates("given"):
        pass


def in_class():
    class Body(object):
        attribute = 17
        other = [attribute]
        show("Body", dict((k, v) for k, v in locals().items() if not k.startswith("__")))
        REST.wait()


def keyword_only():
    if PYTHON2:
        return has_variables(1, 2)
    scope = {"show": show, "REST": REST}
    exec("def takes(a, b=2, *, c, d=4, **rest):\n"
         "    e = [x for x in (1, 2)]\n"
         "    f = lambda: (a, c)\n"
         "    show('takes', locals())\n"
         "    REST.wait()\n", scope)
    return scope["takes"](1, c=3, z=26)


# Each line of locks: what a thread holds by `with`, and what it waits for.
FIRST, SECOND, THIRD = threading.Lock(), threading.Lock(), threading.RLock()
CONDITION = threading.Condition()
RELEASED = threading.Lock()


def lock_of(condition):
    return condition._Condition__lock if PYTHON2 else condition._lock


class Holder(object):
    def __init__(self):
        self.lock = THIRD


def first_then_second():
    with RELEASED:
        pass
    with FIRST:
        STARTED.wait()
        with SECOND:
            pass


def second_then_third(holder):
    for _ in (1, 2):
        try:
            with SECOND:
                try:
                    STARTED.wait()
                    raise ValueError("handled")
                except ValueError:
                    with holder.lock:
                        pass
        finally:
            pass


def third_then_first():
    with THIRD, CONDITION:
        with THIRD:
            STARTED.wait()
            FIRST.acquire()


def waits_for_condition():
    STARTED.wait()
    with CONDITION:
        pass


def joins(thread):
    thread.join()


def main():
    print("ready")
    sys.stdout.flush()
    found = {"values": listed(numbers()) + listed(texts()) + listed(containers()) +
             listed(derived()) + listed_with(unsaid()) + listed(objects())}
    threads = []

    def start(target, *arguments, **names):
        thread = threading.Thread(target=target, args=arguments, kwargs=names,
                                  name=target.__name__)
        thread.daemon = True
        thread.start()
        threads.append(thread)
        return thread

    start(has_variables, 1, "two", 3.0, name="value", other=[4])
    start(encloses)
    start(runs_generator)
    start(in_class)
    start(keyword_only)
    ends = start(first_then_second)
    start(second_then_third, Holder())
    start(third_then_first)
    start(waits_for_condition)
    start(joins, ends)
    # They wait for STARTED while they hold what they hold.
    while not (FIRST.locked() and SECOND.locked() and len(SHOWN) >= (4 if PYTHON2 else 5)):
        REST.wait(0.01)
    while THIRD.acquire(False):
        THIRD.release()
        REST.wait(0.01)
    STARTED.set()
    found["shown"] = SHOWN
    found["idents"] = dict((thread.name, thread.ident) for thread in threads)
    found["locks"] = dict(FIRST=id(FIRST), SECOND=id(SECOND), THIRD=id(THIRD),
                          CONDITION=id(lock_of(CONDITION)),
                          REST=id(lock_of(REST._Event__cond if PYTHON2 else REST._cond)))
    print(json.dumps(found))
    sys.stdout.flush()
    sys.stdin.read()


main()
