"""`pickle` as programs in Python 2 use it: their strings are text, and so may their files be.

>>> import io
>>> load(io.BytesIO(b"S'weights'\\n."))
'weights'
"""

from __future__ import annotations

import pickle
from typing import Any

__all__ = pickle.__all__


def __getattr__(name: str) -> Any:
    return getattr(pickle, name)


class Unpickler(pickle.Unpickler):
    """Reads the strings of Python 2, and the arrays in them, byte for byte as Latin-1."""

    def __init__(self, file: Any, **options: Any) -> None:
        options.setdefault("encoding", "latin1")
        super().__init__(_bytes(file), **options)


def load(file: Any, **options: Any) -> Any:
    """What `file` holds; a file opened as text is read as bytes."""
    return Unpickler(file, **options).load()


def loads(data: bytes | str, **options: Any) -> Any:
    """What `data` holds."""
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
