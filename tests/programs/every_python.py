# -*- coding: utf-8 -*-
"""Runs on every Python from 2.7 on: calls of a few shapes, over and over, and a thread that waits.
Ends by itself after two minutes, or as many seconds as its argument says."""
import os
import sys
import threading
import time

END = time.time() + float(sys.argv[1] if len(sys.argv) > 1 else 120)
DEPTH = 40


def leaf(n):
    total = 0
    for i in range(n):
        total += i
    return total


def called(n):
    return leaf(n)


def recurse(depth):
    if depth == 0:
        return leaf(400)
    return recurse(depth - 1)


def numbers(n):
    for _ in range(n):
        yield leaf(300)


def through(n):
    for number in numbers(n):
        yield number


def by_generator():
    for _ in through(3):
        pass


def sort_key(_):
    return leaf(200)


def by_callback():
    return sorted(range(5), key=sort_key)


class Shape(object):
    def __init__(self):
        self.total = leaf(300)

    def method(self):
        return leaf(300)


def by_class():
    return Shape().method()


def works():
    while time.time() < END:
        called(300)
        recurse(DEPTH)
        by_generator()
        by_callback()
        by_class()


def waits(pipe):
    # For what never comes. Not threading.Event: 2.7 waits for one by looking again and again.
    os.read(pipe, 1)


def main():
    pipe, _ = os.pipe()
    thread = threading.Thread(target=waits, args=(pipe,), name="Waiter of the test")
    thread.daemon = True
    thread.start()
    print("ready")
    sys.stdout.flush()
    works()


if __name__ == "__main__":
    main()
