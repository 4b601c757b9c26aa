"""`theano.tensor.inplace`: `exp_inplace` and its kin, which are `exp` and its kin here.

Whether a value may be overwritten is for the compiler to decide, and it does.

>>> import tutor.tensor as T
>>> __getattr__("exp_inplace") is T.exp
True
"""

from typing import Any

from tutor.core.arrays import transpose
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import NotHereError
from tutor.core.op import FUNCTIONS

NAMES = {f"{name.rstrip('_')}_inplace": name for name in FUNCTIONS if name in ELEMENTWISE
         or getattr(FUNCTIONS[name], "name", None) in ELEMENTWISE}
NAMES |= {f"{name}_inplace": name for name in ("abs_", "and_", "or_")}
__all__ = sorted([*NAMES, "transpose_inplace", "pprint"])


def __getattr__(name: str) -> Any:
    if name == "transpose_inplace":
        return transpose
    if name not in NAMES:
        raise NotHereError(f"theano.tensor.inplace has no {name!r} here.",
                           fix="Use the function without _inplace.")
    return FUNCTIONS[NAMES[name]]
