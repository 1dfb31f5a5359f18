#!/usr/bin/env python3
"""Measures Osprey and prints Markdown tables.

    bench/run.py [--quick] [--python NAME] [PART...]

Parts: speed threads torture ordinary steps native_stacks shares bursts tasks families cost top
slowdown native_slowdown native_taken stops native_truth memory agree naming
unresolved

Everything stays on this machine and ends by itself. Without --quick all parts take about half an
hour, most of it the ten minutes of `memory`.
"""

import argparse
import os
import platform
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import agree  # noqa: E402
import bursts  # noqa: E402
import families  # noqa: E402
import measures  # noqa: E402
import naming  # noqa: E402
import native  # noqa: E402
import native_stacks  # noqa: E402
import slowdown  # noqa: E402
import steps  # noqa: E402
import stops  # noqa: E402
import support  # noqa: E402
import tasks  # noqa: E402
import threads  # noqa: E402
import top  # noqa: E402

PARTS = {"speed": measures.speed, "threads": threads.threads, "torture": measures.torture,
         "ordinary": measures.ordinary, "steps": steps.steps,
         "native_stacks": native_stacks.native_stacks, "shares": measures.shares,
         "bursts": bursts.bursts, "tasks": tasks.tasks, "families": families.families,
         "cost": measures.cost, "top": top.top, "slowdown": slowdown.slowdown,
         "stops": stops.stops, "memory": measures.memory, "agree": agree.agree,
         "naming": naming.naming,
         "native_slowdown": native.slowdown, "native_taken": native.taken,
         "native_truth": native.truth,
         "unresolved": native.unresolved}


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run: shorter, fewer pairs")
    parser.add_argument("--install", action="store_true",
                        help="first install the Debian packages that `agree` profiles")
    parser.add_argument("--python", action="append", default=[], metavar="NAME",
                        help="only this interpreter, by its name in the tables; may be repeated")
    parser.add_argument("parts", nargs="*", metavar="PART", help="some of them; default: all")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if arguments.install:
        subprocess.run(["apt-get", "install", "-y", "-qq", *agree.PACKAGES], check=True)
    support.ONLY.extend(arguments.python)
    support.build()
    load = os.getloadavg()[0]
    print(f"{cpu_model()}, {os.cpu_count()} CPUs, Linux {platform.release()}, load {load:.2f}")
    for name in arguments.parts or PARTS:
        PARTS[name](arguments.quick)


if __name__ == "__main__":
    main()
