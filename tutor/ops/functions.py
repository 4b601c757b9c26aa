"""Elementwise functions of mathematics: exponentials, trigonometry, rounding, complex numbers.

Each op is one block. The cotangent of a complex variable is dC/d(real part) + i·dC/d(imaginary
part), for a real cost C.

>>> import tutor.tensor as T
>>> T.exp(T.lscalar("x")).type, T.real(T.zvector("z")).type
(TensorType(float64, scalar), TensorType(float64, vector))
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tutor.checking import chosen
from tutor.core.elementwise import (
    Elementwise,
    abs_,
    cast,
    eq,
    exp,
    floats,
    lt,
    reals,
    sgn,
    sigmoid,
    sqr,
    sqrt,
    switch,
)
from tutor.core.graph import Apply, Variable, as_tensor_variable
from tutor.core.types import DISCRETE, float_of, promote
from tutor.notation import call, said
from tutor.ops.examples import like

__all__ = [
    "angle", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt",
    "ceil", "complex", "complex_from_polar", "copysign", "cos", "cosh", "deg2rad", "exp2",
    "expm1", "floor", "floor_div", "hypot", "imag", "inv", "iround", "log1p", "log2", "log10",
    "logaddexp", "logaddexp2", "mod", "rad2deg", "real", "round", "round_half_away_from_zero",
    "round_half_to_even", "sin", "sinc", "sinh", "tan", "trunc",
]  # fmt: skip


floor_div = Elementwise(
    "floor_div", "floor_divide({0}, {1})", text="{0} // {1}", symbol="//", level=6, needs=(7, 8),
    latex=r"\left\lfloor {0} / {1} \right\rfloor", accepts="iuf", domain=(0.5, 3.0),
    aliases=("int_div",), poles=True, subgradient="0 at whole quotients",
    zero_sign=("kept", "seen"), grad=None, doc="The quotient rounded down.")
mod = Elementwise(
    "mod", "remainder({0}, {1})", text="{0} % {1}", latex=r"{0} \bmod {1}", level=6, needs=(7, 8),
    grad=lambda x, y, z, g: (g, -g * floor_div(x, y)), accepts="iuf", domain=(0.5, 3.0), poles=True,
    subgradient="1 at whole quotients", zero_sign="lost",
    doc="The remainder of x // y, with the sign of y.")
inv = Elementwise(
    "reciprocal", "1 / {0}", floats, symbol="1/□", latex=lambda node: _reciprocal(node),
    grad=lambda x, y, g: -g * y * y, scalar="1.0 / {0}", reference=lambda x: 1 / x,
    domain=(0.5, 3.0), aliases=("inv",), poles=True, result_sign="kept", cheap=True,
    into="reciprocal({0}, out={out})", doc="One over x.")


def _reciprocal(node: Apply) -> str:
    """A fraction; of whole numbers it has another dtype than that, and is called by its name."""
    whole = node.inputs[0].dtype in DISCRETE
    return r"\operatorname{{reciprocal}}\left({0}\right)" if whole else r"\frac{{1}}{{{0}}}"


exp2 = Elementwise(
    "exp2", "exp2({0})", floats, latex="2^{{{0}}}", level=9, scalar="exp2({0})",
    grad=lambda x, y, g: g * y * math.log(2), poles=True, result_sign="positive", zero_sign="lost",
    doc="2 to the power x.")
expm1 = Elementwise(
    "expm1", "expm1({0})", floats, scalar="expm1({0})", grad=lambda x, y, g: g * exp(x), poles=True,
    zero_sign="kept", doc="exp(x) - 1, precise also where x is small.")
log2 = Elementwise(
    "log2", "log2({0})", floats, latex=r"\log_{{2}}\left({0}\right)", scalar="log2({0})",
    grad=lambda x, y, g: g / (x * math.log(2)), domain=(0.1, 3.0), poles=True, zero_sign="lost",
    doc="The logarithm to the base 2.")
log10 = Elementwise(
    "log10", "log10({0})", floats, latex=r"\log_{{10}}\left({0}\right)", scalar="log10({0})",
    grad=lambda x, y, g: g / (x * math.log(10)), domain=(0.1, 3.0), poles=True, zero_sign="lost",
    doc="The logarithm to the base 10.")
log1p = Elementwise(
    "log1p", "log1p({0})", floats, scalar="log1p({0})", grad=lambda x, y, g: g / (1 + x),
    domain=(-0.8, 3.0), poles=True, zero_sign="kept",
    doc="log(1 + x), precise also where x is small.")
logaddexp = Elementwise(
    "logaddexp", "logaddexp({0}, {1})", floats, accepts="biuf", commutative=True,
    grad=lambda x, y, z, g: _shares(1.0, x, y, z, g), zero_sign="lost",
    doc="log(exp(x) + exp(y)), without overflow.")
logaddexp2 = Elementwise(
    "logaddexp2", "logaddexp2({0}, {1})", floats, accepts="biuf", commutative=True,
    grad=lambda x, y, z, g: _shares(math.log(2), x, y, z, g), zero_sign="lost",
    doc="log2(2**x + 2**y), without overflow.")


def of_something(total: Variable) -> Variable:
    """The logarithm of a total, for its terms to be divided by it: that of 1 where all are 0."""
    return switch(eq(total, -math.inf), 0, total)


def _shares(scale: float, x: Variable, y: Variable, z: Variable, g: Variable
            ) -> tuple[Variable, Variable]:
    """What two logarithms get of the cotangent of that of their sum. Derivatives of shares that are
    written by the sum would be differences of numbers that are next to equal."""
    apart = (cast(x, z.dtype) - cast(y, z.dtype)) * scale
    none = eq(z, -math.inf)
    return g * switch(none, 0, sigmoid(apart)), g * switch(none, 0, sigmoid(-apart))


copysign: Elementwise = Elementwise(
    "copysign", "copysign({0}, {1})", floats, scalar="copysign({0}, {1})", accepts="biuf",
    grad=lambda x, y, z, g: (g * sgn(x) * copysign(1, y), None), subgradient="0 at 0",
    converts=True, zero_sign=("lost", "seen"), doc="x with the sign of y, that of a zero too.")
cbrt = Elementwise(
    "cbrt", "cbrt({0})", floats, latex=r"\sqrt[3]{{{0}}}", symbol="∛", scalar="cbrt({0})",
    grad=lambda x, y, g: g / (3 * sqr(y)), accepts="biuf", domain=(0.1, 3.0), zero_sign="kept",
    doc="The cube root, of negative numbers too.")
hypot = Elementwise(
    "hypot", "hypot({0}, {1})", floats, grad=lambda x, y, z, g: (g * (x / z), g * (y / z)),
    chooses=lambda x, y, z: ((eq(z, 0), False),) * 2, scalar="hypot({0}, {1})", accepts="biuf",
    commutative=True, subgradient="0 at (0, 0)", zero_sign="lost",
    doc="The long side of a right triangle: sqrt(x² + y²).")

sin = Elementwise(
    "sin", "sin({0})", floats, latex=r"\sin\left({0}\right)", scalar="sin({0})",
    grad=lambda x, y, g: g * cos(x), zero_sign="kept", doc="The sine of x, in radians.")
cos: Elementwise = Elementwise(
    "cos", "cos({0})", floats, latex=r"\cos\left({0}\right)", scalar="cos({0})",
    grad=lambda x, y, g: -g * sin(x), zero_sign="lost", doc="The cosine of x, in radians.")
tan = Elementwise(
    "tan", "tan({0})", floats, latex=r"\tan\left({0}\right)", scalar="tan({0})",
    grad=lambda x, y, g: g * (1 + sqr(y)), domain=(-1.2, 1.2), poles=True, zero_sign="kept",
    doc="The tangent of x, in radians.")
arcsin = Elementwise(
    "arcsin", "arcsin({0})", floats, latex=r"\arcsin\left({0}\right)", scalar="asin({0})",
    grad=lambda x, y, g: g / sqrt(1 - sqr(x)), domain=(-0.9, 0.9), aliases=("asin",), poles=True,
    zero_sign="kept", doc="The angle, in radians, whose sine is x.")
arccos = Elementwise(
    "arccos", "arccos({0})", floats, latex=r"\arccos\left({0}\right)", scalar="acos({0})",
    grad=lambda x, y, g: -g / sqrt(1 - sqr(x)), domain=(-0.9, 0.9), aliases=("acos",), poles=True,
    zero_sign="lost", doc="The angle, in radians, whose cosine is x.")
arctan = Elementwise(
    "arctan", "arctan({0})", floats, latex=r"\arctan\left({0}\right)", scalar="atan({0})",
    grad=lambda x, y, g: g / (1 + sqr(x)), aliases=("atan",), zero_sign="kept",
    doc="The angle, in radians, whose tangent is x.")
arctan2 = Elementwise(
    "arctan2", "arctan2({0}, {1})", floats, scalar="atan2({0}, {1})", accepts="biuf",
    domain=(0.3, 2.0),
    grad=lambda y, x, z, g: (g * (x / hypot(x, y) / hypot(x, y)),
                             -g * (y / hypot(x, y) / hypot(x, y))),
    aliases=("atan2",), doc="The angle, in radians, of the point (y, x): vertical part first.")
sinh = Elementwise(
    "sinh", "sinh({0})", floats, latex=r"\sinh\left({0}\right)", scalar="sinh({0})",
    grad=lambda x, y, g: g * cosh(x), poles=True, zero_sign="kept", doc="The hyperbolic sine.")
cosh: Elementwise = Elementwise(
    "cosh", "cosh({0})", floats, latex=r"\cosh\left({0}\right)", scalar="cosh({0})",
    grad=lambda x, y, g: g * sinh(x), poles=True, result_sign="positive", zero_sign="lost",
    doc="The hyperbolic cosine.")
arcsinh = Elementwise(
    "arcsinh", "arcsinh({0})", floats, grad=lambda x, y, g: g / sqrt(sqr(x) + 1),
    scalar="asinh({0})", aliases=("asinh",), zero_sign="kept",
    doc="The inverse of the hyperbolic sine.")
arccosh = Elementwise(
    "arccosh", "arccosh({0})", floats, grad=lambda x, y, g: g / (sqrt(x - 1) * sqrt(x + 1)),
    scalar="acosh({0})", domain=(1.2, 3.0), aliases=("acosh",), poles=True, zero_sign="lost",
    doc="The inverse of the hyperbolic cosine.")
arctanh = Elementwise(
    "arctanh", "arctanh({0})", floats, grad=lambda x, y, g: g / (1 - sqr(x)), scalar="atanh({0})",
    domain=(-0.9, 0.9), aliases=("atanh",), poles=True, zero_sign="kept",
    doc="The inverse of the hyperbolic tangent.")
deg2rad: Elementwise = Elementwise(
    "deg2rad", "deg2rad({0})", floats, scalar="radians({0})", accepts="biuf",
    grad=lambda x, y, g: deg2rad(g), aliases=("radians",), zero_sign="kept",
    doc="An angle in degrees, in radians.")
rad2deg: Elementwise = Elementwise(
    "rad2deg", "rad2deg({0})", floats, scalar="degrees({0})", accepts="biuf",
    grad=lambda x, y, g: rad2deg(g), aliases=("degrees",), zero_sign="kept",
    doc="An angle in radians, in degrees.")

floor = Elementwise(
    "floor", "floor({0})", floats, latex=r"\left\lfloor {0} \right\rfloor", accepts="biuf",
    symbol="⌊□⌋", subgradient="0 at whole numbers", zero_sign="kept", grad=None,
    doc="The largest whole number that is not larger than x.")
ceil = Elementwise(
    "ceil", "ceil({0})", floats, latex=r"\left\lceil {0} \right\rceil", accepts="biuf",
    symbol="⌈□⌉", subgradient="0 at whole numbers", zero_sign="kept", grad=None,
    doc="The smallest whole number that is not smaller than x.")
trunc = Elementwise(
    "trunc", "trunc({0})", floats, accepts="biuf", subgradient="0 at whole numbers",
    zero_sign="kept", grad=None, doc="x without what stands behind the point.")
round_half_to_even = Elementwise(
    "round_half_to_even", "rint({0})", integers="+{0}", accepts="iuf", aliases=("rint",),
    text="round({0})", latex=r"\left\lfloor {0} \right\rceil", symbol="round",
    subgradient="0 at halves", zero_sign="kept", grad=None,
    doc="The nearest whole number; of two that are equally near, the even one.")


def half_away(x: Any) -> Any:
    """x rounded to whole numbers, halves away from zero."""
    whole = np.trunc(x)
    return whole + np.copysign(np.abs(x - whole) >= 0.5, x)


round_half_away_from_zero = Elementwise(
    "round_half_away_from_zero", "half_away({0})", kernels={"half_away": half_away},
    integers="+{0}", accepts="iuf", symbol="round",
    reference=lambda x: np.trunc(x + np.copysign(0.5, x)), subgradient="0 at halves",
    zero_sign="kept", grad=None,
    doc="The nearest whole number; of two that are equally near, the one away from zero.")

ROUNDINGS = {"half_to_even": round_half_to_even,
             "half_away_from_zero": round_half_away_from_zero}


def round(a: Any, mode: str | None = None) -> Variable:
    """The nearest whole numbers; `mode` is "half_to_even" (the default) or "half_away_from_zero".
    Raises BadValueError for another mode, DTypeError for complex numbers.

    >>> round([0.5, 1.5, 2.5]).eval(), round([0.5, 1.5, 2.5], "half_away_from_zero").eval()
    (array([0., 2., 2.]), array([1., 2., 3.]))
    """
    way = "half_to_even" if mode is None else chosen(mode, ROUNDINGS, "the mode of round")
    return ROUNDINGS[way](as_tensor_variable(a))


def sinc(x: Any) -> Variable:
    """sin(πx) / (πx), and 1 at 0, where its derivatives are right too.

    >>> sinc([0.0, 0.5]).eval()
    array([1.        , 0.63661977])
    """
    x = as_tensor_variable(x)
    y = math.pi * cast(x, float_of(x.dtype))
    square = sqr(y)
    near = 1 - square / 6 * (1 - square / 20)
    return said(switch(lt(abs(y), 1e-3), near, sin(y) / y), "sinc", (call("sinc", 1), (x,)))


def iround(a: Any, mode: str | None = None) -> Variable:
    """The nearest whole numbers (see `round`), as int64. Raises BadValueError for another mode,
    DTypeError for complex numbers.

    >>> iround(2.7).eval()
    array(3)
    """
    return cast(round(a, mode), "int64")


def complexes(*dtypes: str) -> str:
    """The complex dtype whose parts hold the operands."""
    return "complex64" if float_of(promote(*dtypes)) in ("float16", "float32") else "complex128"


def complex_of(x: Any, y: Any, dtype: str) -> Any:
    """x + iy, part by part, so that an infinite part leaves the other as it is."""
    z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), dtype)
    z.real, z.imag = x, y
    return z[()]


def polar(r: Any, angle: Any, dtype: str) -> Any:
    """r·exp(i·angle)."""
    part = np.dtype(dtype).type(0).real.dtype
    cos, sin = np.cos(angle, dtype=part), np.sin(angle, dtype=part)
    return complex_of(r * cos, r * sin, dtype)


def angle_of(x: Any) -> Any:
    """The angle of complex numbers; of real ones 0 or π."""
    return np.arctan2(np.imag(x), np.real(x), dtype="float64")


real = Elementwise(
    "real", "+{0}.real", reals, integers="{0} | {0}", latex=r"\operatorname{{Re}}\left({0}\right)",
    grad=lambda x, y, g: g, analytic=False, reference=np.real, cheap=True, zero_sign="kept",
    doc="The real part.")
imag = Elementwise(
    "imag", "+{0}.imag", reals, integers="{0} ^ {0}", latex=r"\operatorname{{Im}}\left({0}\right)",
    grad=lambda x, y, g: complex(0, g), analytic=False, reference=np.imag, cheap=True,
    zero_sign="lost", doc="The imaginary part.")
complex: Elementwise = Elementwise(
    "complex", "complex_of({0}, {1}, {dtype})", complexes, latex=r"{0} + \mathrm{{i}} {1}", level=6,
    needs=(6, 10), grad=lambda x, y, z, g: (real(g), imag(g)), analytic=False, accepts="biuf",
    reference=lambda x, y: x + 1j * y, kernels={"complex_of": complex_of},
    doc="The complex number x + iy.")
complex_from_polar = Elementwise(
    "complex_from_polar", "polar({0}, {1}, {dtype})", complexes,
    latex=r"{0} \mathrm{{e}}^{{\mathrm{{i}} {1}}}", level=7, needs=(8, 10), accepts="biuf",
    analytic=False,
    grad=lambda r, a, z, g: (real(g) * cos(a) + imag(g) * sin(a),
                             imag(g) * r * cos(a) - real(g) * r * sin(a)),
    reference=lambda r, a: r * np.exp(1j * a), kernels={"polar": polar},
    doc="The complex number with this absolute value and angle (in radians).")
angle = Elementwise(
    "angle", "angle_of({0})", lambda x: "float64", latex=r"\arg\left({0}\right)",
    grad=lambda x, y, g: _angle_grad(x, g), analytic=False,
    reference=lambda x: np.angle(np.asarray(x, "complex128")), kernels={"angle_of": angle_of},
    doc="The angle of a complex number, in radians: float64, as in Theano.")


def _angle_grad(x: Variable, g: Variable) -> Variable | None:
    if not x.dtype.startswith("complex"):
        return None
    turned: Variable = complex(-g * imag(x), g * real(x))
    return turned / abs_(x) / abs_(x)


like(sinc, [0.0, 1e-5, -0.3, 2.5], kinds="f")
like(sinc, [0, 1], kinds="i", differentiable=False)
