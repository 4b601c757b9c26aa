"""Expressions as text: the formula, the tree in Theano's layout, and a picture into a file.

    tutor.pp(y)                     the formula, as Python would read it
    tutor.printing.debugprint(y)    one line a node, indented
    tutor.printing.pydotprint(f, "graph.svg")

Comes after the engine, which shows every variable by its formula; pictures are drawn in `show/`.
"""

from tutor.printing.formula import formula, pp
from tutor.printing.tree import debugprint, min_informative_str, pydotprint

pprint = pp

__all__ = ["debugprint", "formula", "min_informative_str", "pp", "pprint", "pydotprint"]
