"""A rule: pattern, replacement, a sentence why, and what licenses it.

Licences: `exact` (the same bits) · `rounding` (equal up to rounding) · `stable` (nearer to the true
value where the original overflows or cancels) · `assumes` (true only under the assumption named;
off unless asked for). `arithmetic.py`, `shapes.py` and `stability.py` hold the tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tutor.core.graph import Constant, Variable

EXACT, ROUNDING, STABLE, ASSUMES = "exact", "rounding", "stable", "assumes"
REAL, ALL = "F", ""
KINDS = {"bool": "b", "complex64": "c", "complex128": "c",
         **{f"float{n}": "f" for n in (16, 32, 64)},
         **{f"{u}int{n}": u or "i" for u in ("", "u") for n in (8, 16, 32, 64)}}


class Rule(NamedTuple):
    """A row: `pattern` becomes `replacement`, where `when` (a function of the matched parts)
    allows it.

    Several patterns stand between bars (` | `), and as many replacements. A replacement may be a
    function of the node and the matched parts, which gives None where there is none. `kinds` are
    the kinds of numbers it is true for, as NumPy's letters; all that matches has one dtype. `REAL`
    are floats of a size that rules may reorder, and with `ALL` it does not matter. With `zero` it
    may change the sign of a zero, and is applied only where nothing (no division) could see that;
    with `compares` only where no comparison of shapes is lost. With `given` it looks at nodes as
    they were given, before what they are computed from is rewritten.
    """

    name: str
    pattern: str
    replacement: str | Callable[..., Variable | None]
    why: str
    licence: str = EXACT
    when: Callable[..., bool] | None = None
    kinds: str = "f"
    zero: bool = False
    compares: bool = False
    given: bool = False

    def takes(self, dtype: str) -> bool:
        """Whether the rule is true for numbers of a dtype."""
        if self.kinds == REAL:
            return dtype in ("float32", "float64")
        return self.kinds == ALL or (
            KINDS.get(dtype, "?") in self.kinds and (dtype, self.licence) != ("float16", ROUNDING))


def number_in(v: Variable | None) -> float | None:
    """The value of a real constant without dimensions; None of all else."""
    if not isinstance(v, Constant) or v.ndim or v.dtype.startswith("complex"):
        return None
    return float(v.data)


def is_number(v: Variable) -> bool:
    """Whether a variable is a constant without dimensions."""
    return isinstance(v, Constant) and v.ndim == 0


def is_same(u: Variable, v: Variable) -> bool:
    """Whether two are one variable, or constants of one value."""
    return u is v or (isinstance(u, Constant) and isinstance(v, Constant)
                      and u.signature() == v.signature())
