"""The same numbers from another library: run where it is installed, and said where it is not.

Comes last. The stored output is the same on every machine; what happened on this one is said by a
widget over it, and in a terminal by a line. `data/elsewhere.json` has what the programs of the
course gave, for these arguments: where a library is not installed, that is compared.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import numpy as np

from tutor.core.errors import ArgumentError, BadValueError, plural
from tutor.core.graph import quoted
from tutor.frames import in_notebook
from tutor.misfits import describe
from tutor.signatures import answering

WITHIN = 1e-6  # of the largest number
STILL = "Run this cell to see whether it runs here."
VIEW = "application/vnd.jupyter.widget-view+json"


@answering
def elsewhere(library: str, program: Callable[..., Any], arguments: Sequence[Any],
              expected: Sequence[Any]) -> None:
    """Call a program that needs another library, and compare what it gives with what is expected.

    `program` imports the library in its body, takes `arguments` and returns a list of arrays like
    `expected`. Where the library is not installed it is not called, and that is said; of a program
    of the course, what it gave on another machine is compared.

    Raises ArgumentError for a library that is no name of one and a program that cannot be called,
    and BadValueError where it gives other numbers, or another number of them.

    >>> elsewhere("numpy", lambda x: [np.sin(x), np.cos(x)], [0.0], [0.0, 1.0])
    numpy runs here, and gives the same 2 arrays: no number is further off than 0e+00.
    >>> elsewhere("no_such_library", lambda x: [x], [1.0], [1.0])
    no_such_library is not installed here: its program was not run.
    """
    if not isinstance(library, str) or not all(map(str.isidentifier, library.split("."))):
        raise ArgumentError(f"the library is the name of a module, and {describe(library)} is "
                            "none.", fix='Write its name: elsewhere("jax", in_jax, …).')
    if not callable(program):
        raise ArgumentError(f"the program is a function, and {describe(program)} is none.",
                            fix='Pass the function itself: elsewhere("jax", in_jax, …).')
    version, arrays = recorded(library, arguments)
    same, still = f"the same {plural(len(expected), 'array')}", STILL
    if version:
        still = f"When this course was made, {library} {version} gave {same}. {STILL}"
    if find_spec(library.partition(".")[0]) is not None:
        far = furthest(library, program(*arguments), expected)
        said = f"{library} runs here, and gives {same}: no number is further off than {far:.0e}."
    elif version:
        far = furthest(f"{library} {version}", arrays, expected)
        said = (f"{library} is not installed here: its program was not run. When this course was "
                f"made, {library} {version} gave {same}: no number is further off than {far:.0e}.")
    else:
        said = f"{library} is not installed here: its program was not run."
    if not in_notebook():
        print(said)
        return
    from IPython.display import display
    from ipywidgets import HTML

    view = HTML(said)._repr_mimebundle_()[VIEW]
    show: Any = display
    show({VIEW: view, "text/plain": still}, raw=True)


def recorded(library: str, arguments: Sequence[Any]) -> tuple[str, list[Any]]:
    """The version of a library, and what its program of the course gave for these arguments; no
    version where they are others."""
    told = json.loads((files("tutor.course") / "data/elsewhere.json").read_text("utf-8"))
    row = told["programs"].get(library)
    try:
        numbers = b"".join(np.asarray(value, "<f8").tobytes() for value in arguments)
    except (TypeError, ValueError):
        return "", []
    if row is None or zlib.crc32(numbers) != told["arguments"]:
        return "", []
    return row["version"], row["arrays"]


def furthest(library: str, given: Any, expected: Sequence[Any]) -> float:
    """How far the number is off that is furthest from the one expected, where all are near."""
    if not isinstance(given, (list, tuple)) or len(given) != len(expected):
        raise BadValueError(f"the program in {library} gives {describe(given)}, and "
                            f"{plural(len(expected), 'array')} {'are' if expected[1:] else 'is'} "
                            "expected.", fix="Return a list of arrays, in the same order.")
    far = 0.0
    for i, (found, right) in enumerate(zip(given, expected, strict=True), 1):
        a, b = np.asarray(found, float), np.asarray(right, float)
        off = float(abs(a - b).max(initial=0.0)) if a.shape == b.shape else np.inf
        if not off <= WITHIN * max(1.0, abs(b).max(initial=0.0)):
            raise BadValueError(
                f"array {i} of what the program in {library} gives is {quoted(a.tolist())}, and "
                f"{quoted(b.tolist())} is expected.", fix="Compare the two programs line by line.")
        far = max(far, off)
    return far
