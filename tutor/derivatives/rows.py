"""Whole matrices of derivatives, row by row: `jacobian` and `hessian`.

Comes after `grad`; each row is the gradient of one element, in a loop over the elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.core.arrays import shape
from tutor.core.errors import CostError, DTypeError
from tutor.core.graph import Variable, quoted
from tutor.derivatives.cost import Form, as_asked, grad, listed
from tutor.loops import scan
from tutor.ops.creation import arange
from tutor.signatures import answering


@answering
def jacobian(
    expression: Variable,
    wrt: Form,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Form:
    """The derivatives of each element of a vector; of a scalar, its gradient.

    The first dimension of the result is that of `expression`, the others those of the variable. The
    form of the result is that of `wrt`. An expression of more dimensions is a `CostError`.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> jacobian(x ** 2, x).eval({x: [1, 2]})
    array([[2., 0.],
           [0., 4.]])
    """
    if not isinstance(expression, Variable):
        raise CostError(f"{quoted(expression)} is no symbol.",
                        fix="Pass an expression of variables.")
    if expression.ndim > 1:
        raise CostError(
            f"{quoted(expression)} has {expression.ndim} dimensions: a Jacobian has a row for each "
            "element of a vector.",
            where=(("made at", expression.origin),),
            fix="Flatten it: expression.flatten().",
        )
    if expression.ndim == 0:
        return grad(expression, wrt, consider_constant, disconnected_inputs)
    return as_asked(_rows(expression, listed(wrt), consider_constant, disconnected_inputs), wrt)


@answering
def hessian(
    cost: Variable,
    wrt: Form,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Form:
    """The second derivatives of a scalar cost by a vector; of several, one matrix for each.

    Raises CostError for a cost that is no scalar.

    >>> import tutor.tensor as T
    >>> x = T.dvector("x")
    >>> hessian(x[0] ** 2 * x[1], x).eval({x: [3, 5]})
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    found = []
    for v in listed(wrt):
        if not isinstance(v, Variable) or v.ndim != 1:
            raise DTypeError(
                f"{quoted(v)} is not a vector: a Hessian has a row and a column for each element "
                "of one.",
                where=(("made at", getattr(v, "origin", None)),),
                fix="Build the cost from a vector, and reshape that where a matrix is needed.",
            )
        slope = grad(cost, v, consider_constant, disconnected_inputs)
        found += _rows(slope, [v], consider_constant, "ignore")
    return as_asked(found, wrt)


def _rows(
    expression: Variable, wrt: list[Variable], constants: Any, disconnected_inputs: str
) -> list[Variable]:
    """For each variable, the gradients of all elements of a vector, stacked."""

    def row(i: Variable, whole: Variable, *_: Variable) -> list[Variable]:
        return list(grad(whole[i], wrt, constants, disconnected_inputs))

    found, _ = scan(
        row,
        sequences=arange(shape(expression)[0]),
        non_sequences=[expression, *wrt],
        return_list=True,
    )
    return list(found)
