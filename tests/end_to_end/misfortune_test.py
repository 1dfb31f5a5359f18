"""What the world does to a run: full disks, closed folders, deaths and impatience."""

import ctypes
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import support
from support import DEBIAN_PYTHON, INTERPRETERS, OSPREY, PROGRAMS, Target, function, osprey

NOBODY = 65534


LAST_PID = "/proc/sys/kernel/ns_last_pid"
ADDR_NO_RANDOMIZE = 0x0040000  # personality(2)


def without_random_layout():
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)


def take_over(pid, python):
    """Another program under the process id `pid`, which has just become free."""
    for _ in range(200):
        with open(LAST_PID, "w", encoding="ascii") as file:
            file.write(str(pid - 1))
        other = Target("reusing_code.py", python=python, preexec_fn=without_random_layout)
        if other.pid == pid:
            return other
        other.close()
    raise AssertionError(f"no process got the id {pid}")


# Before a command: its standard error is not the terminal of Osprey's, which shows its progress then.
QUIETLY = ("sh", "-c", 'exec "$@" 2>/dev/null', "sh")


class Run:
    """An osprey whose standard error is a terminal: its progress line says when it samples."""

    def __init__(self, *arguments, **options):
        self.main, side = pty.openpty()
        self.process = subprocess.Popen([OSPREY, *map(str, arguments)], stderr=side, **options)
        os.close(side)
        self.shown = b""

    def read(self):
        try:
            some = os.read(self.main, 4096)
        except OSError:  # nobody has the other side open: the end, on Linux
            some = b""
        self.shown += some
        return some

    def wait_for_samples(self):
        """Returns once the progress line speaks of a sample."""
        while not re.search(rb"s  [1-9]\d* samples", self.shown):
            if not self.read():
                raise AssertionError(f"osprey ended before a sample: {self.shown!r}")

    def wait(self):
        while self.read():
            pass
        os.close(self.main)
        return self.process.wait(timeout=60)


class Endings(support.EndToEnd):
    def assert_whole(self, name):
        text = self.read(name)
        self.assertTrue(support.parse_folded(text), text[:200])
        self.assertTrue(text.endswith("\n"))

    def test_a_target_that_is_killed_while_it_is_sampled(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), Target("shapes.py", python=python) as target:
                run = Run("record", "-p", target.pid, "-o", self.path("p.txt"), "-o",
                          self.path("p.svg"), "-o", self.path("p.speedscope.json"))
                run.wait_for_samples()
                target.process.kill()
                self.assertEqual(run.wait(), 0, run.shown)
                self.assert_whole("p.txt")
                ElementTree.parse(self.path("p.svg"))
                json.loads(self.read("p.speedscope.json"))

    def test_a_process_that_takes_over_the_targets_pid_is_not_sampled(self):
        if not os.access(LAST_PID, os.W_OK):
            self.skipTest(f"{LAST_PID} cannot be written: only root can choose a process's id")
        for version, python in INTERPRETERS:
            # Without a random layout the other process has its runtime at the same addresses.
            with self.subTest(version=version), \
                    Target("shapes.py", python=python, preexec_fn=without_random_layout) as target:
                run = Run("record", "-p", target.pid, "-r", "1k", "-o", self.path("p.txt"))
                run.wait_for_samples()
                target.process.kill()
                target.process.wait()
                with take_over(target.pid, python):
                    self.assertEqual(run.wait(), 0, run.shown)
                text = self.read("p.txt")
                self.assertIn("leaf", text)
                self.assertNotIn("reusing_code.py", text)

    def test_signals_leave_an_attached_target_alone(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number), Target("shapes.py") as target:
                run = Run("record", "-p", target.pid, "-o", self.path("p.txt"))
                run.wait_for_samples()
                run.process.send_signal(number)
                self.assertEqual(run.wait(), 0, run.shown)
                self.assert_whole("p.txt")
                os.unlink(self.path("p.txt"))
                self.assertIsNone(target.process.poll())
                with open(f"/proc/{target.pid}/stat") as stat:
                    self.assertIn(stat.read().rpartition(") ")[2][0], "RS", "it was stopped")

    def test_a_terminals_interrupt_reaches_the_command_too(self):
        script = ("import signal, sys, time\n"
                  "def interrupted(*_): sys.exit(9)\n"
                  "signal.signal(signal.SIGINT, interrupted)\n"
                  "end = time.time() + 120\n"
                  "while time.time() < end: pass\n")
        run = Run("record", "-o", self.path("p.txt"), "--", *QUIETLY, DEBIAN_PYTHON, "-c", script,
                  start_new_session=True, stdout=subprocess.DEVNULL)
        run.wait_for_samples()
        os.killpg(run.process.pid, signal.SIGINT)
        self.assertEqual(run.wait(), 9, run.shown)
        self.assert_whole("p.txt")

    def test_a_second_interrupt_stops_osprey(self):
        script = ("import os, signal, time\n"
                  "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                  "print(os.getpid(), flush=True)\n"
                  "end = time.time() + 60\n"
                  "while time.time() < end: pass\n")
        run = Run("record", "-o", self.path("p.txt"), "--", *QUIETLY, DEBIAN_PYTHON, "-c", script,
                  start_new_session=True, stdout=subprocess.PIPE, text=True)
        child = int(run.process.stdout.readline())
        try:
            run.wait_for_samples()
            os.kill(run.process.pid, signal.SIGINT)
            while not os.path.exists(self.path("p.txt")):  # then it waits for the command
                self.assertIsNone(run.process.poll())
            os.kill(run.process.pid, signal.SIGINT)
            self.assertEqual(run.process.wait(timeout=30), -signal.SIGINT)
        finally:
            os.kill(child, signal.SIGKILL)
            run.process.stdout.close()
        run.wait()
        self.assert_whole("p.txt")

    TERMINATED = ("import signal, sys, time\n"
                  "def terminated(*_): sys.exit(9)\n"
                  "signal.signal(signal.SIGTERM, terminated)\n"
                  "print('ready', flush=True)\n"
                  "end = time.time() + 120\n"
                  "while time.time() < end: pass\n")

    def test_a_termination_is_passed_on_to_the_command(self):
        for options, script in (((), self.TERMINATED), (("-s",), self.TERMINATED),
                                (("-d", "0.3"), self.TERMINATED)):
            with self.subTest(options=options):
                run = subprocess.Popen(
                    [OSPREY, "record", *options, "-o", self.path("p.txt"), "--", DEBIAN_PYTHON, "-c",
                     script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertEqual(run.stdout.readline(), "ready\n")
                if options == ("-d", "0.3"):  # then it waits for the command
                    while "waiting for process" not in run.stderr.readline():
                        self.assertIsNone(run.poll())
                run.send_signal(signal.SIGTERM)
                err = run.communicate(timeout=60)[1]
                self.assertEqual(run.returncode, 9, err)
                self.assert_whole("p.txt")
                os.unlink(self.path("p.txt"))

    def test_a_second_termination_stops_osprey(self):
        script = ("import os, signal, time\n"
                  "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                  "print(os.getpid(), flush=True)\n"
                  "end = time.time() + 60\n"
                  "while time.time() < end: pass\n")
        run = subprocess.Popen([OSPREY, "record", "-o", self.path("p.txt"), "--", DEBIAN_PYTHON, "-c",
                                script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        child = int(run.stdout.readline())
        try:
            run.send_signal(signal.SIGTERM)
            while f"waiting for process {child}, which goes on" not in run.stderr.readline():
                self.assertIsNone(run.poll())
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(timeout=30), -signal.SIGTERM)
        finally:
            os.kill(child, signal.SIGKILL)
            run.communicate()
        self.assert_whole("p.txt")

    def test_from_one_version_to_another(self):
        for (first, python), (second, other) in zip(INTERPRETERS, INTERPRETERS[1:]):
            if python.root:
                continue  # it finds no other one in there
            with self.subTest(first=first, second=second):
                stacks, figures = self.record(
                    "--", python, os.path.join(PROGRAMS, "becomes_other_version.py"), other)
                names = {function(f) for stack in stacks for f in stack}
                self.assertLessEqual({"first_version", "second_version"}, names)
                listed = [version.split(".")[:2]
                          for version in figures["python_version"].split(", ")]
                self.assertEqual(listed, [[str(n) for n in first], [str(n) for n in second]])


class Disks(support.EndToEnd):
    def test_a_disk_that_fills_up(self):
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:  # containers forbid it to root, too
            print(f"no small disk, /dev/full alone stands for it: {mounted.stderr}",
                  file=sys.stderr)
            return
        try:
            with open(os.path.join(disk, "p.svg"), "w") as older:
                older.write("older")
            done = osprey("record", "-o", f"{disk}/p.svg", "--", DEBIAN_PYTHON, "-c",
                          "sum(range(3000000))")
            self.assertEqual(done.returncode, 125)
            self.assertIn(f"cannot write {disk}/p.svg: No space left on device", done.stderr)
            self.assertEqual(os.listdir(disk), ["p.svg"], "leftovers")
            with open(os.path.join(disk, "p.svg")) as older:
                self.assertEqual(older.read(), "older")
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_one_full_disk_does_not_spoil_the_other_outputs(self):
        done = osprey("record", "-f", "raw", "-o", "/dev/full", "-o", self.path("p.txt"), "--",
                      DEBIAN_PYTHON, "-c", "sum(range(3000000))")
        self.assertEqual(done.returncode, 125)
        self.assertTrue(support.parse_folded(self.read("p.txt")))

    def test_figures_on_a_full_disk_are_said(self):
        done = osprey("record", "-o", self.path("p.txt"), "--stats", "/dev/full", "--",
                      DEBIAN_PYTHON, "-c", "sum(range(3000000))")
        self.assertEqual(done.returncode, 125)
        self.assertIn("cannot write /dev/full: No space left on device", done.stderr)
        self.assertTrue(support.parse_folded(self.read("p.txt")))

    def test_figures_that_cannot_be_written_are_found_out_before(self):
        done = osprey("record", "-o", self.path("p.txt"), "--stats", self.path("missing/s.json"),
                      "--", "touch", self.path("ran"))
        self.assertEqual(done.returncode, 125)
        self.assertIn(f"cannot write {self.path('missing/s.json')}: No such file", done.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_folder_that_is_closed_to_the_user(self):
        if os.getuid() != 0:
            self.fail("needs root, to be somebody else for once")
        # A folder of its own that everybody may enter: the build's folders may be closed.
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            binary = os.path.join(folder, "osprey")
            with open(binary, "wb") as copy, open(OSPREY, "rb") as original:
                copy.write(original.read())
            os.chmod(binary, 0o755)
            done = subprocess.run(
                ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", binary,
                 "record", "-o", f"{folder}/p.svg", "--", "echo", "it ran"],
                capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 125)
            self.assertEqual(done.stderr, f"osprey: cannot write {folder}/p.svg: "
                                          "Permission denied\n")
            self.assertEqual(done.stdout, "", "the command has run")
            self.assertEqual(os.listdir(folder), ["osprey"])

    def test_a_folder_that_goes_away_meanwhile(self):
        os.mkdir(self.path("gone"))
        done = osprey("record", "-o", self.path("gone/p.svg"), "--", DEBIAN_PYTHON, "-c",
                      f"import os; os.rmdir({self.path('gone')!r})")
        self.assertEqual(done.returncode, 125)
        self.assertIn("cannot write", done.stderr)

    def test_a_reader_that_hangs_up(self):
        with Target("shapes.py") as target:
            run = subprocess.Popen([OSPREY, "record", "-p", str(target.pid), "-d", "0.3", "-f",
                                    "raw", "-o", "-"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
            run.stdout.close()
            err = run.stderr.read()
            run.stderr.close()
            self.assertIn(run.wait(timeout=60), (125, -signal.SIGPIPE), err)


class Nothing(support.EndToEnd):
    def test_a_program_that_only_waits_says_so(self):
        for version, python in INTERPRETERS:
            for options, reason in (
                    ((), "no thread ran Python code on a CPU while it was watched"),
                    (("--gil",), "no thread held the GIL while it was watched")):
                with self.subTest(version=version, options=options), \
                        Target("idle.py", python=python) as target:
                    # Not before it waits: what it does before "ready" is not waiting.
                    while True:
                        with open(f"/proc/{target.pid}/stat") as stat:
                            if stat.read().rpartition(") ")[2][0] == "S":
                                break
                    outputs = [self.path(n) for n in ("e.svg", "e.txt", "e.speedscope.json")]
                    done = osprey("record", "-p", target.pid, "-d", "0.3", *options,
                                  *(word for path in outputs for word in ("-o", path)))
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(reason, done.stderr)
                    self.assertIn(reason, self.read("e.txt"))
                    self.assertEqual(support.parse_folded(self.read("e.txt")), {})
                    self.assertIn(reason, "".join(
                        ElementTree.parse(self.path("e.svg")).getroot().itertext()))
                    self.assertIn(reason, json.dumps(json.loads(self.read("e.speedscope.json"))))

    def test_a_python_too_old_is_named(self):
        # None that old can be had: one that says so of itself (Py_Version).
        own = subprocess.run([DEBIAN_PYTHON, "-c", "import sys; print(sys.hexversion)"],
                             capture_output=True, text=True, check=True).stdout
        with open(os.path.realpath(DEBIAN_PYTHON), "rb") as file:
            content = file.read()
        claimed = content.replace(struct.pack("<I", int(own)), struct.pack("<I", 0x030500F0))
        self.assertNotEqual(claimed, content)
        with tempfile.TemporaryDirectory() as folder:
            python = os.path.join(folder, "python3")
            with open(python, "wb") as file:
                file.write(claimed)
            os.chmod(python, 0o755)
            with Target("idle.py", python=python) as target:
                done = osprey("record", "-p", target.pid, cwd=self.folder)
                self.assertEqual(done.returncode, 125, done.stderr)
                self.assertRegex(done.stderr, rf"^osprey: process {target.pid} runs Python 3\.5\.0, "
                                 r"and Osprey knows 2\.7 and 3\.6 to 3\.15\n$")
                self.assertEqual(os.listdir(self.folder), [])

    def test_processes_that_cannot_be(self):
        for pid in ("0", "-1", "4194305", "99999999999", "self", ""):
            with self.subTest(pid=pid):
                done = osprey("record", "-p", pid, cwd=self.folder)
                self.assertEqual(done.returncode, 125, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertEqual(os.listdir(self.folder), [])

    def test_a_zombie_is_no_program(self):
        child = subprocess.Popen(["true"])
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        done = osprey("record", "-p", child.pid, cwd=self.folder)
        child.wait()
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


if __name__ == "__main__":
    support.main()
