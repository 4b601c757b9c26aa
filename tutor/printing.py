"""Expressions as text: the formula, the tree in Theano's layout, and a picture into a file.

    tutor.pp(y)                     the formula, as Python would read it
    tutor.printing.debugprint(y)    one line a node, indented
    tutor.printing.pydotprint(f, "graph.svg")
"""

from typing import Any

from tutor.formulas import formula
from tutor.names import naming_the_nearest
from tutor.ops.checks import Print
from tutor.signatures import answering
from tutor.tree import debugprint, pp

__all__ = ["Print", "debugprint", "formula", "pp", "pydotprint"]

__getattr__ = naming_the_nearest("tutor.printing", "tutor.printing.", __all__)


@answering
def pydotprint(fct: Any, outfile: Any = None, compact: Any = True, format: str | None = None,
               **options: Any) -> Any:  # fmt: skip
    """Draw the graph of a function, a variable or a list of them into a file; its path comes back.

    The ending of the file (or `format`) says how: `svg`, `png` and `dot` always work; `pdf` needs
    Graphviz's own `dot` command on the machine, and is an error that says so where there is none.
    With `return_image=True` the picture itself comes back, as a text of SVG, and no file is written
    unless `outfile` is given. Theano's other options are accepted.
    """
    from tutor.pictures import saving  # draws; this module is loaded by programs that only print

    return saving.pydotprint(fct, outfile, compact if isinstance(compact, str) else format,
                            **options)
