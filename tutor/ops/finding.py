"""Finding and choosing: where elements are not zero, what is unique, how often each number occurs.

Comes after sorting. How many are found is known only when values arrive.

>>> import tutor.tensor as T
>>> T.nonzero_values([3, 0, 5]).eval()
array([3, 5])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.checking import chosen, truth
from tutor.core.arrays import one_axis
from tutor.core.elementwise import and_, eq, ge, gt, lt, maximum, minimum, switch
from tutor.core.errors import DTypeError, ShapeError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted
from tutor.core.op import Row
from tutor.core.types import DISCRETE, TensorType, promote
from tutor.ops.advanced import getitem
from tutor.ops.checks import Assert
from tutor.ops.creation import arange
from tutor.ops.examples import each, example, like
from tutor.ops.indexing import take
from tutor.ops.logic import clip, logical_not
from tutor.ops.shape import flatten, lifted, one_size, open_at, shape_padright, unlike
from tutor.ops.sorting import Selection, searchsorted
from tutor.ops.stacks import stack
from tutor.ops.sums import all, max, min
from tutor.ops.sums import any as any_of

__all__ = [
    "bincount", "choose", "compress", "flatnonzero", "interp", "isin", "largest", "nonzero",
    "nonzero_values", "select", "smallest", "unique",
]  # fmt: skip


class NonZero(Selection):
    """The positions of the elements that are not 0, dimension by dimension."""

    name = "nonzero"

    def types(self, x: Variable) -> list[TensorType]:
        return [TensorType("int64", (False,))] * x.ndim

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"nonzero({names[0]})" + "[0]" * (len(node.outputs) == 1)


def _unique_of(x: Any, wanted: tuple[bool, bool, bool], axis: int | None) -> Any:
    """numpy.unique, with flat positions in every version of NumPy."""
    index, inverse, counts = wanted
    found: Any = np.unique(x, index, inverse, counts, axis)  # type: ignore[call-overload]
    if not any(wanted):
        return found
    return (found[0], *[part.reshape(-1) for part in found[1:]])


class Unique(Selection):
    """The different elements of a tensor, in order; where they stood, which each was, how many."""

    return_index: bool = False
    return_inverse: bool = False
    return_counts: bool = False
    axis: int | None = None
    zero_sign, calls = "kept", (_unique_of,)
    name = "unique"
    numpy = "unique_of({0}, ({return_index}, {return_inverse}, {return_counts}), {axis})"

    def types(self, x: Variable) -> list[TensorType]:
        pattern = (False,) if self.axis is None else open_at(x, self.axis)
        extra = self.return_index + self.return_inverse + self.return_counts
        return [TensorType(x.dtype, pattern), *[TensorType("int64", (False,))] * extra]


class BinCount(Row):
    """How often each number from 0 up stands in a vector; with weights, the sums of these."""

    moves = takes_numbers = True
    name = "bincount"

    def types(self, x: Variable, least: Variable, *weights: Variable) -> TensorType:
        return TensorType("float64" if weights else "int64", (False,))

    def source(self, node: Apply, names: Sequence[str]) -> str:
        x, least, *weights = names
        return f"bincount({', '.join([x, *weights])}, minlength={least})"

    def vjp(self, x: Variable, least: Variable, *more: Variable) -> list[Any]:
        return [None, None, *[getitem(more[-1], x)] * (len(more) > 2)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [False], [True]][:len(node.inputs)]


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """The positions of the elements that are not 0: a tuple of a vector for each dimension.

    With `return_matrix` the vectors are the rows of a matrix. Raises ShapeError for a scalar, which
    has no positions.

    >>> rows, columns = nonzero([[0, 7], [8, 0]])
    >>> columns.eval()
    array([1, 0])
    """
    x = as_tensor_variable(a)
    if x.ndim == 0:
        raise ShapeError(f"{quoted(x)} is a scalar: it has no positions.",
                         fix="Compare it: T.neq(x, 0).")
    found = NonZero()(x, return_list=True)
    return stack(found) if truth(return_matrix, "return_matrix") else tuple(found)


def flatnonzero(a: Any) -> Variable:
    """The positions, in the flattened a, of the elements that are not 0.

    >>> flatnonzero([[0, 7], [8, 0]]).eval()
    array([1, 2])
    """
    return nonzero(flatten(a))[0]


def nonzero_values(a: Any) -> Variable:
    """The elements that are not 0, as a vector.

    >>> nonzero_values([[0, 7], [8, 0]]).eval()
    array([7, 8])
    """
    x = as_tensor_variable(a)
    return take(flatten(x), flatnonzero(x))


def unique(ar: Any, return_index: bool = False, return_inverse: bool = False,
           return_counts: bool = False, axis: int | None = None) -> Any:
    """The different elements, in order; a list with the positions asked for behind them. Raises
    BadAxisError for an axis that `ar` does not have.

    >>> unique([2, 1, 2]).eval()
    array([1, 2])
    """
    x = as_tensor_variable(ar)
    place = None if axis is None else one_axis(axis, x.ndim, "unique")
    return Unique(return_index, return_inverse, return_counts, place)(x)


def bincount(x: Any, weights: Any = None, minlength: Any = None,
             assert_nonneg: bool = False) -> Variable:
    """How often each number from 0 up stands in a vector; with weights, their sums. Raises
    DTypeError for what is no vector of integers, and BadValueError, when it runs, for a negative
    number.

    >>> bincount([0, 2, 2]).eval()
    array([1, 0, 2])
    """
    x = as_tensor_variable(x)
    if x.ndim != 1 or x.dtype not in DISCRETE or x.dtype == "bool":
        raise unlike("bincount counts the integers of a vector", x,
                     "T.cast(x.flatten(), 'int64')", DTypeError)
    extra = [] if weights is None else [as_tensor_variable(weights)]
    least = as_tensor_variable(0 if minlength is None else one_size(minlength))
    return BinCount()(x, least, *extra)


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Variable:
    """For each element of a, that element of the choice with its number.

    `choices` is a list, or a tensor whose first dimension holds the choices. `mode` says what
    becomes of other numbers: "raise", "wrap" (round and round) or "clip".

    >>> choose([1, 0], [[1, 2], [10, 20]]).eval()
    array([10,  2])
    """
    a = as_tensor_variable(a)
    chosen(mode, ("raise", "wrap", "clip"), "mode")
    parts: Any = choices if isinstance(choices, Variable) and choices.ndim else None
    if isinstance(choices, (list, tuple)) and choices:
        parts = [as_tensor_variable(part) for part in choices]
    if parts is None or a.dtype not in DISCRETE:
        raise DTypeError("choose takes integers and a list of tensors to choose from.",
                         fix="Write choose(a, [b, c]).")
    n = len(parts) if isinstance(parts, list) else parts.shape[0]
    if mode == "raise":
        a = Assert("choose: a number that is none of a choice")(a, all(and_(ge(a, 0), lt(a, n))))
    number = a % n if mode == "wrap" else maximum(minimum(a, n - 1), 0)
    return _of_list(number, parts) if isinstance(parts, list) else _of_tensor(number, parts)


def _of_list(number: Variable, parts: list[Variable]) -> Variable:
    dtype = promote(*[part.dtype for part in parts])
    result = parts[-1].astype(dtype)
    for i in range(len(parts) - 2, -1, -1):
        result = switch(eq(number, i), parts[i].astype(dtype), result)
    return result


def _of_tensor(number: Variable, choices: Variable) -> Variable:
    """Each element at its number and its own place; where a choice has one, at that."""
    rest = choices.ndim - 1
    places = [0 if choices.broadcastable[i] else shape_padright(arange(choices.shape[i]), rest - i)
              for i in range(1, rest + 1)]
    return getitem(choices, (lifted(number, rest), *places))


def compress(condition: Any, x: Any, axis: int | None = None) -> Variable:
    """The slices of x along an axis (of the flattened x, if None) where the condition holds. Raises
    BadAxisError for an axis that x does not have.

    >>> compress([True, False, True], [5, 6, 7]).eval()
    array([5, 7])
    """
    return take(x, flatnonzero(condition), axis)


def isin(element: Any, test_elements: Any, invert: bool = False) -> Variable:
    """Whether each element is one of others; with `invert`, whether it is none of them.

    >>> isin([1, 2, 3], [3, 1]).eval()
    array([ True, False,  True])
    """
    x, others = as_tensor_variable(element), flatten(as_tensor_variable(test_elements))
    found = any_of(eq(shape_padright(x), others), axis=x.ndim)
    return logical_not(found) if truth(invert, "invert") else found


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Variable:
    """For each element that of the first choice whose condition holds; `default` where none does.
    Raises DTypeError where there are not as many conditions as choices.

    >>> select([[True, False], [True, True]], [[1, 2], [10, 20]]).eval()
    array([ 1, 20])
    """
    fix = "Write select([x < 0, x > 1], [a, b])."
    if not (isinstance(condlist, (list, tuple)) and isinstance(choicelist, (list, tuple))):
        raise DTypeError("select takes a list of conditions and one of choices.", fix=fix)
    if len(condlist) != len(choicelist) or not condlist:
        raise DTypeError(f"select got {len(condlist)} conditions and {len(choicelist)} choices.",
                         fix=fix)
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = switch(condition, choice, found)
    return found


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Variable:
    """Values at x of the straight lines between the points (xp, fp), vectors of which xp rises;
    outside of them `left` and `right`, or the first and the last of fp.

    >>> interp(1.5, [0.0, 1.0, 2.0], [0.0, 10.0, 30.0]).eval()
    array(20.)
    """
    x, xp, fp = map(as_tensor_variable, (x, xp, fp))
    i = clip(searchsorted(xp, x, "right"), 1, xp.shape[0] - 1)
    share = (x - xp[i - 1]) / (xp[i] - xp[i - 1])
    inside = switch(eq(x, xp[-1]), fp[-1], fp[i - 1] + share * (fp[i] - fp[i - 1]))
    above = switch(gt(x, xp[-1]), fp[-1] if right is None else right, inside)
    return switch(lt(x, xp[0]), fp[0] if left is None else left, above)


def _extreme(choice: Any, over: Any, name: str, args: Sequence[Any]) -> Variable:
    if not args:
        raise DTypeError(f"{name} takes at least one tensor.", fix=f"Write {name}(a, b).")
    if len(args) == 2:
        return choice(*args)
    return over(stack(list(args)), axis=0)


def largest(*args: Any) -> Variable:
    """The largest of several tensors, element by element. Raises DTypeError without an argument.

    >>> largest([1, 5], [3, 2], [0, 9]).eval()
    array([3, 9])
    """
    return _extreme(maximum, max, "largest", args)


def smallest(*args: Any) -> Variable:
    """The smallest of several tensors, element by element. Raises DTypeError without an argument.

    >>> smallest([1, 5], [3, 2], [0, 9]).eval()
    array([0, 2])
    """
    return _extreme(minimum, min, "smallest", args)


_HOLES = [[0, 1, 2], [3, 0, 0]]
like(nonzero, _HOLES, part=1, differentiable=False)
like(nonzero, lambda x, return_matrix: np.stack(np.nonzero(x)), _HOLES, return_matrix=True,
     differentiable=False)
like(flatnonzero, _HOLES, differentiable=False)
like(nonzero_values, lambda x: x[np.nonzero(x)], (2, 3))
like(unique, [3, 1, 3], differentiable=False)
like(unique, [3, 1, 3], then=(True, True, True), part=each(1, 2, 3), differentiable=False)
like(bincount, [0, 2, 2], minlength=5, differentiable=False, kinds="iu")
example("bincount", lambda w: bincount([0, 2, 2], w), lambda w: np.bincount([0, 2, 2], w), (3,),
        kinds="f")
example("choose", lambda x, y: choose([[1, 0], [0, 1]], [x, y]),
        lambda x, y: np.choose([[1, 0], [0, 1]], [x, y]), (2, 2), (2,))
example("compress", lambda x: compress([True, False, True], x, 1),
        lambda x: np.compress([True, False, True], x, 1), (2, 3))
like(largest, lambda x, y, z: np.maximum(np.maximum(x, y), z), (3,), (3,), (3,), kinds="biuf")
like(smallest, np.minimum, (3,), (3,), kinds="biuf")
like(isin, [[1, 2], [3, 4]], [4, 1], invert=each(False, True), differentiable=False)
example("select", lambda x, y: select([x > 0, y > 0], [x, y * 2], x - y), lambda x, y: np.select(
    [x > 0, y > 0], [x, y * 2], x - y), (2, 3), (2, 3), kinds="if")
like(interp, [0.5, 1.7, -1.0, 4.0], [0.0, 1.0, 3.0], (3,), left=each(None, 7.0), right=None,
     kinds="f")
