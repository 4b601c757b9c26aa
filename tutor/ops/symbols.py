"""Operators of symbols, and errors for what a symbol is not: an array, a number, to be changed.

Comes before `variables.py`.

>>> import tutor.tensor as T
>>> T.dscalar("x").clone().name
'x'
"""

from __future__ import annotations

from typing import Any, Self

from tutor.core.arrays import transpose
from tutor.core.elementwise import conj, fill, tensor_copy
from tutor.core.errors import DTypeError, TutorError, caller
from tutor.core.graph import Variable, attribute, quoted
from tutor.core.variables import Operators
from tutor.misfits import describe


class Symbol(Operators):
    """The operators of the core; and errors for what a symbol cannot."""

    #: What follows from how a variable was made.
    _FIXED = frozenset(("dtype", "ndim", "broadcastable", "T", "shape", "size", "real", "imag"))

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a name is text, or None, and what follows from the type stays."""
        if name in self._FIXED:
            raise self._cannot_set(name, value)
        if name == "name" and value is not None and not isinstance(value, str):
            raise DTypeError(f"a name is a string, not {describe(value)}.",
                             fix='Write the name in quotes: T.dscalar("x"), x.name = "x".')
        attribute(self, name, value)

    def _cannot_set(self: Any, name: str, value: Any) -> TutorError:
        """The error for an attribute that is set and stays."""
        return DTypeError(
            f"what {quoted(self)} is follows from how it was made: it cannot be set to "
            f"{quoted(value)}.", where=(("written at", caller()), ("made at", self.origin)),
            fix="T.cast(x, 'float32') is x with another dtype, x.reshape((2, 3)) with another "
            "shape.")

    def __setitem__(self, index: Any, value: Any = None) -> None:
        raise DTypeError(
            f"{quoted(self)} is a symbol: its elements cannot be assigned.",
            fix="T.set_subtensor(x[i], value) is the expression of x with that element replaced.")

    def __len__(self) -> int:
        raise DTypeError(f"{quoted(self)} is a symbol: its length is known when values arrive.",
                         fix="x.shape[0] is the symbol of its length.")

    def copy(self, name: str | None = None) -> Variable:
        """A copy of this variable, which may have a name of its own."""
        copied = tensor_copy(self)
        copied.name = name
        return copied

    def transpose(self, *axes: int) -> Variable:
        """The dimensions turned around, or in the order of `axes`."""
        return transpose(self, *axes)

    def conj(self) -> Variable:
        """The complex conjugate; of a real variable itself."""
        return conj(self)

    def fill(self, value: Any) -> Variable:
        """The value, stretched to the shape of this."""
        return fill(self, value)

    def __pos__(self) -> Self:
        return self

    def clone(self: Any, name: str | None = None) -> Variable:
        """A new variable of the same type, without an owner; notes in its tag stay."""
        twin: Any = Variable(self.type, name=name or self.name)
        return twin.noted_as(self)
