"""`tutor.tensor.nlinalg`: linear algebra that NumPy has.

>>> import tutor.tensor as T
>>> T.nlinalg.trace([[1.0, 2.0], [3.0, 4.0]]).eval()
array(5.)
"""

from tutor.names import naming_the_nearest
from tutor.ops.decompositions import eig, eigh, qr, svd
from tutor.ops.decompositions import matrix_norm as norm
from tutor.ops.diagonals import alloc_diag, diag, trace
from tutor.ops.matrices import det, matrix_dot, matrix_inverse, matrix_power, pinv, slogdet
from tutor.ops.solving import lstsq, tensorinv, tensorsolve
from tutor.signatures import answering_module

__all__ = [
    "alloc_diag", "det", "diag", "eig", "eigh", "lstsq", "matrix_dot", "matrix_inverse",
    "matrix_power", "norm", "pinv", "qr", "slogdet", "svd", "tensorinv", "tensorsolve", "trace",
]

__getattr__ = naming_the_nearest("tutor.tensor.nlinalg", "T.nlinalg.", __all__)
answering_module(globals())
