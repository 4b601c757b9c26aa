"""The cells that made a page, as a notebook to download from it: where IPython runs them.

Stands by itself.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

MOST = 60_000  # characters of cells that a page carries


def cells() -> list[str]:
    """The cells that were run in this kernel, the one that runs now among them; elsewhere none."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython and ipython.get_ipython()
    ran: list[str] = [] if shell is None else list(shell.history_manager.input_hist_raw[1:])
    return ran if sum(map(len, ran)) <= MOST else []


def notebook(sources: list[str]) -> dict[str, Any]:
    """A notebook with these cells, none of them run.

    >>> notebook(["1 + 1"])["cells"][0]["source"]
    '1 + 1'
    """
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": None, "id": f"cell-{i}", "metadata": {},
         "outputs": [], "source": source} for i, source in enumerate(sources)]
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def link() -> str:
    """A link that gives the notebook; nothing where the cells are not known."""
    found = cells()
    if not found:
        return ""
    text = base64.b64encode(json.dumps(notebook(found)).encode()).decode()
    return (f'<p><a download="made-here.ipynb" href="data:application/x-ipynb+json;base64,{text}">'
            "Download as a notebook</a></p>")
