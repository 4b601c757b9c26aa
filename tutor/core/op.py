"""What can be applied to variables: `Op`, and `Row`, an op that is declared in one block.

An op says its types, its NumPy expression, its gradient and its formula; what passes and pictures
ask of it too (`tutor/facts.py`, `tutor/notation.py`) it says in the same block. Every op is tested
from its row, or from the example beside it. How to add one: see `Elementwise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import CodeType
from typing import Any, ClassVar, dataclass_transform

import numpy as np

from tutor.core.errors import ArgumentError, BadValueError, DTypeError, NotHereError
from tutor.core.graph import Apply, Variable, Variables, apply, as_tensor_variable, quoted
from tutor.core.seams import Asked, config, old, seams
from tutor.core.types import DISCRETE, TensorType

#: The public functions by name: for NumPy's functions, for patterns of rules, for old programs.
FUNCTIONS: dict[str, Callable[..., Any]] = {}
#: The functions that expressions of ops call, by the names these have in them: each op hands over
#: its own (`Op.kernels`).
KERNELS: dict[str, Callable[..., Any]] = {}
VIEW = {0: [0]}  # a `view_map`: the result is the first input itself, or a part of it


def tell(op: Any, **facts: Any) -> None:
    """Say of an op, or of the ops of a class, what a layer above asks of them."""
    for fact, value in facts.items():
        setattr(op, fact, value)


class Op(Asked):
    """What can be applied to variables: types in, types out, an expression in NumPy, a gradient.

    An op of the engine says `source` (the NumPy expression), one written by a user
    `perform(node, inputs, output_storage)`. `L_op` gives the cotangents of the inputs from those
    of the outputs; `None` where an input has no gradient. Ops with equal `__props__` are equal.
    """

    __props__: tuple[str, ...] | None = None
    name: str = ""
    doc: str = ""
    #: Its formula: a template over the arguments, how strongly it binds (10: it never needs
    #: parentheses), and how strongly each argument must bind to stand without them.
    text = ""
    level: ClassVar[float] = 10
    needs: ClassVar[tuple[float, ...]] = ()
    accepts = "biufc"  # the kinds of numbers it is defined for, as NumPy's letters
    advice = "T.cast(x, dtype) changes the dtype."  # where operands are of other kinds
    elementwise = False  # each element of its result comes of one element of each operand
    draws = False  # every application counts: it is never computed twice, nor moved
    cheap = False  # it takes no longer than reading its operands and writing its result
    dtype_of = slice(None)  # the operands that its dtype comes from
    kernels: Mapping[str, Callable[..., Any]] = {}  # the functions that its expression calls
    default_output: int | None = None
    #: The graph inside of it, where it is one: inputs and outputs.
    inner: tuple[Sequence[Variable], Sequence[Variable]] | None = None
    view_map: dict[int, list[int]] = {}  # noqa: RUF012 - part of the interface users write
    destroy_map: dict[int, list[int]] = {}  # noqa: RUF012
    of_user = False  # it is written in a program, and not here

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.of_user = not cls.__module__.startswith("tutor.")
        KERNELS.update(cls.kernels)

    def make_node(self, *inputs: Any) -> Apply:
        """The node that applies this op, with its inputs converted and checked."""
        raise NotImplementedError

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        name, as_list = settings.pop("name", None), settings.pop("return_list", False)
        make = seams.of_user if self.of_user else type(self).make_node
        node = make(self, *inputs, **settings)
        if config.compute_test_value != "off":
            seams.made(node)
        if as_list or (len(node.outputs) > 1 and self.default_output is None):
            return list(node.outputs)
        out = node.outputs[self.default_output or 0]
        if name is not None:
            out.name = name
        return out

    def source(self, node: Apply, names: Sequence[str]) -> str | None:
        """The NumPy expression that computes this node from variables of these names."""
        return None

    def required(self, node: Apply, values: Mapping[Variable, Any]) -> Sequence[Variable]:
        """The operands that a node needs, as far as values are known."""
        return node.inputs

    def compute(self, node: Apply, operands: Sequence[Any]) -> Sequence[Any]:
        """The values of the outputs from those of the inputs: by the NumPy expression."""
        names = [f"x{node.inputs.index(v)}" for v in node.inputs]
        text = self.source(node, names)
        if text is None:
            return seams.performed(node, operands)
        given = dict(zip(names, operands, strict=True))
        result = eval(code_of(text), vars(np), {**self.kernels, **given})
        return [result] if len(node.outputs) == 1 else result

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> Sequence[Any]:
        """The cotangents of the inputs, given the cotangents of the outputs."""
        return self.grad(inputs, cotangents)

    def grad(self, inputs: list[Variable], output_gradients: list[Variable]) -> Sequence[Any]:
        """`L_op` of an op written by a user, which needs no outputs; of others it makes them."""
        if type(self).L_op is not Op.L_op:
            return self.L_op(inputs, self.make_node(*inputs).outputs, output_gradients)
        raise NotHereError(f"{self} has no gradient.",
                           fix="Write grad(self, inputs, output_gradients).")

    def check_kinds(self, operands: Sequence[Variable]) -> None:
        """Raise where the operands are of a kind of numbers for which this is not defined."""
        tensors = [v for v in operands if isinstance(v.type, TensorType)]
        if tensors and np.result_type(*[v.dtype for v in tensors]).kind not in self.accepts:
            raise DTypeError(f"{self.name} is defined for {seams.kinds(self.accepts)}, and got "
                             f"{' and '.join(f'{quoted(v)} ({v.dtype})' for v in tensors)}.",
                             fix=self.advice)

    def checked_rule(self, given: Any, inputs: Sequence[Any]) -> Sequence[Any]:
        """What its gradient gives for these inputs, if it is an expression, or None, for each."""
        found = given if isinstance(given, (list, tuple)) else [given]
        fits = [g is None or (isinstance(g, Variable) and (
            g.type is v.type or getattr(g, "ndim", 0) >= getattr(v, "ndim", 0)))
            for g, v in zip(found, inputs, strict=False)]
        if len(found) != len(inputs) or not all(fits):
            raise BadValueError(f"the gradient of {self} gives {quoted(given)}.", fix="Give an "
                                "expression of the dimensions of its input for each, or None.")
        return found

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Which input (row) each output (column) depends on."""
        return [[True] * len(node.outputs) for _ in node.inputs]

    def formula(self, node: Any, arguments: Sequence[str]) -> str:
        """The formula over arguments that are written already: its own, or that of a call."""
        if self.text:
            return self.text.format(*arguments)
        settings = [f"{key}={getattr(self, key)!r}" for key in self.__props__ or ()]
        return f"{self.name or type(self).__name__}({', '.join([*arguments, *settings])})"

    def _props(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__props__ or ()])

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self.__props__ is not None
                                 and self._props() == other._props())

    def __hash__(self) -> int:
        return object.__hash__(self) if self.__props__ is None else \
            hash((type(self), self._props()))

    def __str__(self) -> str:
        if old.reader is not None:
            return str(old.reader.op(self))
        if self.name or not self.__props__:
            return self.name or type(self).__name__
        settings = ", ".join([f"{p}={getattr(self, p)!r}" for p in self.__props__])
        return f"{type(self).__name__}{{{settings}}}"

    __repr__ = __str__


@cache
def code_of(text: str) -> CodeType:
    """A NumPy expression, compiled once for all nodes that share it."""
    return compile(text, "<tutor op>", "eval")


@dataclass_transform(eq_default=False)
class Row(Op):
    """An op whose class declares it; the first paragraph of its docstring is what it is.

        class Rolled(Row):
            "The elements of a vector, moved on by some places."
            by: int
            name, numpy = "rolled", "roll({0}, {by})"

            def vjp(self, x, y, g):
                return Rolled(-self.by)(g)

    Annotated attributes are its settings, in order, with their defaults. `numpy` is the expression
    over `{0}`, `{1}`, …, all operands as `{all}`, all but the first in a tuple as `({rest})`, the
    dtype of the result as `{dtype}`, and the settings by name; `calls` are the functions that it
    calls, without their leading underscores. `view_map` is `VIEW` where the result is memory of the
    first input, `accepts` which kinds of numbers it takes, `wrt` which inputs have a gradient
    (None: all). A row overrides `operands`, `types` and `source` where a template does not do, and
    `vjp`, which gets all inputs, all outputs, and the cotangent of each output, in this order.
    """

    numpy: ClassVar[str] = ""
    calls: ClassVar[Sequence[Callable[..., Any]]] = ()
    wrt: ClassVar[Sequence[int] | None] = None
    __props__: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        own = [name for name, kind in vars(cls).get("__annotations__", {}).items()
               if not str(kind).startswith("ClassVar")]
        cls.__props__ = (*[name for name in cls.__props__ if name not in own], *own)
        if "doc" not in vars(cls):
            cls.doc = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
        if "calls" in vars(cls):
            cls.kernels = {function.__name__.lstrip("_"): function for function in cls.calls}
        super().__init_subclass__(**kwargs)

    def __init__(self, *given: Any, **named: Any) -> None:
        kind, props = type(self), self.__props__
        values = {name: getattr(kind, name) for name in props if hasattr(kind, name)}
        values |= dict(zip(props, given, strict=False)) | named
        if len(given) > len(props) or values.keys() != set(props):
            raise ArgumentError(f"{kind.__name__} is made with {', '.join(props) or 'nothing'}, and"
                                f" got {[*given, *named]}.", fix="Pass these, or fewer.")
        for name, value in values.items():
            setattr(self, name, seams.setting(kind, name, value))

    def operands(self, *given: Any) -> Sequence[Variable]:
        """The inputs of the node, converted and checked."""
        return [v if isinstance(v, Variable) else as_tensor_variable(v) for v in given]

    def types(self, *inputs: Any) -> Any:
        """The type of the result, or a list of those of all: that of the first input."""
        return inputs[0].type

    def vjp(self, *variables: Any) -> Any:
        """The cotangents of the inputs `wrt`, from inputs, outputs and cotangents of outputs."""
        raise NotHereError(f"{self.name} does not say its gradient.",
                           fix="Write vjp(self, x, y, g) in its row, or wrt = () if it has none.")

    def make_node(self, *given: Any, **named: Any) -> Apply:
        try:
            inputs = self.operands(*given, **named)
            if self.accepts != Op.accepts:
                self.check_kinds(inputs)
            found = self.types(*inputs)
        except TypeError as problem:  # too many operands, or too few
            raise seams.unfit(self, given, named, problem) from None
        return apply(self, inputs, *(found if isinstance(found, (list, tuple)) else [found]))

    def source(self, node: Apply, names: Sequence[str]) -> str | None:
        known = {"all": ", ".join(names), "rest": ", ".join(names[1:]) + "," * (len(names) > 1),
                 "dtype": getattr(node.outputs[0].type, "dtype", None)}
        settings = zip(self.__props__, self._props(), strict=True)
        return self.numpy.format(*names, **{**known, **dict(settings)})

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        places = range(len(inputs)) if self.wrt is None else self.wrt
        found: list[Any] = [None] * len(inputs)
        if not places or all(v.dtype in DISCRETE for v in outputs):
            return found
        given = self.checked_rule(self.vjp(*inputs, *outputs, *cotangents),
                                  [inputs[i] for i in places])
        for i, g in zip(places, given, strict=True):
            found[i] = None if g is None else fitted(g, inputs[i])
        return found

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        n = len(node.outputs)
        return [[self.wrt is None or i in self.wrt] * n for i in range(len(node.inputs))]


def with_ones(x: Any, axes: tuple[int, ...]) -> Any:
    """x itself, if its size is 1 along these axes."""
    wrong = [axis for axis in axes if x.shape[axis] != 1]
    if wrong:
        raise ValueError(
            f"dimension {wrong[0]} was said to have size 1, and the shape is {x.shape}")
    return x


class Rebroadcast(Row):
    """The same value with another broadcast pattern."""

    pattern: tuple[bool, ...]
    name, text, needs, view_map, calls = "rebroadcast", "{0}", (10,), VIEW, (with_ones,)

    def types(self, x: Variable) -> TensorType:
        return TensorType(x.dtype, self.pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        pairs = zip(self.pattern, node.inputs[0].broadcastable, strict=True)
        new = tuple(i for i, (one, was) in enumerate(pairs) if one and not was)
        return f"with_ones({names[0]}, {new})" if new else names[0]

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
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
    return rebroadcast(unbroadcast(g, like), like.broadcastable)
