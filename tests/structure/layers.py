"""Includes go only down, along the links that the modules' CMakeLists.txt state."""

import pathlib
import re

import tree

# The chain that acquires samples and the chain that presents them meet only in trace and in cli.
ACQUIRE = {"target", "python", "native", "sampler"}
PRESENT = {"recording", "profile", "report", "tui"}

CALL = re.compile(r"\b(osprey_module|target_link_libraries)\s*\(([^()]*)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
MODULE_LIBRARY = re.compile(r"^osprey_([a-z]+)$")


class Links:
    """What each module links, for its own sources alone or for its users as well."""

    def __init__(self):
        self.public = {}
        self.private = {}

    def add_module(self, module, cmake):
        self.public[module] = set()
        self.private[module] = set()
        for _, body in CALL.findall(re.sub(r"#.*", "", cmake)):
            scope = "PRIVATE"
            for word in body.split()[1:]:
                if word.isupper():
                    scope = word
                    continue
                library = MODULE_LIBRARY.match(word)
                if not library or library[1] in ("settings", module):
                    continue
                to = self.public if scope in ("PUBLIC", "INTERFACE") else self.private
                to[module].add(library[1])

    def seen_by_users(self, module):
        """The modules whose headers a public header of `module` may include."""
        seen, waiting = set(), [module]
        while waiting:
            for other in self.public.get(waiting.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen

    def seen_inside(self, module):
        """The modules whose headers a source of `module` may include."""
        seen = self.seen_by_users(module)
        for other in self.private.get(module, ()):
            seen |= {other} | self.seen_by_users(other)
        return seen

    def all_below(self, module):
        below, waiting = set(), [module]
        while waiting:
            current = waiting.pop()
            for other in self.public.get(current, set()) | self.private.get(current, set()):
                if other not in below:
                    below.add(other)
                    waiting.append(other)
        return below


def read_links(root, paths):
    links = Links()
    for path in paths:
        if len(path.parts) == 3 and path.parts[0] == "src" and path.name == "CMakeLists.txt":
            links.add_module(path.parts[1], tree.text(root, path))
    return links


def link_faults(links):
    for module in sorted(links.public):
        below = links.all_below(module)
        if module in below:
            yield f"src/{module}/CMakeLists.txt: {module} links itself, by way of others"
        for chain, other_chain in ((ACQUIRE, PRESENT), (PRESENT, ACQUIRE)):
            for other in sorted(below & other_chain if module in chain else ()):
                yield f"src/{module}/CMakeLists.txt: {module} reaches {other}, of the other chain"


def include_fault(links, path, included):
    public_header = path.parts[0] == "include"
    module = path.parts[2] if public_header else path.parts[1]
    parts = pathlib.PurePosixPath(included).parts
    if parts[0] == "osprey" and len(parts) > 2:
        other = parts[1]
        allowed = links.seen_by_users(module) if public_header else links.seen_inside(module)
        if other != module and other not in allowed:
            return f"{path}: includes {included}, but {module} does not link {other}"
    elif public_header:
        return f"{path}: includes {included}, a private header"
    elif len(parts) > 1 and parts[0] != module and parts[0] in links.public:
        return f"{path}: includes {included}, a private header of {parts[0]}"
    return None


def faults(root):
    paths = tree.files(root)
    links = read_links(root, paths)
    if not links.public:
        yield "src: no module found"
    yield from link_faults(links)
    for path in paths:
        in_module = (path.parts[0] == "src" and len(path.parts) > 2
                     or path.parts[:2] == ("include", "osprey") and len(path.parts) > 3)
        if not in_module or path.suffix not in (".h", ".cpp"):
            continue
        for included in INCLUDE.findall(tree.text(root, path)):
            fault = include_fault(links, path, included)
            if fault:
                yield fault
