"""A compiled function as a page that computes: a field for each input, and the results below.

Comes after what is shown of a function, which is the page without scripts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from itertools import islice, product

import numpy as np

from tutor.compile.compiled import Function
from tutor.compile.javascript.module import module, script
from tutor.core.graph import quoted
from tutor.core.types import DISCRETE, TensorType
from tutor.pictures import html, svg
from tutor.pictures.shown import parts_of

TRIED, LARGE = 300, 200  # choices of sizes, and the largest of a size


def page(f: Function) -> str:
    """The page, whole. Raises BadValueError for what has no form in JavaScript."""
    made = module({"compute": f}, calls=("Tensor", "asTensor", "argument", "packed"))
    fields = [{"name": v.name or f"x{i + 1}", "kind": str(v.type), "value": value.tolist()}
              for i, (v, value) in enumerate(zip(f.inputs, beginning(f), strict=True))]
    form = f._request.form
    told = {"inputs": fields, "updates": [*made.keys.values()] if f.updates else [],
            "outputs": [v.name or quoted(v, 60) for v in f.outputs],
            "keys": [str(key) for key in form] if isinstance(form, list) else None}
    data = json.dumps(told).replace("<", "\\u003c")
    own = files("tutor.pictures")
    shown = parts_of(f)
    body = f'<div class="tutor-form"></div>{shown.html or f"<pre>{escape(shown.plain)}</pre>"}'
    return html.document(f.name or "f", body, svg.style("form.css"), "\n".join([
        script(made), f"const TOLD = {data};",
        own.joinpath("form.js").read_text(encoding="utf-8")]))


def beginning(f: Function) -> list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """Values of the inputs to begin with, of sizes that go together as far as a few tries tell."""
    alone = f.copy(delete_updates=True)
    first = None
    for given in islice(choices(f), TRIED):
        first = first or given
        try:
            alone(*given)
        except Exception:  # these sizes do not go together: others are tried
            continue
        return given
    return first or []


def choices(f: Function) -> Iterator[list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]]:
    """Values of the inputs in all sizes that something shared has, or of 3."""
    sizes = {n for v in f.get_shared() if isinstance(v.type, TensorType)
             for n in np.shape(v.get_value(borrow=True)) if n <= LARGE}
    known = [3, *sorted(sizes - {3})]
    open_ = [[1] if one else known for v in f.inputs for one in getattr(v, "broadcastable", ())]
    for chosen in product(*open_):
        rest, given = [*chosen], []
        for v in f.inputs:
            shape, rest = tuple(rest[:v.ndim]), rest[v.ndim:]
            count = np.arange(1, int(np.prod(shape)) + 1).reshape(shape)
            given.append((count if v.dtype in DISCRETE and v.dtype != "bool" else
                          count / 2 if v.dtype != "bool" else count % 2).astype(v.dtype))
        yield given
