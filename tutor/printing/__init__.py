"""Expressions as text: the formula, the tree in Theano's layout, and a picture into a file.

    tutor.pp(y)                     the formula, as Python would read it; pprint: as Theano's
    tutor.printing.debugprint(y)    one line a node, indented
    tutor.printing.pydotprint(f, "graph.svg")

Comes after the engine, which shows every variable by its formula; pictures are drawn in `show/`.
"""

from typing import Any

from tutor.names import naming_the_nearest
from tutor.printing.effects import Print
from tutor.printing.formula import formula, pp
from tutor.printing.pretty import (
    FunctionPrinter,
    IgnorePrinter,
    OperatorPrinter,
    PatternPrinter,
    PPrinter,
    pprint,
)
from tutor.printing.short import (
    hex_digest,
    min_informative_str,
    position_independent_str,
    var_descriptor,
)
from tutor.printing.tree import debugprint, pydotprint

__all__ = [
    "FunctionPrinter",
    "IgnorePrinter",
    "OperatorPrinter",
    "PPrinter",
    "PatternPrinter",
    "Print",
    "debugprint",
    "formula",
    "hex_digest",
    "min_informative_str",
    "position_independent_str",
    "pp",
    "pprint",
    "pydotprint",
    "var_descriptor",
]


def __getattr__(name: str) -> Any:
    """Theano's word for whether pictures can be written as png: whether `dot` is there."""
    if name != "pydot_imported":
        return naming_the_nearest(__name__, "tutor.printing.", __all__)(name)
    from shutil import which

    return which("dot") is not None
