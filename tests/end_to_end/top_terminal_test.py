"""`osprey top` on terminals of every kind and size, on every way out, and where there is none."""

import os
import re
import signal
import subprocess
import time

import support
from live_view import QUICK, Screens, elapsed, names, percent, rows
from support import DEBIAN_PYTHON, OSPREY, PROGRAMS, Target, osprey
from terminal import Terminal

LIVE_VIEW = os.path.join(PROGRAMS, "live_view.py")


class Sizes(Screens):
    def test_small_and_large(self):
        for size in ((40, 10), (63, 12), (64, 16), (200, 50), (400, 100)):
            with self.subTest(size):
                terminal = self.top(size=size)
                text = terminal.wait(lambda t: "CPU" in t and rows(t), "the figures")
                lines = text.split("\n")
                self.assertTrue(lines[0].rstrip().endswith(f"0:0{elapsed(text)}"))
                self.assertEqual(len(lines[0].rstrip()), size[0] - 1)
                self.assertIn("q quit", lines[size[1] - 1])
                self.assertIn("hot", names(text))
                for key in "ctt?":
                    terminal.type(key)
                terminal.wait_for("Keys")
                terminal.type("q")
                self.assertEqual(terminal.wait_for_prompt(), 0)

    def test_another_size_at_any_time(self):
        terminal = self.top()
        for columns, rows_ in ((60, 12), (180, 45), (40, 10), (20, 4), (120, 40)):
            with self.subTest(columns):
                terminal.resize(columns, rows_)
                terminal.wait(lambda t, c=columns, r=rows_: len(t.split("\n")) >= r
                              and len(t.split("\n")[0].rstrip()) == c - 1
                              and "q quit" in t.split("\n")[r - 1], f"{columns}x{rows_}")

    def test_without_utf8(self):
        terminal = self.top(LC_ALL="C")
        terminal.type("c")
        text = terminal.wait_for("%Totalv", "- <module>")
        self.assertTrue(text.isascii(), text)
        self.assertIn("??? (", text)  # 数える

    def test_without_colours(self):
        colour = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|[34]8;5;\d+)m")
        self.assertRegex(self.top().text("-e"), colour)
        for environment in ({"NO_COLOR": "1"}, {"TERM": "vt100"}):
            with self.subTest(environment):
                text = self.top(**environment).text("-e")
                self.assertIn("hot", text)
                self.assertNotRegex(text, colour)

    def test_hostile_names(self):
        with Target("live_view.py", "hostile", stderr=subprocess.DEVNULL) as target:
            terminal = self.terminal()
            title = terminal.flag("pane_title")
            terminal.run(f"{OSPREY} top -p {target.pid} {QUICK}")
            text = terminal.wait_for("evil\ufffd]0;pwned")
            self.assertIn("evil\ufffd]0;pwned\ufffd\ufffd[2J\ufffd\ufffd (evil.py", text)
            self.assertEqual(terminal.flag("pane_title"), title)
            terminal.type("q")
            self.assertEqual(terminal.wait_for_prompt(), 0)
            done = osprey("top", "-p", target.pid, "--once", "--window", "0.5")
            self.assertIn("evil", done.stdout)
            self.assertNotIn("\x1b", done.stdout)


class WaysOut(Screens):
    def test_the_terminal_is_as_it_was(self):
        terminal = self.terminal()
        terminal.run("echo kept")
        before = terminal.modes()
        for how, expected in (("q", 0), ("C-c", 0), (signal.SIGTERM, 0), (signal.SIGHUP, 0),
                              (signal.SIGQUIT, 0), (signal.SIGSEGV, 139), (signal.SIGABRT, 134),
                              (signal.SIGBUS, 135), (signal.SIGUSR1, 138), (signal.SIGALRM, 142),
                              (signal.SIGPIPE, 141), (signal.SIGXCPU, 152), (signal.SIGIO, 157),
                              (signal.SIGSYS, 159), (signal.SIGRTMIN, 162), ("-d", 0)):
            with self.subTest(how):
                more = "-d 1" if how == "-d" else ""
                terminal.run(f"{OSPREY} top -p {self.target.pid} {QUICK} {more}")
                terminal.wait(lambda t: "%Self" in t and terminal.flag("alternate_on") == "1",
                              "the screen")
                self.assertEqual(terminal.flag("mouse_any_flag"), "1")
                if isinstance(how, signal.Signals):
                    os.kill(self.top_pid(), how)
                elif how != "-d":
                    terminal.keys(how)
                self.assertEqual(terminal.wait_for_prompt(), expected)
                self.assertEqual(terminal.modes(), before)
        self.assertIn("kept", terminal.text("-S", "-"))

    def test_what_is_pasted_is_no_keys(self):
        terminal = self.top()
        # Brackets come only where they were asked for.
        paste = "q\nRq"
        terminal.tmux("set-buffer", paste)
        terminal.tmux("paste-buffer", "-p")
        terminal.type("2")
        terminal.wait_for("%Total▼", "hot (")
        terminal.keys("C-z")
        terminal.wait_for_prompt()
        terminal.run("fg")
        terminal.wait_for("%Total▼", "hot (")
        terminal.tmux("paste-buffer", "-p")
        terminal.type("/")
        terminal.tmux("set-buffer", "ho\nt\n")
        terminal.tmux("paste-buffer", "-p")
        terminal.wait_for("Filter: hot")
        terminal.keys("Enter")
        terminal.wait_for("/hot/")
        terminal.type("q")
        self.assertEqual(terminal.wait_for_prompt(), 0)

    def test_stopped_and_continued(self):
        terminal = self.top()
        for _ in range(2):
            terminal.keys("C-z")
            terminal.wait_for_prompt()
            line, flags = terminal.modes()
            self.assertEqual((flags["alternate_on"], flags["mouse_any_flag"]), ("0", "0"))
            self.assertRegex(line, r"[^-]icanon")
            self.assertRegex(line, r"[^-]echo ")
            terminal.run("fg")
            text = terminal.wait_for("hot (", "CPU")
            self.assertEqual(terminal.flag("alternate_on"), "1")
            self.assertEqual(terminal.flag("mouse_any_flag"), "1")
            terminal.type("2" if "%Self▼" in text else "1")
            terminal.wait_for("%Total▼" if "%Self▼" in text else "%Self▼")
        terminal.type("q")
        self.assertEqual(terminal.wait_for_prompt(), 0)

    def test_the_process_ends(self):
        with Target("live_view.py", stderr=subprocess.DEVNULL) as target:
            terminal = self.terminal()
            terminal.run(f"{OSPREY} top -p {target.pid} {QUICK}")
            terminal.wait_for("hot (", "CPU")
            target.process.kill()
            self.assertEqual(terminal.wait_for_prompt(), 0)
            # The last table stays.
            text = terminal.wait_for("the process has ended", "%Self", "hot (")
            self.assertEqual(terminal.flag("alternate_on"), "0")

    def test_the_terminal_goes_away(self):
        terminal = Terminal()
        terminal.run(f"{OSPREY} top -p {self.target.pid} {QUICK}")
        terminal.wait_for("hot (")
        pid = self.top_pid()
        terminal.close()
        end = time.monotonic() + 20
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:
            time.sleep(0.05)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))


class Launched(Screens):
    def launch(self, *words, options=""):
        terminal = self.terminal()
        program = f"{DEBIAN_PYTHON} {LIVE_VIEW} {' '.join(words)}"
        terminal.run(f"{OSPREY} top {QUICK} {options} -- {program}")
        return terminal

    def test_its_output_comes_at_the_end(self):
        terminal = self.launch()
        text = terminal.wait_for("hot (", "live_view.py  ")
        self.assertNotIn("ready", text)
        terminal.type("q")  # which ends the command as well
        self.assertEqual(terminal.wait_for_prompt(), 128 + signal.SIGTERM)
        terminal.wait_for("ready\n", "on standard error\n")

    def test_its_output_goes_into_a_file(self):
        terminal = self.launch("for", "1.5", options="--output-log out.log")
        terminal.wait_for("hot (")
        self.assertEqual(terminal.wait_for_prompt(), 3)
        text = terminal.wait_for("the command has ended", "hot (")
        self.assertNotIn("ready", text)
        with open(terminal.path("out.log"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "ready\non standard error\n")

    def test_ctrl_c_reaches_the_command(self):
        terminal = self.launch()
        terminal.wait_for("hot (")
        terminal.keys("C-c")
        self.assertEqual(terminal.wait_for_prompt(), 130)
        terminal.wait_for("KeyboardInterrupt")

    def test_it_becomes_something_else(self):
        program = f"{DEBIAN_PYTHON} {os.path.join(PROGRAMS, 'becomes_another.py')} sleep"
        terminal = self.terminal()
        terminal.run(f"{OSPREY} top {QUICK} -- {program}")
        text = terminal.wait_for("spin (", "GIL held")
        self.assertNotIn("no Python program", text)
        text = terminal.wait_for("no Python program now: waiting", " sleep 8", "CPU 0%")
        for gone in ("GIL", "threads", "Python 3", "Hz"):
            self.assertNotIn(gone, text)
        begin = elapsed(text)
        text = terminal.wait(lambda t: elapsed(t) >= begin + 2, "the time goes on")
        self.assertEqual(percent(text, "spin"), (0, 0))
        terminal.type("q")
        self.assertEqual(terminal.wait_for_prompt(), 128 + signal.SIGTERM)
        done = osprey("top", "--delay", "0.5", "-d", "4", "--", *program.split())
        self.assertGreaterEqual(done.stdout.count("%Self"), 7)
        self.assertIn("no Python program now: waiting", done.stdout)

    def test_a_wrapper_never_becomes_python(self):
        terminal = self.terminal()
        # The second command keeps the shell from executing the first in its own place.
        terminal.run(f"{OSPREY} top {QUICK} -- sh -c '{DEBIAN_PYTHON} {LIVE_VIEW}; true'")
        terminal.wait_for("waiting for Python (s: in its subprocesses, too)", "CPU 0%")
        terminal.type("s")
        terminal.wait_for("hot (")
        terminal.keys("C-c")  # which reaches the subprocess as well
        self.assertEqual(terminal.wait_for_prompt(), 130)

    def test_its_input_is_empty(self):
        terminal = self.terminal()
        terminal.run(f"{OSPREY} top {QUICK} -- {DEBIAN_PYTHON} -c "
                     "'import sys; print(len(sys.stdin.read()), \"read\"); sys.exit(7)'")
        self.assertEqual(terminal.wait_for_prompt(), 7)
        terminal.wait_for("0 read\n")

    def test_the_table_stands_below_the_output(self):
        terminal = self.launch("for", "1.5")
        terminal.wait_for("hot (")
        self.assertEqual(terminal.wait_for_prompt(), 3)
        text = terminal.wait_for("the command has ended", "hot (")
        self.assertIn("on standard error\n", text.partition("%Self")[0])

    def test_only_the_end_of_much_output_is_shown(self):
        done = osprey("top", "--once", "--window", "30", "--", DEBIAN_PYTHON, "-c",
                      "for i in range(400000): print('line', i)")
        self.assertIn("of 4688890 bytes that the command wrote", done.stderr)
        shown = [line for line in done.stdout.split("\n") if line.startswith("line ")]
        self.assertEqual(shown[-1], "line 399999")
        self.assertLess(len(shown), 120000)
        self.assertGreater(len(shown), 50000)


class Plain(Screens):
    def test_once(self):
        done = osprey("top", "-p", self.target.pid, "--once", "--window", "1", "-t", "-i", "-F")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.count("%Self"), 1)
        self.assertRegex(done.stdout, r"% of the last 1\.0 s, 100% = one thread, idle too, "
                         "by function, by thread")
        self.assertGreater(percent(done.stdout, "sleeper                 sleeps")[1], 95)
        self.assertNotIn("\x1b", done.stdout)

    def test_a_table_every_delay(self):
        done = osprey("top", "-p", self.target.pid, "--delay", "0.5", "-d", "2.2")
        self.assertEqual(done.returncode, 0)
        self.assertIn(done.stdout.count("%Self"), (4, 5))  # and the last one

    def test_a_full_disk(self):
        for options in (("--once", "--window", "0.5"), ("--delay", "0.2")):
            with self.subTest(options), open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([OSPREY, "top", "-p", str(self.target.pid), *options],
                                      stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
                                      stdin=subprocess.DEVNULL, check=False)
                self.assertEqual((done.returncode, done.stderr),
                                 (125, "osprey: cannot write to standard output: "
                                       "No space left on device\n"))

    def test_a_dumb_terminal(self):
        terminal = self.terminal(100, 30, TERM="dumb")
        before = terminal.modes()
        terminal.run(f"{OSPREY} top -p {self.target.pid} --delay 0.3 -d 1")
        self.assertEqual(terminal.wait_for_prompt(), 0)
        text = terminal.text("-S", "-")
        self.assertGreaterEqual(text.count("%Self"), 3)
        self.assertTrue(all(len(line) <= 100 for line in text.split("\n")))
        self.assertEqual(terminal.modes(), before)

    def test_nohup(self):
        process = subprocess.Popen(
            ["nohup", OSPREY, "top", "-p", str(self.target.pid), "--delay", "0.2", "-d", "2"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        rest, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertGreaterEqual((first + rest).count("%Self"), 5)

    def test_waiting_tasks_are_named(self):
        with Target("asyncio_tasks.py", "gathered", stderr=subprocess.DEVNULL) as target:
            done = osprey("top", "-p", target.pid, "--once", "--window", "0.5", "--async", "all")
            self.assertIn("100% = one thread or waiting task", done.stdout)

    def test_exceptions_and_tasks_are_passed_on(self):
        with Target("exceptions.py", stderr=subprocess.DEVNULL) as target:
            done = osprey("top", "-p", target.pid, "--once", "--window", "1", "--mode", "exception")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("exceptions, by line", done.stdout)
            self.assertNotIn("GIL held", done.stdout)
            self.assertGreater(len(rows(done.stdout)), 0)

    def test_errors(self):
        sleeper = subprocess.Popen(["sleep", "60"])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        for expected, status, arguments in (
                ("no such process 4194999", 125, ["-p", "4194999"]),
                (f"process {sleeper.pid} is not a Python program", 125, ["-p", sleeper.pid]),
                ("no such command: frobnicate", 127, ["--", "frobnicate"]),
                ("nothing to profile", 125, []),
                ("--delay takes seconds from", 125, ["-p", "1", "--delay", "0"]),
                ("--window takes seconds from", 125, ["-p", "1", "--window", "x"]),
                ("--output-log is for what a command writes", 125, ["-p", "1", "--output-log", "x"]),
                ("cannot write /nowhere/x", 125, ["--output-log", "/nowhere/x", "--", "true"]),
                ("--stats is no option of osprey top", 125, ["--stats", "x"])):
            with self.subTest(arguments=arguments):
                done = osprey("top", *arguments)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(expected, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual(done.stdout, "")
        terminal = self.terminal()
        terminal.run(f"{OSPREY} top -p {sleeper.pid}")
        self.assertEqual(terminal.wait_for_prompt(), 125)
        terminal.wait_for("is not a Python program")

    def test_a_command_that_is_no_python(self):
        done = osprey("top", "--once", "--", "sh", "-c", "echo said; exit 5")
        self.assertEqual(done.returncode, 5)
        self.assertEqual(done.stdout, "said\n")
        self.assertIn("nothing was seen: no Python interpreter was ready", done.stderr)


if __name__ == "__main__":
    support.main()
