"""Linear algebra of one matrix: inverses, determinant, powers, exponential, norms.

Comes after the products and diagonals; `decompositions.py` has factors and eigenvalues,
`solving.py` systems of equations. Gradients of complex matrices use conjugate transposes.

>>> matrix_inverse([[4.0]]).eval()
array([[0.25]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from tutor.errors import BadValueError, DTypeError, ShapeError
from tutor.graph import Apply, Notation, Op, Variable, apply, as_tensor_variable, call
from tutor.operators import quoted
from tutor.ops.arguments import whole
from tutor.ops.arithmetic import cast
from tutor.ops.complexes import conj
from tutor.ops.creation import identity_like
from tutor.ops.diagonals import diagonal
from tutor.ops.elementwise import DISCRETE
from tutor.ops.indexing import getitem
from tutor.ops.joining import concatenate
from tutor.ops.linalg import dot, outer
from tutor.ops.logic import neq
from tutor.ops.reductions import max, min, sum
from tutor.ops.registry import example
from tutor.ops.shape import dimshuffle, fitted, reshape, transpose
from tutor.ops.sizes import shape
from tutor.ops.statistics import root, squared_size
from tutor.signatures import answering
from tutor.types import TensorType, promote


def matrix(x: Any, name: str) -> Variable:
    """The argument as a matrix; an error where it has another number of dimensions."""
    x = as_tensor_variable(x)
    if x.ndim != 2:
        raise ShapeError(f"{name} is for matrices, and {quoted(x)} is {x.type}.",
                         fix="Pass a matrix.")
    return x


def float_matrix(x: Any, name: str) -> Variable:
    """The argument as a matrix of the floats that LAPACK computes in: those of integers float64."""
    x = matrix(x, name)
    return cast(x, lapack(x.dtype))


def lapack(*dtypes: str) -> str:
    """The dtype in which LAPACK computes with these."""
    dtype = promote(*dtypes)
    return {"float16": "float32"}.get(dtype, "float64" if dtype in DISCRETE else dtype)


def adjoint(x: Variable) -> Variable:
    """The conjugate transpose; of a real matrix its transpose."""
    return transpose(conj(x))


class OfMatrix(Op):
    """The base of ops of one matrix whose result has the same type."""

    __props__: tuple[str, ...] = ()
    numpy: ClassVar[str]

    def make_node(self, x: Any) -> Apply:
        x = float_matrix(x, self.name)
        return apply(self, [x], self.output(x))

    def output(self, x: Variable) -> TensorType:
        """The type of the result."""
        return TensorType(x.dtype, x.broadcastable)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"{self.numpy}({names[0]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        (x,), y, g = inputs, outputs[0], cotangents[0]
        return fitted((self.cotangent(x, y, g), x))

    def cotangent(self, x: Variable, y: Variable, g: Variable) -> Variable:
        """The cotangent of x from y and its cotangent."""
        raise NotImplementedError(f"{self.name} has no gradient")


class MatrixInverse(OfMatrix):
    """The matrix whose product with x is the identity."""

    name, doc = "matrix_inverse", "The inverse of a square matrix."
    numpy = "linalg.inv"

    def cotangent(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return -matrix_dot(adjoint(y), g, adjoint(y))

    def notation(self, node: Apply) -> Notation:
        return Notation("matrix_inverse({0})", "{0}^{{-1}}", 10, (10,))


class MatrixPinv(OfMatrix):
    """The pseudo-inverse: what solves least squares as the inverse solves equations."""

    name, doc = "pinv", "The pseudo-inverse, which solves least squares."
    numpy = "linalg.pinv"

    def output(self, x: Variable) -> TensorType:
        return TensorType(x.dtype, x.broadcastable[::-1])

    def cotangent(self, x: Variable, y: Variable, g: Variable) -> Variable:
        """Golub and Pereyra's rule (1973) for matrices of constant rank."""
        left, right = dot(x, y), dot(y, x)
        yh, gh = adjoint(y), adjoint(g)
        total = (-matrix_dot(y, gh, y) + matrix_dot(y, yh, g, identity_like(left) - left)
                 + matrix_dot(identity_like(right) - right, g, yh, y))
        return adjoint(total)

    def notation(self, node: Apply) -> Notation:
        return Notation("pinv({0})", "{0}^{{+}}", 10, (10,))


class Det(OfMatrix):
    """The determinant; its gradient is the matrix of cofactors, singular or not."""

    name, doc = "det", "The determinant of a square matrix."
    numpy = "linalg.det"

    def output(self, x: Variable) -> TensorType:
        return TensorType(x.dtype, ())

    def cotangent(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return g * conj(cofactors(x))

    def notation(self, node: Apply) -> Notation:
        return Notation("det({0})", r"\det\left({0}\right)")


class Cofactors(OfMatrix):
    """The derivative of the determinant by each element."""

    name, doc = "cofactors", "The derivative of the determinant by each element of the matrix."
    numpy = "cofactors"

    def cotangent(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return conj(CofactorSlope()(x, conj(g)))


class CofactorSlope(Op):
    """How the cofactors of x change as x moves along h: the second derivative of the determinant.

    Its derivative by x, the third one of the determinant, holds for matrices that have an inverse.
    """

    __props__ = ()
    name, doc = "cofactor_slope", "How the cofactors of a matrix change as it moves along another."

    def make_node(self, x: Variable, h: Variable) -> Apply:
        dtype = lapack(x.dtype, h.dtype)
        return apply(self, [cast(x, dtype), cast(h, dtype)], TensorType(dtype, x.broadcastable))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"cofactor_slope({names[0]}, {names[1]})"

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        """With B = x⁻¹, <g, slope> is det x (tr Bh tr Bg - tr BhBg), here differentiated by x."""
        (x, h), g = inputs, conj(cotangents[0])
        b = matrix_inverse(x)
        bh, bg = dot(b, h), dot(b, g)
        th, tg = sum(diagonal(bh)), sum(diagonal(bg))
        both = dot(bh, bg) + dot(bg, bh)
        inner = (th * tg - sum(diagonal(dot(bh, bg)))) * b
        inner = inner - dot(tg * bh + th * bg - both, b)
        gx = conj(det(x) * transpose(inner))
        return fitted((gx, x), (conj(self(x, g)), h))


class Expm(OfMatrix):
    """The exponential of a matrix: I + x + x²/2! + x³/3! + …"""

    name, doc = "expm", "The exponential of a square matrix: I + x + x²/2! + ..."
    numpy = "expm"

    def cotangent(self, x: Variable, y: Variable, g: Variable) -> Variable:
        """The upper right of the exponential of [[xᴴ, g], [0, xᴴ]] (Najfeld and Havel, 1995)."""
        n, turned = shape(x)[0], adjoint(x)
        both = concatenate([concatenate([turned, g], 1),
                            concatenate([g.zeros_like(), turned], 1)], 0)
        return getitem(expm(both), (slice(None, n), slice(n, None)))

    def notation(self, node: Apply) -> Notation:
        return call("expm", 1)


matrix_inverse, pinv, det, expm = MatrixInverse(), MatrixPinv(), Det(), Expm()
cofactors = Cofactors()


@answering
def matrix_dot(*args: Any) -> Variable:
    """The product of several matrices, from left to right.

    >>> matrix_dot([[2.0]], [[3.0]], [[4.0]]).eval()
    array([[24.]])
    """
    if not args:
        raise DTypeError("matrix_dot takes at least one matrix.", fix="Write matrix_dot(a, b, c).")
    product = as_tensor_variable(args[0])
    for factor in args[1:]:
        product = dot(product, factor)
    return product


@answering
def matrix_power(M: Any, n: int) -> Variable:
    """A square matrix times itself, n factors in all; for n = 0 the identity.

    >>> matrix_power([[1, 1], [0, 1]], 5).eval()
    array([[1, 5],
           [0, 1]])
    """
    x, n = matrix(M, "matrix_power"), whole(n, "n")
    if n < 0:
        return matrix_power(matrix_inverse(x), -n)
    power: Variable | None = None
    while n:  # x, x², x⁴, …: those that n is the sum of
        if n % 2:
            power = x if power is None else dot(power, x)
        n //= 2
        x = dot(x, x) if n else x
    return identity_like(x) if power is None else power


@answering
def matrix_norm(x: Any, ord: Any = None) -> Variable:
    """The norm of a vector or a matrix: `ord` is None (or "fro"), 1, -1, "inf", "-inf", or, for
    vectors, 0 or any number; None for tensors of more dimensions too.

    >>> matrix_norm([[3.0, 0.0], [0.0, 4.0]], "fro").eval()
    array(5.)
    """
    x = as_tensor_variable(x)
    name = {np.inf: "inf", -np.inf: "-inf"}.get(ord, ord) if isinstance(ord, float) else ord
    if x.ndim == 0 or (x.ndim > 2 and name is not None):
        raise ShapeError(f"a norm is of a vector or a matrix, and {quoted(x)} is {x.type}.",
                         fix="Flatten it.")
    counts = isinstance(name, (int, float)) and name == 0
    if not counts and x.dtype in DISCRETE:
        x = cast(x, "float64")  # small integers have squares that they do not hold
    if name is None or (isinstance(name, str) and name == "fro" and x.ndim == 2):
        return root(sum(squared_size(x)))
    size = abs(x)
    if x.ndim == 1:
        return _vector_norm(x, size, name)
    over: dict[Any, tuple[Any, int]] = {"inf": (max, 1), "-inf": (min, 1), 1: (max, 0),
                                        -1: (min, 0)}
    if not isinstance(name, (str, int)) or name not in over:
        raise BadValueError(f"the order of the norm of a matrix cannot be {ord!r}.",
                            fix="Choose None, 'fro', 1, -1, 'inf' or '-inf'.")
    choice, axis = over[name]
    return choice(sum(size, axis=axis))


def _vector_norm(x: Variable, size: Variable, name: Any) -> Variable:
    if isinstance(name, str) and name in ("inf", "-inf"):
        return (max if name == "inf" else min)(size)
    if not isinstance(name, (int, float)):
        raise BadValueError(f"the order of the norm of a vector cannot be {name!r}.",
                            fix="Choose None, 'inf', '-inf' or a number.")
    if name == 0:
        return sum(neq(x, 0))
    return root(sum(size**name), 1.0 / name)


@answering
def kron(a: Any, b: Any) -> Variable:
    """The Kronecker product: b, in blocks, times each element of a.

    >>> kron([[1, 2]], [[1, 1]]).eval()
    array([[1, 1, 2, 2]])
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    if x.ndim + y.ndim <= 2:
        raise DTypeError("the dimensions of the factors of kron add up to 3 or more, and these "
                         f"are {x.type} and {y.type}.", fix="Use outer for vectors.")
    sizes = [*[shape(x)[i] for i in range(x.ndim)], *[shape(y)[i] for i in range(y.ndim)]]
    every = reshape(outer(x, y), sizes)
    if every.ndim == 3:
        return reshape(dimshuffle(every, 1, 0, 2), (-1,))
    blocks = dimshuffle(every, 0, 2, 1, *range(3, every.ndim))
    return reshape(blocks, (sizes[0] * sizes[2], sizes[1] * sizes[3], *sizes[4:]))


@answering
def tensorinv(a: Any, ind: int = 2) -> Variable:
    """The inverse of a tensor that is a square matrix when its first `ind` dimensions are taken
    together, and the others.

    >>> import tutor.tensor as T
    >>> tensorinv(T.dtensor4("a")).ndim
    4
    """
    x, ind = as_tensor_variable(a), whole(ind, "ind")
    if not 0 < ind < x.ndim:
        raise BadValueError(f"ind cannot be {ind} for {x.ndim} dimensions.", fix="Pass 1 or more.")
    sizes = [shape(x)[i] for i in range(x.ndim)]
    square = reshape(x, (_count(sizes[:ind]), -1))
    return reshape(matrix_inverse(square), (*sizes[ind:], *sizes[:ind]))


def _count(sizes: Sequence[Any]) -> Any:
    total = sizes[0]
    for size in sizes[1:]:
        total = total * size
    return total


def _enter_examples() -> None:
    square = [[2.0, 0.3, 0.1], [-0.4, 1.5, 0.2], [0.6, -0.1, 1.1]]
    for name, build, reference in (
            ("matrix_inverse", matrix_inverse, np.linalg.inv), ("det", det, np.linalg.det),
            ("pinv", pinv, np.linalg.pinv)):
        example(name, build, reference, square, kinds="fc")
    example("pinv", pinv, np.linalg.pinv, (3, 2), kinds="fc")
    example("expm", expm, _series, square, kinds="fc")
    flat = [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 1.0, 1.0]]
    for at in (square, flat):
        example("det", det, np.linalg.det, at, kinds="fc")
        example("cofactors", cofactors, _minors, at, kinds="fc", differentiable=at is square)
        example("cofactor_slope", CofactorSlope(), lambda x, h: _slope(x, h), at, (3, 3), kinds="f",
                differentiable=at is square)
    for n in range(4):
        example("matrix_power", lambda x, n=n: matrix_power(x, n),
                lambda x, n=n: np.linalg.matrix_power(x, n), (2, 2), kinds="ifc",
                differentiable=n > 0)
    order: Any
    for order in ("fro", "inf", "-inf", 1, -1):
        example("matrix_norm", lambda x, o=order: matrix_norm(x, o),
                lambda x, o=order: np.linalg.norm(x, float(o) if str(o).endswith("inf") else o),
                (2, 3), kinds="f")
    for order in (None, "inf", "-inf", 3, 1):
        example("matrix_norm", lambda x, o=order: matrix_norm(x, o),
                lambda x, o=order: np.linalg.norm(x, float(o) if isinstance(o, str) else o),
                (3,), kinds="f")
    example("matrix_norm", lambda x: matrix_norm(x, 0), lambda x: np.int64((x != 0).sum()),
            [0.0, 2.0, 3.0], differentiable=False, kinds="f")
    for shapes in (((2, 3), (2, 2)), ((2,), (2, 3))):
        example("kron", kron, lambda x, y: _kron(x, y), *shapes)
    example("matrix_dot", matrix_dot, lambda x, y, z: x @ y @ z, (2, 3), (3, 2), (2, 2))
    example("tensorinv", lambda x: tensorinv(x, 1), lambda x: np.linalg.tensorinv(x, 1),
            np.reshape(square, (3, 3, 1))[:, :, 0].reshape(3, 3, 1), kinds="fc")


def _minors(x: Any) -> Any:
    """Cofactors by their definition."""
    found = np.empty_like(x)
    for i, j in np.ndindex(*x.shape):
        minor = np.delete(np.delete(x, i, 0), j, 1)
        found[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return found


def _slope(x: Any, h: Any) -> Any:
    """How cofactors, quadratic in a matrix of three rows, change, by central differences."""
    return (_minors(x + h / 2) - _minors(x - h / 2)).astype(x.dtype)


def _series(x: Any) -> Any:
    total, term = np.eye(len(x), dtype=x.dtype), np.eye(len(x), dtype=x.dtype)
    for n in range(1, 60):
        term = term @ x / n
        total = total + term
    return total


def _kron(x: Any, y: Any) -> Any:
    return np.kron(x, y) if x.ndim == 2 else (x[None, :, None] * y[:, None]).reshape(-1)


_enter_examples()
