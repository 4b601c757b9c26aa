"""The widget of an exploration: the script, its style, and the story as data."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import anywidget
import traitlets

from tutor.show import svg

HERE = files("tutor.stepping")


def text(name: str) -> str:
    """One of the files beside this one."""
    return (HERE / name).read_text(encoding="utf-8")


class ExploreWidget(anywidget.AnyWidget):
    """What Jupyter knows of it; nothing comes back from the page."""

    _esm = text("explore.js")
    _css = svg.style("html.css") + svg.style("picture.css") + text("explore.css")
    story = traitlets.Dict().tag(sync=True)


def widget_of(data: dict[str, Any]) -> ExploreWidget:
    """The widget for the data of a page."""
    return ExploreWidget(story=data)
