"""An expression with its derivatives: both graphs side by side, and formulas, as they are computed
and as a person writes them.

Comes after `derive`, whose last lines are the short formulas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tutor.core.graph import Variable
from tutor.core.walk import toposort
from tutor.formulas import Written, written
from tutor.pictures import display, html
from tutor.pictures.derivation.derivation import LIMIT, SHORT, defined
from tutor.pictures.derivation.notation import Hand
from tutor.pictures.derivation.preprocessing import prepared
from tutor.pictures.derivation.steps import Lines
from tutor.pictures.derive import activations, counts
from tutor.pictures.display import (
    BOTH,
    Drawn,
    Pair,
    Parts,
    derivative_names,
    derivatives,
    drawn,
    formulas_of,
    listed,
    named_derivatives,
    title_of,
)
from tutor.pictures.latex import aligned, symbol
from tutor.pictures.picture import Names
from tutor.pictures.plain import plain

MOST = 60  # operations of an expression whose derivatives are written in short


class Beside(Hand):
    """Mathematics by hand beside formulas whose parts have names of their own."""

    part = "s_{{{}}}"


BESIDE = Beside()


def parts_of(obj: Any, wrt: Any = None, plumbing: bool = False) -> Parts:
    """An object in every format; with `wrt`, an expression with its derivatives."""
    if wrt is not None:
        return of_gradient(obj, listed(wrt), plumbing)
    return display.parts_of(obj, plumbing)


def of_gradient(cost: Variable, wrt: Sequence[Variable], plumbing: bool = False) -> Parts:
    """An expression and its derivatives, side by side."""
    gradients = derivatives(cost, wrt)
    names = Names.of([cost, *gradients], plumbing)
    called, titles = derivative_names(cost, wrt, names)
    named = named_derivatives(called, titles, cost, gradients, names)
    pair = Pair([cost], gradients)
    roles: dict[Variable, list[str]] = {v: ["wrt"] for v in wrt}

    def sides(always: bool) -> list[Drawn]:
        asked = ([cost], title_of(cost), roles), \
            (gradients, f"Graph of the derivatives of {called}", {**roles, **pair.new})
        return [drawn(ends, names, title, always, roles=marks, badges=pair.badges)
                for ends, title, marks in asked]

    left, right = sides(False)
    if left.out is not right.out:  # plumbing is left out of both
        left, right = sides(True)
    found = gradient_formulas(cost, wrt, gradients, left.called, named, left.out or right.out)
    numbered = bool(pair.badges)
    new = "Orange nodes are new in the derivative." if pair.new else ""
    text = html.page(html.math(found),
                     html.beside(left.html("expression"), right.html("derivative")),
                     html.line(f"{BOTH if numbered else ''} {new}".strip()))
    return Parts(found.plain, aligned(found.equations), text, right.picture)


def gradient_formulas(cost: Variable, wrt: Sequence[Variable], gradients: Sequence[Variable],
                      called: Mapping[Variable, str], named: Mapping[Variable, str],
                      out: bool = False) -> html.Formulas:
    """What a cost is, and its derivatives: as they are computed, and below that in short. Where
    plumbing is left `out` of pictures, they are told in short alone. What comes out of closed boxes
    is `called` as they are."""
    if out:
        names = {**called, cost: named[cost]}
        short = shortened(cost, wrt, names, [*called, cost])
        if short is not None:
            titles = [symbol(names[v]) for v in (*called, cost)]
            titles += [symbol(named[g]) for g in gradients]
            return of_rows([*zip(titles, short.texts, strict=True), *short.where])
    found = formulas_of([*called, cost, *gradients], {**called, **named})
    if called:
        return found
    short = shortened(cost, wrt, {cost: named[cost]})
    return found if short is None else with_short(found, short)


def shortened(cost: Variable, wrt: Sequence[Variable], names: Mapping[Variable, str],
              heads: Sequence[Variable] = ()) -> Written | None:
    """The derivatives as the last lines of derivations, after the formulas of some `heads`, with
    what stands in them by a name; None where there is no short form."""
    if len(toposort([cost])) > MOST:
        return None
    whole, cost = cost, prepared(cost, wrt)
    names = {**names, cost: names[whole]}
    try:
        lines = [Lines(cost, x, names) for x in wrt]
    except Exception:  # a rule that needs more than types: the derivative is told as it is computed
        return None
    finals = [one.steps[-1].after for one in lines]
    known = dict(names)
    for one in lines:
        known |= one.names
    known |= counts(finals, known)
    known |= activations(cost, finals, known)
    if not heads and any(one.scalar for one in lines):  # as a derivation writes it
        known.pop(cost)
    parts = [v for v in defined(finals, known) if v not in names]
    found = written([*heads, *finals, *parts], BESIDE, LIMIT, SHORT, known)
    count = len(heads) + len(finals)
    named = [symbol(known.get(v) or v.name or "") for v in parts]
    return Written(found.texts[:count],
                   (*zip(named, found.texts[count:], strict=True), *found.where))


def of_rows(rows: Sequence[tuple[str, str]]) -> html.Formulas:
    """Rows of mathematics, as text too."""
    return html.Formulas(tuple(rows), "\n".join(f"{plain(a)} = {plain(b)}" for a, b in rows))


def with_short(found: html.Formulas, short: Written) -> html.Formulas:
    """Formulas of a cost and its derivatives, with the short one below each that is another."""
    count, lines = len(short.texts) + 1, found.plain.splitlines()
    rows = [*found.equations[:1]]
    told, where = lines[:1], found.equations[count:]
    for row, line, text in zip(found.equations[1:count], lines[1:count], short.texts, strict=True):
        rows.append(row)
        told.append(line)
        left, _, right = line.partition(" = ")
        if bare(plain(text)) != bare(right):
            rows.append(("{}", text))
            told.append(f"{' ' * len(left)} = {plain(text)}")
    used = [row for row in short.where if len(rows) > count]
    told += [f"with {plain(a)} = {plain(b)}" for a, b in used]
    return html.Formulas((*rows, *where, *used), "\n".join([*told, *lines[count:]]))


def bare(text: str) -> str:
    """A formula without what only helps to read it.

    >>> bare("2 * x") == bare("2x")
    True
    """
    return re.sub(r"[\s·*()]", "", text)
