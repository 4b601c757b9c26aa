"""What loops call beside the lines of their steps. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

from tutor.errors import BadValueError


def first_steps(x: Any, n: Any) -> Any:
    """The first n elements of x, of which there have to be so many.

    >>> first_steps([5, 6, 7], 2)
    [5, 6]
    """
    if n > len(x) or n < 0:
        raise BadValueError(f"scan was asked for {n} steps, and a sequence has {len(x)}.",
                            fix="Pass a smaller n_steps, or leave it out.")  # fmt: skip
    return x[:n]
