"""Arrays and numbers of numpy: where each is, its shape and its dtype as numpy says them, or its value,
one line of JSON after "ready". Ends when its input does."""
import json
import sys

import numpy

ARRAYS = [numpy.zeros((3, 4)), numpy.arange(5), numpy.zeros((), dtype=numpy.float32),
          numpy.zeros((2, 2, 2), dtype=bool), numpy.zeros(3, dtype=complex),
          numpy.zeros(2, dtype=numpy.uint8), numpy.zeros(2, dtype=object), numpy.array(["abc"]),
          numpy.array([b"xy"]), numpy.zeros(2, dtype=">i4"), numpy.zeros(2, dtype=">f8"),
          numpy.zeros(2, dtype=">U3"), numpy.zeros(2, dtype=numpy.longdouble),
          numpy.zeros(2, dtype=numpy.float16), numpy.zeros((0, 7)), numpy.ones((2, 3))[:, ::2],
          numpy.zeros(2, dtype="V5"), numpy.zeros((1,) * 32)]

NUMBERS = [(numpy.float64(1.5), float), (numpy.complex128(2j), complex), (numpy.str_("abc"), str),
           (numpy.bytes_(b"xy"), bytes)]


def main():
    print("ready")
    print(json.dumps([[hex(id(a)), "<numpy.ndarray shape=%s dtype=%s>" % (a.shape, a.dtype)]
                      for a in ARRAYS] +
                     [[hex(id(n)), "<numpy.%s object at 0x%x: %r>" % (type(n).__name__, id(n),
                                                                     kind(n))]
                      for n, kind in NUMBERS]))
    sys.stdout.flush()
    sys.stdin.read()


main()
