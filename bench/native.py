"""record --native beside the truth: what it costs the program, who calls whom, and what has names."""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from slowdown import pairs_by_turns, slower_by
from support import (GAPS, NATIVE_PAIRS, OSPREY, PROGRAMS, ROOT, THREAD_STOPS, interpreters, record,
                     spread, table)

PAIRS = os.path.join(ROOT, "tests", "programs", "native_pairs.py")
DEBIAN = "/usr/bin/python3"
# As somebody who may not load programs into the kernel: threads of Python are stopped then.
WITHOUT_PROGRAMS = ("setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin")


def way_of(command, prefix):
    """How Osprey copies native stacks of this program."""
    with tempfile.TemporaryDirectory() as folder, \
            subprocess.Popen(command, stdout=subprocess.DEVNULL) as target:
        time.sleep(0.5)
        stats = os.path.join(folder, "s.json")
        subprocess.run([*prefix, OSPREY, "record", "-n", "-d", "1", "-p", str(target.pid), "-o",
                        os.path.join(folder, "p.txt"), "--stats", stats], check=True,
                       stderr=subprocess.DEVNULL)
        target.kill()
        with open(stats, encoding="utf-8") as file:
            return json.load(file)["native"]["capture"]


def slowdown(quick):
    count = 20 if quick else 80
    numpy = [DEBIAN, f"{PROGRAMS}/steady_numpy.py"]
    programs = [("a loop in C++", [THREAD_STOPS, "loop"]), ("numpy, Debian's Python", numpy)]
    programs += [(f"pure Python, {name}", [python, f"{PROGRAMS}/steady.py"])
                 for name, python in interpreters()]
    rows = []
    for name, command in programs:
        for prefix in ((), WITHOUT_PROGRAMS) if command[0] != THREAD_STOPS else ((),):
            way = way_of(command, prefix)
            pairs = pairs_by_turns(command, count, "-n", prefix=prefix)
            rows.append((name, way, *slower_by(pairs)))
    rows.append(("numpy, without --native", "none", *slower_by(pairs_by_turns(numpy, count))))
    table(f"Slower target at 1,000 Hz with --native, {count} pairs of 0.5 s slices in turn",
          ("program", "way", "slower by %, median (lowest to highest)", "middle half",
           "standard error"), rows)


def taken(quick):
    """The same of a thread that looks at the clock, which needs fewer pairs to tell: what is taken away
    from it, but not what its caches lose."""
    count = 10 if quick else 40
    rows = []
    for name, python in interpreters():
        command = [python, f"{PROGRAMS}/gaps.py", GAPS]
        for prefix in ((), WITHOUT_PROGRAMS):
            pairs = pairs_by_turns(command, count, "-n", prefix=prefix)
            alone = [100 * part for part, _ in pairs]
            more = [100 * (watched - part) for part, watched in pairs]
            quarter = statistics.quantiles(more, n=4)
            error = 1.25 * (quarter[2] - quarter[0]) / 1.35 / len(more) ** 0.5
            rows.append((name, way_of(command, prefix), spread(alone), spread(more), f"{error:.2f}"))
    table(f"Time taken away from a thread at 1,000 Hz with --native, {count} pairs of 0.5 s slices in turn",
          ("Python", "way", "alone, %, median (lowest to highest)", "and by Osprey, %", "standard error"),
          rows)


def calls(stack):
    """(Python caller, native function of native_pairs.cpp, Python callee or None) in a stack."""
    found, caller, native = [], None, None
    for file, name in stack:
        name = name.partition("(")[0].partition("@plt")[0]  # the way to it is part of it
        if file == "native_pairs.cpp" or file == "libnative_pairs.so":
            if name.startswith("native_") and name != "native_spin":
                native = name
        elif file == "native_pairs.py":
            if native:
                found.append((caller, native, name))
            caller, native = name, None
    return found + ([(caller, native, None)] if native else [])


class Pairs:
    """native_pairs.py while it runs, and what it says of itself."""

    def __init__(self, python):
        self.process = subprocess.Popen([python, PAIRS, NATIVE_PAIRS, "600"],
                                        stdout=subprocess.PIPE, text=True)
        said = json.loads(self.process.stdout.readline())["pairs"]
        self.shares = {(caller, native, callee): share for caller, _, native, callee, share in said}
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()

    def counts(self, stacks):
        """Samples of each pair that there is, and of others that there is not."""
        counts, wrong = dict.fromkeys(self.shares, 0), 0
        for stack, count in stacks.items():
            for pair in calls(stack):
                if pair in counts:
                    counts[pair] += count
                else:
                    wrong += count
        return counts, wrong


def truth(quick):
    seconds = 10 if quick else 60
    rows, many = [], []
    for name, python in interpreters():
        with Pairs(python) as target:
            stacks, figures = record("-n", "-p", target.process.pid, "-d", seconds, "--mode", "wall",
                                     files=True)
            counts, wrong = target.counts(stacks)
            samples = figures["samples"]
            off = []
            for pair, share in target.shares.items():
                error = (share * (1 - share) / samples) ** 0.5
                off.append(abs(counts[pair] / samples - share) / error)
            rows.append((name, figures["native"]["capture"], f"{samples:,}", figures["cut"],
                         f"{max(off):.2f}",
                         sum(each <= 3 for each in off), len(off), wrong))
            for rate in ("max", "20000"):  # by ptrace, and by perf events where they are permitted
                stacks, figures = record("-n", "-r", rate, "-p", target.process.pid, "-d", seconds,
                                         "--mode", "wall", files=True)
                _, wrong = target.counts(stacks)
                many.append((name, figures["native"]["capture"], f"{figures['samples']:,}",
                             figures["cut"], wrong))
    table(f"Shares of pairs at 1,000 Hz, {seconds} s", ("Python", "way", "samples", "cut",
          "farthest off, standard errors", "within three", "of", "wrong callers"), rows)
    table(f"As fast as can be, and at 20,000 Hz, {seconds} s",
          ("Python", "way", "samples", "cut", "wrong callers"), many)


# Each runs until an alarm ends it.
REAL = {
    "the interpreter": """
import json, re
while True:
    text = json.dumps([{str(i): i, "b": [i] * 3} for i in range(500)], indent=1)
    sorted(json.loads(text), key=str); re.findall("[a-z0-9]+", text)
""",
    "numpy.linalg": """
import numpy
a = numpy.random.default_rng(1).random((300, 300))
while True:
    numpy.linalg.svd(a); numpy.linalg.solve(a, a); numpy.linalg.eigvals(a)
""",
    "scipy.linalg": """
import numpy, scipy.linalg
a = numpy.random.default_rng(1).random((200, 200))
while True:
    scipy.linalg.lu(a); scipy.linalg.expm(a / 100); scipy.linalg.schur(a)
""",
    "pandas": """
import numpy, pandas
r = numpy.random.default_rng(1)
f = pandas.DataFrame({"k": r.integers(0, 100, 50000), "v": r.random(50000)})
while True:
    f.groupby("k").v.agg(["mean", "std", "max"]); f.sort_values("v")
""",
    "sqlite3": """
import sqlite3
c = sqlite3.connect(":memory:")
c.execute("create table t (a integer, b text)")
c.executemany("insert into t values (?, ?)", ((i, str(i * 7919 % 10007)) for i in range(20000)))
while True:
    c.execute("select b, count(*), sum(a) from t group by b order by 2").fetchall()
""",
    "zlib": """
import random, zlib
d = bytes(random.Random(1).choices(b"abcdefgh ", k=200000))
while True:
    zlib.decompress(zlib.compress(d, 6))
""",
    "lzma": """
import lzma, random
d = bytes(random.Random(1).choices(b"abcdefgh ", k=100000))
while True:
    lzma.decompress(lzma.compress(d))
""",
    "cryptography": """
import os
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ed25519
f, k = Fernet(Fernet.generate_key()), ed25519.Ed25519PrivateKey.generate()
while True:
    f.decrypt(f.encrypt(b"x" * 1000)); k.public_key().verify(k.sign(b"a"), b"a")
""",
}


NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;
events {{}}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}; gzip on; gzip_types *; }} }}
"""
ASK = """
import http.client, signal, sys
signal.alarm({seconds})
while True:
    ask = http.client.HTTPConnection("127.0.0.1", {port})
    for _ in range(90):
        ask.request("GET", "/nginx.conf", headers={{"Accept-Encoding": "gzip"}})
        ask.getresponse().read()
    ask.close()
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def servers(folder, seconds):
    """(name, command, command of the load) of those that are installed."""
    port = free_port()
    if shutil.which("redis-server"):
        yield ("redis-server",
               ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
               ["timeout", str(seconds), "redis-benchmark", "-p", str(port), "-n", "1000000000",
                "-q", "-t", "set,get,lpush"])
    port = free_port()
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if nginx:
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=folder, port=port))
        yield ("nginx", [nginx, "-c", config, "-p", folder, "-e", "/dev/null"],
               [sys.executable, "-c", ASK.format(port=port, seconds=seconds)])


def named(name, folder, seconds, what):
    """A row of the table of `what` osprey is asked to record; none where nothing was seen."""
    stats = os.path.join(folder, "s.json")
    picture = os.path.join(os.environ.get("BENCH_PICTURES", folder), name + ".svg")
    done = subprocess.run([OSPREY, "record", "-n", "-d", str(seconds), "-o", picture, "--stats", stats,
                           *what], capture_output=True, text=True, check=False)
    figures = {}
    if os.path.exists(stats):
        with open(stats, encoding="utf-8") as file:
            figures = json.load(file)
        os.remove(stats)
    native = figures.get("native", {})
    if not native.get("frames"):
        print(f"{name}: nothing was seen: {done.stderr.strip()}", file=sys.stderr)
        return []
    return [(name, native["capture"], figures["samples"], figures["cut"], f"{native['frames']:,}",
             f"{100 * native['unresolved_frames'] / native['frames']:.2f}", native["named"],
             native["unresolved"])]


def unresolved(quick):
    """Debian's Python with packages, and servers under load; what is not installed is left out, and
    said. BENCH_PICTURES is a folder where the flame graphs are kept."""
    seconds = 3 if quick else 10
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name, source in REAL.items():
            program = os.path.join(folder, "uses_" + re.sub(r"\W", "_", name) + ".py")
            with open(program, "w", encoding="utf-8") as file:
                file.write(f"import signal\nsignal.alarm({seconds + 2}){source}")
            rows += named(name, folder, seconds, ["--", DEBIAN, program])
        for name, command, load in servers(folder, seconds + 3):
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
                time.sleep(0.5)
                with subprocess.Popen(load, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as asks:
                    time.sleep(0.5)
                    rows += named(name, folder, seconds, ["-p", str(server.pid)])
                    asks.terminate()
                server.terminate()
    table("Frames without a name", ("program", "way", "samples", "cut", "native frames",
          "without a name, %", "addresses named", "and not"), rows)
