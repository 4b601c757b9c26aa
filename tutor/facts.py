"""Facts: what passes ask of an op, so that none knows its name; and those of the core's ops.

An op above the core says its facts in its own block, beside its expression and its gradient. Of the
few ops that the core has, which a learner reads without passes, they are told here.

>>> ops.add.commutative, ops.exp.result_sign, ops.sqrt.commutative
(True, 'positive', False)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.core import elementwise as ops
from tutor.core.arrays import (
    KINDS,
    DimShuffle,
    Dot,
    Outer,
    Reduction,
    Shape,
    dimshuffle,
    spread_back,
)
from tutor.core.elementwise import Cast, Elementwise, booleans
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.indexing import IncSubtensor, Join, Subtensor
from tutor.core.op import Op, Rebroadcast, tell
from tutor.core.types import DISCRETE


class Facts:
    """What passes ask of an op, so that none of them knows its name, and what holds unless the op
    says otherwise."""

    commutative = False  # its two operands may change places
    rule = ""  # what taking its derivative is called, where that has a name
    is_comparison = False  # it compares two operands

    # of its shape
    keeps_shape = False  # its result has the shape that its operands stretch to
    sizes_follow = False  # the sizes of its results are known from those of its operands
    reads = slice(None)  # the operands whose numbers count; of the others only the shape does
    tensors = 1  # the first so many operands, whose dtype and shape matter
    shape_advice = ""  # what mends operands whose shapes do not fit

    # of its numbers
    adds = False  # its result is the sum of its operands
    #: Of what sign its real results are: "positive" or "not negative" for all operands; "kept", so
    #: where the operands it reads are; "kept or 0", not negative where they are; "" is not known.
    result_sign = ""
    #: What becomes of the sign of a zero operand: "lost" (0 and -0 give the same), "kept" (a zero
    #: of another sign at most), or "seen", as 1/x sees it; a tuple has a word for each operand, a
    #: function finds them.
    zero_sign: Any = "seen"
    same_numbers = False  # they are those of one operand, of another dtype or more of them
    converts = False  # NumPy makes one dtype of these before it computes

    # of its gradient
    subgradient = ""  # where it has no derivative, and the slope that counts there
    chooses: Any = None  # some inputs count only where a condition holds, or some elements nowhere
    moves = False  # its gradient hands numbers on as they are, or adds them up
    multilinear = False  # a number that is not needed may be 0 as well
    mixes = False  # each of its results comes of many numbers
    asks_finite = False  # it asks if a number is finite

    # of how it is computed
    ufunc = ""  # the ufunc of NumPy that it is, where its expression has a sign and no name
    into = ""  # a call that writes into the array `{out}`, where its operands are floats
    scalar: str | None = None  # the expression over Python floats, with functions of `math`
    folds = ""  # the ufunc that takes results for parts of an array together, to one number
    makes_arrays = False  # its result is an array of its own, no part of an operand
    whole_view = False  # its result is its first operand, all of it, seen otherwise
    takes_out = False  # its call takes an array `out=` for a matrix that it makes
    takes_inplace = False  # its call changes its first operand itself, told `inplace=True`
    takes_numbers = False  # integer constants may stand in its source as plain numbers
    prompt = False  # it makes little of much: it runs while its operands are in the cache still


FACTS = {word: said for word, said in vars(Facts).items() if not word.startswith("_")}


OF_PRODUCTS = "In a product the columns of the first must be as many as the rows of the second."


class ByNumpy:
    """What an elementwise op is tested against, unless it names something else: NumPy's function
    of its expression."""

    def __get__(self, op: Any, kind: type) -> Any:
        return op and getattr(np, op.ufunc or op.template.partition("(")[0], None)


def singular(self: Op, node: Apply) -> bool:
    """Whether finite numbers may give an infinite one, or nan: at a pole, or by overflow."""
    return self.of_user


def singular_elements(self: Elementwise, node: Apply) -> bool:
    """Whether an elementwise op has poles."""
    return bool(self.poles(*node.inputs) if callable(self.poles) else self.poles)


tell(Op, singular=singular, **FACTS)
tell(Elementwise, keeps_shape=True, sizes_follow=True, makes_arrays=True,
     poles=False,  # whether finite numbers may give infinite ones: for some operands
     singular=singular_elements, domain=(-2.0, 2.0),  # where it is tested, and against what
     reference=ByNumpy(),
     is_comparison=property(lambda op: op.dtype_rule is booleans and op.nin == 2))


def zero_of_power(x: Variable, y: Variable) -> Any:
    """0 to a positive power keeps its sign, or loses it; the sign of an exponent 0 is no matter."""
    positive = isinstance(y, Constant) and (y.data.real > 0).all()
    return "kept" if positive else ("seen", "lost")


def zero_of_sum(*terms: Variable) -> str:
    """0 + 1 and -0 + 1 are the same."""
    away = any(isinstance(v, Constant) and v.ndim == 0 and v.data != 0 for v in terms)
    return "lost" if away else "kept"


def is_fixed(v: Variable) -> bool:
    """Whether v is a constant that is not 0, or a count such as a size."""
    if isinstance(v, Constant):
        return bool(np.all(v.data != 0))
    return v.dtype in DISCRETE or (v.owner is not None and v.owner.op.name == "cast"
                                   and is_fixed(v.owner.inputs[0]))


def is_whole(v: Variable) -> bool:
    """Whether v is one of the constants 0, 1, 2, …"""
    return isinstance(v, Constant) and bool(np.all((v.data >= 0) & (v.data == np.round(v.data))))


for _op in (ops.eq, ops.neq, ops.lt, ops.le, ops.gt, ops.ge):
    tell(_op, converts=True, cheap=True, commutative=_op in (ops.eq, ops.neq))
tell(ops.and_, commutative=True, cheap=True)
tell(ops.add, scalar="{0} + {1}", commutative=True, adds=True, result_sign="kept", cheap=True,
     ufunc="add", converts=True, rule="sum rule", zero_sign=zero_of_sum)
tell(ops.sub, scalar="{0} - {1}", cheap=True, ufunc="subtract", converts=True, rule="sum rule",
     zero_sign=zero_of_sum)
tell(ops.mul, scalar="{0} * {1}", commutative=True, result_sign="kept", cheap=True,
     ufunc="multiply", converts=True, zero_sign="kept", rule="product rule")
tell(ops.true_div, scalar="{0} / {1}", domain=(0.5, 3.0), rule="quotient rule", converts=True,
     poles=lambda x, y: not is_fixed(y), result_sign="kept", cheap=True, ufunc="true_divide",
     zero_sign=("kept", "seen"))
tell(ops.neg, scalar="-{0}", cheap=True, ufunc="negative", zero_sign="kept", rule="sum rule")
tell(ops.abs_, scalar="abs({0})", subgradient="0 at 0", cheap=True, result_sign="not negative",
     zero_sign="lost")
tell(ops.sgn, subgradient="0 at 0", cheap=True, zero_sign="lost")
tell(ops.sqr, scalar="{0} * {0}", rule="power rule", reference=lambda x: x * x, cheap=True,
     result_sign="not negative", zero_sign="lost")
tell(ops.sqrt, scalar="sqrt({0})", cheap=True, domain=(0.1, 3.0), poles=True, result_sign="kept",
     zero_sign="kept")
tell(ops.pow, scalar="pow({0}, {1})", domain=(0.5, 2.5), poles=lambda x, y: not is_whole(y),
     rule="power rule", zero_sign=zero_of_power)
tell(ops.conjugate, cheap=True, zero_sign="kept")
tell(ops.exp, scalar="exp({0})", poles=True, result_sign="positive", zero_sign="lost")
tell(ops.log, scalar="log({0})", poles=True, domain=(0.1, 3.0), zero_sign="lost")
tell(ops.tanh, scalar="tanh({0})", zero_sign="kept")
tell(ops.sigmoid, scalar="1.0 / (1.0 + exp(-{0}))",
     reference=lambda x: np.exp(-np.logaddexp(0, -x)), result_sign="positive",
     into="sigmoid({0}, out={out})", zero_sign="lost")
tell(ops.switch, converts=True, cheap=True, subgradient="that of the branch taken", rule="cases",
     zero_sign=("lost", "kept", "kept"))
for _op in (ops.maximum, ops.minimum):
    tell(_op, subgradient="all to the first of equals", rule="cases", commutative=True, cheap=True,
         converts=True, zero_sign="kept")
tell(ops.maximum, result_sign="kept")
tell(ops.tensor_copy, scalar="{0}", reference=np.copy, cheap=True, zero_sign="kept")
tell(ops.fill, reference=lambda x, y: np.broadcast_arrays(x, y)[1], result_sign="kept", cheap=True,
     reads=slice(1, None), zero_sign=("lost", "kept"), same_numbers=True)

tell(Cast, keeps_shape=True, sizes_follow=True, moves=True, same_numbers=True, zero_sign="kept")
tell(Rebroadcast, zero_sign="kept", moves=True)
tell(Shape, reads=slice(0), zero_sign="lost")
tell(DimShuffle, prompt=True, sizes_follow=True, whole_view=True, moves=True, result_sign="kept",
     zero_sign="kept")
tell(Dot, sizes_follow=True, makes_arrays=True, multilinear=True, mixes=True, takes_out=True,
     rule="matrix product", folds="add", prompt=True, zero_sign="kept", shape_advice=OF_PRODUCTS)
tell(Outer, sizes_follow=True, multilinear=True, zero_sign="kept")
tell(Reduction, sizes_follow=True, makes_arrays=True, prompt=True, zero_sign="kept",
     rule=property(lambda op: op.kind), folds=property(lambda op: KINDS[op.kind].folds),
     result_sign=property(lambda op: KINDS[op.kind].result_sign),
     chooses=property(lambda op: KINDS[op.kind].chooses),
     subgradient=property(lambda op: "equal parts to equals" if op.chooses else ""))
tell(Subtensor, rule="indexing", zero_sign="kept", moves=True, chooses=True, takes_numbers=True)
tell(IncSubtensor, rule="indexing", zero_sign="kept", makes_arrays=True, takes_inplace=True,
     moves=True, takes_numbers=True, chooses=property(lambda op: op.mode == "set"))
tell(Join, moves=True, zero_sign="kept")


def needed(self: Op, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
    """Where each input has an influence, as bools that stretch to its shape (or numbers that are
    not 0 there), given where the result is needed; None stands for everywhere."""
    out = node.outputs[0]
    if len(node.outputs) == 1 and self.moves and (self.chooses or mask is not None):
        full = out.fill(1 if mask is None else mask.astype(out.dtype))
        return self.L_op([*node.inputs], [out], [full])
    if len(node.outputs) > 1 or mask is None or not all(mask.broadcastable):
        return [None] * len(node.inputs)
    return [mask.dimshuffle([])] * len(node.inputs)


def of_reduction(self: Reduction, node: Apply, mask: Variable | None) -> list[Variable | None]:
    """All elements, or of an extremum those that are it."""
    x = node.inputs[0]
    spread = None if mask is None else spread_back(mask, x, self)
    if not self.chooses:
        return [spread]
    ties = ops.eq(spread_back(node.outputs[0], x, self), x)
    return [ties if spread is None else ops.and_(ties, spread)]


def of_product(self: Dot, node: Apply, mask: Variable | None) -> list[Variable | None]:
    """Of the first the rows, of the second the columns, of which any result is needed."""
    x, y = node.inputs
    if mask is None:
        return [None, None]
    rows = mask if y.ndim == 1 else mask.any(axis=-1)
    columns = mask if x.ndim == 1 else mask.any(axis=0)
    return [dimshuffle(rows, [0, "x"]) if x.ndim == 2 else rows,
            dimshuffle(columns, ["x", 0]) if y.ndim == 2 else columns]


tell(Op, needed=needed)
tell(Reduction, needed=of_reduction)
tell(Dot, needed=of_product)
