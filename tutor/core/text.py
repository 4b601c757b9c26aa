"""Formulas as text, in short: what `repr` and errors write of an expression.

Comes before the graph, which speaks in formulas. `tutor/formulas.py` writes them with names for
their parts, in text and in mathematics, in place of this.

>>> import tutor.core as T; in_text(T.dscalar("x") + 1)
'x + 1'
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.core.errors import shortened

MOST = 40  # operations in a formula


def in_text(v: Any, longest: int | None = None) -> str:
    """The formula on one line: the operations nearest to the result, and `…` for the rest.

    An application is a template over its arguments, from the notation of its op, and each stands in
    parentheses where it binds less strongly than its place needs.
    """
    parts, inside = [v], []  # of each part, by their numbers, those that it is made of
    for part in parts:  # which grow on the way, the nearest first
        leaf = part.owner is None or (part.name and part is not v) or len(parts) > MOST
        made_of = [] if leaf else part.owner.inputs
        inside.append(range(len(parts), len(parts) + len(made_of)))
        parts += made_of
    written: dict[int, tuple[str, float]] = {}
    for number in reversed(range(len(parts))):
        part, made_of = parts[number], [written[i] for i in inside[number]]
        written[number] = _applied(part, made_of) if made_of else (_alone(part), 10)
    return written[0][0] if longest is None else shortened(written[0][0], longest)


def _applied(v: Any, arguments: list[tuple[str, float]]) -> tuple[str, float]:
    """An operation on arguments that are written already, and how strongly the whole binds."""
    notation = v.owner.op.notation(v.owner)
    needs = [*notation.needs, *[0] * len(arguments)]
    texts = [text if level >= need else f"({text})"
             for (text, level), need in zip(arguments, needs, strict=False)]
    text = notation.text.format(*texts, step="…")
    return (f"{text}[{v.index}]", 10) if len(v.owner.outputs) > 1 else (text, notation.level)


def _alone(v: Any) -> str:
    """A variable by its name, its value or its type."""
    if v.name is not None or v.owner is not None:
        return v.name or "…"
    if not hasattr(v, "data"):
        return f"<{v.type}>"
    return f"array{np.shape(v.data)}" if np.ndim(v.data) else str(v.data).removesuffix(".0")
