"""`tutor.tensor.signal.conv`: images convolved with filters, without batches and channels."""

from tutor.ops.convolutions import signal_conv2d as conv2d

__all__ = ["conv2d"]
