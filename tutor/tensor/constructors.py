"""The constructors of variables: dtype prefix + shape name, and their plurals.

`T.dscalar` is the type itself, which makes a variable when called; without a prefix the dtype is
`config.floatX` unless given.

>>> tensor("float32", (False, True)).type
TensorType(float32, col)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tutor.core.errors import DTypeError
from tutor.core.graph import Variable
from tutor.core.op import tell
from tutor.core.types import SHAPES, TensorType, Type, checked_dtype
from tutor.misfits import describe
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


def plural(constructor: Callable[..., Any], word: str) -> Callable[..., list[Variable]]:
    """Several variables at once: by name, `dscalars("x", "y")`, or by number, `dscalars(2)`.

    As in Theano, the letters of one string are names too (`dscalars("xy")`), and one name makes
    one variable, not a list.
    """
    def make(*names: Any, **extra: Any) -> Any:
        single = False
        if len(names) == 1 and isinstance(names[0], int) and not isinstance(names[0], bool):
            names = (None,) * names[0]
        elif len(names) == 1 and isinstance(names[0], (str, list, tuple)):
            if isinstance(names[0], str) and re.search(r"[\s,]", names[0]):
                apart = '", "'.join(re.findall(r"[^\s,]+", names[0]) or "xy")
                raise DTypeError(f"{word} takes each name by itself, and got {names[0]!r}.",
                                 fix=f'Write {word}("{apart}").')
            names = tuple(names[0])
            single = len(names) == 1
        for name in names:
            if name is not None and not isinstance(name, str):
                raise DTypeError(f"{word} takes names, or one number, and got {name!r}.",
                                 fix=f'Write {word}("x", "y") or {word}(2).')
        made = [constructor(name, **extra) for name in names]
        return made[0] if single else made
    make.__name__ = word
    make.__doc__ = f"""Several variables at once: named, or so many.

Raises DTypeError for a name that is no string, and for two names in one string.

>>> import tutor.tensor as T
>>> T.{word}("x", "y"), len(T.{word}(3))
([x, y], 3)
"""
    return make


def clone(type_: TensorType, dtype: Any = None, broadcastable: Any = None) -> TensorType:
    """The type with another dtype or another broadcast pattern."""
    pattern = type_.broadcastable if broadcastable is None else broadcastable
    return TensorType(dtype or type_.dtype, pattern)


tell(TensorType, clone=clone)
tell(Type, make_variable=Type.__call__)
