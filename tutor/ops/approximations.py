"""Special functions that NumPy lacks, over arrays: erf, gamma and their kin, to full double
precision.

Plain NumPy and `math`, no symbols. What `math` has is called for each element.

>>> float(erfcinv(np.float64(0.1)))
1.163087153676674
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def _each(name: str, function: Callable[[float], float], outside: Callable[[float], float]
          ) -> Callable[[Any], Any]:
    """A function of `math` over arrays; `outside` where that raises, inf where it overflows."""
    def one(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return outside(x)
        except OverflowError:
            return math.inf
    ufunc = np.frompyfunc(one, 1, 1)

    def over(x: Any) -> Any:
        return np.asarray(ufunc(x), dtype=x.dtype)[()]

    over.__name__ = name
    return over


erf = _each("erf", math.erf, lambda x: math.nan)
erfc = _each("erfc", math.erfc, lambda x: math.nan)
gamma = _each("gamma", math.gamma, lambda x: math.copysign(math.inf, x) if x == 0 else math.nan)
gammaln = _each("gammaln", math.lgamma, lambda x: math.inf)


def erfinv(x: Any) -> Any:
    """The y with erf(y) = x: from erfc where x is near 1, so that no digit is lost there."""
    size = np.abs(x)
    near = np.minimum(size, 0.5)  # solved for erf below a half, for erfc above
    y = _guess((1 - near) * (1 + near))
    for _ in range(2):
        y = _halley(y, (erf(y) - near) * _inverse_slope(y))
    return np.copysign(np.where(size <= 0.5, y, erfcinv(1 - size)), x)[()]


def erfcinv(t: Any) -> Any:
    """The y with erfc(y) = t, by Halley's method from Winitzki's closed form."""
    small = np.minimum(t, 2 - t)
    y = _guess(small * (2 - small))
    for _ in range(4):
        y = _halley(y, (small - erfc(y)) * _inverse_slope(y))
    y = np.where(small == 0, math.inf, y)
    return np.where(t <= 1, y, -y).astype(t.dtype)[()]


def _guess(rest: Any) -> Any:
    """erfinv(x) within 0.2 percent, from 1 - x²: S. Winitzki, "A handy approximation for the
    error function and its inverse" (2008)."""
    half = np.log(rest) / 2
    first = 2 / (math.pi * 0.147) + half
    return np.sqrt(np.maximum(np.sqrt(first * first - 2 * half / 0.147) - first, 0))


def _inverse_slope(y: Any) -> Any:
    return np.exp(y * y) * (math.sqrt(math.pi) / 2)


def _halley(y: Any, step: Any) -> Any:
    """One step; `step` is Newton's, and erf'' = -2y erf'."""
    return y - np.nan_to_num(step / (1 + y * step))


#: B₂ₖ / 2k for k = 1, 2, …, with the Bernoulli numbers B: the asymptotic series of digamma.
SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)
MOST_FACTORIAL = 150  # of this a float still holds the terms of the series
FAR = 12.0  # from here on the series is exact to rounding


def psi(x: Any) -> Any:
    """The logarithmic derivative of gamma: recurrence up to `FAR`, reflection for negative x
    (Abramowitz and Stegun, 6.3.5, 6.3.7 and 6.3.18)."""
    wide = np.asarray(x, dtype="float64")
    z, result = _positive(wide), np.zeros_like(wide)
    while (low := z < FAR).any():
        result = np.where(low, result - 1 / z, result)
        z = np.where(low, z + 1, z)
    result = result + np.log(z) - 1 / (2 * z) - _sum(SERIES, 1 / (z * z))
    mirrored = result - math.pi / np.tan(math.pi * (wide - np.floor(wide)))
    result = np.where(wide <= 0, mirrored, result)
    result = np.where((wide <= 0) & (wide == np.floor(wide)), math.nan, result)
    return np.where(wide == 0, -np.copysign(math.inf, wide), result).astype(x.dtype)[()]


def tri_gamma(x: Any) -> Any:
    """The derivative of psi."""
    return polygamma(np.ones((), x.dtype), x)


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of psi, by reflection where x is not positive; nan where n is none of 0,
    1, 2, …"""
    dtype = np.result_type(n, x)
    n, x = np.broadcast_arrays(n, np.asarray(x, dtype="float64"))
    result = np.full(x.shape, math.nan)
    for order in np.unique(n[np.isfinite(n)]):
        if order >= 0 and order == int(order):
            values = _any_polygamma(int(order), x)
            result = np.where(n == order, values, result)
    return result.astype(dtype)[()]


def _any_polygamma(n: int, x: Any) -> Any:
    """One order: (-1)^n ψ⁽ⁿ⁾(1 - x) is ψ⁽ⁿ⁾(x) and the n-th derivative of π cot πx, which is a
    polynomial in the cotangent (Abramowitz and Stegun, 6.4.7)."""
    if n == 0:
        return np.asarray(psi(x))
    if n > MOST_FACTORIAL:
        return np.where(x > 0, (-1) ** (n + 1) * math.inf, math.nan)
    cot, slope = np.poly1d([1, 0]), np.poly1d([-1, 0, -1])
    for _ in range(n):
        cot = slope * cot.deriv()
    values = _polygamma(n, np.asarray(_positive(x)))
    turned = cot(1 / np.tan(math.pi * (x - np.floor(x))))
    mirrored = (-1) ** n * values - math.pi ** (n + 1) * turned
    poles = math.inf if n % 2 else np.where(x == 0, -np.copysign(math.inf, x), math.nan)
    mirrored = np.where(x == np.floor(x), poles, mirrored)
    return np.where(x > 0, values, mirrored)


def _positive(x: Any) -> Any:
    """x, and 1 - x in its place where it is not positive."""
    return np.where(x > 0, x, 1 - x)


def _polygamma(n: int, z: Any) -> Any:
    """For z > 0: recurrence and asymptotic series (Abramowitz and Stegun, 6.4.6 and 6.4.11)."""
    sign, total = (-1) ** (n + 1), np.zeros_like(z)
    while (low := z < FAR + n).any():
        total = np.where(low, total + math.factorial(n) / z ** (n + 1), total)
        z = np.where(low, z + 1, z)
    terms = [c * math.factorial(2 * k + n - 1) / math.factorial(2 * k - 1)
             for k, c in enumerate(SERIES, 1)]
    total = total + math.factorial(n - 1) / z**n + math.factorial(n) / (2 * z ** (n + 1))
    return sign * (total + _sum(terms, 1 / (z * z)) / z**n)


def _sum(coefficients: Any, w: Any) -> Any:
    """c₁w + c₂w² + …, by Horner's scheme."""
    total = np.zeros_like(w)
    for c in reversed(coefficients):
        total = (total + c) * w
    return total
