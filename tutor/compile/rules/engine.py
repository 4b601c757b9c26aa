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
from tutor.compile.rules.patterns import KINDS, Rule, parse
from tutor.compile.rules.products import product
from tutor.compile.rules.selection import FOLD, MERGE, Row, Selection, selection
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


class Replaced(NamedTuple):
    """A node that a rule was applied to, which waits until the replacement is rewritten."""

    node: Apply
    step: Step


class Rewriter:
    """One rewriting of a graph: what became of each variable, and the steps."""

    def __init__(self, inputs: Sequence[Variable], rules: Selection) -> None:
        self.rules = rules
        self.known: dict[Variable, Variable] = {v: v for v in inputs}  # what is finished
        self.nodes: dict[Any, Apply] = {}  # by what they compute
        self.given: set[Apply] = set()  # the nodes that were there before
        self.steps: list[Step] = []
        self.why: dict[Variable, Step] = {}  # by which a variable went
        self.replacing: list[Variable] = []  # what is being replaced, the outermost first

    def run(self, outputs: Sequence[Variable]) -> list[Variable]:
        """The outputs, rewritten."""
        nodes = toposort(outputs, stop=self.known)
        self.given = set(nodes)
        for node in nodes:
            self._rewrite(node)
        return [self._now(v) for v in outputs]

    def _rewrite(self, root: Apply) -> None:
        """Rewrite a given node whose inputs are rewritten. Where a rule applies, the nodes of the
        replacement are next, inputs first; the node itself waits for what becomes of them."""
        work: list[Apply | Replaced] = [root]
        while work:
            task = work.pop()
            if isinstance(task, Replaced):
                self.replacing.pop()
                result = self.known[task.step.before] = self._now(task.step.after)
                self._finish(task.node, [result])
                continue
            inputs = [self._now(v) for v in task.inputs]
            node = task if inputs == task.inputs else remake(task, inputs)
            step = None if self.replacing else self._applied(task, root, given=True)
            twin = node if step else self._twin(node)
            if twin is node and step is None:
                step = self._step(node, root)
            if step is None:
                self._finish(task, [self._now(v) for v in twin.outputs])
            else:
                self.steps.append(step)
                self.why[step.before] = step
                self.replacing.append(step.before)
                work.append(Replaced(task, step))
                work += reversed(toposort([step.after], stop=self.known))

    def _now(self, v: Variable) -> Variable:
        """What became of a variable; itself where nothing did."""
        return self.known.get(v, v)

    def _finish(self, node: Apply, results: Sequence[Variable]) -> None:
        """Note what the outputs of a node became; a new variable takes the name of the old one."""
        for old, v in zip(node.outputs, results, strict=True):
            self.known[old] = self.known[v] = v
            is_new = v.owner is not None and v.owner not in self.given
            if is_new and v.name is None:
                v.name = old.name

    def _twin(self, node: Apply) -> Apply:
        """The node with which a node is merged: one that computes the same, or itself."""
        twin = self.nodes.setdefault(_key(node), node)
        if twin is node or not self.rules.merges:
            return node
        v, u = node.outputs[0], twin.outputs[0]
        now, why = self._now(u), self.why.get(u)
        if why and why.after not in self.why and self.known.get(why.after, now) is now:
            self.steps.append(Step(why.rule, v, now))  # it goes as the other went
        elif now is not u or u not in ancestors(self.replacing):  # a part of that stays as it is
            self.steps.append(Step(MERGE, v, now))
        return twin

    def _step(self, node: Apply, root: Apply) -> Step | None:
        """What is done with a node whose inputs are rewritten: constants are folded, or the first
        rule that applies is applied; nothing within many replacements."""
        if len(node.outputs) > 1 or len(self.replacing) >= DEEPEST:
            return None
        folded = fold(node) if self.rules.folds else None
        if folded is not None:
            return Step(FOLD, node.outputs[0], folded)
        return self._applied(node, root)

    def _applied(self, node: Apply, root: Apply, given: bool = False) -> Step | None:
        """The first rule that applies to a node, applied. What may change the sign of a zero is
        tried where nothing sees the sign of what was given, the root."""
        rows = self.rules.rows(node, given)
        if not rows:
            return None
        with written_at(node.origin):
            for row in rows:
                if row.rule.zero and root.outputs[0] in self.signed:
                    continue
                new = replacement(row, node)
                if new is not None:
                    return Step(row.rule, node.outputs[0], new)
        return None

    @cached_property
    def signed(self) -> set[Variable]:
        """The given variables of which something sees the sign of a zero."""
        return signs_seen(self.given)


def fold(node: Apply) -> Constant | None:
    """The value of a node of constants, as a constant; None where it is none, large (it costs less
    to compute than to keep), or fails.

    >>> import tutor.tensor as T
    >>> fold((T.constant(2.0) * 3).owner)
    6
    """
    out, values = node.outputs[0], dict[Variable, Any]()
    for v in node.inputs:
        if not isinstance(v, Constant):
            return None
        values[v] = v.data
    if not values or not isinstance(out.type, TensorType):
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


def replacement(row: Row, node: Apply) -> Variable | None:
    """What a row makes of a node, with the same type; None where it does not apply."""
    rule, old = row.rule, node.outputs[0]
    dtype = old.dtype if rule.kinds else None
    for found in row.ways(node, dtype):
        parts = {k: v for k, v in found.items() if k[-1] != ")"}
        if rule.when is not None and not rule.when(**parts):
            continue
        if callable(row.new):
            new = row.new(node, **parts)
        else:
            for k, v in parts.items():  # as the operation converts them before it computes
                found[k] = v if k == "rest" or dtype is None else cast_of(v, dtype)
            new = row.built(old, found)
        new = _of_type(new, old)
        if new is not None and (not rule.compares or covers(new, old)):
            return new
    return None


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
    for known in (product, rewriter.rules.head):  # or they would keep the graph, and its values
        known.cache_clear()
    return results, Steps([*rewriter.steps, *more], outputs, results)


MERGING = Selection([MERGE])


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
