"""`tutor.sandbox.rng_mrg`: random streams by the generator MRG31k3p; public names only.

>>> MRG_RandomStreams(seed=1).normal((2, 3)).ndim
2
"""

from tutor.ops.random_mrg import MRG_RandomStreams, guess_n_streams

__all__ = ["MRG_RandomStreams", "guess_n_streams"]
