"""Holds a source tree against one rule: check.py RULE ROOT. Prints every fault it finds."""

import sys

import layers
import text_rules

RULES = {
    "layers": layers.faults,
    "versions": text_rules.version_faults,
    "file_length": text_rules.length_faults,
    "headers": text_rules.header_faults,
    "machine_paths": text_rules.machine_path_faults,
}


def main(rule, root):
    faults = list(RULES[rule](root))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
