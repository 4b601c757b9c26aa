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
from tutor.core.text import formula
from tutor.core.walk import ancestors, toposort
from tutor.pictures import html, svg, words
from tutor.pictures.fold import fold
from tutor.pictures.glance import at_a_glance
from tutor.pictures.latex import in_line
from tutor.pictures.picture import CONSTANT, FOLD, Names, Picture, build, detailed
from tutor.pictures.shown import formulas_of, title_of
from tutor.pictures.story import Step, Story
from tutor.pictures.windows import windows

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
    numbers = {_first(step.variable): str(i) for i, step in enumerate(forward, 1)}
    left = build(outputs, names, title=title_of(outputs[0]), roles=roles, badges=numbers)
    found = [Drawn("expression", valued(_shown(left, names, visible), labels(story)), left)]
    if story.gradients and story.found.problem is None:
        for v, title in zip(story.gradients, story.titles, strict=True):
            if v.owner is not None:
                names.labels.setdefault(v, f"∂{story.cost}/∂{title}")
        own = {n.outputs[0] for n in toposort(outputs)}
        new = {n.outputs[0]: ["new"] for n in toposort(story.gradients) if n.outputs[0] not in own}
        right = build(story.gradients, names, title="Graph of the derivatives",
                      roles={**roles, **new}, badges=numbers)
        texts = {names.id(v): (_label("=", story.values.get(v)),) for v in names.index
                 if not (isinstance(v, Constant) and v.name is None)}
        found.append(Drawn("derivative", valued(_shown(right, names, visible), texts), right))
    return found


def labels(story: Story) -> dict[str, tuple[str, ...]]:
    """What is written in each node of the expression in the end: its value, what arrived at it."""
    found: dict[str, tuple[str, ...]] = {key: (text,) for key, text in given(story).items()}
    for step in story.steps:
        key, label = story.names.id(_first(step.variable)), _short(story, step)
        if step.phase == "forward":
            found[key] = (label,)
        elif step.phase != "seed" and label:
            found[key] = (*found.get(key, ("",))[:1], label)
    return found


def given(story: Story) -> dict[str, str]:
    """The values that are there before anything is computed, as labels by node."""
    leaves = [v for v in ancestors(story.outputs) if v.owner is None and v in story.names.index
              and not (isinstance(v, Constant) and v.name is None)]
    return {story.names.id(v): _label("=", story.values.get(v)) for v in leaves}


def _short(story: Story, step: Step) -> str:
    """The label of a node in a step."""
    return _label("=" if step.phase == "forward" else "∂", _subject(story, step))


def _label(sign: str, value: Any) -> str:
    short = at_a_glance(value).short
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


def _shown(picture: Picture, names: Names, visible: int) -> Picture:
    return words.described(detailed(fold(picture, visible), names))


def formulas(story: Story) -> str:
    """The expression and its derivatives in mathematics."""
    called = {}
    if story.gradients:
        called = {story.outputs[0]: story.cost}
        called |= {v: f"(d{story.cost}/d{t})" for v, t in
                   zip(story.gradients, story.titles, strict=True)}
    return html.math(formulas_of([*story.outputs, *story.gradients], called))


def still(story: Story) -> str:
    """The page without a script: formulas, both graphs, and every step in a table."""
    graphs = [html.graph(one.picture, one.caption) for one in pictures(story, STILL)]
    return html.page(formulas(story), html.beside(*graphs), html.line(NUMBERS), table(story),
                     html.line(verdict(story)))


def table(story: Story) -> str:
    """A row for each operation: its value, what arrives at it and what it passes back."""
    back = {step.node: step for step in story.steps if step.phase == "backward"}
    rows = [("", *[f"<b>{escape(title)}</b>" for title in _titles(story)])]
    forward = [step for step in story.steps if step.phase == "forward"]
    for number, step in enumerate(forward[:MOST_ROWS], 1):
        cells = ["<br/>".join(cell) for cell in zip(*_results(story, step), strict=True)]
        if back:
            cells += _backwards(story, back.get(step.node))
        rows.append((str(number), *cells))
    if len(forward) > MOST_ROWS:
        rows.append(("…", f"{len(forward) - MOST_ROWS} more operations"))
    ends = [step for step in story.steps if step.phase == "done"]
    return html.table(rows) + "".join(html.line(step.words) for step in ends)


def _titles(story: Story) -> list[str]:
    titles = ["operation", "value"]
    return [*titles, "g arrives", "and is passed back"] if story.gradients else titles


def _results(story: Story, step: Step) -> list[tuple[str, str]]:
    """The results of a step forwards that are used: each in mathematics, and its value."""
    more = [(_mathematics(v), at_a_glance(story.values.get(v)).html) for v, _ in step.more]
    return [(_mathematics(step.variable), _value(story, step)), *more]


def _value(story: Story, step: Step) -> str:
    if step.node is not None and step.node is story.found.suspect:
        problem = story.found.problem
        said = step.words if problem is not None else at_a_glance(
            story.values.get(step.variable)).words
        return f'<b class="tutor-wrong">✗ {escape(said)}</b>'
    return at_a_glance(story.values.get(step.variable)).html


def _backwards(story: Story, step: Step | None) -> list[str]:
    if step is None:
        return ["", ""]
    arrived = at_a_glance(story.values.get(step.arrived)).html if step.arrived is not None else ""
    return [arrived, "<br/>".join(_passed(story, step))]


def _passed(story: Story, step: Step) -> list[str]:
    """A line for each operand: the rule, and what it gives."""
    lines = []
    for one in step.passed:
        rule = html.inline_math(one.latex, one.rule) if one.latex else ""
        value = at_a_glance(story.values.get(one.result)).html
        equals = " = " if rule else ""
        lines.append(f"to {_mathematics(one.operand)}: {rule}{equals}{value}")
    return lines


def _mathematics(v: Variable) -> str:
    return html.inline_math(in_line(v, 8), formula(v)[:200])


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
            "start": opening(story), "verdict": verdict(story)}


def opening(story: Story) -> int:
    """The step to begin at: the first, or the one that went wrong."""
    suspect = story.found.suspect
    places = [i for i, step in enumerate(story.steps)
              if suspect is not None and step.phase == "forward" and step.node is suspect]
    return places[0] if places else 0


def _step(story: Story, step: Step) -> dict[str, Any]:
    ids = story.names
    wrong = step.phase == "forward" and step.node is not None and step.node is story.found.suspect
    return {"phase": step.phase, "node": ids.id(_first(step.variable)), "words": step.words,
            "html": _told(story, step), "wrong": wrong,
            "short": _short(story, step),
            "grown": [ids.id(_first(v)) for v in step.grown if _first(v) in ids.index]}


def _first(v: Variable) -> Variable:
    """The variable that stands for the node that computes one, in pictures."""
    return v if v.owner is None else v.owner.outputs[0]


def _subject(story: Story, step: Step) -> Any:
    """The value a step is about."""
    about = step.variable if step.phase == "forward" else step.arrived
    return None if about is None else story.values.get(about)


def _told(story: Story, step: Step) -> str:
    """A step in HTML."""
    if step.phase == "forward":
        return "<br/>".join(f"{name} = {value}" for name, value in _results(story, step))
    if step.arrived is None:
        return escape(step.words)
    value = at_a_glance(_subject(story, step)).html
    if step.phase == "seed":
        return f"The result changes as fast as itself: g = {value}"
    summed = ""
    if 1 < len(step.paths) <= FEW:
        parts = [at_a_glance(story.values.get(p.result)).html for p in step.paths]
        summed = f"{' + '.join(parts)} = "
    elif step.paths:
        summed = f"the sum of {len(step.paths)} paths = "
    if step.phase == "done":
        return f"<b>{escape(step.words.split(' = ')[0])}</b> = {summed}{value}"
    lines = [f"{_mathematics(step.variable)}: g = {summed}{value} arrives"]
    lines += [f"{_mathematics(v)}: {at_a_glance(story.values.get(g)).html} arrives"
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
                 "origin": node.origin, "value": at_a_glance(story.values.get(v)).html}
        shape = getattr(story.values.get(v), "shape", None)
        if shape:
            found["type"] += f", shape {tuple(map(int, shape))}"
        if v in arrived:
            found["cotangent"] = at_a_glance(story.values.get(arrived[v])).html
        told[node.id] = {key: text for key, text in found.items() if text}
    return told
