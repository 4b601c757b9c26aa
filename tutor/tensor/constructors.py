"""The constructors of variables: dtype prefix + shape name, and their plurals.

`T.dscalar` is the type itself, which makes a variable when called; without a prefix the dtype is
`config.floatX` unless given.

>>> tensor("float32", (False, True)).type
TensorType(float32, col)
"""

from __future__ import annotations

from typing import Any

from tutor.core.errors import DTypeError, describe
from tutor.core.graph import Variable
from tutor.core.types import SHAPES, TensorType, checked_dtype
from tutor.signatures import answering

PLURALS = {"matrix": "matrices"}


class FloatX:
    """A constructor without a prefix: `matrix("m")`, `matrix("m", dtype="int32")`."""

    def __init__(self, shape_name: str) -> None:
        self.shape_name = self.__name__ = shape_name
        made = TensorType("int32", SHAPES[shape_name])
        self.__doc__ = MAKES_ONE.format(word=shape_name, made=made)

    @answering
    def __call__(self, name: str | None = None, dtype: Any = None) -> Variable:
        if name is not None and not isinstance(name, str):
            raise DTypeError(f"a name is a string, not {describe(name)}.",
                             fix=f'Write T.{self.shape_name}("x"): a size is known when values '
                             "arrive.")
        if isinstance(dtype, str) and len(dtype) == 1:  # to NumPy a dtype, here another name
            several = PLURALS.get(self.shape_name, f"{self.shape_name}s")
            raise DTypeError(f"{self.shape_name} makes one variable, and {dtype!r} is no dtype.",
                             fix=f'The plural makes several: T.{several}("x", "y").')
        return TensorType(checked_dtype(dtype), SHAPES[self.shape_name])(name)

    def __repr__(self) -> str:
        return f"<constructor {self.shape_name}>"


MAKES_ONE = """A {word} of `config.floatX`, or of the dtype given.

Raises DTypeError for a name that is no string, and for what is no dtype of tensors.

>>> import tutor.tensor as T
>>> T.{word}("x", dtype="int32").type
{made}
"""
@answering
def tensor(dtype: Any = None, broadcastable: Any = (), name: str | None = None) -> Variable:
    """A variable of any dtype and broadcast pattern.

    Raises DTypeError for what is no dtype.

    >>> tensor("float32", (False, True)).type
    TensorType(float32, col)
    """
    return TensorType(checked_dtype(dtype), broadcastable)(name)
