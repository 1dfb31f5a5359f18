"""Python functions that call C functions of native_library.cpp (argv[1]), one of which calls back."""

import ctypes
import sys
import time

LIBRARY = ctypes.CDLL(sys.argv[1])
CALLBACK = ctypes.CFUNCTYPE(None)


def calls_a():
    LIBRARY.native_a(2000)


def calls_b():
    LIBRARY.native_b(1000)


def called_back():
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        sum(range(20))


KEPT = CALLBACK(called_back)


def calls_back():
    LIBRARY.native_calls_back(KEPT)


def sorts_by(number):
    sum(range(200))
    return -number


def sorts():
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        sorted(range(20), key=sorts_by)


def main():
    print("ready")
    sys.stdout.flush()
    end = time.time() + 110
    while time.time() < end:
        calls_a()
        calls_b()
        calls_back()
        sorts()


main()
