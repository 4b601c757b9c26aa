"""The steps as a page that needs no script: formulas, both graphs, and a table of the steps.

Comes after the story. The picture of the expression carries the number of each step, so that the
table under it can be followed with a finger; what steps is drawn over the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from tutor.core.graph import Variable
from tutor.pictures import html
from tutor.pictures.annotations import Flows
from tutor.pictures.boxes import View, boxes_in, results
from tutor.pictures.display import Pair, formulas_of, inner, title_of
from tutor.pictures.gradients import gradient_formulas
from tutor.pictures.latex import in_line, shown_length, symbol
from tutor.pictures.mathml import mathml
from tutor.pictures.picture import Picture, build
from tutor.pictures.story import Passed, Step, Story
from tutor.pictures.words import finished

STILL = 60  # nodes; what is beyond is folded
MOST_ROWS = 60  # of the table
WHOLE = 500  # nodes that a file shows before anything is folded; nothing is closed there
WIDEST = 90  # characters of what an operation passes back
LONG = 500  # steps, in each of which less is said
FEW = 3  # paths that are added up one by one
VALUE = "Beside an edge: the value that flows forwards"
COTANGENT = "; <i>slanted ∂</i>: what comes back along this edge alone"
SUM = ". <b>∂</b> in a node: all that has come back to it, the g of the table"
NUMBERS = "The numbers in the graph are those of the steps below."


class Drawn(NamedTuple):
    """A graph on the page: what is above it, its views, and the same before anything was folded; in
    some plumbing is left `out`."""

    caption: str
    views: list[View]
    whole: Picture
    out: bool = False

    @property
    def picture(self) -> Picture:
        """The graph as it is first seen."""
        return self.views[0].picture


def pictures(story: Story, visible: int, flows: Flows | None = None, every: bool = False
             ) -> list[Drawn]:
    """The graph of the expression and that of its derivatives, with what flows on their edges; in
    `every` view, or as they are first seen."""
    names, outputs = story.names, story.outputs
    flows = flows or Flows(story)
    roles: dict[Variable, list[str]] = {v: ["wrt"] for v in story.wrt}
    forward = [step for step in story.steps if step.phase == "forward"]
    numbers = {step.variable if step.node is None else step.node.outputs[0]: str(i)
               for i, step in enumerate(forward, 1)}
    asked = [("expression", outputs, title_of(outputs[0]), roles)]
    if story.gradients and story.found.problem is None:
        new = {**roles, **Pair(outputs, story.gradients).new}
        asked.append(("derivative", story.gradients, "Graph of the derivatives", new))
    found = []
    wholes = [build(ends, names, title=title, roles=marks, badges=numbers)
              for _, ends, title, marks in asked]
    always = story.boxed or any(boxes_in(whole, names) for whole in wholes)
    for (caption, *_), whole in zip(asked, wholes, strict=True):
        plain, views = whole, [View("", whole)]
        boxes = boxes_in(whole, names, always) if visible != WHOLE else None
        if boxes is not None:
            plain = boxes.picture
            views = boxes.views() if every else [View("", boxes.closed())]
        back = caption == "expression" and bool(story.back)
        views = [View(opened, flows.on(finished(one, names, visible), back))
                 for opened, one in views]
        found.append(Drawn(caption, views, plain, boxes is not None and not names.plumbing))
    return found


def formulas(story: Story, drawn: Sequence[Drawn]) -> str:
    """The expression and its derivatives in mathematics; what comes out of a closed box is called
    as the box is."""
    called = results(drawn[0].picture, story.names)
    if story.wrt:
        return html.math(gradient_formulas(story.outputs[0], story.wrt, story.gradients, called,
                                           story.named, any(one.out for one in drawn)))
    return html.math(formulas_of([*called, *story.outputs], called))


def legend(drawn: Sequence[Drawn]) -> str:
    """What the numbers in the graphs mean, of those that there are, in a line of HTML."""
    seen = [one.picture for one in drawn]
    kinds = {flow.kind for one in seen for e in one.edges for flow in e.flows}
    sums = any(text.startswith("∂") for one in seen for n in one.nodes for text in n.values)
    told = VALUE + COTANGENT * ("cotangent" in kinds) + SUM * sums
    return f'<div class="tutor-small tutor-legend">{told}.</div>' if "value" in kinds else ""


def still(story: Story) -> str:
    """The page without a script: formulas, both graphs, and every step in a table."""
    drawn = pictures(story, STILL)
    graphs = [html.graph(one.picture, one.caption) for one in drawn]
    numbered = any(node.badge for one in drawn for node in one.picture.nodes)
    return html.page(formulas(story, drawn), html.beside(*graphs), legend(drawn),
                     html.line(NUMBERS * numbered), inner(story.outputs),
                     table(story, drawn[0].whole),
                     html.line(verdict(story)))


def table(story: Story, seen: Picture) -> str:
    """A row for each operation in the picture: its value, what arrives there and is passed back."""
    ids = {node.id for node in seen.nodes}
    back = {step.node: step for step in story.steps if step.phase == "backward"}
    titles = ["operation", "value", *["g arrives", "and is passed back"] * bool(story.gradients)]
    rows = [("", *[f"<b>{title}</b>" for title in titles])]
    forward = [step for step in story.steps if step.phase == "forward"]
    for number, step in enumerate(forward[:MOST_ROWS], 1):
        if story.names.id(step.variable) not in ids and not story.is_wrong(step):
            continue
        cells = ["<br/>".join(cell) for cell in zip(*_results(story, step), strict=True)]
        if step.node in back:
            backward = back[step.node]
            arrived = story.glance(backward.arrived).html if backward.arrived is not None else ""
            cells += [arrived, "<br/>".join(_passed(story, backward))]
        rows.append((str(number), *cells, *[""] * (len(titles) - len(cells)) * bool(back)))
    if len(forward) > MOST_ROWS:
        rows.append(("…", f"{len(forward) - MOST_ROWS} more operations"))
    ends = [step for step in story.steps if step.phase == "done"]
    return html.table(rows) + "".join(html.line(step.words) for step in ends)


def _results(story: Story, step: Step, bare: bool = False) -> list[tuple[str, str]]:
    """The results of a step forwards that are used: each in mathematics, and its value."""
    more = [(in_mathematics(story, v, bare), story.glance(v).html) for v, _ in step.more]
    return [(in_mathematics(story, step.variable, bare), _value(story, step)), *more]


def _value(story: Story, step: Step) -> str:
    if story.is_wrong(step):
        problem = story.found.problem
        said = step.words if problem is not None else story.glance(step.variable).words
        return f'<b class="tutor-wrong">✗ {escape(said)}</b>'
    return story.glance(step.variable).html


def _passed(story: Story, step: Step, bare: bool = False) -> list[str]:
    """A line for each operand: the rule, and what it gives."""
    lines = []
    for one in step.passed:
        rule = _rule(story, one, bare)
        value = story.glance(one.result).html
        equals = " = " if rule else ""
        lines.append(f"to {in_mathematics(story, one.operand, bare)}: {rule}{equals}{value}")
    return lines


def in_mathematics(story: Story, v: Variable, bare: bool = True) -> str:
    """A variable in mathematics; `bare`, for the script, of fewer operations the more steps there
    are, and without what stands for it where a page is stripped."""
    few = 8 if len(story.steps) < LONG else 2
    return story.once((v, bare), lambda: mathml(in_line(v, few), block=False) if bare
                      else html.mathematics(v))


def _ended(story: Story, step: Step, value: str) -> str:
    """A derivative, and how it came about: as a sum, or by the rule of the only way there."""
    ways = list(filter(story.came, story.parts.get(step.variable, ())))
    if len(ways) != 1:
        return value
    rule = _rule(story, ways[0], True)
    back = next((one for one in story.steps if one.node is ways[0].node
                 and one.phase == "backward" and one.arrived is not None), None)
    if not rule or back is None:
        return value
    told = f"{rule} = {value}"
    if not back.more:
        v = back.variable
        came = mathml(symbol(v.name), block=False) if v.name else in_mathematics(story, v)
        told += f", with g = {story.glance(back.arrived).html} from {came}"
    return told


def _rule(story: Story, one: Passed, bare: bool) -> str:
    if not one.latex or shown_length(one.latex) > WIDEST:  # of a loop it is a loop
        return ""
    return story.once((one, bare), lambda: mathml(one.latex, block=False) if bare
                      else html.inline_math(one.latex, one.rule))


def verdict(story: Story) -> str:
    """What went wrong, if anything did."""
    suspect, problem = story.found.suspect, story.found.problem
    if suspect is None:
        return ""
    what = "failed" if problem is not None else "is the first to give nan or infinity"
    where = f", written at {suspect.origin}" if suspect.origin is not None else ""
    return f"{story.called(suspect.outputs[0])} {what}{where}.{story.instead}"


def told(story: Story, step: Step) -> str:
    """A step in HTML, for the script."""
    if step.phase == "forward":
        return "<br/>".join(f"{name} = {value}" for name, value in _results(story, step, bare=True))
    if step.arrived is None:
        return escape(step.words)
    value = story.glance(step.about).html
    if step.phase == "seed":
        return f"The result changes as fast as itself: g = {value}"
    summed = ""
    if 1 < len(step.paths) <= FEW:
        parts = [story.glance(p.result).html for p in step.paths]
        summed = f"{' + '.join(parts)} = "
    elif step.paths:
        summed = f"the sum of {len(step.paths)} paths = "
    if step.phase == "done":
        title = escape(step.words.split(" = ")[0])
        return f"<b>{title}</b> = {_ended(story, step, f'{summed}{value}')}"
    lines = [f"{in_mathematics(story, step.variable, True)}: g = {summed}{value} arrives"]
    lines += [f"{in_mathematics(story, v, True)}: {story.glance(g).html} arrives"
              for v, g in step.more if g is not None]
    lines += _passed(story, step, bare=True)
    return "<br/>".join(lines)
