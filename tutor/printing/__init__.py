"""Expressions as text: the formula, the tree in Theano's layout, and a picture into a file.

    tutor.pp(y)                     the formula, as Python would read it
    tutor.printing.debugprint(y)    one line a node, indented
    tutor.printing.pydotprint(f, "graph.svg")

Comes after the engine, which shows every variable by its formula; pictures are drawn in `show/`.
"""

from tutor.names import naming_the_nearest
from tutor.printing.effects import Print
from tutor.printing.formula import formula, pp
from tutor.printing.tree import debugprint, pydotprint

__all__ = [
    "Print",
    "debugprint",
    "formula",
    "pp",
    "pydotprint",
]

__getattr__ = naming_the_nearest("tutor.printing", "tutor.printing.", __all__)
