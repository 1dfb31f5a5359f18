"""`osprey top` on a real terminal: every key, and the mouse."""

import os
import re

import support
from live_view import QUICK, Screens, elapsed, names, percent, rows
from support import OSPREY


class Keys(Screens):
    def test_the_header_and_the_table(self):
        terminal = self.top()
        text = terminal.wait(lambda t: "CPU" in t and elapsed(t) >= 2, "the figures")
        self.assertIn(f"pid {self.target.pid}  Python 3.11", text)
        for figure in (r"CPU \d+% \(user \d+, system \d+\)", r"GIL held \d+%",
                       r"threads [\d.]+ runnable of 2", r"\d+ Hz", r"RSS [\d.]+ MiB [▁-█]+",
                       r"page faults [\d.]+k?/s", r"read [\d.]+ k?B/s written [\d.]+ k?B/s",
                       r"% of the last 1\.\d s, 100% = one thread, runnable, by line"):
            self.assertRegex(text, figure)
        hot, total = percent(text, "hot")
        self.assertGreater(hot, percent(text, "cold")[0])
        self.assertGreater(hot, 30)
        self.assertGreaterEqual(total, hot)
        for numbers, name in rows(text):
            self.assertLessEqual(numbers[1], 100.05, name)
        # A recursive function counts once for each sample.
        terminal.keys("L")
        text = terminal.wait_for("by function")
        self.assertLessEqual(percent(text, "数える")[1], 100.05)
        self.assertGreater(percent(text, "数える")[1], 30)

    def sorted_by(self, terminal, column, mark):
        place = ("%Self", "%Total", "Self", "Total").index(column)

        def is_sorted(text):
            values = [numbers[place] for numbers, _ in rows(text)]
            return len(values) > 3 and values == sorted(values, reverse=mark == "▼")
        terminal.see([f"{column}{mark}"], is_sorted, f"rows in the order of {column}{mark}")

    def test_sorting(self):
        terminal = self.top()
        self.sorted_by(terminal, "%Self", "▼")
        for key, column in zip("2341", ("%Total", "Self", "Total", "%Self")):
            with self.subTest(key):
                terminal.type(key)
                self.sorted_by(terminal, column, "▼")
                terminal.type(key)
                self.sorted_by(terminal, column, "▲")
        for key, column in zip(">>><<<", ("%Total", "Self", "Total", "Self", "%Total", "%Self")):
            with self.subTest(key):
                terminal.type(key)
                self.sorted_by(terminal, column, "▲")

    def test_lines_or_functions(self):
        terminal = self.top()
        text = terminal.wait_for("by line", "Function (file:line)")
        self.assertRegex(text, r"hot \(live_view\.py:\d+\)")
        terminal.type("L")
        text = terminal.wait_for("by function", "Function (file)")
        self.assertEqual(names(text).count("hot"), 1)
        self.assertIn("hot (live_view.py)", text)
        terminal.type("L")
        terminal.wait_for("by line")

    def test_reset(self):
        terminal = self.top()
        before = terminal.wait(lambda t: elapsed(t) >= 3, "three seconds")
        self.assertGreater(max(n[3] for n, _ in rows(before)), 1.5)
        terminal.type("R")
        text = terminal.wait_for("forgot what was seen until now")
        text = terminal.wait(lambda t: rows(t), "rows after the reset")
        self.assertLess(max(n[3] for n, _ in rows(text)), 1.5)

    def test_pause(self):
        terminal = self.top()
        for key in ("p", "Space"):
            with self.subTest(key):
                terminal.keys(key)
                text = terminal.wait_for("PAUSED")
                later = terminal.wait(lambda t, since=elapsed(text): elapsed(t) >= since + 2,
                                      "two seconds more")
                self.assertEqual(rows(later), rows(text))
                terminal.keys(key)
                terminal.wait_without("PAUSED")
                terminal.wait(lambda t, then=text: rows(t) and rows(t) != rows(then), "new numbers")

    def test_filter(self):
        terminal = self.top()
        terminal.type("/co?ld")
        terminal.wait_for("Filter: co?ld")
        self.assertEqual(terminal.flag("cursor_flag"), "1")
        terminal.keys("Enter")
        text = terminal.wait_for("filter /co?ld/")
        self.assertEqual(set(names(text)), {"cold"})
        self.assertEqual(terminal.flag("cursor_flag"), "0")
        terminal.type("/(")
        terminal.keys("Enter")
        terminal.wait_for("no regular expression", "filter /co?ld/")
        terminal.keys("Escape")
        terminal.wait_without("filter /co?ld/")
        self.assertIn("hot", names(terminal.text()))

    def test_threads_idle_and_gil(self):
        terminal = self.top()
        self.assertNotIn("sleeps", terminal.text())
        terminal.type("i")
        terminal.see(["idle too", "sleeps ("], lambda t: percent(t, "sleeps")[1] > 95,
                     "sleeps() all the time")
        terminal.type("t")
        terminal.see(["by thread", "Thread "],
                     lambda t: re.search(r"\ds +sleeper +\S", t) and
                     re.search(r"\ds +MainThread +hot \(", t), "both threads by name")
        terminal.type("g")
        terminal.see(["GIL only"],
                     lambda t: "MainThread" in t and
                     not any(name.startswith("sleeper") for _, name in rows(t)),
                     "who holds the GIL alone")
        terminal.type("g")
        terminal.wait_for("runnable, by")
        terminal.type("t")
        terminal.wait_without("by thread")

    def test_subprocesses(self):
        terminal = self.top()
        self.assertNotIn("child_work", terminal.text())
        terminal.type("s")
        terminal.wait_for("2 processes", "child_work (")
        terminal.type("c")
        text = terminal.wait_for("process ", "live_view.py is-child")
        self.assertEqual(len(re.findall(r"process \d+: ", text)), 2)
        terminal.type("cs")
        terminal.wait_without("subprocesses,")
        terminal.type("R")
        terminal.wait(lambda t: rows(t) and "child_work" not in t, "the parent alone")

    def test_native(self):
        terminal = self.top()
        self.assertFalse(self.native_rows(terminal.text()))
        terminal.type("n")
        terminal.wait_for("native frames too, from now on")
        text = terminal.wait(lambda t: " native," in t and self.native_rows(t), "rows of C")
        self.assertIn("hot (", text)
        terminal.type("c")
        terminal.wait_for("<module> (")
        terminal.type("cn")
        terminal.wait_for("without native frames from now on")
        terminal.wait_without(" native,")
        terminal.type("R")
        terminal.wait(lambda t: "hot" in names(t) and not self.native_rows(t), "Python alone")

    def native_rows(self, text):
        """Of the interpreter: by their source, or by its file where that is not known."""
        return [name for _, name in rows(text)
                if re.search(r"\((\S*\.[ch](:\d+)?|\S*python3[^/ ]*|libc\.so\.6)\)", name)]

    def test_scope(self):
        terminal = self.top()
        terminal.wait(lambda t: elapsed(t) >= 2, "two seconds")
        terminal.type("a")
        terminal.wait(lambda t: re.search(r"% of 0:\d\d since the start", t), "since the start")
        terminal.type("a")
        terminal.wait_for("% of the last 1.")

    def test_callers_and_callees(self):
        terminal = self.top("-F")
        terminal.type("/^cold")
        terminal.keys("Enter")
        terminal.wait_for("filter /^cold/")
        terminal.keys("Down", "Enter")
        terminal.wait_for("called by", "the function itself", "calls")
        terminal.type("/")
        terminal.keys("C-u", "Enter")
        text = terminal.wait_for("caller (live_view.py)")
        order = [text.index(part) for part in ("called by", "caller (", "the function itself",
                                                "cold (", " calls")]
        self.assertEqual(order, sorted(order))
        terminal.keys("Up", "Enter")  # to caller: main calls it
        text = terminal.wait_for("main (live_view.py)", "数える (live_view.py)")
        terminal.keys("Escape")
        terminal.wait_without("main (live_view.py)")
        terminal.keys("Escape")
        terminal.wait_without("the function itself")

    def test_the_tree(self):
        terminal = self.top("-F")
        terminal.type("c")
        text = terminal.wait_for("▾ <module> (live_view.py)", "▾ main (", "%Total▼")
        places = {name: line.index(name) for line in text.split("\n")
                  for name in ("<module>", "main (", "caller (") if name in line}
        self.assertLess(places["<module>"], places["main ("])
        self.assertLess(places["main ("], places["caller ("])
        terminal.keys("Home", "Left")
        text = terminal.wait_for("▸ <module>")
        self.assertNotIn("caller", text)
        terminal.keys("Right")
        terminal.wait_for("▾ <module>", "caller (")
        terminal.keys("Enter")
        terminal.wait_for("▸ <module>")
        terminal.type("c")
        terminal.wait_for("hot (", "%Self▼")

    def test_a_flame_graph(self):
        terminal = self.top()
        terminal.type("w")
        folder = os.path.realpath(terminal.folder.name)
        text = terminal.wait_for(f"wrote {folder}/live_view-")
        path = re.search(r"wrote (/\S+/live_view-\d{8}-\d{6}\.svg)", text)[1]
        with open(path, encoding="utf-8") as file:
            svg = file.read()
        self.assertTrue(svg.rstrip().endswith("</svg>"))
        self.assertIn("数える (live_view.py:", svg)
        self.assertNotIn("sleeper", svg)
        # Within a second all would have the same name.
        terminal.type("www")
        terminal.wait(lambda _: len([n for n in os.listdir(folder) if n.endswith(".svg")]) == 4,
                      "four files")

    def test_a_flame_graph_that_cannot_be_written(self):
        terminal = self.terminal()
        terminal.run("mkdir gone; cd gone; rmdir ../gone")
        terminal.run(f"{OSPREY} top -p {self.target.pid} {QUICK}")
        terminal.wait_for("hot (")
        terminal.type("w")
        terminal.wait_for("cannot write live_view-")

    def selected(self, terminal):
        """The name of the selected function: what Enter shows the callers of."""
        terminal.keys("Enter")
        text = terminal.wait_for("the function itself")
        lines = text.split("\n")
        place = next(i for i, line in enumerate(lines) if line.endswith("the function itself"))
        terminal.keys("Escape")
        terminal.wait_without("the function itself")
        return names("\n\n\n" + lines[place + 1])[0]

    def test_selecting_with_keys(self):
        # By total and by function nothing but the order of equals can change.
        terminal = self.top("-F")
        terminal.type("2")
        terminal.wait_for("%Total▼")
        terminal.type("p")
        shown = names(terminal.wait_for("PAUSED"))
        self.assertGreaterEqual(len(shown), 5)
        for keys, place in ((["Home"], 0), (["Down", "Down"], 2), (["Up"], 1), (["End"], -1),
                            (["PPage"], 0), (["NPage"], -1), (["Home"], 0)):
            with self.subTest(keys):
                terminal.keys(*keys)
                name = self.selected(terminal)
                self.assertEqual(name, shown[place])
                # Back from there the first is selected again.
                terminal.keys("Home")
                if keys == ["Down", "Down"]:
                    terminal.keys("Down", "Down")

    def test_the_mouse(self):
        terminal = self.top("-F")
        lines = terminal.lines()
        heads = next(i for i, line in enumerate(lines) if "%Self" in line)
        terminal.click(lines[heads].index("%Total") + 2, heads)
        terminal.wait_for("%Total▼")
        terminal.type("p")
        text = terminal.wait_for("PAUSED")
        row = next(i for i, line in enumerate(text.split("\n")) if " caller (" in line)
        terminal.click(40, row)
        terminal.click(40, row)  # the selected one, again
        text = terminal.wait_for("the function itself")
        self.assertIn("main (", text.partition("the function itself")[0])
        terminal.keys("Escape")
        terminal.wait_without("the function itself")
        for _ in range(3):
            terminal.click(40, row, button=65)  # the wheel, down
        last = names(terminal.text())[-1]
        self.assertEqual(self.selected(terminal), last)

    def test_help(self):
        terminal = self.top()
        terminal.type("?")
        text = terminal.wait_for("callers and callees of the selected function", "sort by %Self")
        self.assertNotIn("hot (", text)
        terminal.keys("Escape")
        terminal.wait_for("hot (")

    def test_the_screen_is_drawn_anew(self):
        terminal = self.top()
        self.assertNotIn("torn", terminal.text())
        with open(terminal.flag("pane_tty"), "w", encoding="ascii") as tty:
            tty.write("\x1b[10;10Htorn")
        terminal.wait_for("torn")
        terminal.keys("C-l")
        terminal.wait_without("torn")


if __name__ == "__main__":
    support.main()
