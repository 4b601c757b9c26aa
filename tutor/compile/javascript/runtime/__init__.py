"""The functions that programs of JavaScript call, in the `.js` files beside this one.

A module carries those that it needs, with what these need in turn.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

PARTS = ("arrays", "shapes", "indexing", "numbers", "special", "reductions", "fast", "products",
         "sorting", "linear", "windows", "random", "loops")
DECLARED = re.compile(r"^(?:function|class|const) (?:\{ (\w+) \}|(\w+))", re.MULTILINE)
COMMENTS = re.compile(r"/\*\*.*?\*/|//[^\n]*", re.DOTALL)
BLOCKS, BEHIND = re.compile(r"/\*.*?\*/", re.DOTALL), re.compile(r"\s// .*")
SINGLE = re.compile(r'  \(func \(export "product64"\).*?\n\n', re.DOTALL)
FUSED = re.compile(r"\((f\d+x\d)\.relaxed_madd" + 3 * r" (\(local\.get \$\w+\))" + r"\)")
NAME = re.compile(r"(?:(?<=\.\.\.)|(?<![\w.$]))[A-Za-z_]\w*")


@cache
def functions() -> dict[str, str]:
    """The text of each function, constant and class, with the comment before it, by its name."""
    found: dict[str, str] = {}
    for part in PARTS:
        text = files(__name__).joinpath(f"{part}.js").read_text(encoding="utf-8")
        for piece in re.split(r"\n\n(?=(?:/\*\*|// |function |class |const ))", text):
            declared = DECLARED.search(piece)
            if declared:
                found[declared[1] or declared[2]] = piece.strip()
    found["KERNELS"] = f"const KERNELS = {json.dumps(kernels())};"
    return found


def kernels() -> list[str]:
    """The bytes of `products.wat` in base 64, with products and sums rounded together, and each by
    itself for browsers that have not learned that; nothing where no assembler is installed."""
    try:
        from wasmtime import wat2wasm
    except ImportError:  # as in Pyodide: products are computed in JavaScript alone
        return []
    text = files(__name__).joinpath("products.wat").read_text(encoding="utf-8")
    text = SINGLE.sub(lambda found: found[0] + in_single(found[0]), text)
    plain = FUSED.sub(r"(\1.add \4 (\1.mul \2 \3))", text)
    return [base64.b64encode(wat2wasm(one)).decode() for one in (text, plain)]


def in_single(function: str) -> str:
    """The text of a function over float64 as one over float32."""
    for old, new in (("64\")", "32\")"), ("f64x2", "f32x4"), ("load64_splat", "load32_splat")):
        function = function.replace(old, new)
    return function


@cache
def needs(name: str) -> frozenset[str]:
    """What a function calls or reads of the others."""
    known = functions()
    used = NAME.findall(COMMENTS.sub("", known[name]))
    return frozenset(used) & known.keys() - {name}


def carried(names: Iterable[str]) -> str:
    """The text of these and all they need, in the order of the files."""
    wanted, ahead = set(names), list(names)
    while ahead:
        more = needs(ahead.pop()) - wanted
        wanted |= more
        ahead += more
    return "\n\n".join([text for name, text in functions().items() if name in wanted])


def compact(text: str) -> str:
    """A script or a style sheet without comments, as far as these are no rows of their own that
    begin with two strokes, and without indentation and empty rows."""
    rows = (BEHIND.sub("", row.strip()) for row in BLOCKS.sub("", text).splitlines())
    return "\n".join(filter(None, rows))
