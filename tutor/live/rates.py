"""The slider of a learning rate: from where to where it goes.

Stands by itself.
"""

from __future__ import annotations

import math

from tutor.core.variables import SharedVariable


def span(rate: SharedVariable) -> tuple[float, float] | None:
    """The ends of the slider: powers of ten, well around the value; None where it is not
    positive."""
    value = float(rate.container.value)
    if not 0 < value < math.inf:
        return None
    return 10.0 ** math.floor(math.log10(value) - 1), 10.0 ** math.ceil(math.log10(value) + 1)
