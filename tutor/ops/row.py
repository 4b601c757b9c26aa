"""An op as one row: settings, operands, NumPy expression, types, gradient, notation and facts.

Comes after the ops that rearrange. A class says what is its own; the node, the expression, equality
and which inputs have a gradient follow from that.

>>> import tutor.tensor as T
>>> T.sort(T.dmatrix("x"), 0).owner.op.settings()
[('axis', 0)]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, dataclass_transform, get_args, get_origin

from tutor.core.arguments import chosen, truth
from tutor.core.arrays import fitted
from tutor.core.errors import ArgumentError
from tutor.core.graph import Apply, Variable, apply, as_tensor_variable
from tutor.core.op import KERNELS, PLAIN, Notation, Op, call
from tutor.core.types import DISCRETE
from tutor.signatures import unfit

VIEW = {0: [0]}  # the result is the first input itself, or a part of it


@dataclass_transform(eq_default=False)
class Row(Op):
    """An op whose class declares it; the first paragraph of its docstring is what it is.

    Annotated attributes are its settings, in order, with their defaults; that one is a bool, or a
    `Literal` of choices, is checked. `numpy` is the expression over `{0}`, `{1}`, …, all operands
    as `{all}`, all but the first in a tuple as `({rest})`, the dtype of the result as `{dtype}`,
    and the settings by name; `calls` are the functions of the engine that it calls, without their
    leading underscores. `wrt` are the inputs that have a gradient (None: all). How it is written
    (`text`, `latex`, `level`, `needs`, `symbol`) is as in elementwise ops.
    """

    numpy: ClassVar[str] = ""
    choices: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    calls: ClassVar[Sequence[Callable[..., Any]]] = ()
    wrt: ClassVar[Sequence[int] | None] = None
    text = latex = symbol = ""
    level: ClassVar[float] = 10
    needs: ClassVar[tuple[float, ...]] = ()
    __props__: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        known, given = vars(sys.modules[cls.__module__]), vars(cls).get("__annotations__", {})
        own = {name: eval(kind, known) if isinstance(kind, str) else kind
               for name, kind in given.items() if not str(kind).startswith("ClassVar")}
        if own:
            cls.__props__ = (*[name for name in cls.__props__ if name not in own], *own)
            cls.choices = {**cls.choices, **own}
        if "doc" not in vars(cls):
            cls.doc = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
        if "calls" in vars(cls):
            cls.kernels = {function.__name__.lstrip("_"): function for function in cls.calls}
            KERNELS.update(cls.kernels)

    def __init__(self, *given: Any, **named: Any) -> None:
        kind, props = type(self), self.__props__
        values = {name: getattr(kind, name) for name in props if hasattr(kind, name)}
        values |= dict(zip(props, given, strict=False)) | named
        if len(given) > len(props) or values.keys() != set(props):
            raise ArgumentError(f"{kind.__name__} is made with {', '.join(props) or 'nothing'}, "
                                f"and got {[*given, *named]}.", fix="Pass these, or fewer.")
        for name, value in values.items():
            hint = self.choices.get(name)
            if hint is bool:
                value = truth(value, name)
            elif get_origin(hint) is Literal:
                value = chosen(value, get_args(hint), name)
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
        inputs = self._of(self.operands, given, named)
        types = self._of(self.types, inputs, {})
        return apply(self, inputs, *(types if isinstance(types, (list, tuple)) else [types]))

    def _of(self, function: Callable[..., Any], given: Sequence[Any], named: Any) -> Any:
        """What a function makes of these; where they are too many or too few, an error about it."""
        try:
            return function(*given, **named)
        except TypeError as problem:
            if getattr(problem.__traceback__, "tb_next", None) is not None:
                raise
            raise unfit(function, given, named, problem, self.name) from None

    def source(self, node: Apply, names: Sequence[str]) -> str | None:
        dtype = getattr(node.outputs[0].type, "dtype", None)
        settings = dict(zip(self.__props__, self._props(), strict=True))
        rest = ", ".join(names[1:]) + "," * (len(names) > 1)
        known = {"all": ", ".join(names), "rest": rest, "dtype": dtype, **settings}
        return self.numpy.format(*names, **known)

    def L_op(self, inputs: list[Variable], outputs: list[Variable],
             cotangents: list[Variable]) -> list[Any]:
        places = range(len(inputs)) if self.wrt is None else self.wrt
        found: list[Any] = [None] * len(inputs)
        if not places or all(v.dtype in DISCRETE for v in outputs):
            return found
        given = self.vjp(*inputs, *outputs, *cotangents)
        for i, g in zip(places, given if isinstance(given, (list, tuple)) else [given],
                        strict=True):
            found[i] = None if g is None else fitted((g, inputs[i]))[0]
        return found

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        n = len(node.outputs)
        return [[self.wrt is None or i in self.wrt] * n for i in range(len(node.inputs))]

    def settings(self) -> list[tuple[str, Any]]:
        """Those that are not as they are by default."""
        pairs = zip(self.__props__, self._props(), strict=True)
        return [(name, value) for name, value in pairs
                if isinstance(value, PLAIN) and value != getattr(type(self), name, _NONE)]

    def notation(self, node: Apply) -> Notation:
        usual = call(self.name, len(node.inputs), self.settings())
        return Notation(self.text or usual.text, self.latex or usual.latex, self.level, self.needs)

    def label(self, node: Apply) -> str:
        return self.symbol or self.name


_NONE = object()
