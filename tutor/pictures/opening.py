"""What boxes hold, opened: by a script as small pictures, one after the other; without a script
on a click, or with the keyboard.

There each box is a <details>: its name lies over the box in the drawing, and what it holds is the
same drawing with this box open, which takes the place of the first. So one is open at a time, or
all. Of many boxes, each opens below the drawing, by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import NamedTuple
from zlib import crc32

from tutor.core.errors import plural
from tutor.pictures import svg
from tutor.pictures.boxes import Boxes, View
from tutor.pictures.geometry import Box, n
from tutor.pictures.html import drawing, pictured, twins
from tutor.pictures.picture import BOX, FOLD, OP, Names, Picture, detailed

ALL = "all"  # the view with all boxes open
SIZE = 30  # operations of a window


class Opening(NamedTuple):
    """A picture in its views, and for pages without style what is in each box, by its id."""

    views: Sequence[View]
    inside: Mapping[str, Picture]

    def html(self) -> str:
        """The drawing with its boxes closed, and those with one of them open."""
        first, *others = self.views
        drawn = drawing(first.picture)
        name = f"tutor-{crc32(drawn.encode()):08x}"
        said = self.said  # of a large picture all views may leave out the same box
        parts = [self.box(view.opened, name, svg.inline(view.picture)) for view in others
                 if view.opened in said]
        parts = parts or [self.box(key, name) for key in said]
        if len(others) != 2:
            parts += [whole(view, name) for view in others[-1:]]
        places = "".join(rule for view in self.views for rule in self.places(view, name))
        # JupyterLab's own keys are silent where this attribute is.
        return (f'<div class="tutor-opens {name}" data-lm-suppress-shortcuts="true">'
                f"<style>{places}</style>"
                f'<div class="tutor-first">{drawn}</div>{"".join(parts)}</div>')

    def box(self, key: str, name: str, full: str = "") -> str:
        """A box: open, it is this drawing, in place of the first; or what is in it, below that."""
        title, count = self.said[key]
        summary = f"{title}: {plural(count, 'operation')}"
        held = self.inside.get(key)
        plain = "" if held is None else pictured(held, summary)
        below = "" if full else ' data-below=""'
        full = full or ("" if held is None else svg.inline(held))
        return (f'<details class="tutor-opened" name="{name}" data-box="{key}"{below}>'
                f'<summary data-node="{key}" title="Open or close {escape(title)}">'
                f"{escape(summary)}</summary>{twins(full, plain)}</details>")

    @property
    def said(self) -> dict[str, tuple[str, int]]:
        """The name of each box, and how many operations it holds."""
        return {node.id: (node.label, node.count) for view in self.views
                for node in view.picture.nodes if node.kind == BOX}

    def places(self, view: View, name: str) -> Iterable[str]:
        """Where the names of boxes lie while a view is seen."""
        state = f':has([data-box="{view.opened}"][open])' if view.opened else \
            ":not(:has([open]:not([data-below])))"
        for key, (left, top, right, bottom) in spots(view.picture).items():
            yield (f'.{name}{state} [data-box="{key}"]>summary{{display:block;left:{n(left)}px;'
                   f"top:{n(top)}px;width:{n(right - left)}px;height:{n(bottom - top)}px}}")


def whole(view: View, name: str) -> str:
    """The view with all boxes open, named below the drawing; where pages are stripped it is left
    out."""
    return twins(f'<details class="tutor-opened" name="{name}" data-box="{ALL}"><summary>all boxes '
                 f"open</summary>{svg.inline(view.picture)}</details>", "")


def spots(picture: Picture) -> dict[str, Box]:
    """Where one clicks: on each closed box, and on the name of each open one, from the corner of
    the drawing."""
    sizes, places = svg.placed(picture)
    found = {}
    for node in picture.nodes:
        if node.kind == BOX:
            (x, y), (width, height) = places.centres[node.id], sizes[node.id]
            found[node.id] = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    for frame in picture.frames:
        left, top, right, _ = places.frames[frame.id]
        found[frame.id] = (left, top, right, top + svg.NAME + 6)
    return {key: (left + svg.MARGIN, top + svg.MARGIN, right + svg.MARGIN, bottom + svg.MARGIN)
            for key, (left, top, right, bottom) in found.items()}


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
