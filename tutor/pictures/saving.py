"""`save`: a graph, an exploration or a film in a file, for slides, papers and pages.

Comes after all that can be shown. The ending of the file says how: SVG and PNG are pictures, DOT
is for Graphviz, TeX for LaTeX; an HTML page needs nothing but a browser, and steps where there is
something to step through.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import Any

from tutor.compile.rules.engine import Steps
from tutor.errors import ArgumentError, BadValueError
from tutor.gradient import grad
from tutor.pictures import dot, page, svg, tikz
from tutor.pictures.explore import Exploration, explore
from tutor.pictures.files import WHOLE, outputs_of, png_of, whole
from tutor.pictures.film import rewrites
from tutor.pictures.picture import Names, Picture
from tutor.pictures.shown import Shown, of_gradient, parts_of
from tutor.pictures.steppable import Steppable
from tutor.pictures.writing import write_whole
from tutor.signatures import answering

FORMATS = ("svg", "png", "html", "dot", "tex")
PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body{{font-family:system-ui,sans-serif;margin:1.2em auto;max-width:70em;padding:0 1em}}
</style><body>{body}</body></html>
"""


@answering
def save(y: Any, path: Any, wrt: Any = None, values: Any = None) -> str:
    """Write what `y` shows into a file, and return its path.

    `y` is a variable, a list of them, a function, what `explore`, `rewrites` and `show` give, or a
    run of `tutor.live`, whose page replays it. The ending of `path` is one of svg, png, html, dot,
    tex. With `wrt` the derivatives are drawn; with `values` too, an HTML page steps through both.
    An ending that is not known is a `BadValueError`, a folder that is not there an `OSError`;
    nothing is written then.

    >>> import tempfile, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.path.basename(save(x ** 2, f"{folder}/square.html", wrt=x, values={x: 3}))
    'square.html'
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"a path is a string, and {path!r} is none.",
                            fix='Write save(y, "graph.svg").')
    target = Path(path)
    kind = target.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise BadValueError(f"{target.name!r} does not end in a format that is known.",
                            fix=f"End it in {', '.join('.' + name for name in FORMATS)}.")
    if values is not None:
        y, wrt = explore(y, wrt, values), None
    content = _content(rewrites(y) if isinstance(y, Steps) else y, kind, wrt)
    write_whole(target, content if isinstance(content, bytes) else content.encode())
    return str(target)


def _content(y: Any, kind: str, wrt: Any) -> bytes | str:
    if kind == "html":
        return _page(y, wrt)
    if isinstance(y, Shown) or (_is_page(y) and not isinstance(y, Exploration)):
        return _still(y, kind)
    picture = _picture(y, wrt)
    if kind == "dot":
        return dot.dot(picture)
    if kind == "tex":
        return tikz.tikz(picture)
    drawn = svg.standalone(picture)
    return png_of(drawn) if kind == "png" else drawn


def _page(y: Any, wrt: Any) -> str:
    """A page: one that steps where there are steps."""
    if _is_page(y):
        return str(y.html())
    shown = y if isinstance(y, Shown) else Shown(_parts(y, wrt))
    body = shown._repr_mimebundle_().get("text/html") or f"<pre>{escape(repr(shown))}</pre>"
    return PAGE.format(title="tutor", body=body)


def _is_page(y: Any) -> bool:
    """Whether it makes a page of its own."""
    return isinstance(y, Steppable) or callable(getattr(type(y), "html", None))


def _still(y: Any, kind: str) -> bytes | str:
    """The picture of what moves, if it is a single one."""
    drawn = y._repr_mimebundle_().get("image/svg+xml")
    known = [".html", ".svg", ".png"] if drawn else [".html"]
    if f".{kind}" not in known:
        raise BadValueError(f"{type(y).__name__} is nothing that .{kind} could hold.",
                            fix=f"End the path in {' or '.join(known)}.")
    return png_of(drawn) if kind == "png" else str(drawn)


def _parts(y: Any, wrt: Any) -> Any:
    if wrt is None:
        return parts_of(y)
    return of_gradient(y, list(wrt) if isinstance(wrt, (list, tuple)) else [wrt])


def _picture(y: Any, wrt: Any) -> Picture:
    """The picture that a file of a picture holds: that of the derivative, if there is one."""
    if isinstance(y, Exploration):
        return page.pictures(y.story, WHOLE)[-1].picture
    if wrt is not None:
        targets = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
        found = grad(y, targets)
        return whole(found, Names.of([y, *found]))
    return whole(outputs_of(y))
