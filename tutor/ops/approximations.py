"""Special functions that NumPy lacks, over arrays: erf, gamma and their kin, to full double
precision.

Plain NumPy and `math`, no symbols. What `math` has is called for a single number, and for each
element where no series runs over all of them.

>>> float(erfcinv(np.float64(0.1)))
1.163087153676674
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from tutor.ops.selecting import select


def _each(function: Callable[[float], float], x: Any, outside: Callable[[float], float]) -> Any:
    """A function of `math` over arrays; `outside` where that raises, inf where it overflows."""
    def one(number: float) -> float:
        try:
            return function(number)
        except ValueError:
            return outside(number)
        except OverflowError:
            return math.inf

    return np.asarray(np.frompyfunc(one, 1, 1)(x), dtype=x.dtype)[()]


def one_erf(x: Any) -> Any:
    """The error function of a number."""
    return _each(math.erf, x, lambda v: math.nan)


def one_erfc(x: Any) -> Any:
    """1 - erf of a number."""
    return _each(math.erfc, x, lambda v: math.nan)


def gamma(x: Any) -> Any:
    """The gamma function; nan at its poles but 0, which has a side."""
    return _each(math.gamma, x, lambda v: math.copysign(math.inf, v) if v == 0 else math.nan)


def gammaln(x: Any) -> Any:
    """The logarithm of |gamma|, inf at the poles."""
    return _each(math.lgamma, x, lambda v: math.inf)


Table = tuple[tuple[float, ...], tuple[float, ...]]
#: Quotients of polynomials for 1 - erf: coefficients from the constant up, of which the
#: divisor's first is 1. In x² near 0, in x - 1 near 1, and in 1/x² below and above 1/0.35 (the
#: table of Sun Microsystems' fdlibm, s_erf.c).
NEAR_ZERO = ((1.28379167095512558561e-1, -3.25042107247001499370e-1, -2.84817495755985104766e-2,
              -5.77027029648944159157e-3, -2.37630166566501626084e-5),
             (1.0, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3,
              1.32494738004321644526e-4, -3.96022827877536812320e-6))
BOUNDS = 0.84375, 1.25, 1 / 0.35  # between their ranges
ERF_ONE = 8.45062911510467529297e-1
NEAR_ONE = ((-2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1,
             3.18346619901161753674e-1, -1.10894694282396677476e-1, 3.54783043256182359371e-2,
             -2.16637559486879084300e-3),
            (1.0, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2,
             1.26171219808761642112e-1, 1.36370839120290507362e-2, 1.19844998467991074170e-2))
MIDDLE = ((-9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1,
           -6.23753324503260060396e1, -1.62396669462573470355e2, -1.84605092906711035994e2,
           -8.12874355063065934246e1, -9.81432934416914548592),
          (1.0, 1.96512716674392571292e1, 1.37657754143519042600e2, 4.34565877475229228821e2,
           6.45387271733267880336e2, 4.29008140027567833386e2, 1.08635005541779435134e2,
           6.57024977031928170135, -6.04244152148580987438e-2))
OUTER = ((-9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1,
          -1.60636384855821916062e2, -6.37566443368389627722e2, -1.02509513161107724954e3,
          -4.83519191608651397019e2),
         (1.0, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3,
          3.19985821950859553908e3, 2.55305040643316442583e3, 4.74528541206955367215e2,
          -2.24409524465858183362e1))
STEPS = 512  # of the error function, from one whole number to the next
STRIP = 16_000  # numbers that a cache holds with all that is computed of them


def erf(x: Any, out: Any = None) -> Any:
    """The error function, within 2.2 units in the last place; `out` may be x."""
    if np.ndim(x) == 0:
        return one_erf(x)
    if x.dtype.itemsize < 4:
        return erf(x.astype("float32")).astype(x.dtype)
    if x.size <= STRIP:
        return _by_steps(x, out)
    found = np.empty(x.shape, x.dtype) if out is None else out
    flat = x.reshape(-1)
    whole = found.flags.c_contiguous
    to = found.reshape(-1) if whole else np.empty_like(flat)
    for i in range(0, x.size, STRIP):
        _by_steps(flat[i:i + STRIP], to[i:i + STRIP])
    if not whole:
        found[...] = to.reshape(x.shape)
    return found


@cache
def _steps(bits: int) -> tuple[Any, ...]:
    """Where the error function is 1; what moves a number so that its last bits count its steps,
    and these bits of the first step; the function and its slope there."""
    end, digits = (6, 52) if bits == 64 else (4, 23)
    a = np.arange(-end * STEPS, end * STEPS + 1) / STEPS
    values = np.array([math.erf(v) for v in a])
    values[end * STEPS] = -0.0  # which leaves the sign of what is added to it
    shift = 1.5 * 2**digits / STEPS
    first = np.array(shift - end, f"float{bits}").view(f"int{bits}")
    slopes = np.exp(-a * a) * (2 / math.sqrt(math.pi))
    return end, shift, first[()], *[v.astype(f"float{bits}") for v in (values, slopes)]


def _by_steps(x: Any, out: Any) -> Any:
    """The series of the error function around the nearest step."""
    bits = 8 * x.dtype.itemsize
    end, shift, first, values, slopes = _steps(bits)
    x = np.minimum(x, end)
    np.maximum(x, -end, out=x)
    a = x + shift
    place = np.subtract(a.view(f"int{bits}"), first, out=np.empty(x.shape, "intp"))
    a -= shift
    h = np.subtract(x, a, out=x)
    terms = 1 - h * (a + h / 3) if bits == 32 else _fourth_order(a, h)
    terms *= slopes.take(place, mode="clip")
    terms *= h
    return np.add(terms, values.take(place, mode="clip"), out)


def _fourth_order(a: Any, h: Any) -> Any:
    """erf(a + h) - erf(a) over h times the slope at a, up to the term of h to the power 4."""
    square = a * a
    terms = _polynomial((0.1, -0.4, 4 / 30), square)
    terms *= h
    terms += a * (0.5 - square / 3)
    terms *= h
    terms += square * (2 / 3) - 1 / 3
    terms *= h
    terms -= a
    terms *= h
    terms += 1
    return terms


def erfc(x: Any) -> Any:
    """1 - erf(x), within four units in the last place."""
    if np.ndim(x) == 0:
        return one_erfc(x)
    found = _erfc_by_size(np.abs(x, dtype="float64"))
    return select(x < 0, 2 - found, found).astype(x.dtype, copy=False)


def _erfc_by_size(x: Any) -> Any:
    """erfc of numbers that are not negative, each by the quotient of where it lies."""
    found, flat = np.empty(x.size), x.ravel()
    place = np.zeros(x.size, "int8")
    for bound in BOUNDS:
        place += flat >= bound
    parts: list[Callable[[Any], Any]] = [
        _near_zero, _near_one, partial(_far, MIDDLE), partial(_far, OUTER)]
    for i, part in enumerate(parts):
        where = np.flatnonzero(place == i)  # of masks NumPy takes ten times as long
        found[where] = part(flat[where])
    return found.reshape(x.shape)


def _near_zero(x: Any) -> Any:
    rest = _quotient(NEAR_ZERO, x * x) * x
    return select(x < 0.25, 1 - (x + rest), 0.5 - (x - 0.5 + rest))


def _near_one(x: Any) -> Any:
    return 1 - ERF_ONE - _quotient(NEAR_ONE, x - 1)


def _far(table: Table, x: Any) -> Any:
    x = np.minimum(x, 28)  # of which erfc is 0
    short = (x.view("int64") & -(1 << 32)).view("float64")  # its square is exact
    rest = (short - x) * (short + x) + _quotient(table, 1 / (x * x))
    return np.exp(-short * short - 0.5625) * np.exp(rest) / x


def _quotient(table: Table, x: Any) -> Any:
    over, under = table
    return _polynomial(over, x) / _polynomial(under, x)


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """c₀ + c₁x + …, by Horner's scheme."""
    *rest, last = map(x.dtype.type, coefficients)
    total = x * last
    for c in rest[:0:-1]:
        total += c
        total *= x
    return np.add(total, rest[0], total)


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
