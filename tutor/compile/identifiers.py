"""Which names stand in a program: a learner's, where Python takes them for no other, and none of
those that programs call their own things.

Comes before the source.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re

import numpy as np

from tutor.ops import kernels


def identifier(name: str | None) -> str:
    """A name as Python reads it where it stands in a program, which takes `µ` and `μ` for one;
    empty where it cannot stand there, or is too long to be read.

    >>> identifier("ω₀"), identifier("layer 1/W"), identifier("3"), identifier("ϵ") == "ε"
    ('ω0', 'layer_1_W', '', True)
    """
    text = name or ""
    if not text.isascii():
        from unicodedata import normalize  # where a name is no plain one

        text = normalize("NFKC", text)
    text = "".join([c if c.isalnum() or c == "_" else "_" for c in text])
    good = text.isidentifier() and text[0] != "_" and len(text) <= LONGEST_NAME
    return text if good else ""


LONGEST_NAME = 40
SKIPPED = frozenset(keyword.kwlist) | {"self"}
#: What generated programs call their own things, or might; a variable of such a name is written
#: otherwise.
RESERVED = frozenset(
    "self extra named missing problem room token result ndarray math steps ready starmap call "
    "at_once getrefcount HELD lent LARGE enter leave ShapesDifferError table on_host twin own "
    "differ explain larger slow scan run step output_subset".split()
).union(keyword.kwlist, dir(builtins), dir(math), dir(np), dir(kernels))
OURS = re.compile(r"\w*_|\w+_shared")


def is_ours(name: str) -> bool:
    """Whether programs call something of their own so."""
    return name in RESERVED or name in kernels.KERNELS or OURS.fullmatch(name) is not None
