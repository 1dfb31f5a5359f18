"""What --async costs."""

from support import Running, interpreters, record, spread, table


def tasks(quick):
    """Osprey's share of a core at 1,000 Hz without --async, with running and with all, beside
    different numbers of tasks that wait."""
    seconds, turns = (1, 2) if quick else (3, 5)
    rows = []
    for name, python in interpreters():
        for count in (0, 100, 2000):
            shares = {"": [], "running": [], "all": []}
            for _ in range(turns):
                with Running(python, "tasks.py", str(count)) as target:
                    for mode, values in shares.items():
                        figures = record("-p", target.pid, "-d", seconds,
                                         *(("--async", mode) if mode else ()))[1]
                        values.append(100 * figures["profiler_cpu_s"] / figures["duration_s"])
            rows.append((name, f"{count:,}", *map(spread, shares.values())))
    table(f"Osprey's share of a core at 1,000 Hz in percent, {turns} turns",
          ("Python", "tasks that wait", "without --async", "--async running", "--async all"), rows)
