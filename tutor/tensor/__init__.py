"""`tutor.tensor`, as `T`: the types of tensors and the operations on them; public names only.

>>> import tutor.tensor as T
>>> x = T.lscalar("x")
>>> (x * 2).type
TensorType(int64, scalar)
"""

from types import FunctionType
from typing import TYPE_CHECKING

from tutor.core.arithmetic import (
    abs_,
    add,
    and_,
    cast,
    conj,
    eq,
    exp,
    fill,
    ge,
    gt,
    invert,
    le,
    log,
    lt,
    maximum,
    minimum,
    mul,
    neg,
    neq,
    or_,
    pow,
    sgn,
    sqr,
    sqrt,
    sub,
    tanh,
    tensor_copy,
    true_div,
)
from tutor.core.arrays import (
    dimshuffle,
    full_like,
    ones_like,
    patternbroadcast,
    shape,
    shape_padleft,
    transpose,
    zeros_like,
)
from tutor.core.elementwise import switch
from tutor.core.errors import ShapeError
from tutor.core.gradient import grad
from tutor.core.graph import Constant, Variable, as_tensor_variable, constant
from tutor.core.joining import concatenate, join, stack
from tutor.core.products import dot, outer
from tutor.core.reductions import all, any, max, mean, min, size, sum
from tutor.core.seams import seams
from tutor.core.types import TensorType, Type, generic
from tutor.gradient import Lop, Rop, consider_constant, hessian, jacobian, numeric_grad, verify_grad
from tutor.names import naming_the_nearest
from tutor.ops.axes import moveaxis, rollaxis, shape_padaxis, swapaxes
from tutor.ops.complexes import angle, complex, complex_from_polar, imag, real
from tutor.ops.contractions import cross, einsum, kron
from tutor.ops.creation import alloc, arange, empty, eye, full, identity_like, ones, tri, zeros
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
    exp2,
    expm1,
    floor,
    floor_div,
    hypot,
    inv,
    iround,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    mod,
    rad2deg,
    round,
    round_half_away_from_zero,
    round_half_to_even,
    sin,
    sinh,
    tan,
    trunc,
)
from tutor.ops.grids import bartlett, linspace, mgrid, ogrid
from tutor.ops.indexing import inc_subtensor, set_subtensor, take
from tutor.ops.joining import horizontal_stack, stacklists, vertical_stack
from tutor.ops.known import (
    NotScalarConstantError,
    extract_constant,
    get_scalar_constant_value,
    get_vector_length,
    transfer,
)
from tutor.ops.linalg import batched_dot, batched_tensordot, matmul, tensordot
from tutor.ops.logic import (
    allclose,
    ceil_intdiv,
    clip,
    divmod,
    isclose,
    isfinite,
    isinf,
    isnan,
    left_shift,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    right_shift,
    xor,
)
from tutor.ops.matrices import det
from tutor.ops.norms import norm
from tutor.ops.positions import (
    default,
    inverse_permutation,
    permute_row_elements,
    ravel_multi_index,
    to_one_hot,
    unravel_index,
)
from tutor.ops.reductions import argmax, argmin, max_and_argmax, prod
from tutor.ops.repeating import repeat, roll, tile
from tutor.ops.shape import (
    addbroadcast,
    flatten,
    ravel,
    reshape,
    shape_padright,
    squeeze,
    unbroadcast,
)
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
from tutor.ops.statistics import cov, diff, ptp, std, var
from tutor.signatures import answering
from tutor.tensor import (
    constructors,
    fft,
    helping,
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
as_tensor = as_tensor_variable

__all__ = sorted({n for n in globals() if not n.startswith("_")} - {
    "FunctionType", "INSTEAD", "TYPE_CHECKING", "absent", "answering", "constructors", "helping",
    "kinds", "naming_the_nearest", "seams"})  # fmt: skip

for _name in __all__:  # a call that does not fit is answered with what fits
    if isinstance(globals()[_name], FunctionType):
        globals()[_name] = answering(globals()[_name])


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # which know what is here, and report what is not
    __getattr__ = naming_the_nearest("tutor.tensor", "T.", __all__, INSTEAD)

seams.functions = frozenset(
    n for n in __all__ if callable(globals()[n]) and not isinstance(globals()[n], type)
    and globals()[n].__module__.startswith(
        ("tutor.core.", "tutor.ops.", "tutor.derivatives.", "tutor.compile.")))

helping.name_all("T.", {n: globals()[n] for n in __all__})
helping.name_all("T.nnet.", vars(nnet))
seams.help = helping.described
