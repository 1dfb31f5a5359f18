"""Functions that take known shares of the clock: shares.py CALL-MICROSECONDS SECONDS OUT

`calls` makes many short calls and `inline` makes none; each reads the clock when it starts and when
it ends, some 200 us or more apart, so that reading it costs nothing that matters. A profiler that
drops samples in which something moved would see too little of `calls`. Writes "NAME SECONDS" lines.
"""
import sys
import time

CALL = float(sys.argv[1]) * 1e-6
clock = time.perf_counter


def short(x):
    return x + x * x - x


def spin(seconds):
    end = clock() + seconds
    while clock() < end:
        pass


def calls(count):
    start = clock()
    if CALL < 1e-6:
        for i in range(count):
            short(i)
    else:
        for i in range(count):
            spin(CALL)
    return clock() - start


def inline(seconds):
    start = clock()
    end = start + seconds
    while clock() < end:
        for i in range(100):
            pass
    return clock() - start


def main():
    end = clock() + float(sys.argv[2])
    count = max(1, int(500e-6 / CALL))
    in_calls = in_inline = 0.0
    while clock() < end:
        in_calls += calls(count)
        in_inline += inline(max(300e-6, CALL * 0.6))
    with open(sys.argv[3], "w") as out:
        out.write("calls %r\ninline %r\n" % (in_calls, in_inline))


main()
