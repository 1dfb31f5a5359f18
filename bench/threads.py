"""What many threads cost."""

import statistics

from support import Running, interpreters, record, spread, table


def rate(python, kind, count, *options, seconds):
    """Ticks a second, thread stacks a second, and Osprey's share of a core in percent."""
    with Running(python, "threads.py", kind, str(count)) as target:
        _, figures = record("-p", target.pid, "-d", seconds, *options)
    duration = max(figures["duration_s"], 1e-9)
    return (figures["achieved_hz"], figures["samples"] / duration,
            100 * figures["profiler_cpu_s"] / duration)


def threads(quick):
    """One busy thread alone and beside 200 idle ones, in turn; then the cost of a thread's stack."""
    seconds, turns = (1, 3) if quick else (2, 7)
    rows = []
    for name, python in interpreters():
        for mode in ("cpu", "wall"):
            alone, beside, ratio = [], [], []
            for turn in range(turns):
                pair = {}
                for count in ((0, 200) if turn % 2 == 0 else (200, 0)):
                    pair[count] = rate(python, "idle", count, "-r", "max", "--mode", mode,
                                       seconds=seconds)[0]
                alone.append(pair[0])
                beside.append(pair[200])
                ratio.append(pair[200] / pair[0])
            rows.append((name, mode, spread_of(alone), spread_of(beside), spread(ratio)))
    table(f"One busy thread, alone and beside 200 idle ones: ticks a second at -r max, {turns} turns",
          ("Python", "mode", "alone", "beside 200", "ratio"), rows)

    rows = []
    for name, python in interpreters():
        for kind in ("idle", "busy", "waking"):
            cells = []
            for count in (0, 10, 100):
                runs = [rate(python, kind, count, "-r", "max", "--idle", seconds=seconds)
                        for _ in range(turns)]
                cells.append(spread([1e9 / max(run[1], 1e-9) for run in runs]))
            rows.append((name, kind, *cells))
    table(f"Nanoseconds for each thread's stack at -r max --idle, {turns} turns",
          ("Python", "the others", "1 thread", "11 threads", "101 threads"), rows)

    rows = []
    for name, python in interpreters():
        for mode in ("cpu", "wall"):
            cells = []
            for kind, count in (("idle", 0), ("idle", 200), ("waking", 30)):
                runs = [rate(python, kind, count, "--mode", mode, seconds=seconds)
                        for _ in range(turns)]
                cells.append(spread([run[2] for run in runs]))
            rows.append((name, mode, *cells))
    table(f"Osprey's share of a core at 1,000 Hz in percent, {turns} turns",
          ("Python", "mode", "one busy thread", "and 200 idle ones", "and 30 that wake 100 times/s"),
          rows)


def spread_of(values):
    values = sorted(values)
    return f"{statistics.median(values):,.0f} ({values[0]:,.0f} to {values[-1]:,.0f})"
