"""`tutor.tensor.shared_randomstreams`: random variables with their states; public names only.

>>> RandomStreams(seed=1).normal((2, 3)).ndim
2
"""

from tutor.ops.random import RandomStreams
from tutor.ops.shared import RandomStateSharedVariable

__all__ = ["RandomStateSharedVariable", "RandomStreams"]
