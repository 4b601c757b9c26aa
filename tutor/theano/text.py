"""How Theano would have written a node: its name for the operation, and the operands it has there.

Theano's graphs have nodes that this engine does without: a number stretches only through an
`InplaceDimShuffle`, an index is an operand. They are shown as `Implied` variables.

>>> import tutor.tensor as T
>>> text_of(T.dmatrix("x") * 2), node_text((T.dmatrix("x") * 2).owner)
('Elemwise{mul,no_inplace}.0', 'Elemwise{mul,no_inplace}(x, InplaceDimShuffle{x,x}.0)')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.core.elementwise import Elementwise
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.indexing import WHOLE, Slot, Span
from tutor.core.op import Op
from tutor.core.types import TensorType, smallest_dtype
from tutor.theano.places import TABLES
from tutor.tree import Reader, View

Elementwise.__name__ = "Elemwise"  # what programs compare it with


class Implied:
    """A variable that Theano's graph has and this one has not: a constant, or one with a node."""

    def __init__(self, text: str, operands: Sequence[Any] = (), type: Any = "", name: str = "",
                 constant: bool = False) -> None:  # fmt: skip
        self.text, self.operands, self.type = text, list(operands), type
        self.name, self.constant = name, constant

    def __str__(self) -> str:
        return self.text if self.constant else self.name or f"{self.text}.0"


def implied_constant(value: int, scalar: bool = False) -> Implied:
    """A constant of Theano's: a tensor, or what an index has."""
    kind = "Constant" if scalar else "TensorConstant"
    type_ = "int64" if scalar else "TensorType(int8, scalar)"
    return Implied(f"{kind}{{{value}}}", type=type_, constant=True)


def shuffled(v: Any, order: Sequence[Any], type: Any = "") -> Implied:
    return Implied(f"InplaceDimShuffle{{{','.join(map(str, order))}}}", [v], type)


def padded(v: Variable, ndim: int) -> Any:
    """An operand with as many dimensions as the result, as Theano makes it before it stretches."""
    missing = ndim - v.ndim
    if missing <= 0:
        return v
    stretched = type_of(v).clone(broadcastable=[True] * missing + list(v.broadcastable))
    return shuffled(v, ["x"] * missing + list(range(v.ndim)), stretched)


def type_of(v: Any) -> Any:
    """The type as Theano would have it: a Python number has the smallest dtype that holds it."""
    if isinstance(v, Constant) and v.literal is not None:
        return TensorType(smallest_dtype(v.literal), ())
    return v.type


def text_of(v: Any) -> str:
    """A variable, or what stands for one, as Theano prints it."""
    if not isinstance(v, Variable) or v.name is not None:
        return str(v) if not isinstance(v, Variable) else str(v.name)
    if isinstance(v, Constant):
        return constant_text(v)
    return f"<{v.type}>" if v.owner is None else variable_text(v)


def constant_text(v: Constant) -> str:
    """A constant without a name, as Theano prints it: shortened, where it is long."""
    data = v.data if v.literal is None else v.literal
    text = str(data)
    if isinstance(data, np.ndarray) and data.ndim and data.size:
        first = data.flat[0]
        if (data == first).all():
            text = f"{data.shape} of {first}"
    if len(text) > 20:
        text = f"{text[:10]}..{text[-10:]}"
    return f"TensorConstant{{{text}}}"


def op_text(op: Op, node: Apply | None = None) -> str:
    """Theano's name for an op, as it prints it."""
    kind = type(op)
    if op.of_user and kind.__str__ is not Op.__str__:
        return str(op)
    if kind.__module__.startswith("tutor."):
        name = NAMES.get(kind.__name__)
        if name is not None:
            return name(op, node) if callable(name) else name.format(op=op, name=kind.__name__)
    return ", ".join([f"{p}={getattr(op, p)!r}" for p in op.__props__ or ()]).join(
        (f"{kind.__name__}{{", "}") if op.__props__ else (op.name or kind.__name__, "")
    )


def view(v: Variable) -> View:
    """The view of a variable that has a node."""
    node = v.owner
    assert node is not None
    kind = type(node.op)
    special = VIEWS.get(kind.__name__) if kind.__module__.startswith("tutor.") else None
    found = special(node) if special is not None else None
    if found is None:
        found = View(op_text(node.op, node), node.inputs)
    if len(node.outputs) > 1 and not found.which:
        found = found._replace(which=f".{v.index}")
    return found._replace(name=v.name or v._said or found.name)


def variable_text(v: Variable) -> str:
    """An unnamed variable that has a node, as Theano prints it."""
    shown = view(v)
    return shown.name or f"{shown.text}{shown.which or f'.{v.index}'}"


def node_text(node: Apply) -> str:
    """A node, as Theano prints it: the operation and its operands."""
    shown = view(node.outputs[0])
    return f"{shown.text}({', '.join(map(text_of, shown.operands))})"


ELEMENTWISE = {"floor_div": "int_div", "abs": "abs_", "reciprocal": "inv", "fill": "second",
               "conjugate": "conj"}  # fmt: skip
BARE = ("sigmoid", "softplus", "hard_sigmoid", "ultra_fast_sigmoid")


def _elementwise(op: Any, node: Apply | None) -> str:
    name = ELEMENTWISE.get(op.name, op.name)
    return name if name in BARE else f"Elemwise{{{name}{',no_inplace' * (name != 'identity')}}}"


def _accumulator(node: Apply | None) -> str:
    dtype = node.outputs[0].dtype if node is not None else "float64"
    return {"float16": "float32", "float32": "float64", "complex64": "complex128"}.get(dtype, dtype)


def _reduction(op: Any, node: Apply | None) -> str:
    axis, dtype = op.axis, node.outputs[0].dtype if node is not None else "float64"
    if op.kind == "sum":
        axes = f"axis={list(axis)}, " if axis is not None else ""
        return f"Sum{{{axes}acc_dtype={_accumulator(node)}}}"
    if op.kind == "prod":
        return f"Prod{{axis={axis}, dtype={dtype!r}, acc_dtype={_accumulator(node)!r}}}"
    if op.kind in ("any", "all"):
        axes = "" if axis is None else f"{{{', '.join(map(str, axis))}}}"
        return op.kind.capitalize() + axes
    every = tuple(range(node.inputs[0].ndim)) if axis is None and node is not None else axis
    return f"MaxAndArgmax{{axis={every}}}"


def _reduction_view(node: Apply) -> View:
    """A minimum is the negative of a maximum of negatives; kept dimensions are put back."""
    op: Any = node.op
    x, text = node.inputs[0], op_text(node.op, node)
    small, place = op.kind in ("min", "argmin"), op.kind[:3] == "arg"
    operands = [Implied("Elemwise{neg,no_inplace}", [x], x.type)] if small else [x]
    found = View(text, operands)
    if op.kind in ("max", "min", "argmax", "argmin"):
        found = View(text, operands, ".1" if place else ".0", "argmax" if place else "max")
    if op.kind == "min":
        found = View("Elemwise{neg,no_inplace}", [ImpliedView(found, node.outputs[0].type)])
    if op.keepdims:
        axes, kept = op.axes(x), iter(range(x.ndim))
        order = ",".join("x" if i in axes else str(next(kept)) for i in range(x.ndim))
        found = View(f"InplaceDimShuffle{{{order}}}", [ImpliedView(found, node.outputs[0].type)])
    return found


class ImpliedView(Implied):
    """A `Implied` for what a view shows."""

    def __init__(self, shown: View, type: Any) -> None:
        super().__init__(shown.text + shown.which, shown.operands, type, shown.name)

    def __str__(self) -> str:
        return self.name or f"{self.text}{'' if self.text[-2] == '.' else '.0'}"


def _entry(entry: Any) -> str:
    if entry is None:
        return ""
    if isinstance(entry, Span):
        return ":".join(_entry(part) for part in entry)
    return entry.dtype if isinstance(entry, Slot) else "int64"


def _index(op: Any) -> str:
    return ", ".join(_entry(entry) for entry in op.index.entries)


def _subtensor(op: Any, node: Apply | None) -> str:
    entries = op.index.entries
    if not op.index.advanced:
        return f"Subtensor{{{_index(op)}}}"
    masks = any(isinstance(e, Slot) and e.dtype == "bool" for e in entries)
    first = len(entries) == 1 and isinstance(entries[0], Slot) and entries[0].ndim == 1
    return f"Advanced{'Boolean' * masks}Subtensor{'1' * (first and not masks)}"


def _inc_subtensor(op: Any, node: Apply | None) -> str:
    if not op.index.advanced:
        return f"IncSubtensor{{{op.mode.capitalize()};{_index(op)}}}"
    entries = op.index.entries
    if len(entries) == 1 and isinstance(entries[0], Slot) and entries[0].ndim == 1:
        return f"AdvancedIncSubtensor1{{no_inplace,{op.mode}}}"
    return f"AdvancedIncSubtensor{{inplace=False, set_instead_of_inc={op.mode == 'set'}}}"


def _indexed(before: int) -> Callable[[Apply], View | None]:
    """The view of an op that reads or writes at an index: each part of it is an operand."""

    def shown(node: Apply) -> View | None:
        op: Any = node.op
        slots = node.inputs[before:]
        operands: list[Any] = list(node.inputs[:before])
        if op.index.advanced:
            operands += [slots[e.number] for e in op.index.entries if isinstance(e, Slot)]
            return View(op_text(op, node), operands)
        for entry in op.index.entries:
            for part in entry if isinstance(entry, Span) else [entry]:
                if isinstance(part, Slot):
                    v = slots[part.number]
                    operands.append(Implied("ScalarFromTensor", [v], v.dtype))
                elif part is not None and part is not WHOLE:
                    operands.append(implied_constant(part, scalar=True))
        return View(op_text(op, node), operands)

    return shown


def _rebroadcast(op: Any, node: Apply | None) -> str:
    before = node.inputs[0].broadcastable if node is not None else (None,) * len(op.pattern)
    words = ["?" if a == b else str(int(b)) for a, b in zip(before, op.pattern, strict=True)]
    while len(words) > 1 and words[-1] == "?":
        words.pop()
    return f"Rebroadcast{{{','.join(words)}}}"


def _convolution(op: Any, node: Apply | None) -> str:
    rank, any_shape = len(op.step), (None,) * (len(op.step) + 2)
    return (
        f"AbstractConv{rank}d{{convdim={rank}, border_mode={op.border!r}, subsample={op.step}, "
        f"filter_flip={op.flip}, imshp={any_shape}, kshp={any_shape}, "
        f"filter_dilation={op.dilation}, num_groups={op.groups}, unshared=False}}"
    )


#: Theano's name of a class of ops, with settings of the op filled in, or a function that says it.
NAMES: dict[str, Any] = {
    **TABLES["text"],
    "Elemwise": _elementwise, "Reduction": _reduction, "Subtensor": _subtensor,
    "AdvancedSubtensor": _subtensor,
    "IncSubtensor": _inc_subtensor, "AdvancedIncSubtensor": _inc_subtensor,
    "Rebroadcast": _rebroadcast, "Convolution": _convolution,
    "Cumulative": lambda op, _: f"CumOp{{None, {'add' if op.kind == 'sum' else 'mul'}}}",
    "DimShuffle": lambda op, _: f"InplaceDimShuffle{{{','.join(map(str, op.order))}}}",
    "Loop": lambda op, _: f"{'do_while' if op.until else 'for'}{{cpu,{op.title or 'scan_fn'}}}",
}  # fmt: skip


def _elementwise_view(node: Apply) -> View:
    out = node.outputs[0]
    if out._said == "mean" and node.inputs[0].owner is not None:
        return _mean(node.inputs[0])
    return View(op_text(node.op, node), [padded(v, out.ndim) for v in node.inputs])


def _mean(total: Variable) -> View:
    """A mean is a sum, divided by the size along one axis after the other."""
    node = total.owner
    assert node is not None
    op: Any = node.op
    x, division = node.inputs[0], "Elemwise{true_div,no_inplace}"
    shape = Implied("Shape", [x], "TensorType(int64, vector)")
    sizes = Implied(f"Elemwise{{Cast{{{total.dtype}}}}}", [shape],
                    f"TensorType({total.dtype}, vector)")
    scalar = f"TensorType({total.dtype}, scalar)"
    found: Any = total
    for axis in op.axes(x):
        index = implied_constant(axis, scalar=True)
        size = Implied("Subtensor{int64}", [sizes, index], scalar)
        if total.ndim:
            size = shuffled(size, ["x"] * total.ndim)
        found = Implied(division, [found, size], total.type)
    return View(division, found.operands, name="mean")


def _sorted(node: Apply) -> View:
    return View(op_text(node.op), [*node.inputs, implied_constant(-1)])


#: The view of a node of a class of ops, where it is not that of its name and its operands.
VIEWS: dict[str, Callable[[Any], View | None]] = {
    "Elemwise": _elementwise_view, "Reduction": _reduction_view, "Subtensor": _indexed(1),
    "AdvancedSubtensor": _indexed(1),
    "IncSubtensor": _indexed(2), "AdvancedIncSubtensor": _indexed(2),
    "Sort": _sorted, "ArgSort": _sorted,
    "Outer": lambda node: View("dot", [shuffled(node.inputs[0], (0, "x")),
                                       shuffled(node.inputs[1], ("x", 0))]),
    "NonZero": lambda node: View("Subtensor{int64}", [
        Implied("Nonzero", node.inputs), implied_constant(0, scalar=True)]),
    "Join": lambda node: View("Join", [implied_constant(node.op.axis), *node.inputs]),
    "Split": lambda node: View(op_text(node.op), [
        node.inputs[0], implied_constant(node.op.axis), node.inputs[1]]),
}  # fmt: skip


class TheanosReader(Reader):
    """Trees with the nodes that Theano's graphs have."""

    op, node = staticmethod(op_text), staticmethod(node_text)

    def view(self, v: Any) -> View | None:
        """The view of a variable with a node, and of a `Implied`; None of a leaf."""
        if isinstance(v, Implied):
            return None if v.constant else View(v.text, v.operands, "", v.name)
        return view(v) if getattr(v, "owner", None) is not None else None

    def leaf(self, v: Any) -> str:
        """A variable without a node, as Theano prints it."""
        return text_of(v)

    def type(self, v: Any) -> Any:
        """The type as Theano would have it."""
        return type_of(v)

    def key(self, v: Any) -> Any:
        """As of any graph; constants that only Theano's has are one where they have one value."""
        if isinstance(v, Implied):
            return ("constant", v.text, v.type) if v.text[:15] == "TensorConstant{" else v
        return super().key(v)


READER = TheanosReader()
