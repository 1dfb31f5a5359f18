"""Works for a moment, then executes itself as another program, then ends. With "sleep" as argument it
works a little longer and then becomes one that is no Python."""
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


if "sleep" in sys.argv:
    spin(2)
    os.execv("/bin/sleep", ["sleep", "8"])
elif len(sys.argv) > 1:
    after()
else:
    before()
    os.execv(sys.executable, [sys.executable, __file__, "again"])
