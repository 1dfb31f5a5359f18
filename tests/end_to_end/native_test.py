"""record --native: native programs, and Python with what C code it calls and is called by."""

import ctypes
import json
import os
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest

import support
from support import DEBIAN_PYTHON, INTERPRETERS, OSPREY, PROGRAMS, Command, Target, function, osprey

FAMILY = os.path.join(PROGRAMS, "family.py")
BUILT = tempfile.TemporaryDirectory(prefix="osprey-native-")


def setUpModule():
    for source, name, *flags in (("native_spinner.cpp", "spinner", "-pthread"),
                                 ("native_library.cpp", "library.so", "-shared", "-fPIC"),
                                 ("native_deep.cpp", "deep"),
                                 ("native_deep.cpp", "deep.so", "-shared", "-fPIC"),
                                 ("slow_start.cpp", "slow_start.so", "-shared", "-fPIC")):
        subprocess.run(["c++", "-std=c++17", "-O2", "-g", "-o", os.path.join(BUILT.name, name),
                        os.path.join(PROGRAMS, source), *flags], check=True)


def tearDownModule():
    BUILT.cleanup()


def built(name):
    return os.path.join(BUILT.name, name)


class Spinner(Command):
    def __init__(self, *arguments):
        super().__init__([built("spinner"), *arguments])


def plain(frame):
    """The function's name without arguments' types."""
    return function(frame).partition("(")[0].rpartition(".")[2]


# Ways of copying stacks are chosen by what is permitted. Of linux/capability.h: CAP_SYS_ADMIN may all.
SYS_ADMIN, PERFMON, BPF = 21, 38, 39
PR_CAPBSET_DROP = 24  # sys/prctl.h


def without(*capabilities):
    """For subprocess: what is run does not get those, even as root."""
    libc = ctypes.CDLL(None)

    def drop():
        for capability in capabilities:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    return drop


WAYS = ((), (SYS_ADMIN, BPF), (SYS_ADMIN, BPF, PERFMON))


class Programs(support.EndToEnd):
    """Without Python."""

    def assert_spins(self, stacks):
        spent = {"spends_three": 0, "spends_one": 0}
        for stack, count in stacks.items():
            names = [plain(frame) for frame in stack]
            for name in spent:
                if name in names:
                    self.assertEqual(names[names.index(name) - 1], "main_work", stack)
                    spent[name] += count
        total = sum(spent.values())
        self.assertGreater(total, 200)
        self.assertGreaterEqual(total, 0.9 * sum(stacks.values()), stacks)
        self.assertAlmostEqual(spent["spends_three"] / total, 0.75, delta=0.1)

    def test_attached(self):
        with Spinner("loop") as target:
            stacks, figures = self.record("-n", "-p", target.pid, "-d", "1")
            self.assert_spins(stacks)
            self.assertIn(figures["native"]["capture"], ("perf events", "ptrace"))
            self.assertLessEqual(figures["cut"], figures["samples"] // 50)
            self.assertLessEqual(figures["samples"], figures["ticks"] + 2)
            self.assertRegex(self.err, r"native: by (perf events|ptrace); threads stood still for")
            if figures["native"]["capture"] == "perf events":
                self.assertEqual(figures["target_stopped_s"], 0)

    def test_as_fast_as_can_be(self):
        """Then there are no perf events."""
        with Spinner("loop") as target:
            stacks, figures = self.record("-n", "-r", "max", "-p", target.pid, "-d", "1.5")
            self.assert_spins(stacks)
            self.assertEqual(figures["native"]["capture"], "ptrace")
            self.assertGreater(figures["target_stopped_s"], 0)

    def test_deep_stacks(self):
        """Of some only both ends are copied. What is copied first may be too little; then it is cut."""
        for dropped in WAYS:
            with self.subTest(dropped=dropped), Command([built("deep")]) as target:
                stacks, figures = self.record("-n", "-p", target.pid, "-d", "2",
                                              preexec_fn=without(*dropped))
                whole = sum(count for stack, count in stacks.items()
                            if [plain(frame) for frame in stack][-3:-1]
                            == ["main", "native_leads_there"])
                missed = figures["errors"].get("thread_stop", 0)
                self.assertGreater(figures["samples"] - missed, 100, self.err)
                self.assertLessEqual(figures["cut"] - missed, 60, self.err)
                self.assertGreater(whole, 0.9 * (sum(stacks.values()) - missed) - 60, self.err)

    def test_launched(self):
        stacks, _ = self.record("-n", "--", built("spinner"), "1", status=3)
        self.assert_spins(stacks)

    def test_threads_by_name(self):
        with Spinner("loop") as target:
            stacks, figures = self.record("-n", "-t", "-i", "-p", target.pid, "-d", "1")
            roots = {stack[0].partition(": ")[2] for stack in stacks}
            self.assertEqual(roots, {"spinner", "waiter"})
            waiting = [stack for stack in stacks if stack[0].endswith(": waiter")]
            self.assertTrue(all("waits_for_ever" in map(plain, stack) for stack in waiting))
            self.assertEqual(figures["threads"], 2)
            self.assertAlmostEqual(sum(stacks[stack] for stack in waiting) / figures["ticks"], 1,
                                   delta=0.1)

    def test_lines_are_those_of_the_source(self):
        with Spinner("loop") as target:
            stacks, _ = self.record("-n", "-p", target.pid, "-d", "0.5")
        with open(os.path.join(PROGRAMS, "native_spinner.cpp"), encoding="utf-8") as file:
            source = file.read().splitlines()
        lines = {int(re.search(r"native_spinner\.cpp:(\d+)\)$", frame)[1])
                 for stack in stacks for frame in stack if plain(frame) == "main_work"}
        self.assertEqual({source[line - 1].strip() for line in lines},
                         {"spends_three();", "spends_one();"})


    def test_a_command_that_is_over_at_once(self):
        for _ in range(50):
            done = osprey("record", "-n", "-o", self.path("p.txt"), "--", "false")
            self.assertEqual(done.returncode, 1)
            # It may have lived for a tick, or waited then.
            if "the profile is empty: the program ended before" in done.stderr:
                return
        self.fail(done.stderr)

    def test_without_the_option_it_says_so(self):
        with Spinner("loop") as target:
            done = osprey("record", "-p", target.pid, "-d", "1", "-o", self.path("p.txt"))
            self.assertEqual(done.returncode, 125)
            self.assertIn("--native profiles it all the same", done.stderr)

    def status(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return file.read()

    def test_a_process_that_another_traces(self):
        """Perf events do not mind; at the rate "max" there are none, and no thread can be stopped."""
        with Spinner("loop") as target:
            tracer = subprocess.Popen(["strace", "-qq", "-p", str(target.pid)],
                                      stderr=subprocess.DEVNULL)
            try:
                end = time.monotonic() + 20
                while "TracerPid:\t0\n" in self.status(target.pid):
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
                done = osprey("record", "-n", "-r", "max", "-p", target.pid, "-d", "0.3", "-o",
                              self.path("p.txt"))
                self.assertIn("traced by", done.stderr)
            finally:
                tracer.terminate()
                tracer.wait()


class Mixed(support.EndToEnd):
    """Python that calls C that calls Python."""

    CALLED_BY = {"native_a": "calls_a", "native_b": "calls_b", "native_calls_back": "calls_back",
                 "called_back": "native_calls_back", "sorts_by": "sorts"}

    def test_who_calls_whom(self):
        """By what the kernel copies of threads that run, where it does; at the rate "max" threads are
        stopped."""
        for version, python in INTERPRETERS:
            for rate in ("1000", "max"):
                with self.subTest(version=version, rate=rate), \
                        Target("native_callers.py", built("library.so"), python=python) as target:
                    self.assert_calls(version, rate, target)

    def assert_calls(self, version, rate, target):
        stacks, figures = self.record("-n", "-r", rate, "-p", target.pid, "-d", "2")
        capture = figures["native"]["capture"]
        if version < (3, 11) or rate == "max":
            self.assertEqual(capture, "ptrace")
        elif capture == "perf events":
            self.assertEqual(figures["target_stopped_s"], 0)
            self.assertLessEqual(figures["samples"], figures["ticks"] + 2)
        seen, wrong = {}, {}
        for stack, count in stacks.items():
            names = [plain(frame) for frame in stack]
            known = [name for name in names
                     if name in self.CALLED_BY or name in self.CALLED_BY.values()]
            for caller, callee in zip(known, known[1:]):
                wanted = self.CALLED_BY.get(callee)
                to = seen if wanted in (None, caller) else wrong
                to[caller, callee] = to.get((caller, callee), 0) + count
        # What could not be stopped on a busy machine has Python frames alone, and counts as cut.
        missed = figures["errors"].get("thread_stop", 0)
        self.assertLessEqual(sum(wrong.values()), missed, wrong)
        total = sum(stacks.values()) - missed
        self.assertGreater(total, 200, self.err)
        for pair, share in ((("calls_a", "native_a"), 0.4), (("calls_b", "native_b"), 0.2),
                            (("native_calls_back", "called_back"), 0.2),
                            (("sorts", "sorts_by"), 0.1)):
            self.assertGreater(seen.get(pair, 0) / total, share / 2, (pair, seen, self.err))
        self.assertLessEqual(figures["cut"] - missed, total // 20, self.err)

    def test_deep_stacks(self):
        """In the first thread and in another."""
        script = ("import ctypes, sys, threading\n"
                  "deep = ctypes.CDLL(sys.argv[1]).native_leads_there\n"
                  "def in_thread():\n"
                  "    deep(1000)\n"
                  "thread = threading.Thread(target=in_thread)\n"
                  "thread.start()\n"
                  "def in_main():\n"
                  "    deep(1000)\n"
                  "in_main()\n"
                  "thread.join()\n")
        for dropped in WAYS:
            with self.subTest(dropped=dropped):
                stacks, figures = self.record("-n", "--", DEBIAN_PYTHON, "-c", script,
                                              built("deep.so"), preexec_fn=without(*dropped))
                missed = figures["errors"].get("thread_stop", 0)
                found = {"in_main": 0, "in_thread": 0, "nobody": 0}
                for stack, count in stacks.items():
                    names = [plain(frame) for frame in stack]
                    if "native_leads_there" in names:
                        callers = [name for name in names if name in found]
                        found[callers[-1] if callers else "nobody"] += count
                self.assertGreater(min(found["in_main"], found["in_thread"]), 100, self.err)
                self.assertLessEqual(found["nobody"], 60, self.err)
                self.assertLessEqual(figures["cut"] - missed, 60, self.err)
                if figures["native"]["capture"] == "perf events":
                    self.assertEqual(figures["target_stopped_s"], 0)

    def test_a_thread_counts_once_that_worked_before_there_was_python(self):
        preloaded = dict(os.environ, LD_PRELOAD=built("slow_start.so"))
        for options in ((), ("-s",)):
            with self.subTest(options=options), \
                    Command([DEBIAN_PYTHON, FAMILY, "child"], env=preloaded) as target:
                stacks, figures = self.record("-n", *options, "-p", target.pid)
                names = {plain(frame) for stack in stacks for frame in stack}
                self.assertFalse({"works_before_main", "child_work"} - names)
                self.assertEqual(figures["threads"], 1)

    def test_a_thread_counts_once_that_runs_python_now_and_then(self):
        script = ("import ctypes, sys, time\n"
                  "def called_back():\n"
                  "    end = time.time() + 0.05\n"
                  "    while time.time() < end: pass\n"
                  "callback = ctypes.CFUNCTYPE(None)(called_back)\n"
                  "ctypes.CDLL(sys.argv[1]).native_thread(callback, 10)\n")
        stacks, figures = self.record("-n", "--", DEBIAN_PYTHON, "-c", script, built("library.so"))
        names = {plain(frame) for stack in stacks for frame in stack}
        self.assertFalse({"SpinFor", "called_back"} - names)
        self.assertEqual(figures["threads"], 2)

    def test_the_interpreters_own_frames(self):
        with Target("native_callers.py", built("library.so"), python=DEBIAN_PYTHON) as target:
            folded, _ = self.record("-n", "-p", target.pid, "-d", "0.5")
            whole, _ = self.record("--native=all", "-p", target.pid, "-d", "0.5")
        names = {plain(frame) for stack in folded for frame in stack}
        self.assertFalse([name for name in names if "Vectorcall" in name or "_PyEval" in name])
        self.assertNotIn("main", {plain(stack[0]) for stack in folded})
        depth = [max(map(len, stacks)) for stacks in (folded, whole)]
        self.assertGreater(depth[1], depth[0] + 5)


class Families(support.EndToEnd):
    """With --subprocesses: every process is sampled, Python or not."""

    def record_family(self, *command, options=(), **more):
        """{command: functions} by the roots of what was recorded, and the figures."""
        stacks, figures = self.record("-n", "-s", *options, "--", *command, **more)
        found = {}
        for stack in stacks:
            root = re.fullmatch(r"process \d+: (.*)", stack[0])
            self.assertIsNotNone(root, stack)
            found.setdefault(root[1], set()).update(map(plain, stack[1:]))
        return found, figures

    def commands_with(self, found, name):
        return [command for command, names in found.items() if name in names]

    def test_both_kinds_under_a_shell(self):
        spinner = built("spinner")
        found, figures = self.record_family(
            "sh", "-c", f'"{spinner}" 1 & "{DEBIAN_PYTHON}" "{FAMILY}" child; wait; exit 4', status=4)
        self.assertEqual(self.commands_with(found, "main_work"), [f"{spinner} 1"])
        self.assertEqual(self.commands_with(found, "child_work"), [f"{DEBIAN_PYTHON} {FAMILY} child"])
        self.assertEqual(figures["processes"], 3)
        self.assertEqual(figures["errors"].get("process_left_out", 0), 0)
        self.assertTrue(figures["python_version"])

    def test_nobody_is_python(self):
        found, figures = self.record_family("sh", "-c", f'"{built("spinner")}" 1; exit 3', status=3)
        self.assertTrue(self.commands_with(found, "main_work"))
        self.assertEqual((figures["processes"], figures["python_version"]), (2, ""))

    def test_attached(self):
        with Command(["sh", "-c", f'"{built("spinner")}" loop; true']) as target:
            found, _ = self.record("-n", "-s", "-p", target.pid, "-d", "1")
            target.process.kill()  # the spinner ends with it
        self.assertIn("main_work", {plain(frame) for stack in found for frame in stack})

    def test_what_becomes_python(self):
        script = (f'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; '
                  f'exec "{DEBIAN_PYTHON}" "{FAMILY}" child')
        found, figures = self.record_family("sh", "-c", f"sh -c '{script}'; true")
        before, = (command for command in found if command.startswith("sh -c i=0"))
        self.assertNotIn("child_work", found[before])
        after, = self.commands_with(found, "child_work")
        self.assertEqual(after, f"{DEBIAN_PYTHON} {FAMILY} child")
        self.assertEqual(figures["processes"], 2)
        # One process works at a time, and is sampled by one sampler at a time.
        self.assertLessEqual(figures["samples"], figures["ticks"] * 1.02 + 20)

    def test_what_python_becomes(self):
        script = ("import os, sys, time\n"
                  "def before():\n"
                  "    end = time.time() + 0.5\n"
                  "    while time.time() < end: pass\n"
                  "before()\n"
                  "os.execv(sys.argv[1], sys.argv[1:])\n")
        found, figures = self.record_family(DEBIAN_PYTHON, "-c", script, built("spinner"), "1",
                                            status=3)
        self.assertEqual(self.commands_with(found, "main_work"), [f"{built('spinner')} 1"])
        before, = self.commands_with(found, "before")
        self.assertTrue(before.startswith(DEBIAN_PYTHON), before)
        self.assertEqual(figures["processes"], 1)

    def test_forks_of_python_are_python(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version):
                stacks, figures = self.record("-n", "-s", "--", python, FAMILY, "fork")
                workers = {stack[0] for stack in stacks if "child_work" in map(plain, stack)}
                self.assertEqual(len(workers), 2)
                self.assertEqual(figures["processes"], 3)

    def test_what_a_shell_runs_for_a_moment_is_left_alone(self):
        found, figures = self.record_family(
            "sh", "-c", 'i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done')
        # A busy machine lets some of them live for longer.
        self.assertLess(figures["processes"], 50)

    def test_a_daemon_that_is_not_python_is_not_waited_for(self):
        done = osprey("record", "-n", "-s", "-o", self.path("p.txt"), "--", "sh", "-c",
                      "setsid sleep 100 >/dev/null 2>&1 & sleep 0.2; echo $!", timeout=60)
        os.kill(int(done.stdout), signal.SIGKILL)  # fails when Osprey has waited for its end
        self.assertEqual(done.returncode, 0, done.stderr)


class Live(unittest.TestCase):
    """`osprey top --native`, as a plain table."""

    def table(self, pid, *options):
        done = osprey("top", "--once", "-n", "-F", "--window", "1", *options, "-p", pid)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" native", done.stdout.split("\n")[2])
        found = {}
        for line in done.stdout.split("\n")[4:]:
            row = re.match(r" *([\d.]+) +([\d.]+) +[\d.]+s +[\d.]+s +(\S.*?)(?:\(.*?\))* \(", line)
            if row:
                found[row[3].rpartition("::")[2]] = float(row[1]), float(row[2])
        return found

    def test_a_native_program(self):
        with Spinner("loop") as target:
            found = self.table(target.pid)
        three, one = (found[name][1] for name in ("spends_three", "spends_one"))
        self.assertAlmostEqual(three / (three + one), 0.75, delta=0.1)
        self.assertGreaterEqual(found["main_work"][1] + 0.2, three + one)  # they are rounded
        self.assertLessEqual(found["main_work"][1], 100.5)

    def test_python(self):
        with Target("native_callers.py", built("library.so"), python=DEBIAN_PYTHON) as target:
            found = self.table(target.pid)
        # The table has the twenty rows with the most of their own.
        self.assertEqual(max(found, key=lambda name: found[name][0]), "SpinFor")
        for python in ("called_back", "sorts_by"):
            self.assertGreater(found[python][1], 3)


class Dumps(support.EndToEnd):
    def dump(self, *arguments):
        done = osprey("dump", "-n", "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        dump = json.loads(done.stdout)
        threads = {thread["name"]: [frame["function"].partition("(")[0]
                                    for frame in reversed(thread["frames"])]
                   for thread in dump["threads"]}
        return dump, threads

    def assert_is_spinner(self, dump, threads):
        self.assertEqual(dump["python_version"], "")
        self.assertEqual(dump["warnings"], [])
        self.assertEqual({thread["stack"] for thread in dump["threads"]}, {"complete"})
        self.assertIn("main_work", threads["spinner"])
        self.assertIn("waits_for_ever", threads["waiter"])

    def test_a_native_program(self):
        with Spinner("loop") as target:
            self.assert_is_spinner(*self.dump("-p", target.pid))
            text = osprey("dump", "-n", "-p", target.pid).stdout
            self.assertRegex(text, r"main_work\(\) \(native_spinner\.cpp:\d+\)")
            self.assertIn("No Python", text)

    def test_a_core_file(self):
        with Spinner("loop") as target:
            subprocess.run(["gcore", "-o", self.path("core"), str(target.pid)], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            core = self.path(f"core.{target.pid}")
            dump, _ = self.dump("--core", core)
            seen = {plain(frame["function"]) for thread in dump["threads"]
                    for frame in thread["frames"]}
            self.assertLessEqual({"main_work", "waits_for_ever"}, seen)
            self.assertEqual({thread["stack"] for thread in dump["threads"]}, {"complete"})

    def test_python(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), \
                    Target("native_callers.py", built("library.so"), python=python) as target:
                for _ in range(200):
                    dump, _ = self.dump("-p", target.pid)
                    main = next(thread for thread in dump["threads"] if thread["ident"])
                    names = [frame["function"].rpartition(".")[2]
                             for frame in reversed(main["frames"])]
                    if "native_a" in names:
                        break
                self.assertEqual(main["stack"], "complete")
                python_names = [frame["function"].rpartition(".")[2]
                                for frame in reversed(main["frames"]) if not frame.get("native")]
                self.assertEqual(python_names, ["<module>", "main", "calls_a"])
                self.assertLess(names.index("calls_a"), names.index("native_a"))


class Killed(unittest.TestCase):
    def state(self, pid):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(") ")[2].split()

    def test_two_hundred_times(self):
        """However Osprey is killed, the target runs on."""
        with tempfile.TemporaryDirectory() as folder, Spinner("loop") as target:
            for attempt in range(20 if support.SANITIZED else 200):
                with subprocess.Popen([OSPREY, "record", "-n", "-r", "max", "-p", str(target.pid),
                                       "-o", os.path.join(folder, "p.txt")],
                                      stderr=subprocess.DEVNULL) as profiler:
                    time.sleep(random.uniform(0.005, 0.06))
                    profiler.send_signal(signal.SIGKILL)
                before = int(self.state(target.pid)[11])
                end = time.monotonic() + 10
                while int(self.state(target.pid)[11]) <= before:  # utime
                    self.assertLess(time.monotonic(), end,
                                    f"attempt {attempt}: {self.state(target.pid)[0]}")
                    time.sleep(0.005)
                self.assertIn(self.state(target.pid)[0], "RS")


if __name__ == "__main__":
    support.main()
