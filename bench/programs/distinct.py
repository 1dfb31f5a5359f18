"""10,000 distinct stacks, again and again, for the seconds of its argument: four levels of ten
functions each."""
import sys
import time

LEVELS = []
for level in range(4):
    functions = []
    for i in range(10):
        space = {"LEVELS": LEVELS}
        body = "return 0" if level == 0 else f"return LEVELS[{level - 1}][path[{level - 1}]](path)"
        spin = "sum(range(300));" if level == 0 else ""
        exec(f"def f{level}_{i}(path):\n    {spin}{body}\n", space)
        functions.append(space[f"f{level}_{i}"])
    LEVELS.append(functions)


def main():
    end = time.time() + float(sys.argv[1])
    n = 0
    while time.time() < end:
        n = (n + 7919) % 10000
        path = [n // 10 ** k % 10 for k in range(4)]
        LEVELS[3][path[3]](path)


main()
