"""What changes a gradient on its way: ops that give their input unchanged.

`consider_constant(x)` and `zero_grad(x)` send zero back, `disconnected_grad(x)` nothing at all,
`undefined_grad(x)` an error, `grad_clip` and `grad_scale` what came, clipped or scaled. Rewriting
removes them: they say something about derivatives only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.core.arrays import zeros_like
from tutor.core.elementwise import cast
from tutor.core.graph import Apply, Variable, Variables, apply, as_tensor_variable
from tutor.core.op import Op
from tutor.notation import Notation
from tutor.ops.examples import example
from tutor.ops.logic import clip
from tutor.ops.undefined import DisconnectedType, NullType
from tutor.signatures import answering, public


@answering
def grad_undefined(op: Any, x_pos: int, x: Variable, comment: str = "") -> Variable:
    """For an op's `grad`: the derivative by this input does not exist, and asking is an error."""
    return _null(f"the gradient of {op} does not exist for input {x_pos} ({x}). {comment}")


@answering
def grad_not_implemented(op: Any, x_pos: int, x: Variable, comment: str = "") -> Variable:
    """For an op's `grad`: nobody wrote this derivative yet, and asking is an error."""
    return _null(f"the gradient of {op} is not written for input {x_pos} ({x}). {comment}")


def _null(why: str) -> Variable:
    return NullType(why.strip())()


class Marker(Op):
    """A view of its input that changes what its gradient is."""

    zero_sign = "kept"
    moves = True
    __props__: tuple[str, ...] | None = ()
    view_map = {0: [0]}  # noqa: RUF012

    def make_node(self, x: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        return apply(self, [x], x.type)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return names[0]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return [None if v is None else zeros_like(v) for v in eval_points]


class ConsiderConstant(Marker):
    name, doc = "consider_constant", "x, which sends back zeros."

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        return [None]


class ZeroGrad(ConsiderConstant):
    name, doc = "zero_grad", "x, which sends back zeros."


class UndefinedGrad(Marker):
    name, doc = "undefined_grad", "x, by which nothing can be differentiated."

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        return [grad_undefined(self, 0, inputs[0])]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return [v if v is None else grad_undefined(self, 0, inputs[0]) for v in eval_points]


class DisconnectedGrad(Marker):
    name, doc = "disconnected_grad", "x, cut off from its gradient."

    def notation(self, node: Apply) -> Notation:
        return Notation("disconnected_grad({0})", r"\operatorname{{sg}}\left({0}\right)")

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        return [DisconnectedType()()]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]]


class GradClip(Marker):
    __props__ = ("clip_lower_bound", "clip_upper_bound")
    name, doc = "grad_clip", "x, whose gradient is clipped."

    def __init__(self, clip_lower_bound: Any, clip_upper_bound: Any) -> None:
        self.clip_lower_bound, self.clip_upper_bound = clip_lower_bound, clip_upper_bound
        if isinstance(clip_lower_bound, (int, float)) and clip_lower_bound > clip_upper_bound:
            raise ValueError("grad_clip: the lower bound is larger than the upper one")

    def settings(self) -> list[tuple[str, Any]]:
        """Its bounds, as `grad_clip` calls them."""
        return [("lower_bound", self.clip_lower_bound), ("upper_bound", self.clip_upper_bound)]

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        low, high = self.clip_lower_bound, self.clip_upper_bound
        return [clip(g, low, high) for g in cotangents]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return list(eval_points)


class GradScale(Marker):
    __props__ = ("multiplier",)
    name, doc = "grad_scale", "x, whose gradient is scaled."

    def __init__(self, multiplier: Any) -> None:
        self.multiplier = multiplier

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        return [cast(self.multiplier * g, g.dtype) for g in cotangents]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return list(eval_points)


consider_constant_, zero_grad_ = ConsiderConstant(), ZeroGrad()
undefined_grad_, disconnected_grad_ = UndefinedGrad(), DisconnectedGrad()


@public
@answering
def consider_constant(x: Any) -> Variable:
    """x, which no gradient passes: it counts as a constant, and its gradient is zero.

    >>> import tutor, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> tutor.grad(x * consider_constant(x), x).eval({x: 3})
    array(3.)
    """
    return consider_constant_(x)


@public
@answering
def zero_grad(x: Any) -> Variable:
    """x, whose gradient is zero."""
    return zero_grad_(x)


@public
@answering
def undefined_grad(x: Any) -> Variable:
    """x, by which nothing can be differentiated: asking for it is a `NullTypeGradError`."""
    return undefined_grad_(x)


@public
@answering
def disconnected_grad(x: Any) -> Variable:
    """x, cut off from its gradient: a cost that depends on x only through this is an error to
    differentiate by x."""
    return disconnected_grad_(x)


@public
@answering
def grad_clip(x: Any, lower_bound: Any, upper_bound: Any) -> Variable:
    """x, whose gradient is clipped, element by element, to between the bounds.

    >>> import tutor, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> tutor.grad(grad_clip(x, -1, 1) ** 2, x).eval({x: 2})
    array(1.)
    """
    return GradClip(lower_bound, upper_bound)(x)


@public
@answering
def grad_scale(x: Any, multiplier: Any) -> Variable:
    """x, whose gradient is scaled by a number.

    >>> import tutor, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> tutor.grad(grad_scale(x, -1) ** 2, x).eval({x: 2})
    array(-4.)
    """
    return GradScale(multiplier)(x)


for _mark in (consider_constant, zero_grad, disconnected_grad, undefined_grad):
    example(_mark.__name__, _mark, lambda x: x, (2, 3), differentiable=False)
example("grad_clip", lambda x: grad_clip(x, -9, 9), lambda x: x, (2, 3), kinds="biuf")
example("grad_scale", lambda x: grad_scale(x, 1), lambda x: x, (2, 3))
