"""`theano.tensor.extra_ops`: sums and differences along axes, counts, repeats, positions."""

from tutor.graph import as_tensor_variable
from tutor.ops.cumulative import cumprod, cumsum
from tutor.ops.diagonals import fill_diagonal, fill_diagonal_offset
from tutor.ops.finding import Unique, bincount, compress, unique
from tutor.ops.joining import repeat
from tutor.ops.positions import bartlett, ravel_multi_index, to_one_hot, unravel_index
from tutor.ops.shape import squeeze
from tutor.ops.sorting import searchsorted
from tutor.ops.statistics import diff
from tutor.tensor.named import (
    Bartlett,
    CumOp,
    CumprodOp,
    CumsumOp,
    DiffOp,
    FillDiagonal,
    FillDiagonalOffset,
    RavelMultiIndex,
    RepeatOp,
    SearchsortedOp,
    UnravelIndex,
)

cpu_contiguous = as_tensor_variable  # how an array lies in memory is for the compiler to decide
bartlett_, fill_diagonal_, fill_diagonal_offset_ = bartlett, fill_diagonal, fill_diagonal_offset

__all__ = [
    "Bartlett", "CumOp", "CumprodOp", "CumsumOp", "DiffOp", "FillDiagonal", "FillDiagonalOffset",
    "RavelMultiIndex", "RepeatOp", "SearchsortedOp", "Unique", "UnravelIndex", "bartlett",
    "bartlett_", "bincount", "compress", "cpu_contiguous", "cumprod", "cumsum", "diff",
    "fill_diagonal", "fill_diagonal_", "fill_diagonal_offset", "fill_diagonal_offset_",
    "ravel_multi_index",
    "repeat", "searchsorted", "squeeze", "to_one_hot", "unique", "unravel_index",
]
