"""native_pairs.py LIBRARY SECONDS: known Python lines call known native functions, which call known
Python functions back, in any Python from 2.7 on. The first line of output is a JSON object: `pairs`
has [Python function, its line, native function, Python function that it calls or null, share], where
the share of all time is spent in the native function itself, or, where it calls back, in what that
does; `seconds` is how long it runs. The second line is "ready"."""
import ctypes
import json
import sys
import time

LIBRARY = ctypes.CDLL(sys.argv[1])
CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int)
ROUND = 20000  # microseconds of processor time that a round takes


def spins(microseconds):
    LIBRARY.native_spin(microseconds)


def by_c(microseconds):
    LIBRARY.native_a(microseconds)


def by_d(microseconds):
    LIBRARY.native_c(2000, C_CALLBACK, microseconds)


C_CALLBACK = CALLBACK(by_c)
D_CALLBACK = CALLBACK(by_d)


def calls_a():
    LIBRARY.native_a(6000)


def calls_b():
    LIBRARY.native_b(4000)


def calls_c():
    LIBRARY.native_c(2000, C_CALLBACK, 3000)


def calls_d():
    LIBRARY.native_d(2000, D_CALLBACK, 1000)


def line(function):
    return function.__code__.co_firstlineno + 1


# (Python function, native function, Python function that it calls back, microseconds of a round)
TRUTH = [(calls_a, "native_a", None, 6000), (calls_b, "native_b", None, 4000),
         (calls_c, "native_c", None, 2000), (calls_c, "native_c", by_c, 3000),
         (calls_d, "native_d", None, 2000), (calls_d, "native_d", by_d, 3000),
         (by_c, "native_a", None, 4000), (by_d, "native_c", None, 2000), (by_d, "native_c", by_c, 1000)]


def main():
    pairs = [[caller.__name__, line(caller), native, callee.__name__ if callee else None,
              float(microseconds) / ROUND] for caller, native, callee, microseconds in TRUTH]
    sys.stdout.write(json.dumps({"pairs": pairs, "seconds": float(sys.argv[2])}) + "\nready\n")
    sys.stdout.flush()
    end = time.time() + float(sys.argv[2])
    while time.time() < end:
        calls_a()
        calls_b()
        calls_c()
        calls_d()


main()
