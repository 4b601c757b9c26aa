"""Modes by name: what `function(mode=)` and `config.mode` take.

Comes after all modes, and before `function`.

>>> get_mode("FAST_COMPILE")
Mode(linker = vm, optimizer = fast_compile)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutor.compile.debugmode import DebugMode
from tutor.compile.mode import FAST_COMPILE, FAST_RUN, InterpretMode, JaxMode, Mode, no_such
from tutor.compile.watching import MonitorMode, NanGuardMode
from tutor.config import config
from tutor.core.errors import BadValueError
from tutor.core.graph import Variable, quoted
from tutor.signatures import answering

predefined_modes: dict[str, Mode] = {
    "FAST_COMPILE": FAST_COMPILE, "FAST_RUN": FAST_RUN, "DEBUG_MODE": DebugMode(),
    "jax": JaxMode(), "interpret": InterpretMode("py", None)}
ALIASES = {"FAST_RUN_NOGC": "FAST_RUN", "ProfileMode": "FAST_RUN", "PROFILE_MODE": "FAST_RUN",
           "JAX": "jax"}
#: Modes that are made from the configuration, by name.
MAKERS = {kind.__name__: kind for kind in (Mode, DebugMode, MonitorMode, NanGuardMode)}
_made: dict[Any, Mode] = {}


@answering
def get_mode(given: Any = None) -> Mode:
    """The mode of a name, or a mode itself; the configuration's where None is given.

    Raises BadValueError for an unknown mode.

    >>> get_mode("FAST_RUN") is FAST_RUN
    True
    """
    if isinstance(given, Mode):
        return given
    if given is not None and not isinstance(given, str):
        raise BadValueError(f"a mode is a name or a Mode, and {quoted(given)} is neither.",
                            fix=_meant(given))
    name = config.mode if given is None else given
    name = ALIASES.get(name, name)
    if name in predefined_modes:
        return predefined_modes[name]
    if name not in MAKERS:
        raise no_such("mode", name, [*predefined_modes, *MAKERS])
    key = (name, config.linker, config.optimizer)
    if key not in _made:
        _made[key] = MAKERS[name]()
    return _made[key]


def _meant(given: Any) -> str:
    """What is written for a thing that stands third in a call of `function`, and is no mode."""
    listed = given if isinstance(given, (list, tuple)) else [given]
    if listed and all(isinstance(v, Variable) for v in listed):
        return "Several outputs are one list: function([x], [y, z])."
    if isinstance(given, (Mapping, list, tuple)):
        return ("What is replaced, and what is updated, is given by name: "
                "function([x], y, givens={v: …}), function([x], y, updates={c: …}).")
    return 'Write mode="FAST_COMPILE".'


@answering
def get_default_mode() -> Mode:
    """The mode that `config.mode` names.

    >>> get_default_mode()
    Mode(linker = cvm, optimizer = o4)
    """
    return get_mode()


def register_mode(name: str, mode: Mode) -> None:
    """Give a mode a name for `function(mode=)`; a name that is taken is an error."""
    if name in predefined_modes:
        raise BadValueError(f"there is a mode {name!r} already.", fix="Choose another name.")
    predefined_modes[name] = mode
