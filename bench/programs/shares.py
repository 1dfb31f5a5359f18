"""Functions that spin for known shares of the clock, in calls of the length that the argument says
in microseconds. Prints "NAME SHARE" for each, by its own clock, at the end."""
import sys
import time

CALL = float(sys.argv[1]) * 1e-6
END = time.perf_counter() + float(sys.argv[2])


def spin(seconds):
    clock = time.perf_counter
    end = clock() + seconds
    while clock() < end:
        pass


def one():
    spin(CALL)


def two():
    spin(2 * CALL)


def five():
    spin(5 * CALL)


def main():
    clock = time.perf_counter
    spent = [0.0, 0.0, 0.0]
    start = now = clock()
    while now < END:
        for i, body in enumerate((one, two, five)):
            body()
            then, now = now, clock()
            spent[i] += now - then
    for name, seconds in zip(("one", "two", "five"), spent):
        print(name, seconds / (now - start))


main()
