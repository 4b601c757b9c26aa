"""`theano.tensor.nnet.blocksparse`: some blocks of a product of matrices."""

from tutor.ops.structured import sparse_block_dot

__all__ = ["sparse_block_dot"]
