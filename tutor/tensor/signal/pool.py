"""`tutor.tensor.signal.pool`: windows over the last dimensions, each reduced to one number."""

from tutor.names import naming_the_nearest
from tutor.ops.pooling import max_pool_2d, max_pool_2d_same_size, pool_2d, pool_3d
from tutor.signatures import answering_module

__all__ = ["max_pool_2d", "max_pool_2d_same_size", "pool_2d", "pool_3d"]

__getattr__ = naming_the_nearest("tutor.tensor.signal.pool", "T.signal.pool.", __all__)
answering_module(globals())
