"""The rules that one file alone can break."""

import re

import tree

LONGEST_FILE = 500
CODE = (".h", ".cpp", ".py", ".sh", ".js", ".css", ".cmake")

# What is data about CPython's versions may name them, and may be as long as it must.
LAYOUTS = re.compile(r"^src/python/layouts[a-z0-9_]*\.cpp$")

COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
COMPARISON = r"\s*(?:[<>]=?|[=!]=)\s"
VERSION_COMPARISON = re.compile(
    r"\b(?:major|minor|micro|patch)(?:_version)?_?(?:\(\))?" + COMPARISON
    + r"|\b\w*version_?(?:\(\))?\s*(?:<=|>=|[<>])\s"
    + r"|" + COMPARISON + r"(?:osprey::)?(?:python::)?Version\s*[{(]"
    + r"|\bPY_(?:VERSION_HEX|MAJOR_VERSION|MINOR_VERSION)\b")

# "/proc/N/root/..." is a place on every Linux; the home of a developer is not.
MACHINE_PATH = re.compile(r"(?<![\w}\])*/.$-])/(?:work\b|root/)")


def lines_that_match(pattern, text):
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[0].strip()


def without_comments_and_strings(text):
    return COMMENT_OR_STRING.sub(lambda found: "\n" * found[0].count("\n"), text)


def version_faults(root):
    for path in tree.files(root):
        if path.parts[0] not in ("src", "include") or path.suffix not in (".h", ".cpp"):
            continue
        if LAYOUTS.match(path.as_posix()):
            continue
        code = without_comments_and_strings(tree.text(root, path))
        for line, found in lines_that_match(VERSION_COMPARISON, code):
            yield f"{path}:{line}: compares a version (`{found}`); make it a field of Layout"


def length_faults(root):
    for path in tree.files(root):
        is_code = path.suffix in CODE or path.name == "CMakeLists.txt"
        if not is_code or "golden" in path.parts or LAYOUTS.match(path.as_posix()):
            continue
        lines = tree.text(root, path).count("\n")
        if lines > LONGEST_FILE:
            yield f"{path}: {lines} lines, {LONGEST_FILE} at most"


def header_faults(root):
    for path in tree.files(root):
        if path.suffix != ".h":
            continue
        lines = tree.text(root, path).split("\n")
        if not re.match(r"// \S", lines[0]):
            yield f"{path}:1: no comment that says what the header is for"
        if "#pragma once" not in lines:
            yield f"{path}: no #pragma once"


def machine_path_faults(root):
    for path in tree.files(root):
        text = tree.text(root, path)
        for line, found in lines_that_match(MACHINE_PATH, text) if text else ():
            yield f"{path}:{line}: names a folder of one machine ({found})"
