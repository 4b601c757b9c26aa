"""`tutor.tensor`, as `T`: the types of tensors and the operations on them; public names only.

>>> import tutor.tensor as T
>>> x = T.lscalar("x")
>>> (x * 2).type
TensorType(int64, scalar)
"""

from typing import TYPE_CHECKING

from tutor.errors import ShapeError
from tutor.gradient import (
    Lop,
    Rop,
    consider_constant,
    grad,
    hessian,
    jacobian,
    numeric_grad,
    verify_grad,
)
from tutor.graph import (
    Constant,
    Variable,
    as_tensor_variable,
    constant,
)
from tutor.names import naming_the_nearest
from tutor.ops.arithmetic import (
    abs_,
    add,
    cast,
    fill,
    floor_div,
    inv,
    mod,
    mul,
    neg,
    pow,
    sgn,
    sqr,
    sqrt,
    sub,
    tensor_copy,
    true_div,
)
from tutor.ops.axes import flip, fliplr, flipud, moveaxis, rollaxis, shape_padaxis, swapaxes
from tutor.ops.complexes import angle, complex, complex_from_polar, conj, imag, real
from tutor.ops.contractions import cross, einsum, kron
from tutor.ops.creation import (
    alloc,
    arange,
    empty,
    eye,
    full,
    full_like,
    identity_like,
    ones,
    ones_like,
    tri,
    zeros,
    zeros_like,
)
from tutor.ops.cumulative import cumprod, cumsum
from tutor.ops.decompositions import cholesky
from tutor.ops.diagonals import (
    alloc_diag,
    diag,
    diagonal,
    fill_diagonal,
    fill_diagonal_offset,
    trace,
    tril,
    triu,
)
from tutor.ops.elementwise import switch
from tutor.ops.finding import (
    bincount,
    choose,
    compress,
    flatnonzero,
    largest,
    nonzero,
    nonzero_values,
    smallest,
    unique,
)
from tutor.ops.functions import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cbrt,
    ceil,
    copysign,
    cos,
    cosh,
    deg2rad,
    exp,
    exp2,
    expm1,
    floor,
    hypot,
    iround,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    rad2deg,
    round,
    round_half_away_from_zero,
    round_half_to_even,
    sin,
    sinh,
    tan,
    tanh,
    trunc,
)
from tutor.ops.grids import bartlett, linspace, mgrid, ogrid
from tutor.ops.indexing import inc_subtensor, set_subtensor, take
from tutor.ops.joining import (
    concatenate,
    horizontal_stack,
    join,
    stack,
    stacklists,
    vertical_stack,
)
from tutor.ops.known import (
    NotScalarConstantError,
    extract_constant,
    get_scalar_constant_value,
    get_vector_length,
    transfer,
)
from tutor.ops.linalg import (
    batched_dot,
    batched_tensordot,
    dot,
    inner,
    matmul,
    outer,
    tensordot,
    vdot,
)
from tutor.ops.logic import (
    allclose,
    and_,
    ceil_intdiv,
    clip,
    divmod,
    eq,
    ge,
    gt,
    invert,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    left_shift,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    maximum,
    minimum,
    neq,
    or_,
    right_shift,
    xor,
)
from tutor.ops.matrices import det, slogdet
from tutor.ops.norms import norm
from tutor.ops.positions import (
    default,
    inverse_permutation,
    permute_row_elements,
    ravel_multi_index,
    to_one_hot,
    unravel_index,
)
from tutor.ops.quantiles import (
    average,
    count_nonzero,
    median,
    nan_to_num,
    nanmax,
    nanmean,
    nanmin,
    nanprod,
    nanstd,
    nansum,
    nanvar,
    percentile,
    quantile,
)
from tutor.ops.reductions import (
    all,
    any,
    argmax,
    argmin,
    max,
    max_and_argmax,
    min,
    prod,
    sum,
)
from tutor.ops.repeating import pad, repeat, roll, tile
from tutor.ops.shape import (
    addbroadcast,
    dimshuffle,
    flatten,
    patternbroadcast,
    ravel,
    reshape,
    shape_padleft,
    shape_padright,
    squeeze,
    transpose,
    unbroadcast,
)
from tutor.ops.sizes import shape, size
from tutor.ops.solving import solve
from tutor.ops.sorting import (
    argsort,
    argtopk,
    searchsorted,
    sort,
    take_along_axis,
    topk,
    topk_and_argtopk,
)
from tutor.ops.special import (
    erf,
    erfc,
    erfcinv,
    erfinv,
    gamma,
    gammaln,
    polygamma,
    psi,
    tri_gamma,
    xlogy0,
)
from tutor.ops.specified import specify_shape
from tutor.ops.splitting import split
from tutor.ops.stable import logsumexp
from tutor.ops.stacking import (
    append,
    array_split,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_to,
    column_stack,
    dstack,
    hstack,
    meshgrid,
    vstack,
)
from tutor.ops.statistics import cov, diff, mean, ptp, std, var
from tutor.seams import seams
from tutor.tensor import (
    constructors,
    fft,
    kinds,
    nlinalg,
    nnet,
    shared_randomstreams,
    signal,
    slinalg,
)
from tutor.tensor.absent import INSTEAD
from tutor.tensor.constructors import tensor
from tutor.tensor.kinds import *  # noqa: F403 - 190 names, all of them constructors
from tutor.types import TensorType, Type, generic

# Theano's and NumPy's other names for the same things.
absolute = abs_
conjugate = conj
bitwise_and, bitwise_or, bitwise_xor, bitwise_not = and_, or_, xor, invert
divide = true_divide = true_div
equal, not_equal = eq, neq
expand_dims = shape_padaxis
floor_divide = int_div = floor_div
greater, greater_equal, less, less_equal = gt, ge, lt, le
multiply, negative, power, reciprocal, subtract = mul, neg, pow, inv, sub
not_ = logical_not
remainder = mod
rint = round_half_to_even
second = fill
sign = sgn
square = sqr
where = switch
row_stack = vstack
as_tensor = as_tensor_variable

__all__ = sorted({n for n in globals() if not n.startswith("_")} - {
    "INSTEAD", "TYPE_CHECKING", "absent", "constructors", "kinds",
    "naming_the_nearest", "seams"})  # fmt: skip


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # which know what is here, and report what is not
    __getattr__ = naming_the_nearest("tutor.tensor", "T.", __all__, INSTEAD)

seams.functions = frozenset(
    n for n in __all__ if callable(globals()[n]) and not isinstance(globals()[n], type)
    and globals()[n].__module__.startswith(("tutor.ops.", "tutor.gradient.")))  # fmt: skip
