"""As steady.py, with the work in numpy: arithmetic, sorting and products of matrices that fit into
caches, in calls of some ten to some hundred microseconds."""
import time

import numpy

RANDOM = numpy.random.default_rng(1)
VALUES = RANDOM.random(20000)
MATRIX = RANDOM.random((60, 60))


def arithmetic():
    return float(numpy.sqrt(VALUES * VALUES + 1).sum())


def products():
    return float((MATRIX @ MATRIX @ MATRIX).trace())


def order():
    return float(numpy.sort(VALUES)[100])


while True:
    start = time.monotonic()
    rounds = 0
    while (now := time.monotonic()) < start + 0.125:
        arithmetic()
        products()
        order()
        rounds += 1
    print(start, rounds / (now - start), flush=True)
