"""Works for a moment, then executes itself as another program, then ends."""
import os
import sys
import time


def spin(seconds):
    end = time.time() + seconds
    while time.time() < end:
        pass


def before():
    spin(0.6)


def after():
    spin(0.6)


if len(sys.argv) > 1:
    after()
else:
    before()
    os.execv(sys.executable, [sys.executable, __file__, "again"])
