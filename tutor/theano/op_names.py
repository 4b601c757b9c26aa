"""Theano's classes of ops by name: made with settings, called on variables, asked about nodes.

An op here is often made otherwise, so each name is a class of its own: it says which ops count as
its instances, and what calling it with Theano's settings gives.

>>> class_of("op_names", "Sum")(axis=0)([[1, 2], [3, 4]]).eval(), isinstance(T.sqr, Elemwise)
(array([4, 6]), True)
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import tutor.tensor as T
from tutor.compile.function import function
from tutor.core import arrays, indexing
from tutor.core.elementwise import Cast, Elementwise
from tutor.core.errors import ArgumentError
from tutor.core.graph import Apply, Variable, apply, as_tensor_variable
from tutor.core.op import Op
from tutor.core.op import Rebroadcast as CoreRebroadcast
from tutor.gradient import Lop
from tutor.ops import finding, positions, shape, sorting, stacks, sums
from tutor.ops.joining import Split as SplitHere
from tutor.ops.reductions import Cumulative
from tutor.theano.places import aliases

CLASSES: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("classes.toml").read_text("utf-8"))


class OpName(type):
    """The type of the classes here: what counts as an instance, and what a call makes."""

    kinds: tuple[type[Op], ...]
    test: Callable[[Any], bool]
    make: Callable[..., Any]

    def __instancecheck__(cls, op: Any) -> bool:
        if type.__instancecheck__(cls, op) or "make" not in vars(cls):
            return type.__instancecheck__(cls, op)
        return isinstance(op, cls.kinds) and bool(cls.test(op))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if "make" not in vars(cls):
            return super().__call__(*args, **kwargs)
        return cls.make(*args, **kwargs)


class Derived(Op):
    """An op of a program that derives from one of these classes, `class Mine(T.Elemwise)`: it
    computes what the class does, and its own methods win.
    """

    def __init__(self, *settings: Any, **more: Any) -> None:
        kind: Any = next(kind for kind in type(self).__mro__ if "make" in vars(kind))
        self.made = kind.make(*settings, **more)

    def results(self, inputs: Sequence[Any]) -> list[Variable]:
        """The outputs of the class it derives from on these inputs."""
        found = self.made(*inputs)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def make_node(self, *inputs: Any) -> Apply:
        taken = [as_tensor_variable(v) for v in inputs]
        return apply(self, taken, *[v.type for v in self.results(taken)])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        """The function of what it computes, compiled once for operands of these types."""
        known: dict[Any, Any] = self.__dict__.setdefault("compiled", {})
        key = tuple([v.type for v in node.inputs])
        if key not in known:
            taken = [t() for t in key]
            known[key] = function(taken, self.results(taken), on_unused_input="ignore")
        for cell, value in zip(output_storage, known[key](*inputs), strict=True):
            cell[0] = value

    def grad(self, inputs: list[Variable], output_gradients: list[Variable]) -> Sequence[Any]:
        """As of what it computes; an input that stands twice is two inputs."""
        apart = [T.tensor_copy(v) for v in inputs]
        return Lop(self.results(apart), apart, list(output_gradients),
                   disconnected_inputs="ignore")  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "compiled"}


class ViewOp(Op):
    """The identity, as an op of its own: programs derive from it one with another gradient.

    >>> class Reversed(ViewOp):
    ...     def grad(self, inputs, output_gradients):
    ...         return [-g for g in output_gradients]
    >>> x = T.dscalar("x")
    >>> T.grad(Reversed()(x) ** 2, x).eval({x: 3.0})
    array(-6.)
    """

    __props__ = ()
    view_map = {0: [0]}  # noqa: RUF012 - part of the interface users write

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return apply(self, [x], x.type)

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = inputs[0]

    def grad(self, inputs: list[Variable], output_gradients: list[Variable]) -> Sequence[Any]:
        return output_gradients

    def infer_shape(self, node: Apply, input_shapes: Any) -> Any:
        return input_shapes


ViewOp.of_user = True  # what it runs is
view_op = ViewOp()


def named(name: str, kinds: Any, make: Callable[..., Any],
          test: Callable[[Any], bool] = lambda op: True) -> Any:
    """The class of a name: `make` takes Theano's settings and gives what is called on variables."""
    made = OpName(name, (Derived,), {"__module__": __name__})
    made.kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    made.test, made.make = test, make
    return made


@cache
def class_of(module: str, name: str) -> Any:
    """The class of a name in the tables: it is called with settings, and then on variables."""
    op, called, names = CLASSES[module][name]
    place, *kinds = op.split()
    room = T if module == "op_names" else import_module(f"tutor.theano.{module}")
    function = getattr(room, called)
    taken, known = names.split(), signature(function).parameters

    def make(*settings: Any, **more: Any) -> Any:
        given = dict(zip(taken, settings, strict=False)) | more
        if len(settings) > len(taken) or not given.keys() <= {*taken}:
            raise ArgumentError(f"{name} is made with {', '.join(taken) or 'nothing'}, and got "
                                f"{[*settings, *more]}.", fix="Pass these, or fewer.")
        return partial(function, **{key: v for key, v in given.items() if key in known})
    return named(name.rstrip("_"), resolve_name(place) if place != "-" else (), make,
                 lambda op: not kinds or op.kind in kinds)


def classes(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose classes, and other names, are in tables."""
    others = aliases(module)
    return lambda name: class_of(module, name) if name in CLASSES[module] else others(name)


__getattr__ = classes("op_names")


#: The reduction by an elementwise op of two operands.
REDUCED = {"add": "sum", "mul": "prod", "maximum": "max", "minimum": "min", "and_": "all",
           "or_": "any"}  # fmt: skip

Elemwise = named("Elemwise", (Elementwise, Cast), lambda scalar_op, *a, **k: scalar_op)
DimShuffle = named("DimShuffle", arrays.DimShuffle, lambda pattern, new_order, inplace=True:
                   lambda x: T.dimshuffle(x, list(new_order)))
CAReduce = named("CAReduce", arrays.Reduction, lambda scalar_op, axis=None, *a, **k:
                 lambda x: sums.reduce(REDUCED[scalar_op.name], x, axis),
                 lambda op: op.kind not in ("argmax", "argmin"))
ProdWithoutZeros = named(
    "ProdWithoutZeros", (), lambda axis=None, dtype=None, acc_dtype=None: lambda x:
    T.prod(T.switch(T.eq(x, 0), 1, x), axis, dtype, acc_dtype=acc_dtype)
    * T.any(T.neq(x, 0), axis))


def _at(x: Any, *index: Any) -> Variable:
    return as_tensor_variable(x)[index if len(index) != 1 else index[0]]


def _writer(inplace: bool = False, set_instead_of_inc: bool = False) -> Callable[..., Variable]:
    def write(x: Any, y: Any = None, *index: Any) -> Variable:
        return T.inc_subtensor(_at(x, *index), y, set_instead_of_inc=set_instead_of_inc)
    return write


def _plain(op: Any) -> bool:
    return not op.index.advanced


def _advanced(op: Any) -> bool:
    return bool(op.index.advanced)


def _single(op: Any) -> bool:
    return _advanced(op) and len(op.index.entries) == 1


def _mask(op: Any) -> bool:
    return any(isinstance(e, indexing.Slot) and e.dtype == "bool" for e in op.index.entries)


def _reader(*a: Any, **k: Any) -> Callable[..., Variable]:
    return _at


Subtensor, AdvancedSubtensor, AdvancedSubtensor1, AdvancedBooleanSubtensor = [
    named(name, indexing.Subtensor, _reader, test) for name, test in (
        ("Subtensor", _plain), ("AdvancedSubtensor", _advanced), ("AdvancedSubtensor1", _single),
        ("AdvancedBooleanSubtensor", _mask))]
AdvancedIncSubtensor, AdvancedIncSubtensor1, AdvancedBooleanIncSubtensor = [
    named(name, indexing.IncSubtensor, _writer, test) for name, test in (
        ("AdvancedIncSubtensor", _advanced), ("AdvancedIncSubtensor1", _single),
        ("AdvancedBooleanIncSubtensor", _mask))]
IncSubtensor = named("IncSubtensor", indexing.IncSubtensor, lambda *a, **k: _writer(**k), _plain)
advanced_subtensor = advanced_subtensor1 = advanced_boolean_subtensor = _at
advanced_inc_subtensor = advanced_inc_subtensor1 = advanced_boolean_inc_subtensor = _writer()
advanced_set_subtensor = advanced_set_subtensor1 = advanced_boolean_set_subtensor = _writer(
    set_instead_of_inc=True)


def _rebroadcast(*axes: tuple[int, bool]) -> Callable[[Any], Variable]:
    def change(x: Any) -> Variable:
        x, wanted = as_tensor_variable(x), dict(axes)
        return T.patternbroadcast(
            x, [bool(wanted.get(i, one)) for i, one in enumerate(x.broadcastable)])
    return change


Rebroadcast = named("Rebroadcast", CoreRebroadcast, _rebroadcast)
Shape_i = named("Shape_i", shape.ShapeI, lambda i: shape.ShapeI(i))
MakeVector = named("MakeVector", stacks.MakeVector, lambda dtype="int64": stacks.MakeVector(dtype))
AllocEmpty = named("AllocEmpty", (), lambda dtype: lambda *sizes: T.empty(sizes, dtype))
Split = named("Split", SplitHere, lambda len_splits: lambda x, axis, sizes:
              T.split(x, sizes, len_splits, axis))
Nonzero = named("Nonzero", finding.NonZero, lambda: lambda x: list(T.nonzero(x)))
CumOp = named("CumOp", Cumulative, lambda axis=None, mode="add":
              lambda x: (T.cumsum if mode == "add" else T.cumprod)(x, axis))
SearchsortedOp = named("SearchsortedOp", sorting.SearchSorted, lambda side="left":
                       lambda x, v, sorter=None: T.searchsorted(x, v, side, sorter))
RavelMultiIndex = named(
    "RavelMultiIndex", positions.RavelMultiIndex, lambda mode="raise", order="C":
    lambda *parts: T.ravel_multi_index(parts[:-1], parts[-1], mode, order))
UnravelIndex = named("UnravelIndex", positions.UnravelIndex, lambda ndim, order="C":
                     lambda i, dims: list(T.unravel_index(i, dims, order, ndim)))
