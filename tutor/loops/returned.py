"""What the function of a scan returned: results, updates of shared variables, a condition to stop.

Comes before the builder of loops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tutor.core.arguments import weak
from tutor.core.errors import DTypeError
from tutor.core.graph import Variable, as_tensor_variable, quoted
from tutor.core.shared import SharedVariable


class until:  # noqa: N801 - Theano's name
    """Returned by the function of a scan: the loop ends after the step in which this is true."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)


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
                             fix="Make it with shared(value).")  # fmt: skip
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


class Told(NamedTuple):
    """What the function of a scan returned: results, updates of shared variables, a condition."""

    results: list[Variable]
    updates: dict[SharedVariable, Any]
    condition: Variable | None


def as_variable(value: Any) -> Variable:
    """Variables of any type as they are, values as constants (a Python float as floatX)."""
    return value if isinstance(value, Variable) else weak([value])[0]


def listed(value: Any) -> list[Any]:
    """An argument that may be one thing, several, or none, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def told_by(returned: Any) -> Told:
    """What the function returned, in one form."""
    results: list[Variable] = []
    updates: dict[SharedVariable, Any] = {}
    condition = None
    for part in returned if _is_list(returned) and not _pairs(returned) else [returned]:
        if isinstance(part, until):
            condition = part.condition
        elif isinstance(part, Mapping) or _pairs(part):
            updates.update(part)
        elif _is_list(part):
            inner = told_by(part)
            results += inner.results
            updates.update(inner.updates)
            condition = inner.condition if condition is None else condition
        elif part is not None:
            results.append(as_variable(part))
    return Told(results, updates, condition)


def _is_list(part: Any) -> bool:
    return isinstance(part, (list, tuple))


def _pairs(part: Any) -> bool:
    """Whether these are updates, given as a list of pairs."""
    return (
        _is_list(part)
        and bool(part)
        and all(_is_list(p) and len(p) == 2 and isinstance(p[0], SharedVariable) for p in part)
    )
