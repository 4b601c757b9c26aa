"""The 1,797 handwritten digits of the course: small enough to train on in seconds.

Their source and licence stand in `data/digits.txt`.

>>> digits()
<1797 handwritten digits of 8 x 8 pixels>
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import BadValueError
from tutor.core.graph import quoted
from tutor.ops.random import seeded
from tutor.signatures import answering

DATA = files("tutor.course") / "data" / "digits.npz"
LEVELS = 16  # the ink in one pixel: 0 to 16


class Digits(NamedTuple):
    """Handwritten digits: `x` (n, 64) float64 in 0 to 1, one a row; `y` (n,) int64, 0 to 9."""

    x: NDArray[np.float64]
    y: NDArray[np.int64]

    @property
    def images(self) -> NDArray[np.float64]:
        """The same numbers as pictures, (n, 8, 8): 0 is paper and 1 is ink."""
        return self.x.reshape(-1, 8, 8)

    @answering
    def split(self, held_back: int = 360, seed: int = 0) -> tuple[Digits, Digits]:
        """Two sets: one to train on, and `held_back` digits to test on, always the same ones.

        >>> train, test = digits().split()
        >>> train.x.shape, test.y.shape
        ((1437, 64), (360,))
        """
        whole = isinstance(held_back, (int, np.integer)) and not isinstance(held_back, bool)
        if not whole or not 0 < held_back < len(self.y):
            raise BadValueError(
                f"held_back is {quoted(held_back)}: it is how many digits are kept for the test.",
                fix=f"Pass a whole number from 1 to {len(self.y) - 1}.")
        order = seeded(seed).permutation(len(self.y))
        train, test = order[held_back:], order[:held_back]
        return Digits(self.x[train], self.y[train]), Digits(self.x[test], self.y[test])

    def __repr__(self) -> str:
        return f"<{len(self.y)} handwritten digits of 8 x 8 pixels>"


@answering
def digits() -> Digits:
    """All 1,797 digits in the order of their source: E. Alpaydin and C. Kaynak, UCI, 1998.

    >>> x, y = digits()
    >>> x.dtype, x.max(), y[:10]
    (dtype('float64'), np.float64(1.0), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    """
    pixels, labels = _stored()
    return Digits(pixels / LEVELS, labels.astype(np.int64))


@cache
def _stored() -> tuple[NDArray[Any], NDArray[Any]]:
    with DATA.open("rb") as file, np.load(file) as stored:
        return stored["pixels"], stored["labels"]
