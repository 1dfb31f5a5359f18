"""The parts of the bench that use programs of its own."""

import json
import math
import subprocess
import tempfile
import time

from support import (BARE_WAKE, OSPREY, PROGRAMS, SAMPLE_RATE, Running, interpreters, record,
                     spread, table)

# Who calls whom in programs/torture.py.
CALLS = {"<module>": {"main"}, "main": {"arun", "brun"}, "arun": {"a3", "a2"},
         "a3": {"a3", "a2"}, "a2": {"a1", "a0"}, "a1": {"a0"}, "brun": {"b3", "b2"},
         "b3": {"b3", "b2"}, "b2": {"b1", "b0"}, "b1": {"b0"}, "a0": set(), "b0": set()}


def speed(quick):
    """Samples a second up to the call tree, beside the bare read of the same bytes."""
    rows = []
    for depth in (5, 50):
        for name, python in interpreters():
            with Running(python, "depth.py", str(depth)) as target:
                out = subprocess.run([SAMPLE_RATE, str(target.pid), "1" if quick else "5"],
                                     capture_output=True, text=True, check=True).stdout
            r = json.loads(out)
            rows.append((name, depth, *(f"{r[k][1]:,} ({r[k][0]:,} to {r[k][2]:,})"
                                        for k in ("samples", "bare")),
                         f"{r['percent'][1]} ({r['percent'][0]} to {r['percent'][2]})",
                         r["bytes"], r["ranges"], r["rejected"]))
    table("Speed, one thread, slices of 0.1 s in turn: median (lowest to highest)",
          ("Python", "frames", "samples/s", "bare reads/s", "%", "bytes", "ranges", "rejected"),
          rows)


def torture(quick):
    """Impossible stacks: a caller that never calls that callee."""
    seconds = 3 if quick else 12
    rows = []
    for name, python in interpreters():
        with Running(python, "torture.py", str(seconds + 3)) as target:
            stacks, figures = record("-p", target.pid, "-r", "max", "-d", seconds)
        wrong = sum(count for stack, count in stacks.items()
                    if stack[0] != "<module>" or
                    any(callee not in CALLS[caller] for caller, callee in zip(stack, stack[1:])))
        samples = max(1, figures["samples"])
        rows.append((name, f"{figures['samples']:,}", wrong, f"{100 * wrong / samples:.4f}",
                     f"{100 * figures['rejected'] / samples:.4f}",
                     f"{100 * figures['cut'] / samples:.4f}"))
    table("Torture: calls of 0.2 us in two families that never mix",
          ("Python", "samples", "impossible", "%", "rejected %", "cut %"), rows)


def calls_of(python):
    """Every (caller, callee) of the ordinary program, as sys.setprofile sees them."""
    graph = subprocess.run([python, f"{PROGRAMS}/ordinary.py", "graph"], capture_output=True,
                           text=True, check=True).stdout
    return {tuple(line.split("\t")) for line in graph.splitlines()}


def strange_calls(stack, known):
    """What of a stack from root to leaf cannot be, in words."""
    strange = [" calls ".join(pair) for pair in zip(stack, stack[1:]) if pair not in known]
    return strange if stack[0] == "<module>" else [*strange, f"root {stack[0]}"]


def ordinary(quick):
    """The same count on an ordinary program, against the calls that sys.setprofile saw it make."""
    seconds = 3 if quick else 12
    rows = []
    for name, python in interpreters():
        known = calls_of(python)
        with Running(python, "ordinary.py", str(seconds + 3)) as target:
            stacks, figures = record("-p", target.pid, "-r", "max", "-d", seconds)
        wrong, examples = 0, {}
        for stack, count in stacks.items():
            strange = strange_calls(stack, known)
            if strange:
                wrong += count
                examples[strange[0]] = examples.get(strange[0], 0) + count
        samples = max(1, figures["samples"])
        rows.append((name, f"{figures['samples']:,}", wrong, f"{1e6 * wrong / samples:.1f}",
                     figures["rejected"], figures["cut"],
                     ", ".join(f"{what} ({count})" for what, count in sorted(
                         examples.items(), key=lambda item: -item[1])[:4]) or "none"))
    table("Ordinary program: JSON, regular expressions, sorting, generators",
          ("Python", "samples", "impossible", "in a million", "rejected", "cut", "such as"), rows)


def shares(quick):
    """Known shares of the clock against measured ones, in standard errors.

    Both are shares of `calls` among `calls` and `inline`, so what lies between them counts in
    neither, and both are of the same run from beginning to end. The standard error is that of
    independent samples: on a busy machine, where ticks are missed in clumps, it is too small.
    """
    seconds = 4 if quick else 12
    rows = []
    chosen = [each for each in interpreters() if each[0] != "Debian's"] or interpreters()
    for name, python in chosen[-1:] if quick else chosen:
        for call, how in (("1000", "plain"), ("5", "plain"), ("0.3", "plain"),
                          ("0.3", "callback"), ("0.3", "generator")):
            for rate in ("1k", "100k"):
                with tempfile.NamedTemporaryFile("r", encoding="utf-8") as out:
                    stacks, figures = record("-r", rate, "--", python, f"{PROGRAMS}/shares.py",
                                             call, seconds, out.name, how)
                    truth = dict(line.split() for line in out.read().splitlines())
                spent = {function: float(value) for function, value in truth.items()}
                true = spent["calls"] / sum(spent.values())
                seen = {function: sum(n for s, n in stacks.items() if function in s)
                        for function in spent}
                total = max(1, sum(seen.values()))
                share = seen["calls"] / total
                error = math.sqrt(true * (1 - true) / total)
                rows.append((name, call, how, rate, f"{figures['achieved_hz']:.0f}", f"{total:,}",
                             f"{100 * share:.2f}", f"{100 * true:.2f}",
                             f"{(share - true) / error:+.1f}"))
    table("Shares: what is measured of a function that makes calls, and the truth",
          ("Python", "call us", "how", "asked Hz", "had Hz", "samples", "seen %", "true %",
           "standard errors"), rows)


def cost(quick):
    """Osprey's own processor time at 1,000 Hz, beside that of a program that only sleeps and wakes
    as often, and how much slower the target becomes."""
    pairs = 7 if quick else 11
    rows = []
    chosen = interpreters()
    for name, python in chosen[:1] + chosen[-1:] if quick else chosen:
        work = [python, f"{PROGRAMS}/work.py"]
        alone, watched, own, bare = [], [], [], []
        for pair in range(pairs):
            for with_osprey in ((False, True) if pair % 2 == 0 else (True, False)):
                with subprocess.Popen(work, stdout=subprocess.PIPE, text=True) as target:
                    if with_osprey:
                        time.sleep(0.2)  # there is an interpreter by now
                        _, figures = record("-p", target.pid)
                        own.append(100 * figures["profiler_cpu_s"] / figures["duration_s"])
                    (watched if with_osprey else alone).append(float(target.stdout.read()))
            with subprocess.Popen(work, stdout=subprocess.DEVNULL) as target:
                bare.append(float(subprocess.run([BARE_WAKE, "1000", "1"], capture_output=True,
                                                 text=True, check=True).stdout))
                target.kill()
        slower = [100 * (w / a - 1) for a, w in zip(alone, watched)]
        rows.append((name, spread(own), spread(bare), spread(alone), spread(slower)))
    table(f"Cost at 1,000 Hz, {pairs} pairs in turn: median (lowest to highest)",
          ("Python", "Osprey, % of a core", "bare wake, %", "target alone, s",
           "target slower by %"), rows)


def memory(quick):
    """Peak memory at 10 kHz with 10,000 distinct stacks."""
    seconds = 15 if quick else 600
    _, python = interpreters()[0]
    with Running(python, "distinct.py", str(seconds + 30)) as target:
        stacks, figures = record("-p", target.pid, "-r", "10k", "-d", seconds)
    table("Memory at 10 kHz", ("seconds", "samples", "distinct stacks", "peak MiB"),
          [(seconds, f"{figures['samples']:,}", len(stacks),
            f"{figures['profiler_peak_rss_bytes'] / 2 ** 20:.1f}")])
