"""The elementwise ops of the walkthrough: Python's operators, powers, exp, log, comparisons, casts.

A row an op: its NumPy expression, how it is written, its gradient as an expression, its facts, and
one line of documentation.

>>> import tutor.core as T
>>> T.exp(T.lscalar("x")).type
TensorType(float64, scalar)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core.arguments import is_literal
from tutor.core.errors import DTypeError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, constant, quoted
from tutor.core.op import Notation
from tutor.core.row import Elementwise, Row, booleans, floats, quotient, same, switch
from tutor.core.types import DISCRETE, TensorType, checked_dtype


def filled(x: Any, y: Any, dtype: str) -> Any:
    """y, stretched to the shape that x and y have together, as a new array."""
    return np.full(np.broadcast_shapes(np.shape(x), np.shape(y)), y, dtype=dtype)


def sigmoid_of(x: Any, out: Any = None) -> Any:
    """1 / (1 + exp(-x)); where exp overflows, the 0 that is right."""
    y = np.exp(np.negative(x, out), out)
    y += 1
    return np.reciprocal(y, out)


def reals(*dtypes: str) -> str:
    """The promoted dtype without its imaginary part."""
    dtype = same(*dtypes)
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def _comparison(name: str, symbol: str, ufunc: str, latex: str, label: str, words: str
                ) -> Elementwise:
    return Elementwise(
        name, f"{ufunc}({{0}}, {{1}})", booleans, text=f"{{0}} {symbol} {{1}}",
        latex=f"{{0}} {latex} {{1}}", label=label, level=4, needs=(5, 5), converts=True, cheap=True,
        commutative=name in ("eq", "neq"), doc=f"Whether x is {words} y, as a bool.")


eq = _comparison("eq", "==", "equal", "=", "=", "equal to")
neq = _comparison("neq", "!=", "not_equal", r"\neq", "≠", "different from")
lt = _comparison("lt", "<", "less", "<", "<", "smaller than")
le = _comparison("le", "<=", "less_equal", r"\leq", "≤", "smaller than or equal to")
gt = _comparison("gt", ">", "greater", ">", ">", "larger than")
ge = _comparison("ge", ">=", "greater_equal", r"\geq", "≥", "larger than or equal to")
and_: Elementwise = Elementwise(
    "and_", "bitwise_and({0}, {1})", text="{0} & {1}", label="and", level=3, needs=(5, 5),
    latex=lambda node: r"{0} \wedge {1}" if node.outputs[0].dtype == "bool" else
    r"{0} \mathbin{{\&}} {1}", accepts="biu", commutative=True, cheap=True,
    doc="Bitwise and; of bools, logical and.")
add = Elementwise(
    "add", "{0} + {1}", text="{0} + {1}", latex="{0} + {1}", label="+", level=6, needs=(6, 6.5),
    grad=lambda x, y, z, g: (g, g), scalar="{0} + {1}", commutative=True, several=True, adds=True,
    result_sign="kept", cheap=True, ufunc="add", converts=True, rule="sum rule",
    zero_sign=lambda *terms: _zero_of_sum(terms), doc="The sum x + y.")
sub = Elementwise(
    "sub", "{0} - {1}", text="{0} - {1}", latex="{0} - {1}", label="−", level=6, needs=(6, 7),
    grad=lambda x, y, z, g: (g, None if is_literal(y) else -g), scalar="{0} - {1}", accepts="iufc",
    cheap=True, ufunc="subtract", converts=True, rule="sum rule",
    zero_sign=lambda *terms: _zero_of_sum(terms), doc="The difference x - y.")
mul = Elementwise(
    "mul", "{0} * {1}", text="{0} * {1}", label="×", level=7, needs=(7, 7.2),
    latex=lambda node: r"{0} \odot {1}" if all(v.ndim for v in node.inputs) else r"{0} \cdot {1}",
    grad=lambda x, y, z, g: (None if is_literal(x) else g * y, None if is_literal(y) else g * x),
    scalar="{0} * {1}", commutative=True, several=True, result_sign="kept", cheap=True,
    ufunc="multiply", converts=True, zero_sign="kept", rule="product rule",
    doc="The product x * y.")
true_div = Elementwise(
    "true_div", "{0} / {1}", quotient, text="{0} / {1}", latex=r"\frac{{{0}}}{{{1}}}", label="÷",
    level=7, needs=(7, 8), scalar="{0} / {1}", domain=(0.5, 3.0), rule="quotient rule",
    grad=lambda x, y, z, g: (g / y, None if is_literal(y) else -g * z / y), converts=True,
    poles=lambda x, y: not is_fixed(y), result_sign="kept", cheap=True, ufunc="true_divide",
    zero_sign=("kept", "seen"), doc="The quotient x / y; of integers a float.")
neg = Elementwise(
    "neg", "-{0}", text="-{0}", latex="-{0}", label="−x", level=8, needs=(8,), scalar="-{0}",
    grad=lambda x, y, g: -g, accepts="iufc", cheap=True, ufunc="negative", zero_sign="kept",
    rule="sum rule", doc="The negative -x.")
abs_ = Elementwise(
    "abs", "abs({0})", reals, latex=r"\left|{0}\right|", label="|x|", scalar="abs({0})",
    grad=lambda x, y, g: _abs_grad(x, y, g), analytic=False, kinks="0 at 0", cheap=True,
    result_sign="not negative", zero_sign="lost", doc="The absolute value |x|.")
sgn: Elementwise = Elementwise(
    "sgn", "sign({0})", latex=r"\operatorname{{sgn}}\left({0}\right)", label="sgn", accepts="iuf",
    kinks="0 at 0", cheap=True, zero_sign="lost", doc="-1, 0 or 1: the sign of x.")
sqr = Elementwise(
    "sqr", "square({0})", integers="{0} * {0}", text="sqr({0})", latex="{0}^{{2}}", label="x²",
    level=9, needs=(10,), grad=lambda x, y, g: g * 2 * x, scalar="{0} * {0}", rule="power rule",
    reference=lambda x: x * x, result_sign="not negative", cheap=True, zero_sign="lost",
    doc="The square of x.")
sqrt = Elementwise(
    "sqrt", "sqrt({0})", floats, latex=r"\sqrt{{{0}}}", label="√", scalar="sqrt({0})", cheap=True,
    grad=lambda x, y, g: g / (2 * y), domain=(0.1, 3.0), poles=True, result_sign="kept",
    zero_sign="kept", doc="The square root.")
pow = Elementwise(
    "pow", "power({0}, {1})", text="{0} ** {1}", latex=lambda node: _power(node), label="xʸ",
    level=9, needs=(10, 8), grad=lambda x, y, z, g: _pow_grad(x, y, z, g), scalar="pow({0}, {1})",
    accepts="iufc", domain=(0.5, 2.5), poles=lambda x, y: not is_whole(y), rule="power rule",
    zero_sign=lambda x, y: _zero_of_power(y), doc="x to the power y.")
conjugate = Elementwise(
    "conjugate", "conjugate({0})", latex=r"\overline{{{0}}}", label="conj", accepts="iufc",
    grad=lambda x, y, g: conj(g), analytic=False, cheap=True, zero_sign="kept",
    doc="The complex conjugate.")
exp = Elementwise(
    "exp", "exp({0})", floats, latex=r"\mathrm{{e}}^{{{0}}}", level=9, scalar="exp({0})",
    grad=lambda x, y, g: g * y, poles=True, result_sign="positive", zero_sign="lost",
    doc="e to the power x.")
log = Elementwise(
    "log", "log({0})", floats, latex=r"\log\left({0}\right)", scalar="log({0})", poles=True,
    grad=lambda x, y, g: g / x, domain=(0.1, 3.0), zero_sign="lost", doc="The natural logarithm.")
tanh = Elementwise(
    "tanh", "tanh({0})", floats, latex=r"\tanh\left({0}\right)", scalar="tanh({0})",
    grad=lambda x, y, g: g * (1 - sqr(y)), zero_sign="kept", doc="The hyperbolic tangent.")
sigmoid = Elementwise(
    "sigmoid", "sigmoid({0})", floats, kernels={"sigmoid": sigmoid_of}, label="σ", accepts="biuf",
    latex=r"\sigma\left({0}\right)", grad=lambda x, y, g: g * y * (1 - y),
    scalar="1.0 / (1.0 + exp(-{0}))", reference=lambda x: np.exp(-np.logaddexp(0, -x)),
    result_sign="positive", into="sigmoid({0}, out={out})", zero_sign="lost",
    doc="1 / (1 + exp(-x)), between 0 and 1.")


def _first_or_second(x: Variable, z: Variable) -> tuple[Any, Any]:
    """x counts where it was chosen, also where both are equal; y elsewhere."""
    first = eq(z, x)
    return (first, True), (first, False)


def _extremum(name: str, word: str, **facts: Any) -> Elementwise:
    return Elementwise(
        name, f"{name}({{0}}, {{1}})", latex=rf"\{name[:3]}\left({{0}}, {{1}}\right)",
        label=name[:3], grad=lambda x, y, z, g: (g, g), accepts="biuf",
        chooses=lambda x, y, z: _first_or_second(x, z), kinks="all to the first of equals",
        rule="cases", commutative=True, cheap=True, converts=True, zero_sign="kept",
        doc=f"The {word} of x and y; nan where one of them is.",
        **facts)


maximum = _extremum("maximum", "larger", result_sign="kept")
minimum = _extremum("minimum", "smaller")
tensor_copy = Elementwise(
    "identity", "+{0}", integers="{0} | {0}", text="copy({0})", label="copy", aliases=("copy",),
    latex=r"\operatorname{{copy}}\left({0}\right)", scalar="{0}", grad=lambda x, y, g: g,
    reference=np.copy, cheap=True, zero_sign="kept", doc="A copy of x.")
fill = Elementwise(
    "fill", "fill({0}, {1}, {dtype})", lambda x, y: y, kernels={"fill": filled}, label="fill",
    latex=r"\operatorname{{fill}}\left({0}, {1}\right)", grad=lambda x, y, z, g: (None, g),
    reference=lambda x, y: np.broadcast_arrays(x, y)[1], analytic=False, result_sign="kept",
    reads=slice(1, None), dtype_of=slice(1, None), zero_sign=("lost", "kept"), cheap=True,
    same_numbers=True, doc="y, stretched to the shape of x.")


def _zero_of_power(y: Variable) -> Any:
    """0 to a positive power keeps its sign, or loses it; the sign of an exponent 0 is no matter."""
    positive = isinstance(y, Constant) and (y.data.real > 0).all()
    return "kept" if positive else ("seen", "lost")


def _zero_of_sum(terms: Sequence[Variable]) -> str:
    """0 + 1 and -0 + 1 are the same."""
    away = any(isinstance(v, Constant) and v.ndim == 0 and v.data != 0 for v in terms)
    return "lost" if away else "kept"


def is_fixed(v: Variable) -> bool:
    """Whether v is a constant that is not 0, or a count such as a size."""
    if isinstance(v, Constant):
        return bool(np.all(v.data != 0))
    return v.dtype in DISCRETE or (v.owner is not None and v.owner.op.name == "cast"
                                   and is_fixed(v.owner.inputs[0]))


def is_whole(v: Variable) -> bool:
    """Whether v is one of the constants 0, 1, 2, …"""
    return isinstance(v, Constant) and bool(np.all((v.data >= 0) & (v.data == np.round(v.data))))


def _power(node: Apply) -> str:
    """A power; of a matrix with a sign that tells it from that of the matrix as a whole, as M⁻¹."""
    x, y = node.inputs
    plain = x.ndim < 2 or (is_literal(y) and y.data > 0)
    return "{0}^{{{1}}}" if plain else r"{0}^{{\circ {1}}}"


def _abs_grad(x: Variable, y: Variable, g: Variable) -> Variable:
    """The sign of x, or the direction of a complex x; 0 where x is 0."""
    if not x.dtype.startswith("complex"):
        return g * sgn(x)
    return g * x / switch(eq(y, 0), 1, y)


def _pow_grad(x: Variable, y: Variable, z: Variable, g: Variable) -> tuple[Any, Any]:
    """y·x^(y−1), 0 where y is 0, and x^y·log x, 0 where x is 0; none for a constant exponent."""
    if isinstance(y, Constant):
        less: Any = np.where(y.data == 0, 1, y.data) - 1
        less = less.item() if y.ndim == 0 else constant(less.astype(y.dtype))
        return g * y * x**less if y.data.any() else None, None
    nowhere = and_(eq(x, 0), eq(y, 0))  # there y x^(y-1) would be 0 times infinity
    gx = g * y * x ** (switch(nowhere, 1, y) - 1)
    if y.dtype in DISCRETE:
        return gx, None
    return gx, g * z * log(switch(eq(x, 0), 1, x))


class Cast(Row):
    """x with another dtype.

    The gradient is cast back; there is none through integers.
    """

    dtype: str
    elementwise = keeps_shape = sizes_follow = cheap = moves = same_numbers = True
    name, zero_sign = "cast", "kept"

    def types(self, x: Variable) -> TensorType:
        return TensorType(self.dtype, x.broadcastable)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        x = node.inputs[0]
        if not x.ndim and x.dtype != "bool" and self.dtype in ("float32", "float64"):
            return f"{self.dtype}({names[0]})"  # of a number in a third of the time
        return f"{names[0]}.astype({self.dtype!r})"

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return g

    def notation(self, node: Apply) -> Notation:
        latex = rf"\mathrm{{{{{self.dtype}}}}}\left({{0}}\right)"
        return Notation(f"cast({{0}}, {self.dtype!r})", latex)

    def label(self, node: Apply) -> str:
        return f"to {self.dtype}"


def cast(x: Any, dtype: Any) -> Variable:
    """x with another dtype (`"floatX"` is `config.floatX`); x itself where it has it already.

    >>> import tutor.core as T
    >>> cast(T.dscalar("x"), "int32").type
    TensorType(int32, scalar)
    """
    x, dtype = as_tensor_variable(x), checked_dtype(dtype)
    if x.dtype == dtype:
        return x
    if x.dtype.startswith("complex") and not dtype.startswith("complex"):
        raise DTypeError(f"{quoted(x)} is complex: casting it to {dtype} would lose its "
                         "imaginary part.", where=(("made at", x.origin),),
                         fix="Choose T.real(x), T.imag(x) or abs(x).")
    return Cast(dtype)(x)


def conj(x: Any) -> Variable:
    """The complex conjugate; a real variable as it is."""
    x = as_tensor_variable(x)
    return conjugate(x) if x.dtype.startswith("complex") else x
