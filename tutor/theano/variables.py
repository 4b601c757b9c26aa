"""The classes of variables by Theano's names, and what Theano itself pickled of variables.

In its pickles are variables without owners, shared ones above all, and their containers. A type is
made anew in them; here equal types are one object.

>>> interned(TensorType("float64", ())) is TensorType("float64", ())
True
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tutor.graph import Container
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


def state(thing: Any, kept: Any) -> Any:
    """What a variable or a container is set to, by what a pickle says, which may be Theano's."""
    if isinstance(thing, Container):
        return _of_container(thing, kept) if isinstance(kept, dict) else kept
    return attributes(kept) if "auto_name" in kept else kept


def _of_container(thing: Container, kept: dict[str, Any]) -> tuple[Any, bool]:
    told = (kept[name] for name in ("name", "strict", "allow_downcast"))
    Container.__init__(thing, interned(kept["type"]), kept["storage"][0], *told)
    return thing.value, kept["readonly"]
