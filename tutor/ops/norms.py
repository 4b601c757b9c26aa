"""Norms of vectors along an axis, and of matrices.

Comes after the statistics and the decompositions.

>>> norm([3.0, -4.0]).eval(), matrix_norm([[3.0, 0.0], [0.0, 4.0]], "nuc").eval()
(array(5.), array(7.))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.arguments import axes_of, one_axis, truth
from tutor.core.arrays import dimshuffle
from tutor.core.elementwise import cast, neq
from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.op import public
from tutor.core.types import DISCRETE
from tutor.ops.axes import moveaxis
from tutor.ops.decompositions import svd
from tutor.ops.examples import example, like
from tutor.ops.statistics import root, squared_size
from tutor.ops.sums import max, min, sum
from tutor.signatures import answering

__all__ = ["norm"]


@public
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Variable:
    """The norm: Euclidean by default; `ord` 0, 1, 2, inf or any number, of the elements along the
    axis.

    Raises DTypeError where `ord` is no number.

    >>> norm([3.0, -4.0]).eval(), norm([3.0, -4.0], 1).eval()
    (array(5.), array(7.))
    """
    x = as_tensor_variable(x)
    if ord is not None and (isinstance(ord, bool) or not isinstance(ord, (int, float))):
        raise DTypeError(f"the order of a norm is a number, and it is {ord!r}.",
                         fix="Pass 1, 2 or float('inf').")
    if ord != 0 and x.dtype in DISCRETE:
        x = cast(x, "float64")  # small integers have squares that they do not hold
    if ord is None or ord == 2:
        return root(sum(squared_size(x), axis, keepdims=keepdims))
    size = abs(x)
    if abs(ord) == float("inf"):
        return (max if ord > 0 else min)(size, axis, keepdims)
    if ord == 0:
        return sum(neq(x, 0), axis, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis, keepdims=keepdims)
    return root(sum(size**ord, axis, keepdims=keepdims), 1.0 / ord)


NAMED = {"inf": np.inf, "-inf": -np.inf}


@answering
def matrix_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Variable:
    """The norm of a vector (over one axis) or a matrix (over two): `ord` is None or, of a vector, 0
    or any number; of a matrix "fro", "nuc", 1, -1, 2, -2, "inf" or "-inf". Without an axis it is of
    all of x, which has one or two dimensions unless `ord` is None.

    Raises BadValueError for another order, ShapeError for one of a tensor of more dimensions.

    >>> matrix_norm([[3.0, 0.0], [0.0, 4.0]], "fro").eval()
    array(5.)
    """
    x = as_tensor_variable(x)
    order = NAMED.get(ord, ord) if isinstance(ord, str) else ord
    if not isinstance(order, (str, int, float, type(None))):
        raise BadValueError(f"the order of a norm cannot be {ord!r}.", fix="Pass 1, 2 or 'fro'.")
    axes = axes_of(axis, x.ndim, "norm")
    if axes is not None and not isinstance(axis, int):
        axes = tuple(one_axis(a, x.ndim, "norm") for a in axis)  # rows first, or columns
    if x.ndim == 0 or len(axes or ()) > 2 or (axes is None and x.ndim > 2 and ord is not None):
        raise ShapeError(f"a norm is of a vector or a matrix, and {quoted(x)} is {x.type}.",
                         fix="Flatten it, or name one axis or two.")
    if order is None or (isinstance(order, str) and order == "fro" and x.ndim > 1):
        return norm(x, None, axes, keepdims)
    if len(axes or range(x.ndim)) == 1:
        if isinstance(order, str):
            raise BadValueError(f"the order of the norm of a vector cannot be {ord!r}.",
                                fix="Choose None, 'inf', '-inf' or a number.")
        return norm(x, order, axes, keepdims)
    found = _of_matrices(moveaxis(x, axes or (0, 1), (-2, -1)), order)
    places = iter(range(found.ndim))
    return found if not truth(keepdims, "keepdims") else dimshuffle(
        found, ["x" if i in (axes or (0, 1)) else next(places) for i in range(x.ndim)])


def _of_matrices(x: Variable, order: Any) -> Variable:
    """The norm of each matrix over the last two dimensions."""
    if x.dtype in DISCRETE:
        x = cast(x, "float64")
    if order in ("nuc", 2, -2):
        values = svd(x, compute_uv=0)
        return (sum if order == "nuc" else max if order > 0 else min)(values, axis=-1)
    if isinstance(order, str) or order not in (1, -1, np.inf, -np.inf):
        raise BadValueError(f"the order of the norm of a matrix cannot be {order!r}.",
                            fix="Choose None, 'fro', 'nuc', 1, -1, 2, -2, 'inf' or '-inf'.")
    sums = sum(abs(x), axis=-2 if abs(order) == 1 else -1)
    return (max if order > 0 else min)(sums, axis=-1)


def _enter_examples() -> None:
    order: Any
    for order in (None, 1, 2, 3, float("inf"), -float("inf")):
        like(norm, np.linalg.norm, (2, 3), ord=order, axis=1, kinds="fc")
    example("norm", lambda x: norm(x, 0), lambda x: np.float64((x != 0).sum()), (3,),
            differentiable=False)
    for order in ("fro", "inf", "-inf", 1, -1, "nuc", 2, -2):
        plain = float(order) if str(order).endswith("inf") else order
        example("matrix_norm", lambda x, o=order: matrix_norm(x, o),
                lambda x, o=plain: np.linalg.norm(x, o), (2, 3), kinds="f")
        example("matrix_norm", lambda x, o=order: matrix_norm(x, o, (2, 0), True),
                lambda x, o=plain: np.linalg.norm(x, o, (2, 0), True), (2, 3, 2), kinds="f")
    for order in (None, "inf", "-inf", 3, 1):
        example("matrix_norm", lambda x, o=order: matrix_norm(x, o),
                lambda x, o=order: np.linalg.norm(x, float(o) if isinstance(o, str) else o),
                (3,), kinds="f")
    example("matrix_norm", lambda x: matrix_norm(x, 0), lambda x: np.int64((x != 0).sum()),
            [0.0, 2.0, 3.0], differentiable=False, kinds="f")


_enter_examples()
