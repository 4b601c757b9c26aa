"""The steps as a page: a table that needs no script, and the data for the script that steps.

Comes after the story. The picture of the expression carries the number of each step, so that the
table under it can be followed with a finger; what steps is drawn over the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any, NamedTuple

from tutor.core.graph import Constant, Variable
from tutor.core.walk import ancestors
from tutor.pictures import html, svg
from tutor.pictures.boxes import Boxes, View, is_large, results, without_plumbing
from tutor.pictures.flows import Flows
from tutor.pictures.picture import BOX, CONSTANT, FOLD, Picture, build, detailed
from tutor.pictures.shown import Pair, formulas_of, title_of
from tutor.pictures.story import Step, Story
from tutor.pictures.windows import windows
from tutor.pictures.words import finished

VISIBLE, STILL = 160, 60  # nodes, where it steps and where not; what is beyond is folded
MOST_ROWS = 60  # of the table
WHOLE = 500  # nodes that a file shows before anything is folded; nothing is closed there
MOST_GIVEN = 8  # inputs that are told one by one
FEW = 3  # paths that are added up one by one
NUMBERS = "The numbers in the graph are those of the steps below."


class Drawn(NamedTuple):
    """A graph on the page: what is above it, its views, and the same before anything was folded."""

    caption: str
    views: list[View]
    whole: Picture

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
    for caption, ends, title, marks in asked:
        whole = build(ends, names, title=title, roles=marks, badges=numbers)
        plain, views = whole, [View("", whole)]
        if is_large(whole) and visible != WHOLE:
            boxes = Boxes(plain := without_plumbing(whole, names), names)
            views = boxes.views() if every else [View("", boxes.closed())]
        back = caption == "expression" and bool(story.back)
        views = [View(opened, flows.on(finished(one, names, visible, boxes=False), back))
                 for opened, one in views]
        found.append(Drawn(caption, views, plain))
    return found


def formulas(story: Story, drawn: Sequence[Drawn]) -> str:
    """The expression and its derivatives in mathematics; what comes out of a closed box is called
    as the box is."""
    called = results(drawn[0].picture, story.names)
    return html.math(formulas_of([*called, *story.outputs, *story.gradients],
                                 {**called, **story.named}))


def still(story: Story) -> str:
    """The page without a script: formulas, both graphs, and every step in a table."""
    drawn = pictures(story, STILL)
    graphs = [html.graph(one.picture, one.caption) for one in drawn]
    numbered = any(node.badge for one in drawn for node in one.picture.nodes)
    return html.page(formulas(story, drawn), html.beside(*graphs), html.line(NUMBERS * numbered),
                     table(story), html.line(verdict(story)))


def table(story: Story) -> str:
    """A row for each operation: its value, what arrives at it and what it passes back."""
    back = {step.node: step for step in story.steps if step.phase == "backward"}
    titles = ["operation", "value", *["g arrives", "and is passed back"] * bool(story.gradients)]
    rows = [("", *[f"<b>{title}</b>" for title in titles])]
    forward = [step for step in story.steps if step.phase == "forward"]
    for number, step in enumerate(forward[:MOST_ROWS], 1):
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


def _results(story: Story, step: Step) -> list[tuple[str, str]]:
    """The results of a step forwards that are used: each in mathematics, and its value."""
    more = [(html.mathematics(v), story.glance(v).html) for v, _ in step.more]
    return [(html.mathematics(step.variable), _value(story, step)), *more]


def _value(story: Story, step: Step) -> str:
    if story.is_wrong(step):
        problem = story.found.problem
        said = step.words if problem is not None else story.glance(step.variable).words
        return f'<b class="tutor-wrong">✗ {escape(said)}</b>'
    return story.glance(step.variable).html


def _passed(story: Story, step: Step) -> list[str]:
    """A line for each operand: the rule, and what it gives."""
    lines = []
    for one in step.passed:
        rule = html.inline_math(one.latex, one.rule) if one.latex else ""
        value = story.glance(one.result).html
        equals = " = " if rule else ""
        lines.append(f"to {html.mathematics(one.operand)}: {rule}{equals}{value}")
    return lines


def verdict(story: Story) -> str:
    """What went wrong, if anything did."""
    suspect, problem = story.found.suspect, story.found.problem
    if suspect is None:
        return ""
    what = "failed" if problem is not None else "is the first to give nan or infinity"
    where = f", written at {suspect.origin}" if suspect.origin is not None else ""
    return f"{story.called(suspect.outputs[0])} {what}{where}.{story.instead}"


def data(story: Story, turning: bool = False) -> dict[str, Any]:
    """What the script needs: drawings, what is said of each node, and the steps."""
    flows = Flows(story, turning)
    drawn = pictures(story, VISIBLE, flows, every=True)
    graphs: list[dict[str, Any]] = [
        {"caption": one.caption, "views": [_view(*view) for view in one.views]} for one in drawn]
    parts = [part._replace(picture=flows.on(detailed(part.picture, story.names), bool(story.back)))
             for part in windows(drawn[0].whole, drawn[0].picture)]
    opened = [{"caption": part.caption, "nodes": list(part.nodes),
               "views": [_view("", part.picture)]} for part in parts]
    if not all(view["svg"] for graph in graphs for view in graph["views"]):
        graphs, opened = [], []
    shown = [view.picture for one in drawn for view in one.views] + [one.picture for one in parts]
    return {"title": drawn[0].picture.title, "formulas": formulas(story, drawn), "graphs": graphs,
            "windows": opened, "nodes": _nodes(story, drawn), **numbers(story, flows, shown),
            "start": next((i for i, step in enumerate(story.steps, 1) if story.is_wrong(step)), 0),
            "verdict": verdict(story)}


def numbers(story: Story, flows: Flows, shown: Sequence[Picture]) -> dict[str, Any]:
    """What changes with the inputs: the steps, and what flows along the edges."""
    edges = [e for picture in shown for e in picture.edges]
    at = {story.names.id(step.variable): i for i, step in enumerate(story.steps, 1)
          if step.phase == "backward"}
    sent = {}
    for e in edges:
        for flow in e.flows:
            if flow.kind == "cotangent":
                heads = [f"n{key[1:].split('-')[0]}" for key in e.parts or (e.id,)]
                sent[e.id] = {"lines": flow.lines, "image": flow.image, "strength": e.strength,
                              "at": max(at.get(head, 0) for head in heads)}
    values = {e.variable: {"lines": flow.lines, "image": flow.image}
              for e in edges for flow in e.flows if flow.kind == "value"}
    lines = {n.id: n.values for picture in shown for n in picture.nodes if n.values}
    return {"steps": [_given(story), *[_step(story, step) for step in story.steps]],
            "values": values, "sent": sent, "lines": lines}


def _view(opened: str, picture: Picture) -> dict[str, Any]:
    """A view for the script, which puts the images in."""
    edges = [replace(e, flows=tuple(flow._replace(image="") for flow in e.flows))
             for e in picture.edges]
    return {"opened": opened,
            "svg": svg.if_drawn(replace(picture, edges=tuple(edges)), svg.inline),
            "inside": {key: n.id for n in picture.nodes for key in n.inside}}


def _given(story: Story) -> dict[str, Any]:
    """The step before all others: what goes in."""
    leaves = [v for v in ancestors(story.outputs) if v.owner is None and v in story.names.index
              and not isinstance(v, Constant)]
    told = [f"{html.mathematics(v)} = {story.glance(v).html}" for v in leaves[:MOST_GIVEN]]
    words = ", ".join(f"{story.called(v)} = {story.glance(v).words}" for v in leaves)
    more = f"<br/>and {len(leaves) - MOST_GIVEN} more" if len(leaves) > MOST_GIVEN else ""
    return {"phase": "given", "node": "", "words": f"What goes in: {words}" if words else "",
            "html": f"What goes in:<br/>{'<br/>'.join(told)}{more}" if told else "Nothing goes in.",
            "wrong": False, "grown": []}


def _step(story: Story, step: Step) -> dict[str, Any]:
    names = story.names
    return {"phase": step.phase, "node": names.id(step.variable), "words": step.words,
            "html": _told(story, step), "wrong": story.is_wrong(step),
            "grown": [names.id(v) for v in step.grown if v in names.index]}


def _told(story: Story, step: Step) -> str:
    """A step in HTML."""
    if step.phase == "forward":
        return "<br/>".join(f"{name} = {value}" for name, value in _results(story, step))
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
        return f"<b>{escape(step.words.split(' = ')[0])}</b> = {summed}{value}"
    lines = [f"{html.mathematics(step.variable)}: g = {summed}{value} arrives"]
    lines += [f"{html.mathematics(v)}: {story.glance(g).html} arrives"
              for v, g in step.more if g is not None]
    lines += _passed(story, step)
    return "<br/>".join(lines)


def _nodes(story: Story, drawn: Sequence[Drawn]) -> dict[str, dict[str, str]]:
    """What is said of each node under the pointer, and found by its name: by its id, the same in
    all pictures."""
    variables = {i: v for v, i in story.names.index.items()}
    arrived = {step.variable: step.arrived for step in story.steps
               if step.phase in ("backward", "done") and step.arrived is not None}
    told: dict[str, dict[str, str]] = {}
    shown = list({n.id: n for one in drawn for view in one.views for n in view.picture.nodes
                  }.values())
    known = {n.id for n in shown}
    inside = Picture(tuple([n for n in drawn[0].whole.nodes
                            if n.id not in known and n.kind not in (CONSTANT, FOLD, BOX)]), ())
    for node in (*detailed(inside, story.names).nodes, *shown):
        if node.kind in (FOLD, BOX):
            told[node.id] = {"name": node.label, "what": node.formula}
            continue
        v = variables[node.variable]
        found = {"name": node.name or node.label, "what": node.formula, "type": node.type,
                 "origin": node.origin, "value": story.glance(v).html}
        shape = getattr(story.values.get(v), "shape", None)
        if shape:
            found["type"] += f", shape {tuple(map(int, shape))}"
        if v in arrived:
            found["cotangent"] = story.glance(arrived[v]).html
        told[node.id] = {key: text for key, text in found.items() if text}
    return told
