"""Functions that take known shares of the clock: shares.py CALL-MICROSECONDS SECONDS OUT HOW

`calls` makes many short calls and `inline` makes none. HOW the calls are made: plain, callback (C
code makes them) or generator (each is a step of a generator, which makes it). Each function reads
the clock when it starts and when it ends, some 200 us or more apart, so that reading it costs
nothing that matters. A profiler that drops samples in which something moved would see too little
of `calls`. Writes "NAME SECONDS" lines.
"""
import sys
import time

HOW = sys.argv[4]
CALL = float(sys.argv[1]) * 1e-6
clock = time.perf_counter


def short(x):
    return x + x * x - x


def spin(seconds):
    end = clock() + seconds
    while clock() < end:
        pass


def steps(call, arguments):
    for argument in arguments:
        yield call(argument)


def calls(count):
    start = clock()
    call, arguments = (short, range(count)) if CALL < 1e-6 else (spin, [CALL] * count)
    if HOW == "plain":
        for argument in arguments:
            call(argument)
    else:
        for _ in map(call, arguments) if HOW == "callback" else steps(call, arguments):
            pass
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
