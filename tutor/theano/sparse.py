"""`theano.sparse`, which programs ask whether a variable is sparse: none is, here.

>>> import tutor.tensor as T
>>> isinstance(T.dmatrix().type, SparseType), as_sparse_or_tensor_variable(2).ndim
(False, 0)
"""

from __future__ import annotations

from typing import Any

from tutor.graph import as_tensor_variable

#: Whether sparse matrices can be used: programs look before they make one.
enable_sparse = False


class SparseType:
    """The type of a sparse matrix: no variable has it."""


class SparseVariable:
    """A sparse variable: none is one."""


SparseConstant = SparseTensorSharedVariable = SparseTensorType = SparseVariable


def as_sparse_or_tensor_variable(value: Any, name: str | None = None) -> Any:
    """`value` as a variable, which is dense."""
    return as_tensor_variable(value, name)


def _is_sparse_variable(value: Any) -> bool:
    return False


def _is_dense_variable(value: Any) -> bool:
    return True


_is_sparse, _is_dense = _is_sparse_variable, _is_dense_variable
