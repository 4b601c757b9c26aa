"""Products along named dimensions: `einsum`, and of its kin `kron` and `cross`.

Comes after the products of matrices. Letters name dimensions: those that the result lacks are
summed over. The derivative of a contraction is a contraction, of the cotangent with the others.

>>> einsum("ij,j->i", [[1, 2], [3, 4]], [10, 1]).eval()
array([12, 34])
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from tutor.core.arrays import dimshuffle, one_axis, shape
from tutor.core.elementwise import broadcast_pattern, conj, eq, mul, switch
from tutor.core.errors import BadValueError, DTypeError, ShapeError, ShapesDifferError
from tutor.core.graph import Apply, Variable, as_tensor_variable, quoted
from tutor.core.op import Row, rebroadcast
from tutor.core.types import DISCRETE, TensorType, promote
from tutor.notation import Notation
from tutor.ops.creation import alloc, arange
from tutor.ops.examples import each, example, like
from tutor.ops.fitting import of_sizes
from tutor.ops.shape import addbroadcast, lifted, reshape

__all__ = ["cross", "einsum", "kron"]


def contracted(subscripts: str, *operands: Any) -> Any:
    """numpy.einsum, as a new array, of operands in which each letter has one size."""
    sizes: dict[str, int] = {}
    for letters, x in zip(subscripts.partition("->")[0].split(","), operands, strict=True):
        for letter, n in zip(letters, np.shape(x), strict=True):
            if sizes.setdefault(letter, n) != n:
                raise ShapesDifferError(f"the index {letter} has the sizes {sizes[letter]} and {n}")
    if len(operands) == 1:
        return np.array(np.einsum(subscripts, *operands))
    return np.einsum(subscripts, *operands, optimize=True)


class Einsum(Row):
    """A product along named dimensions, summed over those the result lacks."""

    letters: tuple[str, ...]
    result: str
    name, calls = "einsum", (contracted,)

    @property
    def subscripts(self) -> str:
        """The letters as NumPy takes them."""
        return f"{','.join(self.letters)}->{self.result}"

    def types(self, *tensors: Variable) -> TensorType:
        ones = dict.fromkeys(self.result, True)
        for letters, v in zip(self.letters, tensors, strict=True):
            for letter, one in zip(letters, v.broadcastable, strict=True):
                ones[letter] = ones.get(letter, True) and one
        return TensorType(promote(*[v.dtype for v in tensors]),
                          [ones[letter] for letter in self.result])

    def source(self, node: Apply, names: Sequence[str]) -> str:
        return f"contracted({self.subscripts!r}, {', '.join(names)})"

    def vjp(self, *variables: Variable) -> list[Any]:
        *inputs, _, g = variables
        return [None if v.dtype in DISCRETE else self._cotangent(i, inputs, g)
                for i, v in enumerate(inputs)]

    def _cotangent(self, i: int, inputs: list[Variable], g: Variable) -> Variable | None:
        """The contraction of the cotangent with the other operands; along a dimension that is in
        none of these all elements count alike, and of a letter that stands twice the diagonal."""
        x, letters = inputs[i], self.letters[i]
        others = [v for j, v in enumerate(inputs) if j != i]
        theirs = [n for j, n in enumerate(self.letters) if j != i]
        known = "".join(n for n in dict.fromkeys(letters) if n in self.result + "".join(theirs))
        part = contraction([self.result, *theirs], known, [g, *map(conj, others)])
        firsts = [letters.index(letter) for letter in letters]
        part = dimshuffle(part, [known.index(letter) if first == k and letter in known else "x"
                                 for k, (letter, first) in enumerate(zip(letters, firsts,
                                                                         strict=True))])
        sizes = [shape(x)[k] for k in range(x.ndim)]
        for k, first in enumerate(firsts):
            if first != k:
                rows, columns = (dimshuffle(arange(sizes[at]), _only(at, x.ndim))
                                 for at in (first, k))
                part = switch(eq(rows, columns), part, 0)
        return alloc(part, sizes) if part.type is not x.type else part

    def notation(self, node: Apply) -> Notation:
        arguments = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        summed = "".join(sorted({*"".join(self.letters)} - {*self.result}))
        terms = r" \, ".join(f"{{{i}}}" + (rf"_{{{{{n}}}}}" if n else "")
                             for i, n in enumerate(self.letters))
        sign = rf"\sum_{{{{{summed}}}}} " if summed else ""
        index = rf"_{{{{{self.result}}}}}" if self.result else ""
        return Notation(f"einsum({self.subscripts!r}, {arguments})",
                        rf"\left[{sign}{terms}\right]{index}", 10, (10,) * len(node.inputs))


def _only(place: int, ndim: int) -> list[Any]:
    """The order that makes a vector the dimension `place` of several."""
    return [0 if k == place else "x" for k in range(ndim)]


def contraction(operands: Sequence[str], result: str, tensors: Sequence[Variable]) -> Variable:
    """The einsum of these letters. A dimension known to have size 1 stretches: it is left out of an
    operand where another one has the letter."""
    free: dict[str, bool] = {}
    for letters, v in zip(operands, tensors, strict=True):
        for letter, one in zip(letters, v.broadcastable, strict=True):
            free[letter] = free.get(letter, False) or not one
    taken, kept = [], []
    for letters, v in zip(operands, tensors, strict=True):
        stay = [k for k, one in enumerate(v.broadcastable) if not (one and free[letters[k]])]
        taken.append(dimshuffle(v, stay) if len(stay) < v.ndim else v)
        kept.append("".join(letters[k] for k in stay))
    return Einsum(tuple(kept), result)(*taken)


def _refused(what: str, fix: str) -> BadValueError:
    return BadValueError(what, fix=fix)


def _letters(subscripts: Any, tensors: Sequence[Variable]) -> tuple[list[str], str]:
    """The letters of the operands and of the result, those that "..." stands for among them."""
    if not isinstance(subscripts, str):
        raise DTypeError(f"einsum takes its subscripts first, as a string, and got "
                         f"{quoted(subscripts)}.", fix='Write einsum("ij,jk->ik", a, b).')
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    operands = left.split(",")
    if len(operands) != len(tensors):
        raise _refused(f"the subscripts {subscripts!r} are of {len(operands)} operands, and "
                       f"{len(tensors)} came.", "Separate them by commas, one for each operand.")
    spare = [c for c in reversed(ascii_letters) if c not in subscripts]
    width, whole = 0, []
    for letters, v in zip(operands, tensors, strict=True):
        more = v.ndim - len(letters.replace("...", "", 1))
        if more < 0 or (more > 0 and "..." not in letters):
            raise ShapeError(f"{letters!r} in {subscripts!r} does not name the dimensions of "
                             f"{quoted(v)}, which has {v.ndim}.", fix="Write one letter for each.")
        width = max(width, more if "..." in letters else 0)
        whole.append(letters.replace("...", "".join(spare[:more][::-1])))
    dots = "".join(spare[:width][::-1])
    if not arrow:
        names = "".join(whole)
        right = dots + "".join(sorted({c for c in names if names.count(c) == 1} - {*dots}))
    right = right.replace("...", dots)
    known = {*"".join(whole)}
    if not {*right} <= known or len({*right}) != len(right) or not known <= {*ascii_letters}:
        raise _refused(f"the subscripts {subscripts!r} are none.",
                       "Name each dimension by a letter; the result has each at most once.")
    return whole, right


def einsum(subscripts: str, *operands: Any) -> Variable:
    """A product of tensors along named dimensions, as `numpy.einsum` has it.

    `"ij,jk->ik"` names the dimensions of two operands and of the result; what the result lacks is
    summed over. Without `->` the result has the letters that stand once, in their order; "..."
    stands for dimensions without a name. Sizes of one letter agree, or are known to be 1.

    >>> import tutor.tensor as T
    >>> einsum("bij,bjk->bik", T.dtensor3("a"), T.dtensor3("b")).ndim
    3
    >>> einsum("ii", [[1, 2], [3, 4]]).eval()
    array(5)
    """
    tensors = [as_tensor_variable(v) for v in operands]
    letters, result = _letters(subscripts, tensors)
    return contraction(letters, result, tensors)


def crossed(x: Any, y: Any, axis: int, axes: tuple[int, ...]) -> Any:
    """The cross product of vectors of 3 elements along an axis, with equal sizes along `axes`."""
    if x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ValueError(f"vectors of lengths {x.shape[axis]} and {y.shape[axis]} have no cross "
                         "product: it is of 3 elements")
    of_sizes(x, np.shape(y), tuple(i for i in axes if i != axis))
    return np.cross(x, y, axis=axis)


class Cross(Row):
    """The cross product of vectors of 3 elements."""

    axis: int = -1
    name, calls = "cross", (crossed,)
    latex, level, needs, symbol = r"{0} \times {1}", 7, (8, 8), "×"

    def types(self, x: Variable, y: Variable) -> TensorType:
        pattern = broadcast_pattern([x.broadcastable, y.broadcastable])
        return TensorType(promote(x.dtype, y.dtype), pattern)

    def source(self, node: Apply, names: Sequence[str]) -> str:
        pairs = zip(*[v.broadcastable[::-1] for v in node.inputs], strict=False)
        axes = tuple(-i for i, ones in enumerate(pairs, 1) if not any(ones))
        return f"crossed({', '.join(names)}, {self.axis}, {axes})"

    def vjp(self, x: Variable, y: Variable, z: Variable, g: Variable) -> Any:
        return self(conj(y), g), self(g, conj(x))


def cross(a: Any, b: Any, axis: int = -1) -> Variable:
    """The cross product of vectors of 3 elements, which stand along an axis of both.

    The other dimensions meet as in a product. Vectors of another length are a `ValueError` when
    they arrive.

    >>> cross([1, 0, 0], [0, 1, 0]).eval()
    array([0, 0, 1])
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    if not x.ndim or not y.ndim or promote(x.dtype, y.dtype) == "bool":
        raise DTypeError(f"cross takes vectors of numbers, and got {x.type} and {y.type}.",
                         fix="Pass vectors of 3 elements.")
    ends = [dimshuffle(v, [*[k for k in range(v.ndim) if k != at], at])
            for v, at in ((v, one_axis(axis, v.ndim, "cross")) for v in (x, y))]
    made: Variable = Cross()(*ends)
    at = one_axis(axis, made.ndim, "cross")
    order = list(range(made.ndim - 1))
    order.insert(at, made.ndim - 1)
    return dimshuffle(made, order)


def kron(a: Any, b: Any) -> Variable:
    """The Kronecker product: b, in blocks, times each element of a; as NumPy has it for any
    dimensions (those that one lacks, at the left, count as 1).

    >>> kron([1, 10], [1, 2]).eval()
    array([ 1,  2, 10, 20])
    """
    x, y = as_tensor_variable(a), as_tensor_variable(b)
    n = max(x.ndim, y.ndim)
    if not n:
        return mul(x, y)
    x, y = lifted(x, n), lifted(y, n)
    pairs: list[tuple[Any, Any]] = [(k, "x") for k in range(n)]
    every = mul(dimshuffle(x, [i for pair in pairs for i in pair]),
                dimshuffle(y, [i for pair in pairs for i in reversed(pair)]))
    blocks = reshape(every, [shape(x)[k] * shape(y)[k] for k in range(n)])
    return rebroadcast(blocks, [i and j for i, j in
                                     zip(x.broadcastable, y.broadcastable, strict=True)])


for _subscripts, *_shapes in (
        ("ij,jk->ik", (2, 3), (3, 4)), ("ij,ij->i", (2, 3), (2, 3)), ("ij->ji", (2, 3)),
        ("ii->i", (3, 3)), ("ii", (3, 3)), ("iij->j", (2, 2, 3)), ("ij->", (2, 3)),
        ("i,i,i->i", (3,), (3,), (3,)), ("...ij,...jk", (2, 2, 3), (2, 3, 2)),
        ("i,j->ij", (2,), (3,)), ("ij,j", (1, 3), (3,))):
    example("einsum", lambda *v, s=_subscripts: einsum(s, *v),
            lambda *v, s=_subscripts: np.einsum(s, *v), *_shapes)
example("einsum", lambda x, y: einsum("bij,ij->b", addbroadcast(x, 1), y),
        lambda x, y: np.einsum("bij,ij->b", x, y), (2, 1, 3), (4, 3))
like(cross, each(((3,), (3,)), ((2, 3), (3,))), kinds="iufc")
example("cross", lambda x, y: cross(x, addbroadcast(y, 0)), np.cross, (2, 3), (1, 3), kinds="iufc")
like(cross, (3, 2), (3, 2), axis=0, kinds="iufc")
like(kron, each(((2,), (3,)), ((2, 3), (2, 2)), ((2,), (2, 3)), ((), (3,)), ((1, 2), (2, 1, 2))))
