"""Which Pythons there are to test with, where each comes from, and how it is started.

The one place that knows. scripts/fetch-pythons.sh fetches those that a machine does not have.
"""

import atexit
import collections
import glob
import os
import shutil
import subprocess
import tempfile

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = os.path.join(PROJECT, "tests", "programs")
DEBIAN_PYTHON = "/usr/bin/python3"
CACHE = os.environ.get("OSPREY_PYTHONS") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "osprey", "pythons")

# What a Python says of itself: its version, and whether it was built free-threaded or for debugging.
PROBE = ("import sys; print('%d.%d.%d' % sys.version_info[:3] + "
         "('t' if 't' in getattr(sys, 'abiflags', '') else '') + "
         "('d' if hasattr(sys, 'gettotalrefcount') else ''))")
LOADED = """import os
for line in open('/proc/self/maps'):
    path = line.split()[-1]
    if 'libpython' in path:
        print(path)
        break
else:
    print(os.path.realpath('/proc/self/exe'))
"""
# Enters a root with the project's folder in it, in a mount namespace that ends with the program. It
# executes at each step, so that the process is the same from the first to the last.
ENTER = """#!/bin/sh
exec unshare --mount {user} -- /bin/sh -c '
root=$1; shift
for folder in {folders}; do
  mkdir -p "$root$folder" && mount --rbind "$folder" "$root$folder" || exit 126
done
exec chroot "$root" "$@"' sh {root} {executable} "$@"
"""

# NAME is the version with `t` for free-threaded and `d` for a debug build.
Wanted = collections.namedtuple("Wanted", "name source required")


class Python(str):
    """A path that starts this Python, as any list of arguments takes it."""

    root = ""        # where it runs in a chroot: its root, as seen from outside
    executable = ""  # the interpreter's own path, as it sees it
    name = ""        # "3.14.10d": what it says of itself
    source = ""      # where it comes from, for people

    def another(self, executable):
        """The same for another executable, whose path is that inside the root."""
        result = Python(_entering(self.root, executable) if self.root else executable)
        result.root, result.executable = self.root, executable
        result.name, result.source = self.name, self.source
        return result

    def outside(self, path):
        """How a path that it sees is reached from outside."""
        shared = any(path.startswith(folder + "/") for folder in _shared_folders())
        return path if not self.root or shared else self.root + path

    def loaded_file(self):
        """The file that holds the interpreter, as it sees it: its library, or the executable."""
        done = subprocess.run([self, "-c", LOADED], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    @property
    def version(self):
        return tuple(int(n) for n in self.name.rstrip("td").split("."))[:2]

    @property
    def flags(self):
        """"", "t" or "d"."""
        return self.name.lstrip("0123456789.")


def _shared_folders():
    folders = ["/proc", "/dev", tempfile.gettempdir()]
    if not any(PROJECT.startswith(folder + "/") for folder in folders):
        folders.append(PROJECT)
    return folders


_WRAPPERS = []


def _entering(root, executable):
    """A script that starts `executable` in `root`."""
    if not _WRAPPERS:
        _WRAPPERS.append(tempfile.mkdtemp(prefix="osprey-roots-"))
        os.chmod(_WRAPPERS[0], 0o755)
        atexit.register(shutil.rmtree, _WRAPPERS[0], True)
    path = os.path.join(_WRAPPERS[0], f"{len(os.listdir(_WRAPPERS[0]))}")
    os.mkdir(path)
    path = os.path.join(path, os.path.basename(executable))
    user = "" if os.getuid() == 0 else "--user --map-root-user"
    with open(path, "w", encoding="utf-8") as file:
        file.write(ENTER.format(root=root, executable=executable, user=user,
                                folders=" ".join(_shared_folders())))
    os.chmod(path, 0o755)
    return path


def _pyenv(name):
    paths = glob.glob(os.path.expanduser(f"~/.pyenv/versions/{name}.*/bin/python"))
    return [Python(sorted(paths)[0])] if paths else []


def _sid(name):
    root = os.path.realpath(os.path.join(CACHE, name))
    executable = f"/usr/bin/python{name}"
    if not os.path.exists(root + executable):
        return []
    python = Python(_entering(root, executable))
    python.root, python.executable = root, executable
    return [python]


def _built(name):
    path = os.path.join(CACHE, name, "bin", f"python{name}")
    return [Python(path)] if os.path.exists(path) else []


def _installed(name):
    path = f"/usr/bin/python{name}"
    return [Python(path)] if os.path.exists(path) else []


SOURCES = {"Debian 12": _installed, "pyenv": _pyenv, "Debian sid": _sid, "built here": _built}
WANTED = [Wanted("3.11", "Debian 12", True),
          *(Wanted(name, "pyenv", True) for name in (
              "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")),
          Wanted("3.11d", "Debian 12", True),
          *(Wanted(name, "Debian sid", True) for name in ("3.14", "3.14d", "3.15")),
          *(Wanted(name, "built here", False) for name in ("3.13t", "3.14t", "3.15t"))]


def why_missing(wanted):
    """What the fetching has left word of, else where this Python would come from."""
    try:
        with open(os.path.join(CACHE, "missing", wanted.name), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        pass
    if wanted.source == "Debian 12":
        return "scripts/setup.sh tests installs it"
    if wanted.source == "pyenv":
        return "not under ~/.pyenv/versions"
    return "scripts/fetch-pythons.sh fetches it"


def find():
    """[(wanted, Python or None, why there is none)] for every Python that is wanted."""
    found = []
    for wanted in WANTED:
        pythons = SOURCES[wanted.source](wanted.name)
        if not pythons:
            found.append((wanted, None, why_missing(wanted)))
            continue
        python = pythons[0]
        done = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            found.append((wanted, None, f"it does not start: {lines[-1]}"))
            continue
        python.name, python.source = done.stdout.strip(), wanted.source
        python.executable = python.executable or str(python)
        found.append((wanted, python, ""))
    return found


FOUND = find()
