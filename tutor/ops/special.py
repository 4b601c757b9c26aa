"""Special functions, elementwise: the error function, gamma, sigmoid, softplus, and their kin.

Comes after the elementary functions. What NumPy lacks is computed in
`approximations.py`.

>>> import tutor.tensor as T
>>> T.gamma([5.0]).eval()
array([24.])
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.core.elementwise import (
    Elementwise,
    and_,
    eq,
    exp,
    floats,
    ge,
    gt,
    log,
    sigmoid,
    sqr,
    switch,
)
from tutor.ops import approximations as exact
from tutor.ops.selecting import MANY, WORDS, select

__all__ = [
    "erf", "erfc", "erfcinv", "erfinv", "gamma", "gammaln", "polygamma", "psi", "tri_gamma",
    "xlogy0",
]  # fmt: skip


def _special(name: str, kernel: Callable[..., Any], reference: Callable[..., Any] | None = None,
             **row: Any) -> Elementwise:
    """A special function of real numbers, which is an expression of its own."""
    operands = "{0}, {1}" if name == "polygamma" else "{0}"
    return Elementwise(name, f"{name}({operands})", floats, accepts="biuf",
                       reference=reference or kernel, kernels={name: kernel}, **row)


erf = _special(
    "erf", exact.erf, exact.one_erf, scalar="erf({0})", into="erf({0}, out={out})",
    grad=lambda x, y, g: g * exp(-sqr(x)) * (2 / math.sqrt(math.pi)), zero_sign="kept",
    doc="The error function.")
erfc = _special(
    "erfc", exact.erfc, exact.one_erfc, scalar="erfc({0})",
    grad=lambda x, y, g: g * exp(-sqr(x)) * (-2 / math.sqrt(math.pi)), zero_sign="lost",
    doc="1 - erf(x), precise also where that is small.")
erfinv = _special(
    "erfinv", exact.erfinv, latex=r"\operatorname{{erf}}^{{-1}}\left({0}\right)",
    grad=lambda x, y, g: g * exp(sqr(y)) * (math.sqrt(math.pi) / 2), domain=(-0.9, 0.9), poles=True,
    zero_sign="kept", doc="The y with erf(y) = x.")
erfcinv = _special(
    "erfcinv", exact.erfcinv, latex=r"\operatorname{{erfc}}^{{-1}}\left({0}\right)",
    grad=lambda x, y, g: g * exp(sqr(y)) * (-math.sqrt(math.pi) / 2), domain=(0.1, 1.9), poles=True,
    zero_sign="lost", doc="The y with erfc(y) = x.")
gamma = _special(
    "gamma", exact.gamma, latex=r"\Gamma\left({0}\right)", symbol="Γ", scalar="gamma({0})",
    grad=lambda x, y, g: g * y * psi(x), domain=(0.5, 4.0), poles=True,
    doc="The gamma function: (x - 1)! for a whole number x.")
gammaln = _special(
    "gammaln", exact.gammaln, latex=r"\log\Gamma\left({0}\right)", symbol="log Γ",
    scalar="lgamma({0})", grad=lambda x, y, g: g * psi(x), domain=(0.5, 4.0), poles=True,
    zero_sign="lost", doc="The logarithm of the absolute value of gamma.")
psi: Elementwise = _special(
    "psi", exact.psi, latex=r"\psi\left({0}\right)", symbol="ψ", aliases=("digamma",),
    grad=lambda x, y, g: g * tri_gamma(x), domain=(0.5, 4.0), poles=True,
    doc="The derivative of the logarithm of gamma.")
tri_gamma: Elementwise = _special(
    "tri_gamma", exact.tri_gamma, latex=r"\psi'\left({0}\right)", symbol="ψ′",
    grad=lambda x, y, g: g * polygamma(2, x), domain=(0.5, 4.0), poles=True, zero_sign="lost",
    doc="The derivative of psi.")
polygamma: Elementwise = _special(
    "polygamma", exact.polygamma, latex=r"\psi^{{({0})}}\left({1}\right)", symbol="ψ⁽ⁿ⁾",
    grad=lambda n, x, y, g: (None, g * polygamma(n + 1, x)), domain=(1, 4), poles=True,
    zero_sign="lost", doc="The n-th derivative of psi, for whole n from 0 on.")


def _softplus(x: Any, out: Any = None) -> Any:
    """log(1 + exp(x)) from the exponential that does not overflow; `out` may be x itself."""
    top = np.maximum(x, 0)
    rest = np.log1p(np.exp(np.negative(np.abs(x, out), out), out), out)
    return np.add(top, rest, out)


softplus = Elementwise(
    "softplus", "softplus({0})", floats, accepts="biuf", grad=lambda x, y, g: g * sigmoid(x),
    scalar="log1p(exp({0}))", reference=lambda x: np.logaddexp(0, x), result_sign="positive",
    kernels={"softplus": _softplus}, into="softplus({0}, out={out})", zero_sign="lost",
    doc="log(1 + exp(x)), without overflow.")


def _log1mexp(x: Any) -> Any:
    """log(1 - exp(x)): by expm1 where exp(x) is near 1, by log1p where it is small."""
    near = np.greater(x, -0.6931471805599453)
    return np.where(near, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))[()]


log1mexp = Elementwise(
    "log1mexp", "log1mexp({0})", accepts="f", domain=(-3.0, -0.1),
    latex=r"\log\left(1 - e^{{{0}}}\right)", grad=lambda x, y, g: -g * exp(x - y),
    reference=lambda x: np.log1p(-np.exp(x)), poles=True, zero_sign="lost",
    kernels={"log1mexp": _log1mexp},
    doc="log(1 - exp(x)) for negative x, precise near 0 and far from it.")


def xlogy(x: Any, y: Any) -> Any:
    """x log y, and 0 where x is 0."""
    dtype = np.result_type(x, y)
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    return np.where(np.equal(x, 0), np.zeros_like(x), x * np.log(np.where(np.equal(x, 0), 1, y)))


xlogy0 = Elementwise(
    "xlogy0", "xlogy({0}, {1})", floats, latex=r"{0} \log\left({1}\right)", level=7, needs=(8, 0),
    accepts="biuf", grad=lambda x, y, z, g: (g * log(y), g * x / y),
    chooses=lambda x, y, z: (None, (and_(eq(x, 0), eq(y, 0)), False)), domain=(0.1, 3.0),
    reference=lambda x, y: x * np.log(y), poles=True, kernels={"xlogy": xlogy}, zero_sign="lost",
    doc="x log y; 0 where x is 0.")
relu = Elementwise(
    "relu", "maximum({0}, 0)", floats, accepts="biuf", reference=lambda x: np.maximum(x, 0),
    grad=lambda x, y, g: g * switch(gt(x, 0), 1, 0.5), chooses=lambda x, y: ((ge(x, 0), True),),
    subgradient="1/2 at 0", result_sign="not negative", cheap=True, zero_sign="lost",
    doc="x where it is positive, else 0. At 0 its slope counts as 1/2, as in Theano.")


def rectified_back(x: Any, g: Any, out: Any = None) -> Any:
    """g where x is positive, half of it where x is 0, else 0: of many elements by their bits."""
    dtype = np.result_type(x, g) if out is None else out.dtype
    above = np.greater(x, 0)
    if np.size(x) < MANY or np.shape(x) != np.shape(g) or dtype.itemsize not in WORDS:
        return select(above, g, np.where(np.equal(x, 0), g * np.array(0.5, dtype), 0), out)
    word, g = WORDS[dtype.itemsize], np.asarray(g, dtype)
    target = None if out is None else out.view(word)
    zero = np.equal(x, 0)
    half = zero.view("int8") * (g * np.array(0.5, dtype)).view(word) if zero.any() else None
    found = np.multiply(above.view("int8"), g.view(word), target)
    if half is not None:
        np.bitwise_or(found, half, found)
    return found.view(dtype) if out is None else out


relu_back: Elementwise = Elementwise(
    "relu_back", "relu_back({0}, {1})", accepts="f", kernels={"relu_back": rectified_back},
    into="relu_back({0}, {1}, out={out})",
    reference=lambda x, g: np.where(x > 0, g, np.where(x == 0, g / 2, 0)),
    grad=lambda x, g, y, h: (None, relu_back(x, h)), zero_sign=("lost", "kept"),
    doc="What the cotangent g of a relu gives x: g where x is positive, half of it at 0, else 0.")
