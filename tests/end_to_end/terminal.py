"""A real terminal to drive programs in: tmux, with a shell of its own."""

import os
import shlex
import subprocess
import tempfile
import time

PATIENCE = 30  # seconds until what must come counts as never coming


class Terminal:
    """A window of tmux in which a shell runs that has job control."""

    def __init__(self, columns=100, rows=30, **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="osprey-terminal-")
        self.socket = os.path.join(self.folder.name, "socket")
        self.marks = 0
        inside = {"LC_ALL": "C.UTF-8", "PS1": "$ ", **environment}
        shell = ["env", *(f"{name}={value}" for name, value in inside.items()),
                 "bash", "--norc", "--noprofile", "-i"]
        self.tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "-c", self.folder.name, shlex.join(shell))
        self.tmux("set-option", "-g", "remain-on-exit", "on")

    def tmux(self, *arguments):
        outside = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        outside.pop("TMUX", None)
        return subprocess.run(["tmux", "-S", self.socket, *arguments], capture_output=True,
                              text=True, check=True, timeout=PATIENCE, env=outside,
                              stdin=subprocess.DEVNULL).stdout

    def close(self):
        self.tmux("kill-server")
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def text(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def lines(self):
        return self.text().split("\n")

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def bytes(self, raw):
        """What a terminal would send: not keys, but their bytes."""
        self.tmux("send-keys", "-H", *(f"{byte:02x}" for byte in raw))

    def click(self, column, row, button=0):
        for end in "Mm":
            self.bytes(f"\x1b[<{button};{column + 1};{row + 1}{end}".encode())

    def flag(self, name):
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, condition, what):
        """The screen's text once `condition` holds for it, and a moment later still does: one may be
        captured while it is drawn, with a new head and old rows."""
        end = time.monotonic() + PATIENCE
        while True:
            text = self.text()
            if condition(text):
                time.sleep(0.02)
                text = self.text()
                if condition(text):
                    return text
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}\n{text}")
            time.sleep(0.03)

    def wait_for(self, *parts):
        return self.wait(lambda text: all(part in text for part in parts), parts)

    def see(self, heads, condition, what):
        """The screen's text with all of `heads`, for which `condition` must hold. It has three looks:
        one may fall into the drawing."""
        for _ in range(3):
            text = self.wait_for(*heads)
            if condition(text):
                return text
        raise AssertionError(f"not seen: {what}\n{text}")

    def wait_without(self, part):
        return self.wait(lambda text: part not in text, f"no {part}")

    def run(self, command):
        """Types a command, and does not wait for its end."""
        self.type(f"{command}\n")

    def wait_for_prompt(self):
        """Returns once the shell reads commands again."""
        self.marks += 1
        mark = self.path(f"mark{self.marks}")
        # What is typed while a program runs, it would read itself.
        self.wait(lambda _: self.flag("pane_current_command") == "bash", "the shell's prompt")
        self.run(f"echo $? > {mark}.new; mv {mark}.new {mark}")
        end = time.monotonic() + PATIENCE
        while not os.path.exists(mark):
            if time.monotonic() > end:
                raise AssertionError(f"the shell does not come back\n{self.text()}")
            time.sleep(0.03)
        with open(mark, encoding="ascii") as file:
            return int(file.read())

    def modes(self):
        """All that a program may leave wrong: the modes of the line, and the terminal's own."""
        self.marks += 1
        path = self.path(f"modes{self.marks}")
        self.run(f"stty -a > {path}.new; mv {path}.new {path}")
        end = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            if time.monotonic() > end:
                raise AssertionError(f"no modes\n{self.text()}")
            time.sleep(0.03)
        with open(path, encoding="ascii") as file:
            line = file.read()
        flags = ("alternate_on", "cursor_flag", "mouse_any_flag", "keypad_flag",
                 "keypad_cursor_flag")
        return line, {name: self.flag(name) for name in flags}
