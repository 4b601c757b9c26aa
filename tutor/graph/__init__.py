"""The expression graph: variables, constants, nodes and ops, and the walks over it.

Comes after the types; everything else is built on it.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> [node.op.name for node in toposort([T.exp(x * 2) + x])]
['mul', 'exp', 'add']
"""

from typing import Any

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
    graph_inputs,
    order_of,
    rebuild,
    remake,
    remembering,
    toposort,
)
from tutor.later import GRAPH, by_name, loaded

__all__ = [
    "Apply",
    "Constant",
    "Container",
    "FunctionGraph",
    "Notation",
    "Op",
    "Variable",
    "ancestors",
    "apply",
    "as_tensor_variable",
    "call",
    "clone",
    "clone_get_equiv",
    "constant",
    "equal_computations",
    "get_test_value",
    "graph_inputs",
    "inputs",
    "io_toposort",
    "is_same_graph",
    "list_of_nodes",
    "ops",
    "order_of",
    "orphans",
    "rebuild",
    "remake",
    "remembering",
    "said",
    "toposort",
    "variables",
    "written_at",
]

_LATER = by_name(GRAPH)


def __getattr__(name: str) -> Any:
    """What loads when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'tutor.graph' has no attribute {name!r}")
    globals()[name] = found = loaded(name, _LATER)
    return found
