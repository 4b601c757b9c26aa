"""The widget of what can be stepped through: the script, its style, and the steps as data.

Where inputs are turned, the page sends their numbers, and gets those of all the picture back.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from tutor.pictures import html
from tutor.pictures.assets import style, text_of
from tutor.pictures.turning import Turning

MESSAGES = text_of("pictures/messages.js")  # the end of each widget's script


class ExploreWidget(anywidget.AnyWidget):
    """What Jupyter knows of it: `turned` comes from the page, the others go there."""

    _esm = text_of(*html.STEPS) + MESSAGES
    _css = style(*html.STEPPING)
    story = traitlets.Dict().tag(sync=True)
    turned = traitlets.Dict().tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)


def turned_by(turning: Turning) -> ExploreWidget:
    """The widget of a story whose inputs can be turned."""
    widget = ExploreWidget(story=turning.data())

    def anew(change: Any) -> None:
        count = widget.numbers.get("count", 0) + 1
        widget.numbers = {"count": count, **turning.turned(change["new"])}

    widget.observe(anew, "turned")
    return widget
