"""The project's own files, in a clone or in a copy without its history."""

import pathlib
import shutil
import subprocess


def files(root):
    """The files of the project under `root`, as paths relative to it."""
    root = pathlib.Path(root)
    if (root / ".git").exists() and shutil.which("git"):
        # "safe.directory": the tests may run as another user than the one who cloned.
        listed = subprocess.run(
            ["git", "-c", f"safe.directory={root}", "-C", str(root), "ls-files", "-z"],
            capture_output=True, check=False)
        if listed.returncode == 0 and listed.stdout:
            names = listed.stdout.decode().split("\0")
            return sorted({pathlib.Path(name) for name in names if name
                           and (root / name).is_file()})
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path for path in found
                  if path.parts[0] not in ("build", ".git") and "__pycache__" not in path.parts
                  and not path.name.startswith("osprey-demo."))


def text(root, path):
    """The text of a file; None when it is not text."""
    try:
        return (pathlib.Path(root) / path).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
