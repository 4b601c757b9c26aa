"""Strict notebooks: a pytest plugin under which nbval compares every stored output.

Out of the box nbval leaves out pictures in PNG and JPEG, the order of outputs, and every cell that
was saved without being run. A course wants to know about those too. Teachers use it on their own
notebooks: `pytest --nbval -p tutor.course.strict my-notebooks/`.
"""

import os
from collections.abc import Iterable
from typing import Any

import pytest
from nbval.kernel import RunningKernel

NOT_COMPARED = (
    "execution_count",  # counts the cells run, which says nothing of what they gave
    "name",  # of a stream; nbval makes it the key under which the text is compared
    "traceback",  # frames have paths and line numbers of one machine; ename and evalue are compared
    "application/vnd.jupyter.widget-view+json",  # a random model id
)
LEAVES_OUT = {"NBVAL_SKIP", "NBVAL_IGNORE_OUTPUT", "PYTEST_VALIDATE_IGNORE_OUTPUT"}


def pytest_configure() -> None:
    """Let nbval's kernel count cells: errors and pictures say `In [3]` as in Jupyter.

    Bars of progress, which say how long something took, are left out (tqdm reads the variable).
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
    RunningKernel.execute_cell_input = _counted


def _counted(kernel: Any, source: str, allow_stdin: bool | None = None) -> Any:
    return kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Tell nbval's collector of one notebook what it may leave out: as little as can be."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare = NOT_COMPARED


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a cell that nbval would pass without comparing it."""
    cell: Any = getattr(item, "cell", None)
    if cell is not None and (reason := why_not_compared(cell)):
        pytest.fail(reason, pytrace=False)


def why_not_compared(cell: Any) -> str:
    """Say why nbval would not compare this code cell, or nothing when it will.

    >>> from types import SimpleNamespace as Cell
    >>> why_not_compared(Cell(source="1 + 1", execution_count=None, metadata={}))
    'saved without being run: run the whole notebook, and save it'
    >>> why_not_compared(Cell(source="# NBVAL_SKIP", execution_count=1, metadata={}))
    'asks not to be compared: NBVAL_SKIP'
    >>> why_not_compared(Cell(source="1 + 1", execution_count=1, metadata={}))
    ''
    """
    if asked := _markers(cell.source.splitlines(), cell.metadata.get("tags", ())):
        return f"asks not to be compared: {', '.join(asked)}"
    if cell.source.strip() and cell.execution_count is None:
        return "saved without being run: run the whole notebook, and save it"
    return ""


def _markers(lines: Iterable[str], tags: Iterable[str]) -> list[str]:
    comments = {line.strip().lstrip("#").strip() for line in lines if line.strip().startswith("#")}
    return sorted(LEAVES_OUT & (comments | {tag.upper().replace("-", "_") for tag in tags}))
