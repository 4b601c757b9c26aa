"""`tutor.tensor.raw_random`: draws that take a random state and give the next; public names only.

>>> new, draw = normal(random_state_type(), (2, 3))
>>> draw.ndim
2
"""

from tutor.ops.random import (
    RandomFunction,
    binomial,
    choice,
    multinomial,
    normal,
    permutation,
    poisson,
    random_integers,
    random_state_type,
    uniform,
)
from tutor.ops.random_kernels import choice as choice_helper
from tutor.ops.random_kernels import multinomial as multinomial_helper
from tutor.ops.random_kernels import permutation as permutation_helper
from tutor.ops.random_kernels import random_integers as random_integers_helper
from tutor.types import RandomStateType

__all__ = [
    "RandomFunction", "RandomStateType", "binomial", "choice", "choice_helper", "multinomial",
    "multinomial_helper", "normal", "permutation", "permutation_helper", "poisson",
    "random_integers", "random_integers_helper", "random_state_type", "uniform",
]
