"""Complex numbers: their parts, angle, conjugate, and how they are made of reals.

The cotangent of a complex variable is dC/d(real part) + i·dC/d(imaginary part), for a real cost C.

>>> import tutor.tensor as T
>>> T.real(T.zvector("z")).type
TensorType(float64, vector)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.elementwise import abs_, reals
from tutor.core.graph import Variable
from tutor.core.row import Elementwise, same
from tutor.core.types import float_of
from tutor.ops.functions import cos, sin

__all__ = ["angle", "complex", "complex_from_polar", "imag", "real"]


def complexes(*dtypes: str) -> str:
    """The complex dtype whose parts hold the operands."""
    return "complex64" if float_of(same(*dtypes)) in ("float16", "float32") else "complex128"


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
    grad=lambda x, y, g: g, analytic=False, reference=np.real,
    text="real({0})", cheap=True, zero_sign="kept", doc="The real part.")
imag = Elementwise(
    "imag", "+{0}.imag", reals, integers="{0} ^ {0}", latex=r"\operatorname{{Im}}\left({0}\right)",
    grad=lambda x, y, g: complex(0, g), analytic=False, reference=np.imag,
    text="imag({0})", cheap=True, zero_sign="lost", doc="The imaginary part.")
complex: Elementwise = Elementwise(
    "complex", "complex_of({0}, {1}, {dtype})", complexes, text="complex({0}, {1})",
    latex=r"{0} + \mathrm{{i}} {1}", level=6, needs=(6, 10),
    grad=lambda x, y, z, g: (real(g), imag(g)), analytic=False, accepts="biuf",
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
    grad=lambda x, y, g: _angle_grad(x, g), analytic=False, text="angle({0})",
    reference=lambda x: np.angle(np.asarray(x, "complex128")), kernels={"angle_of": angle_of},
    doc="The angle of a complex number, in radians: float64, as in Theano.")


def _angle_grad(x: Variable, g: Variable) -> Variable | None:
    if not x.dtype.startswith("complex"):
        return None
    turned: Variable = complex(-g * imag(x), g * real(x))
    return turned / abs_(x) / abs_(x)


