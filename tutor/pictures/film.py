"""The optimizer as a film: each step's rule, its reason, the expression before and after.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> rewrites(x ** 2 * 1)
  1  power two: x ** 2 → sqr(x)
  2  mul by one: sqr(x) * 1 → sqr(x)
2 operations became 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from tutor.compile.compiled import Function
from tutor.compile.rules.engine import Step, Steps, rewritten
from tutor.core.graph import Apply, Variable
from tutor.core.script import TEXT
from tutor.core.text import formula
from tutor.core.types import plural
from tutor.core.walk import toposort
from tutor.pictures import html, svg
from tutor.pictures.latex import in_full, in_line
from tutor.pictures.picture import Names, build
from tutor.pictures.steppable import Steppable, expressions
from tutor.signatures import answering

LICENCES = {"exact": "the same bits", "rounding": "equal up to rounding",
            "stable": "nearer to the true value", "assumes": "under an assumption"}
MOST_NODES = 40  # in a picture of a step
MOST_ROWS = 100
LIMIT = 16  # operations in a formula
ONCE = "{}, once in place of twice"


class Film(Steppable):
    """The steps of rewriting; shows itself. `steps` are the steps, `counts` how often each rule was
    used, `saved` how many operations it saved."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.changes = [Change(step) for step in steps]

    @property
    def counts(self) -> dict[str, int]:
        """How often each rule was used."""
        return self.steps.counts

    @property
    def saved(self) -> dict[str, int]:
        """How many operations went, less those that came, by rule."""
        found: Counter[str] = Counter()
        for change in self.changes:
            found[change.step.rule.name] += len(change.gone) - len(change.came)
        return dict(found)

    def __repr__(self) -> str:
        lines = [f"{i:3d}  {_plain(step)}" for i, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        before, after = len(toposort(self.steps.outputs)), len(toposort(self.steps.results))
        if not self.steps:
            return "No rule applies: it runs as it was written."
        return f"{plural(before, 'operation')} became {after}."

    def _table(self) -> str:
        head = [f"<b>{title}</b>" for title in ("rule", "before", "after", "why", "it is")]
        rows = [("", *head)]
        for i, step in enumerate(self.steps[:MOST_ROWS], 1):
            rows.append((str(i), escape(step.rule.name), _math(step.before), _after(step),
                         escape(step.rule.why), LICENCES.get(step.rule.licence, "")))
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

    def _data(self) -> dict[str, Any]:
        steps = [change.data() for change in self.changes]
        return {"title": "The rewriting of an expression", "formulas": "", "graphs": [],
                "nodes": {}, "steps": steps, "start": 0, "verdict": self._verdict()}


class Change:
    """What one step changed: the operations that went and those that came."""

    def __init__(self, step: Step) -> None:
        self.step = step
        before, after = toposort([step.before]), toposort([step.after])
        old, new = set(before), set(after)
        self.gone = [node for node in before if node not in new]
        self.came = [node for node in after if node not in old]

    def data(self) -> dict[str, Any]:
        """The step for the script."""
        rule = self.step.rule
        went = f"went: {_listed(self.gone)}" if self.gone else ""
        came = f"came: {_listed(self.came)}" if self.came else ""
        words = " · ".join(part for part in (went, came) if part)
        told = (f"<b>{escape(rule.name)}</b> ({LICENCES.get(rule.licence, rule.licence)}): "
                f"{escape(rule.why)}"
                f"<div>{_math(self.step.before)} &nbsp;→&nbsp; {_after(self.step)}</div>"
                f'<div class="tutor-small">{escape(words)}</div>{self._pictures()}')
        return {"phase": "rule", "node": "", "words": _plain(self.step), "html": told,
                "wrong": False, "short": "", "grown": []}

    def _pictures(self) -> str:
        sides = []
        names = Names.of([self.step.before, self.step.after])
        for title, v, role, nodes in (("before", self.step.before, "gone", self.gone),
                                      ("after", self.step.after, "new", self.came)):
            picture = build([v], names, title=title,
                            roles={node.outputs[0]: [role] for node in nodes})
            few = v.owner is not None and len(picture.nodes) <= MOST_NODES
            if few and (drawn := svg.if_drawn(picture, svg.inline)):
                sides.append(f'<figure class="tutor-graph"><figcaption>{title}</figcaption>'
                             f"{drawn}</figure>")
        return html.beside(*sides)


def _listed(nodes: Sequence[Apply]) -> str:
    counts = Counter(node.op.label(node) for node in nodes)
    return ", ".join(label if n == 1 else f"{n}× {label}" for label, n in counts.items())


def _plain(step: Step) -> str:
    texts = [in_full(v, TEXT, LIMIT).text for v in (step.before, step.after)]
    return f"{step.rule.name}: {ONCE.format(texts[0]) if alike(step) else ' → '.join(texts)}"


def alike(step: Step) -> bool:
    """Whether the formula stays, and only what computes it is another."""
    return in_full(step.before, TEXT, LIMIT).text == in_full(step.after, TEXT, LIMIT).text


def _after(step: Step) -> str:
    """The formula after a step; in words where it stays."""
    return "the same, once in place of twice" if alike(step) else _math(step.after)


def _math(v: Variable) -> str:
    return html.inline_math(in_line(v, LIMIT), formula(v)[:200])


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
