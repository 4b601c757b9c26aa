"""The names that NumPy had when programs for Theano were written, for such a program alone.

`NAMES` says what each meant. They are served by NumPy's own hook for names it lacks, so a name that
the installed NumPy has is NumPy's; the first use of each is said on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy

#: name: what it meant, and how it is written today.
NAMES: dict[str, tuple[Any, str]] = {
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

_said: set[str] = set()
_numpys_own: list[Callable[[str], Any]] = []


def _serve(name: str) -> Any:
    """A name of `NAMES`, said once on stderr; any other is NumPy's to answer."""
    if name not in NAMES or NAMES[name][0] is None:
        return _numpys_own[0](name)
    value, today = NAMES[name]
    frame = sys._getframe(1)
    while frame.f_back is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    if name not in _said:
        _said.add(name)
        print(
            f"tutor: numpy.{name} is gone from NumPy; served to this program (line "
            f"{frame.f_lineno} of {frame.f_code.co_filename}). Today it is {today}.",
            file=sys.stderr,
        )
    return value


def serve() -> None:
    """Let NumPy answer for the names of `NAMES` from here on."""
    if not _numpys_own:
        _numpys_own.append(numpy.__getattr__)
        vars(numpy)["__getattr__"] = _serve


def withdraw() -> None:
    """Undo `serve`."""
    if _numpys_own:
        vars(numpy)["__getattr__"] = _numpys_own.pop()
    _said.clear()
