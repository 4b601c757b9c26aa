"""Pictures of expressions, derivatives and functions, for notebooks, files and plain text.

`tutor.show(y)` shows an expression, `tutor.show(y, wrt=[x])` with its derivatives beside it; the
package itself can be called. Every variable, function and type shows itself by `bundle`. Comes
after printing; nothing of the engine imports it.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tutor.pictures.display import Bundle, Shown
from tutor.pictures.gradients import of_gradient, parts_of
from tutor.printing import pydotprint
from tutor.signatures import answering

__all__ = ["Bundle", "Shown", "bundle", "of_gradient", "parts_of", "pydotprint", "show"]


def bundle(obj: Any) -> Bundle:
    """What a notebook shows of a variable, a function or a type: text by MIME type."""
    return parts_of(obj).bundle()


@answering
def show(obj: Any, wrt: Any = None, plumbing: bool = False) -> Shown:
    """Show an expression, a function or a type; with `wrt`, the derivatives beside the expression.

    `wrt` is a variable or a list of variables; the expression must then be a real scalar (else a
    `CostError`), and depend on them; each derivative is told as it is computed, and in short as
    `derive` ends. Nothing is compiled or run. What stands in
    `with tutor.scope("hidden"):` is a box that opens, and so is what one call of a function made,
    where there are several or the graph is large; operations on sizes alone, and such as only hand
    numbers on, are left out then unless `plumbing` is true.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> show(x ** 2, wrt=x)
    y = x ** 2
    ∂y/∂x = 1 * 2 * x ** 1
          = 2x
    """
    return Shown(parts_of(obj, wrt, plumbing))


class Showing(ModuleType):
    """`tutor.show(y)` is `tutor.show.show(y)`: this module can be called."""

    Bundle: Any
    Shown: Any
    bundle, show = staticmethod(bundle), staticmethod(show)
    of_gradient, parts_of = staticmethod(of_gradient), staticmethod(parts_of)
    pydotprint = staticmethod(pydotprint)

    if TYPE_CHECKING:

        def __call__(self, obj: Any, wrt: Any = None, plumbing: bool = False) -> Shown: ...

    else:

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return show(*args, **kwargs)


sys.modules[__name__].__class__ = Showing
