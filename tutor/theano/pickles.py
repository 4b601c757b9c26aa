"""`pickle` as programs in Python 2 use it: their strings are text, and so may their files be; and
what Theano itself pickled of variables and their containers.

A type is made anew in Theano's pickles; here equal types are one object.

>>> import io
>>> load(io.BytesIO(b"S'weights'\\n."))
'weights'
"""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

from tutor.containers import Container
from tutor.core.types import TensorType, Type
from tutor.ops.shared import GenericType, RandomStateType, generic, random_state_type

__all__ = pickle.__all__


def __getattr__(name: str) -> Any:
    return getattr(pickle, name)


class Unpickler(pickle.Unpickler):
    """Reads the strings of Python 2, and the arrays in them, byte for byte as Latin-1."""

    def __init__(self, file: Any, **options: Any) -> None:
        options.setdefault("encoding", "latin1")
        super().__init__(_bytes(file), **options)


def load(file: Any, **options: Any) -> Any:
    """Read the object in `file`; a file opened as text is read as bytes."""
    return Unpickler(file, **options).load()


def loads(data: bytes | str, **options: Any) -> Any:
    """Read the object in `data`."""
    options.setdefault("encoding", "latin1")
    return pickle.loads(data.encode("latin1") if isinstance(data, str) else data, **options)


def dump(value: Any, file: Any, protocol: int | None = None) -> None:
    """Write `value` to `file`, which may have been opened as text."""
    pickle.dump(value, _bytes(file), protocol)


def dumps(value: Any, protocol: int | None = None) -> bytes:
    """`value` as bytes."""
    return pickle.dumps(value, protocol)


def _bytes(file: Any) -> Any:
    return getattr(file, "buffer", file)


class Scratchpad:
    """The class of a variable's tag in Theano's pickles."""


def interned(t: Type) -> Type:
    """The one type that equals this one.

    >>> interned(TensorType("float64", ())) is TensorType("float64", ())
    True
    """
    if isinstance(t, TensorType):
        return TensorType(t.dtype, t.broadcastable)
    return {GenericType: generic, RandomStateType: random_state_type}.get(type(t), t)


def attributes(state: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a variable here, from those that Theano's had."""
    notes = SimpleNamespace(**vars(state["tag"]))
    left = ("auto_name", "cached", "tag")
    kept = {name: value for name, value in state.items() if name not in left}
    return {"owner": None, "index": None, "_tag": notes, "_signature": None,
            **kept, "type": interned(state["type"])}


def state(thing: Any, kept: Any) -> Any:
    """The state of a variable or a container, from the state in a pickle, which may be Theano's."""
    if isinstance(thing, Container):
        return _of_container(thing, kept) if isinstance(kept, dict) else kept
    return attributes(kept) if "auto_name" in kept else kept


def _of_container(thing: Container, kept: dict[str, Any]) -> tuple[Any, bool]:
    settings = (kept[name] for name in ("name", "strict", "allow_downcast"))
    Container.__init__(thing, interned(kept["type"]), kept["storage"][0], *settings)
    return thing.value, kept["readonly"]
