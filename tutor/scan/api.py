"""`scan` and its kin: what a learner writes becomes a `Loop` over an inner graph.

>>> import tutor, tutor.tensor as T
>>> a, k = T.dscalar("a"), T.lscalar("k")
>>> powers, _ = scan(lambda before, a: before * a, outputs_info=1.0, non_sequences=a, n_steps=k)
>>> tutor.grad(powers[-1], a).eval({a: 2.0, k: 3})
array(12.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tutor.errors import BadValueError, DTypeError, caller
from tutor.graph import Constant, Variable, ancestors, as_tensor_variable, rebuild
from tutor.graph.shared import SharedVariable
from tutor.graph.values import pass_on
from tutor.operators import FUNCTIONS, public
from tutor.ops.elementwise import weak
from tutor.scan.backward import is_sample
from tutor.scan.loop import Loop, State
from tutor.types import TensorType, promote


class until:  # noqa: N801 - Theano's name
    """Returned by the function of a scan: the loop ends after the step in which this is true."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)


class Told(NamedTuple):
    """What the function of a scan returned: results, updates of shared variables, a condition."""

    results: list[Any]
    updates: dict[SharedVariable, Any]
    condition: Variable | None


class Spec(NamedTuple):
    """An entry of outputs_info: the initial value and the taps; None for a plain result."""

    initial: Variable | None
    taps: tuple[int, ...]


def listed(value: Any) -> list[Any]:
    """An argument that may be one thing, several, or none, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


@public
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
) -> tuple[Any, dict[SharedVariable, Variable]]:
    """Repeat `fn` over the first dimension of `sequences`, carrying on earlier results.

    `fn` gets, in this order: a slice of each sequence (one for each of its taps), the earlier
    values of each result that has an initial value in `outputs_info` (one for each tap), and the
    `non_sequences`. It returns expressions, and perhaps a dict of updates and `until(condition)`.
    An entry of `sequences` is a variable or `dict(input=, taps=)`; of `outputs_info` an initial
    value, `dict(initial=, taps=)`, or None for a result that is not carried on. It runs as many
    steps as the shortest sequence has, or `n_steps`.

    Returns the results of all steps, stacked (one variable, or a list of several), and the updates
    to pass on to `function`. Raises `BadValueError` and `DTypeError` where the parts do not fit.
    """
    loop = Builder(name, truncate_gradient)
    loop.take_sequences(listed(sequences), go_backwards)
    loop.take_states(listed(outputs_info))
    constants = [as_variable(v) for v in listed(non_sequences)]
    told = told_by(fn(*loop.slices, *loop.earlier, *constants))
    outputs = loop.outputs(told, n_steps)
    updates = loop.updates
    if return_list:
        return outputs, updates
    return (outputs[0] if len(outputs) == 1 else outputs or None), updates


def as_variable(value: Any) -> Variable:
    """Variables of any type as they are, values as constants (a Python float as floatX)."""
    return value if isinstance(value, Variable) else weak([value])[0]


def told_by(returned: Any) -> Told:
    """What the function returned, in one form."""
    results: list[Any] = []
    updates: dict[SharedVariable, Any] = {}
    condition = None
    parts = list(returned) if isinstance(returned, (list, tuple)) else [returned]
    for part in parts:
        if isinstance(part, until):
            condition = part.condition
        elif isinstance(part, Mapping):
            updates.update(part)
        elif isinstance(part, (list, tuple)):
            if part and all(isinstance(p, (list, tuple)) and len(p) == 2 for p in part):
                updates.update(part)
            else:
                inner = told_by(part)
                results += inner.results
                updates.update(inner.updates)
                condition = inner.condition if condition is None else condition
        elif part is not None:
            results.append(as_variable(part))
    return Told(results, updates, condition)


class Builder:
    """Collects the parts of a loop: outer variables beside the inner ones that stand for them."""

    def __init__(self, name: str | None, truncate: int) -> None:
        self.name, self.truncate = name, truncate
        self.sequences: list[Variable] = []
        self.slices: list[Variable] = []
        self.specs: list[Spec] = []
        self.earlier: list[Variable] = []
        self.lengths: list[Variable] = []
        self.updates: dict[SharedVariable, Variable] = {}

    def take_sequences(self, entries: list[Any], backwards: bool) -> None:
        """Cut each sequence so that step t of every tap is its element t."""
        for entry in entries:
            parts = dict(entry) if isinstance(entry, Mapping) else {"input": entry}
            whole, taps = as_tensor_variable(parts["input"]), listed(parts.get("taps", 0))
            if whole.ndim == 0:
                raise DTypeError(
                    f"{whole} is a scalar: scan goes over the first dimension of a sequence.",
                    where=(("made at", whole.origin),),
                    fix="Pass it in non_sequences, or as a vector.",
                )
            low, high = min(0, *taps) if len(taps) > 1 else min(0, taps[0]), max([0, *taps])
            for tap in taps:
                part = whole[tap - low :] if tap == high else whole[tap - low : tap - high]
                part = part[::-1] if backwards else part
                part = whole if not backwards and (low, high) == (0, 0) else part
                self.sequences.append(part)
                self.lengths.append(FUNCTIONS["shape"](part)[0])
                inner = TensorType(whole.dtype, whole.broadcastable[1:])()
                if whole.name:
                    inner.name = f"{whole.name}[t{f'{tap:+d}' if tap else ''}]"
                pass_on(inner, part, 0)
                self.slices.append(inner)

    def take_states(self, entries: list[Any]) -> None:
        """The inner variables for the earlier values of each state."""
        for entry in entries:
            parts = dict(entry) if isinstance(entry, Mapping) else {"initial": entry}
            taps = tuple(listed(parts.get("taps", -1)))
            if parts.get("initial") is None:
                self.specs.append(Spec(None, ()))
                continue
            initial = as_variable(parts["initial"])
            if not taps or any(not isinstance(t, int) or t >= 0 for t in taps):
                raise BadValueError(
                    f"the taps of a result are steps before this one, and got {list(taps)}.",
                    fix="Write taps=[-1], or [-2, -1] for two steps back.",
                )
            single = taps == (-1,)
            pattern = initial.broadcastable if single else initial.broadcastable[1:]
            self.specs.append(Spec(initial, taps))
            for tap in taps:
                inner = TensorType(initial.dtype, pattern)()
                if initial.name:
                    inner.name = f"{initial.name}[t{tap:+d}]"
                pass_on(inner, initial, () if single else tap - min(taps))
                self.earlier.append(inner)

    def outputs(self, told: Told, n_steps: Any) -> list[Variable]:
        """Build the loop and apply it; the results in the order in which the function gave them."""
        specs = self.specs or [Spec(None, ())] * len(told.results)
        if len(specs) != len(told.results):
            raise BadValueError(
                f"the function of scan returned {len(told.results)} results, and outputs_info has "
                f"{len(specs)} entries.",
                where=(("written at", caller()),),
                fix="Give one entry for each result; None for one that is not carried on.",
            )
        self.specs = specs
        results = self._fitted([as_variable(r) for r in told.results])
        condition = [] if told.condition is None else [told.condition]
        states = [i for i, s in enumerate(specs) if s.initial is not None]
        plain = [i for i, s in enumerate(specs) if s.initial is None]
        carried = self._shared_states([*results, *condition], told.updates)
        inner_results = [results[i] for i in states] + [new for _, _, new in carried]
        inner = [*inner_results, *[results[i] for i in plain], *condition]
        own = [*self.slices, *self.earlier, *[v for _, v, _ in carried]]
        inner, outside = captured(rebuild(inner, self.replaced), own)
        loop = Loop(
            [*own, *[v for v, _ in outside]],
            inner,
            len(self.slices),
            [State(specs[i].taps) for i in states] + [State((-1,), False)] * len(carried),
            bool(condition),
            self.truncate,
            self.name,
        )
        initial = [self._rows(specs[i]) for i in states] + [s for s, _, _ in carried]
        outer = [*self.sequences, *initial, *[v for _, v in outside]]
        made = loop(self._steps(n_steps), *outer, return_list=True)
        first = len(states)
        self.updates = {s: made[first + i] for i, (s, _, _) in enumerate(carried)}
        places = {i: k for k, i in enumerate(states)}
        places |= {i: first + len(carried) + k for k, i in enumerate(plain)}
        return [made[places[i]] for i in range(len(specs))]

    def _fitted(self, results: list[Variable]) -> list[Variable]:
        """New states of the type of the earlier ones; a looser broadcast pattern goes inside."""
        at = 0
        for i, (spec, result) in enumerate(zip(self.specs, results, strict=True)):
            if spec.initial is None:
                continue
            before = self.earlier[at : at + len(spec.taps)]
            at += len(spec.taps)
            like = before[0]
            if result.ndim != like.ndim or promote(result.dtype, like.dtype) != like.dtype:
                raise DTypeError(
                    f"result number {i + 1} of scan starts as {like.type} and becomes "
                    f"{result.type}: what is carried on keeps its type.",
                    where=(("initial made at", spec.initial.origin), ("new at", result.origin)),
                    fix=f"T.cast the new value to {like.dtype!r}, or start with another type.",
                )
            results[i] = FUNCTIONS["cast"](result, like.dtype)
            if result.broadcastable != like.broadcastable:
                loose = [a and b for a, b in zip(result.broadcastable, like.broadcastable)]  # noqa: B905
                replace = {v: TensorType(v.dtype, loose)(v.name) for v in before}
                self.earlier = [replace.get(v, v) for v in self.earlier]
                results = rebuild(results, replace)
                results[i] = FUNCTIONS["patternbroadcast"](results[i], loose)
        return results

    def _rows(self, spec: Spec) -> Variable:
        """The initial rows of a state: for a single tap the value itself is the only row."""
        initial = spec.initial
        assert initial is not None
        if spec.taps == (-1,):
            return FUNCTIONS["dimshuffle"](initial, "x", *range(initial.ndim))
        return initial

    def _shared_states(
        self, results: list[Variable], updates: Mapping[SharedVariable, Any]
    ) -> list[tuple[SharedVariable, Variable, Variable]]:
        """Shared variables that each step changes: (variable, inner variable, new value)."""
        new = {s: as_variable(v) for s, v in updates.items()}
        for v in ancestors([*results, *new.values()]):
            if isinstance(v, SharedVariable) and v.default_update is not None and v not in new:
                new[v] = v.default_update
        self.replaced: dict[Variable, Variable] = {s: s.type(s.name) for s in new}
        return [(s, self.replaced[s], v) for s, v in new.items()]

    def _steps(self, n_steps: Any) -> Variable:
        """How many steps: what was asked for, or the length of the shortest sequence."""
        if n_steps is not None:
            steps = as_tensor_variable(n_steps)
            if steps.ndim or steps.dtype.startswith(("float", "complex")):
                raise DTypeError(
                    f"n_steps is an integer scalar, and {steps!r} is {steps.type}.",
                    fix="T.cast(n, 'int64').",
                )
            return steps
        if not self.lengths:
            raise BadValueError(
                "scan does not know how many steps to take.",
                where=(("written at", caller()),),
                fix="Pass n_steps, or a sequence.",
            )
        shortest = self.lengths[0]
        for length in self.lengths[1:]:
            shortest = FUNCTIONS["minimum"](shortest, length)
        return shortest


def captured(
    results: list[Variable], own: Sequence[Variable]
) -> tuple[list[Variable], list[tuple[Variable, Variable]]]:
    """The inner graph closed: what does not change from step to step is computed outside.

    Returns the results over inner variables, and pairs (inner variable, outer expression).
    """
    changing = set(own)
    nodes = ancestors(results)
    for v in nodes:
        if v.owner is not None and (any(u in changing for u in v.owner.inputs) or is_sample(v)):
            changing.update(v.owner.outputs)
    outside = {v for v in nodes if v not in changing and not isinstance(v, Constant)}
    used = {u for v in nodes if v in changing and v.owner is not None for u in v.owner.inputs}
    border = [v for v in nodes if v in outside and (v in used or v in results)]
    replace = {v: v.type(v.name) for v in border}
    return rebuild(results, replace), [(replace[v], v) for v in border]


def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, dict[SharedVariable, Variable]]:
    """`fn` of each element of the sequences: a scan without states."""
    return scan(
        fn, sequences, None, non_sequences, None, truncate_gradient, go_backwards, name=name
    )


def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, dict[SharedVariable, Variable]]:
    """The last result of a scan over the sequences."""
    found, updates = scan(
        fn, sequences, outputs_info, non_sequences, None, -1, go_backwards, name=name
    )
    last = [v[-1] for v in found] if isinstance(found, list) else found[-1]
    return last, updates


def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, dict[SharedVariable, Variable]]:
    """`reduce` from the left."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, dict[SharedVariable, Variable]]:
    """`reduce` from the right."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)
