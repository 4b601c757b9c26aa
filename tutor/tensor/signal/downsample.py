"""`theano.tensor.signal.downsample`: what `pool` was called before Theano 0.9."""

from tutor.ops.pooling import (
    DownsampleFactorMax,
    max_pool_2d,
    max_pool_2d_same_size,
    pool_2d,
    pool_3d,
)

__all__ = ["DownsampleFactorMax", "max_pool_2d", "max_pool_2d_same_size", "pool_2d", "pool_3d"]
