"""Rewriting: each node, inputs first, is merged, folded and put through the rules until none
applies.

Comes after the tables of rules. Every step is recorded, so that it can be shown: which rule, on
what, and why it is allowed. New nodes are rewritten too before the walk goes on; types never
change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.rules.facts import covers, signs_seen
from tutor.compile.rules.patterns import (
    KINDS,
    Chain,
    Found,
    Rule,
    build,
    chain,
    factors_match,
    node_matches,
    parse,
    with_factors,
)
from tutor.compile.rules.selection import FOLD, MERGE, Row, Selection, States, selection
from tutor.compile.rules.sharing import ONCE, PAIR, SCALED, WEIGHED, paired, scaled, sharing
from tutor.core.elementwise import cast as cast_of
from tutor.core.graph import Apply, Constant, Variable, written_at
from tutor.core.types import TensorType
from tutor.core.walk import ancestors, computed, rebuild, remake, toposort
from tutor.hooks import hooks

LARGEST = 10_000  # elements: a larger constant is cheaper to compute than to keep
DEEPEST = 60  # replacements within replacements before a chain of them is left as it is


class Step(NamedTuple):
    """One step: the rule, and the expression before and after it."""

    rule: Rule
    before: Variable
    after: Variable

    def __repr__(self) -> str:
        return f"{self.rule.name}: {self.before!r} → {self.after!r}"


class Steps(list[Step]):
    """Steps of rewriting in their order; a notebook shows them as a film.

    `outputs` are what they began with, and `results` what they ended with.
    """

    def __init__(self, steps: Iterable[Step] = (), outputs: Sequence[Variable] = (),
                 results: Sequence[Variable] = ()) -> None:
        super().__init__(steps)
        self.outputs, self.results = list(outputs), list(results)

    def _ipython_display_(self) -> None:
        hooks.film(self)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "no step: the graph runs as it was written"

    @property
    def counts(self) -> dict[str, int]:
        """How often each rule was used, the most used first.

        >>> import tutor.tensor as T; x = T.dscalar("x")
        >>> new, steps = rewritten([x ** 2 * 1 + 0], [x])
        >>> steps.counts
        {'power two': 1, 'mul by one': 1, 'add zero to float': 1}
        """
        return dict(Counter(step.rule.name for step in self).most_common())


class Rewriter:
    """One rewriting of a graph: what became of each variable, and the steps."""

    def __init__(self, inputs: Sequence[Variable], rules: Selection) -> None:
        self.known: dict[Variable, Variable] = {v: v for v in inputs}  # what is finished
        self.nodes: dict[Any, Apply] = {}
        self.rules = rules
        self.states: States = {}
        self.steps: list[Step] = []
        self.given: set[Apply] = set()  # the nodes that were there before
        self.why: dict[Variable, Step] = {}  # by which a variable went
        self.replacing: list[Variable] = []  # what is being replaced, the outermost first

    def run(self, outputs: Sequence[Variable]) -> list[Variable]:
        """The outputs, rewritten."""
        nodes = toposort(outputs, stop=self.known)
        self.given = set(nodes)
        self._walk(nodes)
        return [self.known.get(v, v) for v in outputs]

    @cached_property
    def signed(self) -> set[Variable]:
        """The given variables of which something sees the sign of a zero."""
        return signs_seen(self.given)

    def _walk(self, nodes: Sequence[Apply], root: Variable | None = None, depth: int = 0) -> None:
        """Rewrite nodes in their order: those that were given, or those that stand in the place of
        a given variable, the root."""
        known, found = self.known, self.known.get
        for node in nodes:
            given, outputs = node.inputs, node.outputs
            inputs = [*map(found, given, given)]
            made = node if inputs == given else remake(node, inputs)
            top = outputs[0] if root is None else root
            step = None
            if root is None:
                step = self._first(self.rules.rows(node, self.states, given=True), node, top)
            new = self._become(step, top, depth) if step else self._node(made, top, depth)
            if new is outputs:
                for v in outputs:
                    known[v] = v
                continue
            for old, v in zip(outputs, new, strict=True):
                known[old] = v
                if v is not old:
                    known[v] = v
                    if old.name is not None and v.name is None and self._is_new(v):
                        v.name = old.name

    def _is_new(self, v: Variable) -> bool:
        """Whether a variable was made here: it may be named; a learner's may not."""
        return v.owner is not None and v.owner not in self.given

    def _node(self, node: Apply, root: Variable, depth: int) -> list[Variable]:
        """The outputs that stand for those of a node whose inputs are rewritten."""
        key = _key(node)
        twin = self.nodes.setdefault(key, node)
        if twin is not node:
            if self.rules.merges:
                found = [self.known.get(v, v) for v in twin.outputs]
                self.steps += self._again(node.outputs[0], twin.outputs[0], found[0])
                return found
            self.nodes[key] = node
        if len(node.outputs) > 1 or depth >= DEEPEST:
            return node.outputs
        step = self._step(node, root)
        if step is None:
            return node.outputs
        result = self._become(step, root, depth)
        self.known[node.outputs[0]] = result[0]
        return result

    def _again(self, v: Variable, twin: Variable, found: Variable) -> list[Step]:
        """The step of what was there before: by the rule that the other went by, if it went; none
        for a part of what is being replaced, which stays and is computed as often as it was."""
        step = self.why.get(twin)
        if step and step.after not in self.why and self.known.get(step.after, found) is found:
            return [Step(step.rule, v, found)]
        if found is twin and twin in ancestors(self.replacing):
            return []
        return [Step(MERGE, v, found)]

    def _become(self, step: Step, root: Variable, depth: int) -> list[Variable]:
        """What stands in the place of a variable, rewritten too."""
        self.steps.append(step)
        self.why[step.before] = step
        if step.after not in self.known:
            self.replacing.append(step.before)
            self._walk(toposort([step.after], stop=self.known), root, depth + 1)
            self.replacing.pop()
        return [self.known.get(step.after, step.after)]

    def _step(self, node: Apply, root: Variable) -> Step | None:
        """The first rule that applies to a node, applied; constants are folded before all."""
        inputs = node.inputs
        known = self.rules.folds and inputs and isinstance(inputs[0], Constant)
        if known and isinstance(inputs[-1], Constant):
            folded = fold(node)
            if folded is not None:
                return Step(FOLD, node.outputs[0], folded)
        return self._first(self.rules.rows(node, self.states), node, root)

    def _first(self, rows: Sequence[Row], node: Apply, root: Variable) -> Step | None:
        """The first row that applies to a node, applied."""
        if rows:
            with written_at(node.origin):
                for row in rows:
                    if not (row.rule.zero and root in self.signed):
                        new = _applied(row, node)
                        if new is not None:
                            return Step(row.rule, node.outputs[0], new)
        return None


def fold(node: Apply) -> Constant | None:
    """The value of a node of constants, as a constant; None where it is none, large (it costs less
    to compute than to keep), or fails.

    >>> import tutor.tensor as T
    >>> fold((T.constant(2.0) * 3).owner)
    6
    """
    out = node.outputs[0]
    values: dict[Variable, Any] = {v: v.data for v in node.inputs if isinstance(v, Constant)}
    if len(values) < len({*node.inputs}) or not isinstance(out.type, TensorType):
        return None
    of_user = node.op.source(node, ["x"] * len(node.inputs)) is None
    if of_user or node.op.draws:
        return None
    try:
        array = np.array(computed(node, values)[0])
    except Exception:
        return None  # the error belongs to the call, where it can be explained
    if array.size > LARGEST or array.ndim != out.ndim:
        return None
    if any(n != 1 for n, one in zip(array.shape, out.broadcastable, strict=True) if one):
        return None
    array.flags.writeable = False
    return Constant(out.type, array)


def _key(node: Apply) -> Any:
    """What two nodes share exactly when they compute the same."""
    inputs = [v.signature() if isinstance(v, Constant) else v for v in node.inputs]
    return node.op, frozenset(inputs) if node.op.commutative else tuple(inputs)


def _applied(row: Row, node: Apply) -> Variable | None:
    """What a row makes of a node, with the same type; None where it does not apply."""
    rule, old = row.rule, node.outputs[0]
    dtype = old.dtype if rule.kinds else None
    ways = (node_matches(row.pattern, node, dtype, {}) if row.chain is None else
            factors_match(row.chain, old, dtype, {}))
    for found in ways:
        parts = {k: v for k, v in found.items() if k[-1] != ")"}
        if rule.when is not None and not rule.when(**parts):
            continue
        if callable(row.new):
            new = row.new(node, **parts)
        else:
            for k, v in parts.items():  # as the operation converts them before it computes
                found[k] = v if k == "rest" or dtype is None else cast_of(v, dtype)
            new = _built(row, old, found)
        new = _of_type(new, old)
        if new is not None and (not rule.compares or covers(new, old)):
            return new
    return None


def _built(row: Row, old: Variable, found: Found) -> Variable | None:
    """What stands in the place of a variable, from what the names stand for."""
    if row.chain is None:
        return build(row.new, found)
    return with_factors(old, chain(row.new) or Chain((), ()), found)


def _of_type(new: Variable | None, old: Variable) -> Variable | None:
    if new is None or new is old:
        return None
    if new.type is old.type:
        return new
    if not isinstance(new.type, TensorType) or new.broadcastable != old.broadcastable:
        return None
    if KINDS[new.dtype] == "c" and KINDS[old.dtype] != "c":
        return None
    cast: Variable = cast_of(new, old.dtype)
    return cast if cast.type is old.type else None


def rewritten(outputs: Sequence[Variable], inputs: Sequence[Variable] = (), mode: str = "FAST_RUN",
              excluding: Iterable[str] = (),
              including: Iterable[str | Rule] = ()) -> tuple[list[Variable], Steps]:
    """The outputs rewritten to run fast and stay accurate, and the steps that led there.

    `FAST_COMPILE` only merges equal expressions, and the mode "None" leaves everything as it is.
    Rules named in `excluding` (by name, or all of a licence: "rounding", "stable") are left out;
    those that assume something are off unless named in `including`, where rules of one's own stand
    themselves.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> new, steps = rewritten([x ** 2 * 1], [x])
    >>> new, [step.rule.name for step in steps]
    ([sqr(x)], ['power two', 'mul by one'])
    >>> rewritten([x ** 2 * 1], [x], excluding=["power two"])[0]
    [x ** 2]
    """
    if mode == "None":
        return list(outputs), Steps((), outputs, outputs)
    rules = selection(frozenset(excluding), frozenset(including))
    rewriter = Rewriter(inputs, MERGING if mode == "FAST_COMPILE" else rules)
    results, more = _shared(rewriter.run(outputs), rewriter.rules.late)
    return results, Steps([*rewriter.steps, *more], outputs, results)


MERGING = Selection([MERGE])


def rewrite(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """The outputs rewritten by the standard rules: a pass, for the seam of the core.

    >>> import tutor.tensor as T; from tutor.core.function import function
    >>> from tutor.core.seams import seams
    >>> x = T.dscalar("x"); plain = function([x], T.log(T.exp(x)))
    >>> seams.passes = (rewrite,)
    >>> stable = function([x], T.log(T.exp(x))); seams.passes = ()
    >>> float(plain(1000.0)), float(stable(1000.0))
    (inf, 1000.0)
    """
    return rewritten(outputs, inputs)[0]


def _shared(outputs: list[Variable], rules: Collection[Rule]) -> tuple[list[Variable], list[Step]]:
    """What is common brought to light, by the rules for that which are switched on."""
    steps: list[Step] = []
    made = {node.op.name for node in toposort(outputs)}
    on = {rule for rule in rules if not made.isdisjoint(parse(rule.pattern)[0].split("|"))}
    for rule, places_of in ((PAIR, paired), (SCALED, scaled)) if PAIR in on else ():
        places = places_of(outputs)
        steps += [Step(rule, old, new) for old, new in places.items()]
        outputs = rebuild(outputs, places)
    found = sharing(toposort(outputs), WEIGHED in on) if ONCE in on else []
    if found:
        rewriter = Rewriter((), Selection([MERGE, *found]))
        outputs = rewriter.run(outputs)
        used = {*ancestors(outputs)}
        news = [s._replace(after=rewriter.known[s.after]) for s in rewriter.steps]
        steps += [s for s in news if s.rule is not MERGE and s.after in used]
    return outputs, steps
