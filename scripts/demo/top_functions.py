"""Prints the functions that take the most time in a file of folded stacks, with their shares."""

import collections
import re
import sys

SHOWN = 8
# `function (file.py:line)`: the lines of one function are added up.
FRAME_LINE = re.compile(r":\d+\)$")


def main(path):
    total_time = collections.Counter()
    self_time = collections.Counter()
    samples = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            stack, _, count = line.rstrip("\n").rpartition(" ")
            frames = [FRAME_LINE.sub(")", frame) for frame in stack.split(";")]
            functions = [frame for frame in frames if not frame.startswith(("thread (", "process "))]
            samples += int(count)
            for function in set(functions):
                total_time[function] += int(count)
            if functions:
                self_time[functions[-1]] += int(count)
    if not samples:
        sys.exit("the profile is empty")
    print(f"{samples} samples; the functions with the most time of their own:")
    print("    self   total  function")
    for function, count in self_time.most_common(SHOWN):
        print(f"  {count / samples:6.1%}  {total_time[function] / samples:6.1%}  {function}")


if __name__ == "__main__":
    main(sys.argv[1])
