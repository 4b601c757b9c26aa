"""`theano.tensor.signal.pool`: windows over the last dimensions, each reduced to one number."""

from tutor.ops.pooling import Pool, max_pool_2d, max_pool_2d_same_size, pool_2d, pool_3d

__all__ = ["Pool", "max_pool_2d", "max_pool_2d_same_size", "pool_2d", "pool_3d"]
