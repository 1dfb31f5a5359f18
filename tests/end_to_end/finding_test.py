"""Interpreters that hide: without the runtime's symbol, without sections, without both."""

import os
import shutil
import subprocess

import elf_changes
import support
from support import ALL_BUILDS, PROGRAMS, Target, function, osprey

COOKIE = b"xdebugpy"  # what a table of debug offsets begins with; its version follows
# Until 3.6 there is no such symbol, and its variables are found by the code that returns them.
WITH_RUNTIME = [each for each in ALL_BUILDS if each[0] >= (3, 7)]
WITHOUT_RUNTIME = [each for each in ALL_BUILDS if each[0] < (3, 7)]
# Extension modules of a free-threaded build use the symbol: without it nothing runs.
MAY_LACK_SYMBOL = [each for each in WITH_RUNTIME if "t" not in each[1].flags]


def change_word(content, offset, value):
    """Puts another word into its table of debug offsets."""
    place = content.find(COOKIE)
    while place >= 0:
        if content[place + 11:place + 12] == b"\x03":  # the text is in other places, too
            content[place + offset:place + offset + 8] = value.to_bytes(8, "little")
        place = content.find(COOKIE, place + 1)


def make_newer(content):
    """Makes its table of debug offsets that of 3.16's first alpha."""
    change_word(content, 8, 0x031000a1)


class Finding(support.EndToEnd):
    def found_by(self, python, change):
        """How the interpreter is found in a copy of its file that `change` has gone over."""
        original = python.outside(python.loaded_file())
        is_library = "libpython" in original
        folder = self.path("bin")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        copy = os.path.join(folder, os.path.basename(original))
        with open(original, "rb") as file:
            content = file.read()
        changed = bytearray(content)
        change(changed)
        with open(copy, "wb") as file:
            file.write(content if is_library else changed)
        os.chmod(copy, 0o755)
        prefix = subprocess.run([python, "-c", "import sys; print(sys.base_prefix)"],
                                capture_output=True, text=True, check=True).stdout.strip()
        # An executable's RUNPATH comes after LD_LIBRARY_PATH.
        environment = dict(os.environ, PYTHONHOME=prefix, LD_LIBRARY_PATH=folder)
        with Target("shapes.py", python=python if is_library else python.another(copy),
                    env=environment) as target:
            if is_library:
                # The dynamic linker had to find the symbol itself; from now on nobody can.
                with open(copy, "r+b") as file:
                    file.write(changed)
            stacks, figures = self.record("-p", target.pid, "-d", "1")
            with open(f"/proc/{target.pid}/maps", encoding="utf-8") as maps:
                self.assertIn(copy, maps.read(), "not the changed file")
        self.assertTrue(any(function(f).endswith("recurse") for s in stacks for f in s))
        return figures["python_found_by"]

    @staticmethod
    def hide_symbol_and_sections(content):
        elf_changes.hide_symbol(content)
        elf_changes.hide_sections(content)

    def test_as_it_is(self):
        for version, python in ALL_BUILDS:
            with self.subTest(version=version, python=python):
                self.assertEqual(self.found_by(python, lambda content: None), "symbol")

    def test_without_section_headers(self):
        for group, found_by in ((WITH_RUNTIME, "symbol"), (WITHOUT_RUNTIME, "code")):
            for version, python in group:
                with self.subTest(version=version, python=python):
                    self.assertEqual(self.found_by(python, elf_changes.hide_sections), found_by)

    def test_without_the_symbol(self):
        for version, python in MAY_LACK_SYMBOL:
            with self.subTest(version=version, python=python):
                with open(python.outside(python.loaded_file()), "rb") as file:
                    has_section = b"\0.PyRuntime\0" in file.read()
                self.assertEqual(self.found_by(python, elf_changes.hide_symbol),
                                 "section" if has_section else "scan")

    def test_without_symbol_and_sections(self):
        for version, python in MAY_LACK_SYMBOL:
            with self.subTest(version=version, python=python):
                self.assertEqual(self.found_by(python, self.hide_symbol_and_sections), "scan")


class Unknown(support.EndToEnd):
    def changed(self, python, change):
        """Starts it with a file whose table `change` has gone over."""
        original = python.outside(python.loaded_file())
        is_library = "libpython" in original
        folder = self.path("changed")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        copy = shutil.copy(original, folder)
        elf_changes.change_file(copy, change)
        home = subprocess.run([python, "-c", "import sys; print(sys.base_prefix)"],
                              capture_output=True, text=True, check=True).stdout.strip()
        return Target("every_python.py", python=python if is_library else python.another(copy),
                      env=dict(os.environ, PYTHONHOME=home, LD_LIBRARY_PATH=folder))

    def test_a_version_newer_than_the_table_is_tried_and_said(self):
        newest = max(version for version, _ in ALL_BUILDS)
        self.assertGreaterEqual(newest, (3, 13), "no Python with debug offsets is here")
        for version, python in ALL_BUILDS:
            if version != newest:
                continue
            with self.subTest(python=python.name), self.changed(python, make_newer) as target:
                stacks, figures = self.record("-p", target.pid, "-d", "0.5")
                self.assertTrue(any("leaf" in map(function, s) for s in stacks))
                self.assertEqual(figures["python_version"].rstrip("t"), "3.16.0")
                self.assertIs(figures["python_known"], False)
                self.assertIn(f"Python {figures['python_version']}, found by symbol; Osprey does not "
                              "know this version and read it by the version's own debug offsets",
                              self.err)

    def test_a_newer_version_whose_offsets_mean_something_else(self):
        newest = max(version for version, _ in ALL_BUILDS)
        for version, python in ALL_BUILDS:
            if version < (3, 13) or version == newest:
                continue
            with self.subTest(python=python.name), self.changed(python, make_newer) as target:
                done = osprey("record", "-p", target.pid, "-d", "0.5", "-o", self.path("n.txt"))
                self.assertIn(done.returncode, (0, 125), done.stderr)
                self.assertRegex(done.stderr, "Python 3.16.0|is not a Python program")
                self.assertIsNone(target.process.poll())

    def test_pypy_is_named(self):
        with Target("every_python.py", python="/usr/bin/pypy3") as target:
            done = osprey("record", "-p", target.pid, cwd=self.folder)
        self.assertEqual(done.returncode, 125, done.stderr)
        self.assertRegex(done.stderr, rf"^osprey: process {target.pid} runs PyPy, and Osprey knows "
                                      r"CPython alone \(.*\)\n$")
        self.assertEqual(os.listdir(self.folder), [])
        stacks, figures = self.record("--", "/usr/bin/pypy3",
                                      os.path.join(PROGRAMS, "every_python.py"), "0.3")
        self.assertEqual(stacks, {})
        self.assertEqual(figures["python_version"], "")
        self.assertIn("runs PyPy, and Osprey knows CPython alone", self.err)


if __name__ == "__main__":
    support.main()
