"""What a live view costs: `osprey top` at 1,000 Hz with ten redraws a second on a screen of 200x50,
beside the same without redraws, `osprey record`, and a program that only wakes as often."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time

from support import BARE_WAKE, OSPREY, Running, interpreters, record, spread, table

COLUMNS, ROWS = 200, 50
REDRAWS = {"redraws": "0.1", "none": "3600"}  # --delay; the first redraw comes in any case


def drain(descriptor, seen):
    """Takes what the screen gets, as a terminal would, until the other side is closed."""
    while True:
        try:
            some = os.read(descriptor, 1 << 16)
        except OSError:
            return
        if not some:
            return
        seen.append(some)


def watch(pid, delay, seconds):
    """(share of a core in %, ticks missed, bytes written) of one run on a terminal of its own."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    seen = []
    reader = threading.Thread(target=drain, args=(main, seen))
    reader.start()
    begin = time.monotonic()
    process = subprocess.Popen(
        [OSPREY, "top", "-p", str(pid), "--delay", delay, "-d", str(seconds)], stdin=side,
        stdout=side, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
    os.close(side)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.monotonic() - begin
    reader.join()
    os.close(main)
    if process.returncode != 0:
        raise RuntimeError(f"osprey top ended with {process.returncode}")
    written = b"".join(seen)
    # The last table is plain text, below the screen.
    missed = re.findall(r" Hz missed ([\d.]+)([kMG]?)", written.decode(errors="replace"))
    count = 0.0
    if missed:
        count = float(missed[-1][0]) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[missed[-1][1]]
    return 100 * (usage.ru_utime + usage.ru_stime) / elapsed, count, len(written)


def top(quick):
    seconds, turns = (5, 3) if quick else (10, 11)
    rows = []
    chosen = interpreters()
    for name, python in chosen[:1] if quick else chosen:
        shares = {"redraws": [], "none": [], "record": [], "bare": []}
        missed = {"redraws": [], "none": [], "record": []}
        written = []
        order = list(shares)
        with Running(python, "ordinary.py", str(4 * turns * (seconds + 2) + 60)) as target:
            for turn in range(turns):
                for what in order if turn % 2 == 0 else reversed(order):
                    if what == "bare":
                        shares[what].append(float(subprocess.run(
                            [BARE_WAKE, "1000", str(seconds)], capture_output=True, text=True,
                            check=True).stdout))
                    elif what == "record":
                        _, figures = record("-p", target.pid, "-d", seconds)
                        shares[what].append(100 * figures["profiler_cpu_s"] /
                                            figures["duration_s"])
                        missed[what].append(figures["missed_ticks"])
                    else:
                        share, count, size = watch(target.pid, REDRAWS[what], seconds)
                        shares[what].append(share)
                        missed[what].append(count)
                        if what == "redraws":
                            written.append(size / seconds)
        rows.append((name, *(spread(shares[what]) for what in order),
                     *(spread(missed[what]) for what in missed), spread(written)))
    table(f"Live view at 1,000 Hz on {COLUMNS}x{ROWS}, {turns} runs of {seconds} s in turn: "
          "% of a core, ticks missed",
          ("Python", "ten redraws a second", "no redraws", "record", "bare wake",
           "missed: redraws", "no redraws", "record", "bytes/s to the terminal"), rows)
