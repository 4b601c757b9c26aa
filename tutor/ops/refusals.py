"""Errors for what is asked of a symbol as if it were a number or a function.

Comes before the operators, which raise them; `said` is how a sentence speaks of the symbol.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from difflib import get_close_matches

from tutor.core.errors import DTypeError, Origin, caller

#: What is asked of a symbol as if it were an array.
OF_VALUES = ("numpy", "item", "tolist", "value", "values", "get_value", "set_value")
#: Functions that stand in `tutor.tensor.nnet`.
OF_NETWORKS = ("binary_crossentropy", "categorical_crossentropy", "elu", "hard_sigmoid",
               "logsoftmax", "relu", "sigmoid", "softmax", "softplus")  # fmt: skip
CHOICES = ("T.switch(condition, a, b) chooses when values arrive. For and, or, not write T.and_, "
           "T.or_, T.invert; for a < x < b write T.and_(a < x, x < b). Whether there is a symbol "
           "is asked by x is None.")  # fmt: skip


def no_truth(said: str) -> DTypeError:
    """Of `if x`, `not x`, `x and y`."""
    return DTypeError(f"{said} is neither true nor false yet: it is a symbol.",
                      where=(("asked at", caller()),), fix=CHOICES)


def no_number(said: str) -> DTypeError:
    """Of `float(x)`, `math.sin(x)`, `range(n)`."""
    return DTypeError(f"{said} is a symbol: it has no number yet.",
                      fix="What math and NumPy do with numbers, T does with symbols: T.sin(x). "
                      "For a number compile it, or give its inputs values: y.eval({x: 3.0}).")


def no_array(said: str) -> DTypeError:
    """Of `numpy.array(x, dtype=float)`."""
    return DTypeError(
        f"{said} is a symbol: NumPy cannot make an array of it.",
        fix="Use the function of the same name in tutor.tensor, or compile it first.")


def no_function(said: str, op: str, origin: Origin | None) -> DTypeError:
    """Of `y(3)`, and of `x.shape()`."""
    if op in ("shape", "size", "dimshuffle"):
        fix = "Write x.shape, x.size and x.T without parentheses."
    else:
        fix = ("Compile it first: f = function([x], y), then f(3.0); or give its inputs values: "
               "y.eval({x: 3.0}). A product is written with *.")
    return DTypeError(f"{said} is a symbol, not a function: it cannot be called.",
                      where=(("called at", caller()), ("made at", origin)), fix=fix)


def instead_of(name: str, functions: Container[str], attributes: Iterable[str]) -> str:
    """Say what to write in the place of an attribute that a symbol does not have."""
    if name in ("get_value", "set_value"):
        return ("Only a shared variable has a value of its own: c = shared(0.0). (After c += 1, c "
                "is the expression c + 1.) Others get theirs from y.eval({x: 3.0}) or function.")
    if name in OF_VALUES:
        return "It has no value yet: give its inputs values, y.eval({x: 3.0}), or compile it."
    if name in OF_NETWORKS:
        return f"There is a function of this name: T.nnet.{name}(x)."
    if name in ("grad", "gradient", "backward", "diff", "derivative"):
        also = " The differences of neighbours are T.diff(x)." if name == "diff" else ""
        return f"The derivative of a cost y with respect to x is T.grad(y, x).{also}"
    if name in functions:
        return f"There is a function of this name: T.{name}(x)."
    if name in ("length", "len", "lenght"):
        return "Its length is x.shape[0], the number of all elements x.size."
    near = get_close_matches(name, [n for n in attributes if n[0] != "_"], 1, 0.75)
    return f"Did you mean {near[0]}?" if near else "See dir(x) for what there is."
