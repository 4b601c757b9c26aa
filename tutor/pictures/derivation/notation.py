r"""The script of derivations: mathematics as it is written by hand, short.

What is multiplied stands together, a sum of squares is ‖·‖², and casts and shapes are left out. All
this is in how things are written; their values are untouched.

>>> import tutor.tensor as T; from tutor.pictures.latex import in_full
>>> x = T.dvector("x"); in_full(2 * (x ** 2).sum(), HAND).text
'2 \\left\\lVert x\\right\\rVert^{2}'
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from tutor.core.arrays import DimShuffle, Dot, Reduction, Shape
from tutor.core.elementwise import Cast, fill, mul, neg, pow, sqr, sqrt, switch
from tutor.core.graph import Constant, Variable
from tutor.core.indexing import IncSubtensor, Slot, Subtensor
from tutor.facts import is_fixed
from tutor.formulas import Made, Piece
from tutor.notation import Notation
from tutor.ops.creation import ARange
from tutor.ops.diagonals import SetDiagonal
from tutor.pictures.derivation.preprocessing import shaped_as
from tutor.pictures.derivation.product import LONG, fraction, number_of
from tutor.pictures.derivation.simplify import is_zeros
from tutor.pictures.latex import Latex

TIMES, BESIDE = r"{0} \cdot {1}", r"{0} \, {1}"
NUMBER, NEAR = re.compile(r"-?[\d.]+"), re.compile(r"[a-zA-Z](?![a-zA-Z])|\\left")
ONLY = r"_{{\text{{axis=0}}}}"
AXES = {(0,): r"\text{{rows}}", (1,): r"\text{{columns}}"}


class Hand(Latex):
    """Mathematics as people write it."""

    def made(self, v: Variable) -> Made:
        node = v.owner
        if v.paper is None and node is not None:
            kinds = (node.op, *type(node.op).__mro__)
            row = _count if is_count(v) else next((FORMS[k] for k in kinds if k in FORMS), None)
            found = row(v, node) if row is not None else None
            if found is not None:
                return Made(found[0], found[1], (v,), node.op)
        made = super().made(v)
        if v.ndim == 1 or (node is not None and node.inputs and node.inputs[0].ndim == 1):
            latex = made.notation.latex.replace(ONLY, "")  # there is but one
            return made._replace(notation=made.notation._replace(latex=latex))
        return made

    def constant(self, value: Any) -> Piece:
        return (None if getattr(value, "ndim", 1) else exact(value)) or super().constant(value)

    def apply(self, made: Made, pieces: Mapping[Variable, Piece], step: str = "") -> Piece:
        notation = made.notation
        if notation.latex == TIMES:
            left, right = (pieces[v] for v in made.inputs)
            if not right.text[:1].isdigit() or right.level < notation.needs[1]:
                after = self.tight(right, notation.needs[1])
                near = NUMBER.fullmatch(left.text) and NEAR.match(after)
                how = "{0} {1}" if near else BESIDE
                made = made._replace(notation=notation._replace(latex=how))
        return super().apply(made, pieces, step)


Form = tuple[Notation, tuple[Variable, ...]] | None


def exact(value: Any) -> Piece | None:
    r"""A number as the fraction it is the nearest float of, or times π; None where it is neither.

    >>> import numpy as np; [exact(np.float64(v)).text for v in (0.5, -1 / 3, 2 * np.pi, np.pi / 2)]
    ['\\frac{1}{2}', '-\\frac{1}{3}', '2 \\pi', '\\frac{\\pi}{2}']
    """
    for unit, sign in ((1.0, ""), (math.pi, r"\pi")):
        ratio = fraction(float(value) / unit) if value.dtype == "float64" else None
        if ratio is None or (not sign and len(str(value)) <= LONG and abs(value) != 0.5):
            continue
        count = abs(ratio.numerator)
        above = sign if sign and count == 1 else f"{count} {sign}".strip()
        minus, whole = "-" * bool(value < 0), ratio.denominator == 1
        text = above if whole else rf"\frac{{{above}}}{{{ratio.denominator}}}"
        return Piece(minus + text, 8 if minus else 7.2 if whole and above != sign else 9)
    square = fraction(float(value) ** 2) if len(str(value)) > LONG and value > 0 else None
    if square is None or 1 not in (square.numerator, square.denominator):
        return None
    root = rf"\sqrt{{{max(square.numerator, square.denominator)}}}"
    return Piece(root) if square > 1 else Piece(rf"\frac{{1}}{{{root}}}", 9)


def squared(v: Variable) -> Variable | None:
    """What a variable is the square of."""
    node = v.owner
    if node is not None and (node.op is sqr or (node.op is pow and number_of(node.inputs[1]) == 2)):
        return node.inputs[0]
    return None


def _sum(v: Variable, node: Any) -> Form:
    [x], op = node.inputs, node.op
    u = squared(x)
    if op.kind != "sum":
        return None
    if u is not None and op.axis is None and u.ndim:
        return Notation("", r"\left\lVert {0}\right\rVert^{{2}}", 9, (0,)), (u,)
    axes = ", ".join(map(str, op.axes(x)))
    words = rf"\text{{{{axis {axes}}}}}" if x.ndim != 2 else AXES.get(op.axis, "")
    under = f"_{{{{{words}}}}}" if len(op.axes(x)) < x.ndim else ""
    return Notation("", rf"\sum{under} {{0}}", 8, (7,), 7), (x,)


def _root(v: Variable, node: Any) -> Form:
    """The root of a sum of squares is a length."""
    [x] = node.inputs
    whole = x.owner is not None and isinstance(x.owner.op, Reduction)
    found = _sum(x, x.owner) if whole else None
    if found is None or not found[0].latex.endswith("^{{2}}"):
        return None
    return Notation("", r"\left\lVert {0}\right\rVert", 10, (0,)), found[1]


def _dotted(v: Variable, node: Any) -> Form:
    """A product of vectors is a number."""
    x, y = node.inputs
    if x.ndim != 1 or y.ndim != 1:
        return None
    inner = y.owner is not None and isinstance(y.owner.op, Dot) and y.owner.inputs[0].ndim == 2
    return Notation("", r"{0}^{{\top}} \, {1}", 7.5, (10, 7.5 if inner else 8)), (x, y)


def _diagonal(v: Variable, node: Any) -> Form:
    """Ones on the diagonal."""
    x, y = node.inputs
    usual = (node.op.offset, node.op.axis1, node.op.axis2) == (0, 0, 1)
    return (Notation("", r"\mathrm{{I}}"), ()) if usual and is_zeros(x) and is_one(y) else None


def _mask(v: Variable, node: Any) -> Form:
    """What passes only where a condition holds."""
    condition, g, other = node.inputs
    if number_of(other) != 0:
        return None
    if is_one(g):
        return Notation("", r"\left[{0}\right]", 10, (0,)), (condition,)
    if v.ndim == 0:
        return None
    return Notation("", r"{1} \odot \left[{0}\right]", 7, (0, 7)), (condition, g)


def _fill(v: Variable, node: Any) -> Form:
    if is_one(v):
        return Notation("", r"\mathbf{{1}}"), ()
    return Notation("", "{1}", 10, (0, 10)), tuple(node.inputs)


def _cast(v: Variable, node: Any) -> Form:
    return as_operand(node.inputs[0])


def _scaled(v: Variable, node: Any) -> Form:
    """A scalar, which stretches by itself."""
    x, y = node.inputs
    for one, other in ((x, y), (y, x)):
        if one.ndim and is_one(one):
            return as_operand(other)
    return None


def _neg(v: Variable, node: Any) -> Form:
    """A minus sign, which takes in a product."""
    return Notation("", "-{0}", 7, (7,)), tuple(node.inputs)


def _moved(v: Variable, node: Any) -> Form:
    """A scalar has no dimensions to move."""
    return as_operand(node.inputs[0]) if v.ndim == 0 or node.inputs[0].ndim == 0 else None


def as_operand(x: Variable) -> Form:
    """What is written as one of its operands is."""
    if x.owner is None:
        return Notation("", "{0}"), (x,)
    made = HAND.made(x)
    return made.notation, made.inputs


def _item(v: Variable, node: Any) -> Form:
    """The entry of each row at its column, and how many rows there are."""
    x, *indices = node.inputs
    if len(indices) == 2 and indices[0].owner and isinstance(indices[0].owner.op, ARange):
        return Notation("", r"{0}_{{{1}}}", 10, (10, 0)), (x, indices[1])
    return None


def _placed(v: Variable, node: Any) -> Form:
    """What goes back to one element, or to one row: times a unit vector."""
    base, g, *slots = node.inputs
    [entry, *more] = node.op.index.entries
    single = not more and isinstance(entry, (int, Slot)) and all(u.ndim == 0 for u in slots)
    if node.op.mode != "inc" or not is_zeros(base) or not single:
        return None
    e = r"\mathbf{{e}}_{{" + node.op.index.source(["{1}"] * len(slots)) + "}}"
    if is_one(g) and v.ndim == 1:
        return Notation("", e, 10, (0, 0)), (g, *slots)
    if v.ndim == 1:
        return Notation("", r"{0} \, " + e, 7, (7, 0)), (g, *slots)
    return (Notation("", e + r" \otimes {0}", 7, (8, 0)), (g, *slots)) if v.ndim == 2 else None


def _count(v: Variable, node: Any) -> Form:
    """How many rows, columns or elements there are."""
    u = counted(v)
    if u is None:
        return None
    while isinstance(node.op, Cast):
        node = node.inputs[0].owner
    words, op = "size", node.op
    if u.ndim < 2 or isinstance(op, Reduction):
        words = "number of elements"
    elif isinstance(op, Subtensor) and isinstance(axis := op.index.entries[0], int):
        words = f"size of axis {axis}" if u.ndim > 2 else f"number of {('rows', 'columns')[axis]}"
    return Notation("", rf"\text{{{{{words} of }}}} {{0}}", 10, (0,)), (shaped_as(u),)


def counted(v: Variable) -> Variable | None:
    """What a number counts the elements of."""
    while v.owner is not None and not isinstance(v.owner.op, Shape):
        v = v.owner.inputs[0]
    return v.owner.inputs[0] if v.owner is not None else None


def is_count(v: Variable) -> bool:
    """Whether a variable is a number of elements."""
    return v.ndim == 0 and not isinstance(v, Constant) and is_fixed(v) and counted(v) is not None


def is_one(v: Variable) -> bool:
    """Whether it is 1, in a shape perhaps."""
    node = v.owner
    return number_of(v) == 1 or (node is not None and node.op is fill
                                 and number_of(node.inputs[1]) == 1)


FORMS: dict[Any, Callable[[Variable, Any], Form]] = {
    switch: _mask, fill: _fill, mul: _scaled, neg: _neg,
    IncSubtensor: _placed, Cast: _cast, DimShuffle: _moved, Subtensor: _item, Reduction: _sum,
    sqrt: _root, Dot: _dotted, SetDiagonal: _diagonal}
HAND = Hand()
