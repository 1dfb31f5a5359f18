"""The same work over and over; a line every eighth of a second: when it began, and rounds a second."""
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def tables():
    return sorted({str(i): i * i for i in range(200)}.items(), key=lambda item: item[1])


while True:
    start = time.monotonic()
    rounds = 0
    while (now := time.monotonic()) < start + 0.125:
        fib(12)
        tables()
        rounds += 1
    print(start, rounds / (now - start), flush=True)
