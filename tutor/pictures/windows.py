"""Folded parts, opened: what a box holds as small pictures, one after the other.

Each has some of the operations in the order in which they are computed, and what these are made of;
what is computed elsewhere stands pale at its edge.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from tutor.pictures.boxes import Boxes
from tutor.pictures.picture import BOX, FOLD, OP, Names, Picture, detailed

SIZE = 30  # operations


class Window(NamedTuple):
    """A part of a box: its picture, and the ids of the nodes that belong to it."""

    caption: str
    picture: Picture
    nodes: tuple[str, ...]


def windows(whole: Picture, folded: Picture) -> list[Window]:
    """All boxes of a folded picture, opened.

    >>> import tutor.tensor as T
    >>> from tutor.pictures.fold import fold
    >>> from tutor.pictures.picture import build
    >>> z = T.dscalar("x")
    >>> for _ in range(99): z = T.tanh(z)
    >>> found = windows(build([z]), fold(build([z])))
    >>> len(found), found[0].caption
    (4, 'operations 1 to 30 of 96 in a box')
    """
    found = []
    for box in folded.nodes:
        inside = set(box.inside) if box.kind == FOLD else set()
        keys = [n.id for n in whole.nodes if n.id in inside and n.kind == OP]
        for start in range(0, len(keys), SIZE):
            part = keys[start:start + SIZE]
            caption = f"operations {start + 1} to {start + len(part)} of {len(keys)} in a box"
            found.append(window(whole, part, caption))
    return found


def window(whole: Picture, part: list[str], caption: str) -> Window:
    """The picture of some operations, with what they are made of."""
    own = set(part)
    edges = [e for e in whole.edges if e.head in own]
    tails = {e.tail for e in edges}
    nodes = []
    for node in whole.nodes:
        if node.id in own:
            nodes.append(node)
        elif node.id in tails:
            roles = (*node.roles, "outside") if node.kind == OP else node.roles
            nodes.append(replace(node, roles=roles))
    mine = [n.id for n in nodes if "outside" not in n.roles]
    return Window(caption, Picture(tuple(nodes), tuple(edges), caption), tuple(mine))


def contents(boxes: Boxes, names: Names) -> dict[str, Picture]:
    """What is in each box that is first seen closed, as a picture of its own, by its id."""
    found = {}
    for box in boxes.closed().nodes:
        if box.kind == BOX:
            inside = set(box.inside)
            keys = [n.id for n in boxes.picture.nodes if n.id in inside and n.kind == OP]
            found[box.id] = detailed(window(boxes.picture, keys, box.label).picture, names)
    return found
