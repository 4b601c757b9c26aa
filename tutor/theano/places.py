"""The place of each of Theano's names here: tables, from which modules named `theano.…` are made.
Why others are not here: `why("theano.tensor.opt", "local_fill_sink")` is a part of the error.

The tables are in `places.toml`. `MODULES` says for modules of Theano which rooms here hold what
programs import from them; a name that Theano had in one of its inner modules is looked for in all
of `HOMES` too. `EXCEPTIONS` are the names that differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from tutor.names import tables

PUBLIC = json.loads(Path(__file__).with_name("public.json").read_text(encoding="utf-8"))

TABLES = tables(Path(__file__).with_suffix(".toml"))

#: Theano's modules, without the leading `theano`, and their rooms.
MODULES = {name.partition(".")[2]: "" for name in PUBLIC} | {"": "tutor"} | TABLES["rooms"]

#: The modules that learners know by name; only what Theano had there, or a room has, is there.
FRONT = ("theano", "theano.tensor", "theano.tensor.nnet", "theano.gradient", "theano.printing")

#: Modules that Theano's own modules imported, and that programs took from there: `T.np.float32`.
OUTSIDE = {
    "theano": "theano",
    "np": "numpy",
    **{name: name for name in ("numpy", "logging", "os", "sys", "warnings")},
}

#: The rooms in which a name of Theano's inner modules is looked for, in this order.
HOMES = tuple(TABLES["homes"])
#: Names that are elsewhere, or are called otherwise, here: "module:attribute".
EXCEPTIONS = TABLES["elsewhere"]
#: The reason for whatever a module of `theano.tensor` lacks, unless its name is in `OTHERS`.
REASONS = TABLES["modules"]
#: Reasons for single names, whatever module they are asked of.
OTHERS = TABLES["names"]


def aliases(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module here: its table says where other names of it are."""
    def found(name: str) -> Any:
        if name not in TABLES[module]:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return resolve_name(TABLES[module][name])
    return found


@cache
def public() -> dict[str, frozenset[str]]:
    """Theano's public names, module by module, as its last release had them.

    >>> "dscalar" in public()["theano.tensor"]
    True
    """
    return {module: frozenset(" ".join(lines).split()) for module, lines in PUBLIC.items()}


@cache
def anywhere() -> frozenset[str]:
    """Every public name that any module of Theano had."""
    return frozenset().union(*public().values())


def why(module: str, name: str) -> str | None:
    """Why a name of one of Theano's tensor modules is not here, in a few words."""
    return OTHERS.get(name) or REASONS.get(module)
