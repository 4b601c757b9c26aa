"""What a notebook shows: formulas, tables and graphs as one piece of HTML without any script.

It follows the page's theme: text is `currentColor`, colours of the graph read on light and dark.
All class names begin with `tutor-`, and there are no ids, so pieces on a page do not disturb each
other. Where a viewer takes style sheets, SVG and MathML away, plain twins (an image, code) remain;
what words are left of the full ones stay hidden, by JupyterLab's own class, and as browsers hide
<rp>, which is for those who lack something, unless a style sheet says otherwise.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from tutor.core.errors import NotHereError
from tutor.core.graph import Variable
from tutor.formulas import formula
from tutor.pictures import assets, svg
from tutor.pictures.latex import MOST_LINES, aligned, in_line
from tutor.pictures.mathml import mathml
from tutor.pictures.picture import Picture

DRAWN = ("pictures/html.css", "pictures/picture.css")
#: The styles of what steps, and its scripts in the order in which they build on one another.
STEPPING = (*DRAWN, "pictures/explore.css")
STEPS = ("pictures/dom.js", "pictures/graph.js", "pictures/explore.js")
MUCH = 1_000_000  # characters
UNPACKED = """await new Response((await fetch("data:application/gzip;base64,%s"))
  .body.pipeThrough(new DecompressionStream("gzip"))).json()"""
ENDING = re.compile(r"<(/script|!--)", re.IGNORECASE)
PLAIN = re.compile(r'<(div|span) class="tutor-plain">(?:<img [^>]*/>|<(code|pre)>[^<]*</\2>|'
                   r"<div><code>[^<]*</code></div>)*</\1>")
DOCUMENT = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body{{font-family:system-ui,sans-serif;margin:1.2em auto;max-width:70em;padding:0 1em}}
{style}</style><body>{body}</body></html>
"""


def page(*parts: str) -> str:
    """Parts under one style; mathematics in it is set already, so a typesetter leaves it alone."""
    return (f'<div class="tutor-show mathjax_ignore tex2jax_ignore">'
            f'<style>{assets.style(*DRAWN)}</style>{"".join(parts)}</div>')


def document(title: str, body: str, style: str = "", *scripts: str) -> str:
    """A page that stands by itself, in a file: nobody strips it, so it needs no plain twins; what
    is in its style is not said again."""
    body = PLAIN.sub("", body)
    for sheets in (DRAWN, STEPPING[2:]):
        if (sheet := assets.style(*sheets)) in style:
            body = body.replace(f"<style>{sheet}</style>", "")
    if scripts:
        code = in_script("\n".join(scripts))
        body += f'\n<script type="module">\n{code}</script>'
    return DOCUMENT.format(title=escape(title), style=style, body=body)


def in_script(code: str) -> str:
    """A program as it stands in a page: no name or text in it ends its script."""
    return ENDING.sub(r"<\\\1", code)


def framed(document: str, title: str) -> str:
    """A page inside of another one, such as a notebook that was saved as a page; it is loaded as it
    comes into sight."""
    inner = escape(fitting(document))
    return (f'<iframe class="tutor-frame" loading="lazy" title="{escape(title)}" srcdoc="{inner}" '
            'style="border:0;color-scheme:normal;height:36em;width:100%"></iframe>')


def fitting(document: str) -> str:
    """A page that is as high as what is in it, and in the theme around it, where it is in a
    frame."""
    own = f"<script>{assets.script('pictures/frame.js')}</script></body>"
    return own.join(document.rsplit("</body>", 1))


def literal(data: dict[str, Any], much: int = MUCH) -> str:
    """Data as an expression of JavaScript; much of it is packed, and unpacked by the browser."""
    text = json.dumps(data).replace("<", "\\u003c")  # nothing in it is a tag of the page
    if len(text) < much:
        return text
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return UNPACKED % packed


class Formulas(NamedTuple):
    """What is computed: in mathematics, as equations of two sides, and in text."""

    equations: tuple[tuple[str, str], ...]
    plain: str


def math(found: Formulas) -> str:
    """Formulas, with the parts they name below them."""
    rows = list(found.equations)
    if len(rows) > MOST_LINES:
        rows = [*rows[:MOST_LINES], ("", r"\cdots")]
    return twins(f'<div class="tutor-formula">{mathml(aligned(rows))}</div>',
                 "".join(f"<div>{code(row)}</div>" for row in found.plain.splitlines()))


def line(text: str) -> str:
    """A line of small print."""
    return f'<div class="tutor-small">{escape(text)}</div>' if text else ""


def heading(text: str) -> str:
    """What the next part is."""
    return f'<div class="tutor-heading">{escape(text)}</div>'


def graph(picture: Picture, caption: str = "", draw: Callable[[], str] | None = None) -> str:
    """A picture with what it is above it, as it is drawn by itself or so."""
    head = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    try:
        drawn = drawing(picture) if draw is None else draw()
        return f'<figure class="tutor-graph">{head}{drawn}</figure>'
    except NotHereError as problem:  # all else on the page stands
        return head + line(f"{problem.what} {picture.description}")


def drawing(picture: Picture) -> str:
    """A picture in the page, and as an image where pages are stripped of drawings."""
    return twins(svg.inline(picture), pictured(picture))


def pictured(picture: Picture, otherwise: str = "") -> str:
    """A picture as an image."""
    return image_of(svg.standalone(picture, told=False), picture.description or otherwise)


def image_of(drawn: str, words: str) -> str:
    """An SVG as an image, told in words."""
    data = base64.b64encode(drawn.encode()).decode()
    return f'<img alt="{escape(words)}" src="data:image/svg+xml;base64,{data}"/>'


def twins(full: str, plain: str, tag: str = "div") -> str:
    """Something, and what stands for it where a page is stripped of style, SVG and MathML."""
    return (f'<rp><{tag} class="tutor-full lm-Widget lm-mod-hidden">{full}</{tag}></rp>'
            f'<{tag} class="tutor-plain">{plain}</{tag}>')


def inline_math(latex: str, plain: str) -> str:
    """A formula within a line."""
    return twins(mathml(latex, block=False), code(plain), "span")


def mathematics(v: Variable, limit: int = 8) -> str:
    """The formula of a variable within a line, of so many operations."""
    return inline_math(in_line(v, limit), formula(v)[:200])


def beside(*graphs: str) -> str:
    """Pictures side by side, or below each other where there is no room."""
    return f'<div class="tutor-beside">{"".join(graphs)}</div>'


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows of a name and what it is; cells are HTML already."""
    body = "".join(f"<tr><th>{row[0]}</th>{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>"
                   for row in rows)
    return f'<table class="tutor-table"><tbody>{body}</tbody></table>' if body else ""


def code(text: str) -> str:
    """A word of a program."""
    return f"<code>{escape(text)}</code>"


class Row(NamedTuple):
    """A line of a program: its text, the id of its node, the name of the box it is in."""

    text: str
    key: str = ""
    box: str = ""


def program(summary: str, rows: Iterable[Row]) -> str:
    """A program, closed until it is asked for; what is in a box opens and closes too.

    A pointer (or the keyboard) on a row marks the node in the picture, and the other way round; no
    script is needed for that.
    """
    found = list(rows)
    ids = dict.fromkeys(row.key for row in found if row.key)
    lit = "".join(
        f'.tutor-show:has([data-of="{key}"]:is(:hover,:focus)) [data-node="{key}"] .tutor-shape'
        f'{{stroke:#e69f00;stroke-opacity:1;stroke-width:3.5}}'
        f'.tutor-show:has([data-node="{key}"]:hover) [data-of="{key}"]'
        f'{{background:rgba(230,159,0,.4)}}' for key in ids)
    parts = []
    for box, some in groupby(found, key=lambda row: row.box):
        body = "\n".join(map(_line_of_program, some))
        parts.append(f"<details open><summary># {escape(box)}</summary>{body}</details>" if box
                     else body + "\n")
    style = f"<style>{lit}</style>" if lit else ""
    return (f'{style}<details class="tutor-source"><summary>{escape(summary)}</summary>'
            f'<pre>{"".join(parts).rstrip()}</pre></details>')


def _line_of_program(row: Row) -> str:
    if not row.key:
        return escape(row.text)
    return f'<span data-of="{row.key}" tabindex="0">{escape(row.text)}</span>'
