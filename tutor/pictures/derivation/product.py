"""Products of powers, with their numbers, and sums of such: what formulas are gathered in.

Comes before `simplify.py`, which knows the parts of a line in this form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from tutor.core.elementwise import sqrt
from tutor.core.graph import Constant, Variable
from tutor.core.types import TensorType

Number = int | float | Fraction
LONG = 8  # characters of a number that nobody writes so
HALF = Fraction(1, 2)  # of a root that is written as one


class Product(NamedTuple):
    """A number, and factors with their exponents."""

    number: Number
    factors: tuple[tuple[Variable, Number], ...] = ()

    def times(self, other: Product) -> Product:
        """The product of both, with the powers of each factor gathered."""
        powers: dict[Variable, Number] = dict(self.factors)
        for base, power in other.factors:
            powers[base] = simple(powers.get(base, 0) + power)
        return Product(self.number * other.number,
                       tuple((base, power) for base, power in powers.items() if power))

    def to(self, power: int) -> Product:
        """A whole power of it."""
        number = Fraction(self.number) if isinstance(self.number, int) else self.number
        return Product(simple(number ** power),
                       tuple((base, p * power) for base, p in self.factors))

    def split(self) -> tuple[Product, Product]:
        """Its number and its scalars; and what has dimensions."""
        scalars = tuple(pair for pair in self.factors if pair[0].ndim == 0)
        return (Product(self.number, scalars),
                Product(1, tuple(pair for pair in self.factors if pair[0].ndim)))

    @property
    def key(self) -> Any:
        return self.number, frozenset(self.factors)


def simple(number: Number) -> Number:
    """A number as an int where it is whole.

    >>> simple(2.0), simple(Fraction(4, 2)), simple(0.5)
    (2, 2, 0.5)
    """
    return int(number) if np.isfinite(float(number)) and number == int(number) else number


def fraction(value: float) -> Fraction | None:
    """The small fraction that a float is the nearest to.

    >>> fraction(1 / 3), fraction(0.3334), fraction(-1.5)
    (Fraction(1, 3), None, Fraction(-3, 2))
    """
    found = Fraction(value).limit_denominator(12) if 1e-3 < abs(value) < 1e3 else Fraction(0)
    near = abs(float(found) - value) <= 2 * np.spacing(abs(value))
    return found if found and near else None


def number_of(v: Variable) -> Number | None:
    """The number that a constant is."""
    if isinstance(v, Constant) and v.ndim == 0 and v.data.dtype.kind in "iuf" \
            and np.isfinite(v.data):
        return simple(v.data.item() if v.literal is None else v.literal)
    return None


def collected(terms: Iterable[Product]) -> list[Product]:
    """Terms with equal ones added up."""
    numbers: dict[Any, Product] = {}
    for p in terms:
        key = frozenset(p.factors)
        before = numbers.get(key, Product(0, p.factors))
        numbers[key] = Product(simple(before.number + p.number), before.factors)
    return [p for p in numbers.values() if p.number]


def shared(terms: Sequence[Product]) -> Product:
    """What all terms have as a factor, or any has below it."""
    powers = [dict(p.factors) for p in terms]
    least = {base: min(each.get(base, 0) for each in powers) for each in powers for base in each}
    return Product(1, tuple((base, power) for base, power in least.items() if power))


def built(p: Product, dtype: str) -> Any:
    """The expression of a product: its number, scalars, then all else; over what is below it."""
    number = simple(p.number)
    if isinstance(number, float) and len(str(number)) > LONG:
        number = fraction(number) or number
    if not p.factors:
        return Constant(TensorType(dtype, ()), np.asarray(float(number), dtype))
    top, low = (number.numerator, number.denominator) if isinstance(number, Fraction) else \
        (number, 1)
    factors = sorted(p.factors, key=rank)
    above = [*[top] * (abs(top) != 1), *[v for b, e in factors if e > 0 for v in powers(b, e)]]
    below = [*[low] * (low != 1), *[v for b, e in factors if e < 0 for v in powers(b, -e)]]
    result = joined(above)
    if below:
        result = result / joined(below)
    return -result if top == -1 else result


def rank(factor: tuple[Variable, Number]) -> int:
    """Symbols stand before what is computed, and scalars before tensors."""
    base, _ = factor
    return 2 * (base.ndim > 0) + (base.owner is not None)


def joined(factors: Sequence[Any]) -> Any:
    """The product of these, from the left; 1 of none."""
    result = factors[0] if factors else 1
    for factor in factors[1:]:
        result = result * factor
    return result


def powers(base: Variable, power: Number) -> list[Any]:
    """A power as factors: of a root that is written as one, what is whole in it beside it."""
    if isinstance(power, Fraction) and power.denominator == 2:
        return [*(powers(base, int(power)) if power > 1 else ()), sqrt(base)]
    if power == 1:
        return [base]
    return [base ** (power if isinstance(power, int) else float(power))]
