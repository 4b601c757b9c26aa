"""`theano.tensor.xlogx`: x log x, and x log y, which are 0 where x is."""

from tutor.ops.special import xlogx, xlogy0

__all__ = ["xlogx", "xlogy0"]
