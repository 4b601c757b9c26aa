"""The names that NumPy and Python had when programs for Theano were written, for such a program.

`NAMES` says what each meant. They are served by the hook that Python asks for names a module lacks,
so a name that is there is the module's own; the first use of each is said on stderr.
"""

from __future__ import annotations

import collections.abc
import inspect
import math
import sys
import time
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import FrameType
from typing import Any

import numpy

from tutor.errors import PACKAGE

Spec = collections.namedtuple("Spec", "args varargs keywords defaults")


def getargspec(function: Any) -> Spec:
    """What `inspect.getargspec` gave: the arguments of a function, without their annotations."""
    return Spec(*inspect.getfullargspec(function)[:4])



class NoseTester:
    """What ran a package's own tests by nose, which is gone: it says so when it is asked to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.test = self.bench = lambda *args, **kwargs: print("Its tests are run by pytest today.")


#: Names of NumPy: what each meant, and how it is written today.
NUMPY: dict[str, tuple[Any, str]] = {
    "bool": (bool, "bool"),
    "int": (int, "int"),
    "float": (float, "float"),
    "complex": (complex, "complex"),
    "object": (object, "object"),
    "str": (str, "str"),
    "long": (int, "int"),
    "unicode": (str, "str"),
    "bool8": (numpy.bool_, "numpy.bool_"),
    "float_": (numpy.float64, "numpy.float64"),
    "complex_": (numpy.complex128, "numpy.complex128"),
    "singlecomplex": (numpy.complex64, "numpy.complex64"),
    "cfloat": (numpy.complex128, "numpy.complex128"),
    "longfloat": (numpy.longdouble, "numpy.longdouble"),
    "object0": (numpy.object_, "numpy.object_"),
    "string_": (numpy.bytes_, "numpy.bytes_"),
    "unicode_": (numpy.str_, "numpy.str_"),
    "Inf": (numpy.inf, "numpy.inf"),
    "Infinity": (numpy.inf, "numpy.inf"),
    "infty": (numpy.inf, "numpy.inf"),
    "PINF": (numpy.inf, "numpy.inf"),
    "NINF": (-numpy.inf, "-numpy.inf"),
    "PZERO": (0.0, "0.0"),
    "NZERO": (-0.0, "-0.0"),
    "NaN": (numpy.nan, "numpy.nan"),
    "NAN": (numpy.nan, "numpy.nan"),
    "product": (numpy.prod, "numpy.prod"),
    "cumproduct": (numpy.cumprod, "numpy.cumprod"),
    "alltrue": (numpy.all, "numpy.all"),
    "sometrue": (numpy.any, "numpy.any"),
    "round_": (numpy.round, "numpy.round"),
    "row_stack": (numpy.vstack, "numpy.vstack"),
    "in1d": (numpy.isin, "numpy.isin"),
    "trapz": (getattr(numpy, "trapezoid", None), "numpy.trapezoid"),
    "rank": (numpy.ndim, "numpy.ndim"),
    "alen": (len, "len"),
    "asscalar": (lambda a: numpy.asarray(a).item(), "a.item()"),
    "asfarray": (
        lambda a, dtype=numpy.float64: numpy.asarray(a, dtype), "numpy.asarray(a, float)"),
    "msort": (lambda a: numpy.sort(a, axis=0), "numpy.sort(a, axis=0)"),
    "typeDict": (numpy.sctypeDict, "numpy.sctypeDict"),
    "sctypes": (
        {
            "int": [numpy.int8, numpy.int16, numpy.int32, numpy.int64],
            "uint": [numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64],
            "float": [numpy.float16, numpy.float32, numpy.float64, numpy.longdouble],
            "complex": [numpy.complex64, numpy.complex128, numpy.clongdouble],
            "others": [bool, object, bytes, str, numpy.void],
        },
        "a list of your own",
    ),
    "cast": (
        {name: (lambda a, kind=kind: numpy.asarray(a, kind))
         for name, kind in numpy.sctypeDict.items()},
        "numpy.asarray(a, dtype)"),
    "issubsctype": (numpy.issubdtype, "numpy.issubdtype"),
    "find_common_type": (
        lambda arrays, scalars: numpy.result_type(*arrays, *scalars), "numpy.result_type"),
    "mat": (numpy.asmatrix, "numpy.asmatrix"),
}  # fmt: skip


#: The same for modules of Python.
NAMES: dict[str, dict[str, tuple[Any, str]]] = {
    "numpy": NUMPY,
    "numpy.testing": {"Tester": (NoseTester, "pytest")},
    "time": {"clock": (time.perf_counter, "time.perf_counter")},
    "inspect": {"getargspec": (getargspec, "inspect.getfullargspec")},
    "fractions": {"gcd": (math.gcd, "math.gcd")},
    "collections": {
        name: (getattr(collections.abc, name), f"collections.abc.{name}")
        for name in collections.abc.__all__
    },
}

_said: set[str] = set()
_before: dict[str, Any] = {}
_arrays: dict[str, Callable[..., Any]] = {}


def _hook(module: str, before: Callable[[str], Any] | None) -> Callable[[str], Any]:
    """What answers for the names that `module` lacks, after which `before` is asked."""

    def answer(name: str) -> Any:
        value, today = NAMES[module].get(name, (None, ""))
        if value is None and before is not None:
            return before(name)
        if value is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _say(f"{module}.{name}", today, sys._getframe(1))
        return value

    return answer


def _say(name: str, today: str, frame: FrameType) -> None:
    """Say once that a name is gone, where it is used, and how it is written today."""
    while frame.f_back is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    if name not in _said:
        _said.add(name)
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
            _say(name, f"numpy.{make.__name__}(rows, dtype=object)", frame)
            return make(value, *args, **kwargs | {"dtype": object})

    return array


def serve() -> None:
    """Serve the names of `NAMES` from here on."""
    for name in ("array", "asarray"):
        if name not in _arrays:
            _arrays[name] = getattr(numpy, name)
            setattr(numpy, name, _of_rows(_arrays[name]))
    for module in NAMES:
        if module not in _before:
            names = vars(import_module(module))
            _before[module] = names.get("__getattr__")
            names["__getattr__"] = _hook(module, _before[module])


def withdraw() -> None:
    """Undo `serve`."""
    for module, before in _before.items():
        names = vars(import_module(module))
        del names["__getattr__"]
        if before is not None:
            names["__getattr__"] = before
    for name, make in _arrays.items():
        setattr(numpy, name, make)
    _arrays.clear()
    _before.clear()
    _said.clear()
