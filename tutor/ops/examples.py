"""Examples of functions that are NumPy's too, in a line: the function, the inputs, the settings.

>>> import numpy as np
>>> from tutor.core.examples import EXAMPLES
>>> like(np.positive, each(((2,),), ((3,),)), part=each(0, 1))
>>> len(EXAMPLES.pop("positive"))
4
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from tutor.core.examples import example as example


class Each(tuple[Any, ...]):
    """Several, of which each makes an example of its own."""


def each(*values: Any) -> Any:
    """Several values of a setting, or several tuples of inputs, each an example of its own."""
    return Each(values)


def like(ours: Callable[..., Any], *inputs: Any, part: Any = None, then: tuple[Any, ...] = (),
         name: str = "", differentiable: bool = True, kinds: str = "biufc", **settings: Any
         ) -> None:
    """Enter examples of a function that takes what NumPy's of the same name takes (or another one,
    said before the inputs): the inputs, what comes `then`, and settings by name. `part` is which
    result counts where there are several; what is `each` makes an example for each choice."""
    name = name or getattr(ours, "__name__", "") or getattr(ours, "name", "")
    if inputs and callable(inputs[0]):
        reference, *inputs = inputs  # type: ignore[assignment]
    else:
        reference = getattr(np, name, None) or getattr(np.linalg, name)
    given = inputs[0] if inputs and isinstance(inputs[0], Each) else [inputs]
    choices = [v if isinstance(v, Each) else [v] for v in (part, *settings.values())]
    for values, which, *chosen in product(given, *choices):
        named = dict(zip(settings, chosen, strict=True))

        def called(f: Any, *x: Any, named: Any = named, which: Any = which) -> Any:
            found = f(*x, *then, **named)
            return found if which is None else found[which]

        example(name, lambda *x, f=called: f(ours, *x), lambda *x, f=called: f(reference, *x),
                *values, differentiable=differentiable, kinds=kinds)
