"""The parts of the bench that use programs of its own."""

import json
import math
import subprocess

from support import OSPREY, SAMPLE_RATE, PROGRAMS, Running, interpreters, record, spread, table

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


def shares(quick):
    """Known shares of the clock against measured ones, in standard errors."""
    seconds = 4 if quick else 12
    rows = []
    for name, python in interpreters()[1:] or interpreters():
        for call in ("1000", "5", "0.3"):
            for rate in ("1k", "100k"):
                with Running(python, "shares.py", call, str(seconds)) as target:
                    stacks, figures = record("-p", target.pid, "-r", rate, "-d", seconds - 2)
                    out = target.stdout.read()
                total = sum(stacks.values())
                worst, text = 0.0, []
                for line in out.splitlines():
                    function, truth = line.split()
                    truth = float(truth)
                    # The time between two calls counts to the call in the truth as well.
                    seen = sum(n for s, n in stacks.items() if function in s)
                    main = sum(n for s, n in stacks.items() if s[-1] == "main")
                    share = seen / max(1, total - main)
                    error = math.sqrt(truth * (1 - truth) / max(1, total - main))
                    worst = max(worst, abs(share - truth) / error)
                    text.append(f"{function} {100 * share:.2f}/{100 * truth:.2f}")
                rows.append((name, call, rate, f"{figures['achieved_hz']:.0f}", ", ".join(text),
                             f"{worst:.1f}"))
    table("Shares: seen/true in percent, and the worst difference in standard errors",
          ("Python", "call us", "asked Hz", "had Hz", "shares", "standard errors"), rows)


def cost(quick):
    """Osprey's own processor time at 1,000 Hz, and how much slower the target becomes."""
    pairs = 3 if quick else 11
    rows = []
    for name, python in interpreters():
        work = [python, f"{PROGRAMS}/work.py"]
        alone, watched, own = [], [], []
        for _ in range(pairs):
            alone.append(float(subprocess.run(work, capture_output=True, text=True,
                                              check=True).stdout))
            with subprocess.Popen(work, stdout=subprocess.PIPE, text=True) as target:
                _, figures = record("-p", target.pid)
                watched.append(float(target.stdout.read()))
            own.append(100 * figures["profiler_cpu_s"] / figures["duration_s"])
        slower = [100 * (w / a - 1) for a, w in zip(alone, watched)]
        rows.append((name, spread(own), spread(slower)))
    table(f"Cost at 1,000 Hz, {pairs} pairs in turn: median (lowest to highest)",
          ("Python", "Osprey, % of a core", "target slower by %"), rows)


def memory(quick):
    """Peak memory at 10 kHz with 10,000 distinct stacks."""
    seconds = 15 if quick else 600
    _, python = interpreters()[0]
    with Running(python, "distinct.py", str(seconds + 30)) as target:
        stacks, figures = record("-p", target.pid, "-r", "10k", "-d", seconds)
    table("Memory at 10 kHz", ("seconds", "samples", "distinct stacks", "peak MiB"),
          [(seconds, f"{figures['samples']:,}", len(stacks),
            f"{figures['profiler_peak_rss_bytes'] / 2 ** 20:.1f}")])
