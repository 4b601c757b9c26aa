"""The names of T for editors and type checkers. Written by `python -m tests.stubs`."""

from collections.abc import Callable
from typing import Any

from tutor.compile.verify import numeric_grad as numeric_grad
from tutor.compile.verify import verify_grad as verify_grad
from tutor.core.arrays import dimshuffle as dimshuffle
from tutor.core.arrays import dot as dot
from tutor.core.arrays import full_like as full_like
from tutor.core.arrays import ones_like as ones_like
from tutor.core.arrays import shape as shape
from tutor.core.arrays import zeros_like as zeros_like
from tutor.core.elementwise import cast as cast
from tutor.core.elementwise import conj as conj
from tutor.core.errors import ShapeError as ShapeError
from tutor.core.graph import Constant as Constant
from tutor.core.graph import Variable as Variable
from tutor.core.types import TensorType as TensorType
from tutor.core.types import Type as Type
from tutor.derivatives.cost import grad as grad
from tutor.derivatives.markers import consider_constant as consider_constant
from tutor.derivatives.products import Lop as Lop
from tutor.derivatives.products import Rop as Rop
from tutor.derivatives.products import hessian as hessian
from tutor.derivatives.products import jacobian as jacobian
from tutor.ops.axes import flip as flip
from tutor.ops.axes import fliplr as fliplr
from tutor.ops.axes import flipud as flipud
from tutor.ops.axes import moveaxis as moveaxis
from tutor.ops.axes import pad as pad
from tutor.ops.axes import repeat as repeat
from tutor.ops.axes import roll as roll
from tutor.ops.axes import rollaxis as rollaxis
from tutor.ops.axes import shape_padaxis as shape_padaxis
from tutor.ops.axes import swapaxes as swapaxes
from tutor.ops.axes import tile as tile
from tutor.ops.axes import transpose as transpose
from tutor.ops.checks import specify_shape as specify_shape
from tutor.ops.constants import as_tensor_variable as as_tensor_variable
from tutor.ops.constants import constant as constant
from tutor.ops.contractions import cross as cross
from tutor.ops.contractions import einsum as einsum
from tutor.ops.contractions import kron as kron
from tutor.ops.creation import alloc as alloc
from tutor.ops.creation import arange as arange
from tutor.ops.creation import empty as empty
from tutor.ops.creation import eye as eye
from tutor.ops.creation import full as full
from tutor.ops.creation import identity_like as identity_like
from tutor.ops.creation import ones as ones
from tutor.ops.creation import tri as tri
from tutor.ops.creation import zeros as zeros
from tutor.ops.decompositions import cholesky as cholesky
from tutor.ops.decompositions import norm as norm
from tutor.ops.diagonals import alloc_diag as alloc_diag
from tutor.ops.diagonals import diag as diag
from tutor.ops.diagonals import diagonal as diagonal
from tutor.ops.diagonals import fill_diagonal as fill_diagonal
from tutor.ops.diagonals import fill_diagonal_offset as fill_diagonal_offset
from tutor.ops.diagonals import trace as trace
from tutor.ops.diagonals import tril as tril
from tutor.ops.diagonals import triu as triu
from tutor.ops.finding import bincount as bincount
from tutor.ops.finding import choose as choose
from tutor.ops.finding import compress as compress
from tutor.ops.finding import flatnonzero as flatnonzero
from tutor.ops.finding import interp as interp
from tutor.ops.finding import isin as isin
from tutor.ops.finding import largest as largest
from tutor.ops.finding import nonzero as nonzero
from tutor.ops.finding import nonzero_values as nonzero_values
from tutor.ops.finding import select as select
from tutor.ops.finding import smallest as smallest
from tutor.ops.finding import unique as unique
from tutor.ops.functions import iround as iround
from tutor.ops.functions import round as round
from tutor.ops.functions import sinc as sinc
from tutor.ops.grids import bartlett as bartlett
from tutor.ops.grids import linspace as linspace
from tutor.ops.grids import logspace as logspace
from tutor.ops.grids import mgrid as mgrid
from tutor.ops.grids import ogrid as ogrid
from tutor.ops.indexing import inc_subtensor as inc_subtensor
from tutor.ops.indexing import set_subtensor as set_subtensor
from tutor.ops.indexing import take as take
from tutor.ops.joining import append as append
from tutor.ops.joining import array_split as array_split
from tutor.ops.joining import atleast_1d as atleast_1d
from tutor.ops.joining import atleast_2d as atleast_2d
from tutor.ops.joining import atleast_3d as atleast_3d
from tutor.ops.joining import broadcast_to as broadcast_to
from tutor.ops.joining import column_stack as column_stack
from tutor.ops.joining import dstack as dstack
from tutor.ops.joining import horizontal_stack as horizontal_stack
from tutor.ops.joining import hstack as hstack
from tutor.ops.joining import meshgrid as meshgrid
from tutor.ops.joining import split as split
from tutor.ops.joining import stacklists as stacklists
from tutor.ops.joining import vertical_stack as vertical_stack
from tutor.ops.joining import vstack as vstack
from tutor.ops.known import NotScalarConstantError as NotScalarConstantError
from tutor.ops.known import extract_constant as extract_constant
from tutor.ops.known import get_scalar_constant_value as get_scalar_constant_value
from tutor.ops.known import get_vector_length as get_vector_length
from tutor.ops.known import transfer as transfer
from tutor.ops.linalg import batched_dot as batched_dot
from tutor.ops.linalg import batched_tensordot as batched_tensordot
from tutor.ops.linalg import inner as inner
from tutor.ops.linalg import matmul as matmul
from tutor.ops.linalg import outer as outer
from tutor.ops.linalg import tensordot as tensordot
from tutor.ops.linalg import vdot as vdot
from tutor.ops.logic import allclose as allclose
from tutor.ops.logic import ceil_intdiv as ceil_intdiv
from tutor.ops.logic import divmod as divmod
from tutor.ops.logic import isclose as isclose
from tutor.ops.matrices import det as det
from tutor.ops.matrices import slogdet as slogdet
from tutor.ops.positions import default as default
from tutor.ops.positions import inverse_permutation as inverse_permutation
from tutor.ops.positions import permute_row_elements as permute_row_elements
from tutor.ops.positions import ravel_multi_index as ravel_multi_index
from tutor.ops.positions import to_one_hot as to_one_hot
from tutor.ops.positions import unravel_index as unravel_index
from tutor.ops.reductions import argmax as argmax
from tutor.ops.reductions import argmin as argmin
from tutor.ops.reductions import cumprod as cumprod
from tutor.ops.reductions import cumsum as cumsum
from tutor.ops.reductions import logsumexp as logsumexp
from tutor.ops.reductions import max_and_argmax as max_and_argmax
from tutor.ops.reductions import prod as prod
from tutor.ops.shape import addbroadcast as addbroadcast
from tutor.ops.shape import flatten as flatten
from tutor.ops.shape import patternbroadcast as patternbroadcast
from tutor.ops.shape import ravel as ravel
from tutor.ops.shape import reshape as reshape
from tutor.ops.shape import shape_padleft as shape_padleft
from tutor.ops.shape import shape_padright as shape_padright
from tutor.ops.shape import squeeze as squeeze
from tutor.ops.shape import unbroadcast as unbroadcast
from tutor.ops.shared import generic as generic
from tutor.ops.solving import solve as solve
from tutor.ops.sorting import argsort as argsort
from tutor.ops.sorting import argtopk as argtopk
from tutor.ops.sorting import searchsorted as searchsorted
from tutor.ops.sorting import sort as sort
from tutor.ops.sorting import take_along_axis as take_along_axis
from tutor.ops.sorting import topk as topk
from tutor.ops.sorting import topk_and_argtopk as topk_and_argtopk
from tutor.ops.stacks import concatenate as concatenate
from tutor.ops.stacks import join as join
from tutor.ops.stacks import stack as stack
from tutor.ops.statistics import average as average
from tutor.ops.statistics import count_nonzero as count_nonzero
from tutor.ops.statistics import cov as cov
from tutor.ops.statistics import diff as diff
from tutor.ops.statistics import median as median
from tutor.ops.statistics import nan_to_num as nan_to_num
from tutor.ops.statistics import nanmax as nanmax
from tutor.ops.statistics import nanmean as nanmean
from tutor.ops.statistics import nanmin as nanmin
from tutor.ops.statistics import nanprod as nanprod
from tutor.ops.statistics import nanstd as nanstd
from tutor.ops.statistics import nansum as nansum
from tutor.ops.statistics import nanvar as nanvar
from tutor.ops.statistics import percentile as percentile
from tutor.ops.statistics import ptp as ptp
from tutor.ops.statistics import quantile as quantile
from tutor.ops.statistics import std as std
from tutor.ops.statistics import trapezoid as trapezoid
from tutor.ops.statistics import var as var
from tutor.ops.sums import all as all
from tutor.ops.sums import any as any
from tutor.ops.sums import max as max
from tutor.ops.sums import mean as mean
from tutor.ops.sums import min as min
from tutor.ops.sums import size as size
from tutor.ops.sums import sum as sum
from tutor.tensor import fft as fft
from tutor.tensor import nlinalg as nlinalg
from tutor.tensor import nnet as nnet
from tutor.tensor import shared_randomstreams as shared_randomstreams
from tutor.tensor import signal as signal
from tutor.tensor import slinalg as slinalg
from tutor.tensor.constructors import FloatX
from tutor.tensor.constructors import tensor as tensor

bcol: TensorType
bcols: Callable[..., list[Variable]]
bmatrices: Callable[..., list[Variable]]
bmatrix: TensorType
brow: TensorType
brows: Callable[..., list[Variable]]
bscalar: TensorType
bscalars: Callable[..., list[Variable]]
btensor3: TensorType
btensor3s: Callable[..., list[Variable]]
btensor4: TensorType
btensor4s: Callable[..., list[Variable]]
btensor5: TensorType
btensor5s: Callable[..., list[Variable]]
btensor6: TensorType
btensor6s: Callable[..., list[Variable]]
btensor7: TensorType
btensor7s: Callable[..., list[Variable]]
bvector: TensorType
bvectors: Callable[..., list[Variable]]
ccol: TensorType
ccols: Callable[..., list[Variable]]
cmatrices: Callable[..., list[Variable]]
cmatrix: TensorType
col: FloatX
cols: Callable[..., list[Variable]]
crow: TensorType
crows: Callable[..., list[Variable]]
cscalar: TensorType
cscalars: Callable[..., list[Variable]]
ctensor3: TensorType
ctensor3s: Callable[..., list[Variable]]
ctensor4: TensorType
ctensor4s: Callable[..., list[Variable]]
ctensor5: TensorType
ctensor5s: Callable[..., list[Variable]]
ctensor6: TensorType
ctensor6s: Callable[..., list[Variable]]
ctensor7: TensorType
ctensor7s: Callable[..., list[Variable]]
cvector: TensorType
cvectors: Callable[..., list[Variable]]
dcol: TensorType
dcols: Callable[..., list[Variable]]
def abs_(x: Any, /, **settings: Any) -> Variable:
    """The absolute value |x|."""
def absolute(x: Any, /, **settings: Any) -> Variable:
    """The absolute value |x|."""
def add(*operands: Any, **settings: Any) -> Variable:
    """The sum x + y."""
def and_(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Bitwise and; of bools, logical and."""
def angle(x: Any, /, **settings: Any) -> Variable:
    """The angle of a complex number, in radians: float64, as in Theano."""
def arccos(x: Any, /, **settings: Any) -> Variable:
    """The angle, in radians, whose cosine is x."""
def arccosh(x: Any, /, **settings: Any) -> Variable:
    """The inverse of the hyperbolic cosine."""
def arcsin(x: Any, /, **settings: Any) -> Variable:
    """The angle, in radians, whose sine is x."""
def arcsinh(x: Any, /, **settings: Any) -> Variable:
    """The inverse of the hyperbolic sine."""
def arctan(x: Any, /, **settings: Any) -> Variable:
    """The angle, in radians, whose tangent is x."""
def arctan2(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The angle, in radians, of the point (y, x): vertical part first."""
def arctanh(x: Any, /, **settings: Any) -> Variable:
    """The inverse of the hyperbolic tangent."""
def cbrt(x: Any, /, **settings: Any) -> Variable:
    """The cube root, of negative numbers too."""
def ceil(x: Any, /, **settings: Any) -> Variable:
    """The smallest whole number that is not smaller than x."""
def clip(x: Any, y: Any, z: Any, /, **settings: Any) -> Variable:
    """x, held between low and high."""
def complex(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The complex number x + iy."""
def complex_from_polar(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The complex number with this absolute value and angle (in radians)."""
def copysign(x: Any, y: Any, /, **settings: Any) -> Variable:
    """x with the sign of y, that of a zero too."""
def cos(x: Any, /, **settings: Any) -> Variable:
    """The cosine of x, in radians."""
def cosh(x: Any, /, **settings: Any) -> Variable:
    """The hyperbolic cosine."""
def deg2rad(x: Any, /, **settings: Any) -> Variable:
    """An angle in degrees, in radians."""
def eq(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x is equal to y, as a bool."""
def erf(x: Any, /, **settings: Any) -> Variable:
    """The error function."""
def erfc(x: Any, /, **settings: Any) -> Variable:
    """1 - erf(x), precise also where that is small."""
def erfcinv(x: Any, /, **settings: Any) -> Variable:
    """The y with erfc(y) = x."""
def erfinv(x: Any, /, **settings: Any) -> Variable:
    """The y with erf(y) = x."""
def exp(x: Any, /, **settings: Any) -> Variable:
    """e to the power x."""
def exp2(x: Any, /, **settings: Any) -> Variable:
    """2 to the power x."""
def expm1(x: Any, /, **settings: Any) -> Variable:
    """exp(x) - 1, precise also where x is small."""
def fill(x: Any, y: Any, /, **settings: Any) -> Variable:
    """y, stretched to the shape of x."""
def floor(x: Any, /, **settings: Any) -> Variable:
    """The largest whole number that is not larger than x."""
def floor_div(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The quotient rounded down."""
def gamma(x: Any, /, **settings: Any) -> Variable:
    """The gamma function: (x - 1)! for a whole number x."""
def gammaln(x: Any, /, **settings: Any) -> Variable:
    """The logarithm of the absolute value of gamma."""
def ge(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x is larger than or equal to y, as a bool."""
def gt(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x is larger than y, as a bool."""
def hypot(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The long side of a right triangle: sqrt(x² + y²)."""
def imag(x: Any, /, **settings: Any) -> Variable:
    """The imaginary part."""
def invert(x: Any, /, **settings: Any) -> Variable:
    """Bitwise not; of bools, logical not."""
def isfinite(x: Any, /, **settings: Any) -> Variable:
    """Whether x is neither infinite nor nan."""
def isinf(x: Any, /, **settings: Any) -> Variable:
    """Whether x is infinite."""
def isnan(x: Any, /, **settings: Any) -> Variable:
    """Whether x is not a number."""
def le(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x is smaller than or equal to y, as a bool."""
def left_shift(x: Any, y: Any, /, **settings: Any) -> Variable:
    """x with its bits moved y places to the left."""
def log(x: Any, /, **settings: Any) -> Variable:
    """The natural logarithm."""
def log10(x: Any, /, **settings: Any) -> Variable:
    """The logarithm to the base 10."""
def log1p(x: Any, /, **settings: Any) -> Variable:
    """log(1 + x), precise also where x is small."""
def log2(x: Any, /, **settings: Any) -> Variable:
    """The logarithm to the base 2."""
def logaddexp(x: Any, y: Any, /, **settings: Any) -> Variable:
    """log(exp(x) + exp(y)), without overflow."""
def logaddexp2(x: Any, y: Any, /, **settings: Any) -> Variable:
    """log2(2**x + 2**y), without overflow."""
def logical_and(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x and y are both true (not 0)."""
def logical_not(x: Any, /, **settings: Any) -> Variable:
    """Whether x is false (0)."""
def logical_or(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x or y is true (not 0), or both."""
def logical_xor(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether exactly one of x and y is true (not 0)."""
def lt(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x is smaller than y, as a bool."""
def maximum(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The larger of x and y; nan where one of them is."""
def minimum(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The smaller of x and y; nan where one of them is."""
def mod(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The remainder of x // y, with the sign of y."""
def mul(*operands: Any, **settings: Any) -> Variable:
    """The product x * y."""
def neg(x: Any, /, **settings: Any) -> Variable:
    """The negative -x."""
def neq(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Whether x is different from y, as a bool."""
def or_(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Bitwise or; of bools, logical or."""
def polygamma(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The n-th derivative of psi, for whole n from 0 on."""
def pow(x: Any, y: Any, /, **settings: Any) -> Variable:
    """x to the power y."""
def psi(x: Any, /, **settings: Any) -> Variable:
    """The derivative of the logarithm of gamma."""
def rad2deg(x: Any, /, **settings: Any) -> Variable:
    """An angle in radians, in degrees."""
def real(x: Any, /, **settings: Any) -> Variable:
    """The real part."""
def reciprocal(x: Any, /, **settings: Any) -> Variable:
    """One over x."""
def right_shift(x: Any, y: Any, /, **settings: Any) -> Variable:
    """x with its bits moved y places to the right."""
def round_half_away_from_zero(x: Any, /, **settings: Any) -> Variable:
    """The nearest whole number; of two that are equally near, the one away from zero."""
def round_half_to_even(x: Any, /, **settings: Any) -> Variable:
    """The nearest whole number; of two that are equally near, the even one."""
def sgn(x: Any, /, **settings: Any) -> Variable:
    """-1, 0 or 1: the sign of x."""
def sin(x: Any, /, **settings: Any) -> Variable:
    """The sine of x, in radians."""
def sinh(x: Any, /, **settings: Any) -> Variable:
    """The hyperbolic sine."""
def sqr(x: Any, /, **settings: Any) -> Variable:
    """The square of x."""
def sqrt(x: Any, /, **settings: Any) -> Variable:
    """The square root."""
def sub(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The difference x - y."""
def switch(x: Any, y: Any, z: Any, /, **settings: Any) -> Variable:
    """x where the condition holds, y elsewhere. Both are computed."""
def tan(x: Any, /, **settings: Any) -> Variable:
    """The tangent of x, in radians."""
def tanh(x: Any, /, **settings: Any) -> Variable:
    """The hyperbolic tangent."""
def tensor_copy(x: Any, /, **settings: Any) -> Variable:
    """A copy of x."""
def tri_gamma(x: Any, /, **settings: Any) -> Variable:
    """The derivative of psi."""
def true_div(x: Any, y: Any, /, **settings: Any) -> Variable:
    """The quotient x / y; of integers a float."""
def trunc(x: Any, /, **settings: Any) -> Variable:
    """x without what stands behind the point."""
def xlogy0(x: Any, y: Any, /, **settings: Any) -> Variable:
    """x log y; 0 where x is 0."""
def xor(x: Any, y: Any, /, **settings: Any) -> Variable:
    """Bitwise exclusive or; of bools, whether they differ."""
dmatrices: Callable[..., list[Variable]]
dmatrix: TensorType
drow: TensorType
drows: Callable[..., list[Variable]]
dscalar: TensorType
dscalars: Callable[..., list[Variable]]
dtensor3: TensorType
dtensor3s: Callable[..., list[Variable]]
dtensor4: TensorType
dtensor4s: Callable[..., list[Variable]]
dtensor5: TensorType
dtensor5s: Callable[..., list[Variable]]
dtensor6: TensorType
dtensor6s: Callable[..., list[Variable]]
dtensor7: TensorType
dtensor7s: Callable[..., list[Variable]]
dvector: TensorType
dvectors: Callable[..., list[Variable]]
fcol: TensorType
fcols: Callable[..., list[Variable]]
fmatrices: Callable[..., list[Variable]]
fmatrix: TensorType
frow: TensorType
frows: Callable[..., list[Variable]]
fscalar: TensorType
fscalars: Callable[..., list[Variable]]
ftensor3: TensorType
ftensor3s: Callable[..., list[Variable]]
ftensor4: TensorType
ftensor4s: Callable[..., list[Variable]]
ftensor5: TensorType
ftensor5s: Callable[..., list[Variable]]
ftensor6: TensorType
ftensor6s: Callable[..., list[Variable]]
ftensor7: TensorType
ftensor7s: Callable[..., list[Variable]]
fvector: TensorType
fvectors: Callable[..., list[Variable]]
icol: TensorType
icols: Callable[..., list[Variable]]
imatrices: Callable[..., list[Variable]]
imatrix: TensorType
irow: TensorType
irows: Callable[..., list[Variable]]
iscalar: TensorType
iscalars: Callable[..., list[Variable]]
itensor3: TensorType
itensor3s: Callable[..., list[Variable]]
itensor4: TensorType
itensor4s: Callable[..., list[Variable]]
itensor5: TensorType
itensor5s: Callable[..., list[Variable]]
itensor6: TensorType
itensor6s: Callable[..., list[Variable]]
itensor7: TensorType
itensor7s: Callable[..., list[Variable]]
ivector: TensorType
ivectors: Callable[..., list[Variable]]
lcol: TensorType
lcols: Callable[..., list[Variable]]
lmatrices: Callable[..., list[Variable]]
lmatrix: TensorType
lrow: TensorType
lrows: Callable[..., list[Variable]]
lscalar: TensorType
lscalars: Callable[..., list[Variable]]
ltensor3: TensorType
ltensor3s: Callable[..., list[Variable]]
ltensor4: TensorType
ltensor4s: Callable[..., list[Variable]]
ltensor5: TensorType
ltensor5s: Callable[..., list[Variable]]
ltensor6: TensorType
ltensor6s: Callable[..., list[Variable]]
ltensor7: TensorType
ltensor7s: Callable[..., list[Variable]]
lvector: TensorType
lvectors: Callable[..., list[Variable]]
matrices: Callable[..., list[Variable]]
matrix: FloatX
row: FloatX
rows: Callable[..., list[Variable]]
scalar: FloatX
scalars: Callable[..., list[Variable]]
tensor3: FloatX
tensor3s: Callable[..., list[Variable]]
tensor4: FloatX
tensor4s: Callable[..., list[Variable]]
tensor5: FloatX
tensor5s: Callable[..., list[Variable]]
tensor6: FloatX
tensor6s: Callable[..., list[Variable]]
tensor7: FloatX
tensor7s: Callable[..., list[Variable]]
vector: FloatX
vectors: Callable[..., list[Variable]]
wcol: TensorType
wcols: Callable[..., list[Variable]]
wmatrices: Callable[..., list[Variable]]
wmatrix: TensorType
wrow: TensorType
wrows: Callable[..., list[Variable]]
wscalar: TensorType
wscalars: Callable[..., list[Variable]]
wtensor3: TensorType
wtensor3s: Callable[..., list[Variable]]
wtensor4: TensorType
wtensor4s: Callable[..., list[Variable]]
wtensor5: TensorType
wtensor5s: Callable[..., list[Variable]]
wtensor6: TensorType
wtensor6s: Callable[..., list[Variable]]
wtensor7: TensorType
wtensor7s: Callable[..., list[Variable]]
wvector: TensorType
wvectors: Callable[..., list[Variable]]
zcol: TensorType
zcols: Callable[..., list[Variable]]
zmatrices: Callable[..., list[Variable]]
zmatrix: TensorType
zrow: TensorType
zrows: Callable[..., list[Variable]]
zscalar: TensorType
zscalars: Callable[..., list[Variable]]
ztensor3: TensorType
ztensor3s: Callable[..., list[Variable]]
ztensor4: TensorType
ztensor4s: Callable[..., list[Variable]]
ztensor5: TensorType
ztensor5s: Callable[..., list[Variable]]
ztensor6: TensorType
ztensor6s: Callable[..., list[Variable]]
ztensor7: TensorType
ztensor7s: Callable[..., list[Variable]]
zvector: TensorType
zvectors: Callable[..., list[Variable]]
as_tensor = as_tensor_variable
bitwise_and = and_
bitwise_not = invert
bitwise_or = or_
bitwise_xor = xor
conjugate = conj
divide = true_div
equal = eq
expand_dims = shape_padaxis
floor_divide = floor_div
greater = gt
greater_equal = ge
int_div = floor_div
inv = reciprocal
less = lt
less_equal = le
multiply = mul
negative = neg
not_ = logical_not
not_equal = neq
power = pow
remainder = mod
rint = round_half_to_even
row_stack = vstack
second = fill
sign = sgn
square = sqr
subtract = sub
true_divide = true_div
where = switch
