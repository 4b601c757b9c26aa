"""The optimizer as a film: each step's rule, its reason, the expression before and after.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> rewrites(x ** 2 * 1)
  1  power two: x ** 2 → sqr(x)
  2  mul by one: sqr(x) * 1 → sqr(x)
2 operations became 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from tutor.compile.compiled import Function
from tutor.compile.rules.engine import Step, Steps, rewritten
from tutor.compile.rules.selection import MERGE
from tutor.core.errors import plural
from tutor.core.graph import Constant, Variable
from tutor.core.types import TensorType
from tutor.core.walk import ancestors, rebuild, toposort
from tutor.formulas import TEXT
from tutor.pictures import html, svg
from tutor.pictures.computed import Mark, computed
from tutor.pictures.display import Pair
from tutor.pictures.latex import in_full
from tutor.pictures.picture import Names, build
from tutor.pictures.steppable import Steppable, expressions
from tutor.signatures import answering

LICENCES = {"exact": "the same bits", "rounding": "equal up to rounding",
            "stable": "nearer to the true value", "assumes": "under an assumption"}
MOST_NODES = 40  # in a picture of a step
MOST_ROWS = 100
LIMIT = 16  # operations in a formula
MOST_LOOKED_AT = 10**5  # steps times operations, where each step is looked for


class Film(Steppable):
    """The steps of rewriting; shows itself. `steps` are the steps, `counts` how often each rule was
    used, `saved` how many operations it saved."""

    def __init__(self, steps: Steps) -> None:
        self.changes = list(visible(steps))
        self.steps = Steps([change.step for change in self.changes], steps.outputs, steps.results)

    @property
    def counts(self) -> dict[str, int]:
        """How often each rule was used."""
        return self.steps.counts

    @property
    def saved(self) -> dict[str, int]:
        """How many operations each rule saved: together as many as the verdict tells."""
        found: Counter[str] = Counter()
        for change in self.changes:
            found[change.rule.name] += change.saved
        return dict(found)

    def __repr__(self) -> str:
        lines = [f"{i:3d}  {change.words}" for i, change in enumerate(self.changes, 1)]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        before, after = len(toposort(self.steps.outputs)), len(toposort(self.steps.results))
        if not self.steps:
            return "No rule applies: it runs as it was written."
        return f"{plural(before, 'operation')} became {after}."

    def _table(self) -> str:
        head = [f"<b>{title}</b>" for title in ("rule", "before", "after", "why", "it is")]
        rows = [("", *head)]
        for i, change in enumerate(self.changes[:MOST_ROWS], 1):
            rows.append((str(i), escape(change.rule.name), *change.sides,
                         escape(change.rule.why), LICENCES.get(change.rule.licence, "")))
        more = len(self.steps) - MOST_ROWS
        note = f"… {more} more steps. " if more > 0 else ""
        return html.page(html.table(rows) if self.steps else "",
                         html.line(note + self._verdict()), self._summary())

    def _summary(self) -> str:
        """Which rules were used how often, and what each saved."""
        if len(self.steps) < 2:
            return ""
        saved = self.saved
        rows = [("<b>rule</b>", "<b>times</b>", "<b>operations saved</b>")]
        rows += [(escape(name), str(n), f"{saved[name]:d}") for name, n in self.counts.items()]
        return html.table(rows)

    def html(self, live: bool = False) -> str:
        """A page of its own, which steps without a kernel; `live`, each step has the values before
        and after it, of inputs that are turned."""
        if not live:
            return super().html()
        sides = dict.fromkeys(v for change in self.changes for v in (
            change.step.before, change.step.after) if isinstance(v.type, TensorType))
        made = computed(list(sides))
        marks = {v: Mark(i) for i, v in enumerate(made.slots)}
        steps = [change.data(marks) for change in self.changes]
        story = {**self.data, "inputs": made.turns(), "steps": []}
        return made.page(story["title"], self._still(), story, {
            "templates": [{"steps": steps}], "choices": []})

    def _data(self) -> dict[str, Any]:
        steps = [change.data() for change in self.changes]
        return {"title": "The rewriting of an expression", "formulas": "", "graphs": [],
                "nodes": {}, "steps": steps, "start": 0, "verdict": self._verdict()}


def visible(steps: Steps) -> Iterator[Change]:
    """The steps that change the expression as it is then: none that merges what is not there twice,
    as the other was replaced before."""
    current, sign = list(steps.outputs), Signs()
    if len(steps) * len(toposort(current)) > MOST_LOOKED_AT:
        yield from map(Change, steps)
        return
    for step in steps:
        nodes = toposort(current)
        here = [v for node in nodes for v in node.outputs if sign.of(v) == sign.of(step.before)]
        if step.rule is not MERGE or len(here) > 1 or sign.of(step.after) != sign.of(step.before):
            current = rebuild(current, dict.fromkeys(here, step.after))
            yield Change(step, len(here), len(nodes) - len(toposort(current)))


class Signs:
    """A number for each expression, the same for those that are written alike."""

    def __init__(self) -> None:
        self.known: dict[Variable, int] = {}
        self.numbers: dict[Any, int] = {}

    def of(self, v: Variable) -> int:
        """The number of a variable."""
        for u in ancestors([v], stop=self.known) if v not in self.known else ():
            node = u.owner
            key = (u.signature() if isinstance(u, Constant) else u) if node is None else (
                node.op, u.index, *[self.known[w] for w in node.inputs])
            self.known[u] = self.numbers.setdefault(key, len(self.numbers))
        return self.known[v]


class Change:
    """One step: its words, and what it changed: the operations that went and those that came, at
    so many places of the expression, and how many it `saved` there."""

    def __init__(self, step: Step, places: int = 2, saved: int | None = None) -> None:
        self.step, self.rule = step, step.rule
        pair = Pair([step.before], [step.after])
        self.gone, self.new = pair.gone, pair.new
        self.saved = len(self.gone) - len(self.new) if saved is None else saved
        before, after = (in_full(v, TEXT, LIMIT).text for v in (step.before, step.after))
        self.same = ""  # what is said where the formula stays, as what computes it is another
        if before == after:
            often = "twice" if places <= 2 else f"{places} times"
            self.same = f"once in place of {often}" if step.rule is MERGE else (
                "a number from here on")
        told = f"{before}, {self.same}" if self.same else f"{before} → {after}"
        self.words = f"{step.rule.name}: {told}"

    @property
    def sides(self) -> tuple[str, str]:
        """The formula before, and after; in words where it stays."""
        before, after = (html.mathematics(v, LIMIT) for v in (self.step.before, self.step.after))
        return before, f"the same, {self.same}" if self.same else after

    def data(self, values: Mapping[Variable, Mark] = {}) -> dict[str, Any]:
        """The step for the script, with the values before and after it where there are some."""
        words = " · ".join(f"{did}: {_listed(which)}" for did, which in (
            ("went", self.gone), ("came", self.new)) if which)
        told = (f"<b>{escape(self.rule.name)}</b> "
                f"({LICENCES.get(self.rule.licence, self.rule.licence)}): {escape(self.rule.why)}"
                f"<div>{' &nbsp;→&nbsp; '.join(self.sides)}</div>{self._values(values)}"
                f'<div class="tutor-small">{escape(words)}</div>{self._pictures()}')
        return {"phase": "rule", "node": "", "words": self.words, "html": told,
                "wrong": False, "short": "", "grown": []}

    def _values(self, values: Mapping[Variable, Mark]) -> str:
        sides = [values[v] for v in (self.step.before, self.step.after) if v in values]
        return f"<div>{' &nbsp;→&nbsp; '.join(map(str, sides))}</div>" if sides else ""

    def _pictures(self) -> str:
        drawn = []
        names = Names.of([self.step.before, self.step.after])
        for title, v, roles in (("before", self.step.before, self.gone),
                                ("after", self.step.after, self.new)):
            picture = build([v], names, title=title, roles=roles)
            few = v.owner is not None and len(picture.nodes) <= MOST_NODES
            if few and (found := svg.if_drawn(picture, svg.inline)):
                drawn.append(f'<figure class="tutor-graph"><figcaption>{title}</figcaption>'
                             f"{found}</figure>")
        return html.beside(*drawn)


def _listed(results: Iterable[Variable]) -> str:
    counts = Counter(v.owner.op.label(v.owner) for v in results if v.owner is not None)
    return ", ".join(label if n == 1 else f"{n}× {label}" for label, n in counts.items())


@answering
def rewrites(y: Any) -> Film:
    """The rewriting of an expression, a list of them, or a compiled function, step by step.

    Each step has its rule, the reason, the expression before and after, and what went and came.
    """
    if isinstance(y, Function):
        return Film(y.rewrites)
    if isinstance(y, Steps):
        return Film(y)
    return Film(rewritten(expressions(y, "rewritten"))[1])
