"""What many threads cost. Rates are per second of Osprey's own processor time, which at -r max on a
machine of one's own is the same as per second, and on a busy machine means more."""

import statistics

from support import Running, interpreters, record, table


def spread(values, form="{:,.0f}"):
    return "{} ({} to {})".format(*(form.format(v) for v in (
        statistics.median(values), min(values), max(values))))


def run(python, kind, count, *options, seconds):
    """The figures of one run beside `count` threads of that kind."""
    with Running(python, "threads.py", kind, str(count)) as target:
        return record("-p", target.pid, "-d", seconds, *options)[1]


def beside_idle_ones(seconds, turns):
    rows = []
    for name, python in interpreters():
        for mode in ("cpu", "wall"):
            ticks = {0: [], 200: []}
            for turn in range(turns):
                for count in ((0, 200) if turn % 2 == 0 else (200, 0)):
                    figures = run(python, "idle", count, "-r", "max", "--mode", mode,
                                  seconds=seconds)
                    ticks[count].append(figures["ticks"] / figures["profiler_cpu_s"])
            ratios = [b / a for a, b in zip(ticks[0], ticks[200])]
            rows.append((name, mode, spread(ticks[0]), spread(ticks[200]),
                         spread(ratios, "{:.2f}")))
    table(f"Ticks a second at -r max: one busy thread alone, and beside 200 idle ones, {turns} turns",
          ("Python", "mode", "alone", "beside 200", "ratio"), rows)


def each_stack(seconds, turns):
    rows = []
    for name, python in interpreters():
        for kind in ("idle", "busy", "waking"):
            cells = []
            for count in (0, 10, 100):
                runs = [run(python, kind, count, "-r", "max", "--idle", seconds=seconds)
                        for _ in range(turns)]
                cells.append(spread([1e9 * f["profiler_cpu_s"] / max(1, f["samples"])
                                     for f in runs]))
            rows.append((name, kind, *cells))
    table(f"Nanoseconds for each thread's stack at -r max --idle, {turns} runs",
          ("Python", "the others", "1 thread", "11 threads", "101 threads"), rows)


def share_of_a_core(seconds, turns):
    rows = []
    for name, python in interpreters():
        for mode in ("cpu", "wall"):
            cells = []
            for kind, count in (("idle", 0), ("idle", 200), ("waking", 30)):
                runs = [run(python, kind, count, "--mode", mode, seconds=seconds)
                        for _ in range(turns)]
                cells.append(spread([100 * f["profiler_cpu_s"] / f["duration_s"] for f in runs],
                                    "{:.1f}"))
            rows.append((name, mode, *cells))
    table(f"Osprey's share of a core at 1,000 Hz in percent, {turns} runs",
          ("Python", "mode", "one busy thread", "and 200 idle ones", "and 30 that wake 100 times/s"),
          rows)


def threads(quick):
    """One busy thread alone and beside 200 idle ones; the cost of each thread's stack; the cost at
    1,000 Hz."""
    seconds, turns = (1, 3) if quick else (2, 7)
    beside_idle_ones(seconds, turns)
    each_stack(seconds, turns)
    share_of_a_core(seconds, turns)
