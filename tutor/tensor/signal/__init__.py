"""`tutor.tensor.signal`: pooling (`pool`) and 2-d convolution (`conv`).

>>> import tutor.tensor as T
>>> T.signal.pool.pool_2d(T.dmatrix(), (2, 2), ignore_border=True).ndim
2
"""

from tutor.tensor.signal import conv, pool

__all__ = ["conv", "pool"]
