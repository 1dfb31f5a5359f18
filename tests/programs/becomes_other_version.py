"""Works for a moment, then becomes the same program under the interpreter of its argument."""
import os
import sys
import time


def spin(seconds):
    end = time.time() + seconds
    while time.time() < end:
        pass


def first_version():
    spin(0.6)


def second_version():
    spin(0.6)


if len(sys.argv) > 1:
    first_version()
    os.execv(sys.argv[1], [sys.argv[1], __file__])
second_version()
