"""Marks as a file of comma-separated values, and as a page that needs nothing else.

Names, and whatever a notebook said, are text in both: escaped in the page, and in the file marked
as text where a spreadsheet would take them for formulas.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from tutor.course.exercises import EXERCISES
from tutor.course.grading.judge import plain
from tutor.course.grading.marks import Mark

MOST_IN_A_CELL = 30_000  # characters: a spreadsheet takes 32,767
FORMULA = re.compile(r"((?:^|;)[\s\"]*)(?=[=+\-@'＝＋－＠])")
SIGNS = {"right": "✓", "wrong": "✗", "missing": "·"}
PAGE = Template((files("tutor.course.grading") / "report.html").read_text("utf-8"))


def shown(marks: Sequence[Mark], asked: bool) -> list[str]:
    """The exercises that have a column: all that were asked for, or those anybody answered."""
    names = [*marks[0].verdicts]
    return names if asked else [name for name in names
                                if any(m.verdicts[name].grade != "missing" for m in marks)]


def values(marks: Sequence[Mark], names: Sequence[str]) -> str:
    """The marks as CSV: a learner a row, an exercise a column, and what is to be said."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["learner", "points", *names, "remarks"])
    for one in marks:
        points = [EXERCISES[name].points * (one.verdicts[name].grade == "right") for name in names]
        remarks = plain(" ".join(words(one)), MOST_IN_A_CELL)
        writer.writerow([cell(one.learner), one.points, *points, cell(remarks)])
    return file.getvalue()


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, nor what stands behind a semicolon in it,
    where cells begin in some languages.

    >>> cell("=cmd()"), cell("Ada; =cmd()")
    ("'=cmd()", "Ada; '=cmd()")
    """
    return FORMULA.sub(r"\1'", text)


def words(one: Mark) -> list[str]:
    """What there is to say to a learner, and about what was handed in."""
    return [*(f"{name}: {v.why}" for name, v in one.verdicts.items() if v.why), *one.remarks]


def page(marks: Sequence[Mark], names: Sequence[str], asked: bool, open_: Sequence[str]) -> str:
    """The marks as a page of HTML; `open_` is what was not held on this machine."""
    rows, remarks = [], []
    for one in marks:
        learner = escape(one.learner)
        marked = "".join(f'<td class="{one.verdicts[name].grade}">'
                         f"{SIGNS[one.verdicts[name].grade]}</td>" for name in names)
        rows.append(f"<tr><td>{learner}</td><td>{one.points}</td>{marked}</tr>")
        if found := words(one):
            items = "".join(f"<li>{escape(plain(text))}</li>" for text in found)
            remarks.append(f"<h2>{learner}</h2><ul>{items}</ul>")
    total = sum(EXERCISES[name].points for name in names)
    told = f'<p class="small">Not held on this machine: {escape("; ".join(open_))}.</p>\n'
    return PAGE.substitute(
        learners=f"{len(marks)} handed in", of=f", {total} points to be had" if asked else "",
        open=told if open_ else "", rows="\n".join(rows), remarks="\n".join(remarks),
        heads="".join(f'<th scope="col">{escape(name)}</th>' for name in names))
