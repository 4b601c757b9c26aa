"""The widget of what can be stepped through: the script, its style, and the steps as data."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from tutor.pictures import html, svg


class ExploreWidget(anywidget.AnyWidget):
    """What Jupyter knows of it; nothing comes back from the page."""

    _esm = html.script()
    _css = svg.style(*html.STEPPING)
    story = traitlets.Dict().tag(sync=True)


def widget_of(data: dict[str, Any]) -> ExploreWidget:
    """The widget for the data of a page."""
    return ExploreWidget(story=data)
