"""The steps as data for the script: drawings in every view, what is said of nodes, numbers by step.

Comes after the page. Numbers are apart from drawings, so that other numbers can take their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tutor.core.graph import Constant
from tutor.core.walk import ancestors
from tutor.pictures import page, svg
from tutor.pictures.annotations import Flows
from tutor.pictures.display import inner
from tutor.pictures.opening import windows
from tutor.pictures.page import Drawn, pictures
from tutor.pictures.picture import BOX, CONSTANT, FOLD, Picture, detailed
from tutor.pictures.story import Step, Story

VISIBLE = 160  # nodes; what is beyond is folded
MOST_GIVEN = 8  # inputs that are told one by one


def data(story: Story) -> dict[str, Any]:
    """What the script needs."""
    return Stage(story).data()


class Stage:
    """The pictures of a story, and what stands in them: with `turning`, with room for more."""

    def __init__(self, story: Story, turning: bool = False) -> None:
        self.story, self.turning = story, turning
        flows = Flows(story, turning)
        self.drawn = pictures(story, VISIBLE, flows, every=True)
        self.parts = [part._replace(picture=flows.on(detailed(part.picture, story.names), True))
                      for part in windows(self.drawn[0].whole, self.drawn[0].picture)]
        self.sides = [[view.picture for view in one.views] for one in self.drawn]
        self.sides[0] += [part.picture for part in self.parts]

    def data(self) -> dict[str, Any]:
        """All of it: drawings, what is said of each node, the steps and their numbers."""
        story = self.story
        graphs: list[dict[str, Any]] = [
            {"caption": one.caption, "side": side, "views": [_view(*view) for view in one.views]}
            for side, one in enumerate(self.drawn)]
        opened = [{"caption": part.caption, "side": 0, "nodes": list(part.nodes),
                   "views": [_view("", part.picture)]} for part in self.parts]
        if not all(view["svg"] for graph in graphs for view in graph["views"]):
            graphs, opened = [], []
        wrong = (i for i, step in enumerate(story.steps, 1) if story.is_wrong(step))
        return {"title": self.drawn[0].picture.title, "start": next(wrong, 0), "graphs": graphs,
                "windows": opened, "formulas": page.formulas(story, self.drawn),
                "legend": page.legend(self.drawn) if graphs else "",
                "inside": inner(story.outputs), "nodes": _nodes(story, self.drawn),
                **self.numbers()}

    def numbers(self) -> dict[str, Any]:
        """What changes with the inputs: the steps, and what flows along the edges."""
        flows = Flows(self.story, self.turning)
        sides = [[flows.on(picture, number == 0) for picture in side]
                 for number, side in enumerate(self.sides)]
        steps = [_step(self.story, step) for step in self.story.steps]
        return {"steps": [_given(self.story), *steps], "verdict": page.verdict(self.story),
                **flowing(self.story, sides)}


def flowing(story: Story, sides: Sequence[Sequence[Picture]]) -> dict[str, Any]:
    """What stands on edges and in nodes: values by variable, what comes back by edge and from which
    step on, and lines by node, for each side."""
    at = {story.names.id(step.variable): i for i, step in enumerate(story.steps, 1)
          if step.phase == "backward"}
    values, sent = {}, {}
    for e in (e for side in sides for picture in side for e in picture.edges):
        for flow in e.flows:
            told = {"lines": flow.lines, "image": flow.image}
            if flow.kind == "value":
                values[e.variable] = told
            elif flow.kind == "cotangent":
                heads = [f"n{key[1:].split('-')[0]}" for key in e.parts or (e.id,)]
                sent[e.id] = {**told, "strength": e.strength,
                              "at": max(at.get(head, 0) for head in heads)}
    lines = [{node.id: node.values for picture in side for node in picture.nodes if node.values}
             for side in sides]
    return {"values": values, "sent": sent, "lines": lines}


def _view(opened: str, picture: Picture) -> dict[str, Any]:
    """A view for the script, which puts the images in."""
    edges = [replace(e, flows=tuple(flow._replace(image="") for flow in e.flows))
             for e in picture.edges]
    return {"opened": opened,
            "svg": svg.if_drawn(replace(picture, edges=tuple(edges)), svg.untold),
            "inside": {key: n.id for n in picture.nodes for key in n.inside}}


def _given(story: Story) -> dict[str, Any]:
    """The step before all others: what goes in."""
    leaves = [v for v in ancestors(story.outputs) if v.owner is None and v in story.names.index
              and not isinstance(v, Constant)]
    told = [f"{page.in_mathematics(story, v)} = {story.glance(v).html}"
            for v in leaves[:MOST_GIVEN]]
    words = ", ".join(f"{story.called(v)} = {story.glance(v).words}" for v in leaves)
    more = f"<br/>and {len(leaves) - MOST_GIVEN} more" if len(leaves) > MOST_GIVEN else ""
    return {"phase": "given", "node": "", "words": f"What goes in: {words}" if words else "",
            "html": f"What goes in:<br/>{'<br/>'.join(told)}{more}" if told else "Nothing goes in.",
            "wrong": False, "grown": []}


def _step(story: Story, step: Step) -> dict[str, Any]:
    names = story.names
    return {"phase": step.phase, "node": names.id(step.variable), "words": step.words,
            "html": page.told(story, step), "wrong": story.is_wrong(step),
            "grown": [names.id(v) for v in step.grown if v in names.index]}


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
