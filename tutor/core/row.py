"""How ops are declared: a class of `Row` says what an op is, an `Elementwise` is one by itself.

Comes after what an op is asked for (`Op`). The node, its types, its expression, equality and checks
follow from what is declared. A gradient is written with variables: it has one in turn.

>>> import tutor.core as T
>>> T.exp.doc, T.exp(T.lscalar("x")).dtype
('e to the power x.', 'float64')
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, ClassVar, Literal, dataclass_transform, get_args, get_origin

import numpy as np

from tutor.core.arguments import chosen, in_words, is_literal, truth, weak
from tutor.core.errors import ArgumentError, BadValueError, DTypeError
from tutor.core.graph import (
    Apply,
    Variable,
    applied,
    apply,
    as_tensor_variable,
    here,
    no_tensor,
    quoted,
)
from tutor.core.op import FACTS, FUNCTIONS, KERNELS, Help, Notation, Op, call
from tutor.core.seams import config, seams
from tutor.core.types import DISCRETE, TensorType, float_of, promote

VIEW = {0: [0]}  # the result is the first input itself, or a part of it


@dataclass_transform(eq_default=False)
class Row(Op):
    """An op whose class declares it; the first paragraph of its docstring is what it is.

    Annotated attributes are its settings, in order, with their defaults; that one is a bool, or a
    `Literal` of choices, is checked. `numpy` is the expression over `{0}`, `{1}`, …, all operands
    as `{all}`, all but the first in a tuple as `({rest})`, the dtype of the result as `{dtype}`,
    and the settings by name; `calls` are the functions of the engine that it calls, without their
    leading underscores. `wrt` are the inputs that have a gradient (None: all), `text`, `latex`,
    `level`, `needs` and `open` its `Notation`, `symbol` its label in pictures of the graph.
    """

    numpy: ClassVar[str] = ""
    hints: ClassVar[Mapping[str, Any]] = MappingProxyType({})  # of settings that are checked
    calls: ClassVar[Sequence[Callable[..., Any]]] = ()
    wrt: ClassVar[Sequence[int] | None] = None
    text = symbol = ""
    latex: ClassVar[Any] = ""  # or a function of the node
    level: ClassVar[float] = 10
    open: ClassVar[float] = 11
    needs: ClassVar[tuple[float, ...]] = ()
    __props__: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        known, given = vars(sys.modules[cls.__module__]), vars(cls).get("__annotations__", {})
        own = {name: eval(kind, known) if isinstance(kind, str) else kind
               for name, kind in given.items() if not str(kind).startswith("ClassVar")}
        if own:
            cls.__props__ = (*[name for name in cls.__props__ if name not in own], *own)
            checked = {name: hint for name, hint in own.items()
                       if hint is bool or get_origin(hint) is Literal}
            cls.hints = {**cls.hints, **checked}
        if "doc" not in vars(cls):
            cls.doc = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
        if "calls" in vars(cls):
            cls.kernels = {function.__name__.lstrip("_"): function for function in cls.calls}
        super().__init_subclass__(**kwargs)

    def __init__(self, *given: Any, **named: Any) -> None:
        kind, props = type(self), self.__props__
        if named or len(given) != len(props):
            values = {name: getattr(kind, name) for name in props if hasattr(kind, name)}
            values |= dict(zip(props, given, strict=False)) | named
            if len(given) > len(props) or values.keys() != set(props):
                raise ArgumentError(f"{kind.__name__} is made with {', '.join(props) or 'nothing'},"
                                    f" and got {[*given, *named]}.", fix="Pass these, or fewer.")
            given = tuple([values[name] for name in props])
        for name, value in zip(props, given, strict=True):
            hint = self.hints.get(name)
            if hint is not None:
                value = truth(value, name) if hint is bool else chosen(value, get_args(hint), name)
            setattr(self, name, value)

    def operands(self, *given: Any) -> Sequence[Variable]:
        """The inputs of the node, converted and checked."""
        return [v if isinstance(v, Variable) else as_tensor_variable(v) for v in given]

    def types(self, *inputs: Any) -> Any:
        """The type of the result, or a list of those of all: that of the first input."""
        return inputs[0].type

    def vjp(self, *variables: Any) -> Any:
        """The cotangents of the inputs `wrt`, from inputs, outputs and cotangents of outputs."""
        raise NotImplementedError(f"{self.name} has no gradient")

    def make_node(self, *given: Any, **named: Any) -> Apply:
        inputs: Any = None
        try:
            inputs = self.operands(*given, **named)
            types = self.types(*inputs)
        except TypeError as problem:  # too many operands, or too few: an error about them
            if seams.unfit is None or getattr(problem.__traceback__, "tb_next", None) is not None:
                raise
            at = (self.operands, given, named) if inputs is None else (self.types, inputs, {})
            raise seams.unfit(*at, problem, self.name) from None
        return apply(self, inputs, *(types if isinstance(types, (list, tuple)) else [types]))

    def source(self, node: Apply, names: Sequence[str]) -> str | None:
        known = {"all": ", ".join(names), "rest": ", ".join(names[1:]) + "," * (len(names) > 1),
                 "dtype": getattr(node.outputs[0].type, "dtype", None)}
        settings = zip(self.__props__, self._props(), strict=True)
        return self.numpy.format(*names, **{**known, **dict(settings)})

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        places = range(len(inputs)) if self.wrt is None else self.wrt
        found: list[Any] = [None] * len(inputs)
        if not places or all(v.dtype in DISCRETE for v in outputs):
            return found
        given = self.vjp(*inputs, *outputs, *cotangents)
        given = given if isinstance(given, (list, tuple)) else [given]
        for i, g in zip(places, given, strict=True):
            found[i] = None if g is None else fitted(g, inputs[i])
        return found

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        n = len(node.outputs)
        return [[self.wrt is None or i in self.wrt] * n for i in range(len(node.inputs))]

    def notation(self, node: Apply) -> Notation:
        text, latex = self.text, self.latex(node) if callable(self.latex) else self.latex
        if not (text and latex):
            usual = call(self.name, len(node.inputs), self.settings())
            text, latex = text or usual.text, latex or usual.latex
        return Notation(text, latex, self.level, self.needs, self.open)

    def label(self, node: Apply) -> str:
        return self.symbol or self.name


def with_ones(x: Any, axes: tuple[int, ...]) -> Any:
    """x itself, if its size is 1 along these axes."""
    for axis in axes:
        if x.shape[axis] != 1:
            raise ValueError(
                f"dimension {axis} was said to have size 1, and the shape is {x.shape}")
    return x


class Rebroadcast(Row):
    """The same value with another broadcast pattern."""

    pattern: tuple[bool, ...]
    name, text, latex, needs = "rebroadcast", "{0}", "{0}", (10,)
    zero_sign, moves, view_map, calls = "kept", True, VIEW, (with_ones,)

    def types(self, x: Variable) -> TensorType:
        return TensorType(x.dtype, self.pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        pairs = zip(self.pattern, node.inputs[0].broadcastable, strict=True)
        new = tuple(i for i, (one, was) in enumerate(pairs) if one and not was)
        return f"with_ones({names[0]}, {new})" if new else names[0]

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        return [rebroadcast(cotangents[0], inputs[0].broadcastable)]


def rebroadcast(x: Variable, pattern: Sequence[bool]) -> Variable:
    """x with another broadcast pattern; a dimension said to be 1 is checked when values arrive."""
    pattern = tuple(pattern)
    return x if x.broadcastable == pattern else Rebroadcast(pattern)(x)


def unbroadcast(g: Variable, like: Variable) -> Variable:
    """The cotangent summed over the dimensions in which `like` was stretched, in its dtype."""
    if g.type is like.type:
        return g
    if g.ndim > like.ndim:
        g = g.sum(axis=tuple(range(g.ndim - like.ndim)))
    patterns = zip(like.broadcastable, g.broadcastable, strict=False)
    stretched = tuple(i for i, (one, was) in enumerate(patterns) if one and not was)
    g = g.sum(axis=stretched, keepdims=True) if stretched else g
    if g.dtype == like.dtype or like.dtype in DISCRETE:
        return g
    if g.dtype.startswith("complex") and not like.dtype.startswith("complex"):
        g = g.real
    return g.astype(like.dtype)


def fitted(g: Variable, like: Variable) -> Variable:
    """A cotangent in the dtype and broadcast pattern of the variable it belongs to."""
    same = g.type is like.type
    return g if same else rebroadcast(unbroadcast(g, like), like.broadcastable)


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


def broadcast_pattern(patterns: Sequence[tuple[bool, ...]]) -> tuple[bool, ...]:
    """The pattern of the result: a dimension is known to be 1 where it is so in every operand."""
    if len(set(patterns)) == 1:
        return patterns[0]
    reversed_ = [pattern[::-1] for pattern in patterns]
    return tuple(all(column) for column in zip_longest(*reversed_, fillvalue=True))[::-1]


class Elementwise(Row):
    """An op that acts on each element by itself: one block that says everything about it.

    `numpy` is the expression over `{0}`, `{1}`, …, and `integers` another one for operands that are
    all integers; `dtype` is the rule for its dtype. `grad` takes the inputs, the output and its
    cotangent and gives the cotangent of each input, as for real numbers: of an `analytic` function
    the complex rule follows. An op that `chooses` says from the same where each input counts, as
    (condition, whether it must hold); its `grad` is for there. What else it may say stands below,
    in `Row` (`text`, `latex`, …) and in `Facts` (`commutative`, `kinks`, …).
    """

    __doc__ = Help(__doc__)
    __eq__, __hash__ = object.__eq__, object.__hash__  # one object an op
    connection_pattern = Op.connection_pattern
    elementwise = keeps_shape = sizes_follow = makes_arrays = True
    accepts = "biufc"  # the kinds of numbers it is defined for, as NumPy's letters
    advice = "T.cast(x, dtype) changes the dtype."  # where operands are of other kinds
    several = False  # whether it takes any number of operands, from left to right
    integers, analytic = "", True
    poles: ClassVar[Any] = False  # whether finite numbers may give infinite ones: for some operands
    domain = (-2.0, 2.0)  # where it is tested, and against what
    reference: ClassVar[Any] = None

    def __init__(self, name: str, numpy: str, dtype: Callable[..., str] = same, *, doc: str,
                 grad: Callable[..., Any] | None = None, label: str = "",
                 aliases: Sequence[str] = (), **said: Any) -> None:
        self.name = self.__name__ = name
        self.doc, self.template, self.dtype_rule, self.gradient = doc, numpy, dtype, grad
        self.nin = max(i + 1 for i in range(4) if f"{{{i}}}" in numpy)
        self.is_comparison = dtype is booleans and self.nin == 2
        self._types: dict[tuple[Any, ...], TensorType] = {}
        usual = call(name, self.nin)
        as_numpy = getattr(np, said.get("ufunc") or numpy.partition("(")[0], None)
        said = {"symbol": label or name, "text": usual.text, "latex": usual.latex,
                "needs": (0,) * self.nin, "reference": as_numpy, **said}
        for word, value in said.items():
            if not hasattr(type(self), word):
                raise BadValueError(f"{name} says {word}, which is no fact that an op has.",
                                    fix=f"Choose from {', '.join(sorted(FACTS))}.")
            setattr(self, word, value)
        if not self.accepts or set(self.accepts) - set("biufc"):
            raise BadValueError(f"{name} accepts {self.accepts!r}, which are no kinds of numbers.",
                                fix="Choose letters of b, i, u, f and c, as NumPy's dtypes have.")
        latex = usual.latex if callable(self.latex) else self.latex
        if not Notation(self.text, latex).is_balanced(self.nin):
            raise BadValueError(f"the notation of {name} cannot be read: {self.text!r}, {latex!r}.",
                                fix="Close every brace and every \\left; write a brace of LaTeX "
                                "twice, and {0}, {1}, … for the arguments.")
        if name in ELEMENTWISE:
            raise BadValueError(f"there is an op {name} already.", fix="Give it another name.")
        KERNELS.update(self.kernels)
        FUNCTIONS.update(dict.fromkeys((name, *aliases), self))
        ELEMENTWISE[name] = self

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_name, (self.name,)

    def __call__(self, *inputs: Any, **kwargs: Any) -> Variable:
        if kwargs or config.compute_test_value != "off":
            return super().__call__(*inputs, **kwargs)
        return self.make_node(*inputs).outputs[0]

    def make_node(self, *inputs: Any) -> Apply:
        """The node; Python numbers take the dtype of the other operands (see `weak`)."""
        if len(inputs) != self.nin:
            return self._chained(inputs)
        variables: Sequence[Variable] = inputs
        for v in inputs:
            if not isinstance(v, Variable):
                variables = weak(inputs, self)
                break
        key: tuple[Any, ...] = tuple([v.type for v in variables])
        key = (*key, config.floatX) if self.dtype_rule is quotient else key
        known = self._types.get(key)
        if known is None:
            known = self._types[key] = self._type_of(variables)
        return applied(self, variables, (known,), here())

    def _chained(self, inputs: Sequence[Any]) -> Apply:
        """`add(x, y, z)` is `(x + y) + z`, and `add(x)` a copy of x."""
        if self.several and len(inputs) > 2:
            return self.make_node(self(*inputs[:-1]), inputs[-1])
        if self.several and inputs:
            copied: Any = as_tensor_variable(inputs[0]).copy()
            return copied.owner
        words = "1 argument" if self.nin == 1 else f"{self.nin} arguments"
        raise DTypeError(f"{self.name} takes {words} and got {len(inputs)}.",
                         fix=f"Write {self.text.format(*'xyzw')}.")

    def _type_of(self, variables: Sequence[Any]) -> TensorType:
        for v in variables:
            if not isinstance(v.type, TensorType):
                raise no_tensor(v)
        dtypes = [v.dtype for v in variables]
        if np.dtype(same(*dtypes)).kind not in self.accepts:
            raise DTypeError(f"{self.name} is defined for {in_words(self.accepts)}, and got "
                             f"{' and '.join(f'{quoted(v)} ({v.dtype})' for v in variables)}.",
                             fix=self.advice)
        dtype = self.dtype_rule(*dtypes)
        pattern = broadcast_pattern([v.broadcastable for v in variables])
        return TensorType(dtype, pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        """The template, with operands converted first where NumPy would choose another dtype."""
        wanted, discrete = node.outputs[0].dtype, [v.dtype in DISCRETE for v in node.inputs]
        if self.integers and all(discrete):
            return self.integers.format(*names)
        if self.dtype_rule in (floats, quotient):
            names = [f"{name}.astype({wanted!r})" if convert and v.dtype != wanted else name
                     for name, v, convert in zip(names, node.inputs, discrete, strict=True)]
        return self.template.format(*names, dtype=repr(wanted))

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
        found = self.gradient(*inputs, outputs[0], g.conj() if turned else g)
        found = found if isinstance(found, (tuple, list)) else [found]
        return [None if p is None or is_literal(v) else p.conj() if turned else p
                for p, v in zip(found, inputs, strict=True)]

    def choices(self, inputs: list[Variable], outputs: list[Variable]) -> Sequence[Any]:
        """For each input None, or the condition under which it counts and whether that holds."""
        return self.chooses(*inputs, *outputs) if self.chooses else [None] * len(inputs)

    def singular(self, node: Apply) -> bool:
        return bool(self.poles(*node.inputs) if callable(self.poles) else self.poles)


Elementwise.__name__ = "Elemwise"  # what programs written for Theano compare it with
ELEMENTWISE: dict[str, Elementwise] = {}


def _by_name(name: str) -> Elementwise:
    return ELEMENTWISE[name]


switch: Elementwise = Elementwise(
    "switch", "where({0}, {1}, {2})", lambda c, x, y: same(x, y), label="switch", analytic=False,
    latex=r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
    level=8, open=0, grad=lambda c, x, y, z, g: (None, g, g), converts=True, cheap=True,
    chooses=lambda c, x, y, z: (None, (c, True), (c, False)),
    kinks="that of the branch taken", rule="cases", dtype_of=slice(1, None),
    zero_sign=("lost", "kept", "kept"),
    doc="x where the condition holds, y elsewhere. Both are computed.")


def where(choice: tuple[Variable, bool] | None, g: Variable) -> Variable:
    """g where the condition holds (or where it does not, as the choice says), and 0 elsewhere."""
    if choice is None:
        return g
    condition, holds = choice
    return switch(condition, *((g, 0) if holds else (0, g)))
