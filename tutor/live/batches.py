"""The data of a run: the arguments of its steps, and those that its pictures are drawn over.

Stands by itself. A function of the step's number is asked once for each step, in their order, and
never by a picture: the newest batch is kept, for the step that comes and for all that is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from inspect import signature
from typing import Any

from tutor.compile.compiled import Function
from tutor.compile.emit import missing
from tutor.core.errors import ArgumentError, plural
from tutor.core.graph import Variable, quoted


class Batches:
    """The arguments of a function at each step; `batch` are those of step number `step`."""

    def __init__(self, f: Function, data: Any, on: Any = None) -> None:
        self.f, self.data = f, data
        self.varying = callable(data)
        self.on = None if on is None else _fixed(f, on, "on", "Descent(f, data, on=[xs, ys])")
        self.step = 0
        self.batch: Sequence[Any] = ()
        if self.varying:
            _check_signature(data)
            self.ask(0)
        else:
            self.batch = _fixed(f, data, "data", "Descent(f, [xs, ys])")

    def fixed(self, data: Any) -> Sequence[Any]:
        """Other arguments, of what is held back, checked and converted once."""
        return _fixed(self.f, data, "held_back", "Descent(f, data, held_back=[xs, ys])")

    def ask(self, step: int) -> None:
        """Have the batch of a step; the one before is let go."""
        if self.varying:
            self.batch = _converted(self.f, self.data(step))
        self.step = step

    @property
    def seen(self) -> Sequence[Any]:
        """The data that pictures are drawn over: fixed, or the newest batch."""
        return self.batch if self.on is None else self.on

    @property
    def steady(self) -> bool:
        """Say whether that is the same at every step."""
        return self.on is not None or not self.varying

    @property
    def whose(self) -> str:
        """The loss that is drawn over it, in words."""
        if not self.varying and self.on is None:
            return "loss"
        return "loss on fixed data" if self.on is not None else f"loss of batch {self.step}"


def _check_signature(data: Any) -> None:
    """Check that it can be called with the number of a step."""
    try:
        signature(data).bind(0)
    except TypeError:
        raise ArgumentError(f"data is called with the number of the step, and {quoted(data)} takes "
                            "other arguments.", fix="Write lambda step: [xs, ys].") from None
    except ValueError:  # it is written in C, and says nothing of its arguments
        return


def _fixed(f: Function, data: Any, name: str, example: str) -> Sequence[Any]:
    """Arguments that stay, checked and converted once."""
    if not isinstance(data, (list, tuple)) or not _enough(f, data):
        needs = ", ".join(str(v) for v in f.inputs)
        raise ArgumentError(
            f"{f.title} has {plural(len(f.inputs), 'input')}{needs and f' ({needs})'}, and {name} "
            "is no list of as many.",
            fix=f"Pass a list with one value for each input: {example}.")
    return _arguments(f, data)


def _enough(f: Function, values: Sequence[Any]) -> bool:
    """Say whether there is a value for each input that has none of its own."""
    left = range(len(values), len(f.inputs))
    return len(values) <= len(f.inputs) and all(f._request.arguments[i].value is not None
                                                for i in left)


def _arguments(f: Function, values: Sequence[Any]) -> list[Any]:
    """The values as the function takes them; those that are left out are the inputs' own."""
    left = [missing] * (len(f.inputs) - len(values))
    return [f._argument(i, value) for i, value in enumerate([*values, *left])]


def _converted(f: Function, found: Any) -> Sequence[Any]:
    """Convert what data gave for a step, as the function takes it."""
    if not isinstance(found, Iterable) or isinstance(found, (str, Mapping, Variable)):
        raise ArgumentError(f"data gives the arguments of {f.title} at each step, and gave "
                            f"{quoted(found)}.",
                            fix="Return a list with one value for each input: "
                                "Descent(f, lambda step: [xs, ys]).")
    listed = list(found)
    if not _enough(f, listed):
        raise ArgumentError(
            f"{f.title} has {plural(len(f.inputs), 'input')}, and data gave {len(listed)} values "
            "for a step.", fix="Return a list with one value for each input: "
                               "Descent(f, lambda step: [xs, ys]).")
    return _arguments(f, listed)
