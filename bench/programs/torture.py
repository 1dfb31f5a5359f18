"""Torture: two families of functions that never call each other, calls of about 0.2 us, frames of
differing sizes, recursion. Runs for the seconds of its argument."""
import sys
import time


def a0(x):
    return x


def a1(x):
    y = x
    z = y
    return a0(z)


def a2(x):
    return a1(x) + a0(x)


def a3(x, n=2):
    p = q = r = s = x
    if n:
        return a3(x, n - 1)
    return a2(x) + p + q + r + s


def arun():
    for i in range(20):
        a3(i)
        a2(i)


def b0(x):
    q = w = e = x
    return x + q + w + e


def b1(x):
    return b0(x)


def b2(x):
    y = x
    u = i = o = p = y
    return b1(x) + b0(x) + u + i + o + p


def b3(x, n=3):
    if n:
        return b3(x, n - 1)
    return b2(x)


def brun():
    for i in range(20):
        b3(i)
        b2(i)


def main():
    end = time.time() + float(sys.argv[1])
    while time.time() < end:
        arun()
        brun()


main()
