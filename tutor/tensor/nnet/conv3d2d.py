"""`theano.tensor.nnet.conv3d2d`: a convolution over time and space, with time before channels."""

from tutor.ops.structured import conv3d2d as conv3d

__all__ = ["conv3d"]
