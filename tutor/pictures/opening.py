"""Boxes that open on a page without a script: on a click, or with the keyboard.

Each box is a <details>: its name lies over the box in the drawing, and what it holds is the same
drawing with this box open, which takes the place of the first. So one is open at a time, or all.
Of many boxes, each opens below the drawing, by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple
from zlib import crc32

from tutor.core.errors import plural
from tutor.pictures import svg
from tutor.pictures.boxes import View
from tutor.pictures.geometry import Box, n
from tutor.pictures.html import drawing, pictured, twins
from tutor.pictures.picture import BOX, Picture

ALL = "all"  # the view with all boxes open


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
