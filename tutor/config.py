"""The configuration: the one place where settings live.

`config.floatX` is the dtype of constructors without a prefix. `THEANO_FLAGS` or `TUTOR_FLAGS` in
the environment (`floatX=float32,exception_verbosity=high`) sets the first values.

>>> config.floatX
'float64'
"""

from __future__ import annotations

import os
from typing import Any

CHOICES: dict[str, tuple[object, ...]] = {
    "floatX": ("float64", "float32"),
    "mode": ("FAST_RUN", "FAST_COMPILE"),
    "on_unused_input": ("raise", "warn", "ignore"),
    "exception_verbosity": ("low", "high"),
    "compute_test_value": ("off", "ignore", "warn", "raise"),
}


class Config:
    """Settings as attributes; a value that is not among the choices is a `ValueError`.

    >>> Config().floatX
    'float64'
    """

    floatX: str  # noqa: N815 - Theano's name
    mode: str
    on_unused_input: str
    exception_verbosity: str
    compute_test_value: str

    def __init__(self) -> None:
        for name, choices in CHOICES.items():
            object.__setattr__(self, name, choices[0])

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in CHOICES:
            raise AttributeError(f"config has no {name!r}; it has {', '.join(sorted(CHOICES))}")
        if value not in CHOICES[name]:
            choices = ", ".join(map(repr, CHOICES[name]))
            raise ValueError(f"config.{name} cannot be {value!r}; choose one of {choices}")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {getattr(self, name)!r}" for name in CHOICES)


config = Config()

for _flags in (os.environ.get("THEANO_FLAGS", ""), os.environ.get("TUTOR_FLAGS", "")):
    for _flag in filter(None, _flags.split(",")):
        _name, _, _value = _flag.partition("=")
        if (
            _name.strip() in CHOICES
        ):  # flags of other engines (device=, nvcc.fastmath=) mean nothing
            setattr(config, _name.strip(), _value.strip())
