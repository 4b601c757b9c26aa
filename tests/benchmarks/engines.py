"""The engines that are timed, under one face: Theano's interface, and JAX through `tutor`'s graph.

`available()` gives those that are installed. PyTensor keeps Theano's interface under other names.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple


class Engine(NamedTuple):
    """What the graphs of `cases.py` are written with."""

    name: str
    T: Any
    function: Callable[..., Any]
    shared: Callable[..., Any]
    grad: Callable[..., Any]
    softmax: Callable[[Any], Any]
    scan: Callable[..., Any]
    jacobian: Callable[..., Any]
    hessian: Callable[..., Any]


def tutor_engine(mode: str | None = None) -> Engine:
    import tutor
    import tutor.tensor as T

    def function(*args: Any, **kwargs: Any) -> Any:
        return tutor.function(*args, mode=mode, **kwargs)

    return Engine("tutor" if mode is None else f"tutor, {mode}", T, function, tutor.shared,
                  tutor.grad, T.nnet.softmax, lambda *args: tutor.scan(*args)[0], T.jacobian,
                  T.hessian)


def pytensor_engine() -> Engine:
    import pytensor
    import pytensor.tensor as pt

    return Engine("PyTensor", pt, pytensor.function, pytensor.shared, pytensor.grad,
                  lambda x: pt.special.softmax(x, axis=-1),
                  lambda *args: pytensor.scan(*args)[0], pytensor.gradient.jacobian,
                  pytensor.gradient.hessian)


def available(wanted: list[str]) -> list[Engine]:
    """The engines asked for; one that is not installed is said to be missing."""
    makers: dict[str, tuple[str, Callable[[], Engine]]] = {
        "tutor": ("tutor", tutor_engine),
        "jax": ("jax", lambda: tutor_engine("jax")),
        "pytensor": ("pytensor", pytensor_engine),
    }
    found = []
    for name in wanted:
        module, make = makers[name]
        if importlib.util.find_spec(module) is None:
            print(f"{module} is not installed here: no column for it")
        else:
            found.append(make())
    return found
