"""`tutor.tensor.signal.conv`: images convolved with filters, without batches and channels."""

from tutor.ops.convolutions import signal_conv2d as conv2d
from tutor.signatures import answering_module

__all__ = ["conv2d"]
answering_module(globals())
