"""Prints, every eighth of a second, when it began and which part of that time was taken away from a
thread that runs below twenty Python functions."""
import ctypes
import sys
import time

SLICE = 125_000_000
taken_away = ctypes.CDLL(sys.argv[1]).taken_away
taken_away.argtypes = [ctypes.c_int64]
taken_away.restype = ctypes.c_int64


def below(functions):
    if functions:
        below(functions - 1)
    else:
        while True:
            start = time.monotonic()
            print(start, taken_away(SLICE) / SLICE, flush=True)


below(20)
