"""`tutor.tensor.slinalg`: linear algebra for which Theano went to SciPy; here it is NumPy's.

>>> import tutor.tensor as T
>>> T.slinalg.kron([[1, 2]], [[3]]).eval()
array([[3, 6]])
"""

from tutor.names import naming_the_nearest
from tutor.ops.decompositions import cholesky, eigvalsh
from tutor.ops.matrices import expm
from tutor.ops.solving import (
    kron,
    solve,
    solve_lower_triangular,
    solve_symmetric,
    solve_upper_triangular,
)
from tutor.signatures import answering_module

__all__ = [
    "cholesky", "eigvalsh", "expm", "kron", "solve",
    "solve_lower_triangular", "solve_symmetric", "solve_upper_triangular",
]

__getattr__ = naming_the_nearest("tutor.tensor.slinalg", "T.slinalg.", __all__)
answering_module(globals())
