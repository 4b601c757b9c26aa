"""Pictures of real models: nothing lies on anything else, formulas define what they use, and all
text can be read, on light pages and on dark ones."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.pictured import MODELS, layers
from tutor import show
from tutor.pictures import svg
from tutor.pictures.assets import style
from tutor.pictures.display import drawn, formulas_of
from tutor.pictures.picture import Names
from tutor.pictures.stage import data

Box = tuple[float, float, float, float]


def overlap(one: Box, other: Box) -> bool:
    slack = 0.5
    return (one[0] + slack < other[2] and other[0] + slack < one[2]
            and one[1] + slack < other[3] and other[1] + slack < one[3])


def numbers(element: Any, *names: str) -> list[float]:
    return [float(element.get(name)) for name in names]


def text_box(text: Any) -> Box:
    x, y, size = numbers(text, "x", "y", "font-size")
    half = 0.85 * svg.text_width(text.text or "", size) / 2  # which is rather too wide
    return x - half, y - 0.75 * size, x + half, y + 0.05 * size


def begun_box(text: Any) -> Box:
    """The place of a text that begins where it is put."""
    x, y, size = numbers(text, "x", "y", "font-size")
    return x, y - 0.75 * size, x + 0.85 * svg.text_width(text.text or "", size), y + 0.05 * size


def image_box(image: Any) -> Box:
    x, y, wide, high = numbers(image, "x", "y", "width", "height")
    return x, y, x + wide, y + high


def shape_box(group: Any) -> Box:
    """The outline of a node; that of a drum from its path."""
    found = []
    for part in group:
        if part.get("class") in ("tutor-shape", "tutor-ring", "tutor-badge-shape"):
            if part.tag == "rect":
                x, y, w, h = numbers(part, "x", "y", "width", "height")
                found.append((x, y, x + w, y + h))
            else:
                m = re.fullmatch(r"M(\S+) (\S+)A\S+ \S+ 0 0 1 (\S+) \S+V(\S+)A.*", part.get("d"))
                left, top, right, bottom = map(float, m.groups())
                found.append((left, top - 4, right, bottom + 4))
    return (min(b[0] for b in found), min(b[1] for b in found),
            max(b[2] for b in found), max(b[3] for b in found))


def crowded(drawing: str) -> list[str]:
    """The labels of a drawing that lie on a node, on another label, or beyond its edge."""
    root = ElementTree.fromstring(re.sub(r"^<svg ", "<svg ", drawing))
    nodes, labels = {}, []
    for group in root.iter("g"):
        if group.get("data-node"):
            nodes[group.get("data-node")] = shape_box(group)
            texts = [t for t in group if t.tag == "text" and t.text]
            labels += [(t.text, text_box(t), group.get("data-node")) for t in texts]
        elif group.get("class") == "tutor-badge":
            labels += [(f"#{t.text}", shape_box(group), None) for t in group if t.tag == "text"]
        elif "tutor-edge" in group.get("class", ""):
            labels += [(t.text, text_box(t), "") for t in group if t.tag == "text"]
        elif "tutor-flow" in group.get("class", ""):
            labels += [(t.text, begun_box(t), "") for t in group if t.tag == "text"]
            labels += [("image", image_box(t), "") for t in group if t.tag == "image"]
        elif group.get("class") == "tutor-frame":
            labels += [(t.text, begun_box(t), "") for t in group if t.tag == "text"]
    left, top, width, height = map(float, root.get("viewBox").split())
    wrong = [f"{text!r} beyond the edge" for text, box, _ in labels if not (
        left <= box[0] and top <= box[1] and box[2] <= left + width and box[3] <= top + height)]
    for i, (text, box, home) in enumerate(labels):
        if home is None:  # a badge lies on the rim of its own node, which comes right after it
            near = [other for other, there, _ in labels[i + 1:] if overlap(box, there)]
            on = [key for key, shape in nodes.items() if overlap(box, shape)][1:]
            wrong += [f"{text} on {near or on}"] if near or on else []
            continue
        on = [key for key, shape in nodes.items() if key != home and overlap(box, shape)]
        out = home and not (nodes[home][0] <= box[0] and box[2] <= nodes[home][2])
        near = [other for other, there, _ in labels[i + 1:] if overlap(box, there)]
        if on or out or near:
            wrong.append(f"{text!r} ({home or 'edge'}) on {on or near or 'its rim'}")
    return wrong


@pytest.mark.parametrize("name", MODELS)
def test_no_label_lies_on_a_node_or_on_another_label(name: str) -> None:
    cost, wrt, given = MODELS[name]()
    pages = [show.bundle(cost)["text/html"], show.show(cost, wrt)._repr_mimebundle_()["text/html"]]
    steps = data(tutor.explore(cost, wrt, given).story)
    drawings = [d for page in pages for d in re.findall(r"<svg .*?</svg>", page, re.DOTALL)
                if 'class="tutor-svg"' in d[:60]]
    drawings += [view["svg"] for graph in [*steps["graphs"], *steps["windows"]]
                 for view in graph["views"]]
    assert drawings
    assert not [wrong for drawing in drawings for wrong in crowded(drawing)]


PART = re.compile(r"t_\{\d+\}")
NAME = r"<msub><mi>t</mi><mn>(\d+)</mn></msub>"


@pytest.mark.parametrize("options", [{"inputs": True}, {"unroll": 3}])
@pytest.mark.parametrize("name", ["recurrent", "power", "rosenbrock", "logsumexp"])
def test_nor_does_it_where_inputs_are_turned_or_loops_unrolled(
    name: str, options: dict[str, Any]
) -> None:
    cost, wrt, given = MODELS[name]()
    found = tutor.explore(cost, wrt, given, **options)
    steps = data(found.story) if found.turning is None else found.turning.data()
    drawings = [view["svg"] for graph in steps["graphs"] for view in graph["views"]]
    assert not [wrong for drawing in drawings for wrong in crowded(drawing)]


@pytest.mark.parametrize("name", MODELS)
def test_formulas_define_every_name_they_use_and_use_what_they_define(name: str) -> None:
    cost, wrt, given = MODELS[name]()
    gradients = tutor.grad(cost, wrt)
    for variables in ([cost], gradients, [cost, *gradients]):
        rows = formulas_of(variables).equations
        used = {part for _, right in rows for part in PART.findall(right)}
        defined = [left for left, _ in rows if PART.fullmatch(left)]
        assert used == set(defined) and len(defined) == len(set(defined))
    f = tutor.function([*given], cost, updates=[(v, v - 0.1 * g) for v, g in zip(
        wrt, gradients, strict=True) if hasattr(v, "get_value")])
    pages = [show.bundle(f), show.bundle(cost), show.bundle(gradients),
             show.show(cost, wrt)._repr_mimebundle_()]
    for page in pages:
        for formula in re.findall(r"<tbody>.*?</tbody>|<math.*?</math>", page["text/html"]):
            names = re.findall(rf"{NAME}(</mtd><mtd><mo>=|<mo>=)?", formula)
            if formula.startswith("<tbody>") or "<mtable" in formula:
                assert {number for number, _ in names} == {number for number, sign in names if sign}
    for step in data(tutor.explore(cost, wrt, given).story)["steps"]:
        assert "<mi>t</mi><mn>" not in step["html"]


def test_of_many_formulas_each_that_is_shown_can_be_read() -> None:
    h, params = layers(T.dmatrix("x"), *[3] * 31)
    shown = show.bundle(tutor.grad(T.mean(h**2), params))["text/html"]
    names = re.findall(rf"{NAME}(</mtd><mtd><mo>=)?", shown)
    assert {number for number, _ in names} == {number for number, sign in names if sign}


Colour = tuple[float, float, float]
NAMED = {"black": "#000", "white": "#fff"}


def colour(text: str, current: Colour) -> Colour:
    if text in ("currentColor", "inherit"):
        return current
    digits = NAMED.get(text, text).removeprefix("#")
    pairs = [d * 2 for d in digits] if len(digits) == 3 else [digits[i:i + 2] for i in (0, 2, 4)]
    red, green, blue = (int(pair, 16) / 255 for pair in pairs)
    return red, green, blue


def over(top: Colour, below: Colour, share: float) -> Colour:
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(top, below, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """That of the Web Content Accessibility Guidelines, from 1 to 21."""
    lights = []
    for c in (one, other):
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in c]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return float(max(lights) / min(lights))


Sheet = list[tuple[list[set[str]], dict[str, str]]]


def rules_of(sheet: str) -> Sheet:
    """The rules of a style sheet whose selectors are tags and classes alone."""
    found: Sheet = []
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", sheet)):
        styles = dict(part.split(":", 1) for part in body.split(";") if ":" in part)
        for selector in selectors.strip().split(","):
            parts = selector.split()
            if parts and all(re.fullmatch(r"\w*(\.[\w-]+)*", part) for part in parts):
                found.append(([set(part.split(".")) - {""} for part in parts], styles))
    return found


def styled(sheet: Sheet, path: list[set[str]], name: str, usual: str) -> str:
    """A property of an element, of whose ancestors and itself these are the classes."""
    best, value = -1.0, usual
    for parts, styles in sheet:
        ancestors = iter(path[:-1])
        if name in styles and parts[-1] <= path[-1] and all(
                any(part <= classes for classes in ancestors) for part in parts[:-1]):
            weight = sum(map(len, parts)) - 0.9 * sum("text" in part for part in parts)
            if weight >= best:
                best, value = weight, styles[name].replace("!important", "")
    return value


def texts(element: Any, path: list[set[str]], inside: list[Any]) -> Iterator[Any]:
    """Each text with its classes, and the outlines that it stands on."""
    here = [*path, {element.tag, *(element.get("class") or "").split()}]
    shapes = [child for child in element if {"tutor-shape", "tutor-badge-shape"} & set(
        (child.get("class") or "").split())]
    on = [(here, shape) for shape in shapes] or inside
    if element.tag.endswith("text"):
        yield element.text, here, inside
    for child in element:
        yield from texts(child, here, on)


def worst(drawing: str, sheet: Sheet, ink: Colour, paper: Colour, around: list[set[str]]
          ) -> tuple[float, str]:  # fmt: skip
    found = (21.0, "")
    ink = colour(styled(sheet, [*around, {"svg", "tutor-svg"}], "color", "inherit"), ink)
    for text, path, inside in texts(ElementTree.fromstring(drawing), around, []):
        below = paper
        for home, shape in inside:
            classes = [*home, {shape.tag, *shape.get("class").split()}]
            share = float(styled(sheet, classes, "fill-opacity", "1"))
            share *= float(styled(sheet, classes, "opacity", "1"))
            below = over(colour(styled(sheet, classes, "fill", "black"), ink), below, share)
        share = np.prod([float(styled(sheet, path[:i], "opacity", "1"))
                         for i in range(1, len(path) + 1)])
        top = over(colour(styled(sheet, path, "fill", "currentColor"), ink), below, share)
        found = min(found, (contrast(top, below), f"{text} {path[-2:]}"))
    return found


PAGES = [((0.13, 0.13, 0.13), (1.0, 1.0, 1.0)), ((1.0, 1.0, 1.0), (0.067, 0.067, 0.067)),
         ((0.9, 0.9, 0.9), (0.12, 0.12, 0.12))]  # fmt: skip
STATES = ["", "tutor-later", "tutor-lit", "tutor-lit tutor-back", "tutor-outside", "tutor-found",
          "tutor-gone", "tutor-new", "tutor-wrong", "tutor-bad"]  # fmt: skip


@pytest.mark.parametrize("name", ["lenet", "fifty_layers", "gated_switch", "attention"])
def test_all_text_can_be_read_on_light_and_on_dark(name: str) -> None:
    cost, wrt, given = MODELS[name]()
    graphs = [graph["views"][0]["svg"]
              for graph in data(tutor.explore(cost, wrt, given).story)["graphs"]]
    sheet = rules_of(style("pictures/html.css", "pictures/picture.css", "pictures/explore.css"))
    for drawing in graphs:
        for state in STATES:
            marked = drawing.replace('class="tutor-node ', f'class="tutor-node {state} ')
            for ink, paper in PAGES:
                found = worst(marked, sheet, ink, paper, [{"tutor-explore"}, {"tutor-show"}])
                assert found[0] >= 4.5, (state, ink, found)
    alone = svg.standalone(drawn([cost], Names.of([cost]), "cost").picture)
    sheet = rules_of("".join(re.findall(r"<style>(.*?)</style>", alone)))
    alone = re.sub(r' xmlns="[^"]*"', "", alone)
    for paper in ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)):
        found = worst(alone, sheet, (0.0, 0.0, 0.0), paper, [])
        assert found[0] >= 4.5, found
