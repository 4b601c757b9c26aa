"""The steps as a page: a table that needs no script, and the data for the script that steps.

Comes after the story. The picture of the expression carries the number of each step, so that the
table under it can be followed with a finger; what steps is drawn over the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any, NamedTuple

from tutor.core.graph import Constant, Variable
from tutor.core.walk import ancestors
from tutor.pictures import html, svg
from tutor.pictures.picture import CONSTANT, FOLD, Picture, build, detailed
from tutor.pictures.shown import Pair, formulas_of, title_of
from tutor.pictures.story import Step, Story
from tutor.pictures.windows import windows
from tutor.pictures.words import finished

VISIBLE, STILL = 160, 60  # nodes, where it steps and where not; what is beyond is folded
MOST_ROWS = 60  # of the table
FEW = 3  # paths that are added up one by one
NUMBERS = "The numbers in the graph are those of the steps below."


class Drawn(NamedTuple):
    """A picture on the page, with what is above it; and the same before anything was folded."""

    caption: str
    picture: Picture
    whole: Picture


def pictures(story: Story, visible: int) -> list[Drawn]:
    """The graph of the expression, and that of its derivatives."""
    names, outputs = story.names, story.outputs
    roles: dict[Variable, list[str]] = {v: ["wrt"] for v in story.wrt}
    forward = [step for step in story.steps if step.phase == "forward"]
    numbers = {step.variable if step.node is None else step.node.outputs[0]: str(i)
               for i, step in enumerate(forward, 1)}
    left = build(outputs, names, title=title_of(outputs[0]), roles=roles, badges=numbers)
    found = [Drawn("expression", valued(finished(left, names, visible), labels(story)), left)]
    if story.gradients and story.found.problem is None:
        right = build(story.gradients, names, title="Graph of the derivatives", badges=numbers,
                      roles={**roles, **Pair(outputs, story.gradients).new})
        texts = {names.id(v): (_label(story, v),) for v in reversed(names.index) if _has_room(v)}
        found.append(Drawn("derivative", valued(finished(right, names, visible), texts), right))
    return found


def labels(story: Story) -> dict[str, tuple[str, ...]]:
    """What is written in each node of the expression in the end: its value, what arrived at it."""
    found: dict[str, tuple[str, ...]] = {key: (text,) for key, text in given(story).items()}
    for step in story.steps:
        key, label = story.names.id(step.variable), _short(story, step)
        if step.phase == "forward":
            found[key] = (label,)
        elif step.phase != "seed" and label:
            found[key] = (*found.get(key, ("",))[:1], label)
    return found


def given(story: Story) -> dict[str, str]:
    """The values that are there before anything is computed, as labels by node."""
    leaves = [v for v in ancestors(story.outputs)
              if v.owner is None and v in story.names.index and _has_room(v)]
    return {story.names.id(v): _label(story, v) for v in leaves}


def _has_room(v: Variable) -> bool:
    """Whether there is a place for the value at its node: constants show theirs already."""
    return not isinstance(v, Constant) or v.name is not None


def _short(story: Story, step: Step) -> str:
    """The label of a node in a step."""
    return _label(story, step.about, "=" if step.phase == "forward" else "∂")


def _label(story: Story, v: Variable | None, sign: str = "=") -> str:
    short = story.glance(v).short
    if short.startswith("(") and sign == "=":  # the shape of what is long
        return short
    return f"{sign} {short}" if short else ""


def valued(picture: Picture, texts: Mapping[str, tuple[str, ...]]) -> Picture:
    """The picture with these lines in its nodes; a box has room for those of what is in it."""
    nodes = []
    for node in picture.nodes:
        inside = [texts[key] for key in node.inside if key in texts]
        if inside:
            room = max((text for several in inside for text in several), key=len)
            blank = ("",) * max(map(len, inside))
            node = replace(node, values=blank, room=room)
        elif any(texts.get(node.id, ())):
            node = replace(node, values=texts[node.id])
        nodes.append(node)
    return replace(picture, nodes=tuple(nodes))


def formulas(story: Story) -> str:
    """The expression and its derivatives in mathematics."""
    return html.math(formulas_of([*story.outputs, *story.gradients], story.named))


def still(story: Story) -> str:
    """The page without a script: formulas, both graphs, and every step in a table."""
    graphs = [html.graph(one.picture, one.caption) for one in pictures(story, STILL)]
    return html.page(formulas(story), html.beside(*graphs), html.line(NUMBERS), table(story),
                     html.line(verdict(story)))


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


def data(story: Story) -> dict[str, Any]:
    """What the script needs: drawings, what is said of each node, and the steps."""
    drawn = pictures(story, VISIBLE)
    graphs = [{"caption": one.caption, "svg": svg.if_drawn(one.picture, svg.inline),
               "inside": {key: n.id for n in one.picture.nodes for key in n.inside}}
              for one in drawn]
    opened = [{"caption": one.caption, "nodes": list(one.nodes), "svg": svg.if_drawn(
        valued(detailed(one.picture, story.names), labels(story)), svg.inline)}
              for one in windows(drawn[0].whole, drawn[0].picture)]
    if not all(graph["svg"] for graph in graphs):
        graphs, opened = [], []
    steps = [_step(story, step) for step in story.steps]
    return {"title": drawn[0].picture.title, "formulas": formulas(story), "graphs": graphs,
            "windows": opened, "nodes": _nodes(story, drawn), "given": given(story), "steps": steps,
            "start": next((i for i, step in enumerate(story.steps) if story.is_wrong(step)), 0),
            "verdict": verdict(story)}


def _step(story: Story, step: Step) -> dict[str, Any]:
    names = story.names
    return {"phase": step.phase, "node": names.id(step.variable), "words": step.words,
            "html": _told(story, step), "wrong": story.is_wrong(step),
            "short": _short(story, step),
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
    shown = [n for one in drawn for n in one.picture.nodes]
    known = {n.id for n in shown}
    inside = Picture(tuple([n for n in drawn[0].whole.nodes
                            if n.id not in known and n.kind not in (CONSTANT, FOLD)]), ())
    for node in (*detailed(inside, story.names).nodes, *shown):
        if node.kind == FOLD:
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
