"""Interpreters that hide: without the runtime's symbol, without sections, without both."""

import os
import shutil
import subprocess

import support
from support import INTERPRETERS, Target, function

# Until 3.6 there is no such symbol, and its variables are found by the code that returns them.
WITH_RUNTIME = [each for each in INTERPRETERS if each[0] >= (3, 7)]
WITHOUT_RUNTIME = [each for each in INTERPRETERS if each[0] < (3, 7)]
SYMBOL = b"\0_PyRuntime\0"
OTHER = b"\0_PyRunning\0"
SECTION_HEADERS, SECTION_COUNT = 0x28, 0x3C  # e_shoff and e_shnum in Elf64_Ehdr


def loaded_file(python):
    """The file that holds the interpreter: its shared library, or the executable itself."""
    script = ("import os\nfor line in open('/proc/self/maps'):\n"
              "    path = line.split()[-1]\n"
              "    if 'libpython' in path: print(path); break\n"
              "else: print(os.path.realpath('/proc/self/exe'))\n")
    return subprocess.run([python, "-c", script], capture_output=True, text=True,
                          check=True).stdout.strip()


class Finding(support.EndToEnd):
    def found_by(self, python, change):
        """How the interpreter is found in a copy of its file that `change` has gone over."""
        original = loaded_file(python)
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
        with Target("shapes.py", python=python if is_library else copy,
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
    def hide_symbol(content):
        place = content.find(SYMBOL)
        assert place >= 0
        while place >= 0:
            content[place:place + len(OTHER)] = OTHER
            place = content.find(SYMBOL)

    @staticmethod
    def hide_sections(content):
        content[SECTION_HEADERS:SECTION_HEADERS + 8] = bytes(8)
        content[SECTION_COUNT:SECTION_COUNT + 4] = bytes(4)  # e_shstrndx, too

    @staticmethod
    def hide_symbol_and_sections(content):
        Finding.hide_symbol(content)
        Finding.hide_sections(content)

    def test_as_it_is(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version, python=python):
                self.assertEqual(self.found_by(python, lambda content: None), "symbol")

    def test_without_section_headers(self):
        for group, found_by in ((WITH_RUNTIME, "symbol"), (WITHOUT_RUNTIME, "code")):
            for version, python in group:
                with self.subTest(version=version, python=python):
                    self.assertEqual(self.found_by(python, self.hide_sections), found_by)

    def test_without_the_symbol(self):
        for version, python in WITH_RUNTIME:
            with self.subTest(version=version, python=python):
                with open(loaded_file(python), "rb") as file:
                    has_section = b"\0.PyRuntime\0" in file.read()
                self.assertEqual(self.found_by(python, self.hide_symbol),
                                 "section" if has_section else "scan")

    def test_without_symbol_and_sections(self):
        for version, python in WITH_RUNTIME:
            with self.subTest(version=version, python=python):
                self.assertEqual(self.found_by(python, self.hide_symbol_and_sections), "scan")


if __name__ == "__main__":
    support.main()
