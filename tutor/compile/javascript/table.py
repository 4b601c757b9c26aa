"""What each op is in JavaScript: the table of the elementwise ones, and what is not there.

Every other op is its NumPy expression, whose functions `runtime/` has by the same names, or by
those of `NAMES`. An elementwise expression is over numbers: floats and integers of up to 32 bits
are JavaScript's numbers, integers of 64 bits are its BigInts, bools 0 and 1 or its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tutor.compile.builders import OpFromGraph
from tutor.core import elementwise as basic
from tutor.core.elementwise import ELEMENTWISE, Elementwise, switch
from tutor.core.op import Op, Row
from tutor.core.scan import Loop
from tutor.ops import decompositions, fourier, matrices
from tutor.ops import functions as of
from tutor.ops.checks import FromFunctionOp
from tutor.ops.solving import LeastSquares


class Form(NamedTuple):
    """The expression of an op over `{0}`, `{1}`, …: of floats; of integers of up to 32 bits, of 64
    bits, and of bools, where these are written otherwise. `{bits}` is the width of the result. Its
    operands are brought to the dtypes in `operands`, and to that of the result where one is ""."""

    floats: str
    whole: str = ""
    big: str = ""
    truth: str = ""
    operands: tuple[str, ...] = ()

    def of(self, dtype: str) -> str:
        """The expression for numbers of a dtype."""
        if dtype.startswith("float"):
            return self.floats
        whole = self.whole or self.floats
        if dtype == "bool":
            return self.truth or whole
        return self.big or whole if dtype in ("int64", "uint64") else whole


ONE_LINE: dict[Elementwise, Form] = {
    switch: Form("{0} ? {1} : {2}", operands=("bool", "", "")),
    basic.eq: Form("{0} == {1}"),
    basic.neq: Form("{0} != {1}"),
    basic.lt: Form("{0} < {1}"),
    basic.le: Form("{0} <= {1}"),
    basic.gt: Form("{0} > {1}"),
    basic.ge: Form("{0} >= {1}"),
    basic.and_: Form("{0} & {1}"),
    basic.add: Form("{0} + {1}", truth="{0} | {1}"),
    basic.sub: Form("{0} - {1}"),
    basic.mul: Form("{0} * {1}", "Math.imul({0}, {1})", "{0} * {1}", "{0} & {1}"),
    basic.true_div: Form("{0} / {1}"),
    basic.neg: Form("-{0}"),
    basic.abs_: Form("Math.abs({0})", "({0} < 0 ? -{0} : {0})"),
    basic.sgn: Form("Math.sign({0}) + 0", "({0} > 0) - ({0} < 0)", "BigInt(({0} > 0) - ({0} < 0))"),
    basic.sqr: Form("square({0})", "Math.imul({0}, {0})", "square({0})", "{0}"),
    basic.pow: Form("power({0}, {1})", "wholePower({0}, {1}, Math.imul)",
                    "wholePower({0}, {1}, times64)"),
    basic.conjugate: Form("{0}"),
    basic.maximum: Form("larger({0}, {1})"),
    basic.minimum: Form("smaller({0}, {1})"),
    basic.tensor_copy: Form("{0}"),
}
ONE_LINE |= {ELEMENTWISE[name]: form for name, form in {
    "isnan": Form("Number.isNaN({0})", "false"),
    "isinf": Form("Math.abs({0}) === Infinity", "false"),
    "isfinite": Form("Number.isFinite({0})", "true"),
    "or_": Form("{0} | {1}"),
    "invert": Form("~{0}", truth="!{0}"),
    "xor": Form("{0} ^ {1}", truth="{0} != {1}"),
    "left_shift": Form("", "shiftLeft({0}, {1}, {bits})"),
    "right_shift": Form("", "shiftRight({0}, {1}, {bits})"),
    "logical_and": Form("{0} != 0 && {1} != 0"),
    "logical_or": Form("{0} != 0 || {1} != 0"),
    "logical_xor": Form("({0} != 0) !== ({1} != 0)"),
    "logical_not": Form("{0} == 0"),
    "clip": Form("smaller(larger({0}, {1}), {2})"),
    "floor_div": Form("floorDiv({0}, {1})", "wholeDiv({0}, {1})"),
    "mod": Form("mod({0}, {1})", "wholeMod({0}, {1})"),
    "exp2": Form("2 ** {0}"),
    "logaddexp": Form("logAddExp({0}, {1})"),
    "logaddexp2": Form("logAddExp2({0}, {1})"),
    "copysign": Form("withSign({0}, {1})"),
    "deg2rad": Form("radians({0})"),
    "rad2deg": Form("degrees({0})"),
    "round_half_to_even": Form("roundEven({0})", "{0}"),
    "round_half_away_from_zero": Form("roundAway({0})", "{0}"),
    "real": Form("{0}"),
    "imag": Form("0", big="0n"),
    "tri_gamma": Form("polygamma(1, {0})"),
    "relu_back": Form("({0} > 0 ? {1} : {0} == 0 ? {1} / 2 : 0)"),
    "xlogy0": Form("xlogy({0}, {1})"),
}.items()}

#: What is a function of the runtime by its own name, or one of JavaScript's `Math`.
CALLED = {
    **{name: name for name in ("tanh sigmoid hypot angle erf erfc erfinv erfcinv gamma gammaln psi "
                               "polygamma softplus log1mexp").split()},
    **{name: f"Math.{name}" for name in ("exp log sqrt expm1 log2 log10 log1p cbrt sin cos tan "
                                         "sinh cosh floor ceil trunc").split()},
    **{f"arc{name}": f"Math.a{name}" for name in "sin cos tan tan2 sinh cosh tanh".split()},
}
ONE_LINE |= {op: Form(f"{CALLED[name]}({', '.join(f'{{{i}}}' for i in range(op.nin))})")
             for name, op in ELEMENTWISE.items() if name in CALLED}

#: What a function of NumPy's is called in `runtime/`, where it has another name.
NAMES = {
    "add.reduce": "sum", "multiply.reduce": "prod", "maximum.reduce": "max",
    "minimum.reduce": "min", "logical_or.reduce": "any", "logical_and.reduce": "all",
    "multiply.outer": "outer", "linalg.inv": "inv", "linalg.det": "det",
    "linalg.slogdet": "slogdet",
}

COMPLEX = "JavaScript has no complex numbers"
ITERATION = "an iteration of LAPACK's, which is not written in JavaScript"
OWN = "it is written in Python"
#: Ops that have no form in JavaScript, and why.
NOT_THERE: dict[Op | type[Op], str] = {
    of.complex: COMPLEX,
    of.complex_from_polar: COMPLEX,
    fourier.RFFT: COMPLEX,
    fourier.IRFFT: COMPLEX,
    matrices.MatrixPinv: ITERATION,
    matrices.Cofactors: ITERATION,
    matrices.CofactorSlope: ITERATION,
    matrices.Expm: "the scaling and squaring of matrices is not written in JavaScript",
    decompositions.Eigh: ITERATION,
    decompositions.Eig: ITERATION,
    decompositions.QRFull: ITERATION,
    decompositions.SVD: ITERATION,
    LeastSquares: ITERATION,
    FromFunctionOp: OWN,
}
BASES = frozenset(("Row", "Numbers", "Placed", "Selection", "OfMatrix", "Sliding", "Windowed",
                   "OfLargest", "Marker"))


def reason(op: Op) -> str | None:
    """Why an op has no JavaScript; None where it has."""
    for key in (op, *type(op).__mro__):
        if key in NOT_THERE:
            return NOT_THERE[key]  # type: ignore[index]
    return OWN if op.of_user else None


def kinds(base: type[Op] = Op) -> Iterator[type[Op]]:
    """The classes of ops that are here, below a base."""
    for kind in base.__subclasses__():
        if kind.__module__.startswith("tutor.") and kind is not Elementwise:
            yield from () if kind.__name__ in BASES else (kind,)
            yield from kinds(kind)


def rows() -> list[tuple[str, str, str]]:
    """The whole table: an op, its JavaScript, and why it has none where it has none."""
    found = [(op.name, ONE_LINE[op].of("float64") or ONE_LINE[op].whole, "")
             for op in ELEMENTWISE.values() if op in ONE_LINE]
    found += [(op.name, f"of NumPy's {op.template}", "") for op in ELEMENTWISE.values()
              if op not in ONE_LINE and op not in NOT_THERE]
    found += [(op.name, "", NOT_THERE[op]) for op in ELEMENTWISE.values() if op in NOT_THERE]
    for kind in dict.fromkeys(kinds()):
        why = next((NOT_THERE[k] for k in kind.__mro__ if k in NOT_THERE), "")
        form = "a graph, written out" if issubclass(kind, Loop | OpFromGraph) else \
            kind.numpy if issubclass(kind, Row) and kind.numpy else "its NumPy expression"
        found.append((kind.__name__, "" if why else form, why))
    return found
