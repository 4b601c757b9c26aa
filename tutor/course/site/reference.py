"""The reference: every public name with its signature and docstring, a page for each module.

Comes beside the pages of notebooks, whose frame and style it takes. Names are those that a module
lists as its own; what a docstring shows as an example runs, as the tests see to.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib import import_module
from string import Template
from types import ModuleType
from typing import Any

from tutor.core.types import TensorType
from tutor.course.site.pages import HERE

#: The modules, by what a program calls them.
MODULES = {"theano": "tutor", "T": "tutor.tensor", "T.nnet": "tutor.tensor.nnet",
           "theano.optimizers": "tutor.optimizers", "theano.gradient": "tutor.gradient",
           "theano.live": "tutor.live", "theano.course": "tutor.course"}
LAB = re.compile(r'<p class="lab" id="lab">.*?</p>', re.DOTALL)


def pages() -> Iterator[tuple[str, str]]:
    """The name of each page and its text."""
    template = Template(LAB.sub("", HERE.joinpath("page.html").read_text(encoding="utf-8")))
    for called, name in MODULES.items():
        contents = "".join(f'<li><a href="{file_of(one)}"'
                           f'{" aria-current=page" if one == called else ""}><code>{one}</code></a>'
                           "</li>" for one in MODULES)
        back = '<li><a href="index.html">The course</a></li>'
        yield file_of(called), template.substitute(
            title=f"Reference: {called}", contents=contents + back, name="", around="",
            body=body(called, import_module(name)))


def file_of(called: str) -> str:
    """The name of the page of a module."""
    return f"api-{called}.html"


def body(called: str, module: ModuleType) -> str:
    """What a module says of itself, a list of its names, and each of them."""
    entries = dict(documented(module))
    names = " ".join(f'<a href="#{name}"><code>{name}</code></a>' for name in entries)
    told = "".join(entry(f"{called}.{name}", name, thing) for name, thing in entries.items())
    return (f"<h1>Reference: {escape(called)}</h1>{prose(inspect.getdoc(module) or '')}"
            f"<p>{names}</p>{told}")


def documented(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The public names of a module that say what they are, and can be called."""
    for name in sorted(module.__all__, key=str.casefold):
        thing = getattr(module, name)
        if callable(thing) and not isinstance(thing, ModuleType) and said(thing):
            yield name, thing


def said(thing: Any) -> str:
    """The docstring of a thing; a type of variables says which type it is."""
    if isinstance(thing, TensorType):
        return f"Make a variable of the type {thing!r}, from its name.\n"
    return inspect.getdoc(thing) or ""


def entry(title: str, name: str, thing: Any) -> str:
    """A name with its signature, and what it says."""
    return (f'<section id="{escape(name)}"><h2>{escape(title)}</h2>'
            f'<pre style="white-space:pre-wrap">{escape(signature(thing, title))}</pre>'
            f"{prose(said(thing))}</section>")


def searched() -> list[list[str]]:
    """What a search finds: the page of each name, where it stands there, its title, its words."""
    return [[file_of(called).removesuffix(".html"), name, f"{called}.{name}", said(thing)]
            for called, module in MODULES.items()
            for name, thing in documented(import_module(module))]


def signature(thing: Any, title: str) -> str:
    """How a thing is called, without its types."""
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return f"{title}(…)"
    plain = [p.replace(annotation=p.empty) for p in found.parameters.values()]
    return f"{title}{found.replace(parameters=plain, return_annotation=found.empty)}"


def prose(text: str) -> str:
    """A docstring as HTML: paragraphs, with code in them; examples and what is set in as it is."""
    return "".join(paragraph(part) for part in re.split(r"\n\s*\n", text.strip()) if part)


def paragraph(part: str) -> str:
    """A paragraph of a docstring."""
    lines = part.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith((">>>", "    "))), len(lines))
    words = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(" ".join(lines[:at])))
    code = "\n".join(lines[at:])
    shown = highlighted(code) if code.startswith(">>>") else f"<pre>{escape(code)}</pre>"
    return (f"<p>{words}</p>" if words else "") + (shown if code else "")


@cache
def highlighted(code: str) -> str:
    """An example in the colours of code."""
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
    from pygments.lexers import PythonConsoleLexer  # type: ignore[import-untyped]

    return str(highlight(code, PythonConsoleLexer(), HtmlFormatter()))
