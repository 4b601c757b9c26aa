"""Where a function keeps the values of its arguments: `f[x]`, `f.value[x]`, `f.container[x]`.

Comes before `function`. An argument is found by its place, its variable, or its name.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> f = tutor.function([tutor.In(x, value=2.0)], x * 3)
>>> f[x], f["x"], f.value[0], x in f.container
(array(2.), array(2.), array(2.), True)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tutor.compile.io import In
from tutor.errors import ArgumentError
from tutor.graph.container import Container
from tutor.types import plural

AMBIGUOUS = "ambiguous"


class Places:
    """All containers of a function, by everything they can be asked for with."""

    def __init__(self, inputs: Sequence[In], containers: Sequence[Container]) -> None:
        self.inputs = list(inputs)
        self.found: dict[Any, Any] = {}
        for i, (a, container) in enumerate(zip(inputs, containers, strict=True)):
            self.found[i] = self.found[a.variable] = container
            self.found[a.name] = AMBIGUOUS if a.name in self.found else container
        if sum(a.name is None for a in inputs) != 1:
            self.found.pop(None, None)

    def __getitem__(self, item: Any) -> Container:
        try:
            found = self.found[item]
        except (KeyError, TypeError):
            raise ArgumentError(f"the function has no input or state {item!s}.",
                                fix=self.choices()) from None
        if found is AMBIGUOUS:
            raise ArgumentError(
                f"the function has several inputs named {item!r}.",
                fix="Ask by place or by variable: f[0], f[x].",
            )
        return found

    def __contains__(self, item: Any) -> bool:
        return item in self.found

    def choices(self) -> str:
        """What can be asked for, in words."""
        names = [a.name for a in self.inputs if a.name is not None]
        unnamed = len(self.inputs) - len(names)
        said = f"named {', '.join(names)}" if names else "with a name"
        lead = f"It has {plural(len(names), 'input') if names else 'none'} {said}"
        return lead + (f", and {plural(unnamed, 'input')} without." if unnamed else ".")


class Values:
    """`f.value`: the values themselves; one that is set is checked as an argument is."""

    def __init__(self, places: Places, when_set: Callable[[], None]) -> None:
        self.places, self.when_set = places, when_set

    def __getitem__(self, item: Any) -> Any:
        return self.places[item].value

    def __setitem__(self, item: Any, value: Any) -> None:
        self.places[item].data = value
        self.when_set()

    def __contains__(self, item: Any) -> bool:
        return item in self.places
