"""Every way in which a Python may have been built or put together: one test for each."""

import os
import shutil
import subprocess
import sys
import time
import zipapp

import elf_changes
import unix_http
import support
from support import Command, DEBIAN_PYTHON, ALL_BUILDS, PROGRAMS, Target, function
from support import shows_every_python

PROGRAM = os.path.join(PROGRAMS, "every_python.py")
VERSION = "3.11"  # of Debian 12's Python, which the programs here embed
LIBRARIES = f"/usr/lib/python{VERSION}/config-{VERSION}-x86_64-linux-gnu"
STATIC = [f"{LIBRARIES}/libpython{VERSION}.a", "-lexpat", "-lz", "-lm"]
STATIC_PIC = [f"{LIBRARIES}/libpython{VERSION}-pic.a", "-lexpat", "-lz", "-lm"]


class Builds(support.EndToEnd):
    def assert_profiled(self, target, *options):
        """The figures of a short run that saw the program's own functions."""
        stacks, figures = self.record("-p", target.pid, "-d", "0.5", *options)
        self.assertTrue(shows_every_python(stacks), stacks)
        return figures

    def embedding(self, name, *flags):
        """A program that embeds Debian's Python, linked in the way the flags say."""
        program = self.path(name)
        done = subprocess.run(
            ["c++", "-O1", "-o", program, os.path.join(PROGRAMS, "embedding.cpp"),
             f"-I/usr/include/python{VERSION}", *flags], capture_output=True, text=True,
            check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def profile_embedding(self, program):
        with Target("every_python.py", python=program) as target:
            return self.assert_profiled(target)

    def test_shared_and_static(self):
        kinds = set()
        for version, python in ALL_BUILDS:
            with self.subTest(version=version, python=python):
                kinds.add("libpython" in python.loaded_file())
                with Target("every_python.py", python=python) as target:
                    self.assert_profiled(target)
        with self.subTest("shared"):
            program = self.embedding("shared", f"-lpython{VERSION}")
            self.assertIn("libpython", subprocess.run(["ldd", program], capture_output=True,
                                                      text=True, check=True).stdout)
            self.profile_embedding(program)
        with self.subTest("static"):
            self.assertNotIn("libpython", subprocess.run(["ldd", DEBIAN_PYTHON],
                                                         capture_output=True, text=True,
                                                         check=True).stdout)
            self.profile_embedding(self.embedding("static", "-no-pie", *STATIC))

    def test_the_whole_program_is_static(self):
        # The linker warns of what glibc loads at run time; it does so for each such function.
        program = self.embedding("whole", "-static", "-no-pie", *STATIC)
        self.assertIn("not a dynamic executable", subprocess.run(
            ["ldd", program], capture_output=True, text=True, check=False).stderr)
        self.profile_embedding(program)

    def test_pie_and_not(self):
        for name, flags, kind in (
                ("pie", ["-pie", *STATIC_PIC], elf_changes.SHARED),
                ("not", ["-no-pie", *STATIC], elf_changes.EXECUTABLE)):
            with self.subTest(name):
                program = self.embedding(name, *flags)
                self.assertEqual(elf_changes.elf_type(program), kind)
                self.profile_embedding(program)

    def test_stripped(self):
        for name, flags in (("static", ["-no-pie", *STATIC]), ("pie", ["-pie", *STATIC_PIC]),
                            ("exporting", ["-rdynamic", "-no-pie", *STATIC])):
            with self.subTest(name):
                figures = self.profile_embedding(self.embedding(name, "-s", *flags))
                # Without its symbols it only has the section; -rdynamic leaves some in place.
                self.assertEqual(figures["python_found_by"],
                                 "symbol" if name == "exporting" else "section")

    def test_without_section_headers(self):
        for name, flags in (("static", ["-no-pie", *STATIC]), ("pie", ["-pie", *STATIC_PIC]),
                            ("exporting", ["-rdynamic", "-no-pie", *STATIC])):
            with self.subTest(name):
                program = self.embedding(name, *flags)
                elf_changes.change_file(program, elf_changes.hide_sections)
                self.assertFalse(elf_changes.has_section_headers(program))
                figures = self.profile_embedding(program)
                self.assertEqual(figures["python_found_by"],
                                 "symbol" if name == "exporting" else "scan")

    def test_link_time_optimised(self):
        with self.subTest("the program"):
            self.profile_embedding(self.embedding("lto", "-flto", "-O2", "-no-pie", *STATIC))
        with self.subTest("the interpreter"):
            # Debian's archive has no code to optimise anew. What becomes of a name that nobody
            # outside needs is what GCC does then (varpool_node::privatize in its lto/).
            archive = self.path("privatised.a")
            subprocess.run(["objcopy", "--redefine-sym", "_PyRuntime=_PyRuntime.lto_priv.0",
                            STATIC[0], archive], check=True)
            figures = self.profile_embedding(
                self.embedding("private", "-flto", "-O2", "-no-pie", archive, *STATIC[1:]))
            self.assertEqual(figures["python_found_by"], "section")

    def test_musl(self):
        """On musl no Python can be had from Debian: a program with the structs of one stands in."""
        program = self.path("python3.10")
        done = subprocess.run(["musl-gcc", "-O1", "-o", program,
                               os.path.join(PROGRAMS, "musl_stand_in.c")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(program, "rb") as file:
            self.assertIn(b"ld-musl", file.read())
        with Command([program]) as target:
            busy, figures = self.record("-p", target.pid, "-d", "0.5")
            every, _ = self.record("-p", target.pid, "-d", "0.5", "--idle")
        self.assertEqual(figures["python_version"].rpartition(".")[0], "3.10")
        # Who runs is asked of the kernel, by the id in musl's own struct of the thread.
        self.assertEqual({function(frame) for stack in busy for frame in stack}, {"spins"})
        self.assertEqual({function(frame) for stack in every for frame in stack},
                         {"spins", "waits"})

    def test_embedded(self):
        program = self.embedding("server", f"-lpython{VERSION}")
        self.profile_embedding(program)
        stacks, _ = self.record("--", program, PROGRAM, "0.5")
        self.assertTrue(any("leaf" in map(function, stack) for stack in stacks))

    def test_uwsgi(self):
        address = self.path("socket")
        shutil.copy(os.path.join(PROGRAMS, "wsgi_application.py"), self.path("application.py"))
        server = subprocess.Popen(
            ["/usr/bin/uwsgi_python3", "--http-socket", address, "--master", "--processes", "1",
             "--chdir", self.folder, "--module", "application", "--need-app", "--die-on-term",
             "--enable-threads"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        try:
            worker = self.ask(server, address, "/pid")
            with subprocess.Popen([sys.executable, unix_http.__file__, address, "/busy"]) as client:
                try:
                    stacks, _ = self.record("-p", worker, "-d", "2")
                finally:
                    client.kill()
            names = [tuple(map(function, stack)) for stack in stacks]
            self.assertTrue(any(("application", "work", "leaf") == name[i:i + 3]
                                for name in names for i in range(len(name))), stacks)
        finally:
            # Killed, the master would leave its workers behind.
            server.terminate()
            server.stderr.close()
            server.wait()

    def ask(self, server, address, path):
        """The answer, as soon as the server is there."""
        while True:
            self.assertIsNone(server.poll(), "uwsgi has ended")
            try:
                return unix_http.request(address, path)
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)

    def test_zip_application(self):
        folder = self.path("application")
        os.mkdir(folder)
        shutil.copy(PROGRAM, os.path.join(folder, "inside.py"))
        archive = self.path("application.pyz")
        zipapp.create_archive(folder, archive, main="inside:main")
        for version, python in ALL_BUILDS:
            with self.subTest(version=version):
                # A Target runs files by their full path as well as those under programs/.
                with Target(archive, python=python) as target:
                    self.assert_profiled(target)
                    stacks, _ = self.record("-p", target.pid, "-d", "0.3", "--full-filenames")
                files = {frame.rpartition(" (")[2] for stack in stacks for frame in stack
                         if function(frame) == "leaf"}
                self.assertTrue(any("application.pyz/inside.py:" in file for file in files), files)

    def test_virtual_environment(self):
        for version, python in ALL_BUILDS:
            for option in ("--symlinks", "--copies"):
                with self.subTest(version=version, option=option):
                    folder = self.path("environment")
                    shutil.rmtree(folder, ignore_errors=True)
                    subprocess.run([python, "-m", "venv", "--without-pip", option, folder],
                                   check=True)
                    inside = python.another(os.path.join(folder, "bin", "python"))
                    with Target("every_python.py", python=inside) as target:
                        self.assert_profiled(target)

    def test_deleted_or_replaced_since_the_start(self):
        for version, python in ALL_BUILDS:
            original = python.outside(python.loaded_file())
            is_library = "libpython" in original
            for what in ("deleted", "replaced", "replaced by another Python"):
                with self.subTest(version=version, what=what):
                    self.check_without_its_file(python, original, is_library, what)

    def check_without_its_file(self, python, original, is_library, what):
        folder = self.path("bin")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        copy = os.path.join(folder, os.path.basename(original))
        shutil.copy(original, copy)
        home = subprocess.run([python, "-c", "import sys; print(sys.base_prefix)"],
                              capture_output=True, text=True, check=True).stdout.strip()
        environment = dict(os.environ, PYTHONHOME=home, LD_LIBRARY_PATH=folder)
        program = python if is_library else python.another(copy)
        with Target("every_python.py", python=program, env=environment) as target:
            os.unlink(copy)
            if what == "replaced":
                with open(copy, "w", encoding="ascii") as file:
                    file.write("#!/bin/sh\n")
            elif what != "deleted":
                others = [other for _, other in ALL_BUILDS if other.version != python.version]
                shutil.copy(others[0].outside(others[0].loaded_file()), copy)
            with open(f"/proc/{target.pid}/maps", encoding="utf-8") as maps:
                self.assertIn("(deleted)", maps.read())
            figures = self.assert_profiled(target)
            self.assertEqual(figures["python_version"], python.name.rstrip("d"))


if __name__ == "__main__":
    support.main()
