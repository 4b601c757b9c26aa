"""The nodes of the expression graph: `Variable`, `Constant`, `Apply`; values become constants.

A variable is a typed symbol: an input, a constant, or the output of an `Apply` node, which is an op
applied to variables. Equality of nodes is identity; each knows the line that made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tutor.core.errors import DTypeError, Origin, caller, shortened
from tutor.core.seams import Asked, config, old, seams
from tutor.core.types import NAMES, TensorType, Type, checked_dtype, promote, smallest_dtype

if TYPE_CHECKING:
    from tutor.core.methods import VariableMethods  # a stub, of what `Type.variable` has
    from tutor.core.op import Op
else:
    VariableMethods = object  # the methods come after the ops: see variables.py

new = object.__new__
attribute = object.__setattr__  # sets what is known to be right, in a third of the time
_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def written_at(origin: Origin | None) -> Iterator[None]:
    """Nodes made inside count as written at this place (used where the engine makes them)."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def here() -> Origin | None:
    """Where what is made now counts as written: the learner's line, or what `written_at` says."""
    return _origin.get() or caller()


class Node:
    """What variables, applications and containers share."""

    __slots__ = ()

    @property
    def tag(self) -> SimpleNamespace:
        """A namespace for notes of your own (`x.tag.test_value = …`)."""
        if not hasattr(self, "_tag"):
            attribute(self, "_tag", SimpleNamespace())
        found: Any = self
        return found._tag


class Variable(Node, VariableMethods):
    """A symbol: it has a type and perhaps a name, and no value.

    `owner` is the node that computes it (None for an input) and `index` its place among that node's
    outputs; `origin` is the line that made it.
    """

    type: Type
    owner: Apply | None = None
    index: int | None = None
    name: str | None = None
    _tag: SimpleNamespace
    data: Any  # of constants
    container: Any  # of shared variables
    _made_at: Origin | None = None
    _leaves: frozenset[Variable] | None = None  # whose shapes computing it compares
    _said: str | None = None  # what it is called where it is printed, in place of a name
    paper: Any = None  # how papers write it: a notation, and what it is of; None: as it is computed

    def __new__(cls, type: Any = None, *args: Any, **kwargs: Any) -> Self:
        """Of the class that its type makes, which has the operators."""
        return new(type.variable if cls is Variable else cls)

    def __init__(self, type: Type, owner: Apply | None = None, index: int | None = None,
                 name: str | None = None) -> None:
        attribute(self, "type", type)
        attribute(self, "owner", owner)
        attribute(self, "index", index)
        self.name = name
        if owner is None:
            attribute(self, "_made_at", here())

    @property
    def origin(self) -> Origin | None:
        """Where the learner wrote this variable, or the operation that computes it."""
        return self.owner.origin if self.owner is not None else self._made_at

    @property
    def dtype(self) -> str:
        return self.type.dtype

    @property
    def ndim(self) -> int:
        return self.type.ndim

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        return self.type.broadcastable

    def eval(self, inputs_to_values: Mapping[Any, Any] | None = None, **options: Any) -> Any:
        """The value when the inputs have these values: `(x * 2).eval({x: 3})`."""
        return seams.evaluate(self, inputs_to_values or {}, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return seams.display(self)

    def __repr__(self) -> str:
        text = (old.text or seams.formula)(self)
        if config.print_test_value and hasattr(self.tag, "test_value"):
            return f"{text}\n{self.tag.test_value!r}"
        return text

    __hash__ = object.__hash__


class Constant(Variable):
    """A variable whose value is known for good."""

    like: Variable | None = None  # whose shape it was made after: that counts as used
    literal: Any = None  # the Python number it was, before it took a dtype from other operands
    data: Any
    _signature: Any = None

    def __new__(cls, type: Any = None, *args: Any, **kwargs: Any) -> Self:
        """Of the class that its type makes, which has the operators."""
        return new(type.constant if cls is Constant else cls)

    def __init__(self, type: Type, data: Any, name: str | None = None) -> None:
        self.name = name
        attribute(self, "type", type)
        attribute(self, "data", data)

    def signature(self) -> Any:
        """What two constants share exactly when they are interchangeable."""
        if self._signature is None:
            data = self.data
            self._signature = (self.type, data.shape, data.tobytes()) \
                if isinstance(data, np.ndarray) else id(data)
        return self._signature


Type.variable, Type.constant = Variable, Constant
Variables = list[Variable]


class Apply(Node, Asked):
    """An op applied to inputs, with the outputs that it computes and the line that made it."""

    __slots__ = ("__weakref__", "_tag", "inputs", "op", "origin", "outputs")

    def __init__(self, op: Op, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.op = op
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.origin = here()
        for name, variables in (("inputs", self.inputs), ("outputs", self.outputs)):
            for v in variables if outputs else ():
                if not isinstance(v, Variable) or (name == "outputs" and v.owner is not None):
                    raise DTypeError(
                        f"the {name} of a node are variables, and {quoted(v)} is "
                        f"{'computed already' if isinstance(v, Variable) else 'none'}.",
                        fix="Write Apply(self, [as_tensor_variable(x)], [x.type()]).")
        for index, output in enumerate(self.outputs):
            output.owner, output.index = self, index

    def __repr__(self) -> str:
        if old.reader is not None:
            return str(old.reader.node(self))
        return f"{self.op}({', '.join([quoted(v) for v in self.inputs])})"

    __str__ = __repr__


def made_at(v: Variable) -> tuple[tuple[str, Origin | None], ...]:
    """Where a message says that a variable was made."""
    return ((f"{quoted(v, 40)} made at", v.origin),)


def quoted(value: Any, longest: int = 100) -> str:
    """How a sentence speaks of a variable: by its name, else by its formula; of anything else, as
    Python shows it."""
    if not isinstance(value, Variable):
        return shortened(repr(value), longest)
    return shortened(value.name, longest) if value.name else seams.formula(value, longest)


def constant(x: Any, name: str | None = None, dtype: Any = None) -> Constant:
    """A constant tensor. A Python number takes the smallest dtype that holds it: `3` is int8."""
    if dtype is not None:
        dtype = checked_dtype(dtype)
    elif is_number(x):
        dtype = smallest_dtype(x)
    try:
        data = np.array(x, dtype)
        known = NAMES[data.dtype]
    except (KeyError, ValueError, TypeError) as problem:
        raise seams.no_constant(x, problem) from None
    data.flags.writeable = False
    return Constant(TensorType(known, [n == 1 for n in data.shape]), data, name)


def as_tensor_variable(x: Any, name: str | None = None) -> Variable:
    """x as a variable: variables as they are, numbers and arrays as constants, lists joined."""
    if isinstance(x, np.ndarray) and x.dtype == object:  # what NumPy makes of a list of symbols
        x = x.tolist()
    if isinstance(x, Apply):
        return x.outputs[x.op.default_output or 0]
    if isinstance(x, Variable):
        if not isinstance(x.type, TensorType):
            raise seams.no_tensor(x)
        return x
    if isinstance(x, (list, tuple)) and holds_variable(x):
        return as_tensor_variable(seams.stack(list(map(as_tensor_variable, x))))
    return constant(x, name)


def holds_variable(value: Any) -> bool:
    return isinstance(value, Variable) or (
        isinstance(value, (list, tuple)) and any(map(holds_variable, value)))


def is_literal(v: Variable) -> bool:
    """Whether v was written as a number in an expression: nobody can ask for its derivative."""
    return isinstance(v, Constant) and v.literal is not None


def is_number(value: Any) -> bool:
    """Whether a value is a number of Python's own, which has no dtype yet."""
    return isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic)


def as_operands(inputs: Sequence[Any], op: Any = None) -> list[Variable]:
    """Operands as variables: `float32 * 0.1` is float32, `int8 + 300` and `uint8 + 1` are int16,
    `int64 * 2.5` is float64. Without an op, as where a loop starts, numbers are int64 or floatX."""
    if len(inputs) == 2 and op is not None and op.dtype_of == slice(None):
        x, y = inputs  # as most are
        if isinstance(x, Variable) and is_number(y) and isinstance(x.type, TensorType):
            return [x, _number(y, x.type.dtype, op)]
    strong = [None if is_number(v) else as_tensor_variable(v) for v in inputs]
    dtypes = {v.dtype for v in (strong if op is None else strong[op.dtype_of]) if v is not None}
    dtype = promote(*dtypes) if dtypes else None
    return [_number(x, dtype, op) if v is None else v for x, v in zip(inputs, strong, strict=True)]


SCALARS = {dtype: TensorType(dtype, ()) for dtype in NAMES.values()}


def number_dtype(number: complex, beside: str | None = None, floats: bool = True) -> str:
    """The dtype of a Python number: that of the floats beside which it stands, if these hold it;
    else the smallest that holds it exactly, int8 for 3, float64 for 0.1. Where an op takes no
    floats, it is uint64 beside uint64, for these two have no other dtype in common but float64."""
    if beside is None or isinstance(number, (bool, complex)):
        return smallest_dtype(number)
    if SCALARS[beside].numpy_dtype.kind in "fc":
        fits = beside != "float16" or not 65504 < abs(number) < np.inf
    else:
        fits = beside == "uint64" and not floats and type(number) is int and 0 <= number < 2**64
    return beside if fits else smallest_dtype(number)


def _number(number: Any, beside: str | None, op: Any) -> Constant:
    """A number as a constant, which remembers it: for `is_literal`."""
    if op is None and beside is None and type(number) in (int, float) and abs(number) < 2**62:
        dtype = "int64" if type(number) is int else str(config.floatX)
    else:
        dtype = number_dtype(number, beside, op is None or "f" in op.accepts)
    data = _stored(number, dtype) if number else _data(number, dtype)
    made = new(SCALARS[dtype].constant)  # without a call of __init__: most constants are these
    vars(made).update(type=SCALARS[dtype], data=data, literal=number)
    return made


def _data(number: complex, dtype: str) -> np.ndarray[Any, Any]:
    data = np.array(number, SCALARS[dtype].numpy_dtype)
    data.flags.writeable = False
    return data


#: The same for those that are not 0, which has two signs: a graph names few of them, and often.
_stored = lru_cache(1000, typed=True)(_data)


def apply(op: Op, inputs: Sequence[Variable], *output_types: Type) -> Apply:
    """The node that applies an op whose output types are known."""
    return applied(op, inputs, output_types, here())


def applied(op: Op, inputs: Sequence[Variable], output_types: Sequence[Type],
            origin: Origin | None) -> Apply:
    """`apply` for what was written at a known place."""
    node: Apply = new(Apply)  # and its outputs, without a call of __init__: most of what is built
    node.op, node.inputs, node.origin = op, [*inputs], origin
    node.outputs = outputs = []
    for index, t in enumerate(output_types):
        v: Variable = new(t.variable)
        attribute(v, "type", t)
        attribute(v, "owner", node)
        attribute(v, "index", index)
        outputs.append(v)
    return node
