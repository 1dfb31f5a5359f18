"""The flame graph in a real browser: zoom, search, keys, state in the address, size, no script.

usage: flamegraph_browser_test.py MAKE_FLAMEGRAPH
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

from webdriver import Browser

MAKE = None
SVG = "{http://www.w3.org/2000/svg}"
CONTROL, ESCAPE, ENTER, TAB = "\ue009", "\ue00c", "\ue007", "\ue004"
DOWN, UP, RIGHT = "\ue015", "\ue013", "\ue014"


class Graph:
    """A file and what must be true of it, worked out from its data without the page's script."""

    def __init__(self, folder, shape):
        self.path = pathlib.Path(folder) / f"{shape}.svg"
        self.path.write_bytes(subprocess.run([MAKE, shape], check=True, capture_output=True).stdout)
        self.url = self.path.as_uri()
        tree = ElementTree.parse(self.path)
        self.data = json.loads(tree.find(f".//{SVG}script[@id='data']").text)
        parents, totals = [-1], [self.data["rootSelf"]]
        for name, up, own in zip(self.data["name"], self.data["up"], self.data["self"]):
            above = len(parents) - 1
            for _ in range(up):
                above = parents[above]
            parents.append(above)
            totals.append(own)
        for i in range(len(totals) - 1, 0, -1):
            totals[parents[i]] += totals[i]
        self.parents, self.totals = parents, totals
        self.labels = ["all"] + [self.data["names"][name] for name in self.data["name"]]

    def node(self, start):
        return next(i for i, label in enumerate(self.labels) if label.startswith(start))

    def matched(self, pattern):
        own = [self.data["rootSelf"]] + self.data["self"]
        hit = [False] * len(own)
        for i in range(1, len(own)):
            hit[i] = hit[self.parents[i]] or bool(re.search(pattern, self.labels[i]))
        return sum(count for count, is_hit in zip(own, hit) if is_hit)


class FlamegraphTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.graphs = {shape: Graph(cls.folder.name, shape)
                      for shape in ("demo", "wide", "deep", "hostile", "empty")}
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.folder.cleanup()

    def open(self, shape, fragment=""):
        self.browser.open("about:blank")
        self.browser.resize(1200, 800)
        self.browser.open(self.graphs[shape].url + fragment)
        self.browser.settle()
        return self.browser, self.graphs[shape]

    def hash(self):
        return self.browser.run("return location.hash")

    def text(self, css):
        return self.browser.run("return document.querySelector(arguments[0]).textContent", css)

    def trail(self):
        return self.browser.run("return [...document.querySelectorAll('#trail button')].map(b => b.textContent)")

    def drawn(self):
        return self.browser.run("return document.querySelectorAll('#frames *').length")

    def width(self, node):
        return self.browser.run("return document.querySelector(`#frames [data-node='${arguments[0]}'] rect`)"
                                ".getBoundingClientRect().width", node)

    def frame(self, node):
        return f"#frames [data-node='{node}'] rect"

    def test_click_zooms_and_the_trail_leads_back(self):
        browser, graph = self.open("demo")
        node = graph.node("price")
        before = self.width(node)
        browser.click(self.frame(node))
        self.assertEqual(self.hash(), f"#zoom={node}")
        self.assertGreater(self.width(node), before * 1.5)
        self.assertAlmostEqual(self.width(node), self.width(0), delta=2)
        self.assertEqual(self.trail(), ["all", "<module>", "main", "serve", "Handler.handle", "price"])
        browser.click("#trail button:nth-child(3)")
        self.assertEqual(self.trail(), ["all", "<module>", "main"])
        browser.click("#reset")
        self.assertEqual(self.hash(), "")
        self.assertEqual(self.trail(), ["all"])
        self.assertAlmostEqual(self.width(node), before, delta=0.1)

    def test_back_in_history_unzooms(self):
        browser, graph = self.open("demo")
        browser.click(self.frame(graph.node("price")))
        browser.run("history.back()")
        browser.settle()
        deadline = time.monotonic() + 10
        while self.trail() != ["all"] and time.monotonic() < deadline:
            browser.settle()
        self.assertEqual(self.trail(), ["all"])

    def test_keys_move_and_zoom(self):
        browser, graph = self.open("demo")
        browser.run("document.getElementById('frames').focus()")
        for key in (DOWN, DOWN, DOWN, UP, DOWN, ENTER):
            browser.press(key)
        self.assertEqual(self.hash(), f"#zoom={graph.node('serve')}")
        self.assertIn("serve", self.text("#details"))
        browser.press(ESCAPE)
        self.assertEqual(self.hash(), "")

    def test_tab_reaches_the_graph(self):
        browser, _ = self.open("demo")
        ids = []
        for _ in range(8):
            browser.press(TAB)
            ids.append(browser.run("return document.activeElement.id"))
        self.assertIn("search", ids)
        self.assertIn("frames", ids)

    def test_search_counts_each_sample_once(self):
        browser, graph = self.open("demo")
        for pattern in ("walk", "json|dumps", "walk|main", "tree\\.py:\\d"):
            browser.run("document.getElementById('search').value = ''")
            browser.type("#search", pattern)
            matched = browser.run("return Number(document.getElementById('matched').dataset.samples)")
            self.assertEqual(matched, graph.matched(pattern), pattern)
            share = float(re.match(r"[\d.]+", self.text("#matched"))[0])
            self.assertAlmostEqual(share, 100 * matched / graph.totals[0], delta=0.06)
        self.assertGreater(browser.run("return document.querySelectorAll('#frames .hit').length"), 2)

    def test_search_within_the_zoomed(self):
        browser, graph = self.open("demo")
        browser.type("#search", "encode")
        browser.click(self.frame(graph.node("price (prices.py:23)")))
        self.assertIn("100.0 % of the zoomed", self.text("#matched"))

    def test_a_broken_pattern_is_told_kindly(self):
        browser, _ = self.open("demo")
        browser.type("#search", "(")
        self.assertIn("not a regular expression yet", self.text("#matched"))
        self.assertEqual(browser.run("return document.querySelectorAll('#frames .hit').length"), 0)

    def test_control_f_and_escape(self):
        browser, graph = self.open("demo")
        browser.click(self.frame(graph.node("serve")))
        browser.press(CONTROL, "f")
        self.assertEqual(browser.run("return document.activeElement.id"), "search")
        browser.type("#search", "price")
        self.assertIn("search=price", self.hash())
        browser.press(ESCAPE)
        self.assertEqual(browser.run("return document.getElementById('search').value"), "")
        self.assertEqual(self.hash(), f"#zoom={graph.node('serve')}")
        browser.press(ESCAPE)
        self.assertEqual(self.hash(), "")

    def test_the_address_restores_the_state(self):
        browser, graph = self.open("demo")
        node = graph.node("serve")
        browser.click(self.frame(node))
        browser.type("#search", "a+b|price")
        browser.click("#flip")
        state = self.hash()
        browser.reload()
        browser.settle()
        self.assertEqual(self.hash(), state)
        self.assertEqual(self.trail()[-1], "serve")
        self.assertEqual(browser.run("return document.getElementById('search').value"), "a+b|price")
        self.assertIn("matched", self.text("#matched"))
        self.assertEqual(browser.run("return document.getElementById('flip').getAttribute('aria-pressed')"), "true")
        top = browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().top", self.frame(0))
        below = browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().top", self.frame(node))
        self.assertGreater(top, below)

    def test_a_wrong_address_shows_everything(self):
        for fragment in ("#zoom=999999", "#zoom=-3", "#zoom=x", "#zoom=1.5", "#search=%5B"):
            self.open("demo", fragment)
            self.assertEqual(self.trail(), ["all"], fragment)

    def test_tooltip_has_samples_seconds_and_shares(self):
        browser, graph = self.open("demo")
        browser.click(self.frame(graph.node("serve")))
        node = graph.node("price")
        browser.hover(self.frame(node))
        tip = self.text("#tooltip")
        self.assertIn(graph.labels[node], tip)
        self.assertIn(f"{graph.totals[node]} samples", tip)
        for word in ("ms", "% of all", "% of the zoomed", "own code"):
            self.assertIn(word, tip)

    def test_the_graph_follows_the_window(self):
        browser, _ = self.open("demo")
        for width in (600, 1800):
            browser.resize(width, 700)
            browser.settle()
            inner = browser.run("return innerWidth")
            self.assertAlmostEqual(self.width(0), inner, delta=45)
            self.assertLessEqual(browser.run("return document.documentElement.scrollWidth"), inner)

    def test_twenty_thousand_stacks(self):
        begin = time.monotonic()
        browser, graph = self.open("wide")
        opened = time.monotonic() - begin
        self.assertLess(self.drawn(), 12000)
        self.assertEqual(graph.labels[1], "main (app.py:1)")
        begin = time.monotonic()
        browser.click(self.frame(3))
        browser.settle()
        zoomed = time.monotonic() - begin
        self.assertEqual(self.hash(), "#zoom=3")
        self.assertLess(self.drawn(), 12000)
        begin = time.monotonic()
        browser.run("const s = document.getElementById('search'); s.value = 'leaf_1\\\\d*7 ';"
                    "s.dispatchEvent(new Event('input'))")
        found = time.monotonic() - begin
        self.assertEqual(browser.run("return Number(document.getElementById('matched').dataset.samples)"),
                         graph.matched(r"leaf_1\d*7 "))
        print(f"\n20,000 stacks, {len(graph.labels):,} nodes, {graph.path.stat().st_size:,} bytes: open "
              f"{opened:.2f} s, zoom {zoomed:.2f} s, search {found:.2f} s, {self.drawn():,} elements")

    def test_ten_thousand_frames_deep(self):
        browser, graph = self.open("deep")
        self.assertLess(self.drawn(), 300)
        browser.run("document.getElementById('scroller').scrollTop = 1e9")
        browser.settle()
        last = len(graph.labels) - 1
        browser.click(self.frame(last))
        self.assertEqual(self.hash(), f"#zoom={last}")
        self.assertLess(len(self.trail()), 9)
        self.assertLess(self.drawn(), 300)

    def test_hostile_names_are_only_text(self):
        browser, graph = self.open("hostile")
        self.assertEqual(browser.run("return document.querySelectorAll('#frames script, #tooltip script').length"), 0)
        shown = browser.run("return [...document.querySelectorAll('#frames text')].map(t => t.textContent).join('|')")
        self.assertIn("<script>", shown)
        self.assertEqual(len(graph.labels), 14)

    def test_nothing_seen_says_why(self):
        self.open("empty")
        self.assertIn("slept all the time", self.text("#empty"))

    def test_the_file_asks_for_nothing(self):
        for graph in self.graphs.values():
            text = graph.path.read_text()
            self.assertEqual(set(re.findall(r"https?://[^\s'\"<]+", text)),
                             {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"})
        browser, _ = self.open("demo")
        self.assertEqual(browser.run("return performance.getEntriesByType('resource').length"), 0)

    def test_without_scripts_it_is_a_picture(self):
        with Browser(scripts=False) as browser:
            graph = self.graphs["demo"]
            browser.open(graph.url)
            self.assertEqual(browser.run("return document.documentElement.localName"), "svg")
            titles = browser.run("return [...document.querySelectorAll('#static title')].map(t => t.textContent)")
            self.assertIn("1,", titles[0])
            self.assertEqual(len(titles), len(graph.labels))
            self.assertTrue(any(title.startswith("price (prices.py:19): 550 samples") for title in titles))


if __name__ == "__main__":
    MAKE = sys.argv.pop(1)
    unittest.main(verbosity=2)
