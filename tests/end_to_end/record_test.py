"""Launching, attaching, outputs and everything that can be done wrong."""

import json
import os
import pty
import random
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import support
from support import DEBIAN_PYTHON, OSPREY, Target, function, osprey

SPIN = "import time\nend = time.time() + {}\nwhile time.time() < end: pass\n"
FIGURES = {"requested_hz", "achieved_hz", "duration_s", "samples", "ticks", "missed_ticks",
           "rejected", "cut", "errors", "processes", "threads", "profiler_cpu_s",
           "profiler_peak_rss_bytes", "target_stopped_s", "osprey_version", "python_version"}


class Launching(support.EndToEnd):
    def test_exit_status_is_the_commands(self):
        for code, status in (("pass", 0), ("raise SystemExit(7)", 7),
                             ("import os; os.kill(os.getpid(), 9)", 128 + 9)):
            with self.subTest(code=code):
                self.record("--", DEBIAN_PYTHON, "-c", code, status=status)
        done = osprey("record", "-o", self.path("x.svg"), "--", "false")
        self.assertEqual(done.returncode, 1)

    def test_commands_that_cannot_be(self):
        done = osprey("record", "-o", self.path("x.svg"), "--", "no-such-command-here")
        self.assertEqual(done.returncode, 127)
        self.assertIn("no such command: no-such-command-here", done.stderr)
        with open(self.path("data.txt"), "w") as file:
            file.write("data")
        done = osprey("record", "-o", self.path("x.svg"), "--", self.path("data.txt"))
        self.assertEqual(done.returncode, 126)
        self.assertEqual(os.listdir(self.folder), ["data.txt"])

    def test_standard_streams_are_the_commands(self):
        done = subprocess.run([OSPREY, "record", "-o", self.path("x.svg"), "--", DEBIAN_PYTHON,
                               "-c", "print(input().upper())"],
                              input="hello\n", capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout, "HELLO\n")

    def test_a_script_of_50_ms(self):
        with open(self.path("short.py"), "w") as file:
            file.write(SPIN.format(0.05))
        stacks, _ = self.record("--", DEBIAN_PYTHON, self.path("short.py"))
        own = sum(n for stack, n in stacks.items() if any("short.py" in f for f in stack))
        self.assertGreater(own, 10)

    def test_wrappers_that_become_python(self):
        with open(self.path("app.py"), "w") as file:
            file.write(SPIN.format(0.3))
        with open(self.path("shim"), "w") as file:
            file.write(f'#!/bin/sh\nsleep 1.5\nexec "{DEBIAN_PYTHON}" "$@"\n')
        os.chmod(self.path("shim"), 0o755)
        for command in (["env", DEBIAN_PYTHON], ["nice", DEBIAN_PYTHON], [self.path("shim")],
                        ["sh", "-c", f'sleep 0.3; exec env nice {DEBIAN_PYTHON} "$0"']):
            with self.subTest(command=command):
                stacks, _ = self.record("--", *command, self.path("app.py"))
                names = {f for stack in stacks for f in stack}
                self.assertTrue(any("app.py" in name for name in names))
                # From the first frames on: the interpreter imports before it runs the script.
                self.assertTrue(any("frozen importlib" in name for name in names))

    def test_a_command_that_is_never_python(self):
        stacks, figures = self.record("--", "sh", "-c", "exit 3", status=3)
        self.assertEqual(stacks, {})
        self.assertEqual(figures["samples"], 0)
        self.assertIn("no Python interpreter was ready", self.err)
        self.assertIn("no Python interpreter was ready", self.read("p.txt"))

    def test_waiting_for_a_python_costs_little(self):
        if support.SANITIZED:
            self.skipTest("what it costs under sanitizers says nothing")
        _, figures = self.record("--", "sleep", "3")
        self.assertLess(figures["profiler_cpu_s"], 0.3)  # a tenth of a CPU, on a busy machine
        self.assertNotIn("%", self.err)


    def test_a_command_that_goes_on_is_said(self):
        script = "import os, time\nprint(os.getpid(), flush=True)\nend = time.time() + {}\n" \
                 "while time.time() < end: pass\nraise SystemExit(4)\n"
        self.record("-d", "0.2", "--", DEBIAN_PYTHON, "-c", script.format(1.5), status=4)
        self.assertIn(f"\nwaiting for process {self.out.strip()}, which goes on (Ctrl-C ends it)\n",
                      self.err)
        self.record("--", DEBIAN_PYTHON, "-c", script.format(0.2), status=4)
        self.assertNotIn("waiting", self.err)

    def test_a_command_whose_children_are_left_out(self):
        hint = "the command started other processes: -s (--subprocesses) profiles them too"
        for script in ("python3 -c pass; true", "python3 -c pass & sleep 0.5; exec sleep 0.1"):
            self.record("--", "sh", "-c", script)
            self.assertIn(hint, self.err)
        self.record("-d", "1", "--", "sh", "-c", "sleep 2; true")
        self.assertIn(hint, self.err)
        self.record("--", "sh", "-c", "exec sleep 0.1")
        self.assertNotIn(hint, self.err)
        self.record("-s", "--", "sh", "-c", "sleep 0.1; true")
        self.assertNotIn(hint, self.err)


class Outputs(support.EndToEnd):
    def test_every_format_in_one_run(self):
        with Target("shapes.py") as target:
            done = osprey("record", "-p", target.pid, "-d", "1", "-o", self.path("a.svg"),
                          "-o", self.path("a.txt"), "-o", self.path("a.speedscope.json"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(ElementTree.parse(self.path("a.svg")).getroot().tag.endswith("svg"))
        self.assertTrue(support.parse_folded(self.read("a.txt")))
        self.assertIn("profiles", json.loads(self.read("a.speedscope.json")))

    def test_empty_profiles_are_valid_and_say_why(self):
        for name in ("e.svg", "e.txt", "e.speedscope.json"):
            with self.subTest(name=name):
                osprey("record", "-o", self.path(name), "--", "true")
                text = self.read(name)
                self.assertIn("no Python interpreter was ready", text)
        ElementTree.parse(self.path("e.svg"))
        json.loads(self.read("e.speedscope.json"))

    def test_standard_output(self):
        with Target("shapes.py") as target:
            done = osprey("record", "-p", target.pid, "-d", "0.5", "-f", "raw", "-o", "-")
        self.assertTrue(support.parse_folded(done.stdout))

    def test_an_older_file_is_replaced_whole(self):
        with open(self.path("p.txt"), "w") as file:
            file.write("old " * 100000)
        stacks, _ = self.record("--", DEBIAN_PYTHON, "-c", "sum(range(3000000))")
        self.assertTrue(stacks)
        self.assertNotIn("old old", self.read("p.txt"))

    def test_what_cannot_be_written_is_found_out_before_the_command_runs(self):
        os.mkdir(self.path("folder.svg"))
        for path in ("missing/x.svg", "folder.svg"):
            with self.subTest(path=path):
                done = osprey("record", "-o", self.path(path), "--", "touch", self.path("ran"))
                self.assertEqual(done.returncode, 125)
                self.assertIn("cannot write", done.stderr)
                self.assertFalse(os.path.exists(self.path("ran")))

    def test_a_full_disk_is_said(self):
        done = osprey("record", "-f", "flamegraph", "-o", "/dev/full", "--", DEBIAN_PYTHON, "-c",
                      "sum(range(3000000))")
        self.assertEqual(done.returncode, 125)
        self.assertIn("cannot write /dev/full: No space left on device", done.stderr)

    def test_figures(self):
        with Target("shapes.py") as target:
            stacks, figures = self.record("-p", target.pid, "-d", "1", "-r", "200")
        self.assertLessEqual(FIGURES, set(figures))
        self.assertEqual(figures["samples"], sum(stacks.values()))
        self.assertEqual(figures["requested_hz"], 200)
        self.assertLessEqual(abs(figures["ticks"] + figures["missed_ticks"] - 200), 4)
        self.assertEqual(figures["target_stopped_s"], 0)
        self.assertIn(f"{figures['samples']} samples", self.err)


class WrongUse(support.EndToEnd):
    def assert_refused(self, expected, *arguments, **options):
        done = osprey(*arguments, **options)
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertIn(expected, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_no_such_process(self):
        child = subprocess.Popen(["true"])
        child.wait()
        self.assert_refused(f"no such process {child.pid}", "record", "-p", child.pid)

    def test_not_python(self):
        with subprocess.Popen(["/usr/bin/sleep", "60"]) as child:
            self.assert_refused(f"osprey: process {child.pid} is not a Python program "
                                "(/usr/bin/sleep)",
                                "record", "-p", child.pid, cwd=self.folder)
            child.kill()
        self.assertEqual(os.listdir(self.folder), [])

    def test_not_permitted(self):
        if os.getuid() != 0:
            self.fail("needs root, to be somebody else for once")
        with Target("shapes.py") as target:
            with open(self.path("osprey"), "wb") as copy, open(OSPREY, "rb") as original:
                copy.write(original.read())
            os.chmod(self.path("osprey"), 0o755)
            os.chmod(self.folder, 0o777)
            done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                   self.path("osprey"), "record", "-p", str(target.pid)],
                                  capture_output=True, text=True, cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, 125)
        self.assertIn(f"not permitted to read process {target.pid}: it belongs to root; run "
                      "osprey as root, or as its owner with ptrace_scope 0 or 1 (see osprey "
                      f"doctor -p {target.pid})", done.stderr)

    def test_not_permitted_to_root(self):
        with open("/proc/self/status", encoding="ascii") as status:
            capabilities = int(next(line for line in status if line.startswith("CapEff")).split()[1], 16)
        if not capabilities >> 19 & 1:
            self.skipTest("CAP_SYS_PTRACE is not there, so that its loss changes nothing")
        with Target("shapes.py") as target:
            done = subprocess.run(["setpriv", "--bounding-set=-sys_ptrace", OSPREY, "record", "-p",
                                   str(target.pid)], capture_output=True, text=True, cwd=self.folder,
                                  timeout=60)
        self.assertEqual(done.returncode, 125)
        self.assertEqual(done.stderr, f"osprey: not permitted to read process {target.pid}, though "
                         "osprey runs as root: a container may lack CAP_SYS_PTRACE (docker run "
                         "--cap-add SYS_PTRACE), or ptrace_scope 3 or a security module forbids it\n")

    def test_options_that_make_no_sense(self):
        for expected, arguments in (
                ("nothing to profile", ["record"]),
                ("exclude each other", ["record", "-p", "1", "--", "true"]),
                ("--rate takes", ["record", "-r", "fast", "--", "true"]),
                ("--rate takes", ["record", "-r", "0", "--", "true"]),
                ("--duration takes", ["record", "-d", "-1", "--", "true"]),
                ("contradict", ["record", "-g", "-i", "--", "true"]),
                ("", ["record", "-f", "jpeg", "--", "true"]),
                ("", ["record", "-o", "x.jpeg", "--", "true"]),
                ("--frobnicate is no option", ["record", "--frobnicate"]),
                ("frobnicate is no command of osprey: there are record",
                 ["frobnicate"]),
                ("a command has to come first", []),
                ("a command has to come first", ["-p", "1"]),
                ("python3 belongs to no option: the command goes after --, as in: osprey record "
                 "-o y.txt -- python3 -c ...", ["record", "-o", "y.txt", "python3", "-c", "print(1)"]),
                ("app belongs to no option: the command goes after --, as in: osprey record -- app",
                 ["record", "app"]),
                ("a process is given by -p 4242", ["record", "4242"]),
                ("--pid was given 2 times: give it once", ["record", "-p", "1", "-p", "2"]),
                ("--rate was given 3 times", ["record", *["-r", "1"] * 3, "--", "true"]),
                ("--output needs a value", ["record", "-o"])):
            with self.subTest(arguments=arguments):
                self.assert_refused(expected, *arguments, cwd=self.folder)

    def test_subcommands_may_be_shortened(self):
        self.assertEqual(osprey("r", "--help").returncode, 0)
        self.assertIn("Examples", osprey("rec", "--help").stdout)

    def test_executable_deleted_while_it_runs(self):
        copy = self.path("python")
        with open(os.path.realpath(DEBIAN_PYTHON), "rb") as original, open(copy, "wb") as file:
            file.write(original.read())
        os.chmod(copy, 0o755)
        for replaced in (False, True):
            with self.subTest(replaced=replaced):
                with Target("shapes.py", python=copy) as target:
                    os.rename(copy, copy + ".kept")
                    if replaced:
                        with open(copy, "w") as file:
                            file.write("#!/bin/sh\n")
                    stacks, _ = self.record("-p", target.pid, "-d", "1")
                    self.assertTrue(any("leaf" in function(f) for s in stacks for f in s))
                os.replace(copy + ".kept", copy)


class Signals(support.EndToEnd):
    def test_ctrl_c_at_any_moment(self):
        generator = random.Random(1)
        for attempt in range(30):
            with self.subTest(attempt=attempt):
                run = subprocess.Popen(
                    [OSPREY, "record", "-o", self.path("p.svg"), "--", DEBIAN_PYTHON, "-c",
                     SPIN.format(20)], stderr=subprocess.PIPE, text=True, start_new_session=True)
                time.sleep(generator.uniform(0, 0.4))
                os.killpg(run.pid, signal.SIGINT)
                try:
                    run.communicate(timeout=30)
                finally:
                    if run.poll() is None:
                        os.killpg(run.pid, signal.SIGKILL)
                self.assertLessEqual(set(os.listdir(self.folder)), {"p.svg"})
                if os.path.exists(self.path("p.svg")):
                    ElementTree.parse(self.path("p.svg"))
                    os.unlink(self.path("p.svg"))


class Progress(support.EndToEnd):
    LINE = r"\r\d\.\d s  \d+ samples  \d+ Hz  \d+ missed"

    def shown(self, *arguments, **options):
        """What a terminal gets that is Osprey's standard error."""
        main, side = pty.openpty()
        run = subprocess.Popen([OSPREY, "record", "-o", self.path("p.svg"), *map(str, arguments)],
                               stderr=side, **options)
        os.close(side)
        shown = b""
        while True:
            try:
                shown += os.read(main, 4096)
            except OSError:  # the other side is closed: the end, on Linux
                break
        os.close(main)
        run.wait()
        return shown.decode()

    def test_a_line_on_a_terminal_and_none_elsewhere(self):
        with Target("shapes.py") as target:
            self.assertRegex(self.shown("-p", target.pid, "-d", "1.5"), self.LINE)
            done = osprey("record", "-p", target.pid, "-d", "1", "-o", self.path("q.svg"))
            self.assertNotIn("\r", done.stderr)

    def test_no_line_where_a_command_writes(self):
        command = ("--", "sh", "-c", 'exec "$@"', "sh", DEBIAN_PYTHON, "-c", SPIN.format(1))
        shown = self.shown(*command, stdout=subprocess.DEVNULL)
        self.assertNotRegex(shown, self.LINE)
        self.assertIn("samples of 1 thread", shown)
        quiet = [word.replace('"$@"', '"$@" 2>/dev/null') for word in command]
        self.assertRegex(self.shown(*quiet, stdout=subprocess.DEVNULL), self.LINE)


if __name__ == "__main__":
    support.main()
