"""The core: a symbolic engine that is read in a day, which knows NumPy alone.
Read what there is (seams, errors, types, graph), walk (its `interpret` is the meaning of all), op,
elementwise, arrays, indexing, variables, gradient, function, scan; methods.pyi is for editors. The
rest of `tutor` imports the core, and never the other way round: what it adds, it sets in `seams`.

>>> x = dscalar("x")
>>> function([x], grad(x ** 2, x))(3)
array(6.)
"""

# isort: off
from tutor.core.arrays import (
    dimshuffle, dot, mean, ones_like, outer, shape, sum, transpose, zeros_like)
from tutor.core.elementwise import (
    abs_, add, and_, cast, eq, exp, ge, gt, le, log, lt, maximum, minimum, mul, neg, neq, pow, sgn,
    sigmoid, sqr, sqrt, sub, switch, tanh, true_div)
# isort: on
from tutor.core.function import Function, evaluate, function
from tutor.core.gradient import grad
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, constant
from tutor.core.indexing import concatenate
from tutor.core.op import Op
from tutor.core.scan import scan, until
from tutor.core.types import TensorType, several
from tutor.core.variables import SharedVariable, shared
from tutor.core.walk import interpret, rebuild, toposort

iscalar, lscalar, fscalar, dscalar = (
    TensorType(d, ()) for d in ("int32", "int64", "float32", "float64"))
ivector, lvector, fvector, dvector = (
    TensorType(d, (False,)) for d in ("int32", "int64", "float32", "float64"))
imatrix, lmatrix, fmatrix, dmatrix = (
    TensorType(d, (False, False)) for d in ("int32", "int64", "float32", "float64"))
drow, dcol = TensorType("float64", (True, False)), TensorType("float64", (False, True))
dscalars, lscalars = several(dscalar), several(lscalar)
dvectors, dmatrices = several(dvector), several(dmatrix)

__all__ = [
    "Apply", "Constant", "Function", "Op", "SharedVariable", "TensorType", "Variable", "abs_",
    "add", "and_", "as_tensor_variable", "cast", "concatenate", "constant", "dcol", "dimshuffle",
    "dmatrices", "dmatrix", "dot", "drow", "dscalar", "dscalars", "dvector", "dvectors", "eq",
    "evaluate", "exp", "fmatrix", "fscalar", "function", "fvector", "ge", "grad", "gt", "imatrix",
    "interpret", "iscalar", "ivector", "le", "lmatrix", "log", "lscalar", "lscalars",
    "lt", "lvector", "maximum", "mean", "minimum", "mul", "neg", "neq", "ones_like",
    "outer", "pow", "rebuild", "scan", "several", "sgn", "shape", "shared", "sigmoid", "sqr",
    "sqrt", "sub", "sum", "switch", "tanh", "toposort", "transpose", "true_div",
    "until", "zeros_like",
]  # fmt: skip
