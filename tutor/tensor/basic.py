"""`theano.tensor.basic`: every name of `tutor.tensor` itself.

>>> import tutor.tensor as T
>>> T.basic.exp is T.exp
True
"""

import sys
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(sys.modules["tutor.tensor"], name)
