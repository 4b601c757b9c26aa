"""Derivatives: `grad`, `jacobian`, `hessian`, `Rop`, `Lop`, and what holds a gradient back.

In `derivatives/`, `pulling.py` walks backwards, `forward.py` forwards; `cost.py` has `grad`,
`products.py` products with Jacobians and whole ones. `compile/verify.py` has finite differences.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> tutor.grad(x ** 2, x).eval({x: 3})
array(6.)
"""

from tutor.compile.verify import GradientError, mode_not_slow, numeric_grad, verify_grad
from tutor.core.errors import DisconnectedInputError
from tutor.derivatives.cost import format_as, grad, subgraph_grad
from tutor.derivatives.markers import (
    ConsiderConstant,
    DisconnectedGrad,
    GradClip,
    GradScale,
    UndefinedGrad,
    ZeroGrad,
    consider_constant,
    consider_constant_,
    disconnected_grad,
    disconnected_grad_,
    grad_clip,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    undefined_grad,
    undefined_grad_,
    zero_grad,
    zero_grad_,
)
from tutor.derivatives.products import Lop, Rop, hessian, hessian_vector_product, jacobian
from tutor.derivatives.pulling import pull_back
from tutor.errors import NullTypeGradError
from tutor.names import naming_the_nearest
from tutor.ops.undefined import DisconnectedType, NullType, disconnected_type

__all__ = [
    "ConsiderConstant", "DisconnectedGrad", "DisconnectedInputError", "DisconnectedType",
    "GradClip", "GradScale", "GradientError", "Lop", "NullType", "NullTypeGradError", "Rop",
    "UndefinedGrad", "ZeroGrad", "consider_constant", "consider_constant_", "disconnected_grad",
    "disconnected_grad_", "disconnected_type", "format_as", "grad", "grad_clip",
    "grad_not_implemented", "grad_scale", "grad_undefined", "hessian", "hessian_vector_product",
    "jacobian", "mode_not_slow", "numeric_grad", "pull_back", "subgraph_grad", "undefined_grad",
    "undefined_grad_", "verify_grad", "zero_grad", "zero_grad_",
]

__getattr__ = naming_the_nearest("tutor.gradient", "tutor.gradient.", __all__)
