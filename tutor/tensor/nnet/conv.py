"""`theano.tensor.nnet.conv`: `conv2d` with its older arguments."""

from tutor.ops.convolutions import old_conv2d as conv2d

__all__ = ["conv2d"]
