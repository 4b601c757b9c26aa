"""Further reductions: products with their gradient, positions of extreme elements.

Comes after the cumulative ops, by which the gradient of a product is written.

>>> import tutor.tensor as T
>>> T.argmax(T.dmatrix("m"), axis=0).type
TensorType(int64, vector)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.arguments import axes_of
from tutor.core.arrays import KINDS, Kind, Reduction, dimshuffle, spread_back
from tutor.core.elementwise import conj
from tutor.core.errors import DTypeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.op import public
from tutor.ops.cumulative import product_of_others
from tutor.ops.examples import example
from tutor.ops.shape import flatten
from tutor.ops.sums import max, reduce

__all__ = ["argmax", "argmin", "max_and_argmax", "prod"]


def _prod_grad(x: Variable, y: Variable, g: Variable, op: Reduction) -> Variable:
    """The product of the others: of those before and of those behind, also where some are 0."""
    return spread_back(g, x, op) * conj(product_of_others(x, op.axes(x)))


KINDS["prod"] = KINDS["prod"]._replace(grad=_prod_grad)
for _name, _words in (("argmax", "largest"), ("argmin", "smallest")):
    KINDS[_name] = Kind(_name, lambda d: "int64", lambda x, y, g, op: None,
                        rf"\operatorname{{{{{_name}}}}}", _name,
                        f"The position of the {_words} element (the first of equals).")


@public
def prod(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False,
         acc_dtype: Any = None, no_zeros_in_input: bool = False) -> Variable:
    """The product over an axis, several, or all (`axis` None); with `keepdims` the reduced
    dimensions stay, with size 1.

    Raises BadAxisError for an axis that is not there.

    >>> import tutor.tensor as T
    >>> T.prod(T.dmatrix("m"), axis=0).ndim
    1
    """
    return reduce("prod", input, axis, keepdims, dtype, acc_dtype)


@public
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The position of the largest element (the first of equals), along an axis, several, or all.

    Raises BadAxisError for an axis that is not there, DTypeError for complex numbers.

    >>> argmax([1.0, 3.0, 2.0]).eval()
    array(1)
    """
    return _place("argmax", x, axis, keepdims)


@public
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """The position of the smallest element (the first of equals), along an axis, several, or all.

    Raises BadAxisError for an axis that is not there, DTypeError for complex numbers.

    >>> argmin([1.0, 3.0, 2.0]).eval()
    array(0)
    """
    return _place("argmin", x, axis, keepdims)


def _place(kind: str, x: Any, axis: Any, keepdims: bool) -> Variable:
    x = as_tensor_variable(x)
    if x.dtype.startswith("complex"):
        raise DTypeError(f"{quoted(x)} is complex: its elements have no order.", fix="Use abs(x).")
    axes = axes_of(axis, x.ndim, kind)
    if axes is not None and len(axes) != 1:
        return _position(kind, x, axes, keepdims)
    return Reduction(kind, axes, bool(keepdims))(x)


def _position(kind: str, x: Variable, axes: tuple[int, ...], keepdims: bool) -> Variable:
    """The position of an extreme element over several axes, counted as if they were one."""
    if len(axes) == x.ndim:
        return Reduction(kind, None, keepdims)(x)
    rest = [i for i in range(x.ndim) if i not in axes]
    front = dimshuffle(x, [*rest, *axes])
    flat = flatten(front, len(rest) + 1)
    found: Variable = Reduction(kind, (len(rest),))(flat)
    if not keepdims:
        return found
    places = iter(range(len(rest)))
    return dimshuffle(
        found, ["x" if i in axes else next(places) for i in range(x.ndim)])


@public
def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Variable]:
    """The largest element along an axis, and its position.

    Raises what `max` raises: BadAxisError, DTypeError, ShapeError.

    >>> [v.eval() for v in max_and_argmax([3, 9, 5])]
    [array(9), array(1)]
    """
    return [max(a, axis, keepdims), argmax(a, axis, keepdims)]


for _kind, _reference in (("argmax", np.argmax), ("argmin", np.argmin)):
    for _axis in (None, 0, -1):
        for _kept in (False, True):
            example(_kind, lambda x, k=_kind, a=_axis, d=_kept: _place(k, x, a, d),
                    lambda x, r=_reference, a=_axis, d=_kept: r(x, axis=a, keepdims=d),
                    (2, 3, 4), differentiable=False)
example("prod", prod, np.prod, [0.0, 2.0, 3.0])
example("prod", lambda x: prod(x, axis=1), lambda x: np.prod(x, axis=1),
        [[0.0, 2.0], [3.0, 0.5], [0.0, 0.0]])
example("max_and_argmax", lambda x: max_and_argmax(x, axis=0)[1],
        lambda x: np.argmax(x, axis=0), (2, 3), differentiable=False)
