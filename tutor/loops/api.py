"""`scan` and its kin: what a learner writes becomes a `Loop` over an inner graph.

>>> import tutor, tutor.tensor as T
>>> a, k = T.dscalar("a"), T.lscalar("k")
>>> powers, _ = scan(lambda before, a: before * a, outputs_info=1.0, non_sequences=a, n_steps=k)
>>> tutor.grad(powers[-1], a).eval({a: 2.0, k: 3})
array(12.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.core.errors import BadValueError, caller
from tutor.core.graph import Constant
from tutor.core.op import public
from tutor.loops.builder import Builder, Options, check_strict
from tutor.loops.calling import called, place_of
from tutor.loops.loop import Loop
from tutor.loops.returned import OrderedUpdates, as_variable, listed, told_by, until
from tutor.signatures import answering

__all__ = ["OrderedUpdates", "foldl", "foldr", "map", "reduce", "scan", "until"]


@public
@answering
def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: Any = False,
    allow_gc: Any = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, OrderedUpdates]:
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
    loop = Builder(Options(name, truncate_gradient, mode))
    loop.place = place_of(fn)
    loop.take_sequences(listed(sequences), go_backwards)
    loop.take_states(listed(outputs_info))
    constants = [as_variable(v) for v in listed(non_sequences)]

    def run(slices: Sequence[Any], earlier: Sequence[Any]) -> Any:
        inner = [*loop.slices, *loop.earlier, *constants]
        kinds = ["an element"] * len(slices) + ["an earlier value"] * len(earlier)
        kinds += ["a non-sequence"] * len(constants)
        words = [f"{k} {v.name}" if v.name else k for k, v in zip(kinds, inner, strict=True)]
        return called(fn, [*slices, *earlier, *constants], words)

    if known(n_steps) in (1, -1):
        told = told_by(run([s[0] for s in loop.sequences], loop.firsts))
        outputs = loop.once(told)
    else:
        told = told_by(run(loop.slices, loop.earlier))
        if strict:
            check_strict(told.results, [*loop.slices, *loop.earlier, *constants, *told.updates])
        outputs = loop.outputs(told, constants, n_steps)
    if return_list:
        return outputs, loop.updates
    return (outputs[0] if len(outputs) == 1 else outputs or None), loop.updates


def known(n_steps: Any) -> int | None:
    """The number of steps, where it is a number already; a negative one other than -1 is none."""
    value = n_steps.data.item() if isinstance(n_steps, Constant) and n_steps.ndim == 0 else n_steps
    if isinstance(value, (int, np.integer)):
        if value < -1:
            raise BadValueError(f"scan cannot take {value} steps.",
                                where=(("written at", caller()),),
                                fix="Pass go_backwards=True to start at the end.")  # fmt: skip
        return int(value)
    return None


@answering
def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """`fn` of each element of the sequences: a scan without states.

    Raises ArgumentError where the function takes another number of arguments.

    >>> import tutor.tensor as T
    >>> map(lambda v: v ** 2, T.arange(4))[0].eval()
    array([0, 1, 4, 9])
    """
    return scan(
        fn, sequences, None, non_sequences, None, truncate_gradient, go_backwards, mode, name
    )


@answering
def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """The last result of a scan over the sequences; what it starts from, if these are empty.

    >>> import tutor.tensor as T
    >>> reduce(lambda v, total: total + v, T.arange(4), T.constant(0, dtype="int64"))[0].eval()
    array(6)
    """
    found, updates = scan(
        fn, sequences, outputs_info, non_sequences, None, -1, go_backwards, mode, name
    )
    results = found if isinstance(found, list) else [found]
    node = results[0].owner
    if node is not None and isinstance(node.op, Loop):
        ends = node.op.last_values(node)
        last = [ends[v.index or 0] for v in results]
    else:
        last = [v[-1] for v in results]
    return (last if isinstance(found, list) else last[0]), updates


@answering
def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """`reduce` from the left."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


@answering
def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """`reduce` from the right."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)

