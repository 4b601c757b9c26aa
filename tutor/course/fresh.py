"""Points that nobody has read beforehand: drawn at each judgement, of the kind of those listed.

Comes before the checks. A table of the right values at the points of a key is no answer: it is
asked at other points, too. What is drawn keeps what the question says of its data: rows that add up
to 1 do so still, whole numbers stay those numbers, and what is listed bounds what is drawn.

>>> sorted(fresh([(1, 0.5), (2, 0.5)]))
[(1, 0.5), (2, 0.5)]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Calls = Sequence[Sequence[Any]]


def fresh(calls: Calls) -> list[tuple[Any, ...]]:
    """Other arguments for these calls, of the same shapes."""
    rng = np.random.default_rng()
    columns = [drawn([*values], rng) for values in zip(*calls, strict=True)]
    return [*zip(*columns, strict=True)] if columns else [() for _ in calls]


def drawn(listed: list[Any], rng: np.random.Generator) -> list[Any]:
    """Other values for those that an argument has in these calls.

    Whole numbers change places; others are mixed, numbers with each other, arrays with themselves.
    """
    arrays = [np.asarray(value) for value in listed]
    numbers = np.concatenate([np.ravel(a) for a in arrays])
    if not np.isfinite(numbers).all():
        return listed
    whole = bool((numbers == np.round(numbers)).all())
    if not any(a.ndim for a in arrays):
        found = rng.permutation(numbers) if whole else rng.uniform(
            numbers.min(), numbers.max(), len(listed))
        return list(found.tolist())
    moved = [rng.permuted(a, axis=-1) if a.ndim else a for a in arrays]
    if whole:
        return moved
    return [a + rng.uniform(0.1, 0.9) * (b - a) for a, b in zip(arrays, moved, strict=True)]
