"""Curves over one axis: functions, losses, anything with a value for each x.

Comes after the plots of runs, whose axes and colours it uses, and needs no plotting library.

>>> curves([0, 1, 2], {"square": [0, 1, 4]})
<1 curve over x from 0 to 2: square from 0 to 4>
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.core.errors import BadValueError, DTypeError, ShapeError
from tutor.core.graph import quoted
from tutor.pictures.charts import chart, svg
from tutor.pictures.charts.axes import Axis, Extent, Frame, number, roomy
from tutor.signatures import answering

WIDTH, HEIGHT = 760, 292
LEFT, RIGHT, TOP, BOTTOM = 66.0, 740.0, 58.0, 246.0  # of the plot
HUES, LETTER = 6, 7.2  # as a race has; pixels


class Curves:
    """Curves over one axis, which show themselves; made by `curves`."""

    def __init__(self, x: NDArray[Any], lines: dict[str, NDArray[Any]], x_name: str) -> None:
        self.x, self.lines, self.x_name = x, lines, x_name

    def __repr__(self) -> str:
        told = ", ".join(f"{name} from {number(np.nanmin(y), 3)} to {number(np.nanmax(y), 3)}"
                         for name, y in self.lines.items())
        ends = f"from {number(self.x.min(), 3)} to {number(self.x.max(), 3)}"
        count = f"{len(self.lines)} curve{'s' * (len(self.lines) != 1)}"
        return f"<{count} over {self.x_name} {ends}: {told}>".replace("−", "-")

    def scene(self) -> chart.Scene:
        """The axes, the curves, and their names in their colours."""
        up = Extent()
        up.hold(*[float(v) for y in self.lines.values() for v in y if np.isfinite(v)])
        across = roomy(float(self.x.min()), float(self.x.max()))
        frame = Frame(Axis(*across, LEFT, RIGHT), Axis(*up.ends(), BOTTOM, TOP))
        marks, names, at = [], [], LEFT
        for i, (name, y) in enumerate(self.lines.items()):
            style = f"hue{i % HUES}"
            for piece in _pieces(self.x, y):
                marks.append(chart.line(f"lane {style} dash{i % HUES}", frame.place(piece)))
            names.append(chart.text(f"head {style}", at, 36, name))
            at += LETTER * len(name) + 22
        layers = (frame.layers(self.x_name, "", 8), frame.inside(*marks), chart.Layer(tuple(names)))
        return chart.Scene([chart.Panel(WIDTH, HEIGHT, layers)], repr(self)[1:-1] + ".")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        drawn = self.scene()
        return {"text/plain": repr(self), "text/html": svg.inline(drawn),
                "image/svg+xml": svg.standing_alone(drawn)}


@answering
def curves(x: Any, lines: Mapping[str, Any], x_name: str = "x") -> Curves:
    """Draw curves: for each name the values at `x`, a list of numbers. A nan leaves a gap.

    Other lengths than that of `x` are a `ShapeError` (a `ValueError`).

    >>> x = np.linspace(-3, 3, 7)
    >>> curves(x, {"tanh": np.tanh(x), "its slope": 1 - np.tanh(x) ** 2})
    <2 curves over x from -3 to 3: tanh from -0.995 to 0.995, its slope from 0.00987 to 1>
    """
    if not isinstance(lines, Mapping) or not lines:
        raise BadValueError(f"curves are a dict from names to values, and not {quoted(lines)}.",
                            fix='Write curves(x, {"y": y}).')
    try:
        along, *values = (np.asarray(v, dtype=float) for v in (x, *lines.values()))
    except (TypeError, ValueError):
        raise DTypeError("curves are made of numbers.",
                         fix="Call a compiled function for the values.") from None
    for name, y in zip(lines, values, strict=True):
        if y.shape != along.shape or y.ndim != 1 or not y.size:
            raise ShapeError(f"{name} has the shape {y.shape}, and x has {along.shape}.",
                             fix="Give a value for each x, in one list.")
    return Curves(along, dict(zip(map(str, lines), values, strict=True)), x_name)


def _pieces(x: NDArray[Any], y: NDArray[Any]) -> Sequence[NDArray[Any]]:
    """The points of a curve, from gap to gap."""
    points = np.column_stack([x, y])
    gaps = np.flatnonzero(~np.isfinite(y))
    return [piece[np.isfinite(piece[:, 1])] for piece in np.split(points, gaps)
            if np.isfinite(piece[:, 1]).any()]
