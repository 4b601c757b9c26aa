"""The scheduling pass: what makes little of much (a sum, a product with the transpose of an array)
runs as soon as it can.

Comes after fusing. The array is in the cache still, and what comes next may be written over it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tutor.compile.lowering import Call, Instruction, Program, calls_of
from tutor.graph import Variable


def schedule(program: Program) -> None:
    """Order the instructions of each segment."""
    for segment in program.segments:
        segment.instructions = early(segment.instructions)


def early(parts: Sequence[Instruction]) -> list[Instruction]:
    """The parts in an order in which sums, products of matrices and views come as soon as what
    they read is there; sums before products, which push the rest out of the cache.

    >>> import tutor.tensor as T
    >>> from tutor.compile.lowering import lower
    >>> x, w = T.dmatrices("x", "w")
    >>> a = T.dot(x, w)
    >>> found = lower([x, w], [T.dot(w.T, T.exp(a)), a.sum()])
    >>> [call.op.name for call in early([*found.calls])]
    ['dimshuffle', 'dot', 'sum', 'exp', 'dot']
    """
    place: dict[Variable, int] = {}  # behind which of those that stay a variable is there
    kept: list[Instruction] = []
    behind: dict[int, list[Call]] = {}
    for part in parts:
        if isinstance(part, Call) and part.op.prompt:
            at = max((place.get(v, -1) for v in part.operands), default=-1)
            if at >= 0:
                _put(part, behind.setdefault(at, []))
                place |= dict.fromkeys(part.results, at)
                continue
        place |= {v: len(kept) for call in calls_of(part) for v in call.results}
        kept.append(part)
    return [p for i, part in enumerate(kept) for p in (part, *behind.get(i, ()))]


def _put(call: Call, others: list[Call]) -> None:
    """Put a call behind others, but a sum or a view before the products that it does not need."""
    i = len(others)
    while i and call.op.prompt == 1:
        before = others[i - 1]
        if before.op.prompt == 1 or before.results[0] in call.operands:
            break
        i -= 1
    others.insert(i, call)
