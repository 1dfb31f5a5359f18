"""Stacks unwound and merged a second on one core, in stacks of 40 native frames."""

import json
import subprocess

from support import NATIVE_STACKS, Running, interpreters, table


def native_stacks(quick):
    rows = []
    for name, python in interpreters():
        with Running(python, "native_depth.py", "60") as target:
            out = subprocess.run([NATIVE_STACKS, str(target.pid), "200", "2" if quick else "8"],
                                 check=True, capture_output=True, text=True).stdout
        found = json.loads(out)
        rows.append((name, found["frames"], f"{found['stacks_per_second']:,}",
                     f"{found['of_40_frames_per_second']:,}",
                     f"{found['fit_percent']} %", found["stop_us"]))
    table("Native stacks unwound and merged on one core",
          ("Python", "native frames", "stacks a second", "in stacks of 40 frames", "fit",
           "us of a stop"), rows)
