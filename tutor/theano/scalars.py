"""`theano.scalar`'s classes of ops by name: `GammaLn`, `Add`, … are the elementwise ops here.

>>> Exp = given("Exp")
>>> exp = Exp(None, name="e")
>>> isinstance(exp, Exp), exp.name
(True, 'exp')
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from tutor.operators import FUNCTIONS
from tutor.ops.arithmetic import cast
from tutor.ops.elementwise import Elementwise
from tutor.theano.op_names import named
from tutor.theano.small import all_dtypes
from tutor.types import TensorType

CONVERT = "convert_to_"


@cache
def given(name: str) -> Any:
    """The class of a name in Theano's spelling; an `AttributeError` where no op here is meant.

    Making one takes what Theano's took, a rule for dtypes and a name, and gives the op.
    """
    if name.startswith(CONVERT):
        return partial(cast, dtype=name.removeprefix(CONVERT))
    if name in all_dtypes:
        return TensorType(name, ())
    known = {key.replace("_", ""): op for key, op in FUNCTIONS.items()}
    op = known.get(name.lower()) if name[:1].isupper() else None
    if not isinstance(op, Elementwise):
        raise AttributeError(name)
    same: Callable[[Any], bool] = lambda other: other is op  # noqa: E731
    return named(name, Elementwise, lambda *settings, **more: op, op.doc, same)


__getattr__ = given
