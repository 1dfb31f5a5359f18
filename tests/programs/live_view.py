"""Something to watch: about three quarters of the time in hot(), the rest in cold(), and a thread
that waits in sleeps(). With "child" as argument it starts itself once more, with "hostile" it also runs a
function whose names would move a terminal's cursor."""

import os
import subprocess
import sys
import threading
import time


def hot(count):
    total = 0
    for i in range(count):
        total += i * i
    return total


def cold(count):
    total = 0
    for i in range(count):
        total += i ^ 3
    return total


def 数える(depth):
    if depth:
        return 数える(depth - 1)
    return hot(3000)


def caller():
    数える(3)
    cold(1000)


def child_work(parent):
    while os.getppid() == parent:
        hot(1000)


def sleeps():
    threading.Event().wait()


def hostile():
    def plain():
        return cold(3000)
    name = "evil\x1b]0;pwned\x07\x1b[2J\r\n"
    plain.__code__ = plain.__code__.replace(co_name=name, co_filename="/x\x1b[31m/evil.py")
    if hasattr(plain.__code__, "co_qualname"):
        plain.__code__ = plain.__code__.replace(co_qualname=name)
    return plain


def main():
    words = sys.argv[1:]
    if "is-child" in words:
        child_work(int(words[1]))
        return
    child = subprocess.Popen([sys.executable, __file__, "is-child", str(os.getpid())]) if "child" in words else None
    threading.Thread(target=sleeps, name="sleeper", daemon=True).start()
    run = hostile() if "hostile" in words else caller
    print("ready", flush=True)
    print("on standard error", file=sys.stderr, flush=True)
    end = time.monotonic() + (float(words[words.index("for") + 1]) if "for" in words else 1e9)
    try:
        while time.monotonic() < end:
            caller()
            run()
    finally:
        if child:
            child.kill()
            child.wait()
    sys.exit(3)


main()
