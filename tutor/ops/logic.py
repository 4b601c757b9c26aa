"""Logic and choices besides the core's: isnan, or_, xor, shifts, logical_and, clip, isclose, …

Comes after arithmetic. Tests give bools; a switch, of the core, computes both of its branches.

>>> import tutor.tensor as T
>>> T.switch(T.gt(T.dvector("x"), 0), 1, -1).type
TensorType(int8, vector)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tutor.checking import truth
from tutor.core.elementwise import Elementwise, and_, booleans, eq, ge, gt, le, lt, maximum, neq
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.ops import selecting as selecting

__all__ = [
    "allclose", "ceil_intdiv", "clip", "divmod", "invert", "isclose", "isfinite", "isinf", "isnan",
    "left_shift", "logical_and", "logical_not", "logical_or", "logical_xor", "or_", "right_shift",
    "xor",
]  # fmt: skip

isnan = Elementwise("isnan", "isnan({0})", booleans, asks_finite=True, zero_sign="lost", grad=None,
                    doc="Whether x is not a number.")
isinf = Elementwise("isinf", "isinf({0})", booleans, asks_finite=True, zero_sign="lost", grad=None,
                    doc="Whether x is infinite.")
isfinite = Elementwise("isfinite", "isfinite({0})", booleans, asks_finite=True, zero_sign="lost",
                       grad=None, doc="Whether x is neither infinite nor nan.")


def bits(truths: str, numbers: str) -> Callable[[Apply], str]:
    """How an op is written over truths, and over the bits of numbers."""
    return lambda node: truths if node.outputs[0].dtype == "bool" else numbers


or_ = Elementwise(
    "or_", "bitwise_or({0}, {1})", text="{0} | {1}", symbol="or",
    latex=bits(r"{0} \vee {1}", r"{0} \mathbin{{|}} {1}"), level=1, needs=(5, 5), accepts="biu",
    commutative=True, aliases=("bitwise_or",), cheap=True, grad=None,
    doc="Bitwise or; of bools, logical or.")
invert = Elementwise(
    "invert", "invert({0})", text="~{0}", symbol="not", level=8, needs=(8,),
    latex=bits(r"\neg {0}", r"\sim {0}"), accepts="biu", aliases=("bitwise_not",), cheap=True,
    grad=None, doc="Bitwise not; of bools, logical not.")
xor = Elementwise(
    "xor", "bitwise_xor({0}, {1})", text="{0} ^ {1}",
    latex=bits(r"{0} \oplus {1}", r"{0} \mathbin{{\mathrm{{xor}}}} {1}"), level=2, needs=(5, 5),
    accepts="biu", commutative=True, aliases=("bitwise_xor",), cheap=True, grad=None,
    doc="Bitwise exclusive or; of bools, whether they differ.")
left_shift = Elementwise(
    "left_shift", "left_shift({0}, {1})", text="{0} << {1}", latex=r"{0} \ll {1}", symbol="<<",
    level=5, needs=(6, 6), accepts="iu", domain=(0, 4), grad=None,
    doc="x with its bits moved y places to the left.")
right_shift = Elementwise(
    "right_shift", "right_shift({0}, {1})", text="{0} >> {1}", latex=r"{0} \gg {1}", symbol=">>",
    level=5, needs=(6, 6), accepts="iu", domain=(0, 4), grad=None,
    doc="x with its bits moved y places to the right.")
logical_and = Elementwise(
    "logical_and", "logical_and({0}, {1})", booleans, latex=r"{0} \wedge {1}", symbol="and",
    level=3, needs=(5, 5), commutative=True, zero_sign="lost", grad=None,
    doc="Whether x and y are both true (not 0).")
logical_or = Elementwise(
    "logical_or", "logical_or({0}, {1})", booleans, latex=r"{0} \vee {1}", symbol="or", level=1,
    needs=(5, 5), commutative=True, zero_sign="lost", grad=None,
    doc="Whether x or y is true (not 0), or both.")
logical_xor = Elementwise(
    "logical_xor", "logical_xor({0}, {1})", booleans, latex=r"{0} \oplus {1}", symbol="xor",
    level=2, needs=(5, 5), commutative=True, zero_sign="lost", grad=None,
    doc="Whether exactly one of x and y is true (not 0).")
logical_not = Elementwise(
    "logical_not", "logical_not({0})", booleans, latex=r"\neg {0}", symbol="not", level=8,
    needs=(8,), aliases=("not_",), cheap=True, zero_sign="lost", grad=None,
    doc="Whether x is false (0).")


clip = Elementwise(
    "clip", "clip({0}, {1}, {2})", accepts="biuf", grad=lambda x, low, high, z, g: (g, g, g),
    chooses=lambda x, low, high, z: (
        (and_(ge(x, low), le(x, high)), True), (and_(lt(x, low), le(low, high)), True),
        (gt(maximum(x, low), high), True)),
    subgradient="1 at both ends", cheap=True, zero_sign="kept", doc="x, held between low and high.")


def isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
            ) -> Variable:
    """Whether |a - b| ≤ atol + rtol·|b|, element by element; infinities are close to themselves.

    >>> isclose(1.0, 1.0 + 1e-9).eval()
    array(True)
    """
    a, b = (v.astype("int8") if v.dtype == "bool" else v for v in map(as_tensor_variable, (a, b)))
    equal_nan = truth(equal_nan, "equal_nan")
    near = and_(le(abs(a - b), atol + rtol * abs(b)), and_(isfinite(a), isfinite(b)))
    result: Variable = or_(near, eq(a, b))
    return or_(result, and_(isnan(a), isnan(b))) if equal_nan else result


def allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
             ) -> Variable:
    """Whether all elements are close (see `isclose`).

    >>> allclose([1.0, 2.0], [1.0, 2.5]).eval()
    array(False)
    """
    return isclose(a, b, rtol, atol, equal_nan).all()


def ceil_intdiv(a: Any, b: Any) -> Variable:
    """The quotient of integers rounded up.

    >>> import tutor.tensor as T
    >>> n = T.lscalar("n")
    >>> ceil_intdiv(n, 2).eval({n: 7})
    array(4)
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    below = a // b
    return below + neq(a % b, 0).astype(below.dtype)


def divmod(x: Any, y: Any) -> list[Variable]:
    """The quotient rounded down, and the remainder. Raises DTypeError for complex numbers.

    >>> [int(v.eval()) for v in divmod(7, 2)]
    [3, 1]
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    return [x // y, x % y]

xor.advice = "^ is the exclusive or of bits. A power is written with **: x ** 2."
invert.advice = "~ is the opposite of bools: ~(x > 0). The negative of a number is written -x."
and_.advice = or_.advice = ("& and | join bools, and bind more strongly than comparisons do: "
                            "write (x > 0) & (x < 2), (x < 0) | (x > 2).")
left_shift.advice = right_shift.advice = "Of floats write x * 2 ** n, or x / 2 ** n."
