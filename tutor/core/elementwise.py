"""The elementwise ops of the walkthrough: Python's operators, powers, exp, log, comparisons, casts.

An `Elementwise` is a row by itself: its NumPy expression, how it is written, its gradient as an
expression with variables, which has a gradient in turn, its facts, and one line of documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import zip_longest
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np

from tutor.core.errors import DTypeError, TutorError, plural
from tutor.core.graph import (
    Apply,
    Constant,
    Variable,
    Variables,
    applied,
    as_operands,
    as_tensor_variable,
    constant,
    here,
    is_literal,
    quoted,
)
from tutor.core.op import FUNCTIONS, KERNELS, Op, Row, tell, unbroadcast
from tutor.core.seams import config, seams
from tutor.core.types import DISCRETE, TensorType, checked_dtype, float_of, promote


def floats(*dtypes: str) -> str:
    """The promoted dtype of the floats that hold each operand."""
    return promote(*[float_of(dtype) for dtype in dtypes])


def quotient(*dtypes: str) -> str:
    """Of a true division: floats stay as they are, integers become `config.floatX`."""
    dtype = promote(*dtypes)
    return str(config.floatX) if dtype in DISCRETE else dtype


def booleans(*dtypes: str) -> str:
    """bool, whatever the operands."""
    return "bool"


def reals(*dtypes: str) -> str:
    """The promoted dtype without its imaginary part."""
    return {"complex64": "float32", "complex128": "float64"}.get(promote(*dtypes), promote(*dtypes))


def broadcast_pattern(patterns: Sequence[tuple[bool, ...]]) -> tuple[bool, ...]:
    """The pattern of the result: a dimension is known to be 1 where it is so in every operand."""
    if len(set(patterns)) == 1:
        return patterns[0]
    columns = zip_longest(*[pattern[::-1] for pattern in patterns], fillvalue=True)
    return tuple([all(column) for column in columns])[::-1]


class Elementwise(Row):
    """An op that acts on each element by itself. One block adds one, in any file:

        cubed = Elementwise("cubed", "{0} ** 3", doc="The third power.", latex="{0}^{{3}}",
                            grad=lambda x, y, g: g * 3 * x**2, reference=lambda x: x**3)

    The second is the expression in NumPy over `{0}`, `{1}`, … (`integers`: for operands that are
    all integers), `dtype` the rule for its dtype. `grad` takes the inputs, the output and its
    cotangent (the derivative of the cost by the output) and gives the cotangent of each input;
    `grad=None` says that there is none. That of complex numbers follows, if it is `analytic`. An op
    that `chooses` says where each input counts, as (condition, whether it must hold). What else it
    may say: see `tutor/facts.py`, `tutor/notation.py`; how to see and test it: README.md.
    """

    __eq__, __hash__ = object.__eq__, object.__hash__  # one object an op
    connection_pattern = Op.connection_pattern
    elementwise = True
    several = False  # whether it takes any number of operands, from left to right
    integers, analytic = "", True
    chooses: ClassVar[Any] = None

    def __init__(self, name: str, numpy: str, dtype: Callable[..., str] = promote, *, doc: str,
                 grad: Any = ..., aliases: Sequence[str] = (), **said: Any) -> None:
        self.name = self.__name__ = name
        self.doc, self.template, self.dtype_rule, self.gradient = doc, numpy, dtype, grad
        self.nin = 1 + max(map(int, re.findall(r"{(\d+)}", numpy)), default=-1)
        self._types: dict[tuple[Any, ...], TensorType] = {}
        tell(self, **said)
        seams.declared(self, said)
        KERNELS.update(self.kernels)
        FUNCTIONS.update(dict.fromkeys((name, *aliases), self))
        ELEMENTWISE[name] = self

    def __call__(self, *inputs: Any, **kwargs: Any) -> Variable:
        if kwargs or config.compute_test_value != "off":
            return super().__call__(*inputs, **kwargs)
        return self.make_node(*inputs).outputs[0]

    def make_node(self, *inputs: Any) -> Apply:
        """The node; Python numbers take the dtype of the other operands (see `as_operands`)."""
        if len(inputs) != self.nin:
            return self._chained(inputs)
        for v in inputs:
            if not isinstance(v, Variable):
                inputs = tuple(as_operands(inputs, self))
                break
        key = (*map(TYPE, inputs), config.floatX)
        known = self._types.get(key)
        if known is None:
            known = self._types[key] = self._type_of(inputs)
        return applied(self, inputs, (known,), here())

    def _chained(self, inputs: Sequence[Any]) -> Apply:
        """`add(x, y, z)` is `(x + y) + z`, and `add(x)` a copy of x."""
        if self.several and len(inputs) > 2:
            return self.make_node(self(*inputs[:-1]), inputs[-1])
        if self.several and inputs:
            return tensor_copy.make_node(*inputs)
        raise DTypeError(f"{self.name} takes {plural(self.nin, 'argument')} and got {len(inputs)}.",
                         fix=f"Write {self.formula(None, 'xyzw'[: self.nin])}.")

    def _type_of(self, variables: Sequence[Variable]) -> TensorType:
        """The type of the result: its dtype by the rule, its pattern as the operands stretch."""
        dtypes, patterns = [], []
        for v in variables:
            if not isinstance(v.type, TensorType):
                raise seams.no_tensor(v)
            dtypes.append(v.type.dtype)
            patterns.append(v.type.broadcastable)
        if self.accepts != Op.accepts:
            self.check_kinds(variables)
        if self.dtype_rule is promote and len({*dtypes}) == len({*patterns}) == 1:
            return variables[0].type  # type: ignore[return-value]
        return TensorType(self.dtype_rule(*dtypes), broadcast_pattern(patterns))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        """The template, with operands converted first where NumPy would choose another dtype."""
        wanted, discrete = node.outputs[0].dtype, [v.dtype in DISCRETE for v in node.inputs]
        if self.integers and all(discrete):
            return self.integers.format(*names)
        if self.dtype_rule in (floats, quotient):
            names = [f"{name}.astype({wanted!r})" if convert and v.dtype != wanted else name
                     for name, v, convert in zip(names, node.inputs, discrete, strict=True)]
        return self.template.format(*names, dtype=repr(wanted))

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        """One cotangent an input, summed over the dimensions in which the input was stretched."""
        found = self.pieces(inputs, outputs, cotangents[0])
        return [None if g is None else unbroadcast(where(choice, g), v)
                for g, v, choice in zip(found, inputs, self.choices(inputs, outputs), strict=True)]

    def pieces(self, inputs: list[Variable], outputs: list[Variable], g: Variable) -> list[Any]:
        """The cotangents of the inputs before they are summed, and right only where they count. Of
        complex inputs they are dC/d(real part) + i dC/d(imaginary part)."""
        if self.gradient is None:
            return [None] * len(inputs)
        turned = self.analytic and outputs[0].dtype.startswith("complex")
        given = self.gradient(*inputs, outputs[0], conj(g) if turned else g)
        return [None if p is None or is_literal(v) else conj(p) if turned else p
                for p, v in zip(self.checked_rule(given, inputs), inputs, strict=True)]

    def choices(self, inputs: list[Variable], outputs: list[Variable]) -> Sequence[Any]:
        """For each input None, or the condition under which it counts and whether that holds."""
        return self.chooses(*inputs, *outputs) if self.chooses else [None] * len(inputs)


ELEMENTWISE: dict[str, Elementwise] = {}
TYPE = attrgetter("type")


def operator(op: Callable[..., Any], name: str) -> Callable[[Any, Any], Variable]:
    """Python's operator as a method; an object that knows symbols, and is no tensor, may do it."""

    def method(self: Any, other: Any) -> Variable:
        try:
            return op(self, other)
        except TutorError:
            known = isinstance(other, (Variable, np.ndarray, np.generic, int, float, complex))
            if known or not hasattr(type(other), f"__r{name}__"):
                raise
        return NotImplemented
    return method


def reflected(op: Callable[..., Any]) -> Callable[[Any, Any], Variable]:
    """A binary operator as the method of the operand on its right."""
    def method(self: Any, other: Any) -> Variable:
        return op(other, self)
    return method


def filled(x: Any, y: Any, dtype: str) -> Any:
    """y, stretched to the shape that x and y have together, as a new array."""
    return np.full(np.broadcast_shapes(np.shape(x), np.shape(y)), y, dtype=dtype)


def sigmoid_of(x: Any, out: Any = None) -> Any:
    """1 / (1 + exp(-x)); where exp overflows, the 0 that is right."""
    y = np.exp(np.negative(x, out), out)
    y += 1
    return np.reciprocal(y, out)


def _comparison(name: str, symbol: str, ufunc: str, words: str) -> Elementwise:
    return Elementwise(name, f"{ufunc}({{0}}, {{1}})", booleans, text=f"{{0}} {symbol} {{1}}",
                       level=4, needs=(5, 5), grad=None, doc=f"Whether x is {words} y, as a bool.")


eq = _comparison("eq", "==", "equal", "equal to")
neq = _comparison("neq", "!=", "not_equal", "different from")
lt = _comparison("lt", "<", "less", "smaller than")
le = _comparison("le", "<=", "less_equal", "smaller than or equal to")
gt = _comparison("gt", ">", "greater", "larger than")
ge = _comparison("ge", ">=", "greater_equal", "larger than or equal to")
and_: Elementwise = Elementwise(
    "and_", "bitwise_and({0}, {1})", text="{0} & {1}", level=3, needs=(5, 5), accepts="biu",
    grad=None, doc="Bitwise and; of bools, logical and.")
add = Elementwise(
    "add", "{0} + {1}", text="{0} + {1}", level=6, needs=(6, 6.5), several=True,
    grad=lambda x, y, z, g: (g, g), doc="The sum x + y.")
sub = Elementwise(
    "sub", "{0} - {1}", text="{0} - {1}", level=6, needs=(6, 7), accepts="iufc",
    grad=lambda x, y, z, g: (g, None if is_literal(y) else -g), doc="The difference x - y.")
mul = Elementwise(
    "mul", "{0} * {1}", text="{0} * {1}", level=7, needs=(7, 7.2), several=True,
    grad=lambda x, y, z, g: (None if is_literal(x) else g * y, None if is_literal(y) else g * x),
    doc="The product x * y.")
true_div = Elementwise(
    "true_div", "{0} / {1}", quotient, text="{0} / {1}", level=7, needs=(7, 8),
    grad=lambda x, y, z, g: (g / y, None if is_literal(y) else -g * z / y),
    doc="The quotient x / y; of integers a float.")
neg = Elementwise(
    "neg", "-{0}", text="-{0}", level=8, needs=(8,), accepts="iufc", grad=lambda x, y, g: -g,
    doc="The negative -x.")
abs_ = Elementwise(
    "abs", "abs({0})", reals, grad=lambda x, y, g: _abs_grad(x, y, g), analytic=False,
    doc="The absolute value |x|.")
sgn: Elementwise = Elementwise(
    "sgn", "sign({0})", accepts="iuf", grad=None, doc="-1, 0 or 1: the sign of x.")
sqr = Elementwise(
    "sqr", "square({0})", integers="{0} * {0}", grad=lambda x, y, g: g * 2 * x,
    doc="The square of x.")
sqrt = Elementwise(
    "sqrt", "sqrt({0})", floats, grad=lambda x, y, g: g / (2 * y), doc="The square root.")
pow = Elementwise(
    "pow", "power({0}, {1})", text="{0} ** {1}", level=9, needs=(10, 8), accepts="iufc",
    grad=lambda x, y, z, g: _pow_grad(x, y, z, g), doc="x to the power y.")
conjugate = Elementwise(
    "conjugate", "conjugate({0})", accepts="iufc", grad=lambda x, y, g: conj(g), analytic=False,
    doc="The complex conjugate.")
exp = Elementwise("exp", "exp({0})", floats, grad=lambda x, y, g: g * y, doc="e to the power x.")
log = Elementwise(
    "log", "log({0})", floats, grad=lambda x, y, g: g / x, doc="The natural logarithm.")
tanh = Elementwise(
    "tanh", "tanh({0})", floats, grad=lambda x, y, g: g * (1 - sqr(y)),
    doc="The hyperbolic tangent.")
sigmoid = Elementwise(
    "sigmoid", "sigmoid({0})", floats, kernels={"sigmoid": sigmoid_of}, accepts="biuf",
    grad=lambda x, y, g: g * y * (1 - y), doc="1 / (1 + exp(-x)), between 0 and 1.")
switch: Elementwise = Elementwise(
    "switch", "where({0}, {1}, {2})", lambda c, x, y: promote(x, y), analytic=False,
    grad=lambda c, x, y, z, g: (None, g, g), dtype_of=slice(1, None),
    chooses=lambda c, x, y, z: (None, (c, True), (c, False)),
    doc="x where the condition holds, y elsewhere. Both are computed.")


def where(choice: tuple[Variable, bool] | None, g: Variable) -> Variable:
    """g where the condition holds (or where it does not, as the choice says), and 0 elsewhere."""
    return g if choice is None else switch(choice[0], *((g, 0) if choice[1] else (0, g)))


def _extremum(name: str, word: str) -> Elementwise:
    return Elementwise(
        name, f"{name}({{0}}, {{1}})", grad=lambda x, y, z, g: (g, g), accepts="biuf",
        chooses=lambda x, y, z: ((first := eq(z, x), True), (first, False)),
        doc=f"The {word} of x and y; nan where one of them is.")


maximum, minimum = _extremum("maximum", "larger"), _extremum("minimum", "smaller")
tensor_copy = Elementwise(
    "identity", "+{0}", integers="{0} | {0}", text="copy({0})", aliases=("copy",),
    grad=lambda x, y, g: g, doc="A copy of x.")
fill = Elementwise(
    "fill", "fill({0}, {1}, {dtype})", lambda x, y: y, kernels={"fill": filled}, analytic=False,
    grad=lambda x, y, z, g: (None, g), dtype_of=slice(1, None),
    doc="y, stretched to the shape of x.")


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
    zero = eq(x, 0)
    less = switch(and_(zero, eq(y, 0)), 1, y) - 1  # there y x^(y-1) would be 0 times infinity
    if y.dtype in DISCRETE:
        return g * y * x**less, None
    factor = switch(and_(zero, eq(less, 0)), neq(y, 0), y)  # y; its slope there is 0 both ways
    return g * factor * x**less, g * z * log(switch(zero, 1, x))


class Cast(Row):
    """x with another dtype."""

    dtype: str
    name, elementwise, cheap = "cast", True, True

    def types(self, x: Variable) -> TensorType:
        return TensorType(self.dtype, x.broadcastable)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        x = node.inputs[0]
        if not x.ndim and x.dtype != "bool" and self.dtype in ("float32", "float64"):
            return f"{self.dtype}({names[0]})"  # of a number in a third of the time
        return f"{names[0]}.astype({self.dtype!r})"

    def vjp(self, x: Variable, y: Variable, g: Variable) -> Variable:
        return g


def cast(x: Any, dtype: Any) -> Variable:
    """x with another dtype (`"floatX"` is `config.floatX`); x itself where it has it already."""
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
