"""What loads when it is first asked for: names by the module that has them.

Most programs use few of the functions there are, and a module that nobody asks for costs a third of
a millisecond of `import tutor`. Comes before all else: the names here are text.

>>> loaded("trace").__module__
'tutor.ops.diagonals'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Functions and classes of `tutor.tensor`.
TENSOR = {
    "tutor.gradient": "consider_constant grad hessian jacobian numeric_grad verify_grad Lop Rop",
    "tutor.ops.contractions": "cross einsum kron",
    "tutor.ops.decompositions": "cholesky",
    "tutor.ops.diagonals": "alloc_diag diag diagonal fill_diagonal fill_diagonal_offset trace "
                           "tril triu",
    "tutor.ops.finding": "bincount choose compress flatnonzero largest nonzero nonzero_values "
                         "smallest unique",
    "tutor.ops.grids": "linspace mgrid ogrid",
    "tutor.ops.known": "extract_constant get_scalar_constant_value get_vector_length is_flat "
                       "makeKeepDims transfer NotScalarConstantError",
    "tutor.ops.matrices": "det",
    "tutor.ops.positions": "bartlett cov default inverse_permutation permute_row_elements "
                           "ravel_multi_index to_one_hot unravel_index",
    "tutor.ops.solving": "solve",
    "tutor.ops.sorting": "argsort searchsorted sort take_along_axis",
    "tutor.ops.special": "erf erfc erfcinv erfinv gamma gammaln polygamma psi tri_gamma "
                         "xlogy0",
    "tutor.ops.specified": "specify_shape",
    "tutor.ops.stable": "logsumexp",
    "tutor.ops.topk": "argtopk topk topk_and_argtopk",
}  # fmt: skip

#: Functions and classes of `tutor` itself.
FRONT = {
    "tutor.compile.builders": "OpFromGraph",
    "tutor.compile.cloning": "clone",
    "tutor.compile.debugmode": "DebugMode",
    "tutor.compile.watching": "MonitorMode NanGuardMode",
    "tutor.gradient": "Lop Rop grad subgraph_grad",
    "tutor.loops": "foldl foldr map reduce scan",
    "tutor.ops.as_op": "as_op",
    "tutor.printing": "pp",
    "tutor.stepping": "explore rewrites save",
}

#: What the engine itself finds so.
ENTERED = {
    "tutor.compile.loops": "looped",
    "tutor.loops.api": "scan",
    "tutor.graph.comparing": "equal equal_arrays near_arrays",
    "tutor.show.files": "pydotprint",
    "tutor.stepping.failure": "show_failure",
}


def by_name(table: dict[str, str]) -> dict[str, str]:
    """The module of each name in a table."""
    return {name: module for module, names in table.items() for name in names.split()}


MODULES = by_name(ENTERED | TENSOR)


def loaded(name: str, table: dict[str, str] = MODULES) -> Any:
    """What has this name; its module loads now."""
    return getattr(import_module(table[name]), name)
