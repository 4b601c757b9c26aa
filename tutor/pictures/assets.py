"""The script and the style sheets beside these files, as text."""

from __future__ import annotations

from importlib.resources import files

from tutor.pictures import svg

HERE = files("tutor.pictures")


def text_of(name: str) -> str:
    """One of the files beside this one."""
    return (HERE / name).read_text(encoding="utf-8")


def script() -> str:
    """The script, in the order in which its files build on one another."""
    return text_of("graph.js") + text_of("explore.js")


def sheet() -> str:
    """All the style there is, on one line."""
    names = svg.style("html.css") + svg.style("picture.css") + text_of("explore.css")
    return svg.minified(names)
