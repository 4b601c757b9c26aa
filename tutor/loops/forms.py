"""The forms in which programs write a scan, brought to the plain one of the core.

Comes before `api.py`. Of a state that is read further back than one step, each earlier value is a
state by itself, which takes over the value of the one before it.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tutor.core.elementwise import cast
from tutor.core.errors import (
    ArgumentError,
    BadValueError,
    DTypeError,
    MissingInputError,
    Origin,
    plural,
)
from tutor.core.function import listed
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.op import rebroadcast
from tutor.core.scan import Trace, as_variable, sequence
from tutor.core.types import TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, rebuild
from tutor.testvalues import pass_on


class StateTypeError(DTypeError, ValueError):
    """What is carried on from step to step becomes another type."""


class Info(NamedTuple):
    """An entry of outputs_info: the initial value and the taps; None for a plain result."""

    initial: Variable | None
    taps: tuple[int, ...]

    def start(self, back: int) -> Variable | None:
        """The value so many steps before the first one."""
        if self.initial is None or self.taps == (-1,):
            return self.initial
        return self.initial[-min(self.taps) - back]


class Forms(Trace):
    """A step, traced, of a scan whose arguments are written in any form."""

    def __init__(self, fn: Callable[..., Any], sequences: Any, outputs_info: Any,
                 non_sequences: Any, backwards: bool) -> None:
        self.fn = fn
        cuts = [cut for entry in listed(sequences) for cut in cuts_of(entry, backwards)]
        self.infos = [info_of(entry) for entry in listed(outputs_info)]
        reads = [(i, 1) for i, _ in enumerate(self.infos)]
        reads += [(i, back) for i, info in enumerate(self.infos)
                  for back in range(2, 1 - min(info.taps, default=0))]
        self.number = {read: k for k, read in enumerate(reads)}  # of the state that is read so
        super().__init__([part for part, _ in cuts], [self.infos[i].start(b) for i, b in reads],
                         non_sequences)
        for v, (part, name) in zip(self.slices, cuts, strict=True):
            v.name = name
            pass_on(v, part, 0)
        for (i, back), k in self.number.items():
            initial = self.infos[i].initial
            if initial is not None:
                self.before[k].name = initial.name and f"{initial.name}[t-{back}]"
                self.keep[k] = "all" if back == 1 else "last"
                pass_on(self.before[k], self.starts[k])

    def earlier(self, values: Any) -> list[Variable]:
        """Of values by the number of the state, those that are read, in the order of the taps."""
        return [values[self.number[i, -tap]] for i, info in enumerate(self.infos)
                for tap in info.taps]

    def run(self, once: bool) -> None:
        """Call the function, with its arguments in the first step or in any."""
        slices = [v[0] for v in self.sequences] if once else self.slices
        earlier = self.earlier(self.starts if once else self.before)
        inside = [*self.slices, *self.earlier(self.before), *self.constants]
        kinds = ["an element"] * len(slices) + ["an earlier value"] * len(earlier)
        kinds += ["a non-sequence"] * len(self.constants)
        words = [f"{k} {v.name}" if v.name else k for k, v in zip(kinds, inside, strict=True)]
        self.take(called(self.fn, [*slices, *earlier, *self.constants], words))

    def match(self) -> None:
        """See to it that there is one entry of outputs_info for each result; an earlier value that
        is read becomes the one before it."""
        if len(self.results) == len(self.infos):
            self.results += [self.before[self.number[i, back - 1]]
                             for i, back in self.number if back > 1]
        else:
            del self.starts[len(self.infos) :]
        super().match()

    def take(self, returned: Any) -> None:
        """Sort what the function returned; updates may be a list of pairs."""
        super().take(dict(returned) if are_updates(returned) else returned)

    def steps(self, n_steps: Any) -> Variable:
        """How many steps, as an integer scalar."""
        steps = super().steps(n_steps)
        if steps.ndim or steps.dtype.startswith(("float", "complex")):
            raise DTypeError(f"n_steps is an integer scalar, and {quoted(steps)} is {steps.type}.",
                             fix="T.cast(n, 'int64').")
        return steps

    def carry_shared(self, fixed: Mapping[Variable, Variable]) -> dict[SharedVariable, int]:
        """Carry on the shared variables that each step changes, by themselves perhaps."""
        news = map(as_variable, self.updates.values())
        for v in ancestors([*self.results, *self.ends, *news], stop=fixed):
            if isinstance(v, SharedVariable) and hasattr(v, "default_update"):
                self.updates.setdefault(v, v.default_update)
        return super().carry_shared(fixed)

    def fit(self) -> None:
        """Give new states the type of the earlier ones; a looser broadcast pattern goes inside."""
        for i, like in self.before.items():
            result, start = self.results[i], self.starts[i]
            if start is None or not isinstance(like.type, TensorType):
                continue
            if result.ndim != like.ndim or promote(result.dtype, like.dtype) != like.dtype:
                raise self.error(i, start, result)
            loose = [a and b for a, b in zip(result.broadcastable, like.broadcastable, strict=True)]
            if loose != [*like.broadcastable]:
                self.before[i] = TensorType(like.dtype, loose)(like.name)
                self.replace({like: self.before[i]})
                self.starts[i] = rebroadcast(start, loose)
            self.results[i] = rebroadcast(cast(self.results[i], like.dtype), loose)

    def error(self, i: int, start: Variable, result: Variable) -> StateTypeError:
        """The error for a state that changes its type, with what to start with, if it is found."""
        like, own = self.before[i], {*self.slices, *self.before.values()}
        inside = result.owner is not None and not own.isdisjoint(ancestors([result]))
        made = result.origin if inside else place_of(self.fn)  # where it is returned
        return StateTypeError(
            f"result number {i + 1} of scan starts as {like.type} and becomes {result.type}: what "
            "is carried on keeps its type.", fix=self.advice(i, result) or (
                f"Start with a {described(result)}, as a step returns one; or let it return a "
                f"{described(like)}. A result that no step reads has None in outputs_info."),
            where=(("initial made at", start.origin), ("a step makes it at", made)))

    def advice(self, i: int, result: Variable) -> str:
        """What to start with, so that a step gives what it took: found by trying."""
        initial, taps = self.infos[i]
        before = [self.before[self.number[i, -tap]] for tap in taps]
        like, type_, first = before[0], result.type, quoted(initial, 60)
        for _ in range(4):
            try:
                (again,) = rebuild([result], {v: type_() for v in before})
            except (TypeError, ValueError):
                break
            if again.ndim == type_.ndim and promote(again.dtype, type_.dtype) == type_.dtype:
                other = self.alike(result, before)
                if again.ndim == like.ndim:
                    new = f"T.cast({first}, {type_.dtype!r})"
                elif again.ndim > like.ndim and other is not None and len(taps) == 1:
                    new = f"T.zeros_like({other}) + {first}"
                else:
                    break
                told = f"dict(initial={new}, taps={list(taps)})" if taps != (-1,) else new
                narrow = like.dtype in ("float32", "float16") and type_.dtype == "float64"
                return (f"Start as a step goes on: outputs_info={told}."
                        + (f" Or let the step return T.cast(…, {like.dtype!r})." * narrow))
            type_ = again.type
        return ""

    def alike(self, result: Variable, before: Sequence[Variable]) -> str | None:
        """What else a step reads that has as many dimensions as its result, as the program calls
        it."""
        inside = dict(zip(self.slices, self.sequences, strict=True))
        for v in ancestors([result]):
            if v.owner is None and v.ndim == result.ndim and not isinstance(v, Constant) \
                    and v not in before:
                return f"{quoted(inside[v], 40)}[0]" if v in inside else quoted(v, 40)
        return None

    def check_strict(self) -> None:
        """With strict=True a step uses what was passed to it, and no other shared variable, but for
        those that bring an update of their own (the states of random streams)."""
        known = {*self.slices, *self.before.values(), *self.constants, *self.updates}
        for v in ancestors(self.results, stop=known):
            own = hasattr(v, "default_update")
            if isinstance(v, SharedVariable) and v not in known and not own:
                raise MissingInputError(
                    f"a step of scan uses {quoted(v)}, which is not in non_sequences "
                    "(strict=True).", where=((f"{quoted(v, 40)} made at", v.origin),),
                    fix=f"Write non_sequences=[{quoted(v)}], or leave strict out.")


def are_updates(part: Any) -> bool:
    """Whether these are updates, given as a list of pairs."""
    return isinstance(part, (list, tuple)) and bool(part) and all(
        isinstance(p, (list, tuple)) and len(p) == 2 and isinstance(p[0], SharedVariable)
        for p in part)


def cuts_of(entry: Any, backwards: bool) -> Iterator[tuple[Variable, str | None]]:
    """A sequence cut so that step t of every tap is its element t, and what that is called."""
    parts = dict(entry) if isinstance(entry, Mapping) else {"input": entry}
    if "input" not in parts:
        raise BadValueError(f"a sequence is a variable or dict(input=…), not {parts}.",
                            fix="Write sequences=[x], or dict(input=x, taps=[-1, 0]).")
    taps, whole = listed(parts.get("taps")) or [0], sequence(parts["input"])
    low, high = min(0, *taps, 0), max(0, *taps, 0)
    for tap in taps:
        part = whole[tap - low :] if tap == high else whole[tap - low : tap - high]
        part = whole if low == high else part
        yield (part[::-1] if backwards else part,
               whole.name and f"{whole.name}[t{f'{tap:+d}' if tap else ''}]")


def info_of(entry: Any) -> Info:
    """An entry of outputs_info, checked."""
    parts = dict(entry) if isinstance(entry, Mapping) else {"initial": entry}
    taps = tuple(listed(parts.get("taps")))
    if parts.get("return_steps") is not None:
        raise BadValueError("scan returns all steps.",
                            fix="Take result[-n:]: memory is kept for these alone.")
    if parts.get("initial") is None:
        if taps:
            raise BadValueError(f"a result with taps {list(taps)} has no initial value.",
                                fix="Write dict(initial=x0, taps=[-1]).")
        return Info(None, ())
    taps = taps or (-1,)
    if any(not isinstance(t, int) or t >= 0 for t in taps) or len(set(taps)) < len(taps):
        raise BadValueError(
            f"the taps of a result are different steps before this one, and got {list(taps)}.",
            fix="Write taps=[-1], or [-2, -1] for two steps back.")
    initial = as_variable(parts["initial"])
    if taps != (-1,) and initial.ndim == 0:
        raise BadValueError(
            f"{initial} is a scalar, and the taps {list(taps)} need {-min(taps)} earlier values.",
            where=(("made at", initial.origin),),
            fix="Pass the earlier values along a first dimension.")
    return Info(initial, taps)


def called(fn: Callable[..., Any], values: Sequence[Any], words: Sequence[str]) -> Any:
    """What `fn` gives for these values, each of which has words that say what it is.

    Raises an `ArgumentError` (a `TypeError`) where `fn` cannot take as many, or is no function.

    >>> called(lambda a: a, [1], ["a non-sequence"])
    1
    """
    if not callable(fn):
        raise ArgumentError(f"scan calls a function, and got {quoted(fn)}.",
                            fix="Pass a function that builds one step: lambda a: a * 2.")
    try:
        return fn(*values)
    except TypeError:
        # Only now is it asked what it takes: a call that succeeds pays nothing for it.
        if takes(fn, values):
            raise
    given = ", ".join(words) or "nothing"
    name = getattr(fn, "__name__", "the function").replace("<lambda>", "the lambda")
    raise ArgumentError(
        f"scan calls {name} with {plural(len(values), 'argument')}, and it takes another number.",
        fix=f"It gets, in this order: {given}.") from None


def takes(fn: Callable[..., Any], values: Sequence[Any]) -> bool:
    """Whether `fn` can be called with these values; what cannot be known counts as yes."""
    try:
        inspect.signature(fn).bind(*values)
    except ValueError:  # a built-in that does not say
        return True
    except TypeError:
        return False
    return True


def described(v: Any) -> str:
    """The type of a variable in two words."""
    return f"{v.dtype} {v.type.shape_name}"


def place_of(fn: Any) -> Origin | None:
    """Where a function returns, as it is written last; None of what is no Python function."""
    code = getattr(fn, "__code__", None)
    if code is None:
        return None
    ends = [step.offset for step in dis.get_instructions(code) if step.opname.startswith("RETURN_")]
    return Origin(code, ends[-1]) if ends else None
