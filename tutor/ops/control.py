"""`ifelse`: of two branches only the one that is taken is evaluated; `switch` evaluates both.

Comes after the elementwise ops. `guards_of` finds what only one branch needs: compiling puts it
under an `if`.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> ifelse(x > 0, x * 2, -x).eval({x: -3.0})
array(3.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.core.arrays import zeros_like
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.graph import (
    Apply,
    Variable,
    Variables,
    apply,
    as_operands,
    as_tensor_variable,
    quoted,
)
from tutor.core.op import Op
from tutor.core.types import TensorType
from tutor.ops.examples import example

#: What must hold for a value to be needed: conditions, each with the truth value it has to have.
Guard = frozenset[tuple[Variable, bool]]
ALWAYS: Guard = frozenset()


class IfElse(Op):
    """(condition, results if it holds …, results if not …) to the results; `n_outs` of them."""

    zero_sign = "kept"
    moves = True
    __props__ = ("n_outs",)
    name, doc = "ifelse", "One of two branches by a condition; the other is not evaluated."

    def __init__(self, n_outs: int = 1, name: str | None = None, as_view: bool = False,
                 gpu: bool = False) -> None:
        self.n_outs, self.title, self.as_view = n_outs, name, as_view

    def make_node(self, condition: Any, *branches: Any) -> Apply:
        condition = as_tensor_variable(condition)
        if condition.ndim:
            raise DTypeError(f"a condition is a scalar, and {quoted(condition)} is "
                             f"{condition.type}.",
                             where=(("made at", condition.origin),),
                             fix="T.switch chooses element by element.")
        if len(branches) != 2 * self.n_outs:
            raise BadValueError(f"{2 * self.n_outs} results are needed, and there are "
                                f"{len(branches)}.", fix="As many if it holds as if not.")
        pairs = [_paired(*pair) for pair in zip(branches[: self.n_outs], branches[self.n_outs :],
                                                strict=True)]
        inputs = [condition, *[t for t, _ in pairs], *[f for _, f in pairs]]
        return apply(self, inputs, *[t.type for t, _ in pairs])

    def branch(self, place: int) -> bool | None:
        """Which branch an input belongs to; None for the condition."""
        return None if place == 0 else place <= self.n_outs

    def required(self, node: Apply, values: Mapping[Variable, Any]) -> Sequence[Variable]:
        """The condition, and then what belongs to the branch that is taken."""
        condition = node.inputs[0]
        if condition not in values:
            return [condition]
        taken = bool(values[condition])
        return [v for i, v in enumerate(node.inputs) if self.branch(i) in (None, taken)]

    def source(self, node: Apply, names: Sequence[str]) -> str:
        # A copy, for the result may be changed where the branch may not.
        parts = [f"{name}.copy()" if getattr(v.type, "ndim", 0) else name
                 for name, v in zip(names, node.inputs, strict=True)]
        both = [", ".join(part) for part in (parts[1 : self.n_outs + 1], parts[self.n_outs + 1 :])]
        if self.n_outs > 1:
            both = [f"({part})" for part in both]
        return f"{both[0]} if {names[0]} else {both[1]}"

    def L_op(self, inputs: Variables, outputs: Variables, cotangents: Variables) -> list[Any]:
        """To both branches what arrives: the chain rule keeps each under its guard."""
        return [None, *cotangents, *cotangents]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        """The tangent of the branch that is taken."""
        found: list[Any] = []
        for k in range(1, self.n_outs + 1):
            pair = [eval_points[k], eval_points[k + self.n_outs]]
            there = [v for v in pair if v is not None]
            both = [zeros_like(there[0]) if v is None else v for v in pair if there]
            found.append(IfElse()(inputs[0], *both) if there else None)
        return found

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        own = [[i == j for j in range(self.n_outs)] for i in range(self.n_outs)]
        return [[False] * self.n_outs, *own, *own]

    def label(self, node: Apply) -> str:
        return self.title or "if"

    def __str__(self) -> str:
        return f"if{{{self.title or ''}}}"


def _paired(then: Any, other: Any) -> tuple[Variable, Variable]:
    """Two results of one type; a Python number takes the dtype of the other."""
    numbers = [not isinstance(v, Variable) for v in (then, other)]
    if any(numbers):
        then, other = as_operands([then, other])
    if then.type != other.type:
        raise DTypeError(f"a branch gives {quoted(then)}, which is {then.type}, and the other "
                         f"{quoted(other)}, which is {other.type}.",
                         where=(("made at", then.origin), ("the other at", other.origin)),
                         fix="T.cast(v, dtype) and T.addbroadcast(v, axis) make them alike.")
    return then, other


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """`then_branch` where the condition (a scalar) is not 0, else `else_branch`.

    A branch is a variable, or a list or tuple of them; both have the same types, in the same order.
    What only one branch needs is computed only if that branch is taken, derivatives too.

    >>> import tutor.tensor as T
    >>> x, big = T.dscalar("x"), T.dmatrix("big")
    >>> ifelse(x > 0, [x, big.sum()], [-x, T.exp(big).sum()])[1].eval({x: 1.0, big: [[1, 2]]})
    array(3.)
    """
    several = [isinstance(b, (list, tuple)) for b in (then_branch, else_branch)]
    then, other = [list(b) if isinstance(b, (list, tuple)) else [b]
                   for b in (then_branch, else_branch)]
    if len(then) != len(other):
        raise BadValueError(f"one branch has {len(then)} results, and the other {len(other)}.",
                            fix="Give both as many.")
    found = IfElse(len(then), name).make_node(condition, *then, *other).outputs
    if not several[0]:
        return found[0]
    return tuple(found) if isinstance(then_branch, tuple) else list(found)


def guards_of(nodes: Sequence[Apply], results: Iterable[Variable]) -> dict[Variable, Guard]:
    """Under which conditions each variable is needed for the results; empty without `ifelse`.

    `nodes` are in topological order.
    """
    if not any(isinstance(node.op, IfElse) for node in nodes):
        return {}
    found: dict[Variable, Guard] = dict.fromkeys(results, ALWAYS)
    for node in reversed(nodes):
        own = node_guard(node, found)
        for i, v in enumerate(node.inputs):
            here = own | use_guard(node, i)
            found[v] = found[v] & here if v in found else here
    return found


def use_guard(node: Apply, place: int) -> Guard:
    """What an input is needed under, beside what the node is needed under."""
    branch = node.op.branch(place) if isinstance(node.op, IfElse) else None
    return ALWAYS if branch is None else frozenset([(node.inputs[0], branch)])


def node_guard(node: Apply, guards: Mapping[Variable, Guard]) -> Guard:
    """Under which conditions any output of a node is needed."""
    known = [guards[v] for v in node.outputs if v in guards]
    return known[0].intersection(*known[1:]) if known else ALWAYS


def masked(g: Variable, v: Variable, guard: Guard, guards: Mapping[Variable, Guard]) -> Variable:
    """A cotangent of v that arrives under a guard; 0 where that does not hold.

    A condition that is itself needed under another stands inside of that.
    """
    depth = {condition: len(guards.get(condition, ALWAYS)) for condition, _ in guard}
    for condition, holds in sorted(guard, key=lambda part: -depth[part[0]]):
        if isinstance(g.type, TensorType):
            zeros = zeros_like(v, dtype=g.dtype)
            g = IfElse()(condition, g, zeros) if holds else IfElse()(condition, zeros, g)
    return g


example("ifelse", lambda x, y: ifelse(x.sum() > 0, x, y), lambda x, y: y, (2, 3), (2, 3),
        kinds="if", low=-2.0, high=-0.1)
example("ifelse", lambda x, y: ifelse(x.sum(), x, y), lambda x, y: x, (2, 3), (2, 3), low=0.5)
