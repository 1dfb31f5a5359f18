"""Installs into an empty folder and tries what arrived there: install_test.py CMAKE BUILD-DIR."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

EXPECTED = [
    "bin/osprey",
    "share/bash-completion/completions/osprey",
    "share/fish/vendor_completions.d/osprey.fish",
    "share/man/man1/osprey.1",
    "share/zsh/site-functions/_osprey",
]

BASH_COMPLETE = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_osprey
printf '%s\\n' "${COMPREPLY[@]}"
"""


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60, **options)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = pathlib.Path(tempfile.mkdtemp(prefix="osprey-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.prefix)
        done = run(CMAKE, "--install", BUILD, "--prefix", str(cls.prefix))
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.bash = cls.prefix / EXPECTED[1]
        cls.fish = cls.prefix / EXPECTED[2]
        cls.manual = cls.prefix / EXPECTED[3]
        cls.zsh = cls.prefix / EXPECTED[4]

    def need(self, program):
        if not shutil.which(program):
            self.fail(f"{program} is not installed; scripts/setup.sh tests installs it")

    def options_of(self, subcommand):
        """The long options that `osprey SUBCOMMAND --help` names."""
        shown = run(str(self.prefix / "bin/osprey"), subcommand, "--help").stdout
        words = shown.replace(",", " ").replace("=", " ").split()
        return {word for word in words if word.startswith("--") and word[2:3].isalpha()}

    def test_these_files_and_no_others(self):
        found = sorted(str(path.relative_to(self.prefix))
                       for path in self.prefix.rglob("*") if path.is_file())
        self.assertEqual(found, EXPECTED)

    def test_the_program_runs(self):
        shown = run(str(self.prefix / "bin/osprey"), "--version")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("0.", shown.stdout)

    def test_the_program_prints_the_installed_completions(self):
        for shell, file in (("bash", self.bash), ("zsh", self.zsh), ("fish", self.fish)):
            with self.subTest(shell):
                printed = run(str(self.prefix / "bin/osprey"), "completions", shell)
                self.assertEqual(printed.returncode, 0, printed.stderr)
                self.assertEqual(printed.stdout, file.read_text(encoding="utf-8"))

    def test_the_shells_accept_their_completions(self):
        for shell, file in (("bash", self.bash), ("zsh", self.zsh), ("fish", self.fish)):
            with self.subTest(shell):
                self.need(shell)
                checked = run(shell, "-n", str(file))
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def bash_offers(self, *words):
        offered = run("bash", "-c", BASH_COMPLETE, "bash", str(self.bash), *words)
        self.assertEqual(offered.stderr, "")
        return offered.stdout.split()

    def test_bash_offers_what_fits(self):
        self.assertEqual(self.bash_offers("osprey", "rec"), ["record"])
        self.assertEqual(self.bash_offers("osprey", "record", "--format", "s"), ["speedscope"])
        self.assertEqual(self.bash_offers("osprey", "r", "--mode", ""), ["wall", "cpu", "gil", "exception"])
        self.assertEqual(self.bash_offers("osprey", "completions", "f"), ["fish"])
        self.assertEqual(self.bash_offers("osprey", "t"), ["top"])
        self.assertEqual(self.bash_offers("osprey", "dump", "--nonb"), ["--nonblocking"])
        self.assertEqual(self.bash_offers("osprey", "top", "--mode", "g"), ["gil"])
        self.assertEqual(self.bash_offers("osprey", "top", "--del"), ["--delay"])
        self.assertEqual(self.bash_offers("osprey", "top", "--st"), [])
        self.assertIn("mkdir", self.bash_offers("osprey", "record", "--", "mkdi"))

    def test_zsh_reads_its_file_whole(self):
        self.need("zsh")
        read = run("zsh", "-f", "-c", 'autoload -Uz compinit && compinit -D -u; source "$1"; '
                   "print -r -- $_comps[osprey]", "zsh", str(self.zsh))
        self.assertEqual((read.stdout.strip(), read.stderr), ("_osprey", ""))

    def test_fish_offers_what_fits(self):
        self.need("fish")
        with tempfile.TemporaryDirectory() as home:
            for typed, offered in (("osprey rec", "record"),
                                   ("osprey record --format s", "speedscope"),
                                   ("osprey top --del", "--delay"),
                                   ("osprey dump --exe", "--executable"),
                                   ("osprey top --mode g", "gil"),
                                   ("osprey completions z", "zsh")):
                with self.subTest(typed):
                    shown = run("fish", "--no-config", "-c",
                                f"source {self.fish}; complete --do-complete '{typed}'",
                                env={"HOME": home, "PATH": "/usr/bin:/bin"})
                    first = [line.split("\t")[0] for line in shown.stdout.splitlines()]
                    self.assertEqual(first, [offered], shown.stderr)

    def test_every_option_is_completed_and_in_the_manual(self):
        options = self.options_of("record") | self.options_of("top") | self.options_of("dump")
        self.assertIn("--output", options)
        self.assertIn("--sysroot", options)
        self.assertIn("--output-log", options)
        manual = self.manual.read_text(encoding="utf-8")
        bash = self.bash.read_text(encoding="utf-8")
        zsh = self.zsh.read_text(encoding="utf-8")
        fish = self.fish.read_text(encoding="utf-8")
        for option in sorted(options):
            with self.subTest(option):
                self.assertRegex(manual, rf"Fl {option[1:]}\b")
                self.assertRegex(bash, rf"{option}\b")
                self.assertRegex(zsh, rf"{option}\b")
                self.assertRegex(fish, rf"-l {option[2:]}\b")

    def test_the_manual_has_no_faults(self):
        self.need("mandoc")
        checked = run("mandoc", "-T", "lint", "-W", "warning", str(self.manual))
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))


if __name__ == "__main__":
    CMAKE, BUILD = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
