"""Calls of Python code by C of every kind, over and over, in any Python from 2.7 on. What calls a
function named by_X is C code of X. Ends by itself after two minutes."""
import ctypes
import functools
import gc
import re
import sys
import time

END = time.time() + 120
LIBC = ctypes.CDLL(None)
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))


def spins(n=40):
    total = 0
    for i in range(n):
        total += i
    return total


def plain(n=3):
    return plain(n - 1) if n else spins()


def by_sorted(x):
    return plain(1) + x


def by_map(x):
    return plain(1) + x


def by_reduce(x, y):
    return plain(1)


def by_sub(match):
    return str(plain(1))


def by_qsort(a, b):
    return a[0] - b[0] + 0 * plain(1)


def by_generator(n):
    for i in range(n):
        yield plain(1)


def by_outer_generator(n):
    for i in by_generator(n):
        yield i


def by_type(name, bases, namespace):
    plain(1)
    return type(name, bases, namespace)


class Made(object):
    def __init__(self):
        self.total = plain(1)

    @property
    def by_property(self):
        return plain(1)

    def __getitem__(self, n):
        return plain(n)

    def __eq__(self, other):
        return bool(plain(1))

    __hash__ = object.__hash__


class Finalized(object):
    def __init__(self):
        self.me = self

    def __del__(self):
        plain(1)


class Manager(object):
    def __enter__(self):
        return plain(1)

    def __exit__(self, *_):
        plain(1)


def collects():
    Finalized()
    gc.collect(0)


def sorts():
    return sorted([3, 1, 2, 5], key=by_sorted)


def maps():
    return list(map(by_map, [1, 2, 3]))


def reduces():
    return functools.reduce(by_reduce, [1, 2, 3])


def substitutes():
    return re.sub("a", by_sub, "banana")


def calls_back():
    array = (ctypes.c_int * 4)(4, 2, 3, 1)
    LIBC.qsort(array, 4, 4, COMPARE(by_qsort))


def generates():
    return sum(by_outer_generator(3)) + sum(x for x in by_generator(2))


def constructs():
    made = Made()
    return made.by_property + made[1] + ([made].index(Made()))


def creates():
    return by_type("Created", (object,), {"method": plain})


def executes():
    exec("plain(2)", {"plain": plain})
    return eval("plain(1)")


def manages():
    with Manager():
        plain(1)


def raises(n=3):
    if n:
        try:
            return raises(n - 1)
        finally:
            plain(1)
    raise ValueError


def catches():
    try:
        raises()
    except ValueError:
        pass


def deep(n=60):
    return deep(n - 1) if n else sorted([2, 1], key=by_sorted)


def compares():
    return sorted([Made(), Made()], key=functools.cmp_to_key(lambda a, b: plain(1)))


SHAPES = [plain, collects, sorts, maps, reduces, substitutes, calls_back, generates, constructs,
          creates, executes, manages, catches, deep, compares]

try:
    import asyncio

    exec("""
async def awaited(n):
    if n:
        return await awaited(n - 1)
    await asyncio.sleep(0)
    return plain(1)


async def gathers():
    await asyncio.gather(awaited(2), awaited(3))


LOOP = asyncio.new_event_loop()


def awaits():
    LOOP.run_until_complete(gathers())
""")
    SHAPES.append(awaits)  # noqa: F821
except ImportError:
    pass


def main():
    for shape in SHAPES:
        shape()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while time.time() < END:
        for shape in SHAPES:
            shape()


main()
