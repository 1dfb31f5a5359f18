"""`osprey dump` against what the target says of itself: faulthandler, repr, id."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time

import support
from interpreters import FOUND, PROGRAMS
from support import DEBIAN_PYTHON, OSPREY, Target, osprey

# Debug builds and 2.7, too, which the other programs do not all run on.
ALL = [python for _, python, _ in FOUND if python]
if support.SANITIZED:
    ALL = [python for python in ALL if python.version in support.OF_EVERY_KIND]


class Dumped(Target):
    """A target that first says something of itself in JSON, then "ready"."""

    def __init__(self, program, *arguments, python=DEBIAN_PYTHON):
        self.process = subprocess.Popen(
            [python, os.path.join(PROGRAMS, program), *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONIOENCODING="utf-8"))
        line = self.process.stdout.readline()
        if self.process.stdout.readline().strip() != "ready":
            self.close()
            raise AssertionError(f"{program} said {line!r}")
        self.said = json.loads(line)


def tracebacks(text):
    """{ident: [(file, line, function)]}, leaf first, of what faulthandler writes."""
    stacks = {}
    for line in text.splitlines():
        head = re.match(r"(?:Current t|T)hread 0x([0-9a-f]+)", line)
        if head:
            frames = stacks.setdefault(int(head[1], 16), [])
        frame = re.match(r'  File "(.*)", line (\d+) in (.*)', line)
        if frame:
            frames.append((frame[1], int(frame[2]), frame[3]))
    return stacks


def places(thread):
    return [(f["function"], f["file"], f["line"]) for f in thread["frames"]]


def last_part(name):
    """faulthandler prints co_name, osprey co_qualname where there is one."""
    return name.rpartition(".")[2]


class Dump(support.EndToEnd):
    def dump(self, *arguments, status=0):
        done = osprey("dump", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        self.err = done.stderr
        return done.stdout

    def dump_json(self, *arguments):
        return json.loads(self.dump("--json", *arguments))

    @contextlib.contextmanager
    def running(self, python, program, *arguments):
        with self.subTest(python=python.name), \
                Dumped(program, *arguments, python=python) as target:
            yield target

    @staticmethod
    def by_name(dump):
        return {thread["name"]: thread for thread in dump["threads"]}

    def expect_stacks_of(self, dump, path):
        """The same threads and frames as the traceback in `path` has."""
        with open(path, encoding="utf-8") as file:
            truth = tracebacks(file.read())
        found = {thread["ident"]: [(f["file"], f["line"], last_part(f["function"]))
                                   for f in thread["frames"]]
                 for thread in dump["threads"] if thread["ident"]}
        self.assertEqual(set(found), set(truth))
        for ident, frames in truth.items():
            self.assertEqual(found[ident], frames)

    def expect_variables(self, dump, reprs):
        worker = self.by_name(dump)["worker"]
        frame, = [f for f in worker["frames"] if f["function"] == "work"]
        arguments = {v["name"]: v["value"] for v in frame["arguments"]}
        self.assertEqual(list(arguments), ["number", "text", "rest", "named"])
        found = {**arguments, **{v["name"]: v["value"] for v in frame["locals"]}}
        inner = found.pop("inner")
        self.assertRegex(inner, r"<function (work\.<locals>\.)?inner at 0x[0-9a-f]+>")
        # At 3.12 the frame's own cell may be empty by now; all others are as Python printed them.
        self.assertEqual(found, reprs)
        free, = [f for f in worker["frames"] if last_part(f["function"]) == "inner"]
        self.assertEqual([(v["name"], v["value"]) for v in free["locals"]],
                         [("shared", reprs["shared"])])

    def wait_for_traceback(self, target, path):
        os.kill(target.said["pid"], signal.SIGUSR1)
        deadline = time.monotonic() + 20
        last = None
        while time.monotonic() < deadline:
            text = self.read(os.path.basename(path)) if os.path.exists(path) else ""
            if text and text == last:
                return
            last = text
            time.sleep(0.2)
        raise AssertionError("no traceback was written")


class Live(Dump):
    def test_stacks_are_those_of_faulthandler(self):
        path = self.path("traceback")
        for python in ALL:
            with self.running(python, "dumped.py", path) as target:
                dump = self.dump_json("-p", target.said["pid"])
                self.wait_for_traceback(target, path)
                self.expect_stacks_of(dump, path)
                self.assertEqual(dump["python_version"].rstrip("+"), python.name.rstrip("d"))
                self.assertIsNotNone(dump["stopped_s"])
                self.assertEqual(os.path.realpath(f"/proc/{target.said['pid']}/exe"),
                                 dump["executable"])
                os.unlink(path)

    def test_variables_are_as_repr_prints_them(self):
        for python in ALL:
            with self.running(python, "dumped.py", self.path("unused")) as target:
                dump = self.dump_json("-p", target.said["pid"], "-l")
                self.expect_variables(dump, target.said["reprs"])

    def values_of(self, program, *arguments):
        with Dumped("huge_values.py", program) as target:
            dump = self.dump_json("-p", target.said["pid"], *arguments)
            frames = [f for f in dump["threads"][0]["frames"] if f["function"] == "call"]
            self.assertEqual(len(frames), 601)
            return dump, [{v["name"]: v["value"] for v in f["arguments"] + f["locals"]}
                          for f in frames]

    def test_what_frames_share_is_written_once(self):
        items = repr(list(range(10000)))[:-1] + ", ...]"
        for flag, longest in (("-l", 170), ("-ll", 200)):
            dump, frames = self.values_of("shared", flag)
            self.assertEqual(dump["warnings"], [])
            lengths = sorted(len(f["items"]) for f in frames)
            self.assertLess(lengths[-2], longest)
            self.assertEqual(set(map(tuple, frames)), {("depth", "items", "table", "own")})
            self.assertLess(dump["stopped_s"], 2)
            if flag == "-ll":
                self.assertEqual(frames[0]["items"], items)  # the leaf: it comes first
                self.assertTrue(frames[-1]["items"].startswith(items[:60] + "... <the same object"))

    def test_variables_end_where_they_are_too_many(self):
        dump, frames = self.values_of("own", "-ll")
        left_out = sum("own" not in frame for frame in frames)
        self.assertGreater(left_out, 400)
        warning, = dump["warnings"]
        too_long = "all together would be longer than 16 MiB; -l writes less of each$"
        if support.SANITIZED:  # then time may be over before that much was read
            too_long = f"({too_long}|to read all would take longer than 2 s; )"
        self.assertRegex(warning, r"^variables of \d+ frames are left out: " + too_long)
        self.assertLess(sum(len(text) for frame in frames for text in frame.values()), 16 << 20)
        dump, frames = self.values_of("own", "-l")
        self.assertEqual(dump["warnings"], [])
        self.assertEqual({len(frame.get("own", "")) for frame in frames}, {125})

    def test_threads_say_what_they_do(self):
        for python in ALL:
            with self.running(python, "dumped.py", self.path("unused"), "spin") as target:
                dump = self.dump_json("-p", target.said["pid"])
                threads = self.by_name(dump)
                self.assertEqual({name: thread["ident"] for name, thread in threads.items()},
                                 target.said["idents"])
                self.assertEqual(threads["reader"]["system_call"], "read")
                self.assertIn(threads["sleeper"]["system_call"],
                              ("clock_nanosleep", "select", "pselect6"))
                self.assertFalse(threads["sleeper"]["on_cpu"])
                spinner = threads["spinner"]
                self.assertTrue(spinner["on_cpu"])
                self.assertIsNone(spinner["system_call"])
                self.assertTrue(spinner["holds_gil"])
                # The kernel tells here since when they sleep, and the spinner does not.
                if threads["reader"]["asleep_s"] is not None:
                    self.assertGreater(threads["reader"]["asleep_s"], 0.05)
                    self.assertLess(threads["reader"]["asleep_s"], 100)
                self.assertIsNone(spinner["asleep_s"])

    def test_those_who_sleep_sleep_on(self):
        with Dumped("dumped.py", self.path("unused")) as target:
            pid = target.said["pid"]
            for _ in range(10):  # its main thread wakes up five times a second
                first = self.dump_json("-p", pid, "-l")
                if first["stopped_threads"] == 0:
                    break
            self.assertEqual((first["stopped_s"], first["stopped_threads"]), (0, 0))
            time.sleep(0.3)
            second = self.dump_json("-p", pid)
            before, after = (self.by_name(dump)["reader"]["asleep_s"] for dump in (first, second))
            if before is not None:  # the kernel tells here
                self.assertGreater(after, before + 0.25)

    def test_says_what_has_stopped_it(self):
        with Dumped("dumped.py", self.path("unused")) as target:
            pid = target.said["pid"]
            os.kill(pid, signal.SIGSTOP)
            try:
                while not all(thread["halted_by"] == "signal"
                              for thread in self.dump_json("-p", pid)["threads"]):
                    time.sleep(0.05)
            finally:
                os.kill(pid, signal.SIGCONT)
            while any(thread["halted_by"] for thread in self.dump_json("-p", pid)["threads"]):
                time.sleep(0.05)

    def test_the_target_goes_on(self):
        with Dumped("dumped.py", self.path("unused"), "spin") as target:
            pid = target.said["pid"]
            for options in ((), ("--nonblocking",), ("-l",)):
                dump = self.dump_json("-p", pid, *options)
                self.assertEqual(dump["stopped_s"] is None, "--nonblocking" in options)
                for tid in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{tid}/stat", encoding="ascii") as file:
                        self.assertIn(file.read().rpartition(")")[2].split()[0], "RSD")

    def test_without_stopping_it(self):
        path = self.path("traceback")
        for python in ALL:
            with self.running(python, "dumped.py", path) as target:
                dump = self.dump_json("-p", target.said["pid"], "--nonblocking", "-l")
                self.wait_for_traceback(target, path)
                self.expect_stacks_of(dump, path)
                self.expect_variables(dump, target.said["reprs"])
                os.unlink(path)

    def test_children_too(self):
        with Target("family.py", "with_children", "20") as target:
            dumps = self.dump_json("-p", target.pid, "-s")
            self.assertEqual(dumps[0]["pid"], target.pid)
            self.assertGreater(len(dumps), 1)
            self.assertEqual(len({dump["pid"] for dump in dumps}), len(dumps))


class Locks(Dump):
    def waits(self, target):
        dump = self.dump_json("-p", target.pid)
        threads = dump["threads"]
        name = lambda index: None if index is None else threads[index]["name"]  # noqa: E731
        waits = {name(wait["thread"]): (wait["for"], wait["object"], name(wait["owner"]))
                 for wait in dump["waits"]}
        return waits, [[name(i) for i in circle] for circle in dump["deadlocks"]]

    def test_two_locks_taken_in_opposite_orders(self):
        for kind, program in (("lock", "with_locks"), ("rlock", "with_rlocks")):
            for python in ALL:
                with self.running(python, "locked.py", program) as target:
                    if kind == "rlock" and python.version < (3,):
                        continue  # written in Python there, over a Lock
                    waits, deadlocks = self.waits(target)
                    self.assertEqual(waits, {"one": (kind, target.said["b"], "other"),
                                             "other": (kind, target.said["a"], "one")})
                    self.assertEqual([sorted(circle) for circle in deadlocks], [["one", "other"]])

    def test_a_lock_taken_twice(self):
        for python in ALL:
            with self.running(python, "locked.py", "by_itself") as target:
                waits, deadlocks = self.waits(target)
                self.assertEqual(waits, {"one": ("lock", target.said["a"], "one")})
                self.assertEqual(deadlocks, [["one"]])

    def test_who_waits_for_one_that_only_sleeps(self):
        for python in ALL:
            with self.running(python, "locked.py", "a_chain") as target:
                waits, deadlocks = self.waits(target)
                self.assertEqual(waits["waits a"], ("lock", target.said["a"], "holder"))
                if python.version >= (3,):
                    self.assertEqual(waits["waits b"], ("rlock", target.said["b"], "holder"))
                self.assertEqual(deadlocks, [])

    def test_an_owner_that_is_not_known(self):
        for python in ALL:
            with self.running(python, "locked.py", "by_acquire") as target:
                waits, deadlocks = self.waits(target)
                self.assertEqual(waits["other"], ("lock", target.said["a"], None))
                self.assertEqual(deadlocks, [])

    def test_a_circle_by_way_of_join(self):
        for python in ALL:
            with self.running(python, "locked.py", "by_join") as target:
                waits, deadlocks = self.waits(target)
                self.assertEqual(waits, {"one": ("thread", None, "other"),
                                         "other": ("lock", target.said["a"], "one")})
                self.assertEqual([sorted(circle) for circle in deadlocks], [["one", "other"]])

    def test_conditions(self):
        for kind, program in (("rlock", "with_conditions"), ("lock", "with_conditions_of_locks")):
            for python in ALL:
                with self.running(python, "locked.py", program) as target:
                    waits, deadlocks = self.waits(target)
                    self.assertEqual(waits, {"waits": (kind, target.said["a"], "holder")})
                    self.assertEqual(deadlocks, [])

    def test_nobody_waits(self):
        for python in ALL:
            with self.running(python, "locked.py", "nobody") as target:
                self.assertEqual(self.waits(target), ({}, []))


class Cores(Dump):
    def core_of(self, target):
        pid = target.said["pid"]
        done = subprocess.run(["gcore", "-o", self.path("core"), str(pid)], capture_output=True,
                              text=True, check=False)
        path = self.path(f"core.{pid}")
        self.assertTrue(os.path.exists(path), done.stderr)
        self.addCleanup(lambda: os.path.exists(path) and os.unlink(path))
        return path

    def test_a_core_shows_what_the_process_did(self):
        for python in ALL:
            with self.running(python, "dumped.py", self.path("unused")) as target:
                core = self.core_of(target)
                live = self.dump_json("-p", target.said["pid"], "-l")
                target.close()
                where = ["--sysroot", python.root] if python.root else []
                dump = self.dump_json("--core", core, "-l", *where)
                os.unlink(core)
                self.assertEqual((dump["core"], dump["stopped_s"]), (core, None))
                for mine, other in zip(dump["threads"], live["threads"], strict=True):
                    for key in ("name", "tid", "ident", "holds_gil", "system_call"):
                        self.assertEqual(mine[key], other[key], key)
                    self.assertEqual(places(mine), places(other))
                self.expect_variables(dump, target.said["reprs"])

    def test_a_deadlock_in_a_core(self):
        for python in ALL:
            with self.running(python, "locked.py", "with_locks") as target:
                target.said = {**target.said, "pid": target.pid}
                core = self.core_of(target)
                where = ["--sysroot", python.root] if python.root else []
                dump = self.dump_json("--core", core, *where)
                os.unlink(core)
                names = [sorted(dump["threads"][i]["name"] for i in circle)
                         for circle in dump["deadlocks"]]
                self.assertEqual(names, [["one", "other"]])

    def test_a_core_that_is_cut_off(self):
        with Dumped("dumped.py", self.path("unused")) as target:
            core = self.core_of(target)
        size = os.path.getsize(core)
        for part in (size - 5000, size // 2, size // 4, 1000, 64, 10, 0):
            os.truncate(core, part)
            done = osprey("dump", "--core", core)
            self.assertIn(done.returncode, (0, 125))
            if done.returncode == 0:
                self.assertIn("warning: ", done.stdout)
            else:
                self.assertRegex(done.stderr, r"\Aosprey: .+\n\Z")


class Errors(Dump):
    def fails(self, *arguments):
        done = osprey("dump", *arguments)
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertRegex(done.stderr, r"\Aosprey: [^\n]+\n\Z")
        return done.stderr

    def test_what_makes_no_sense(self):
        self.assertIn("nothing to dump", self.fails())
        self.assertIn("exclude each other", self.fails("-p", "1", "--core", "x"))
        self.assertIn("no such process", self.fails("-p", str(2 ** 22 - 1)))
        self.assertIn("--sysroot is for --core", self.fails("-p", "1", "--sysroot", "/"))
        self.assertIn("takes no command", self.fails("--", "true"))

    def test_files_that_are_no_cores(self):
        self.assertIn("/nonexistent", self.fails("--core", "/nonexistent"))
        self.assertIn(OSPREY, self.fails("--core", OSPREY))
        self.fails("--core", self.folder)
        self.fails("--core", "/dev/null")

    def test_a_process_that_is_not_python(self):
        with subprocess.Popen(["sleep", "60"]) as sleeper:
            self.assertIn("is not a Python program", self.fails("-p", str(sleeper.pid)))
            sleeper.kill()

    def test_one_that_is_traced_by_another(self):
        # One that runs has to be stopped, and only one may trace it.
        with Dumped("dumped.py", self.path("unused"), "spin") as target, \
                subprocess.Popen(["strace", "-f", "-o", self.path("trace"), "-p",
                                  str(target.pid)], stderr=subprocess.PIPE) as strace:
            strace.stderr.readline()  # attached
            error = self.fails("-p", str(target.pid))
            self.assertIn(f"traced by another (pid {strace.pid})", error)
            self.assertIn("--nonblocking", error)
            self.dump("-p", target.pid, "--nonblocking")
            strace.terminate()

    def test_a_full_disk(self):
        with Dumped("dumped.py", self.path("unused")) as target:
            self.fails("-p", str(target.pid), "-o", "/dev/full")
            self.fails("-p", str(target.pid), "-o", "/nonexistent/file")


class Text(Dump):
    def test_colours_are_for_terminals(self):
        with Dumped("dumped.py", self.path("unused")) as target:
            plain = self.dump("-p", target.pid)
            self.assertNotIn("\x1b", plain)
            self.assertIn("\x1b[", self.dump("-p", target.pid, "--color", "always"))
            self.assertIn('"worker": in system call futex', plain)
            self.assertRegex(plain, r"\n    work\.<locals>\.inner \(.*dumped\.py:\d+\)\n    work \(")

    def test_the_schema_holds(self):
        import jsonschema
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        with open(os.path.join(root, "docs", "dump.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        with Dumped("locked.py", "with_locks") as target:
            for options in ((), ("-l",)):
                jsonschema.validate(self.dump_json("-p", target.pid, *options), schema)


if __name__ == "__main__":
    support.main()
