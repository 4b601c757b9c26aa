"""The same numbers from another library: run where it is installed, and said where it is not.

Comes last. The stored output is the same on every machine; what happened on this one is said by a
widget over it, and in a terminal by a line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    `expected`. Where the library is not installed it is not called, and that is said.

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
    if find_spec(library.partition(".")[0]) is None:
        said = f"{library} is not installed here: its program was not run."
    else:
        far = furthest(library, program(*arguments), expected)
        said = (f"{library} runs here, and gives the same {plural(len(expected), 'array')}: "
                f"no number is further off than {far:.0e}.")
    if not in_notebook():
        print(said)
        return
    from IPython.display import display
    from ipywidgets import HTML

    view = HTML(said)._repr_mimebundle_()[VIEW]
    show: Any = display
    show({VIEW: view, "text/plain": STILL}, raw=True)


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
