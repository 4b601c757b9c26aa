"""Theano's classes of ops by name: made with settings, called on variables, asked about nodes.

An op here is often made otherwise, so each name is a class of its own: it says which ops count as
its instances, and what calling it with Theano's settings gives.

>>> Sum(axis=0)([[1, 2], [3, 4]]).eval(), isinstance(arithmetic.sqr, Elemwise)
(array([4, 6]), True)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tutor.graph import Op, Variable, as_tensor_variable
from tutor.ops import (
    arithmetic,
    creation,
    cumulative,
    diagonals,
    finding,
    grids,
    indexing,
    indices,
    joining,
    linalg,
    logic,
    positions,
    reductions,
    repeating,
    shape,
    sizes,
    sorting,
    specified,
    splitting,
    statistics,
)
from tutor.ops.elementwise import Elementwise, switch
from tutor.theano.derived import Derived


class OpName(type):
    """The type of the classes here: what counts as an instance, and what a call makes.

    A class that a program derives from one is a class of ops: see `derived.py`.
    """

    kinds: tuple[type[Op], ...]
    test: Callable[[Any], bool]
    make: Callable[..., Any]

    def __instancecheck__(cls, op: Any) -> bool:
        if type.__instancecheck__(cls, op) or "make" not in vars(cls):
            return type.__instancecheck__(cls, op)
        return isinstance(op, cls.kinds) and bool(cls.test(op))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if "make" not in vars(cls):
            return super().__call__(*args, **kwargs)
        return cls.make(*args, **kwargs)


NAMES: dict[str, OpName] = {}


def named(name: str, kinds: Any, make: Callable[..., Any], doc: str,
          test: Callable[[Any], bool] = lambda op: True) -> Any:
    """The class of a name: `make` takes Theano's settings and gives what is called on variables."""
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    made = OpName(name, (Derived,), {"__doc__": doc, "__module__": __name__})
    made.kinds, made.test, made.make = kinds, test, make
    NAMES[name] = made
    return made


def reduction(name: str, kind: str, doc: str) -> Any:
    """The class of one reduction; `axis` is a number, several, or None for all."""
    def make(axis: Any = None, dtype: Any = None, acc_dtype: Any = None, **_: Any) -> Any:
        return lambda x: reductions.reduce(kind, x, axis, False, dtype)
    return named(name, reductions.Reduction, make, doc, lambda op: op.kind == kind)


def _rebroadcast(*axes: tuple[int, bool]) -> Callable[[Any], Variable]:
    def change(x: Any) -> Variable:
        x, wanted = as_tensor_variable(x), dict(axes)
        return shape.patternbroadcast(
            x, [bool(wanted.get(i, one)) for i, one in enumerate(x.broadcastable)])
    return change


def _at(x: Any, *index: Any) -> Variable:
    return as_tensor_variable(x)[index if len(index) != 1 else index[0]]


def _write(mode: bool) -> Callable[..., Variable]:
    def write(x: Any, y: Any = None, *index: Any) -> Variable:
        return indexing.inc_subtensor(_at(x, *index), y, set_instead_of_inc=mode)
    return write


def _writer(inplace: bool = False, set_instead_of_inc: bool = False) -> Callable[..., Variable]:
    write = _write(set_instead_of_inc)
    return lambda x, y, *index: write(x, y, *index)


def _max_and_argmax(axis: Any) -> Callable[[Any], list[Variable]]:
    return lambda x: reductions.max_and_argmax(x, axis)


def _advanced(op: Any) -> bool:
    return bool(op.index.advanced)


def _mask(op: Any) -> bool:
    return any(isinstance(e, indices.Slot) and e.dtype == "bool" for e in op.index.entries)


Elemwise = named("Elemwise", (Elementwise, arithmetic.Cast), lambda scalar_op, *a, **k: scalar_op,
                 "Ops that act on each element by itself.")
DimShuffle = named("DimShuffle", shape.DimShuffle,
                   lambda input_broadcastable, new_order, inplace=True:
                   lambda x: shape.dimshuffle(x, list(new_order)),
                   "The dimensions in another order, \"x\" a new one.")
CAReduce = named("CAReduce", reductions.Reduction, lambda scalar_op, axis=None, *a, **k:
                 lambda x: reductions.reduce(
                     {"add": "sum", "mul": "prod", "maximum": "max", "minimum": "min",
                      "and_": "all", "or_": "any"}[scalar_op.name], x, axis),
                 "Reductions.", lambda op: op.kind not in reductions.POSITIONS)
Sum = reduction("Sum", "sum", "The sum over axes.")
Prod = reduction("Prod", "prod", "The product over axes.")
ProdWithoutZeros = named(
    "ProdWithoutZeros", (), lambda axis=None, dtype=None, acc_dtype=None: lambda x:
    reductions.prod(switch(logic.eq(x, 0), 1, x), axis, dtype, acc_dtype=acc_dtype)
    * reductions.any(logic.neq(x, 0), axis), "The product of the elements that are not 0.")
All = reduction("All", "all", "Whether all elements are true.")
Any_ = reduction("Any", "any", "Whether any element is true.")
Argmax = reduction("Argmax", "argmax", "The position of the largest element.")
MaxAndArgmax = named("MaxAndArgmax", reductions.Reduction, _max_and_argmax,
                     "The largest element and its position.",
                     lambda op: op.kind in ("max", "argmax"))
Mean = named("Mean", (), lambda axis=None: lambda x: statistics.mean(x, axis),
             "The mean over axes: a sum and a division here.")

Subtensor = named("Subtensor", indexing.Subtensor, lambda *a: _at, "x[numbers and slices].",
                  lambda op: not op.index.advanced)
AdvancedSubtensor = named("AdvancedSubtensor", indexing.Subtensor, lambda: _at,
                          "x[index] of arrays.", _advanced)
AdvancedSubtensor1 = named("AdvancedSubtensor1", indexing.Subtensor, lambda *a, **k: _at,
                           "x[array].", lambda op: _advanced(op) and len(op.index.entries) == 1)
AdvancedBooleanSubtensor = named("AdvancedBooleanSubtensor", indexing.Subtensor, lambda: _at,
                                 "x[mask].", _mask)
IncSubtensor = named("IncSubtensor", indexing.IncSubtensor, lambda *a, **k: _writer(**k),
                     "x with x[index] written.", lambda op: not op.index.advanced)
AdvancedIncSubtensor = named("AdvancedIncSubtensor", indexing.IncSubtensor, _writer,
                             "x with x[arrays] written.", _advanced)
AdvancedIncSubtensor1 = named("AdvancedIncSubtensor1", indexing.IncSubtensor, _writer,
                              "x with x[array] written.",
                              lambda op: _advanced(op) and len(op.index.entries) == 1)
AdvancedBooleanIncSubtensor = named("AdvancedBooleanIncSubtensor", indexing.IncSubtensor, _writer,
                                    "x with x[mask] written.", _mask)
advanced_subtensor = advanced_subtensor1 = advanced_boolean_subtensor = _at
advanced_inc_subtensor = advanced_inc_subtensor1 = advanced_boolean_inc_subtensor = _write(False)
advanced_set_subtensor = advanced_set_subtensor1 = advanced_boolean_set_subtensor = _write(True)

Alloc = named("Alloc", creation.Alloc, lambda: creation.alloc, "A value stretched to a shape.")
AllocEmpty = named("AllocEmpty", (), lambda dtype: lambda *sizes: creation.empty(sizes, dtype),
                   "A tensor whose values do not matter.")
ARange = named("ARange", creation.ARange, lambda dtype: lambda start, stop, step:
               creation.arange(start, stop, step, dtype), "The numbers from start to stop.")
Eye = named("Eye", creation.Eye, lambda dtype=None: lambda n, m, k: creation.eye(n, m, k, dtype),
            "Ones on a diagonal.")
Tri = named("Tri", creation.Tri, lambda dtype=None: lambda n, m, k: creation.tri(n, m, k, dtype),
            "Ones on and below a diagonal.")
Dot = named("Dot", linalg.Dot, lambda: linalg.dot, "The product of matrices and vectors.")
BatchedDot = named("BatchedDot", linalg.MatMul, lambda: linalg.batched_dot, "A dot for each pair.")
Join = named("Join", joining.Join, lambda view=-1: joining.join, "Tensors joined along an axis.")
Split = named("Split", splitting.Split, lambda len_splits: lambda x, axis, sizes:
              splitting.split(x, sizes, len_splits, axis), "A tensor cut along an axis.")
Tile = named("Tile", repeating.Tile, lambda ndim: lambda x, reps: repeating.tile(x, reps, ndim),
             "Copies side by side.")
RepeatOp = named("RepeatOp", repeating.Repeat, lambda axis=None: lambda x, n:
                 repeating.repeat(x, n, axis), "Each slice several times.")
Reshape = named("Reshape", shape.Reshape, lambda ndim, name=None: lambda x, s:
                shape.reshape(x, s, ndim), "The same elements under another shape.")
Flatten = named("Flatten", shape.Reshape, lambda outdim=1: lambda x: shape.flatten(x, outdim),
                "The last dimensions joined.")
Rebroadcast = named("Rebroadcast", shape.Rebroadcast, _rebroadcast, "Another broadcast pattern.")
Shape = named("Shape", sizes.Shape, lambda: sizes.shape, "The sizes of all dimensions.")
Shape_i = named("Shape_i", sizes.ShapeI, lambda i: sizes.ShapeI(i), "The size of one dimension.")
MakeVector = named("MakeVector", sizes.MakeVector, lambda dtype="int64": sizes.MakeVector(dtype),
                   "Scalars as the elements of a vector.")
SpecifyShape = named("SpecifyShape", specified.SpecifyShape, lambda: specified.specify_shape,
                     "An announced shape.")
ExtractDiag = named("ExtractDiag", diagonals.Diagonal, lambda offset=0, axis1=0, axis2=1,
                    view=False: lambda x: diagonals.diagonal(x, offset, axis1, axis2),
                    "A diagonal.")
AllocDiag = named("AllocDiag", diagonals.AllocDiag, lambda offset=0, axis1=0, axis2=1:
                  lambda v: diagonals.alloc_diag(v, offset, axis1, axis2),
                  "A matrix with a diagonal.")
Choose = named("Choose", (), lambda mode="raise": lambda a, choices:
               finding.choose(a, choices, mode=mode), "A choice for each element.")
Nonzero = named("Nonzero", finding.NonZero, lambda: lambda x: list(finding.nonzero(x)),
                "The positions of what is not 0.")
PermuteRowElements = named("PermuteRowElements", (), lambda: positions.permute_row_elements,
                           "The elements of rows in another order.")
CumOp = named("CumOp", cumulative.Cumulative, lambda axis=None, mode="add": lambda x:
              (cumulative.cumsum if mode == "add" else cumulative.cumprod)(x, axis),
              "Sums or products up to each place.")
CumsumOp = named("CumsumOp", cumulative.Cumulative, lambda axis=None: lambda x:
                 cumulative.cumsum(x, axis), "Sums up to each place.", lambda op: op.kind == "sum")
CumprodOp = named("CumprodOp", cumulative.Cumulative, lambda axis=None: lambda x:
                  cumulative.cumprod(x, axis), "Products up to each place.",
                  lambda op: op.kind == "prod")
DiffOp = named("DiffOp", (), lambda n=1, axis=-1: lambda x: statistics.diff(x, n, axis),
               "Differences of neighbours.")
FillDiagonal = named("FillDiagonal", diagonals.SetDiagonal, lambda: diagonals.fill_diagonal,
                     "A matrix with its diagonal replaced.")
FillDiagonalOffset = named("FillDiagonalOffset", diagonals.SetDiagonal,
                           lambda: diagonals.fill_diagonal_offset,
                           "A matrix with a diagonal replaced.")
SearchsortedOp = named("SearchsortedOp", sorting.SearchSorted, lambda side="left":
                       lambda x, v, sorter=None: sorting.searchsorted(x, v, side, sorter),
                       "Where numbers would stand in a sorted vector.")
SortOp = named("SortOp", sorting.Sort, lambda kind="quicksort", order=None: lambda x, axis=-1:
               sorting.sort(x, axis, kind, order), "The elements in order.")
ArgSortOp = named("ArgSortOp", sorting.ArgSort, lambda kind="quicksort", order=None:
                  lambda x, axis=-1: sorting.argsort(x, axis, kind, order),
                  "The positions that put the elements in order.")
TopKOp = named("TopKOp", sorting.TopK, lambda axis=-1, sorted=True, idx_dtype="int64", **k:
               lambda x, kth: sorting.topk_and_argtopk(x, kth, axis, sorted, idx_dtype),
               "The largest elements, and where they stand.")
Bartlett = named("Bartlett", (), lambda: grids.bartlett, "A triangular window.")
RavelMultiIndex = named(
    "RavelMultiIndex", positions.RavelMultiIndex, lambda mode="raise", order="C":
    lambda *parts: positions.ravel_multi_index(parts[:-1], parts[-1], mode, order),
    "Flat positions.")
UnravelIndex = named("UnravelIndex", positions.UnravelIndex, lambda ndim, order="C":
                     lambda i, dims: list(positions.unravel_index(i, dims, order, ndim)),
                     "Positions in each dimension.")
Unique = finding.Unique
