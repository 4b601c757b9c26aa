"""Convolution in steps of 1 by rows of outputs: what the windows of one row read is read by those
of the next too, a row further in memory, and so is laid out once for all rows of a filter.

Comes before `sliding.py`, which has what is not so, and says how filters lie over images (a plan).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, prod
from typing import Any

import numpy as np

from tutor.memory import empty
from tutor.threads import evenly, shared_out

COLUMNS = 2**18  # numbers laid out at a time, which the cache holds
WIDE = 64  # places in a row of outputs, from which on it makes a product of matrices by itself
WIDE_SUMS = 512  # the same for what filters get, which is added up row by row
PER_FILTER = 16  # places for each filter: for fewer the filters take longer to turn


def in_a_row(plan: Any, channels: int, batch: int) -> int:
    """How many numbers are laid out for a row of images."""
    return int(channels * prod(plan.kernel[1:]) * prod(plan.out[1:]) * batch)


def by_rows(plan: Any, channels: int, batch: int, filters: int, wide: int) -> bool:
    """Whether it can be done so, and is worth it: a row of outputs has so many places at least, and
    the cache holds the rows that a filter meets."""
    places = prod(plan.out[1:]) * batch
    return (len(plan.out) > 1 and max(plan.step) == plan.dilation[0] == 1 < plan.kernel[0]
            and places >= wide and places * plan.out[0] >= PER_FILTER * filters > 0
            and 0 < plan.kernel[0] * in_a_row(plan, channels, batch) <= 4 * COLUMNS)


def rows_of(plan: Any, channels: int, batch: int) -> list[slice]:
    """Some rows of the output at a time, for each thread as many."""
    rows = max(plan.kernel[0], COLUMNS // in_a_row(plan, channels, batch))
    n = min(evenly(ceil(plan.out[0] / rows)), plan.out[0])
    return [slice(*ends) for ends in pairwise([round(i * plan.out[0] / n) for i in range(n + 1)])]


def stacks(plan: Any, last: Any, groups: int, parts: Sequence[slice]
           ) -> Iterator[tuple[slice, Any]]:
    """For some rows of outputs after the other the windows over images (channels, sizes…, batch),
    as matrices (group, row, element, place); elements are (row, channel, columns…) of a filter."""
    channels, batch = len(last) // groups, last.shape[-1]
    channel, row, *along, one = last.strides
    far = [n * d for n, d in zip(along, plan.dilation[1:], strict=True)]
    across = np.lib.stride_tricks.as_strided(
        last, (groups, last.shape[1], channels, *plan.kernel[1:], *plan.out[1:], batch),
        (channels * channel, row, channel, *far, *along, one))
    elements, places = channels * prod(plan.kernel), prod(plan.out[1:]) * batch
    for part in parts:
        cell = across[:, part.start : part.stop + plan.kernel[0] - 1]
        laid = empty(cell.shape, cell.dtype)
        laid[...] = cell
        yield part, np.lib.stride_tricks.as_strided(
            laid, (groups, part.stop - part.start, elements, places),
            (*laid.strides[:2], places * laid.itemsize, laid.itemsize))


def correlate(plan: Any, last: Any, filters: Any, out: Any, groups: int, worth: bool) -> None:
    """Each filter at each place of images (channels, sizes…, batch): `out` is (filters, sizes…,
    batch)."""
    each = len(filters) // groups
    matrix = filters.swapaxes(1, 2).reshape(groups, 1, each, -1)
    rows = out.reshape(groups, each, plan.out[0], -1).swapaxes(1, 2)

    def work(parts: Sequence[slice]) -> None:
        for part, found in stacks(plan, last, groups, parts):
            np.matmul(matrix, found, out=rows[:, part])

    shared_out(work, rows_of(plan, filters.shape[1], last.shape[-1]), products=True, worth=worth)


def filters_of(plan: Any, last: Any, g: Any, groups: int, worth: bool) -> Any:
    """What filters (filters, channels, kernel…) get from the cotangent g, (filters, sizes…,
    batch)."""
    each, channels = len(g) // groups, len(last) // groups
    rows = g.reshape(groups, each, plan.out[0], -1).transpose(0, 2, 3, 1)

    def work(parts: Sequence[slice]) -> Any:
        total = np.zeros((groups, channels * prod(plan.kernel), each), np.result_type(last, g))
        for part, found in stacks(plan, last, groups, parts):
            for i in range(found.shape[1]):
                total += np.matmul(found[:, i], rows[:, part.start + i])
        return total

    parts = rows_of(plan, channels, last.shape[-1])
    first, *rest = shared_out(work, parts, products=True, worth=worth)
    total = sum(rest, first).swapaxes(1, 2)
    return np.ascontiguousarray(total.reshape(
        len(g), plan.kernel[0], channels, *plan.kernel[1:]).swapaxes(1, 2))
