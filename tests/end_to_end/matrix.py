"""The matrix of Pythons and checks, as Markdown: on standard error, in the file $OSPREY_MATRIX, and
with UPDATE_GOLDEN=1 in docs/python-versions.md."""

import os
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs",
                    "python-versions.md")
BEGIN, END = "<!-- matrix: printed by the test -->\n", "<!-- end of the matrix -->\n"


class Matrix:
    def __init__(self, columns):
        self.columns = columns
        self.rows = {}

    def enter(self, python, column, word):
        self.rows.setdefault((python.name, python.source), {})[column] = word

    def missing(self, wanted, reason):
        self.rows[(wanted.name, wanted.source)] = reason

    def text(self):
        lines = ["| Python | from | " + " | ".join(self.columns) + " |",
                 "| --- | --- |" + " --- |" * len(self.columns)]
        for (name, source), cells in self.rows.items():
            if isinstance(cells, str):
                words = ["not had: " + cells.replace("|", "\\|")] + [""] * (len(self.columns) - 1)
            else:
                words = [cells.get(column, "") for column in self.columns]
            lines.append(f"| {name} | {source} | " + " | ".join(words) + " |")
        return "\n".join(lines) + "\n"

    def leave(self):
        """Prints it, and writes it where it was asked for."""
        text = self.text()
        print("\n" + text, file=sys.stderr)
        if os.environ.get("OSPREY_MATRIX"):
            with open(os.environ["OSPREY_MATRIX"], "w", encoding="utf-8") as file:
                file.write(text)
        if os.environ.get("UPDATE_GOLDEN") == "1":
            with open(PAGE, encoding="utf-8") as file:
                before, _, rest = file.read().partition(BEGIN)
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(before + BEGIN + "\n" + text + "\n" + END + rest.partition(END)[2])
