"""Systems of linear equations: `solve` and its triangular kin, `lstsq`, `tensorsolve`.

Comes after the linear algebra of one matrix; the numbers are in `factoring.py`.

>>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).eval()
array([1. , 0.5])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.errors import ShapeError
from tutor.graph import Apply, Op, Variable, apply, as_tensor_variable
from tutor.operators import quoted
from tutor.ops.arguments import chosen, one_axis
from tutor.ops.arithmetic import cast
from tutor.ops.complexes import conj
from tutor.ops.diagonals import tril, triu
from tutor.ops.linalg import dot, outer
from tutor.ops.matrices import adjoint, float_matrix, lapack
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, fitted, reshape
from tutor.ops.sizes import shape
from tutor.signatures import answering
from tutor.types import TensorType, promote

STRUCTURES = ("general", "symmetric", "lower_triangular", "upper_triangular", "hermitian",
              "banded", "diagonal", "toeplitz")
TURNED = {"lower_triangular": "upper_triangular", "upper_triangular": "lower_triangular"}


class Solve(Op):
    """The x with A x = b, for a vector b or the columns of a matrix; of a triangular A one
    triangle is looked at.
    """

    __props__ = ("A_structure",)
    name, doc = "solve", "The x with A x = b."

    def __init__(self, A_structure: str = "general", lower: bool = False,
                 overwrite_A: bool = False, overwrite_b: bool = False) -> None:
        self.A_structure = chosen(A_structure, STRUCTURES, "A_structure")
        self.lower = A_structure == "lower_triangular"

    def make_node(self, A: Any, b: Any) -> Apply:
        A, b = float_matrix(A, self.name), as_tensor_variable(b)
        if b.ndim not in (1, 2):
            raise ShapeError(f"the right side of a system is a vector or a matrix, and {quoted(b)} "
                             f"is {b.type}.", fix="Reshape it.")
        dtype = lapack(A.dtype, b.dtype)
        return apply(self, [cast(A, dtype), cast(b, dtype)], TensorType(dtype, b.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        if self.A_structure in TURNED:
            return f"solve_triangle({names[0]}, {names[1]}, {self.lower})"
        return f"solve({names[0]}, {names[1]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (A, b), x, g = inputs, outputs[0], cotangents[0]
        gb = Solve(TURNED.get(self.A_structure, self.A_structure))(adjoint(A), g)
        gA = -outer(gb, conj(x)) if b.ndim == 1 else -dot(gb, adjoint(x))
        if self.A_structure in TURNED:
            gA = tril(gA) if self.lower else triu(gA)
        return fitted((gA, A), (gb, b))


class LeastSquares(Op):
    """The x with the smallest |A x - b|, the squared distances, the rank, the singular values."""

    __props__ = ()
    name, doc = "lstsq", "The x with the smallest |A x - b|, and what is known about it."

    def make_node(self, x: Any, y: Any, rcond: Any) -> Apply:
        x, y, rcond = float_matrix(x, self.name), as_tensor_variable(y), as_tensor_variable(rcond)
        y = cast(y, lapack(y.dtype))
        dtype = promote(x.dtype, y.dtype, "float64")
        return apply(self, [x, y, rcond], TensorType(dtype, (False,) * y.ndim),
                     TensorType("float64", (False,)), TensorType("int64", ()),
                     TensorType("float64", (False,)))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"least_squares({', '.join(names)}, {node.outputs[0].dtype!r})"

    def grad(self, inputs: list[Variable], output_gradients: list[Variable]) -> Sequence[Any]:
        raise NotImplementedError("lstsq has no gradient; that of dot(pinv(A), b) is defined")


solve, solve_symmetric = Solve(), Solve("symmetric")
solve_lower_triangular, solve_upper_triangular = (
    Solve("lower_triangular", lower=True), Solve("upper_triangular"))
lstsq = LeastSquares


@answering
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Variable:
    """The tensor x with a x = b, summed over all dimensions of x: the last ones of a (to which
    `axes` are moved first).

    >>> import tutor.tensor as T
    >>> tensorsolve(T.dtensor4("a"), T.dmatrix("b")).ndim
    2
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if axes is not None:
        given = axes if isinstance(axes, (tuple, list)) else [axes]
        last = [one_axis(i, a.ndim, "tensorsolve") for i in given]
        a = dimshuffle(a, [i for i in range(a.ndim) if i not in last] + last)
    sizes = [shape(a)[i] for i in range(b.ndim, a.ndim)]
    flat = reshape(b, (-1,))
    x = solve(reshape(a, (shape(flat)[0], -1)), flat)
    return reshape(x, sizes)


def _enter_examples() -> None:
    square = [[2.0, 0.3, 0.1], [-0.4, 1.5, 0.2], [0.6, -0.1, 1.1]]
    for right in ((3,), (3, 2)):
        example("solve", solve, _solved, square, right, kinds="fc")
        example("solve", solve_lower_triangular, lambda a, b: _solved(np.tril(a), b), square,
                right, kinds="fc")
        example("solve", solve_upper_triangular, lambda a, b: _solved(np.triu(a), b), square,
                right, kinds="fc")
    example("lstsq", lambda a, b: lstsq()(a, b, -1)[0],
            lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], (3, 2), (3, 2), kinds="f",
            differentiable=False)
    example("tensorsolve", lambda a, b: tensorsolve(a, b, (0,)),
            lambda a, b: np.linalg.tensorsolve(a, b, (0,)), square, (3,), kinds="fc")


def _solved(a: Any, b: Any) -> Any:
    return np.linalg.inv(a) @ b


_enter_examples()
