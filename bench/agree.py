"""Real programs from Debian: the ten functions with the most total time under cProfile, against
what Osprey sees of the same work. `bench/run.py --install agree` installs what it needs.
"""

import os
import pstats
import subprocess
import tempfile

from support import record, table

PACKAGES = ("python3-docutils", "python3-django", "mercurial")
PYTHON = "/usr/bin/python3"
# cProfile charges each call; functions that differ by less than this share may stand in any order.
NEIGHBOURS = 0.15


def programs(folder):
    """(name, argv, working directory) of each; what they work on is made here."""
    document = os.path.join(folder, "long.rst")
    with open(document, "w", encoding="utf-8") as file:
        for i in range(1200):
            file.write(f"Section {i}\n{'=' * 12}\n\nSome *emphasis*, ``code`` and a `link{i} "
                       f"<https://example.org/{i}>`_.\n\n* item one\n* item **two**\n\n"
                       f"+---+---+\n| a | b |\n+---+---+\n\n")
    repository = os.path.join(folder, "repository")
    os.mkdir(repository)
    hg = {**os.environ, "HGUSER": "bench", "HGRCPATH": ""}
    subprocess.run(["hg", "init"], cwd=repository, check=True, env=hg)
    for i in range(400):
        with open(os.path.join(repository, f"file{i}.txt"), "w", encoding="utf-8") as file:
            file.write("".join(f"line {i} {j}\n" for j in range(100)))
    subprocess.run(["hg", "commit", "-qAm", "first"], cwd=repository, check=True, env=hg)
    site = os.path.join(folder, "site")
    os.mkdir(site)
    subprocess.run(["django-admin", "startproject", "site0", site], check=True)
    return [
        ("docutils", ["/usr/bin/rst2html", document,
                      os.path.join(folder, "out.html")], folder),
        ("django migrate", [os.path.join(site, "manage.py"), "migrate", "-v", "0"], site),
        ("mercurial annotate", ["/usr/bin/hg", "annotate"] +
         [f"file{i}.txt" for i in range(400)], repository),
    ]


def start_over(cwd):
    """Takes away what a run leaves, so that the next one has the same work to do."""
    database = os.path.join(cwd, "db.sqlite3")
    if os.path.exists(database):
        os.remove(database)


def key(filename, function):
    return os.path.basename(filename), function


def by_cprofile(argv, cwd, folder):
    """[(key, cumulative seconds)], the ten largest of Python functions."""
    out = os.path.join(folder, "cprofile.out")
    subprocess.run([PYTHON, "-m", "cProfile", "-o", out, *argv], cwd=cwd, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows = {}
    for (filename, _, function), (_, _, _, cumulative, _) in pstats.Stats(out).stats.items():
        if not filename.startswith("~") and function not in ("<module>", "main", "<lambda>"):
            name = key(filename, function)
            rows[name] = max(rows.get(name, 0.0), cumulative)
    return sorted(rows.items(), key=lambda row: -row[1])[:10]


def by_osprey(argv, cwd):
    """{key: share of samples in which it stands}."""
    stacks, _ = record("--idle", "-r", "2k", "--", "env", "-C", cwd, PYTHON, *argv,
                       files=True)
    total = sum(stacks.values())
    found = {}
    for stack, count in stacks.items():
        for name in set(stack):
            found[name] = found.get(name, 0) + count
    return {name: count / max(1, total) for name, count in found.items()}


def agree(quick):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, argv, cwd in programs(folder)[:1 if quick else None]:
            start_over(cwd)
            truth = by_cprofile(argv, cwd, folder)
            start_over(cwd)
            seen = by_osprey(argv, cwd)
            missing = [": ".join(f) for f, _ in truth if f not in seen]
            swapped = [f"{a[0][1]}/{b[0][1]}"
                       for i, a in enumerate(truth) for b in truth[i + 1:]
                       if seen.get(a[0], 0) < seen.get(b[0], 0) and
                       a[1] - b[1] > NEIGHBOURS * a[1]]
            rows.append((name, len(truth) - len(missing), ", ".join(missing) or "none",
                         ", ".join(swapped) or "none"))
    table("Real programs: cProfile's ten functions with the most total time",
          ("program", "found of 10", "missing", "pairs in another order (beyond neighbours)"),
          rows)
