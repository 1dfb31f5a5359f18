"""KIND WHERE: runs code in two subinterpreters, KIND isolated (from 3.12 on: a GIL of their own) or
legacy (the main one's), beside a thread of the main interpreter that sleeps. WHERE: main, one after
the other in the main thread; nested, the first in the main thread called by the second; thread, each in a thread of its own while the main one computes; brief,
in interpreters that are made and destroyed all the time. Ends by itself after two minutes."""
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
    interpreters.run_string(interpreter, CODE.format(number, seconds))


def sleeps():
    time.sleep(120)


def in_main():
    total = 0
    while time.time() < END:
        total += 1


subs = [] if WHERE == "brief" else [create(), create()]
threading.Thread(target=sleeps, daemon=True).start()
print("ready", flush=True)
if WHERE == "main":
    while time.time() < END:
        for number, sub in enumerate(subs, 1):
            runs_sub(number, sub, 0.05)
elif WHERE == "nested":  # from 3.13 on
    interpreters.run_string(subs[1], f"""
import _interpreters
def sub2_inner():
    _interpreters.run_string({subs[0]}, {CODE.format(1, 120)!r})
sub2_inner()
""")
elif WHERE == "brief":
    while time.time() < END:
        brief = create()
        runs_sub(1, brief, 0.02)
        interpreters.destroy(brief)
else:
    for number, sub in enumerate(subs, 1):
        threading.Thread(target=runs_sub, args=(number, sub, 120), daemon=True).start()
    in_main()
