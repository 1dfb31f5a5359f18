"""Code that the interpreter calls at the start of a function: trace, profile or monitoring sets it,
finalizer leaves it to the garbage collector. Ends by itself after two minutes."""
import sys
import time

END = time.time() + 120
KIND = sys.argv[1]


def spins(milliseconds=2):
    end = time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < end:
        pass


def leaf():
    return 1


def makes(x):
    def inner():
        return x
    return inner


inner = makes(1)
CODES = (leaf.__code__, inner.__code__)


def callback(frame, event, _):
    if event == "call" and frame.f_code in CODES:
        spins()


def monitors(code, _):
    if code in CODES:
        spins()


class Finalized:
    def __init__(self):
        self.me = self

    def __del__(self):
        spins()


class Garbage:
    def __init__(self):
        self.me = self


def calls():
    while time.time() < END:
        leaf()
        inner()


def makes_garbage():
    while time.time() < END:
        Finalized()
        for _ in range(2000):
            Garbage()


print("ready", flush=True)
if KIND == "trace":
    sys.settrace(callback)
elif KIND == "profile":
    sys.setprofile(callback)
elif KIND == "monitoring":
    tools = sys.monitoring
    tools.use_tool_id(tools.PROFILER_ID, "callbacks")
    tools.register_callback(tools.PROFILER_ID, tools.events.PY_START, monitors)
    tools.set_events(tools.PROFILER_ID, tools.events.PY_START)
makes_garbage() if KIND == "finalizer" else calls()
