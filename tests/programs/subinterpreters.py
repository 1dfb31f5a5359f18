"""KIND WHERE: runs code in two subinterpreters, KIND isolated (a GIL of their own) or legacy (the
main one's), one after the other in the main thread or each in a thread of its own, beside a thread
of the main interpreter that sleeps and one that computes. Ends by itself after two minutes."""
import sys
import threading
import time

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

KIND, WHERE = sys.argv[1:3]
END = time.time() + 120
CODE = """
import time
def sub{0}_inner(seconds):
    end = time.time() + seconds
    total = 0
    while time.time() < end:
        total += 1
def sub{0}_outer(seconds):
    sub{0}_inner(seconds)
sub{0}_outer({1})
"""


def create():
    try:
        return interpreters.create(KIND)  # 3.13
    except TypeError:
        pass
    try:
        return interpreters.create(isolated=KIND == "isolated")
    except TypeError:
        return interpreters.create()


def runs_sub(number, interpreter, seconds):
    run = getattr(interpreters, "run_string")
    run(interpreter, CODE.format(number, seconds))


def sleeps():
    time.sleep(120)


def in_main():
    total = 0
    while time.time() < END:
        total += 1


subs = [create(), create()]
threading.Thread(target=sleeps, daemon=True).start()
print("ready", flush=True)
if WHERE == "main":
    while time.time() < END:
        for number, sub in enumerate(subs, 1):
            runs_sub(number, sub, 0.05)
else:
    for number, sub in enumerate(subs, 1):
        threading.Thread(target=runs_sub, args=(number, sub, 120), daemon=True).start()
    in_main()
