"""Find what is live in a notebook: its cells are run once, and what stands at the end of one and
has a page that computes, as a run, an exploration or a plot, is saved so.

Stands by itself, in a process of its own.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import warnings
from pathlib import Path
from typing import Any

from tutor.core.errors import TutorError
from tutor.pictures.html import fitting
from tutor.pictures.saving import computes


def live_pages(notebook: Path, out: Path) -> dict[int, str]:
    """Write the pages, and return their names by the number of the cell."""
    os.chdir(notebook.parent)
    warnings.simplefilter("ignore")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {"__name__": "__main__"}
    found = {}
    for i, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        value = ran("".join(cell["source"]), names)
        if not computes(value):
            continue
        name = f"{notebook.stem[:2]}-{i}.html"
        with contextlib.suppress(TutorError):  # what has no form there stays the still picture
            text = fitting(value.html(live=True))
            (out / name).write_text(text, encoding="utf-8")
            found[i] = name
    return found


def ran(source: str, names: dict[str, Any]) -> Any:
    """Run a cell, and give what it ends with, as a notebook shows it; errors are part of the
    course."""
    value = None
    with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()):
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    return value
