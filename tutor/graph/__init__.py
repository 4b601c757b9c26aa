"""The expression graph: variables, constants, nodes and ops, and the walks over it.

Comes after the types; everything else is built on it.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> [node.op.name for node in toposort([T.exp(x * 2) + x])]
['mul', 'exp', 'add']
"""

from tutor.graph.container import Container
from tutor.graph.convert import as_tensor_variable, constant
from tutor.graph.nodes import (
    Apply,
    Constant,
    Variable,
    said,
    written_at,
)
from tutor.graph.op import Notation, Op, apply, call
from tutor.graph.values import get_test_value
from tutor.graph.walk import (
    ancestors,
    clone_get_equiv,
    graph_inputs,
    order_of,
    rebuild,
    remake,
    remembering,
    toposort,
)

__all__ = [
    "Apply",
    "Constant",
    "Container",
    "Notation",
    "Op",
    "Variable",
    "ancestors",
    "apply",
    "as_tensor_variable",
    "call",
    "clone_get_equiv",
    "constant",
    "get_test_value",
    "graph_inputs",
    "order_of",
    "rebuild",
    "remake",
    "remembering",
    "said",
    "toposort",
    "written_at",
]
