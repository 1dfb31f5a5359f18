"""Threads that raise and handle exceptions, or do not. Ends by itself after two minutes."""
import threading
import time

END = time.time() + 120


def fails():
    raise ValueError("on purpose")


def raises():
    while time.time() < END:
        try:
            fails()
        except ValueError:
            handles()


def handles():
    total = 0
    for i in range(2000):
        total += i


def sleeps_in_handler():
    try:
        fails()
    except ValueError:
        time.sleep(120)


def steps():
    while True:
        total = 0
        for i in range(2000):
            total += i
        yield total


def generator_in_handler():
    try:
        fails()
    except ValueError:
        for _ in steps():
            if time.time() > END:
                return


def handles_in_generator():
    try:
        fails()
    except ValueError:
        while time.time() < END:
            total = 0
            for i in range(2000):
                total += i
            yield total


def runs_generator():
    for _ in handles_in_generator():
        pass


def sleeps():
    time.sleep(120)


def computes():
    total = 0
    while time.time() < END:
        total += 1


for body in (raises, sleeps_in_handler, generator_in_handler, runs_generator, sleeps):
    threading.Thread(target=body, daemon=True).start()
print("ready", flush=True)
computes()
