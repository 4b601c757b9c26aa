"""Products with a Jacobian J: `Lop` is v·J, one walk backwards; `Rop` is J·v, one walk forwards.
Whole matrices of derivatives, row by row: `jacobian` and `hessian`.

The results are expressions, so higher derivatives need no more.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from tutor.checking import chosen
from tutor.core.arrays import shape, zeros_like
from tutor.core.errors import (
    BadValueError,
    CostError,
    DisconnectedInputError,
    DTypeError,
    ShapeError,
    caller,
)
from tutor.core.graph import Variable, as_tensor_variable, quoted, written_at
from tutor.derivatives.cost import Form, as_asked, grad, listed, return_word
from tutor.derivatives.forward import STILL, Forward, Tangents, typed, undefined
from tutor.errors import NullTypeGradError
from tutor.loops import scan
from tutor.ops.creation import arange
from tutor.ops.undefined import DisconnectedType
from tutor.signatures import answering


@answering
def Lop(
    f: Any,
    wrt: Form,
    eval_points: Any,
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Form:
    """The product v·J, for the Jacobian J of `f` with respect to `wrt` and v = `eval_points`.

    `f` is a variable or several, with a point of its shape for each; the result has the form of
    `wrt` and the types of its variables.

    Raises DisconnectedInputError for a variable that nothing depends on, ShapeError for a point
    with other dimensions than its variable.

    >>> import tutor.tensor as T
    >>> x, v = T.dvectors("x", "v")
    >>> Lop(x ** 2, x, v).eval({x: [1, 2], v: [1, 10]})
    array([ 2., 40.])
    """
    outputs, points = listed(f), listed(eval_points)
    if len(outputs) != len(points):
        raise BadValueError(
            f"there are {len(outputs)} outputs and {len(points)} eval_points.",
            fix="Pass one for each.",
        )
    known = {symbol(v, "f"): point_of(v, p) for v, p in zip(outputs, points, strict=True)}
    return grad(None, wrt, consider_constant, disconnected_inputs, known_grads=known)


def symbol(value: Any, what: str) -> Variable:
    """A variable as it is; anything else is a `DTypeError`."""
    if not isinstance(value, Variable):
        raise DTypeError(
            f"{what} must be a symbol, and it is {quoted(value)}.", fix="Pass the variable itself."
        )
    return value


def as_point(value: Any) -> Variable:
    """A point as a variable."""
    return value if isinstance(value, Variable) else as_tensor_variable(value)


@answering
def Rop(
    f: Form,
    wrt: Any,
    eval_points: Any,
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Form:
    """The product J·v, for the Jacobian J of `f` with respect to `wrt` and v = `eval_points`.

    `wrt` is a variable or several, with a point of its shape for each; the result has the form of
    `f`. An output that nothing differentiable leads to is a `DisconnectedInputError` (a
    `ValueError`), unless `disconnected_outputs` is "warn" or "ignore"; then it is zero, or what
    `return_disconnected` says ("zero", "None", "Disconnected"). One that an undefined derivative
    leads to is a `NullTypeGradError`.

    >>> import tutor.tensor as T
    >>> W, V, x = T.dmatrix("W"), T.dmatrix("V"), T.dvector("x")
    >>> Rop(T.dot(W, x) ** 2, W, V).eval({W: [[1, 2]], V: [[1, 0]], x: [1, 1]})
    array([6.])
    """
    chosen(disconnected_outputs, ("raise", "warn", "ignore"), "disconnected_outputs")
    return_word(return_disconnected)
    outputs = [as_point(v) for v in listed(f)]
    with written_at(caller()):
        tangents = _points(listed(wrt), listed(eval_points))
        Forward(tangents).through(outputs)
        found = [_output(v, tangents, disconnected_outputs, return_disconnected) for v in outputs]
    for v, tangent in zip(outputs, found, strict=True):
        if getattr(tangent, "owner", None) is not None:  # what v is made of took part, by form
            tangent.__dict__.setdefault("like", v)
    return as_asked(found, f)


def _points(wrt: list[Any], points: list[Any]) -> Tangents:
    """The tangents to begin with, each of the type of its variable."""
    if len(wrt) != len(points):
        raise BadValueError(
            f"wrt holds {len(wrt)} variables, and there are {len(points)} eval_points.",
            fix="Pass one for each.",
        )
    tangents: Tangents = {}
    for v, point in zip(wrt, points, strict=True):
        symbol(v, "wrt")
        tangents[v] = typed(None if point is None else point_of(v, point), v)
    return tangents


def point_of(v: Any, value: Any) -> Variable:
    """The point of a variable, of as many dimensions."""
    point = as_point(value)
    if getattr(v, "ndim", None) != point.ndim:
        raise ShapeError(
            f"{quoted(v)} has {v.ndim} dimensions, and its eval_point {quoted(point)} has "
            f"{point.ndim}.",
            where=(("made at", v.origin),),
            fix="The point has the shape of the variable.",
        )
    return point


def _output(v: Variable, tangents: Tangents, on_disconnected: str, returned: str) -> Any:
    """The tangent of an output, or what stands for one that is not there."""
    tangent = tangents.get(v)
    if tangent is STILL:
        return zeros_like(v)
    if tangent is not None and undefined(tangent):
        raise NullTypeGradError(
            f"there is no derivative of {quoted(v)}: {tangent.type.why_null}",
            where=(("made at", v.origin),),
            fix="disconnected_grad(x) or zero_grad(x) keeps derivatives from going that way.")
    if tangent is not None:
        return tangent
    problem = DisconnectedInputError(
        f"{quoted(v)} does not depend on what the derivative is taken by, or only through "
        "operations that have none.",
        where=(("made at", v.origin),),
        fix='Leave it out, or pass disconnected_outputs="ignore" to get zeros.',
    )
    if on_disconnected == "raise":
        raise problem
    if on_disconnected == "warn":
        warnings.warn(str(problem), stacklevel=4)
    if returned.lower() != "zero":
        return None if returned.lower() == "none" else DisconnectedType()()
    return zeros_like(v)


@answering
def hessian_vector_product(cost: Variable, wrt: Form, p: Any) -> Form:
    """The Hessian of a scalar cost times a vector (or one array for each of several `wrt`).

    >>> import tutor.tensor as T
    >>> x, p = T.dvectors("x", "p")
    >>> hessian_vector_product((x ** 3).sum(), x, p).eval({x: [1, 2], p: [1, 10]})
    array([  6., 120.])
    """
    targets = listed(wrt)
    points = [as_point(v) for v in listed(p)]
    if len(targets) != len(points):
        raise BadValueError(
            f"wrt holds {len(targets)} variables, and p {len(points)}.", fix="Pass one for each."
        )
    slopes = grad(cost, targets)
    along = (slopes[0] * points[0]).sum()
    for slope, point in zip(slopes[1:], points[1:], strict=True):
        along = along + (slope * point).sum()
    return grad(along, wrt, points, disconnected_inputs="ignore")


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
