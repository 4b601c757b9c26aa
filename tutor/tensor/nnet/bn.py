"""`theano.tensor.nnet.bn`: batch normalization."""

from tutor.ops.normalization import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]
