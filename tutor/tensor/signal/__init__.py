"""`theano.tensor.signal`: pooling (`pool`, and `downsample` as it was called) and 2-d convolution.

>>> import tutor.tensor as T
>>> T.signal.pool.pool_2d(T.dmatrix(), (2, 2), ignore_border=True).ndim
2
"""

from tutor.tensor.signal import conv, downsample, pool

__all__ = ["conv", "downsample", "pool"]
