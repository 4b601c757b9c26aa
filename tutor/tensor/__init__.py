"""`tutor.tensor`, as `T`: the types of tensors and the operations on them; public names only.

>>> import tutor.tensor as T
>>> x = T.lscalar("x")
>>> (x * 2).type
TensorType(int64, scalar)
"""

from importlib import import_module
from typing import Any

from tutor.errors import BadIndexError as AdvancedIndexingError
from tutor.errors import DTypeError as AsTensorError
from tutor.errors import NotHereError, ShapeError
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
    TensorConstant,
    TensorVariable,
    Variable,
    as_tensor_variable,
    constant,
)
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
from tutor.ops.complexes import angle, complex, complex_from_polar, conj, imag, real
from tutor.ops.creation import (
    alloc,
    arange,
    empty,
    eye,
    full,
    full_like,
    identity_like,
    mgrid,
    ogrid,
    ones,
    ones_like,
    tri,
    zeros,
    zeros_like,
)
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
from tutor.ops.indexing import inc_subtensor, set_subtensor, take
from tutor.ops.joining import (
    concatenate,
    horizontal_stack,
    join,
    repeat,
    roll,
    split,
    stack,
    stacklists,
    tile,
    vertical_stack,
)
from tutor.ops.known import (
    NotScalarConstantError,
    extract_constant,
    get_scalar_constant_value,
    get_vector_length,
    is_flat,
    makeKeepDims,
    transfer,
)
from tutor.ops.linalg import (
    batched_dot,
    batched_tensordot,
    dot,
    matmul,
    outer,
    tensordot,
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
    switch,
    xor,
)
from tutor.ops.positions import (
    bartlett,
    cov,
    default,
    inverse_permutation,
    permute_row_elements,
    ravel_multi_index,
    to_one_hot,
    unravel_index,
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
from tutor.ops.shape import (
    addbroadcast,
    dimshuffle,
    flatten,
    moveaxis,
    patternbroadcast,
    ravel,
    reshape,
    rollaxis,
    shape_padaxis,
    shape_padleft,
    shape_padright,
    squeeze,
    swapaxes,
    transpose,
    unbroadcast,
)
from tutor.ops.sizes import shape, size
from tutor.ops.sorting import argsort, searchsorted, sort, take_along_axis
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
)
from tutor.ops.specified import specify_shape
from tutor.ops.statistics import cumprod, cumsum, diff, mean, norm, ptp, std, var
from tutor.ops.topk import argtopk, topk, topk_and_argtopk
from tutor.tensor import constructors, subtensor, type
from tutor.tensor.constructors import *  # noqa: F403 - 150 names, all of them constructors
from tutor.tensor.named import (
    Alloc,
    AllocDiag,
    AllocEmpty,
    ARange,
    Argmax,
    CAReduce,
    Choose,
    DiffOp,
    DimShuffle,
    Dot,
    Elemwise,
    ExtractDiag,
    Eye,
    Flatten,
    Join,
    MaxAndArgmax,
    Mean,
    Nonzero,
    PermuteRowElements,
    Rebroadcast,
    Reshape,
    Shape,
    SpecifyShape,
    Split,
    Sum,
    Tile,
    Tri,
)
from tutor.tensor.subtensor import (
    AdvancedBooleanIncSubtensor,
    AdvancedBooleanSubtensor,
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    IncSubtensor,
    Subtensor,
    advanced_boolean_inc_subtensor,
    advanced_boolean_set_subtensor,
    advanced_boolean_subtensor,
    advanced_inc_subtensor,
    advanced_inc_subtensor1,
    advanced_set_subtensor,
    advanced_set_subtensor1,
    advanced_subtensor,
    advanced_subtensor1,
)
from tutor.types import TensorType, Type, generic

# Theano's and NumPy's other names for the same things.
absolute = abs_
bitwise_and, bitwise_or, bitwise_xor, bitwise_not = and_, or_, xor, invert
divide = true_divide = true_div
equal, not_equal = eq, neq
expand_dims = shape_padaxis
extract_diag = diagonal
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
setdefault = default
join_ = join
numpy_scalar = get_scalar_constant_value
AdvancedBooleanIndexingError = AdvancedIndexingError
EmptyConstantError = NotScalarConstantError
NoneConst = Constant(generic, None, "NoneConst")
tensor_from_scalar = scalar_from_tensor = as_tensor_variable  # a scalar is a 0-d tensor here

#: Modules that load when they are first asked for: many programs need none of them.
LATER = (
    "basic elemwise extra_ops fft inplace nlinalg nnet raw_random shared_randomstreams sharedvar "
    "signal slinalg xlogx"
).split()

__all__ = sorted([*LATER, *[name for name in globals() if not name.startswith("_") and name not in (
    "Any", "LATER", "import_module", "NotHereError", "constructors", "NAMES")]])


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """A module that loads now; of a name that is not here, the nearest that is."""
    if name in LATER:
        return import_module(f"tutor.tensor.{name}")
    from difflib import get_close_matches

    near = get_close_matches(name, __all__, 3, 0.7)
    fix = f"Did you mean {' or '.join(f'T.{n}' for n in near)}?" if near else "See dir(T)."
    raise NotHereError(f"tutor.tensor has no {name!r}.", fix=fix)
