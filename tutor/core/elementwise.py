"""Elementwise ops: how dtypes, broadcast patterns and gradients follow from one block.

Comes after the graph; `arithmetic.py` and `functions.py` hold the ops themselves. Operands of fewer
dimensions are aligned at the right, as in NumPy, and stretch only where their *type* says size 1.

>>> import tutor.core as T
>>> (T.dmatrix() + T.drow()).type
TensorType(float64, matrix)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, DTypeError, caller
from tutor.core.graph import (
    Apply,
    Constant,
    Variable,
    applied,
    as_tensor_variable,
    constant,
    here,
    no_tensor,
    quoted,
)
from tutor.core.op import FACTS, FUNCTIONS, KERNELS, Help, Notation, Op, call
from tutor.core.seams import config
from tutor.core.types import DISCRETE, TensorType, float_of, promote

DTypeRule = Callable[..., str]


def same(*dtypes: str) -> str:
    """The promoted dtype of the operands."""
    return dtypes[0] if len(set(dtypes)) == 1 else promote(*dtypes)


def floats(*dtypes: str) -> str:
    """The promoted dtype of the floats that hold each operand."""
    return same(*[float_of(dtype) for dtype in dtypes])


def quotient(*dtypes: str) -> str:
    """Of a true division: floats stay as they are, integers become `config.floatX`."""
    dtype = same(*dtypes)
    return str(config.floatX) if dtype in DISCRETE else dtype


def booleans(*dtypes: str) -> str:
    """bool, whatever the operands."""
    return "bool"


def reals(*dtypes: str) -> str:
    """The promoted dtype without its imaginary part."""
    dtype = same(*dtypes)
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


class Elementwise(Op):
    """An op that acts on each element by itself: one block that says everything about it.

    `source` is the NumPy expression over `{0}`, `{1}`, …, and `integers` another one for operands
    that are all integers; `dtype` is the rule for its dtype and `accepts` the kinds it is defined
    for; with `several` it takes any number of them, from left to right. `grad` takes the inputs,
    the output and its cotangent and gives the cotangent of each input, as for real numbers: of an
    `analytic` function the complex rule follows. An op that `chooses` says from the same where each
    input counts, as (condition, whether it must hold); its `grad` is for there. `poles` says
    whether finite numbers may give an infinite one or nan, for some operands perhaps. `domain` is
    where the op is tested; `scalar` the expression over Python floats with functions of `math`, for
    0-d graphs. The other `facts` are those that `Op` lists (`commutative`, `kinks`, …).

    >>> import tutor.core as T
    >>> T.exp.doc
    'e to the power x.'
    """

    __doc__ = Help(__doc__)
    elementwise = keeps_shape = sizes_follow = makes_arrays = True

    def __init__(self, name: str, source: str, dtype: DTypeRule = same, *, doc: str,
                 grad: Callable[..., Any] | None = None, text: str | None = None,
                 latex: str | Callable[[Apply], str] | None = None, label: str | None = None,
                 level: float = 10, needs: tuple[float, ...] | None = None, open: float = 11,
                 scalar: str | None = None,
                 integers: str | None = None, domain: tuple[float, float] = (-2.0, 2.0),
                 reference: Callable[..., Any] | None = None, analytic: bool = True,
                 accepts: str = "biufc", several: bool = False, poles: Any = False,
                 aliases: Sequence[str] = (), **facts: Any) -> None:
        if not accepts or set(accepts) - set("biufc"):
            raise BadValueError(f"{name} accepts {accepts!r}, which are no kinds of numbers.",
                                fix="Choose letters of b, i, u, f and c, as NumPy's dtypes have.")
        for fact, value in facts.items():
            if fact not in FACTS:
                raise BadValueError(f"{name} says {fact}, which is no fact that an op has.",
                                    fix=f"Choose from {', '.join(sorted(FACTS))}.")
            setattr(self, fact, value)
        self.name, self.doc, self.template, self.scalar = name, doc, source, scalar
        self.__name__ = name
        self.integers, self.analytic = integers, analytic
        self.dtype_rule, self.gradient, self.domain = dtype, grad, domain
        self.nin = max(i + 1 for i in range(4) if f"{{{i}}}" in source)
        self.is_comparison = dtype is booleans and self.nin == 2
        self.accepts, self.several = accepts, several
        usual = call(name, self.nin)
        self._notation = Notation(text or usual.text, usual.latex if callable(latex) else
                                  latex or usual.latex, level, needs or (0,) * self.nin, open)
        self._latex = latex if callable(latex) else None
        if not self._notation.is_balanced(self.nin):
            raise BadValueError(f"the notation of {name} cannot be read: {self._notation.text!r}, "
                                f"{self._notation.latex!r}.",
                                fix="Close every brace and every \\left; write a brace of LaTeX "
                                "twice, and {0}, {1}, … for the arguments.")
        self._label = label or name
        self.reference, self.poles = reference, poles
        KERNELS.update(self.kernels)
        self._types: dict[tuple[Any, ...], TensorType] = {}
        for key in (name, *aliases):
            FUNCTIONS[key] = self
        ELEMENTWISE[name] = self

    advice = "T.cast(x, dtype) changes the dtype."  # where operands are of kinds it is not for

    __eq__, __hash__ = object.__eq__, object.__hash__  # one object an op

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_name, (self.name,)

    def notation(self, node: Apply) -> Notation:
        if self._latex is None:
            return self._notation
        return self._notation._replace(latex=self._latex(node))

    def label(self, node: Apply) -> str:
        return self._label

    def __call__(self, *inputs: Any, **kwargs: Any) -> Variable:
        if kwargs or config.compute_test_value != "off":
            out: Variable = super().__call__(*inputs, **kwargs)
            return out
        return self.make_node(*inputs).outputs[0]

    def make_node(self, *inputs: Any) -> Apply:
        """The node; Python numbers take the dtype of the other operands (see `weak`)."""
        if len(inputs) != self.nin:
            if self.several and inputs:
                return self._chain(inputs)
            words = "1 argument" if self.nin == 1 else f"{self.nin} arguments"
            raise DTypeError(f"{self.name} takes {words} and got {len(inputs)}.",
                             where=(("written at", caller()),),
                             fix=f"Write {self._notation.text.format(*'xyzw')}.")
        variables: Sequence[Variable] = inputs
        for v in inputs:
            if not isinstance(v, Variable):
                variables = weak(inputs, self)
                break
        key: tuple[Any, ...] = tuple([v.type for v in variables])
        if self.dtype_rule is quotient:
            key += (config.floatX,)
        out_type = self._types.get(key)
        if out_type is None:
            out_type = self._types[key] = self._output_type(variables)
        return applied(self, variables, (out_type,), here())

    def _chain(self, inputs: Sequence[Any]) -> Apply:
        """`add(x, y, z)` is `(x + y) + z`, and `add(x)` a copy of x."""
        if len(inputs) == 1:
            copied = as_tensor_variable(inputs[0]).copy()
            assert copied.owner is not None
            return copied.owner
        return self.make_node(self.make_node(*inputs[:-1]).outputs[0], inputs[-1])

    def _output_type(self, variables: Sequence[Any]) -> TensorType:
        for v in variables:
            if not isinstance(v.type, TensorType):
                raise no_tensor(v)
        dtypes = [v.dtype for v in variables]
        if np.dtype(same(*dtypes)).kind not in self.accepts:
            raise DTypeError(f"{self.name} is defined for {in_words(self.accepts)}, and got "
                             f"{' and '.join(f'{quoted(v)} ({v.dtype})' for v in variables)}.",
                             where=(("written at", caller()),),
                             fix=self.advice)
        pattern = broadcast_pattern([v.broadcastable for v in variables])
        return TensorType(self.dtype_rule(*dtypes), pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        """The template, with operands converted first where NumPy would choose another dtype."""
        wanted = node.outputs[0].dtype
        if self.integers and all(v.dtype in DISCRETE for v in node.inputs):
            return self.integers.format(*names)
        arguments = list(names)
        if self.dtype_rule in (floats, quotient):
            for i, v in enumerate(node.inputs):
                if v.dtype != wanted and v.dtype in DISCRETE:
                    arguments[i] = f"{names[i]}.astype({wanted!r})"
        return self.template.format(*arguments, dtype=repr(wanted))

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        """One cotangent an input, summed over the dimensions in which the input was stretched.

        A complex cotangent is dC/d(real part) + i dC/d(imaginary part); through an analytic
        function with derivative f' it is multiplied by the conjugate of f'.
        """
        found = self.pieces(inputs, outputs, cotangents[0])
        return [None if g is None else unbroadcast(where(choice, g), v)
                for g, v, choice in zip(found, inputs, self.choices(inputs, outputs), strict=True)]

    def pieces(self, inputs: list[Variable], outputs: list[Variable], g: Variable) -> list[Any]:
        """The cotangents of the inputs before they are summed, and right only where they count."""
        if self.gradient is None:
            return [None] * len(inputs)
        turned = self.analytic and outputs[0].dtype.startswith("complex")
        g = g.conj() if turned else g
        found = self.gradient(*inputs, outputs[0], g)
        if not isinstance(found, (tuple, list)):
            found = [found]
        if turned:
            found = [g if g is None else g.conj() for g in found]
        return [None if is_literal(v) else g for g, v in zip(found, inputs, strict=True)]

    def choices(self, inputs: list[Variable], outputs: list[Variable]) -> Sequence[Any]:
        """For each input None, or the condition under which it counts and whether that holds."""
        return self.chooses(*inputs, *outputs) if self.chooses else [None] * len(inputs)

    def singular(self, node: Apply) -> bool:
        return bool(self.poles(*node.inputs) if callable(self.poles) else self.poles)


Elementwise.__name__ = "Elemwise"  # what programs written for Theano compare it with

KINDS_IN_WORDS = {"biu": "integers and bools", "iu": "integers", "biuf": "real numbers",
                  "iuf": "numbers that are real and no bools", "iufc": "numbers, not bools",
                  "biufc": "numbers", "b": "bools", "f": "real floats", "c": "complex numbers",
                  "i": "signed integers", "u": "unsigned integers"}


def in_words(kinds: str) -> str:
    """What kinds of numbers these letters are.

    >>> in_words("iu"), in_words("fc")
    ('integers', 'real floats and complex numbers')
    """
    whole = "".join(k for k in "biufc" if k in kinds)
    return KINDS_IN_WORDS.get(whole) or " and ".join(KINDS_IN_WORDS[k] for k in whole)


def is_literal(v: Variable) -> bool:
    """Whether v was written as a number in an expression: nobody can ask for its derivative."""
    return isinstance(v, Constant) and v.written is not None


ELEMENTWISE: dict[str, Elementwise] = {}


def _by_name(name: str) -> Elementwise:
    return ELEMENTWISE[name]


def broadcast_pattern(patterns: Sequence[tuple[bool, ...]]) -> tuple[bool, ...]:
    """The pattern of the result: a dimension is known to be 1 where it is so in every operand."""
    if len(set(patterns)) == 1:
        return patterns[0]
    reversed_ = [pattern[::-1] for pattern in patterns]
    return tuple(all(column) for column in zip_longest(*reversed_, fillvalue=True))[::-1]


def weak(inputs: Sequence[Any], op: Elementwise | None = None) -> list[Variable]:
    """Operands as variables. Beside floats a Python number takes their dtype: `float32 * 0.1` stays
    float32. Beside integers, and by itself, it has the smallest dtype that holds it, as in Theano:
    `int8 + 300` is int16, `uint8 + 1` int16, `int64 * 2.5` float64. Without an op, as where a loop
    starts, it is int64 or `config.floatX`."""
    if len(inputs) == 2 and op is not None and op.dtype_of == slice(None):
        if "f" not in op.accepts:
            inputs = [_unsigned(v, *inputs) for v in inputs]
        x, y = inputs
        if type(y) in CONSTANTS and isinstance(x, Variable) and type(x.type) is TensorType:
            return [x, _beside(y, x.type.dtype)]
        if type(x) in CONSTANTS and isinstance(y, Variable) and type(y.type) is TensorType:
            return [_beside(x, y.type.dtype), y]
    strong = [as_tensor_variable(v) for v in inputs if not _is_number(v)]
    if len(strong) == len(inputs):
        return strong
    typed = inputs if op is None else inputs[op.dtype_of]
    chosen = [as_tensor_variable(v) for v in typed if not _is_number(v)]
    dtype = promote(*[v.dtype for v in chosen]) if chosen else None
    rest = iter(strong)
    alone = op is None
    return [_weak_constant(v, dtype, alone) if _is_number(v) else next(rest) for v in inputs]


def _unsigned(value: Any, *operands: Any) -> Any:
    """An integer, where only integers will do, as one of uint64 if it is beside these."""
    beside = any(getattr(v, "dtype", None) == "uint64" for v in operands)
    fits = type(value) is int and 0 <= value < 2**64
    return constant(value, dtype="uint64") if beside and fits else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic)


#: The constants made of numbers before, by type of number: a graph names few of them, and often.
CONSTANTS: dict[type, dict[tuple[Any, str], Constant]] = {int: {}, float: {}}
MOST_CONSTANTS = 1000


def _beside(number: Any, dtype: str) -> Constant:
    """A number as it is beside an operand of a dtype: a constant that shares its value with earlier
    ones (a dtype that `config.floatX` has a part in, and zeros of two signs, are made anew)."""
    known = CONSTANTS[type(number)]
    found = known.get((number, dtype))
    if found is None:
        made = _weak_constant(number, dtype, False)
        if number and (type(number) is int or np.dtype(dtype).kind in "fc"):
            if len(known) >= MOST_CONSTANTS:
                known.clear()
            known[number, dtype] = made
        return made
    made = Constant(found.type, found.data)
    made.written = number
    return made


def _weak_constant(number: Any, dtype: str | None, alone: bool) -> Constant:
    found = _weak_value(number, dtype, alone)
    found.written = number
    return found


def _weak_value(number: Any, dtype: str | None, alone: bool) -> Constant:
    if alone and dtype is None and type(number) in (int, float) and abs(number) < 2**62:
        return constant(number, dtype="int64" if type(number) is int else config.floatX)
    beside = "" if dtype is None else np.dtype(dtype).kind
    if isinstance(number, (bool, complex)) or beside not in ("f", "c"):
        return constant(number)
    fits = dtype != "float16" or number != number or abs(number) <= 65504
    return constant(number, dtype=dtype if fits or abs(number) == np.inf else None)


switch: Elementwise = Elementwise(
    "switch", "where({0}, {1}, {2})", lambda c, x, y: same(x, y), label="switch", analytic=False,
    latex=r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
    level=8, open=0,
    grad=lambda c, x, y, z, g: (None, g, g), aliases=("where",),
    chooses=lambda c, x, y, z: (None, (c, True), (c, False)),
    reference=np.where,
    kinks="that of the branch taken", cheap=True, rule="cases",
    converts=True, dtype_of=slice(1, None), zero_sign=("lost", "kept", "kept"),
    doc="x where the condition holds, y elsewhere. Both are computed.")


def where(choice: tuple[Variable, bool] | None, g: Variable) -> Variable:
    """g where the condition holds (or where it does not, as the choice says), and 0 elsewhere."""
    if choice is None:
        return g
    condition, holds = choice
    cases = (g, 0) if holds else (0, g)
    found: Variable = switch(condition, *cases)
    return found


def unbroadcast(g: Variable, like: Variable) -> Variable:
    """The cotangent summed over the dimensions in which `like` was stretched, in its dtype."""
    if g.type is not like.type:
        extra = g.ndim - like.ndim
        if extra > 0:
            g = g.sum(axis=tuple(range(extra)))
        patterns = zip(like.broadcastable, g.broadcastable, strict=False)
        stretched = tuple(i for i, (one, was) in enumerate(patterns) if one and not was)
        if stretched:
            g = g.sum(axis=stretched, keepdims=True)
        if g.dtype != like.dtype and like.dtype not in DISCRETE:
            if g.dtype.startswith("complex") and not like.dtype.startswith("complex"):
                g = g.real
            g = g.astype(like.dtype)
    return g
