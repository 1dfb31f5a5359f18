"""Calls of every shape, over and over, until it is killed; ends by itself after two minutes."""
import asyncio
import functools
import sys
import threading
import time

END = time.time() + 120


def leaf(n):
    total = 0
    for i in range(n):
        total += i
    return total


def nested():
    def inner():
        return leaf(200)
    return inner()


class Shape:
    def method(self):
        return leaf(200)

    @classmethod
    def made(cls):
        return leaf(200)

    @property
    def area(self):
        return leaf(200)


class Base:
    def __init__(self):
        self.total = leaf(200)


class Derived(Base):
    def __init__(self):
        super().__init__()
        self.again = leaf(200)


class Row:
    def __getitem__(self, n):
        return leaf(n)

    def __enter__(self):
        return leaf(200)

    def __exit__(self, *_):
        return leaf(200) < 0


def constructed():
    return Derived()


def subscribed(row):
    return row[200]


def managed(row):
    with row:
        pass


def raising():
    leaf(200)
    raise ValueError


def passing_on():
    raising()


def caught():
    try:
        passing_on()
    except ValueError:
        pass


def recurse(depth):
    if depth == 0:
        return leaf(200)
    return recurse(depth - 1)


def numbers(n):
    for _ in range(n):
        yield leaf(200)


def delegating(n):
    yield from numbers(n)


def by_loop():
    for _ in numbers(3):
        pass


def by_sum():
    return sum(delegating(3))


def sort_key(_):
    return leaf(100)


def by_sorted():
    return sorted(range(5), key=sort_key)


def by_map():
    return list(map(lambda n: leaf(n), [200, 200]))


def decorate(wrapped):
    @functools.wraps(wrapped)
    def wrapper(*args):
        return wrapped(*args)
    return wrapper


@decorate
def decorated():
    return leaf(200)


async def awaited():
    return leaf(200)


async def coroutine():
    return await awaited()


def by_asyncio(loop):
    loop.run_until_complete(coroutine())


def größe():
    return leaf(200)


EXECUTED = compile("def executed(leaf):\n    return leaf(200)\n", "<made>", "exec")


def by_exec():
    space = {}
    exec(EXECUTED, space)
    return space["executed"](leaf)


def once(loop, row):
    nested()
    Shape().method()
    Shape.made()
    Shape().area
    constructed()
    subscribed(row)
    managed(row)
    caught()
    recurse(5)
    by_loop()
    by_sum()
    by_sorted()
    by_map()
    decorated()
    by_asyncio(loop)
    größe()
    by_exec()


def work():
    loop = asyncio.new_event_loop()
    while time.time() < END:
        once(loop, Row())


if __name__ == "__main__":
    threading.Thread(target=work, name="Arbeiter-größe", daemon=True).start()
    print("ready", flush=True)
    work()
