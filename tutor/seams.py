"""What earlier rooms ask of later ones: each is set once, by the module that has it.

Errors and prints speak in formulas, and a variable can be evaluated: the graph can know neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Seams:
    """The seams, by name."""

    functions: frozenset[str]  # the names of those of T: tensor/
    evaluate: Callable[..., Any]  # the value of a variable for values of its inputs: compile/
    function: Callable[..., Any]  # compile/function.py
    stack: Callable[[list[Any]], Any]  # ops/joining.py
    scan: Callable[..., Any]  # loops/api.py
    note_test_values: Callable[[Any], None]  # graph/values.py


seams = Seams()
