"""Examples by which every op is tested, against NumPy and finite differences; of functions that are
NumPy's too a line each. Those of the core's ops stand at the end.

>>> import numpy as np
>>> from tutor.ops.examples import EXAMPLES
>>> like(np.positive, each(((2,),), ((3,),)), part=each(0, 1))
>>> len(EXAMPLES.pop("positive"))
4
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from tutor.core.arrays import dimshuffle, outer, shape, transpose
from tutor.core.elementwise import cast


class Example(NamedTuple):
    """An expression of an op, its reference in NumPy, and the shapes or values of its inputs.

    A tuple stands for distinct numbers of that shape between `low` and `high`; anything else is a
    value itself. `kinds` are the dtypes the example makes sense for, as NumPy's letters.
    """

    build: Callable[..., Any]
    reference: Callable[..., Any]
    inputs: tuple[Any, ...]
    differentiable: bool = True
    kinds: str = "biufc"
    low: float = -2.0
    high: float = 2.0

    @property
    def values(self) -> list[np.ndarray[Any, Any]]:
        """The inputs as arrays."""
        return [spread(given, i, self.low, self.high) if isinstance(given, tuple)
                else np.asarray(given) for i, given in enumerate(self.inputs)]


EXAMPLES: dict[str, list[Example]] = {}


def example(name: str, build: Callable[..., Any], reference: Callable[..., Any], *inputs: Any,
            differentiable: bool = True, kinds: str = "biufc", low: float = -2.0,
            high: float = 2.0) -> None:
    """Enter an example of the op or function `name`."""
    EXAMPLES.setdefault(name, []).append(
        Example(build, reference, inputs, differentiable, kinds, low, high))


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


def spread(shape: tuple[int, ...], seed: int = 0, low: float = -2.0, high: float = 2.0
           ) -> np.ndarray[Any, Any]:
    """Distinct numbers between low and high in no order (no ties, none near an integer or zero).

    >>> spread((2, 2)).shape
    (2, 2)
    """
    count = int(np.prod(shape))
    steps = (np.arange(count) * 0.6180339887498949 + 0.137 + 0.311 * seed) % 1.0
    return (low + (high - low) * steps).reshape(shape)


_WITHOUT_GRADIENT: list[tuple[Any, ...]] = [
    ("cast", lambda x: cast(x, "float32"), lambda x: x.astype("float32"), (2, 3)),
    ("cast", lambda x: cast(cast(x, "int32"), "float64"), np.trunc, (2, 3)),
    ("shape", shape, lambda x: np.array(x.shape), (2, 3)),
]
_SMOOTH: list[tuple[Any, ...]] = [
    ("dimshuffle", lambda x: dimshuffle(x, 1, "x", 0), lambda x: x.T[:, None, :], (2, 3)),
    ("dimshuffle", lambda x: dimshuffle(x, "x", 0), lambda x: x[None], (3,)),
    ("dimshuffle", lambda x: dimshuffle(x, "x", "x"), lambda x: x[None, None], ()),
    ("transpose", transpose, np.transpose, (2, 3, 4)),
    ("transpose", lambda x: transpose(x, 0, 2, 1), lambda x: x.transpose(0, 2, 1), (2, 3, 4)),
    ("outer", outer, np.outer, (2,), (3,)),
    ("subtensor", lambda x, i: x[i:], lambda x, i: x[i:], (4,), 2),
    ("subtensor", lambda x, i: x[i], lambda x, i: x[i], (4, 2), 2),
    ("subtensor", lambda x, i: x[i, ::-1], lambda x, i: x[i, ::-1], (4, 2), [[3, 0], [0, 1]]),
    *[("subtensor", lambda x, i=_index: x[i], lambda x, i=_index: x[i], _shape)
      for _index, _shape in (
          (1, (3, 2)), (np.s_[::-1, 1:, None], (3, 4)), (np.s_[..., -1], (2, 3, 4)),
          (np.s_[:], (2, 3)), ([0, 2, 2], (3, 2)), (np.s_[[0, 1], :, [2, 2]], (2, 3, 4)),
          (np.s_[0, :, [2, 2]], (2, 3, 4)), (np.s_[:, [2, 2], None, 0], (2, 3, 4)))],
]
for _entry in _WITHOUT_GRADIENT:
    example(*_entry, differentiable=False)
for _entry in _SMOOTH:
    example(*_entry)
example("subtensor", lambda x: x[x > 0], lambda x: x[x > 0], (2, 3), kinds="iuf")
