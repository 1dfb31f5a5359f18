"""Makes a module of a few lines, runs it and throws it away, over and over: its code and the next
one's lie in the same places. Each runs for half a millisecond or so, and calls one function,
of the same number. Ends by itself after two minutes."""
import time

END = time.time() + 120
# The function begins on another line in each.
SOURCE = """def calls_%d():
%s    total = 0
    for i in range(20000):
        total += i
calls_%d()
"""


def runs(number):
    exec(compile(SOURCE % (number, "\n" * number, number), "module%d.py" % number, "exec"), {})


print("ready", flush=True)
while time.time() < END:
    for number in range(10):
        runs(number)
