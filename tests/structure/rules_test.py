"""Every rule passes on a small good tree, and names the fault in a small bad one."""

import pathlib
import tempfile
import unittest

import check

GOOD = {
    "src/base/CMakeLists.txt": "osprey_module(base SOURCES a.cpp PUBLIC fmt::fmt)",
    "src/trace/CMakeLists.txt": "osprey_module(trace SOURCES a.cpp PUBLIC osprey_base)",
    "src/target/CMakeLists.txt": "osprey_module(target SOURCES a.cpp PRIVATE osprey_base)",
    "src/report/CMakeLists.txt": "osprey_module(report SOURCES a.cpp PUBLIC osprey_trace)",
    "src/report/a.cpp": '#include "osprey/base/x.h"\n#include "report/x.h"\n#include "x.h"\n',
    "src/target/a.cpp": '#include "osprey/base/x.h"\nif (minor_faults < 3) { use(version); }\n',
    "src/python/CMakeLists.txt": "osprey_module(python PUBLIC osprey_target osprey_trace)",
    "src/python/layouts.cpp": "bool New() { return minor >= 11; }\n" * 600,
    "include/osprey/base/x.h": "// Says something.\n#pragma once\n",
    "README.md": "See /proc/N/root/etc and ../work/x.\n",
}


class Rules(unittest.TestCase):
    def faults(self, rule, changes):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**GOOD, **changes}.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return list(check.RULES[rule](root))

    def assert_fault(self, rule, name, text, count=1):
        found = self.faults(rule, {name: text})
        self.assertEqual(len(found), count, found)
        self.assertIn(name.split("/")[-1], found[0])

    def test_the_good_tree_is_good(self):
        for rule in check.RULES:
            with self.subTest(rule):
                self.assertEqual(self.faults(rule, {}), [])

    def test_an_upward_include(self):
        self.assert_fault("layers", "src/base/a.cpp", '#include "osprey/trace/x.h"\n')

    def test_an_include_without_a_link(self):
        self.assert_fault("layers", "src/report/a.cpp", '#include "osprey/target/x.h"\n')

    def test_a_private_link_does_not_reach_the_users(self):
        self.assert_fault("layers", "src/python/a.cpp", '#include "target/x.h"\n')
        self.assert_fault("layers", "include/osprey/target/x.h", '#include "osprey/base/x.h"\n')

    def test_a_public_header_that_includes_a_private_one(self):
        self.assert_fault("layers", "include/osprey/trace/x.h", '#include "trace/x.h"\n')

    def test_a_cycle_of_links(self):
        found = self.faults("layers", {
            "src/base/CMakeLists.txt": "osprey_module(base PRIVATE osprey_trace)"})
        self.assertTrue(any("links itself" in fault for fault in found), found)

    def test_a_link_between_the_chains(self):
        self.assert_fault("layers", "src/report/CMakeLists.txt",
                          "osprey_module(report PUBLIC osprey_trace PRIVATE osprey_target)")

    def test_links_added_apart_count(self):
        self.assertEqual(self.faults("layers", {
            "src/cli/CMakeLists.txt": "add_executable(osprey a.cpp)  # osprey_base\n"
                                      "target_link_libraries(osprey PRIVATE osprey_report)",
            "src/cli/a.cpp": '#include "osprey/report/x.h"\n#include "osprey/trace/x.h"\n'}), [])

    def test_a_tree_without_modules(self):
        with tempfile.TemporaryDirectory() as root:
            self.assertTrue(list(check.RULES["layers"](root)))

    def test_version_comparisons(self):
        for code in ("if (minor >= 11) {", "return version.minor == 8;", "if (version < other) {",
                     "python_version() >= limit", "if (v >= Version{3, 11}) {",
                     "#if PY_VERSION_HEX", "x = minor() < 3"):
            with self.subTest(code):
                self.assert_fault("versions", "src/python/walk.cpp", f"\n{code}\n")

    def test_what_only_looks_like_a_version_comparison(self):
        self.assertEqual(self.faults("versions", {
            "src/python/walk.cpp": '// minor >= 3\nlog("minor < 4");\n'
                                   "std::vector<Version> all; f<Version>(version);\n"
                                   "bool operator==(const Version&) const = default;\n"}), [])

    def test_a_long_file(self):
        self.assert_fault("file_length", "src/python/walk.cpp", "\n" * 501)
        self.assertEqual(self.faults("file_length", {"src/python/walk.cpp": "\n" * 500}), [])

    def test_headers(self):
        self.assert_fault("headers", "src/base/y.h", "#pragma once\n")
        self.assert_fault("headers", "src/base/y.h", "// A header.\n")

    def test_machine_paths(self):
        for top, rest in (("work", "/x"), ("work", ""), ("root", "/x")):
            with self.subTest(top):
                self.assert_fault("machine_paths", "docs/a.md", f'see "/{top}{rest}".\n')


if __name__ == "__main__":
    unittest.main()
