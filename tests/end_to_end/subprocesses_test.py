"""--subprocesses: whole families of processes in one profile."""

import os
import re
import resource
import signal
import subprocess

import support
from misfortune_test import Run
from support import DEBIAN_PYTHON, INTERPRETERS, OSPREY, PROGRAMS, Target, function, osprey

FAMILY = os.path.join(PROGRAMS, "family.py")
ROOT = re.compile(r"process (\d+): (.*)")


class Families(support.EndToEnd):
    def processes(self, stacks):
        """{pid: functions} of a profile; every stack must stand on a process."""
        found = {}
        for stack in stacks:
            root = ROOT.fullmatch(stack[0])
            self.assertIsNotNone(root, stack[0])
            self.assertFalse(any(ROOT.match(f) for f in stack[1:]), "a process on a process")
            found.setdefault(int(root[1]), set()).update(function(f) for f in stack[1:])
        return found

    def workers(self, stacks):
        return {pid for pid, names in self.processes(stacks).items()
                if any(name.endswith("child_work") for name in names)}

    def record_family(self, *arguments, python=DEBIAN_PYTHON, options=(), **more):
        stacks, figures = self.record("-s", *options, "--", python, FAMILY, *arguments, **more)
        self.assertGreaterEqual(figures["processes"], len(self.processes(stacks)))
        return stacks, figures


class Launched(Families):
    def test_multiprocessing(self):
        for version, python in INTERPRETERS:
            for method in ("fork", "spawn", "forkserver"):
                with self.subTest(version=version, method=method):
                    stacks, figures = self.record_family(method, python=python)
                    self.assertEqual(len(self.workers(stacks)), 2)
                    parents = {pid for pid, names in self.processes(stacks).items()
                               if "parent_work" in names}
                    self.assertEqual(len(parents), 1)
                    self.assertGreaterEqual(figures["processes"], 3)
                    self.assertEqual(figures["errors"], {})

    def test_without_the_option_there_is_one_process_and_no_root(self):
        stacks, figures = self.record("--", DEBIAN_PYTHON, FAMILY, "fork")
        names = {function(f) for stack in stacks for f in stack}
        self.assertIn("parent_work", names)
        self.assertNotIn("child_work", names)
        self.assertFalse([stack for stack in stacks if ROOT.match(stack[0])])
        self.assertEqual(figures["processes"], 1)

    def test_exec_gives_another_root(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version):
                program = os.path.join(PROGRAMS, "becomes_another.py")
                stacks, figures = self.record("-s", "--", python, program)
                roots = {}
                for stack in stacks:
                    roots.setdefault(stack[0], set()).update(function(f) for f in stack)
                before, = (root for root, names in roots.items() if "before" in names)
                after, = (root for root, names in roots.items() if "after" in names)
                self.assertTrue(before.endswith("becomes_another.py"), before)
                self.assertTrue(after.endswith("becomes_another.py again"), after)
                self.assertEqual(ROOT.match(before)[1], ROOT.match(after)[1])
                self.assertEqual(figures["processes"], 1)

    def test_what_is_not_python_stands_between(self):
        for command in (["env"], ["sh", "-c", '"$0" "$@"; true'],
                        ["bash", "-c", 'sleep 0.4; env "$0" "$@"; true'],
                        ["sh", "-c", 'sh -c "\\"$0\\" $1 $2; true"; true']):
            with self.subTest(command=command):
                stacks, figures = self.record_family("command", *command)
                self.assertEqual(len(self.workers(stacks)), 1)
                self.assertEqual(len(self.processes(stacks)), 2)
                self.assertEqual(figures["processes"], 2)
                self.assertEqual(figures["errors"], {})

    def test_the_command_itself_need_not_be_python(self):
        command = f'"{DEBIAN_PYTHON}" "{FAMILY}" child; "{DEBIAN_PYTHON}" "{FAMILY}" child; exit 4'
        stacks, figures = self.record("-s", "--", "sh", "-c", command, status=4)
        self.assertEqual(len(self.workers(stacks)), 2)
        self.assertEqual(figures["processes"], 2)
        # From the first frames on: the interpreter imports before it runs the program.
        self.assertTrue(any("frozen importlib" in f for stack in stacks for f in stack))

    def test_never_python(self):
        stacks, figures = self.record("-s", "--", "sh", "-c", "sleep 0.1; exit 3", status=3)
        self.assertEqual((stacks, figures["processes"], figures["errors"]), ({}, 0, {}))
        self.assertIn("no Python interpreter was ready", self.err)

    def test_children_of_other_versions(self):
        commands = "; ".join(f'"{python}" "{FAMILY}" child' for _, python in INTERPRETERS)
        stacks, figures = self.record("-s", "--", "sh", "-c", commands)
        self.assertEqual(len(self.workers(stacks)), len(INTERPRETERS))
        listed = [tuple(int(n) for n in v.split(".")[:2])
                  for v in figures["python_version"].split(", ")]
        self.assertLessEqual({version for version, _ in INTERPRETERS}, set(listed))
        self.assertEqual(len(set(figures["python_version"].split(", "))), len(listed))

    def test_thousands_of_short_lived_children(self):
        # The address sanitizer would keep all that is freed, for a while.
        env = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1"}
        _, few = self.record_family("many", 100, env=env)
        stacks, figures = self.record_family("many", 3000, timeout=240, env=env)
        before, after = (int(n) for n in self.out.split())
        self.assertLess(after, before + 8, "files are left open")
        # A sanitizer keeps more beside each byte that was ever used.
        room = (64 if support.SANITIZED else 16) << 20
        self.assertLess(figures["profiler_peak_rss_bytes"], few["profiler_peak_rss_bytes"] + room)
        self.assertEqual(figures["errors"], {})
        self.assertLessEqual(figures["processes"], 3001)
        # How many of them live long enough to be seen is the machine's; here it is nearly all.
        self.assertGreater(len(self.workers(stacks)), 30 if support.SANITIZED else 300)

    def test_more_processes_than_files_may_be_open(self):
        def few_files():
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))
        stacks, _ = self.record_family("crowd", 100, options=["-i"], preexec_fn=few_files)
        self.assertEqual(self.out, "64\n", "the command has another limit than without Osprey")
        self.assertEqual(len(self.workers(stacks)), 100)

    def test_threads_stand_on_their_process(self):
        stacks, _ = self.record_family("threads_in_child", options=["-t"])
        roots = {(ROOT.fullmatch(stack[0])[1], stack[1].partition(": ")[2])
                 for stack in stacks if any(function(f) == "child_work" for f in stack)}
        self.assertEqual(len({pid for pid, _ in roots}), 1)
        self.assertLessEqual({"worker-0", "worker-1"}, {name for _, name in roots})
        for stack in stacks:
            self.assertRegex(stack[1], r"^thread \(0x[0-9a-f]+\)")

    def test_a_worker_that_gives_itself_a_name(self):
        stacks, _ = self.record_family("titled")
        worker, = {stack[0] for stack in stacks
                   if any(function(f) == "child_work" for f in stack)}
        self.assertEqual(ROOT.fullmatch(worker)[2], "[worker 7]")

    def test_every_process_has_its_own_gil(self):
        for version, python in INTERPRETERS:
            for how in ("two_busy", "spawn"):  # forks, and others with their own layout in memory
                with self.subTest(version=version, how=how):
                    stacks, _ = self.record_family(how, python=python, options=["-g"])
                    self.assertEqual(len(self.workers(stacks)), 2)

    def test_idle_processes_count_when_they_are_asked_for(self):
        stacks, _ = self.record_family("two_busy", options=["-i"])
        waiting = [names for names in self.processes(stacks).values() if "child_work" not in names]
        self.assertEqual(len(waiting), 1, "the parent only waits")

    def test_a_child_does_not_run_the_threads_of_its_parent(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version):
                stacks, _ = self.record_family("busy_parent_of_commands", 100, python=python,
                                               timeout=120)
                busy = [names for names in self.processes(stacks).values()
                        if any(name.endswith("busy_thread") for name in names)]
                self.assertEqual(len(busy), 1)


class Endings(Families):
    def test_a_child_that_outlives_the_command(self):
        stacks, _ = self.record("-s", "--", "sh", "-c",
                                f'"{DEBIAN_PYTHON}" "{FAMILY}" child & exit 3', status=3)
        self.assertEqual(len(self.workers(stacks)), 1)

    def test_one_that_becomes_python_after_the_command_has_ended(self):
        stacks, _ = self.record(
            "-s", "--", "sh", "-c",
            f'(sleep 0.7; exec "{DEBIAN_PYTHON}" "{FAMILY}" child) & exit 3', status=3)
        self.assertEqual(len(self.workers(stacks)), 1)

    def test_a_grandchild_whose_parent_ended_first(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version):
                stacks, _ = self.record_family("double_fork", python=python)
                self.assertEqual(len(self.workers(stacks)), 1)

    def test_orphans_whose_parents_ended_at_once(self):
        # A subshell that starts one in the background and ends is over before anybody looks.
        stacks, _ = self.record("-s", "--", "sh", "-c",
                                f'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do '
                                f'("{DEBIAN_PYTHON}" "{FAMILY}" child &); done')
        self.assertEqual(len(self.workers(stacks)), 12)

    def test_a_daemon_that_is_not_python_is_not_waited_for(self):
        done = osprey("record", "-s", "-o", self.path("p.txt"), "--", "sh", "-c",
                      "setsid sleep 100 >/dev/null 2>&1 & echo $!", timeout=60)
        os.kill(int(done.stdout), signal.SIGKILL)  # fails when Osprey has waited for its end
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_orphans_leave_no_zombies(self):
        script = ("import os, sys, time\n"
                  "for _ in range(50):\n"
                  "    pid = os.fork()\n"
                  "    if pid == 0:\n"
                  "        os.fork()\n"
                  "        os._exit(0)\n"
                  "    os.waitpid(pid, 0)\n"
                  "def zombies():\n"
                  "    with open(f'/proc/{os.getppid()}/task/{os.getppid()}/children') as file:\n"
                  "        return len(file.read().split()) - 1\n"
                  "end = time.time() + 60\n"
                  "while zombies() > 0 and time.time() < end: time.sleep(0.01)\n"
                  "sys.exit(zombies())\n")
        self.record("-s", "--", DEBIAN_PYTHON, "-c", script)

    def test_the_terminals_interrupt(self):
        script = f'"{DEBIAN_PYTHON}" "{FAMILY}" with_children 60; exit 5'
        run = subprocess.Popen([OSPREY, "record", "-s", "-o", self.path("p.txt"), "--", "sh", "-c",
                                script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
        try:
            self.assertEqual(run.stdout.readline(), "ready\n")
            self.wait_for_samples_of(run.pid)
            os.killpg(run.pid, signal.SIGINT)
            run.communicate(timeout=60)
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
        self.assertEqual(run.returncode, 128 + signal.SIGINT)
        self.assertEqual(len(self.workers(support.parse_folded(self.read("p.txt")))), 3)

    def wait_for_samples_of(self, osprey_pid):
        """Returns when each of the three children has run for half a second."""
        def ticks(pid):
            with open(f"/proc/{pid}/stat") as stat:
                return int(stat.read().rpartition(") ")[2].split()[11])

        def below(pid):
            found = []
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as file:
                    for child in file.read().split():
                        found += [child, *below(child)]
            return found

        while sum(ticks(pid) > os.sysconf("SC_CLK_TCK") / 2 for pid in below(osprey_pid)) < 4:
            pass


class Attached(Families):
    def test_children_that_were_there_before(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), \
                    Target("family.py", "with_children", "60", python=python,
                           start_new_session=True) as target:
                try:
                    stacks, figures = self.record("-s", "-p", target.pid, "-d", "1.5")
                finally:
                    os.killpg(target.pid, signal.SIGKILL)
                self.assertEqual(len(self.workers(stacks)), 3)
                self.assertIn("parent_work", self.processes(stacks)[target.pid])
                self.assertEqual(figures["processes"], 4)

    def test_to_a_process_that_is_not_python(self):
        with subprocess.Popen(["sh", "-c", f'"{DEBIAN_PYTHON}" "{FAMILY}" with_children 60; true'],
                              stdout=subprocess.PIPE, text=True, start_new_session=True) as shell:
            try:
                self.assertEqual(shell.stdout.readline(), "ready\n")
                stacks, _ = self.record("-s", "-p", shell.pid, "-d", "1.5")
            finally:
                os.killpg(shell.pid, signal.SIGKILL)
        self.assertEqual(len(self.workers(stacks)), 3)
        self.assertNotIn(shell.pid, self.processes(stacks))

    def test_to_a_family_without_python(self):
        with subprocess.Popen(["sleep", "60"]) as child:
            done = osprey("record", "-s", "-p", child.pid, cwd=self.folder)
            child.kill()
        self.assertEqual(done.returncode, 125)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertRegex(done.stderr, rf"process {child.pid} is not a Python program "
                                      r"\(.*sleep\), nor is any of its children")

    def test_a_child_that_outlives_the_process(self):
        with Target("family.py", "outlived") as target:
            child = int(target.process.stdout.readline())
            run = Run("record", "-s", "-i", "-o", self.path("p.txt"), "-p", target.pid)
            try:
                run.wait_for_samples()
                target.process.stdin.close()
                target.process.wait()
                # It says so when the process has ended and the child goes on.
                while b"the process has ended" not in run.shown:
                    self.assertTrue(run.read(), run.shown)
            finally:
                os.kill(child, signal.SIGKILL)
            self.assertEqual(run.wait(), 0, run.shown)
        self.assertIn(child, self.workers(support.parse_folded(self.read("p.txt"))))


if __name__ == "__main__":
    support.main()
