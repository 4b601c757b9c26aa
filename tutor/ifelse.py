"""`tutor.ifelse`: a choice between two branches of which one is evaluated; public names only.

>>> import tutor.tensor as T
>>> ifelse(T.constant(1), T.constant(2.0), T.constant(3.0)).eval()
array(2., dtype=float32)
"""

from tutor.ops.control import IfElse, ifelse

__all__ = ["IfElse", "ifelse"]
