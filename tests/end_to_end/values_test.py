"""Objects, variables and locks as the readers print them, beside what the interpreters say."""

import json
import os
import subprocess
import time
import unittest

import support
from interpreters import FOUND
from support import Target

DESCRIBE = os.environ["OSPREY_DESCRIBE_VALUES"]
PYTHONS = [python for _, python, _ in FOUND if python]
# Who waits for whose lock in values.py: (thread, what it holds by `with`, what it waits for).
DEADLOCK = [("first_then_second", ["FIRST"], "SECOND"),
            ("second_then_third", ["SECOND"], "THIRD"),
            ("third_then_first", ["THIRD", "CONDITION", "THIRD"], "FIRST"),
            ("waits_for_condition", [], "CONDITION")]


def describe(target, addresses=()):
    done = subprocess.run([DESCRIBE, str(target.pid)], input="".join(a + "\n" for a in addresses),
                          capture_output=True, text=True, timeout=100, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def by_name(described):
    return {thread["name"]: thread for thread in described["threads"]}


class Values(unittest.TestCase):
    maxDiff = 2000

    def test_all(self):
        for python in PYTHONS:
            with self.subTest(python.name), Target("values.py", python=python) as target:
                said = json.loads(target.process.stdout.readline())
                addresses, texts = zip(*said["values"])
                described = describe(target, addresses)
                self.check_values(described["values"], texts)
                self.check_variables(by_name(described), said)
                self.check_locks(target, said)

    def test_arrays(self):
        with Target("arrays.py") as target:  # numpy is Debian's
            addresses, texts = zip(*json.loads(target.process.stdout.readline()))
            self.check_values(describe(target, addresses)["values"], texts)

    def check_values(self, printed, texts):
        wrong = [(a, b) for a, b in zip(printed, texts) if a != b]
        self.assertEqual(len(printed), len(texts))
        for ours, theirs in wrong[:20]:
            with self.subTest(theirs[:200]):
                self.assertEqual(ours, theirs)
        self.assertEqual(len(wrong), 0)

    def check_variables(self, threads, said):
        frames = {}
        for thread in threads.values():
            for frame in thread["frames"]:
                frames.setdefault(frame["function"].rpartition(".")[2], frame)
        for function, expected in said["shown"].items():
            with self.subTest(function):
                variables = frames[function]["locals"]
                self.assertEqual(sorted([name, text] for name, _, text in variables), expected)
        arguments = [name for name, is_argument, _ in frames["has_variables"]["locals"]
                     if is_argument]
        self.assertEqual(arguments, ["first", "second", "rest", "names"])
        names = [name for name, _, _ in frames["has_variables"]["locals"]]
        self.assertEqual(names[:4], arguments)
        if "takes" in frames:
            self.assertEqual([local[:2] for local in frames["takes"]["locals"]][:5],
                             [["a", True], ["b", True], ["c", True], ["d", True], ["rest", True]])
        module = {name for name, _, _ in frames["<module>"]["locals"]}
        self.assertTrue({"FIRST", "main", "KEPT"} <= module, module)
        self.assertEqual(module & {"sys", "json", "__name__"}, set())

    def check_locks(self, target, said):
        locks = said["locks"]
        deadline = time.monotonic() + 60
        while True:  # until the last of them has come to its lock
            threads = by_name(describe(target))
            if all(threads[name]["waits"] for name, _, _ in DEADLOCK) or \
                    time.monotonic() > deadline:
                break
        for name, held, waits in DEADLOCK:
            with self.subTest(name):
                thread = threads[name]
                self.assertIsNotNone(thread["waits"], thread)
                self.assertEqual(thread["waits"][:2], [locks[waits], True])
                frame = next(f for f in thread["frames"] if f["function"] == name)
                self.assertEqual(frame["held"], [locks[lock] for lock in held])
        self.assertEqual(threads["second_then_third"]["waits"][2:],
                         [said["idents"]["third_then_first"], 2])
        waits = [frame for frame in threads["has_variables"]["frames"] if frame["released"]]
        self.assertEqual([frame["function"].rpartition(".")[2] for frame in waits], ["wait"])
        self.assertEqual(waits[0]["released"], locks["REST"])
        joins = [frame["joins"] for frame in threads["joins"]["frames"] if frame["joins"]]
        self.assertEqual(set(joins), {said["idents"]["first_then_second"]})


if __name__ == "__main__":
    support.main()
