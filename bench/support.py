"""What the parts of the bench share: the build, the interpreters, runs of osprey, medians."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "tests", "end_to_end"))

from interpreters import FOUND  # noqa: E402

BUILD = os.path.join(ROOT, "build", "bench")
OSPREY = os.path.join(BUILD, "src", "cli", "osprey")
SAMPLE_RATE = os.path.join(BUILD, "bench", "sample_rate")
SINGLE_STEPS = os.path.join(BUILD, "bench", "single_steps")
NAMING = os.path.join(BUILD, "bench", "naming")
NAMING_SAMPLE = os.path.join(BUILD, "bench", "libnaming_sample.so")
THREAD_STOPS = os.path.join(BUILD, "bench", "thread_stops")
NATIVE_STACKS = os.path.join(BUILD, "bench", "native_stacks")
NATIVE_PAIRS = os.path.join(BUILD, "bench", "libnative_pairs.so")
GAPS = os.path.join(BUILD, "bench", "libgaps.so")
BARE_WAKE = os.path.join(BUILD, "bench", "bare_wake")
PROGRAMS = os.path.join(HERE, "programs")


def build():
    subprocess.run(["cmake", "--preset", "release", "-B", BUILD, "-D", "OSPREY_BUILD_BENCH=ON",
                    "-D", "OSPREY_BUILD_TESTS=OFF"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", BUILD], check=True, stdout=subprocess.DEVNULL)


ONLY = []  # interpreters to measure, by name; all if empty


def interpreters():
    """(name, path) of those that the tests find too: Debian's Python, and one of each version from
    3.8 on; no debug builds."""
    found = [("Debian's" if wanted.source == "Debian 12" else python.name, python)
             for wanted, python, _ in FOUND
             if python and python.version >= (3, 8) and "d" not in python.flags]
    return [each for each in found if not ONLY or each[0] in ONLY]


class Running:
    """A program under bench/programs, ended by its pid when the block ends."""

    def __init__(self, python, program, *arguments):
        self.process = subprocess.Popen([python, os.path.join(PROGRAMS, program), *arguments],
                                        stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)  # past its imports

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()


def record(*arguments, files=False):
    """Folded stacks {(name, ...): count} without lines, and the run's figures. With `files` every
    frame is (file's last part, name without its class)."""
    with tempfile.TemporaryDirectory() as folder:
        folded, stats = os.path.join(folder, "p.txt"), os.path.join(folder, "s.json")
        subprocess.run([OSPREY, "record", "-F", "-o", folded, "--stats", stats,
                        *map(str, arguments)], check=True, stderr=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        stacks = {}
        with open(folded, encoding="utf-8") as file:
            for line in file:
                if line.startswith("#"):
                    continue
                stack, _, count = line.rstrip("\n").rpartition(" ")
                # The garbage collector may run on top of anything; it is no function.
                pairs = [frame.rpartition(" (") for frame in stack.split(";") if frame != "<gc>"]
                key = tuple((file.rstrip(")").rpartition("/")[2], name.rpartition(".")[2])
                            if files else name for name, _, file in pairs)
                stacks[key] = stacks.get(key, 0) + int(count)
        with open(stats, encoding="utf-8") as file:
            return stacks, json.load(file)


def spread(values):
    values = sorted(values)
    return f"{statistics.median(values):.3g} ({values[0]:.3g} to {values[-1]:.3g})"


def table(title, head, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
