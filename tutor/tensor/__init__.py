"""`tutor.tensor`, as `T`: the types of tensors and the operations on them; public names only.

>>> import tutor.tensor as T
>>> x = T.lscalar("x")
>>> (x * 2).type
TensorType(int64, scalar)
"""

from typing import TYPE_CHECKING

from tutor.core.arrays import dimshuffle, dot, full_like, ones_like, shape, zeros_like
from tutor.core.elementwise import (
    ELEMENTWISE,
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
    le,
    log,
    lt,
    maximum,
    minimum,
    mul,
    neg,
    neq,
    pow,
    sgn,
    sqr,
    sqrt,
    sub,
    switch,
    tanh,
    tensor_copy,
    true_div,
)
from tutor.core.errors import ShapeError
from tutor.core.graph import Constant, Variable
from tutor.core.op import FUNCTIONS
from tutor.core.seams import seams
from tutor.core.types import TensorType, Type
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
from tutor.hooks import hooks
from tutor.names import naming_the_nearest
from tutor.ops.axes import *
from tutor.ops.checks import *
from tutor.ops.constants import as_tensor_variable, constant
from tutor.ops.contractions import *
from tutor.ops.creation import *
from tutor.ops.decompositions import *
from tutor.ops.diagonals import *
from tutor.ops.finding import *
from tutor.ops.functions import *
from tutor.ops.grids import *
from tutor.ops.indexing import *
from tutor.ops.joining import *
from tutor.ops.known import *
from tutor.ops.linalg import *
from tutor.ops.logic import *
from tutor.ops.matrices import *
from tutor.ops.positions import *
from tutor.ops.reductions import *
from tutor.ops.shape import *
from tutor.ops.shared import generic
from tutor.ops.solving import *
from tutor.ops.sorting import *
from tutor.ops.special import *
from tutor.ops.stacks import *
from tutor.ops.statistics import *
from tutor.ops.sums import *
from tutor.signatures import answering_module
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
from tutor.tensor.absent import instead
from tutor.tensor.constructors import tensor
from tutor.tensor.kinds import *

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
    "ELEMENTWISE", "FUNCTIONS", "TYPE_CHECKING", "absent", "answering_module", "constructors",
    "helping", "hooks", "instead", "kinds", "naming_the_nearest", "seams"})  # fmt: skip

answering_module(globals())  # a call that does not fit is answered with what fits


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # which know what is here, and report what is not
    __getattr__ = naming_the_nearest("tutor.tensor", "T.", __all__, instead)

hooks.functions = frozenset(
    n for n in __all__ if callable(globals()[n]) and not isinstance(globals()[n], type)
) - {*kinds.__all__}
FUNCTIONS.update((n, globals()[n]) for n in hooks.functions if n not in ELEMENTWISE)

helping.name_all("T.", {n: globals()[n] for n in __all__})
helping.name_all("T.nnet.", vars(nnet))
