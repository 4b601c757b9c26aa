"""The names that NumPy and Python had when programs for Theano were written, for such a program.

`NAMES` says what each meant. They are served by the hook that Python asks for names a module lacks,
so a name that is there is the module's own; the first use of each is said on stderr.
"""

from __future__ import annotations

import builtins
import collections.abc
import inspect
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from importlib import import_module
from types import FrameType
from typing import Any

import numpy

from tutor.core.errors import PACKAGE
from tutor.theano.places import TABLES

Spec = collections.namedtuple("Spec", "args varargs keywords defaults")


def getargspec(function: Any) -> Spec:
    """`inspect.getargspec`: the arguments of a function, without their annotations."""
    return Spec(*inspect.getfullargspec(function)[:4])


class NoseTester:
    """`numpy.testing.Tester`, which ran tests by nose: it says that this is gone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.test = self.bench = lambda *args, **kwargs: print("Its tests are run by pytest today.")


def _named(name: str) -> Any:
    """The value of a name of Python's or NumPy's; None where this NumPy has only the old name."""
    module, _, attribute = name.rpartition(".")
    return getattr(numpy if module else builtins, attribute, None)


#: Other names of NumPy: what each meant, and what is written in its place today.
NUMPY: dict[str, tuple[Any, str]] = {
    "NINF": (-numpy.inf, "-numpy.inf"),
    "PZERO": (0.0, "0.0"),
    "NZERO": (-0.0, "-0.0"),
    "asscalar": (lambda a: numpy.asarray(a).item(), "a.item()"),
    "asfarray": (
        lambda a, dtype=numpy.float64: numpy.asarray(a, dtype), "numpy.asarray(a, float)"),
    "msort": (lambda a: numpy.sort(a, axis=0), "numpy.sort(a, axis=0)"),
    "sctypes": ({
        "int": [numpy.int8, numpy.int16, numpy.int32, numpy.int64],
        "uint": [numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64],
        "float": [numpy.float16, numpy.float32, numpy.float64, numpy.longdouble],
        "complex": [numpy.complex64, numpy.complex128, numpy.clongdouble],
        "others": [bool, object, bytes, str, numpy.void],
    }, "a list of your own"),
    "cast": (
        {name: partial(numpy.asarray, dtype=kind) for name, kind in numpy.sctypeDict.items()},
        "numpy.asarray(a, dtype)"),
    "find_common_type": (
        lambda arrays, scalars: numpy.result_type(*arrays, *scalars), "numpy.result_type"),
}

#: The same for modules of Python.
NAMES: dict[str, dict[str, tuple[Any, str]]] = {
    "numpy": NUMPY | {old: (_named(today), today) for old, today in TABLES["numpy"].items()},
    "numpy.testing": {"Tester": (NoseTester, "pytest")},
    "time": {"clock": (time.perf_counter, "time.perf_counter")},
    "inspect": {"getargspec": (getargspec, "inspect.getfullargspec")},
    "fractions": {"gcd": (math.gcd, "math.gcd")},
    "collections": {
        name: (getattr(collections.abc, name), f"collections.abc.{name}")
        for name in collections.abc.__all__
    },
}

_reported: set[str] = set()


def _hook(module: str, before: Callable[[str], Any] | None) -> Callable[[str], Any]:
    """The `__getattr__` of a module: its names in `NAMES`, then those that `before` knows."""

    def answer(name: str) -> Any:
        value, today = NAMES[module].get(name, (None, ""))
        if value is not None:
            _report(f"{module}.{name}", today, sys._getframe(1))
            return value
        if before is not None:
            return before(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return answer


def _report(name: str, today: str, frame: FrameType) -> None:
    """Say once that a name is gone, where it is used, and how it is written today."""
    while frame.f_back is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    if name not in _reported:
        _reported.add(name)
        place = f"line {frame.f_lineno} of {frame.f_code.co_filename}"
        print(f"tutor: {name} is gone, and served to {place}; today {today}.", file=sys.stderr)


def _of_rows(make: Callable[..., Any]) -> Callable[..., Any]:
    """`numpy.array`, with rows of unequal lengths an array of lists, as they were."""

    @wraps(make)
    def array(value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return make(value, *args, **kwargs)
        except ValueError as error:
            frame = sys._getframe(1)
            asked = bool(args) or kwargs.get("dtype") is not None
            inside = frame.f_code.co_filename.startswith(PACKAGE)
            if asked or inside or "inhomogeneous" not in str(error):
                raise
            name = f"numpy.{make.__name__} of rows of unequal lengths"
            _report(name, f"numpy.{make.__name__}(rows, dtype=object)", frame)
            return make(value, *args, **kwargs | {"dtype": object})

    return array


@contextmanager
def served() -> Iterator[None]:
    """Serve the names of `NAMES` inside a `with` block."""
    arrays = {name: getattr(numpy, name) for name in ("array", "asarray")}
    before = {module: vars(import_module(module)).get("__getattr__") for module in NAMES}
    for name, make in arrays.items():
        setattr(numpy, name, _of_rows(make))
    for module, answer in before.items():
        vars(import_module(module))["__getattr__"] = _hook(module, answer)
    try:
        yield
    finally:
        for name, make in arrays.items():
            setattr(numpy, name, make)
        for module, answer in before.items():
            names = vars(import_module(module))
            names["__getattr__"] = answer
            if answer is None:
                del names["__getattr__"]
        _reported.clear()
