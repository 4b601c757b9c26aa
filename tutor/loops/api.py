"""`scan` in all its forms, and its kin: `map`, `reduce`, `foldl`, `foldr`. The core's loop is told
which loops are equal, so that they are merged.

>>> import tutor, tutor.tensor as T
>>> a, k = T.dscalar("a"), T.lscalar("k")
>>> powers, _ = scan(lambda before, a: before * a, outputs_info=1.0, non_sequences=a, n_steps=k)
>>> tutor.grad(powers[-1], a).eval({a: 2.0, k: 3})
array(12.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, DTypeError
from tutor.core.gradient import Backward
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.op import tell
from tutor.core.scan import Loop, until
from tutor.core.seams import config
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import toposort
from tutor.loops.forms import Forms
from tutor.ops.shape import shape_padleft, unbroadcast
from tutor.signatures import answering, public

__all__ = ["OrderedUpdates", "foldl", "foldr", "map", "reduce", "scan", "until"]


@public
@answering
def scan(fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None,
         non_sequences: Any = None, n_steps: Any = None, truncate_gradient: int = -1,
         go_backwards: bool = False, mode: Any = None, name: str | None = None,
         profile: Any = False, allow_gc: Any = None, strict: bool = False,
         return_list: bool = False) -> tuple[Any, OrderedUpdates]:
    """Repeat `fn` over the first dimension of `sequences`, carrying on earlier results.

    `fn` gets, in this order: a slice of each sequence (one for each of its taps), the earlier
    values of each result that has an initial value in `outputs_info` (one for each tap), and the
    `non_sequences`. It returns expressions, and perhaps a dict of updates and `until(condition)`.
    An entry of `sequences` is a variable or `dict(input=, taps=)`; of `outputs_info` an initial
    value, `dict(initial=, taps=)`, or None for a result that is not carried on. It runs as many
    steps as the shortest sequence has, or `n_steps`.

    Returns the results of all steps, stacked (one variable, or a list of several), and the updates
    to pass on to `function`. Raises `BadValueError` and `DTypeError` where the parts do not fit.

    >>> import tutor.tensor as T
    >>> scan(lambda total: 2 * total, outputs_info=[T.constant(1)], n_steps=3)[0].eval()
    array([2, 4, 8], dtype=int8)
    """
    trace = Forms(fn, sequences, outputs_info, non_sequences, go_backwards)
    once = known(n_steps) in (1, -1)  # that needs no loop
    trace.run(once)
    if strict and not once:
        trace.check_strict()
    if once:
        trace.match()
        trace.fit()
        outputs = [unbroadcast(shape_padleft(v), 0) if isinstance(v.type, TensorType) else v
                   for v in trace.results]
    else:
        outputs = trace.looped(n_steps, truncate_gradient, name)
    outputs = outputs[: len(trace.infos) or None]
    single = outputs[0] if len(outputs) == 1 else outputs or None
    return (outputs if return_list else single), OrderedUpdates(trace.updates)


def known(n_steps: Any) -> int | None:
    """The number of steps, where it is a number already; a negative one other than -1 is none."""
    value = n_steps.data.item() if isinstance(n_steps, Constant) and n_steps.ndim == 0 else n_steps
    if isinstance(value, (int, np.integer)):
        if value < -1:
            raise BadValueError(f"scan cannot take {value} steps.",
                                fix="Pass go_backwards=True to start at the end.")
        return int(value)
    return None


@answering
def map(fn: Callable[..., Any], sequences: Any, non_sequences: Any = None,
        truncate_gradient: int = -1, go_backwards: bool = False, mode: Any = None,
        name: str | None = None) -> tuple[Any, OrderedUpdates]:
    """`fn` of each element of the sequences: a scan without states.

    Raises ArgumentError where the function takes another number of arguments.

    >>> import tutor.tensor as T
    >>> map(lambda v: v ** 2, T.arange(4))[0].eval()
    array([0, 1, 4, 9])
    """
    return scan(fn, sequences, None, non_sequences, None, truncate_gradient, go_backwards, mode,
                name)


@answering
def reduce(fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None,
           go_backwards: bool = False, mode: Any = None, name: str | None = None
           ) -> tuple[Any, OrderedUpdates]:
    """The last result of a scan over the sequences; what it starts from, if these are empty.

    >>> import tutor.tensor as T
    >>> reduce(lambda v, total: total + v, T.arange(4), T.constant(0, dtype="int64"))[0].eval()
    array(6)
    """
    found, updates = scan(fn, sequences, outputs_info, non_sequences, None, -1, go_backwards, mode,
                          name)
    results = found if isinstance(found, list) else [found]
    node = results[0].owner
    last = [v[-1] for v in results]
    if node is not None and isinstance(node.op, Loop):
        ends = node.op.remade(node.op.results, ["last"] * node.op.states).make_node(*node.inputs)
        for i, v in enumerate(results):
            if v.index < node.op.states:
                last[i] = ends.outputs[v.index]
    return (last if isinstance(found, list) else last[0]), updates


@answering
def foldl(fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None,
          mode: Any = None, name: str | None = None) -> tuple[Any, OrderedUpdates]:
    """`reduce` from the left."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


@answering
def foldr(fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None,
          mode: Any = None, name: str | None = None) -> tuple[Any, OrderedUpdates]:
    """`reduce` from the right."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)


class OrderedUpdates(dict[SharedVariable, Any]):
    """New values of shared variables; two of them are joined by `+`, and may not contradict.

    >>> from tutor.ops.shared import shared
    >>> a, b = shared(1, "a"), shared(2, "b")
    >>> sorted(v.name for v in OrderedUpdates({a: a + 1}) + OrderedUpdates({b: b * 2}))
    ['a', 'b']
    """

    def __init__(self, *pairs: Any, **more: Any) -> None:
        super().__init__()
        self.update(*pairs, **more)

    def __setitem__(self, variable: SharedVariable, value: Any) -> None:
        if not isinstance(variable, SharedVariable):
            raise DTypeError(f"{quoted(variable)} is not shared, so it keeps no value to update.",
                             fix="Make it with shared(value).")
        super().__setitem__(variable, value)

    def update(self, other: Any = (), **more: Any) -> None:
        """Take over the updates of another dict, or of a list of pairs."""
        pairs = other.items() if isinstance(other, Mapping) else other
        for variable, value in [*pairs, *more.items()]:
            if self.get(variable, value) is not value:
                raise KeyError(f"two updates of {quoted(variable)}")
            self[variable] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        both = OrderedUpdates(self)
        both.update(other or ())
        return both

    def __radd__(self, other: Any) -> OrderedUpdates:
        return OrderedUpdates(other or ()) + self

    def __repr__(self) -> str:
        return f"OrderedUpdates({list(self.items()) or ''})"


def structure(loop: Loop) -> tuple[Any, ...]:
    """What two loops share exactly when they do the same: the inner graph, in numbers."""
    number: dict[Any, Any] = {v: (i, v.type) for i, v in enumerate(loop.inputs)}

    def numbered(variables: Sequence[Any]) -> list[Any]:
        return [number.get(v) or v.signature() for v in variables]

    rows: list[Any] = []
    for i, node in enumerate(toposort(loop.outputs)):
        rows += [node.op, *numbered(node.inputs)]
        number.update({v: (i, k, "out") for k, v in enumerate(node.outputs)})
    return (loop.sequences, loop.keep, loop.until, loop.title, loop.truncate, loop.exact,
            len(loop.inputs), *rows, *numbered(loop.outputs))


def without_values(self: Loop, inputs: list[Variable], outputs: list[Variable],
                   cotangents: list[Variable]) -> list[Any]:
    """The gradient of a loop; the variables of a step have no test values."""
    was, config.compute_test_value = config.compute_test_value, "off"
    try:
        return Backward(self, inputs, outputs).cotangents(cotangents)
    finally:
        config.compute_test_value = was


tell(Loop, L_op=without_values)
_once = cached_property(structure)
_once.__set_name__(Loop, "structure")
tell(Loop, __props__=("structure",), structure=_once)
