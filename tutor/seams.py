"""What earlier rooms ask of later ones: each is set once, by the module that has it.

Errors and prints speak in formulas, and a variable can be evaluated: the graph can know neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Seams:
    """The seams, by name."""

    brief: Callable[[Any, int], str]  # a formula of at most so many letters: printing/formula.py
    formula: Callable[[Any], Any]  # the same in full
    functions: frozenset[str]  # the names of those of T: tensor/
    help: Callable[[Any], str] | None = None  # of an op: tensor/helping.py
    evaluate: Callable[..., Any]  # the value of a variable for values of its inputs: compile/
    function: Callable[..., Any]  # compile/function.py
    stack: Callable[[list[Any]], Any]  # ops/joining.py
    scan: Callable[..., Any]  # loops/api.py
    note_test_values: Callable[[Any], None]  # graph/values.py


class Help:
    """What `help` says: of a class its own words, of an op of it what is written from its row."""

    def __init__(self, own: str | None) -> None:
        self.own = own

    def __get__(self, op: Any, kind: type) -> str | None:
        return self.own if op is None else seams.help(op) if seams.help else op.doc


seams = Seams()
