"""Answers as JSON, over the names of ops: what a learner made, to be judged in another process.

Comes after the definition of an answer. Leaves and nodes are numbered in order, and operands are
numbers. Nothing that is read back runs code.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> read(written(2 * x + 1))
2 * x + 1
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

import tutor.core
import tutor.derivatives.markers
import tutor.ops
from tutor.compile.function import Function
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import BadValueError, Origin, TutorError
from tutor.core.graph import Constant, Variable, written_at
from tutor.core.indexing import Slot, Span, Template
from tutor.core.op import Op
from tutor.core.scan import Loop
from tutor.core.types import TensorType
from tutor.core.walk import toposort
from tutor.course.definition import Definition
from tutor.ops.shared import SharedVariable, shared

LARGEST = 20_000  # numbers that are kept of an answer
DERIVED = Origin(compile("", "answer", "exec"), 0, derived=True)  # of what was differentiated
ROOMS = ("tutor.core.", "tutor.ops.", "tutor.derivatives.")  # that have ops
#: Tuples with names, by the word for each, and Python's own values that JSON has not.
TUPLES: dict[str, Any] = {"index": Template, "slice": Span, "slot": Slot, "tuple": tuple}


class NotWrittenError(BadValueError):
    """An answer has a part that is no number, no op of the engine, or too large."""


class Other(NamedTuple):
    """What an answer is that has no form in a file: its kind, in words."""

    words: str


def kind(answer: Any) -> str:
    """What an answer is, in a word a learner uses.

    >>> kind(3.0), kind([1, 2]), kind("two")
    ('a number', 'a list', 'a string')
    """
    names: dict[Any, str] = {
        Variable: "a variable", (Function, Definition): "a compiled function",
        TensorType: "a type", Other: getattr(answer, "words", ""),
        FunctionType: "a Python function", str: "a string", list: "a list", tuple: "a tuple",
        (complex, np.complexfloating): "a complex number",
        (bool, int, float, np.number, np.bool_): "a number",
        np.ndarray: "an array" if getattr(answer, "ndim", 0) else "a number"}
    found = (name for classes, name in names.items() if isinstance(answer, classes))
    return next(found, f"a {type(answer).__name__}")


def written(answer: Any) -> dict[str, Any]:
    """An answer in JSON's own types; one that cannot be written says what it is."""
    try:
        if isinstance(answer, (Function, Definition)):
            return {"function": _function(answer)}
        if isinstance(answer, Variable):
            graph = Writer([answer])
            return {"expression": {"steps": graph.steps, "result": graph.number[answer]}}
        if isinstance(answer, TensorType):
            return {"type": _type(answer)}
        if isinstance(answer, str):
            return {"text": answer}
        parts = answer if isinstance(answer, (list, tuple)) else ()
        if any(isinstance(v, (Variable, str)) for v in parts):
            return {"list": [written(v) for v in parts]}
        return {"value": _array(np.asarray(answer))}
    except (NotWrittenError, ValueError, TypeError) as problem:
        told = f" ({problem.what})" if isinstance(problem, NotWrittenError) else ""
        return {"other": f"{kind(answer)}{told}"}


def read(found: Any) -> Any:
    """The answer that was written; what is no such thing is a `BadValueError`."""
    try:
        (form, told), = found.items()
        if form == "function":
            return _read_function(told)
        if form == "expression":
            return read_steps(told["steps"])[told["result"]]
        readers: dict[str, Any] = {
            "type": _read_type, "text": str, "value": _read_array, "other": Other,
            "list": lambda told: [read(one) for one in told]}
        return readers[form](told)
    except TutorError:
        raise
    except Exception as problem:
        raise BadValueError(f"this is no answer that can be read ({type(problem).__name__}).",
                            fix="Pass what written(answer) gave.") from None


class Writer:
    """The steps that make some variables: leaves and nodes, each after what it needs."""

    def __init__(self, results: Sequence[Variable], inputs: Sequence[Variable] = ()) -> None:
        self.steps: list[dict[str, Any]] = []
        self.number: dict[Variable, int] = {}
        for v in inputs:
            self._leaf(v)
        for node in toposort(results, stop=inputs):
            for v in node.inputs:
                self._leaf(v)
            step = {**_op(node.op), "of": [self.number[v] for v in node.inputs],
                    "names": [v.name for v in node.outputs]}
            if node.origin is not None and node.origin.derived:
                step["derived"] = True
            self._add(node.outputs, step)
        for v in results:
            self._leaf(v)

    def _add(self, variables: Sequence[Variable], step: dict[str, Any]) -> None:
        self.steps.append(step)
        for v in variables:
            self.number[v] = len(self.number)

    def _leaf(self, v: Variable) -> None:
        if v in self.number:
            return
        step: dict[str, Any] = {"type": _type(v.type), "name": v.name}
        if isinstance(v, Constant):
            step["constant"] = _array(v.data)
        elif isinstance(v, SharedVariable):
            step["shared"] = _array(v.get_value())
            step["start"] = None if v.start is None else _array(v.start)
        self._add([v], step)


def read_steps(steps: Sequence[dict[str, Any]]) -> list[Variable]:
    """The variables that these steps make, by their numbers."""
    made: list[Variable] = []
    for step in steps:
        if "op" in step:
            with written_at(DERIVED if step.get("derived") else None):
                node = _read_op(step).make_node(*[made[i] for i in step["of"]])
            for v, name in zip(node.outputs, step["names"], strict=True):
                v.name = name
            made += node.outputs
        else:
            made.append(_read_leaf(step))
    return made


def _read_leaf(step: dict[str, Any]) -> Variable:
    type_, name = _read_type(step["type"]), step["name"]
    if "constant" in step:
        return Constant(type_, _read_array(step["constant"]), name)
    if "shared" in step:
        v = shared(_read_array(step["shared"]), name, broadcastable=type_.broadcastable)
        v.start = None if step["start"] is None else _read_array(step["start"])
        return v
    return type_(name)


def _op(op: Any) -> dict[str, Any]:
    """An op by its name, and by what it was made with."""
    if op.name in ELEMENTWISE and ELEMENTWISE[op.name] is op:
        return {"op": op.name}
    if isinstance(op, Loop):
        graph = Writer(op.outputs, op.inputs)
        return {"op": "scan", "steps": graph.steps, "inputs": len(op.inputs),
                "outputs": [graph.number[v] for v in op.outputs], "sequences": op.sequences,
                "keep": list(op.keep), "until": op.until, "title": op.title,
                "truncate": op.truncate, "exact": op.exact}
    settings = {p: getattr(op, p) for p in op.__props__ or ()}
    if classes().get(type(op).__name__) is not type(op) or type(op)(**settings) != op:
        raise NotWrittenError(f"it uses {op}, which is no op of the engine", fix="")
    return {"op": type(op).__name__, "with": {p: _plain(value) for p, value in settings.items()}}


def _read_op(step: dict[str, Any]) -> Op:
    name = step["op"]
    if name == "scan":
        made = read_steps(step["steps"])
        return Loop(made[:step["inputs"]], [made[i] for i in step["outputs"]], step["sequences"],
                    step["keep"], step["until"], step["title"], step["truncate"], step["exact"])
    if name in ELEMENTWISE:
        return ELEMENTWISE[name]
    return classes()[name](**{p: _values(value) for p, value in step["with"].items()})


@cache
def classes() -> dict[str, Any]:
    """The ops of the engine that are made from plain values, by name."""
    for module in pkgutil.iter_modules(tutor.ops.__path__, "tutor.ops."):
        import_module(module.name)
    found, stack = {}, [Op]
    while stack:
        stack += (below := stack.pop().__subclasses__())
        found.update({c.__name__: c for c in below if c.__module__.startswith(ROOMS)
                      and c.__props__ is not None})
    found.pop("Print", None)  # who grades hears nothing of it
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if value is Ellipsis:
        return {"...": []}
    if isinstance(value, tuple):
        word = next(w for w, c in TUPLES.items() if type(value) is c)
        return {word: [_plain(one) for one in value]}
    raise NotWrittenError(f"it has {value!r} in it", fix="")


def _values(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    (word, parts), = found.items()
    if word == "...":
        return Ellipsis
    values = [_values(part) for part in parts]
    return tuple(values) if word == "tuple" else TUPLES[word](*values)


def _type(type_: Any) -> list[Any]:
    if not isinstance(type_, TensorType):
        raise NotWrittenError(f"it has a variable of the type {type_}", fix="")
    return [type_.dtype, list(type_.broadcastable)]


def _read_type(found: list[Any]) -> TensorType:
    return TensorType(found[0], tuple(map(bool, found[1])))


def _array(value: Any) -> dict[str, Any]:
    """An array as a list of numbers; those that JSON has no word for are text."""
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise TypeError("no numbers")
    if array.size > LARGEST:
        raise NotWrittenError(f"it holds {array.size:,} values of {array.dtype}", fix="")
    flat = array.ravel()
    flat = flat.view(flat.real.dtype) if array.dtype.kind == "c" else flat
    numbers = [v if np.isfinite(v) else str(v) for v in flat.tolist()]
    return {"dtype": str(array.dtype), "shape": list(array.shape), "numbers": numbers}


def _read_array(found: dict[str, Any]) -> np.ndarray[Any, Any]:
    dtype = np.dtype(found["dtype"])
    if dtype.kind not in "biufc":
        raise BadValueError(f"{dtype} is no dtype of numbers.", fix="Write numbers alone.")
    flat = np.empty(0, dtype).real.dtype if dtype.kind == "c" else dtype
    numbers = [float(v) if isinstance(v, str) else v for v in found["numbers"]]
    return np.array(numbers, flat).view(dtype).reshape(found["shape"])


def _function(answer: Function | Definition) -> dict[str, Any]:
    d = Definition.of(answer) if isinstance(answer, Function) else answer
    graph = Writer([*d.outputs, *d.run, *d.updates, *d.updates.values(), *d.start], d.inputs)
    numbers = graph.number
    return {"steps": graph.steps, "form": d.form if d.form is None else list(d.form),
            "inputs": [numbers[v] for v in d.inputs], "outputs": [numbers[v] for v in d.outputs],
            "run": [numbers[v] for v in d.run],
            "updates": [[numbers[v], numbers[new]] for v, new in d.updates.items()],
            "state": [[numbers[v], _array(d.start[v]), _array(d.now[v])] for v in d.start]}


def _read_function(told: dict[str, Any]) -> Definition:
    made = read_steps(told["steps"])
    inputs, outputs, run = ([made[i] for i in told[key]] for key in ("inputs", "outputs", "run"))
    start = {made[i]: _read_array(value) for i, value, _ in told["state"]}
    now = {made[i]: _read_array(value) for i, _, value in told["state"]}
    return Definition(inputs, outputs, run, {made[i]: made[j] for i, j in told["updates"]},
                      start, now, told["form"])
