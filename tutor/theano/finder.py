"""The name `theano`, bound to this engine: a finder that makes its modules, each from the tables.

Comes after `places.py`, which says where each name is here. A module made here holds nothing until
a name is asked of it; a name that is nowhere is an error that says the nearest one that is.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from pkgutil import resolve_name
from types import FrameType, ModuleType
from typing import Any

import tutor.errors
import tutor.theano.settings  # has Theano's flags accepted
from tutor.core.errors import NotHereError, TutorError
from tutor.core.seams import old
from tutor.hooks import hooks
from tutor.theano.inside import attribute
from tutor.theano.pickles import state
from tutor.theano.places import EXCEPTIONS, FRONT, HOMES, MODULES, OUTSIDE, anywhere, public, why
from tutor.theano.text import READER

IMPORT_FROM = dis.opmap["IMPORT_FROM"]
NOTHING = object()


class MissingNameError(TutorError, ImportError):
    """`from theano.… import name`: an error that Python passes on with its words as they are."""


class BoundModule(ModuleType):
    """A module of Theano's name, whose names are found when they are asked for."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return sorted({*names(self.__name__), "np", "theano"})
        value = NOTHING if name[:2] == "__" and name != "__version__" else self.found(name)
        if value is NOTHING:
            raise missing(self.__name__, name, sys._getframe(1))
        self.__dict__[name] = value
        return value

    def found(self, name: str) -> Any:
        """A thing of this engine, or another bound module."""
        value = look_up(self.__name__, name)
        inner = f"{self.__name__}.{name}"
        if value is NOTHING and inner.partition(".")[2] in MODULES:
            return import_module(inner)
        if value is NOTHING and name in OUTSIDE:
            return import_module(OUTSIDE[name])
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing `theano.tensor.sort` sets `sort` there; it stays, as in Theano, the
        # function of that name.
        if type(value) is BoundModule and look_up(self.__name__, name) is not NOTHING:
            return
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *names(self.__name__)})


class Finder(MetaPathFinder, Loader):
    """Finds `theano` and the modules of `MODULES` under it, and makes them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of Theano's; a name under `theano` that is none is an error."""
        top, _, rest = fullname.partition(".")
        if top != "theano":
            return None
        if rest not in MODULES:
            near = get_close_matches(fullname, [f"theano.{module}" for module in MODULES], 1, 0.6)
            hint = f" The nearest that is: {near[0].rstrip('.')}." if near else ""
            raise ModuleNotFoundError(
                f"No module named {fullname!r} in tutor, which runs in Theano's place.{hint}",
                name=fullname)
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> BoundModule:
        """An empty module: its names come when they are asked for."""
        module = BoundModule(spec.name, f"tutor, in the place of {spec.name}.")
        # Programs look for files beside it; what they find is this package.
        module.__dict__["__file__"] = tutor.errors.PACKAGE + "__init__.py"
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


FINDER = Finder()
#: Names of the front door that Theano had elsewhere, for something else.
OURS = frozenset(("load",))


def look_up(module: str, name: str) -> Any:
    """Find `name` of Theano's `module` here, modules left aside; `NOTHING` if it is nowhere.

    >>> look_up("theano.tensor.basic", "dscalar")
    TensorType(float64, scalar)
    """
    place = EXCEPTIONS.get(f"{module}.{name}".partition(".")[2]) or EXCEPTIONS.get(f"*.{name}")
    if place is not None:
        return resolve_name(place)
    rooms = rooms_of(module)
    if f"{module}.{name}".partition(".")[2] in MODULES:
        pass  # a module, unless a room of its own says otherwise: `theano.tensor.sort` is an op
    elif name in (public()[module] if module in FRONT else anywhere()):
        rooms = (*rooms, *HOMES)
    for room in rooms:
        if room == "tutor" and name in OURS:
            continue
        value = getattr(import_module(room), name, NOTHING)
        if value is not NOTHING and not isinstance(value, ModuleType):
            return value
    return NOTHING


@cache
def rooms_of(module: str) -> tuple[str, ...]:
    """The rooms that hold the names of Theano's `module`: that of its own name first.

    >>> rooms_of("theano.tensor.nnet.nnet")
    ('tutor.tensor.nnet', 'tutor.theano.nnet_names')
    """
    inner = module.partition(".")[2]
    path = Path(tutor.errors.PACKAGE, *inner.split("."))
    same = path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
    own = [f"tutor.{inner}"] if inner and same else []
    return tuple(dict.fromkeys([*own, *MODULES[inner].split()]))


def names(module: str) -> frozenset[str]:
    """The names of Theano's `module` that are here.

    >>> "grad" in names("theano.tensor"), "Rop" in names("theano")
    (True, True)
    """
    had = public().get(module, frozenset())
    inner = f"{module}.".partition(".")[2]
    return frozenset(
        name for name in had if inner + name in MODULES or look_up(module, name) is not NOTHING
    )


def missing(module: str, name: str, frame: FrameType) -> Exception:
    """The error for a name that is nowhere, as `frame` asked for it: by `from … import`, or `.`."""
    whole = f"{module}.{name}"
    had = name[:1] == "_" or name in public().get(module, ()) or module not in public()
    reason = why(module, name)
    what = f"{whole} is not in tutor, which runs in Theano's place{f': {reason}' * bool(reason)}."
    near = get_close_matches(name, names(module), 2, 0.7)
    fix = f"the nearest that is: {' or '.join(f'{module}.{other}' for other in near)}."
    if not near:
        fix = "`tutor names` lists Theano's names, and which of them are here."
    if not had:
        what = f"{whole} is not there; Theano 1.0 had no such name."
    # A plain AttributeError would lose its words to "cannot import name".
    importing = frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] == IMPORT_FROM
    return (MissingNameError if importing else NotHereError)(what, fix=fix)


@contextmanager
def answering(**answers: Any) -> Iterator[None]:
    """Set the seams inside a `with` block: what nodes and functions answer, by their names."""
    before = [(seam, dict(vars(seam))) for seam in (old, hooks)]
    for name, answer in answers.items():
        setattr(hooks if hasattr(hooks, name) else old, name, answer)
    try:
        yield
    finally:
        for seam, was in before:
            vars(seam).clear()
            vars(seam).update(was)


@contextmanager
def bound() -> Iterator[None]:
    """Bind the name `theano` to this engine inside a `with` block; after it, it means what it did.

    >>> with bound():
    ...     import theano.tensor as T
    ...     T.dscalar("x") ** 2
    x ** 2
    """
    if FINDER in sys.meta_path:
        yield
        return
    there = [name for name in sys.modules if name.partition(".")[0] == "theano"]
    aside = {name: sys.modules.pop(name) for name in there}
    sys.meta_path.insert(0, FINDER)
    try:
        with answering(stretches=True, unused_givens=True, attribute=attribute, reader=READER,
                       state=state):
            yield
    finally:
        sys.meta_path.remove(FINDER)
        for name in [name for name, module in sys.modules.items() if type(module) is BoundModule]:
            del sys.modules[name]
        sys.modules.update(aside)
