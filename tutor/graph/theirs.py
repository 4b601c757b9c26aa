"""What Theano itself pickled: its variables without owners, shared ones above all, load as ours.

Variables and containers ask for it when such a pickle is loaded. In it a type is made anew; here
equal types are one object.

>>> interned(TensorType("float64", ())) is TensorType("float64", ())
True
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tutor.types import GenericType, RandomStateType, TensorType, Type, generic, random_state_type


class Scratchpad:
    """What held the notes of a variable's tag."""


def interned(t: Type) -> Type:
    """The one type that equals this one."""
    if isinstance(t, TensorType):
        return TensorType(t.dtype, t.broadcastable)
    return {GenericType: generic, RandomStateType: random_state_type}.get(type(t), t)


def attributes(state: dict[str, Any]) -> dict[str, Any]:
    """What a variable holds, by what a pickle says that Theano's did."""
    notes = SimpleNamespace(**vars(state["tag"]))
    left = ("auto_name", "cached", "tag")
    kept = {name: value for name, value in state.items() if name not in left}
    return {"owner": None, "index": None, "_tag": notes, "_signature": None, "_kind": None,
            **kept, "type": interned(state["type"])}
