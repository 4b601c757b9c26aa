"""A page that computes: inputs are turned in it, and what it says goes with them, without a kernel.

Comes before what has such a page. What is said is written once with a mark in the place of each
value; the page computes the values, by the graph as it was written, and puts them there.
"""

from __future__ import annotations

import base64
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.compile.compiled import Function
from tutor.compile.function import function
from tutor.compile.javascript.module import module, script
from tutor.compile.mode import Mode
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.types import DISCRETE, TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.pictures import assets, html
from tutor.pictures.display import parts_of

MOST_CELLS = 60_000  # characters of cells of a notebook that a page carries
MUCH = 5_000  # characters, from which on data are packed
FIRST = 7001  # of the numbers that stand for those of inputs, in formulas
CELLS = 16  # numbers of an array that can be turned one by one
PLACES = 100  # of a slider on each side of zero, at least
TRIED, LARGE = 300, 200  # choices of sizes, and the largest of a size
#: What multiplies large matrices: what is turned by hand is small.
KERNELS = re.compile(r"(?<=const KERNELS = \[)[^\]]*")
CALLED = ("Tensor", "packed", "asTensor", "argument")
Array = NDArray[np.generic]


class Mark:
    """The place of a value, or of the sum of several, in what a page says."""

    def __init__(self, *numbers: int, true: bool = True) -> None:
        self.numbers, self.true = numbers, true

    def __add__(self, other: Mark) -> Mark:
        return Mark(*self.numbers, *other.numbers)

    def __abs__(self) -> Any:
        return np.ones(1)

    def __bool__(self) -> bool:
        return self.true

    def __str__(self) -> str:
        return f"⟦{'+'.join(map(str, self.numbers))}⟧"


class Computed(NamedTuple):
    """What a page computes: `slots`, from values `given` to the inputs; `ids` are those of inputs
    that can be turned."""

    slots: list[Variable]
    given: Mapping[Variable, Any]
    ids: Mapping[str, Variable]

    @property
    def program(self) -> str:
        """The values of all slots, as a function of JavaScript."""
        f = function([*self.given], self.slots, mode=Mode(optimizer=None),
                     on_unused_input="ignore", no_default_updates=True)
        return KERNELS.sub("", script(module({"evaluate": f}, calls=CALLED)))

    def inputs(self) -> list[dict[str, Any]]:
        """Each input as the page begins with it."""
        keys, found, first = {v: key for key, v in self.ids.items()}, [], FIRST
        for v, value in self.given.items():
            found.append({"id": keys.get(v), "dtype": v.dtype, "shape": list(np.shape(value)),
                          "values": np.asarray(value, float).ravel().tolist(), "first": first})
            first += np.size(value)
        return found

    def turns(self) -> list[dict[str, Any]]:
        """Each input that can be turned, for the script."""
        return [slider(key, v.name, v, self.given[v]) for key, v in self.ids.items()]

    def page(self, title: str, still: str, story: dict[str, Any], told: dict[str, Any],
             script: str = "", style: str = "") -> str:
        """The page: `still` without scripts, else what the `story` has, with what is `told`; a
        `script` of its own, or that which puts values where their marks are."""
        told = {"inputs": self.inputs(), **told}
        return html.document(
            title, still + link(), assets.style(*html.STEPPING) + style,
            assets.script(*html.STEPS),
            f"const STORY = {html.literal(story, MUCH)};",
            f"const TOLD = {html.literal(told, MUCH)};",
            f"const {{ evaluate, Tensor, packed, asTensor }} = (() => {{\n{self.program}",
            "return { evaluate, Tensor, packed, asTensor };\n})();",
            script or assets.script("pictures/charts/bitmap.js", "pictures/turned.js"))


def turnable(v: Variable, value: Any) -> bool:
    """Say whether an input can be turned by hand: real numbers, and few."""
    return (isinstance(v.type, TensorType) and v.ndim <= 2 and v.dtype[:7] != "complex"
            and np.size(value) <= CELLS)


def slider(key: str, name: str | None, v: Variable, given: Any) -> dict[str, Any]:
    """An input for the script: its name, its numbers, and the range of a slider."""
    value = np.nan_to_num(np.asarray(given, dtype=float))
    reach = 3 * max(1.0, float(np.abs(value).max(initial=0.0)))
    step = 10.0 ** math.floor(math.log10(reach / PLACES))
    whole = v.dtype in DISCRETE
    return {"id": key, "name": name or "input",
            "shape": list(value.shape), "values": value.ravel().tolist(),
            "low": 0.0 if v.dtype == "bool" or v.dtype[0] == "u" else -reach,
            "high": 1.0 if v.dtype == "bool" else reach, "step": 1.0 if whole else step}


def free(outputs: Sequence[Variable]) -> list[Variable]:
    """The inputs of some outputs."""
    return [v for v in graph_inputs(outputs) if not isinstance(v, (Constant, SharedVariable))]


def computed(slots: Sequence[Variable]) -> Computed:
    """What a page computes of expressions whose inputs have no values yet: small ones, to begin
    with, that can be turned."""
    inputs = free(slots)
    given = dict(zip(inputs, beginning(function(
        inputs, list(slots), mode=Mode(optimizer=None), on_unused_input="ignore",
        no_default_updates=True)), strict=True))
    ids = {f"i{i}": v for i, v in enumerate(inputs) if turnable(v, given[v])}
    return Computed(list(slots), given, ids)


def beginning(f: Function) -> list[Array]:
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


def choices(f: Function) -> Iterator[list[Array]]:
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
        yield [regular(array) for array in given]


def regular(array: Array) -> Array:
    """A square matrix of real numbers with so much on its diagonal that it has an inverse."""
    square = array.ndim == 2 and array.dtype.kind == "f" and len(set(array.shape)) == 1
    if not square:
        return array
    diagonal: Array = np.add(array, array.size * np.eye(len(array)), dtype=array.dtype)
    return diagonal


def cells() -> list[str]:
    """The cells that were run in this kernel, the one that runs now among them; elsewhere none."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython and ipython.get_ipython()
    ran: list[str] = [] if shell is None else list(shell.history_manager.input_hist_raw[1:])
    return ran if sum(map(len, ran)) <= MOST_CELLS else []


def notebook(sources: list[str]) -> dict[str, Any]:
    """A notebook with these cells, none of them run.

    >>> notebook(["1 + 1"])["cells"][0]["source"]
    '1 + 1'
    """
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": None, "id": f"cell-{i}", "metadata": {},
         "outputs": [], "source": source} for i, source in enumerate(sources)]
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def link() -> str:
    """A link that gives the notebook; nothing where the cells are not known."""
    found = cells()
    if not found:
        return ""
    text = base64.b64encode(json.dumps(notebook(found)).encode()).decode()
    return (f'<p><a download="made-here.ipynb" href="data:application/x-ipynb+json;base64,{text}">'
            "Download as a notebook</a></p>")


def form(f: Function) -> str:
    """A compiled function as a page that computes: a field for each input, and the results below;
    without scripts what is shown of it. Raises BadValueError for what has no form in JavaScript."""
    made = module({"compute": f}, calls=("Tensor", "asTensor", "argument", "packed"))
    fields = [{"name": v.name or f"x{i + 1}", "kind": str(v.type), "value": value.tolist()}
              for i, (v, value) in enumerate(zip(f.inputs, beginning(f), strict=True))]
    keys = f._request.form
    told = {"inputs": fields, "updates": [*made.keys.values()] if f.updates else [],
            "outputs": [v.name or quoted(v, 60) for v in f.outputs],
            "keys": [str(key) for key in keys] if isinstance(keys, list) else None}
    shown = parts_of(f)
    body = f'<div class="tutor-form"></div>{shown.html or f"<pre>{escape(shown.plain)}</pre>"}'
    return html.document(f.name or "f", body + link(), assets.style("pictures/form.css"),
                         script(made), f"const TOLD = {json.dumps(told)};",
                         assets.script("pictures/dom.js", "pictures/form.js"))
