"""`tutor`: a compact symbolic tensor engine with Theano's interface, made to be looked at.

    import tutor as theano
    import tutor.tensor as T

Loads NumPy and the engine. Pictures, widgets and the course load when they are first asked for.
"""

from importlib import import_module
from typing import Any

from tutor import frames, tensor
from tutor.compile.builders import OpFromGraph
from tutor.compile.cloning import clone
from tutor.compile.debugmode import DebugMode
from tutor.compile.function import Function, function
from tutor.compile.io import In, Out, Param
from tutor.compile.mode import Mode, get_default_mode, get_mode
from tutor.compile.rules.engine import Steps
from tutor.compile.watching import MonitorMode, NanGuardMode
from tutor.config import config
from tutor.errors import NotHereError
from tutor.gradient import Lop, Rop, grad, subgraph_grad
from tutor.graph import Apply, Constant, Op, Variable
from tutor.loops import foldl, foldr, map, reduce, scan
from tutor.ops.as_op import as_op
from tutor.ops.shared import SharedVariable, shared, shared_constructor
from tutor.text import pp
from tutor.types import Type

__version__ = "0.1.0"
__all__ = [
    "Apply",
    "Constant",
    "DebugMode",
    "Function",
    "In",
    "Lop",
    "Mode",
    "MonitorMode",
    "NanGuardMode",
    "Op",
    "OpFromGraph",
    "Out",
    "Param",
    "Rop",
    "SharedVariable",
    "Variable",
    "as_op",
    "clone",
    "config",
    "foldl",
    "foldr",
    "function",
    "get_default_mode",
    "get_mode",
    "grad",
    "gradient",
    "map",
    "pp",
    "printing",
    "reduce",
    "scan",
    "shared",
    "shared_constructor",
    "subgraph_grad",
    "tensor",
]

_ROOMS = ("gradient", "optimizers", "printing", "show", "live", "course", "theano")
_PICTURES = {"explore": "explore", "rewrites": "film", "save": "saving"}


def __getattr__(name: str) -> Any:
    """What loads now; of a name that is not here, the nearest that is."""
    if name in _PICTURES:
        return getattr(import_module(f"tutor.pictures.{_PICTURES[name]}"), name)
    if name in _ROOMS:
        return import_module(f"tutor.{name}")
    if name.startswith("_"):  # asked by programs, not by people
        raise AttributeError(f"module 'tutor' has no attribute {name!r}")
    raise NotHereError(f"module 'tutor' has no attribute {name!r}.", fix=lambda: _instead(name))


def _instead(name: str) -> str:
    from importlib import util

    from tutor.names import instead

    if util.find_spec(f"tutor.{name}") is not None:
        return f"It is a module: write import tutor.{name} first."
    return instead(name, "tutor.", __dir__())


def __dir__() -> list[str]:
    own = (name for name in globals() if not name.startswith("_"))
    return sorted({*own, *_PICTURES, *_ROOMS} - {
        "Any", "import_module"})  # fmt: skip


def _repr_mimebundle_(self: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    """What a notebook shows: the formula, the type, the graph as a picture."""
    bundle: dict[str, Any] = import_module("tutor.show").bundle(self)
    return bundle


def _as_film(self: Any) -> None:
    """Steps of rewriting show themselves as a film."""
    import_module("tutor.pictures.film").Film(self)._ipython_display_()


setattr(Steps, "_ipython_display_", _as_film)  # noqa: B010 - not known to mypy
for _kind in (Variable, Function, Type):
    setattr(_kind, "_repr_mimebundle_", _repr_mimebundle_)  # noqa: B010 - not known to mypy
frames.install()
