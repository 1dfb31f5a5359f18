"""Every place in which a Python may run: another root, other namespaces, another user's."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

import support
from support import Command, DEBIAN_PYTHON, INTERPRETERS, OSPREY, PROGRAMS, Target, function

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
PTRACE_SCOPE = "/proc/sys/kernel/yama/ptrace_scope"
# What a Python starts with, and no more than that.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "test", "tests", "idlelib", "lib2to3", "ensurepip",
                                  "config-*", "site-packages", "dist-packages", "tkinter")


def namespace(*options):
    """The command that puts what follows into namespaces of its own."""
    user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, *options, "--"]


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


class Places(support.EndToEnd):
    def assert_seen(self, stacks):
        self.assertTrue(support.shows_every_python(stacks), stacks)

    def assert_profiled(self, pid):
        stacks, _ = self.record("-p", pid, "-d", "0.5")
        self.assert_seen(stacks)

    def make_root(self):
        """A root with Debian's Python and the test's program in it."""
        root = self.path("root")
        executable = os.path.realpath(DEBIAN_PYTHON)
        listed = subprocess.run(["ldd", executable], capture_output=True, text=True, check=True)
        libraries = [word for word in listed.stdout.split() if word.startswith("/")]
        # glibc loads this one itself, when a thread ends.
        libraries += glob.glob("/lib/*/libgcc_s.so.1")
        for path in [executable, *libraries]:
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            shutil.copy(path, root + path)
        home = os.path.dirname(os.__file__)
        shutil.copytree(home, root + home, ignore=LEFT_OUT, symlinks=True)
        shutil.copy(os.path.join(PROGRAMS, "every_python.py"), root)
        return root, executable

    def test_inside_a_chroot(self):
        root, executable = self.make_root()
        enter = ["chroot", root] if os.getuid() == 0 else [*namespace(), "chroot", root]
        with Command([*enter, executable, "/every_python.py"]) as target:
            self.assertEqual(os.readlink(f"/proc/{target.pid}/root"), root)
            self.assert_profiled(target.pid)
        stacks, _ = self.record("--", *enter, executable, "/every_python.py", "0.5")
        self.assert_seen(stacks)

    def test_native_code_by_the_debug_files_inside(self):
        """The program is stripped; only its own root has what was taken out."""
        root = self.path("root")
        os.mkdir(root)
        program, debug = root + "/spinner", self.path("spinner.debug")
        subprocess.run(["c++", "-std=c++17", "-O2", "-g", "-static", "-pthread",
                        "-Wl,--build-id=0x0123456789abcdef", "-o", program,
                        os.path.join(PROGRAMS, "native_spinner.cpp")], check=True)
        place = root + "/usr/lib/debug/.build-id/01"
        os.makedirs(place)
        subprocess.run(["objcopy", "--only-keep-debug", program, debug], check=True)
        subprocess.run(["strip", program], check=True)
        enter = ["chroot", root] if os.getuid() == 0 else [*namespace(), "chroot", root]
        # Names are kept, but none that a debug file may better.
        for named in (False, True):
            if named:
                shutil.copy(debug, place + "/23456789abcdef.debug")
            stacks, _ = self.record("-n", "--", *enter, "/spinner", "1", status=3,
                                    env=dict(os.environ, XDG_CACHE_HOME=self.path("cache")))
            names = {function(frame).partition("(")[0] for stack in stacks for frame in stack}
            self.assertEqual("spends_three" in names, named)

    def test_inside_a_chroot_the_unpacked_pythons(self):
        pythons = [python for _, python in INTERPRETERS if python.root]
        if not pythons:
            print("no Python in a root of its own: scripts/fetch-pythons.sh fetches them",
                  file=sys.stderr)
        for python in pythons:
            with self.subTest(python=python.name), \
                    Target("every_python.py", python=python) as target:
                self.assertNotEqual(os.stat(f"/proc/{target.pid}/root").st_ino, os.stat("/").st_ino)
                self.assert_profiled(target.pid)

    def test_in_a_mount_namespace_of_its_own(self):
        # The executable lies on a disk that nobody else sees.
        script = ("mount -t tmpfs none \"$1\" && cp \"$2\" \"$1/python\" && "
                  "exec \"$1/python\" \"$3\"")
        disk = self.path("disk")
        os.mkdir(disk)
        executable = os.path.realpath(DEBIAN_PYTHON)
        prefix = os.path.dirname(os.path.dirname(executable))
        with Command([*namespace("--mount"), "sh", "-c", script, "sh", disk, executable,
                      os.path.join(PROGRAMS, "every_python.py")],
                     env=dict(os.environ, PYTHONHOME=prefix)) as target:
            self.assertEqual(os.listdir(disk), [], "it is to be seen from here")
            self.assertTrue(os.path.exists(f"/proc/{target.pid}/root{disk}/python"))
            self.assert_profiled(target.pid)

    def test_in_a_mount_namespace_with_its_library(self):
        libraries = [python for _, python in INTERPRETERS
                     if "libpython" in python.loaded_file() and not python.root]
        disk = self.path("disk")
        os.mkdir(disk)
        for python in libraries:
            with self.subTest(python=python.name), Command(
                    [*namespace("--mount"), "sh", "-c",
                     "mount -t tmpfs none \"$1\" && cp \"$2\" \"$1\" && "
                     "LD_LIBRARY_PATH=\"$1\" exec \"$3\" \"$4\"", "sh", disk,
                     python.loaded_file(), python,
                     os.path.join(PROGRAMS, "every_python.py")]) as target:
                with open(f"/proc/{target.pid}/maps", encoding="utf-8") as maps:
                    self.assertIn(disk, maps.read())
                self.assert_profiled(target.pid)

    def test_in_a_pid_namespace_of_its_own(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version, python=python), Command(
                    [*namespace("--pid", "--mount", "--fork", "--kill-child"), python,
                     os.path.join(PROGRAMS, "states.py")]) as target:
                inside, = children(target.pid)
                with open(f"/proc/{inside}/status", encoding="ascii") as file:
                    ids = next(line for line in file if line.startswith("NSpid:")).split()
                self.assertEqual(ids[-1], "1", "it is not alone")
                # Without a GIL a lock yields a few dozen times before it waits (Python/lock.c).
                time.sleep(0.3)
                # Who runs and who waits is asked of the kernel, thread by thread.
                stacks, figures = self.record("-p", inside, "-d", "1")
                found = {}
                for stack, count in stacks.items():
                    for name in map(function, stack):
                        found[name] = found.get(name, 0) + count
                self.assertGreater(found.get("spins_in_python", 0), 100)
                for waiting in ("sleeps", "reads_pipe", "waits_for_lock"):
                    self.assertLessEqual(found.get(waiting, 0), figures["samples"] // 50, found)
                self.assertEqual(figures["threads"], 5)

    def test_of_another_user_as_root(self):
        if os.getuid() != 0:
            self.fail("needs root, to be somebody else for once")
        for version, python in INTERPRETERS:
            executable = python.executable
            if subprocess.run([*AS_NOBODY, "test", "-x", executable], check=False).returncode != 0:
                print(f"{executable} lies in a folder that is closed to others", file=sys.stderr)
                continue
            with self.subTest(version=version), tempfile.TemporaryDirectory() as folder:
                os.chmod(folder, 0o755)
                program = shutil.copy(os.path.join(PROGRAMS, "every_python.py"), folder)
                with Command([*AS_NOBODY, executable, program]) as target:
                    with open(f"/proc/{target.pid}/status", encoding="ascii") as file:
                        self.assertIn(f"Uid:\t{NOBODY}\t", file.read())
                    self.assert_profiled(target.pid)

    def test_as_its_parent_without_any_rights(self):
        """What ptrace_scope 1 allows: a parent reads its own child, a stranger nothing."""
        try:
            with open(PTRACE_SCOPE, encoding="ascii") as file:
                scope = file.read().strip()
        except FileNotFoundError:
            scope = "none: this kernel has no Yama, so that nothing but the owner counts"
        print(f"ptrace_scope: {scope}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            binary = shutil.copy(OSPREY, os.path.join(folder, "osprey"))
            program = shutil.copy(os.path.join(PROGRAMS, "every_python.py"), folder)
            os.chmod(folder, 0o777)
            user = AS_NOBODY if os.getuid() == 0 else []
            done = subprocess.run(
                [*user, binary, "record", "-o", os.path.join(folder, "p.txt"), "--", DEBIAN_PYTHON,
                 program, "0.5"], capture_output=True, text=True, timeout=100, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(os.path.join(folder, "p.txt"), encoding="utf-8") as file:
                self.assert_seen(support.parse_folded(file.read()))
            if scope != "1" or os.getuid() != 0:
                return
            with Command([*AS_NOBODY, DEBIAN_PYTHON, program]) as target:
                done = subprocess.run(
                    [*user, binary, "record", "-p", str(target.pid)], capture_output=True,
                    text=True, timeout=100, cwd=folder, check=False)
                self.assertEqual(done.returncode, 125)
                self.assertIn("not permitted to read process", done.stderr)

    def test_deleted_file_without_any_rights(self):
        """Only administrators may open map_files: then the symbols come out of the memory."""
        libraries = [python for _, python in INTERPRETERS
                     if "libpython" in python.loaded_file() and not python.root]
        for python in libraries:
            with self.subTest(python=python.name), tempfile.TemporaryDirectory() as folder:
                self.check_deleted_library(python, folder)

    def check_deleted_library(self, python, folder):
        user = AS_NOBODY if os.getuid() == 0 else []
        # Its own files may lie in a folder that is closed to others: the whole Python is copied.
        home = os.path.join(folder, "home")
        prefix = os.path.dirname(os.path.dirname(os.path.realpath(python)))
        name = "python%d.%d" % python.version
        shutil.copytree(os.path.join(prefix, "lib", name), os.path.join(home, "lib", name),
                        ignore=LEFT_OUT)
        executable = shutil.copy(os.path.realpath(python), home)
        library = shutil.copy(python.loaded_file(), home)
        binary = shutil.copy(OSPREY, folder)
        program = shutil.copy(os.path.join(PROGRAMS, "every_python.py"), folder)
        os.chmod(folder, 0o777)
        environment = dict(os.environ, PYTHONHOME=home, LD_LIBRARY_PATH=home)
        # The variables stand in the command, since setpriv does not drop them but root's shell may.
        with Command([*user, executable, program], env=environment) as target:
            os.unlink(library)
            done = subprocess.run(
                [*user, binary, "record", "-p", str(target.pid), "-d", "0.5", "-o",
                 os.path.join(folder, "p.txt")], capture_output=True, text=True, timeout=100,
                check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, "found by (symbol|code)")  # 3.6 has no _PyRuntime
            with open(os.path.join(folder, "p.txt"), encoding="utf-8") as file:
                self.assert_seen(support.parse_folded(file.read()))


if __name__ == "__main__":
    support.main()
