"""The parts of a loop collected: outer variables beside the inner ones that stand for them.

Comes after the op; `api.py` says in which order the function of a scan gets them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tutor.core.arrays import dimshuffle
from tutor.core.arrays import shape as shape_of
from tutor.core.elementwise import cast as cast_of
from tutor.core.elementwise import minimum
from tutor.core.errors import BadValueError, DTypeError, MissingInputError, Origin, caller
from tutor.core.graph import Constant, Variable, as_tensor_variable, quoted
from tutor.core.row import rebroadcast
from tutor.core.shared import SharedVariable
from tutor.core.types import TensorType, promote
from tutor.core.walk import ancestors, rebuild
from tutor.loops.backward import is_sample
from tutor.loops.loop import Loop, State
from tutor.loops.returned import OrderedUpdates, Told, as_variable, listed
from tutor.ops.shape import shape_padleft, unbroadcast
from tutor.testvalues import pass_on


class StateTypeError(DTypeError, ValueError):
    """What is carried on from step to step becomes another type."""


class Spec(NamedTuple):
    """An entry of outputs_info: the initial value and the taps; None for a plain result."""

    initial: Variable | None
    taps: tuple[int, ...]


class Options(NamedTuple):
    """What is passed through to the op."""

    name: str | None = None
    truncate: int = -1
    mode: Any = None
    exact: bool = False


class Builder:
    """Takes the arguments of a scan one by one, then builds its loop."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.place: Origin | None = None  # where the step is written
        self.sequences: list[Variable] = []
        self.slices: list[Variable] = []
        self.specs: list[Spec] = []
        self.earlier: list[Variable] = []
        self.firsts: list[Variable] = []  # the values of `earlier` in the first step
        self.lengths: list[Variable] = []
        self.updates = OrderedUpdates()

    def take_sequences(self, entries: list[Any], backwards: bool) -> None:
        """Cut each sequence so that step t of every tap is its element t."""
        for entry in entries:
            parts = dict(entry) if isinstance(entry, Mapping) else {"input": entry}
            if "input" not in parts:
                raise BadValueError(f"a sequence is a variable or dict(input=…), not {parts}.",
                                    fix="Write sequences=[x], or dict(input=x, taps=[-1, 0]).")
            taps = listed(parts.get("taps"))
            whole, taps = as_tensor_variable(parts["input"]), taps or [0]
            if whole.ndim == 0:
                raise DTypeError(
                    f"{quoted(whole)} is a scalar: scan goes over the first dimension of a "
                    "sequence.",
                    where=(("made at", whole.origin),),
                    fix="Pass it in non_sequences, or as a vector.",
                )
            low, high = min(0, *taps, 0), max(0, *taps, 0)
            for tap in taps:
                part = whole[tap - low :] if tap == high else whole[tap - low : tap - high]
                part = part[::-1] if backwards else part
                part = whole if not backwards and (low, high) == (0, 0) else part
                self.sequences.append(part)
                self.lengths.append(shape_of(part)[0])
                inner = TensorType(whole.dtype, whole.broadcastable[1:])()
                if whole.name:
                    inner.name = f"{whole.name}[t{f'{tap:+d}' if tap else ''}]"
                pass_on(inner, part, 0)
                self.slices.append(inner)

    def take_states(self, entries: list[Any]) -> None:
        """The inner variables for the earlier values of each state."""
        for entry in entries:
            spec = spec_of(entry)
            self.specs.append(spec)
            initial = spec.initial
            if initial is None:
                continue
            single = spec.taps == (-1,)
            pattern = initial.broadcastable if single else initial.broadcastable[1:]
            for tap in spec.taps:
                inner = initial.type() if single else TensorType(initial.dtype, pattern)()
                if initial.name:
                    inner.name = f"{initial.name}[t{tap:+d}]"
                place: Any = () if single else tap - min(spec.taps)
                pass_on(inner, initial, place)
                self.earlier.append(inner)
                self.firsts.append(initial if single else initial[place])

    def outputs(self, told: Told, constants: list[Variable], n_steps: Any) -> list[Variable]:
        """Build the loop and apply it; the results in the order in which the function gave them."""
        self._match(told)
        specs = self.specs
        results = self._fitted(list(told.results))
        condition = [] if told.condition is None else [told.condition]
        states = [i for i, s in enumerate(specs) if s.initial is not None]
        plain = [i for i, s in enumerate(specs) if s.initial is None]
        fixed = {v: v.type(v.name) for v in constants if v.owner is not None}
        inner = rebuild([*results, *condition, *map(as_variable, told.updates.values())], fixed)
        updates = dict(zip(told.updates, inner[len(results) + len(condition) :], strict=True))
        results, condition = inner[: len(results)], inner[len(results) :][: len(condition)]
        carried = self._shared_states([*results, *condition], updates)
        inner = [results[i] for i in states] + [new for _, _, new in carried]
        inner += [*[results[i] for i in plain], *condition]
        own = [*self.slices, *self.earlier, *[v for _, v, _ in carried]]
        inner, outside = captured(rebuild(inner, self.replaced), own)
        steps, exact = self._steps(n_steps), n_steps is None
        if exact and len(self.sequences) > 1:
            self.sequences = [v[:steps] for v in self.sequences]
        loop = Loop(
            [*own, *[v for v, _ in outside]],
            inner,
            len(self.slices),
            [State(specs[i].taps) for i in states] + [State((-1,), False)] * len(carried),
            bool(condition),
            *self.options._replace(exact=exact),
        )
        initial = [self._rows(specs[i]) for i in states] + [s for s, _, _ in carried]
        beside = rebuild([v for _, v in outside], {new: old for old, new in fixed.items()})
        made = loop(steps, *self.sequences, *initial, *beside, return_list=True)
        first = len(states)
        self.updates.update({s: made[first + i] for i, (s, _, _) in enumerate(carried)})
        places = {i: k for k, i in enumerate(states)}
        places |= {i: first + len(carried) + k for k, i in enumerate(plain)}
        return [made[places[i]] for i in range(len(specs))]

    def once(self, told: Told) -> list[Variable]:
        """The results of a single step, which needs no loop: each with a first dimension."""
        self._match(told)
        self.updates.update(told.updates)
        pad, loose = shape_padleft, unbroadcast
        return [
            loose(pad(v), 0) if isinstance(v.type, TensorType) else v
            for v in self._fitted(list(told.results))
        ]

    def _match(self, told: Told) -> None:
        """One entry of outputs_info for each result."""
        self.specs = self.specs or [Spec(None, ())] * len(told.results)
        if len(self.specs) != len(told.results):
            raise BadValueError(
                f"the function of scan returned {len(told.results)} results, and outputs_info has "
                f"{len(self.specs)} entries.",
                where=(("written at", caller()),),
                fix="Give one entry for each result; None for one that is not carried on.",
            )

    def _fitted(self, results: list[Variable]) -> list[Variable]:
        """New states of the type of the earlier ones; a looser broadcast pattern goes inside."""
        at, own = 0, {*self.slices, *self.earlier}
        for i, spec in enumerate(self.specs):
            if spec.initial is None:
                continue
            result = results[i]
            before = self.earlier[at : at + len(spec.taps)]
            at += len(spec.taps)
            like = before[0]
            if not isinstance(like.type, TensorType):
                continue
            if result.ndim != like.ndim or promote(result.dtype, like.dtype) != like.dtype:
                raise StateTypeError(
                    f"result number {i + 1} of scan starts as {like.type} and becomes "
                    f"{result.type}: what is carried on keeps its type.",
                    where=(("initial made at", spec.initial.origin), ("a step makes it at",
                           result.origin if _made_of(result, own) else self.place)),
                    fix=advice(spec, before, result, self._in_words()),
                )
            results[i] = cast_of(result, like.dtype)
            if result.broadcastable != like.broadcastable:
                loose = [a and b for a, b in zip(result.broadcastable, like.broadcastable)]  # noqa: B905
                replace = {v: TensorType(v.dtype, loose)(v.name) for v in before}
                self.earlier = [replace.get(v, v) for v in self.earlier]
                results = rebuild(results, replace)
                results[i] = rebroadcast(results[i], loose)
        return results

    def _in_words(self) -> dict[Variable, str]:
        """The first element of each sequence, by the variable that stands for every one."""
        return {inner: f"{quoted(whole, 40)}[0]"
                for inner, whole in zip(self.slices, self.sequences, strict=True)}

    def _rows(self, spec: Spec) -> Variable:
        """The initial rows of a state: for a single tap the value itself is the only row."""
        initial = spec.initial
        assert initial is not None
        if spec.taps == (-1,):
            return dimshuffle(initial, "x", *range(initial.ndim))
        return initial[: -min(spec.taps)]

    def _shared_states(
        self, results: list[Variable], updates: Mapping[SharedVariable, Any]
    ) -> list[tuple[SharedVariable, Variable, Variable]]:
        """Shared variables that each step changes: (variable, inner variable, new value)."""
        new = {s: as_variable(v) for s, v in updates.items()}
        for v in ancestors([*results, *new.values()]):
            if isinstance(v, SharedVariable) and hasattr(v, "default_update") and v not in new:
                new[v] = v.default_update
        self.replaced: dict[Variable, Variable] = {s: s.type(s.name) for s in new}
        return [(s, self.replaced[s], self._new_value(s, v)) for s, v in new.items()]

    def _new_value(self, shared: SharedVariable, value: Variable) -> Variable:
        """A new value of the type of the shared variable."""
        if value.type is shared.type or not isinstance(shared.type, TensorType):
            return value
        if value.ndim != shared.ndim or promote(value.dtype, shared.dtype) != shared.dtype:
            raise DTypeError(
                f"{quoted(shared)} is {shared.type}, and its update in scan {value.type}.",
                where=((f"{quoted(shared, 40)} made at", shared.origin),
                       ("update made at", value.origin)),
                fix=f"T.cast the new value to {shared.dtype!r}.",
            )
        cast = cast_of(value, shared.dtype)
        return rebroadcast(cast, shared.broadcastable)

    def _steps(self, n_steps: Any) -> Variable:
        """How many steps: what was asked for, or the length of the shortest sequence."""
        if n_steps is not None:
            steps = as_tensor_variable(n_steps)
            if steps.ndim or steps.dtype.startswith(("float", "complex")):
                raise DTypeError(
                    f"n_steps is an integer scalar, and {quoted(steps)} is {steps.type}.",
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
            shortest = minimum(shortest, length)
        return shortest


def spec_of(entry: Any) -> Spec:
    """An entry of outputs_info, checked."""
    parts = dict(entry) if isinstance(entry, Mapping) else {"initial": entry}
    taps = tuple(listed(parts.get("taps")))
    if parts.get("return_steps") is not None:
        raise BadValueError("scan returns all steps.", where=(("written at", caller()),),
                            fix="Take result[-n:]: memory is kept for these alone.")  # fmt: skip
    if parts.get("initial") is None:
        if taps:
            raise BadValueError(
                f"a result with taps {list(taps)} has no initial value.",
                where=(("written at", caller()),),
                fix="Write dict(initial=x0, taps=[-1]).",
            )
        return Spec(None, ())
    taps = taps or (-1,)
    if any(not isinstance(t, int) or t >= 0 for t in taps) or len(set(taps)) < len(taps):
        raise BadValueError(
            f"the taps of a result are different steps before this one, and got {list(taps)}.",
            where=(("written at", caller()),),
            fix="Write taps=[-1], or [-2, -1] for two steps back.",
        )
    initial = as_variable(parts["initial"])
    if taps != (-1,) and initial.ndim == 0:
        raise BadValueError(
            f"{initial} is a scalar, and the taps {list(taps)} need {-min(taps)} earlier values.",
            where=(("made at", initial.origin),),
            fix="Pass the earlier values along a first dimension.",
        )
    return Spec(initial, taps)


def _made_of(result: Variable, own: set[Variable]) -> bool:
    """Whether a step computes a result, and does not take it from outside as it is."""
    return result.owner is not None and any(v in own for v in ancestors([result]))


def advice(spec: Spec, before: Sequence[Variable], result: Variable,
           words: Mapping[Variable, str]) -> str:
    """What to start with, so that a step gives what it took: found by trying. `words` are how the
    program calls what a step has inside."""
    assert spec.initial is not None
    like, start, more = before[0], quoted(spec.initial, 60), len(spec.taps) > 1
    taps = f", taps={list(spec.taps)}" if spec.taps != (-1,) else ""
    other = next((words.get(v, quoted(v, 40)) for v in ancestors([result]) if v.owner is None
                  and v.ndim == result.ndim and v not in before and not isinstance(v, Constant)),
                 None)
    type_: Any = result.type
    for _ in range(4):
        try:
            (again,) = rebuild([result], {v: type_() for v in before})
        except (TypeError, ValueError):
            break
        if again.ndim == type_.ndim and promote(again.dtype, type_.dtype) == type_.dtype:
            if again.ndim == like.ndim:
                new = f"T.cast({start}, {type_.dtype!r})"
            elif again.ndim > like.ndim and other is not None and not more:
                new = f"T.zeros_like({other}) + {start}"
            else:
                break
            told = f"dict(initial={new}{taps})" if taps else new
            narrow = like.dtype in ("float32", "float16") and type_.dtype == "float64"
            return (f"Start as a step goes on: outputs_info={told}."
                    + (f" Or let the step return T.cast(…, {like.dtype!r})." * narrow))
        type_ = again.type
    shape = getattr(result.type, "shape_name", result.type)
    return (f"Start with a {result.dtype} {shape}, as a step returns one; or let it return a "
            f"{like.dtype} {getattr(like.type, 'shape_name', like.type)}. A result that no step "
            "reads has None in outputs_info.")


def check_strict(results: Sequence[Variable], given: Sequence[Variable]) -> None:
    """With strict=True a step uses what was passed to it, and no other shared variable, but for
    those that bring an update of their own (the states of random streams)."""
    known = set(given)
    for v in ancestors(results, stop=known):
        own = hasattr(v, "default_update")
        if isinstance(v, SharedVariable) and v not in known and not own:
            raise MissingInputError(
                f"a step of scan uses {quoted(v)}, which is not in non_sequences (strict=True).",
                where=((f"{quoted(v, 40)} made at", v.origin),),
                fix=f"Write non_sequences=[{quoted(v)}], or leave strict out.",
            )


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
