"""Threads that wait at known places; says where each stands. Runs on all versions from 2.7 on."""
import json
import os
import sys
import threading
import time

hold = threading.Lock()
hold.acquire()


def down(depth):
    if depth:
        return down(depth - 1)
    return [step for step in steps()]


def steps():
    yield 1
    hold.acquire()
    yield 2


def callback(_):
    hold.acquire()


def through_c():
    return sorted([2, 1], key=callback)


class Waiter(object):
    def __init__(self):
        self.wait()

    def wait(self):
        hold.acquire()


def stack_of(frame):
    frames = []
    while frame is not None:
        code = frame.f_code
        name = getattr(code, "co_qualname", code.co_name)
        frames.append("%s (%s:%d)" % (name, os.path.basename(code.co_filename), frame.f_lineno))
        frame = frame.f_back
    return frames[::-1]


targets = {"recursion": lambda: down(5), "called-from-C": through_c, "a class \u00e9": Waiter}
threads = [threading.Thread(target=call, name=name) for name, call in targets.items()]
for thread in threads:
    thread.daemon = True
    thread.start()
time.sleep(0.5)
stacks = sys._current_frames()
print(json.dumps({t.name: stack_of(stacks[t.ident]) for t in threads}))
sys.stdout.flush()
sys.stdin.read()
