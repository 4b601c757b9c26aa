"""Examples of functions that are NumPy's too: one line says the function, NumPy's, and the inputs.

Comes after the examples of the core.

>>> from tutor.core.examples import EXAMPLES
>>> like(np.square, np.square, each(((2,),), ((3,),)), part=each(0, 1))
>>> len(EXAMPLES.pop("square"))
4
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from tutor.core.examples import example as example


class Each(tuple[Any, ...]):
    """Several, of which each makes an example of its own."""


def each(*values: Any) -> Any:
    """Several values of a setting, or several tuples of inputs, each an example of its own."""
    return Each(values)


def like(ours: Callable[..., Any], numpys: Callable[..., Any], *inputs: Any, part: Any = None,
         then: tuple[Any, ...] = (), name: str = "", differentiable: bool = True,
         kinds: str = "biufc", **settings: Any) -> None:
    """Enter examples of a function that takes what one of NumPy takes: the inputs, what comes
    `then`, and settings by name. `part` is which one counts where the result is several; there is
    an example for each way to choose from what is `each`."""
    given = inputs[0] if inputs and isinstance(inputs[0], Each) else [inputs]
    choices = [v if isinstance(v, Each) else [v] for v in (part, *settings.values())]
    for values, which, *chosen in product(given, *choices):
        named = dict(zip(settings, chosen, strict=True))

        def called(function: Any, *x: Any, named: Any = named, which: Any = which) -> Any:
            found = function(*x, *then, **named)
            return found if which is None else found[which]

        example(name or ours.__name__, lambda *x, f=called: f(ours, *x),
                lambda *x, f=called: f(numpys, *x), *values, differentiable=differentiable,
                kinds=kinds)
