"""`DebugMode`: runs a function as written and as rewritten, and holds every op to its word.

Comes after the other modes that watch. It finds an op that changes its inputs, gives back memory of
an input, a wrong type, nan, or something else the second time; and a rewriting that changes values.

>>> import tutor, tutor.tensor as T; x = T.dvector("x")
>>> tutor.function([x], (x * 2).sum(), mode="DebugMode")([1, 2])
array(6.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.compile.mode import Mode, register_mode
from tutor.compile.watching import Thunk, Watcher
from tutor.config import config
from tutor.core.graph import Apply, Variable
from tutor.core.types import TensorType
from tutor.core.walk import interpret
from tutor.errors import DebugModeError
from tutor.formulas import formula
from tutor.ops.control import IfElse

if TYPE_CHECKING:
    from tutor.compile.compiled import Function

TOLERANCE = {"float16": 1e-2, "float32": 1e-4, "complex64": 1e-4}  # of others 1e-5


class BadOptimization(DebugModeError):  # noqa: N818 - Theano's name
    """A rewriting changed a value."""


class BadThunkOutput(DebugModeError):  # noqa: N818 - Theano's name
    """An op gave something else when it was run again on the same values."""


class BadDestroyMap(DebugModeError):  # noqa: N818 - Theano's name
    """An op changed an input that is not in its `destroy_map`."""


class BadViewMap(DebugModeError):  # noqa: N818 - Theano's name
    """An output shares memory with an input that is not in the op's `view_map`."""


class InvalidValueError(DebugModeError):
    """A value is not what its type says, or is not finite where that was asked for."""


class DebugMode(Mode):
    """A mode that checks everything it can while a function runs, and is slow.

    `check_isfinite` makes nan and infinities errors, as `config.DebugMode.check_finite` does. The
    other arguments were about compiled C code, and make no difference here.
    """

    def __init__(self, optimizer: Any = "fast_run", stability_patience: int | None = None,
                 check_c_code: bool | None = None, check_py_code: bool | None = None,
                 check_isfinite: bool | None = None, check_preallocated_output: Any = None,
                 require_matching_strides: Any = None, linker: Any = None) -> None:
        super().__init__(linker, optimizer)
        finite = config.DebugMode.check_finite
        self.check_isfinite = bool(finite if check_isfinite is None else check_isfinite)
        self.stability_patience = stability_patience
        self.check_c_code, self.check_py_code = check_c_code, check_py_code
        self.check_preallocated_output = check_preallocated_output
        self.require_matching_strides = require_matching_strides

    def watcher(self, function: Function) -> Watcher:
        return Checks(self, function)


class Checks(Watcher):
    """The watcher of one function."""

    def __init__(self, mode: DebugMode, function: Function) -> None:
        self.mode, request = mode, function._request
        self.written = request.run.results
        self.values: dict[Variable, Any] = {}
        self.given = dict(zip(function.graph.inputs, function.inputs, strict=True))

    def begin(self, values: dict[Variable, Any]) -> None:
        """Keep copies of what comes in, for the plain graph."""
        self.values = {self.given.get(v, v): _kept(value) for v, value in values.items()}

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Run a node, and look at what it did to its inputs and what it gave."""
        before = [_kept(cell[0]) for cell in fn.inputs]
        fn()
        self._inputs(node, fn, before)
        for k, (v, (value,)) in enumerate(zip(node.outputs, fn.outputs, strict=True)):
            self._output(node, k, v, value, fn)
        if type(node.op).__dict__.get("perform") is not None:
            first, fn.outputs = fn.outputs, [[None] for _ in node.outputs]
            fn()
            for v, (a,), (b,) in zip(node.outputs, first, fn.outputs, strict=True):
                if not same(v, a, b):
                    raise _error(BadThunkOutput, node, "gave something else when it was run again",
                                 "What an op gives may depend on its inputs only.")

    def _inputs(self, node: Apply, fn: Thunk, before: list[Any]) -> None:
        allowed = {k for places in node.op.destroy_map.values() for k in places}
        for k, (v, old, (new,)) in enumerate(zip(node.inputs, before, fn.inputs, strict=True)):
            if k not in allowed and not same(v, old, new, exactly=True):
                raise _error(BadDestroyMap, node, f"changed its input {v}",
                             "Copy the input in perform, or list it in destroy_map.")

    def _output(self, node: Apply, k: int, v: Variable, value: Any, fn: Thunk) -> None:
        if not isinstance(v.type, TensorType):
            return
        if not v.type.is_super(value):
            raise _error(InvalidValueError, node,
                         f"gave {value!r} for {v}, which is {v.type}",
                         "Give an array of the dtype and dimensions that make_node said.")
        if self.mode.check_isfinite and value.dtype.kind in "fc" and not np.isfinite(value).all():
            raise _error(InvalidValueError, node, f"gave nan or an infinity for {v}",
                         "To let these pass: DebugMode(check_isfinite=False).")
        if not value.ndim or isinstance(node.op, IfElse):
            return
        arrays = [given if isinstance(given, np.ndarray) and given.ndim else None
                  for given, in fn.inputs]
        places = {*node.op.view_map.get(k, ()), *node.op.destroy_map.get(k, ())}
        shown = [arrays[i] for i in places if arrays[i] is not None]
        for u, given in zip(node.inputs, arrays, strict=True):
            if given is None or not np.shares_memory(value, given):
                continue
            if not any(np.shares_memory(given, other) for other in shown):  # two parts of one array
                raise _error(BadViewMap, node, f"gave memory of its input {u}",
                             "Copy in perform, or list the input in view_map.")

    def end(self, results: Sequence[Any]) -> None:
        """Compare with what the graph gives as it was written."""
        written = interpret(self.written, self.values)
        for v, as_written, rewritten in zip(self.written, written, results, strict=True):
            if not same(v, as_written, rewritten):
                raise BadOptimization(
                    f"{formula(v)} is {as_written!r} as it was written, and "
                    f"{rewritten!r} after rewriting.",
                    where=(("written at", v.origin),),
                    fix="Look at f.rewrites for the step that is wrong, and report it.",
                )


def _kept(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def same(v: Variable, a: Any, b: Any, exactly: bool = False) -> bool:
    """Whether two values of a variable are equal, or nearly so; nan is equal to nan."""
    if not isinstance(v.type, TensorType):
        return True
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if exactly or a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    near = TOLERANCE.get(v.dtype, 1e-5)
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=near, atol=near * 1e-3, equal_nan=True))


def _error(kind: type[DebugModeError], node: Apply, did: str, fix: str) -> DebugModeError:
    return kind(f"{node.op} {did}.", where=(("written at", node.origin),), fix=fix)


register_mode("DebugMode", DebugMode)
register_mode("DEBUG_MODE", DebugMode())
