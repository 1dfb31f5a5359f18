"""--async: the running task and who awaits it, by name, and the stacks of the tasks that wait."""

import json
import os
import re

import support
from support import INTERPRETERS, PROGRAMS, Target, function, osprey

PROGRAM = "asyncio_tasks.py"
KEEPS_TASKS = [each for each in INTERPRETERS if each[0] >= (3, 8)]
WAITING = "<waiting tasks>"
BUSY = ("task busy", "busy", "busy_step", "compute")


def names(stack):
    """Functions without their classes, which only newer versions name; tasks as they are."""
    return tuple(frame if frame.startswith("task ") else function(frame).rpartition(".")[2]
                 for frame in stack)


def tasks_part(stack):
    """From the first task on."""
    found = names(stack)
    first = [i for i, name in enumerate(found) if name.startswith("task ")]
    return found[first[0]:] if first else ()


class Asyncio(support.EndToEnd):
    def shape(self, python, shape, *arguments, mode="running", seconds="0.3", program=()):
        """{names from the first task on: samples} of a shape of the program, and the figures."""
        with Target(PROGRAM, shape, *program, python=python) as target:
            stacks, figures = self.record("-p", target.pid, "-d", seconds, "-F", "--async", mode,
                                          *arguments)
        self.stacks = stacks
        found = {}
        for stack, count in stacks.items():
            found[tasks_part(stack)] = found.get(tasks_part(stack), 0) + count
        return found, figures

    def assert_busy(self, found, *before):
        """The task that computes is seen, and only below those that await it."""
        computing = {stack: count for stack, count in found.items() if stack[-1:] == ("compute",)}
        self.assertEqual(set(computing), {before + BUSY})
        self.assertGreater(sum(computing.values()), 20)
        for stack in self.stacks:
            self.assertFalse("compute" in names(stack) and not tasks_part(stack), stack)

    def assert_waiting(self, figures, *expected, at_least=0.8):
        """These stacks wait in most ticks, and no others do."""
        found = {}
        for stack, count in self.stacks.items():
            if WAITING in stack:
                self.assertEqual(stack.index(WAITING), 0)
                found[names(stack[1:])] = found.get(names(stack[1:]), 0) + count
        self.assertEqual(set(found), set(expected))
        for stack, count in found.items():
            self.assertGreaterEqual(count, at_least * figures["ticks"], stack)
            self.assertLessEqual(count, figures["ticks"], stack)
        self.assertEqual(sum(found.values()), figures["asyncio"]["waiting_samples"])

    def test_a_chain_of_tasks(self):
        awaits = ("awaits", "awaits_inside")
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                found, figures = self.shape(python, "chain")
                self.assert_busy(found, "task Task-1", "chain", "task outer", *awaits,
                                 "task middle", *awaits)
                self.assertFalse(any(WAITING in stack for stack in self.stacks))
                self.assertGreater(figures["asyncio"]["running_samples"], 20)
                self.assertIn("asyncio: ", self.err)

    def test_it_stands_on_the_event_loop(self):
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                self.shape(python, "chain")
                for stack in self.stacks:
                    if "compute" in names(stack):
                        loop = names(stack)[:names(stack).index("task Task-1")]
                        self.assertEqual(loop[-3:], ("run_forever", "_run_once", "_run"))

    def test_gather(self):
        gathering = ("task Task-1", "gathered", "task outer", "gathering")
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                found, figures = self.shape(python, "gathered", mode="all")
                self.assert_busy(found, *gathering)
                idle = [stack for stack in found if "sleep" in stack and "busy" not in stack]
                self.assertEqual(set(idle), {gathering + (f"task idle {n}", "idle", "sleep")
                                             for n in ("one", "two")})
                for stack in idle:
                    self.assertGreater(found[stack], 0.8 * figures["ticks"])

    def test_a_task_group(self):
        for version, python in KEEPS_TASKS:
            if version < (3, 11):
                continue
            with self.subTest(version=version):
                found, _ = self.shape(python, "grouped")
                self.assertTrue(found)
                # From 3.14 on __aexit__ awaits another coroutine.
                found = {tuple(n for n in stack if n != "_aexit"): c for stack, c in found.items()}
                self.assert_busy(found, "task Task-1", "grouped", "__aexit__")

    def test_wait_and_wait_for_and_shield(self):
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                found, _ = self.shape(python, "waited")
                self.assert_busy(found, "task Task-1", "waited", "task shields", "shielding",
                                 "task waits for", "waiting_for", "wait_for",
                                 "task waits", "waiting", "wait", "_wait")

    def test_an_eager_task(self):
        """It runs on the stack of the task that made it."""
        for version, python in KEEPS_TASKS:
            if version < (3, 12):
                continue
            with self.subTest(version=version):
                found, _ = self.shape(python, "eager")
                computing = {s: count for s, count in found.items() if s[-1:] == ("compute",)}
                right = computing.pop(("task Task-1", "eager", "factory", "task eager",
                                       "busy_step", "compute"), 0)
                # It may end between the copy of the stack and that of the task.
                self.assertGreater(right, 100)
                bound = right // (20 if support.SANITIZED else 100)
                self.assertLessEqual(sum(computing.values()), bound, computing)

    def test_several_await_one(self):
        """The first stands below the others' awaiter with it, the others by themselves."""
        base = ("task Task-1", "shared", "wait", "_wait")
        awaits = ("awaits", "awaits_inside")
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                _, figures = self.shape(python, "shared", mode="all")
                stacks = [names(s[1:]) for s in self.stacks if "task inner" in s]
                self.assertEqual(len(stacks), 1)
                first = stacks[0][4]
                self.assertEqual(stacks[0], base + (first,) + awaits + ("task inner",) + awaits)
                others = {f"task awaiter {i}" for i in range(3)} - {first}
                self.assertEqual(len(others), 2)
                self.assert_waiting(figures, stacks[0], *(base + (o,) + awaits for o in others))

    def test_tasks_that_await_each_other(self):
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                _, figures = self.shape(python, "circle", mode="all")
                circles = [names(s[1:]) for s in self.stacks if "task one" in s]
                self.assertIn(circles, ([("task one", "one", "task two", "two")],
                                        [("task two", "two", "task one", "one")]))
                self.assert_waiting(figures, circles[0], ("task Task-1", "circle", "sleep"))
                self.assertGreater(figures["cut"], 0)

    def test_generators_and_objects_that_can_be_awaited(self):
        base = ("task Task-1", "generators", "wait", "_wait")
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                _, figures = self.shape(python, "generators", mode="all")
                self.assert_waiting(
                    figures, base + ("task iterates", "iterates", "numbers", "sleep"),
                    base + ("task awaits object", "awaits_object", "idle", "sleep"))

    def test_names(self):
        """Of any alphabet; what separates frames in folded stacks cannot stand in one."""
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                _, figures = self.shape(python, "names", mode="all")
                self.assert_waiting(figures, ("task Task-1", "names", "sleep"),
                                    *((f"task {name}", "idle", "sleep")
                                      for name in ("größe", "任务", "a:b", "Task-2")))

    def test_lines(self):
        """A task that waits stands at its await."""
        with open(os.path.join(PROGRAMS, PROGRAM), encoding="utf-8") as file:
            lines = file.read().splitlines()
        expected = 1 + lines.index("    await asyncio.sleep(END - time.monotonic())")
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version), Target(PROGRAM, "gathered", python=python) as target:
                stacks, _ = self.record("-p", target.pid, "-d", "0.2", "--async", "all")
                idle = {frame for stack in stacks for frame in stack if function(frame) == "idle"}
                self.assertEqual([re.search(r":(\d+)\)", frame)[1] for frame in idle],
                                 [str(expected)])

    def test_threads_have_loops_of_their_own(self):
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                # Where the machine is slow, 0.3 s have room for one reading of the tasks only.
                _, figures = self.shape(python, "threads", "--threads", mode="all", seconds="1")
                roots = {}
                for stack in self.stacks:
                    for task in stack:
                        if task.startswith("task idle"):
                            roots[task] = stack[0].partition(": ")[2]
                            self.assertEqual(stack[1], WAITING)
                self.assertEqual(roots, {"task idle in main": "MainThread",
                                         "task idle in second": "second"}, figures)

    def test_all_of_many(self):
        """Every tick has every one of them."""
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                found, figures = self.shape(python, "many", mode="all", program=["2000"])
                sleepers = sum(c for stack, c in found.items() if "task sleeper" in stack)
                self.assertGreater(sleepers, 0)
                self.assertEqual(sleepers % 2000, 0)
                self.assertEqual(sleepers // 2000, figures["ticks"])

    def test_tasks_that_come_and_go_never_get_each_others_names(self):
        """Each has its functions' number in its name, and its awaiter's has it too."""
        for version, python in KEEPS_TASKS:
            for mode in ("running", "all"):
                with self.subTest(version=version, mode=mode):
                    found, _ = self.shape(python, "reused", mode=mode, seconds="1")
                    right, wrong = 0, 0
                    for stack, count in found.items():
                        numbers = {m[1] for m in (re.fullmatch(
                            r"(?:task child |task parent |body_|inner_|parent_)(\d+)", name)
                            for name in stack) if m}
                        right += count if len(numbers) == 1 else 0
                        wrong += count if len(numbers) > 1 else 0
                    self.assertGreater(right, 20)
                    # A copy may be interrupted; see docs/decisions/0008-asyncio.md.
                    self.assertLessEqual(wrong, right // 200)

    def test_tasks_that_are_new_have_their_awaiters(self):
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                found, _ = self.shape(python, "brief", seconds="1")
                computing = {stack: count for stack, count in found.items() if "one" in stack}
                alone = sum(count for stack, count in computing.items()
                            if "task gatherer" not in stack)
                self.assertGreater(sum(computing.values()), 200)
                # With a sanitizer many have ended before their awaiters are asked for.
                bound = sum(computing.values()) // (4 if support.SANITIZED else 20)
                self.assertLess(alone, bound, computing)

    def test_waiting_tasks_count_in_every_mode(self):
        for mode in ("cpu", "wall", "gil"):
            with self.subTest(mode=mode):
                _, figures = self.shape(support.DEBIAN_PYTHON, "circle", "--mode", mode, mode="all")
                self.assertGreater(figures["asyncio"]["waiting_samples"], figures["ticks"])

    def test_a_program_without_asyncio(self):
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version), Target("idle.py", python=python) as target:
                _, figures = self.record("-p", target.pid, "-d", "0.2", "-i", "--async", "all")
                self.assertIn("the program does not use asyncio", self.err)
                self.assertEqual(figures["asyncio"], {
                    "mode": "all", "supported": True, "used": False,
                    "running_samples": 0, "waiting_samples": 0})
                self.assertGreater(figures["samples"], 0)

    def test_versions_whose_tasks_are_not_known(self):
        for version, python in INTERPRETERS:
            if version >= (3, 8):
                continue
            with self.subTest(version=version):
                found, figures = self.shape(python, "plain", mode="all")
                self.assertEqual(set(found), {()})
                self.assertGreater(figures["samples"], 20)
                self.assertIn("keeps its tasks is not known to Osprey", self.err)

    def test_from_the_start(self):
        """asyncio is found when the program imports it."""
        for version, python in KEEPS_TASKS:
            with self.subTest(version=version):
                stacks, _ = self.record(
                    "-F", "--async", "running", "--", python, os.path.join(PROGRAMS, PROGRAM),
                    "chain", env={**os.environ, "OSPREY_TEST_SECONDS": "1"})
                computing = {s: c for s, c in stacks.items() if "compute" in names(s)}
                named = sum(c for s, c in computing.items() if tasks_part(s)[-4:] == BUSY)
                self.assertGreater(named, sum(computing.values()) // 2)

    def test_speedscope_keeps_waiting_tasks_apart(self):
        with Target(PROGRAM, "gathered") as target:
            path = self.path("a.speedscope.json")
            done = osprey("record", "-p", target.pid, "-d", "0.5", "--async", "all", "-o", path)
            self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, encoding="utf-8") as file:
            profiles = json.load(file)["profiles"]
        self.assertEqual(len(profiles), 2)
        self.assertEqual(profiles[1]["name"], "waiting tasks, without order in time")
        self.assertEqual(len(profiles[1]["weights"]), len(profiles[1]["samples"]))


if __name__ == "__main__":
    support.main()
