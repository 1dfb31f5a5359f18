"""A fixed piece of work of a few seconds; prints the seconds it took by the monotonic clock."""
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def tables():
    return sorted({str(i): i * i for i in range(20000)}.items(), key=lambda item: item[1])


start = time.perf_counter()
for _ in range(600):
    fib(22)
    tables()
print(time.perf_counter() - start)
