"""How long native code takes to be named, the first time and again."""

import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile

from support import NAMING, NAMING_SAMPLE, table

ADDRESSES = 5000
# Debian's, whose debug files are those of python3.11-dbg and libc6-dbg. It has none of numpy here.
PYTHON = "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0"
NUMPY = "/usr/lib/python3/dist-packages/numpy/core/_multiarray_umath*.so"
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"


def separate(file, folder):
    """`file` stripped, in `folder`, with its debug file where it is found by build ID."""
    stripped = os.path.join(folder, os.path.basename(file))
    debug = stripped + ".debug"
    subprocess.run(["objcopy", "--only-keep-debug", file, debug], check=True)
    subprocess.run(["objcopy", "--strip-all", file, stripped], check=True)
    notes = subprocess.run(["readelf", "-n", file], check=True, capture_output=True, text=True).stdout
    build_id = notes.partition("Build ID: ")[2].split()[0]
    place = os.path.join(folder, ".build-id", build_id[:2])
    os.makedirs(place)
    os.rename(debug, os.path.join(place, build_id[2:] + ".debug"))
    return stripped


def span(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def naming(quick):
    rounds = 3 if quick else 11
    with tempfile.TemporaryDirectory() as folder:
        files = [file for file in (PYTHON, *glob.glob(NUMPY), LIBC) if os.path.exists(file)]
        files.append(separate(NAMING_SAMPLE, folder))
        runs = []
        for i in range(rounds):
            cache = os.path.join(folder, f"cache{i}")
            out = subprocess.run(
                [NAMING, str(ADDRESSES), cache, f":.debug:/usr/lib/debug:{folder}", *files],
                check=True, capture_output=True, text=True, env={**os.environ, "DEBUGINFOD_URLS": ""})
            runs.append(json.loads(out.stdout))
        size = sum(os.path.getsize(file) for file in glob.glob(os.path.join(folder, "cache0", "*")))
        found = runs[0][0]["files"]
        if any(each["files"] != found for run in runs for each in run):
            sys.exit("naming: the second time the names are others")
    table(f"Naming {ADDRESSES:,} distinct addresses",
          ("run", "seconds", "runs", "cache, KiB"),
          [("first", span([run[0]["seconds"] for run in runs]), rounds, f"{size / 1024:.0f}"),
           ("again", span([run[1]["seconds"] for run in runs]), rounds, "")])
    table("What they are in", ("file", "addresses", "no name", "with a line", "with inlined functions"),
          [(os.path.basename(file["path"]), file["addresses"], file["unresolved"], file["with_line"],
            file["with_inlined"]) for file in found])
