#!/usr/bin/env python3
"""Records the memory of a Python for golden_test: record.py RECORD_MEMORY PYTHON [ARG...]

RECORD_MEMORY is the program of that name in the build folder, PYTHON a command that starts the
interpreter (`chroot ROOT /usr/bin/python3.14`, say). Writes memory/VERSION.json beside this file.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(os.path.join(HERE, "program.py"), encoding="utf-8") as file:
        program = file.read()
    with subprocess.Popen([*sys.argv[2:], "-c", program], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as target:
        expected = json.loads(target.stdout.readline())
        recorded = subprocess.run([sys.argv[1], str(target.pid)], check=True,
                                  stdout=subprocess.PIPE).stdout
        target.stdin.close()
    # Whose home the interpreter lies in is nobody's business.
    home = os.path.expanduser("~").encode()
    nobody = b"/" + b"u" * (len(home) - 1)
    recording = json.loads(recorded.replace(home.hex().encode(), nobody.hex().encode()))
    recording["expected"] = expected
    name = ".".join(map(str, recording["version"])) + "t" * recording["free_threaded"]
    with open(os.path.join(HERE, "memory", name + ".json"), "w", encoding="utf-8") as file:
        json.dump(recording, file, indent=0)
        file.write("\n")
    print(f"{name}: {sum(len(piece[1]) for piece in recording['memory']) // 2} bytes")


main()
