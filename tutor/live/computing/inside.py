"""A run from the inside, for a page that computes it: the functions that it asks, and the panels.

Comes before the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutor.compile.compiled import Function
from tutor.core.variables import SharedVariable
from tutor.live.inside import Inside
from tutor.live.layers import InsidePanel
from tutor.live.views import Picture


def functions(inside: Inside) -> dict[str, Function]:
    """What layers give and what else is shown, and the norms of gradients, by what the worker calls
    them."""
    return {"layers0": inside.looks, "norms0": inside.norms}


def told(view: Picture, inside: Inside, keys: Mapping[SharedVariable, str]) -> dict[str, Any]:
    """The layers, the panels by part and place, and the keys of what is trained."""
    used = [v for v in inside.training.changes if v.dtype.startswith("float") and v in keys]
    return {"names": [layer.name for layer in inside.layers], "shown": [*inside.shown],
            "weights": [keys[v] for v in inside.weights], "floats": [keys[v] for v in used],
            "panels": [panel.part for panel in view.more if isinstance(panel, InsidePanel)]}
