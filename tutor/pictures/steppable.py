"""What can be stepped through: shown as a still with a widget over it, and as a page of its own.

Comes before what is shown so. The widget, and the script of the page, need nothing but the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tutor.core.errors import DTypeError
from tutor.core.graph import Variable
from tutor.frames import in_notebook
from tutor.misfits import describe
from tutor.pictures import assets, html
from tutor.pictures.display import listed

if TYPE_CHECKING:
    from tutor.pictures.widget import ExploreWidget

START = """document.querySelector(".tutor-before-explore").hidden = true;
render({ model: { get: () => STORY }, el: document.body });
"""


def expressions(y: Any, used: str) -> Sequence[Variable]:
    """What is asked about: one expression or a list of them."""
    outputs = listed(y)
    if not outputs or not all(isinstance(v, Variable) for v in outputs):
        raise DTypeError(f"an expression is {used}, and {describe(y)} is none.",
                         fix="Pass a variable, a list of variables, or a compiled function.")
    return outputs


class Steppable:
    """Shows itself: in a notebook a still and the widget over it, in a terminal its words."""

    def _data(self) -> dict[str, Any]:
        raise NotImplementedError

    def _table(self) -> str:
        raise NotImplementedError

    def _svg(self) -> str:
        return ""

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the page that steps is made of, as plain data."""
        return self._data()

    def _still(self) -> str:
        """The table of all steps, which the widget hides while it lives."""
        style = assets.style("pictures/explore.css")
        return f'<div class="tutor-before-explore"><style>{style}</style>{self._table()}</div>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        found = {"text/plain": repr(self), "text/html": self._still(), "image/svg+xml": self._svg()}
        return {kind: text for kind, text in found.items() if text}

    def _ipython_display_(self) -> None:
        if not in_notebook():
            print(repr(self))
            return
        from IPython.display import display

        show: Any = display
        show(self._repr_mimebundle_(), raw=True)
        view = {"version_major": 2, "version_minor": 0, "model_id": self._widget().model_id}
        show({"application/vnd.jupyter.widget-view+json": view,
              "text/plain": "Run this cell to step through it."}, raw=True)

    def _widget(self) -> ExploreWidget:
        """What steps, in a notebook."""
        from tutor.pictures.widget import ExploreWidget

        return ExploreWidget(story=self.data)

    def html(self) -> str:
        """A page of its own, which steps without a kernel and without the network."""
        return html.document(self.data["title"], self._still(), assets.style(*html.STEPPING),
                             assets.script(*html.STEPS),
                             f"const STORY = {html.literal(self.data)};", START)
