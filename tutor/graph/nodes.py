"""The nodes of the expression graph: `Variable`, `Constant`, `Apply`.

A variable is a typed symbol: an input, a constant, or the output of an `Apply` node, which is an op
applied to variables. Equality of nodes is identity; each knows the line that made it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tutor import refusals, types
from tutor.compat import compat
from tutor.config import config
from tutor.errors import DTypeError, Origin, caller
from tutor.graph.pickling import PickledNode, PickledVariable
from tutor.operators import Symbol, quoted
from tutor.seams import seams
from tutor.text import formula
from tutor.types import Type

if TYPE_CHECKING:
    from tutor.graph.op import Op
    from tutor.ops.variables import Operators  # come after the ops; see Variable.__new__
else:
    Operators = Symbol

#: What follows from how a variable was made.
FIXED = frozenset(("dtype", "ndim", "broadcastable", "T", "shape", "size", "real", "imag"))

new = object.__new__
attribute = object.__setattr__  # sets what is known to be right, in a third of the time
_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


class written_at:  # noqa: N801 - used as a function: with written_at(origin)
    """Nodes made inside count as written at this place (used where the engine makes them)."""

    __slots__ = ("origin", "token")

    def __init__(self, origin: Origin | None) -> None:
        self.origin = origin

    def __enter__(self) -> None:
        self.token = _origin.set(self.origin)

    def __exit__(self, *error: object) -> None:
        _origin.reset(self.token)


def here() -> Origin | None:
    """Where what is made now counts as written: the learner's line, or what `written_at` says."""
    return _origin.get() or caller()


class Variable(PickledVariable, Operators):
    """A symbol: it has a type and perhaps a name, and no value.

    `owner` is the node that computes it (None for an input) and `index` its place among that node's
    outputs; `origin` is the line that made it. `tag` is a namespace for notes of your own.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> x.name, x.type, x.owner
    ('x', TensorType(float64, scalar), None)
    """

    type: Type
    owner: Apply | None
    index: int | None
    name: str | None

    def __new__(cls, type: Type = types.generic, *args: Any, **kwargs: Any) -> Self:
        """Of the class that its type makes, which has the operators."""
        return new(type.variable if cls is Variable else cls)

    def __init__(
        self,
        type: Type,
        owner: Apply | None = None,
        index: int | None = None,
        name: str | None = None,
    ) -> None:
        attribute(self, "type", type)
        attribute(self, "owner", owner)
        attribute(self, "index", index)
        self.name = name
        if owner is None:
            attribute(self, "_made_at", here())

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a name is text, or None, and what follows from the type stays."""
        if name in FIXED:
            raise refusals.not_set(quoted(self), quoted(value), self.origin)
        if name == "name" and value is not None and not isinstance(value, str):
            raise DTypeError(f"a name is a string, not {types.describe(value)}.",
                             where=(("written at", caller()),),
                             fix='Write the name in quotes: T.dscalar("x"), x.name = "x".')
        attribute(self, name, value)

    _made_at: Origin | None = None
    _leaves: frozenset[Variable] | None = None  # whose shapes computing it compares
    _said: str | None = None  # what it is called where it is printed, in place of a name
    paper: Any = None  # how papers write it: a notation, and what it is of; None: as it is computed

    @property
    def origin(self) -> Origin | None:
        """Where the learner wrote this variable, or the operation that computes it."""
        return self.owner.origin if self.owner is not None else self._made_at

    @property
    def tag(self) -> SimpleNamespace:
        """A namespace for notes on this variable (`x.tag.test_value = …`)."""
        if "_tag" not in self.__dict__:
            self._tag = SimpleNamespace()
        return self._tag

    @property
    def dtype(self) -> str:
        return self.type.dtype  # type: ignore[attr-defined]

    @property
    def ndim(self) -> int:
        return self.type.ndim  # type: ignore[attr-defined]

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        return self.type.broadcastable  # type: ignore[attr-defined]

    def clone(self, name: str | None = None) -> Variable:
        """A new variable of the same type, without an owner; notes in its tag stay."""
        return Variable(self.type, name=name or self.name).noted_as(self)

    def noted_as(self, other: Variable) -> Variable:
        """This variable, with the notes in another one's tag in its own."""
        if "_tag" in other.__dict__:
            self.tag.__dict__.update(other._tag.__dict__)
        return self

    def get_parents(self) -> list[Apply]:
        """The node that computes this variable, in a list; empty for an input."""
        return [] if self.owner is None else [self.owner]

    def eval(self, inputs_to_values: Mapping[Any, Any] | None = None, **options: Any) -> Any:
        """The value when the inputs have these values; compiled once for each set of inputs.

        >>> import tutor.tensor as T
        >>> x = T.dscalar("x")
        >>> (x * 2).eval({x: 3})
        array(6.)
        """
        return seams.evaluate(self, inputs_to_values or {}, **options)

    def __getstate__(self) -> dict[str, Any]:
        """For pickles: all but the line it was written on and what was compiled from it."""
        left = ("_made_at", "_functions", "_leaves", "start")
        return {k: v for k, v in self.__dict__.items() if k not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state if compat.state is None else compat.state(self, state))

    def __str__(self) -> str:
        return repr(self) if compat.text is None else compat.text(self)

    def __repr__(self) -> str:
        # A program written for Theano prints its lists of variables as it always did.
        text = (compat.text or formula)(self)
        if config.print_test_value and hasattr(self.tag, "test_value"):
            return f"{text}\n{self.tag.test_value!r}"
        return text

    __hash__ = object.__hash__


def is_valid_value(type: Type, value: Any) -> bool:
    """`type.is_valid_value(value)`: whether the type stores the value just as it is.

    >>> import tutor.tensor as T
    >>> T.fvector.is_valid_value(np.ones(2, "float32")), T.fvector.is_valid_value(np.ones(2))
    (True, False)
    """
    try:
        type.filter(value, strict=True)
    except (TypeError, ValueError):
        return False
    return True


def value_zeros(type: types.TensorType, shape: Sequence[int]) -> Any:
    """`type.value_zeros(shape)`: an array of zeros that the type stores."""
    return np.zeros(shape, type.dtype)


Type.variable, Type.is_valid_value = Variable, is_valid_value
types.TensorType.value_zeros = value_zeros  # type: ignore[attr-defined]


def said(v: Variable, words: str, paper: Any = None) -> Variable:
    """The variable, called by these words where it is printed and has no name, and written in
    formulas as papers do."""
    v._said, v.paper = words, paper
    return v


class Constant(Variable):
    """A variable whose value is known for good.

    >>> import tutor.tensor as T
    >>> T.constant(2.5).data
    array(2.5, dtype=float32)
    """

    like: Variable | None = None  # whose shape it was made after: that counts as used
    written: Any = None  # the Python number it was, before it took a dtype from other operands
    data: Any
    _signature: Any = None
    _kind: str | None = None  # what rules look for

    def __new__(cls, type: Type = types.generic, *args: Any, **kwargs: Any) -> Self:
        """Of the class that its type makes, which has the operators."""
        return new(type.constant if cls is Constant else cls)

    def __init__(self, type: Type, data: Any, name: str | None = None) -> None:
        self.name = name
        attribute(self, "type", type)
        attribute(self, "owner", None)
        attribute(self, "index", None)
        attribute(self, "data", data)

    @property
    def value(self) -> Any:
        """The value (the same as `data`)."""
        return self.data

    def signature(self) -> Any:
        """What two constants share exactly when they are interchangeable."""
        if self._signature is None:
            data = self.data
            self._signature = (
                (self.type, data.shape, data.tobytes())
                if isinstance(data, np.ndarray)
                else id(data)
            )
        return self._signature

    def clone(self, name: str | None = None) -> Constant:
        twin = Constant(self.type, self.data, name or self.name)
        twin.written, twin.like = self.written, self.like
        return twin


Type.constant = Constant


class Apply(PickledNode):
    """An op applied to inputs, with the outputs that it computes and the line that made it."""

    __slots__ = ("__weakref__", "_tag", "inputs", "op", "origin", "outputs")

    def __init__(self, op: Op, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.op = op
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.origin = here()
        if not outputs:
            return
        for name, variables in (("inputs", self.inputs), ("outputs", self.outputs)):
            for v in variables:
                if not isinstance(v, Variable) or (name == "outputs" and v.owner is not None):
                    raise DTypeError(
                        f"the {name} of a node are variables, and {quoted(v)} is "
                        f"{'computed already' if isinstance(v, Variable) else 'none'}.",
                        fix="Write Apply(self, [as_tensor_variable(x)], [x.type()]).",
                    )
        for index, output in enumerate(self.outputs):
            output.owner, output.index = self, index

    @property
    def tag(self) -> SimpleNamespace:
        """A namespace for notes on this node."""
        if not hasattr(self, "_tag"):
            self._tag = SimpleNamespace()
        return self._tag

    @property
    def out(self) -> Variable:
        """The only output (the default one of a node with several)."""
        return self.outputs[self.op.default_output or 0]

    def default_output(self) -> Variable:
        """The only output, or the one that the op says is the default."""
        return self.out

    def clone(self) -> Apply:
        """The same op on the same inputs, with outputs of its own."""
        return self.clone_with_new_inputs(self.inputs)

    def clone_with_new_inputs(self, inputs: Sequence[Variable], strict: bool = True) -> Apply:
        """The same op on other inputs, whose types the outputs follow."""
        with written_at(self.origin):
            if [v.type for v in inputs] != [v.type for v in self.inputs]:
                return self.op.make_node(*inputs)
            return Apply(self.op, inputs, [v.type(v.name).noted_as(v) for v in self.outputs])

    def get_parents(self) -> list[Variable]:
        """The inputs."""
        return list(self.inputs)

    nin = property(lambda self: len(self.inputs))
    nout = property(lambda self: len(self.outputs))

    def __repr__(self) -> str:
        if compat.reader is not None:
            return str(compat.reader.node(self))
        return f"{self.op}({', '.join([quoted(v) for v in self.inputs])})"

    __str__ = __repr__
