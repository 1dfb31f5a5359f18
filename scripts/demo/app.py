"""A program with several things to do at once, for the demo to profile: about five seconds.

It makes up the log of a shop, reads it back, sorts and counts it, packs it as JSON, compresses
that, and parses Python source, while a second thread looks for words in the text.
"""

import ast
import collections
import inspect
import json
import random
import re
import sys
import textwrap
import threading
import time
import zlib

WORDS = "order basket payment refund parcel letter return invoice voucher gift".split()
LINE = re.compile(r"(?P<time>\d+) (?P<what>\w+) (?P<who>user\d+) (?P<cents>\d+)")


def make_log(count, chance):
    return [
        f"{moment} {chance.choice(WORDS)} user{chance.randrange(500)} {chance.randrange(9000)}"
        for moment in range(count)
    ]


def parse_log(lines):
    found = []
    for line in lines:
        match = LINE.match(line)
        if match:
            entry = match.groupdict()
            entry["cents"] = int(entry["cents"])
            found.append(entry)
    return found


def by_customer(entries):
    sums = collections.Counter()
    for entry in entries:
        sums[entry["who"]] += entry["cents"]
    return sums


def ranking(entries):
    return sorted(entries, key=lambda entry: (entry["what"], -entry["cents"], entry["who"]))


def fibonacci(number):
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


def pack(entries):
    text = json.dumps(entries, indent=1).encode()
    return zlib.compress(text, level=6)


def count_nodes(source):
    return sum(1 for _ in ast.walk(ast.parse(source)))


def search_words(lines, stop):
    hits = 0
    while not stop.is_set():
        for line in lines:
            hits += "refund" in line or line.endswith("99")
        stop.wait(0.02)
    return hits


def one_round(chance):
    entries = parse_log(make_log(4000, chance))
    ranked = ranking(entries)
    return {
        "best": by_customer(entries).most_common(1)[0],
        "first": ranked[0]["what"],
        "packed": len(pack(ranked)),
        "nodes": count_nodes(inspect.getsource(textwrap)),
        "fibonacci": fibonacci(18),
    }


def main(seconds):
    chance = random.Random(7)
    stop = threading.Event()
    searcher = threading.Thread(
        target=search_words, args=(make_log(3000, chance), stop), name="searcher"
    )
    searcher.start()
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        one_round(chance)
        rounds += 1
    stop.set()
    searcher.join()
    print(f"{rounds} rounds in {seconds:g} seconds")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
