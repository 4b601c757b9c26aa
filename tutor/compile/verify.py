"""Derivatives by finite differences, and `verify_grad`, which compares an op's own with them.

Comes after `grad`. A step of `eps` is made in one element of the input after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tutor.compile.function import function
from tutor.config import change_flags
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.types import TensorType
from tutor.core.variables import shared
from tutor.derivatives.cost import grad
from tutor.signatures import answering

Array = np.ndarray[Any, Any]
TOLERANCE = {"float16": 5e-2, "float32": 1e-2, "float64": 1e-4}


class Worst(NamedTuple):
    """Where two gradients differ most: the argument, the position in it, and by how much."""

    arg: int
    pos: int
    abs_err: float
    rel_err: float


class numeric_grad:  # noqa: N801 - Theano's name
    """The gradient of `f` (arrays in, a number out) at a point, as arrays in `gf`.

    `pt` is an array or a list of them, and `gf` has its form; `eps` is the step, by default one
    that suits the dtype.

    >>> numeric_grad(lambda x: float((x ** 2).sum()), np.array([1.0, 2.0])).gf.round(4)
    array([2., 4.])
    """

    type_eps: ClassVar[dict[Any, float]] = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1}
    type_eps |= {np.dtype(name): step for name, step in type_eps.items()}

    def __init__(self, f: Callable[..., Any], pt: Any, eps: float | None = None,
                 out_type: str | None = None) -> None:  # fmt: skip
        single = not isinstance(pt, (list, tuple))
        arrays = [np.array(p) for p in ([pt] if single else pt)]
        working = min((self.type_eps[p.dtype], p.dtype.name) for p in arrays)[1]
        step = max(self.type_eps[p.dtype] for p in arrays) if eps is None else eps
        points = [p.astype(working) for p in arrays]
        dtype = out_type if out_type and out_type.startswith("complex") else working
        slopes = [np.empty(p.shape, dtype) for p in points]
        here = f(*[p.copy() for p in points])
        for i, (point, slope) in enumerate(zip(points, slopes, strict=True)):
            for place in np.ndindex(point.shape):
                moved = [p.copy() for p in points]
                moved[i][place] += step
                slope[place] = (f(*moved) - here) / step
        self.gf: Any = slopes[0] if single else slopes

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Array, Array]:
        """The difference of two arrays, and the same relative to their size."""
        difference = np.asarray(np.abs(a - b))
        return difference, np.asarray(difference / np.maximum(np.abs(a) + np.abs(b), [1e-8]))

    def abs_rel_errors(self, g_pt: Sequence[Array]) -> list[tuple[Array, Array]]:
        """The errors of a gradient that is given as a list of arrays."""
        if len(g_pt) != len(self.gf):
            raise ShapeError(f"{len(g_pt)} arrays for {len(self.gf)} arguments.",
                             fix="Pass one for each.")  # fmt: skip
        for i, (a, b) in enumerate(zip(g_pt, self.gf, strict=True)):
            if a.shape != b.shape:
                raise ShapeError(f"the gradient by argument {i} has shape {a.shape}, and the "
                                 f"argument {b.shape}.", fix="They have one shape.")  # fmt: skip
        return [self.abs_rel_err(a, b) for a, b in zip(g_pt, self.gf, strict=True)]

    def max_err(self, g_pt: Sequence[Array], abs_tol: float, rel_tol: float) -> Worst:
        """Where a gradient is farthest beyond both tolerances; nan is an error."""
        worst, most = Worst(0, 0, 0.0, 0.0), -1.0
        for i, (absolute, relative) in enumerate(self.abs_rel_errors(g_pt)):
            if not np.isfinite(absolute).all():
                raise ShapeError(f"a gradient by argument {i} is not finite.",
                                 fix="Choose a point where both are.")  # fmt: skip
            beyond = np.minimum(absolute / abs_tol, relative / rel_tol).ravel()
            if beyond.size and beyond.max() > most:
                pos = int(beyond.argmax())
                most = float(beyond[pos])
                worst = Worst(i, pos, float(absolute.ravel()[pos]), float(relative.ravel()[pos]))
        return worst


class GradientError(Exception):
    """A gradient differs from the numeric one by more than both tolerances."""

    def __init__(self, arg: int, err_pos: int, shape: tuple[int, ...], val1: float, val2: float,
                 abs_err: float, rel_err: float, abs_tol: float, rel_tol: float
                 ) -> None:  # fmt: skip
        super().__init__()
        self.arg, self.err_pos, self.shape = arg, err_pos, shape
        self.val1, self.val2 = val1, val2
        self.abs_err, self.rel_err, self.abs_tol, self.rel_tol = abs_err, rel_err, abs_tol, rel_tol

    def __str__(self) -> str:
        place = tuple(map(int, np.unravel_index(self.err_pos, self.shape))) if self.shape else ()
        lines = ["the gradient is not the slope that finite differences find:",
                 f"  argument {self.arg}, of shape {self.shape}, at {place}",
                 f"  gradient {self.val1:g}, finite differences {self.val2:g}",
                 f"  absolute error {self.abs_err:g}, allowed {self.abs_tol:g}",
                 f"  relative error {self.rel_err:g}, allowed {self.rel_tol:g}"]
        return "\n".join([*lines, *[f"  {a}" for a in self.args]])


@answering
def mode_not_slow(mode: Any) -> Any:
    """The mode in which functions for finite differences are compiled: a fast one."""
    return "FAST_RUN" if mode in ("FAST_COMPILE", "DebugMode", "DEBUG_MODE") else mode


@answering
def verify_grad(fun: Callable[..., Any], pt: Sequence[Any], n_tests: int = 2, rng: Any = None,
                eps: float | None = None, out_type: str | None = None,
                abs_tol: float | None = None, rel_tol: float | None = None, mode: Any = None,
                cast_to_output_type: bool = False, no_debug_ref: bool = True) -> None:  # fmt: skip
    """Compare the gradient of an op, or of a function of variables, with finite differences.

    `pt` is a list of float arrays, the point; `rng` a `numpy.random.RandomState`, which weighs the
    elements of the output in each of the `n_tests`. A gradient that is off by more than both
    tolerances is a `GradientError`.

    >>> import tutor.tensor as T
    >>> verify_grad(T.tanh, [np.array([0.5, 2.0])], rng=np.random.RandomState(0))
    """
    values = _values(pt)
    if rng is None:
        raise DTypeError("verify_grad needs a random number generator.",
                         fix="Pass rng=numpy.random.RandomState(0).")  # fmt: skip
    largest = max(TOLERANCE[p.dtype.name] for p in values)
    abs_tol, rel_tol = abs_tol or largest, rel_tol or largest
    variables = [TensorType(p.dtype, [n == 1 for n in p.shape])(f"input {i}")
                 for i, p in enumerate(values)]  # fmt: skip
    with change_flags(compute_test_value="off"):
        output = fun(*variables)
        if isinstance(output, (list, tuple)):
            raise NotImplementedError("verify_grad is for a single output: choose one of them")

        def compiled(result: Any, mode: Any) -> Any:
            return function(variables, result, mode=mode, allow_input_downcast=True,
                                         on_unused_input="ignore")  # fmt: skip

        shape = np.shape(compiled(output, mode)(*values))

        def weights() -> Array:
            plain = np.asarray(rng.rand(*shape)) + 0.5
            return plain.astype(output.dtype) if cast_to_output_type else plain

        weight = shared(weights(), "random_projection")
        cost = (weight * output).sum()
        cost_of = compiled(cost, mode_not_slow(mode) if no_debug_ref else mode)
        slopes_of = compiled(grad(cost, variables, disconnected_inputs="ignore"), mode)
    for test in range(n_tests):
        numeric = numeric_grad(cost_of, [p.copy() for p in values], eps, out_type)
        slopes = slopes_of(*[p.copy() for p in values])
        worst = numeric.max_err(slopes, abs_tol, rel_tol)
        if worst.abs_err > abs_tol and worst.rel_err > rel_tol:
            value, other = slopes[worst.arg], numeric.gf[worst.arg]
            both = value.ravel()[worst.pos], other.ravel()[worst.pos]
            problem = GradientError(*worst[:2], value.shape, *both, *worst[2:], abs_tol, rel_tol)
            problem.args = (f"inputs {values}",)
            raise problem
        if test < n_tests - 1:
            weight.set_value(weights())


def _values(pt: Any) -> list[Array]:
    """The point as arrays of floats."""
    if not isinstance(pt, (list, tuple)) or not pt:
        raise DTypeError("the point is a list of arrays.", fix="Write [numpy.ones(3)].")
    values = [np.array(p) for p in pt]
    for i, p in enumerate(values):
        if p.dtype.name not in TOLERANCE:
            raise DTypeError(f"input {i} is {p.dtype}; finite differences are for real floats.",
                             fix="Pass numpy.asarray(value, dtype='float64').")  # fmt: skip
    return values


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]
