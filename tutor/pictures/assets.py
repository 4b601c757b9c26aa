"""Scripts and style sheets, which pages and widgets carry, by their paths in this package.

Stands by itself.

>>> style("pictures/wrong.css")[:20]
'.tutor-svg .tutor-wr'
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from tutor.compile.javascript.runtime import compact


def text_of(*paths: str) -> str:
    """The text of files, one after the other."""
    return "".join(files("tutor").joinpath(path).read_text(encoding="utf-8") for path in paths)


@cache
def script(*paths: str) -> str:
    """Scripts without comments and indentation: what a page carries of them is their program."""
    return compact(text_of(*paths))


@cache
def style(*paths: str) -> str:
    """Style sheets on one line, without their comments."""
    return script(*paths).replace("\n", "")
