"""`tutor`: a compact symbolic tensor engine with Theano's interface, made to be looked at.

    import tutor as theano
    import tutor.tensor as T

Loads NumPy and the engine. Pictures, widgets and the course load when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tutor import errors as errors
from tutor import frames, misfits, tensor
from tutor.compile.arguments import In, Out, Param
from tutor.compile.builders import OpFromGraph, clone
from tutor.compile.compiled import Function
from tutor.compile.debugmode import DebugMode
from tutor.compile.function import function
from tutor.compile.mode import Mode, get_default_mode, get_mode
from tutor.compile.rules.engine import Steps as Steps
from tutor.compile.watching import MonitorMode, NanGuardMode
from tutor.config import config
from tutor.core.errors import NotHereError as NotHereError
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.op import Op
from tutor.core.seams import seams
from tutor.core.types import Type as Type
from tutor.core.variables import SharedVariable
from tutor.gradient import Lop, Rop, grad, subgraph_grad
from tutor.hooks import hooks
from tutor.loops import foldl, foldr, map, reduce, scan
from tutor.ops.checks import as_op
from tutor.ops.shared import shared, shared_constructor
from tutor.scopes import scope
from tutor.tree import pp

__version__ = "0.1.0"
__all__ = [
    "Apply", "Constant", "DebugMode", "Function", "In", "Lop", "Mode", "MonitorMode",
    "NanGuardMode", "Op", "OpFromGraph", "Out", "Param", "Rop", "SharedVariable", "Variable",
    "as_op", "clone", "config", "errors", "foldl", "foldr", "function", "get_default_mode",
    "get_mode", "grad", "gradient", "map", "pp", "printing", "reduce", "scan", "scope",
    "shared", "shared_constructor", "subgraph_grad", "tensor",
]

if TYPE_CHECKING:  # what loads late
    from tutor import course as course
    from tutor import gradient as gradient
    from tutor import live as live
    from tutor import optimizers as optimizers
    from tutor import printing as printing
    from tutor import theano as theano
    from tutor import tree as tree
    from tutor.parameters import load as load
    from tutor.pictures.charts.plot import plot as plot
    from tutor.pictures.derive import derive as derive
    from tutor.pictures.explore import explore as explore
    from tutor.pictures.film import rewrites as rewrites
    from tutor.pictures.saving import save as save
    from tutor.show import Showing

    show: Showing

_ROOMS = ("gradient", "optimizers", "printing", "show", "live", "course", "theano")
_LATE = {"derive": "pictures.derive", "explore": "pictures.explore", "load": "parameters",
         "plot": "pictures.charts.plot", "rewrites": "pictures.film", "save": "pictures.saving"}


def _late(name: str) -> Any:
    """What loads now; of a name that is not here, the nearest that is."""
    if name in _LATE:
        return getattr(import_module(f"tutor.{_LATE[name]}"), name)
    if name in _ROOMS:
        return import_module(f"tutor.{name}")
    if name.startswith("_"):  # asked by programs, not by people
        raise AttributeError(f"module 'tutor' has no attribute {name!r}")
    raise errors.AbsentNameError(f"module 'tutor' has no attribute {name!r}.",
                                 search=lambda: _instead(name))


def _instead(name: str) -> str:
    from importlib import util

    from tutor.names import instead

    if util.find_spec(f"tutor.{name}") is not None:
        return f"It is a module: write import tutor.{name} first."
    return instead(name, "tutor.", __dir__())


if not TYPE_CHECKING:  # which know what is here, and report what is not
    __getattr__ = _late


def __dir__() -> list[str]:
    own = (name for name in globals() if not name.startswith("_"))
    return sorted({*own, *_LATE, *_ROOMS} - {
        "Any", "TYPE_CHECKING", "import_module"})  # fmt: skip


def _bundle(thing: Any) -> dict[str, Any]:
    """What a notebook shows: the formula, the type, the graph as a picture."""
    from tutor.show import bundle

    return bundle(thing)


def _failed(error: Any) -> None:
    from tutor.pictures.failure import show_failure

    show_failure(error)


def _as_film(steps: Any) -> None:
    """Steps of rewriting show themselves as a film."""
    from tutor.pictures.film import Film

    Film(steps)._ipython_display_()


seams.display, hooks.failed, hooks.film = _bundle, _failed, _as_film
frames.install()
misfits.install()
