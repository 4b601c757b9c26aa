"""What flows along the edges of an exploration: values forwards, cotangents backwards.

Comes after the story. A number stands as it is; an array as a small image with its shape and its
range. How much flows back, as a share of the most, says how thick an edge is drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tutor.core.graph import Constant, Variable
from tutor.pictures import pixels
from tutor.pictures.picture import BOX, CONSTANT, FOLD, Edge, Flow, Node, Picture
from tutor.pictures.story import Passed, Story
from tutor.pictures.summary import at_a_glance, number, rows

LONGEST = 14  # characters of an array that stands in numbers
SIDE, CELLS, SHADES = 26.0, 20, 32  # of an image: points on the page, cells, different tones
BARRED = 5  # pixels of a cell in it that has a sign
DECADES = 6  # between the thickest edge and the thinnest
FEW = 4  # ways whose sum is written out
NUMBER = re.compile(r"−?[\d.]+(e[-+]?\d+)?|nan|inf")
ROOM = "−0.0000"  # as wide as a number may become where inputs are turned


class Told(NamedTuple):
    """A value in a few characters: lines, and an image with its size."""

    lines: tuple[str, ...]
    size: tuple[float, float] = (0.0, 0.0)
    image: str = ""


def told(value: Any, longest: int = LONGEST) -> Told:
    """What stands on an edge for a value.

    >>> told(np.array(0.25)).lines, told(np.array([1.0, 2.0])).lines
    (('0.25',), ('[1, 2]',))
    >>> told(np.linspace(-1, 1, 100).reshape(10, 10)).lines
    ('(10, 10)', '−1 … 1')
    """
    if not isinstance(value, (np.ndarray, np.generic)):
        short = at_a_glance(value).short
        return Told((short,) if short else ())
    array = np.asarray(value)
    if array.ndim == 0:
        return Told((signed(number(array.item())),))
    if array.size <= 4 and len(text := signed(rows(array))) <= longest:
        return Told((text,))
    lines = [str(array.shape)]
    if array.size and array.dtype.kind in "iufb":
        lines.append(span(array))
        return Told(tuple(lines), *image(array))
    return Told(tuple(lines))


def signed(text: str) -> str:
    """Numbers with minus signs as they are printed, and not hyphens."""
    return text.replace("-", "−").replace("e−", "e-")


def span(array: Any) -> str:
    """The range of an array, and whether there is nan or infinity in it."""
    finite = array[np.isfinite(array)]
    if finite.size < array.size:
        return "nan" if np.isnan(array).any() else "inf"
    low, high = (signed(f"{float(v) + 0.0:.2g}") for v in (finite.min(), finite.max()))
    return low if low == high else f"{low} … {high}"


def image(array: Any) -> tuple[tuple[float, float], str]:
    """A vector or a matrix as a small image: its size on the page, and its address."""
    flat = np.asarray(array[None] if array.ndim == 1 else array, dtype=float)
    if flat.ndim != 2:
        return (0.0, 0.0), ""
    steps = [-(-size // CELLS) for size in flat.shape]
    seen = flat[::steps[0], ::steps[1]]
    finite = np.abs(seen[np.isfinite(seen)])
    scale, centred = float(finite.max()) if finite.size else 0.0, bool((seen < 0).any())
    step = 254 // (SHADES - 2)
    shades = pixels.shades(seen, scale, centred) // step * step
    shades = pixels.barred(np.where(np.isfinite(seen), shades, pixels.GAP), seen < 0, BARRED)
    palette = pixels.DIVERGING if centred else pixels.INK
    height, width = flat.shape
    zoom = SIDE / max(height, width)
    size = max(width * zoom, 6.0), max(height * zoom, 6.0)
    return size, pixels.address(pixels.png(shades, palette))


class Flows:
    """What flows along each edge of the pictures of a story, and what stands in the nodes."""

    def __init__(self, story: Story, turning: bool = False) -> None:
        self.story, self.turning = story, turning
        self.variables = {i: v for v, i in story.names.index.items()}
        self.known: dict[Variable, Told] = {}
        self.sent: dict[str, Passed] = {}
        for ways in story.parts.values():
            for way in ways:
                self.sent[f"e{story.names.id(way.node.outputs[0])[1:]}-{way.place}"] = way
        self.sent = {key: way for key, way in self.sent.items()
                     if way.result in story.values and story.came(way)}
        sizes = [size(story.values[way.result]) for way in self.sent.values()]
        self.most = max(sizes, default=0.0)

    def told(self, v: Variable) -> Told:
        """What stands on an edge along which the value of a variable flows."""
        if v not in self.known:
            self.known[v] = self.short(self.story.values.get(v))
        return self.known[v]

    def short(self, value: Any) -> Told:
        """What is said of a value: where inputs are turned, always in the same form."""
        return told(value, 0 if self.turning else LONGEST)

    def back(self, e: Edge) -> Any:
        """What comes back along an edge: of those that are drawn as one, the sum."""
        found = [self.story.values[self.sent[key].result] for key in e.parts or (e.id,)
                 if key in self.sent]
        return sum(found[1:], found[0]) if found else None

    def strength(self, value: Any) -> float:
        """How much a cotangent is, from 0 to 1: one for the largest, less for each decade below."""
        here = size(value)
        if not here or not self.most:
            return 0.0
        return min(1.0, max(0.04, 1 + math.log10(here / self.most) / DECADES))

    def edge(self, e: Edge, tail: Node, backwards: bool) -> Edge:
        """An edge with what flows along it; constants say by themselves what they are."""
        if tail.kind == CONSTANT:
            return e
        flows = []
        if (found := self.told(self.variables[e.variable])).lines:
            flows.append(self.flow("value", found))
        value = self.back(e) if backwards else None
        if value is None:
            return replace(e, flows=tuple(flows))
        found = self.short(value)
        flows.append(self.flow("cotangent", found._replace(
            lines=(f"∂ {found.lines[0]}", *found.lines[1:]))))
        return replace(e, flows=tuple(flows), strength=self.strength(value))

    def flow(self, kind: str, found: Told) -> Flow:
        """What stands on an edge, with room for other numbers where inputs are turned."""
        return Flow(kind, found.lines, found.size, found.image, ROOM if self.turning else "")

    def on(self, picture: Picture, backwards: bool) -> Picture:
        """The picture with what flows on its edges, and with sums and results in its nodes."""
        tails = {node.id: node for node in picture.nodes}
        edges = [self.edge(e, tails[e.tail], backwards) if e.variable in self.variables else e
                 for e in picture.edges]  # all but those of what is folded
        fed = {e.tail for e in picture.edges}
        lines = self.lines(backwards)
        nodes = [self.node(node, self.in_box(node, lines) if node.kind == BOX
                           else lines.get(node.id, self.alone(node, fed)))
                 for node in picture.nodes]
        return replace(picture, nodes=tuple(nodes), edges=tuple(edges))

    def node(self, node: Node, values: tuple[str, ...]) -> Node:
        """A node with these lines in it, and room for others where inputs are turned."""
        room = max((NUMBER.sub(ROOM, text) for text in values), key=len, default="")
        return replace(node, values=values, room=room if self.turning else "")

    def alone(self, node: Node, fed: set[str]) -> tuple[str, ...]:
        """The value of an input from which no edge leads."""
        if node.id in fed or node.kind in (CONSTANT, FOLD):
            return ()
        return self.result(self.variables[node.variable])

    def in_box(self, node: Node, lines: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """The results that are in a closed box."""
        ids = {self.story.names.id(v) for v in (*self.story.outputs, *self.story.gradients)}
        found = [lines[key][:1] for key in node.inside if key in ids and key in lines]
        return found[0] if len(found) == 1 else ()

    def lines(self, backwards: bool) -> dict[str, tuple[str, ...]]:
        """What stands in nodes: results, and sums where several ways meet or end."""
        names = self.story.names
        results = self.story.outputs if backwards else self.story.gradients
        found = {names.id(v): self.result(v) for v in results}
        for step in self.story.steps if backwards else ():
            if step.arrived is None or step.phase == "seed":
                continue
            key, total = names.id(step.variable), self.story.values.get(step.arrived)
            if total is not None and (step.phase == "done" or len(step.paths) > 1):
                found[key] = (*found.get(key, ("",))[:1], self.summed(step.paths, total))
        return found

    def result(self, v: Variable) -> tuple[str, ...]:
        """The value of a result, or of an input that is one."""
        if isinstance(v, Constant) and v.name is None:
            return ()
        return tuple(f"= {line}" for line in self.told(v).lines[:1])

    def summed(self, ways: Sequence[Passed], total: Any) -> str:
        """A cotangent as the sum of what came by each way."""
        text = self.short(total).lines[0]
        parts = [self.short(self.story.values.get(way.result)) for way in ways]
        if len(parts) < 2:
            return f"∂ {text}"
        if len(parts) > FEW or any(part.size[0] or len(part.lines) != 1 for part in parts):
            return f"∂ {text}, sum of {len(parts)}"
        return f"∂ {' + '.join(part.lines[0] for part in parts)} = {text}"


def size(value: Any) -> float:
    """How large a value is: its largest absolute number, if that is finite."""
    array = np.abs(value) if value is not None else np.zeros(0)
    finite = array[np.isfinite(array)]
    return float(finite.max()) if finite.size else 0.0
