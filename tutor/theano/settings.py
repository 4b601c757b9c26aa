"""Settings that only old programs know: those of Theano's compilers and devices, which mean nothing
here, those that a program adds, and each by itself, as libraries read and set them.

>>> [v.fullname for v in config_variables() if v.fullname == "gcc.cxxflags"]
['gcc.cxxflags']
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tutor.config import SETTINGS, Setting, accept, boolean, get, put
from tutor.names import tables

#: Settings without effect: how their values are read, and those themselves by their first value.
READ: dict[str, Callable[[Any], Any]] = {"boolean": boolean, "int": int, "float": float, "str": str}
ACCEPTED = tables(Path(__file__).with_suffix(".toml"))


def _lenient(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader that takes what it cannot read as it is: such a setting has no effect."""

    def lenient(value: Any) -> Any:
        try:
            return read(value)
        except (ValueError, TypeError, KeyError):
            return value

    return lenient


accept({name: Setting(READ[kind](first), _lenient(READ[kind]))
        for kind, names in ACCEPTED.items() for name, first in names.items()} | {
    "warn_float64": Setting("ignore", ("ignore", "warn", "raise", "pdb")),
    "cast_policy": Setting("custom", ("custom", "numpy+floatX")),
    "int_division": Setting("int", ("int", "raise", "floatX")),
    "unittests.rseed": Setting("666", str, "The seed of tests; random draws another each time."),
})


def EnumStr(default: str, *options: str, **_: Any) -> Setting:
    """A setting of a few choices, for `AddConfigVar`."""
    return Setting(default, (default, *options))


def _parameter(kind: Callable[[Any], Any]) -> Callable[..., Setting]:
    return lambda default, *_, **__: Setting(default, kind)


#: Settings that are a text, a number, or true or false, for `AddConfigVar`.
StrParam, IntParam = _parameter(str), _parameter(int)
FloatParam, BoolParam = _parameter(float), _parameter(boolean)


def AddConfigVar(name: str, doc: str, configparam: Setting, *_: Any, **__: Any) -> None:
    """A setting of your own, which `THEANO_FLAGS` can set too.

    >>> AddConfigVar("my.depth", "How deep.", IntParam(3))
    >>> get("my.depth")
    3
    """
    accept({name: configparam._replace(doc=doc)})


class ConfigVar(NamedTuple):
    """A setting by its full name; what it is called with besides is of no account.

    >>> ConfigVar("floatX").__get__(True, None)
    'float64'
    """

    fullname: str

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return get(self.fullname)

    def __set__(self, owner: Any, value: Any) -> None:
        put(self.fullname, value)


def config_variables() -> list[ConfigVar]:
    """Every setting there is."""
    return [ConfigVar(setting) for setting in SETTINGS]


_config_var_list = config_variables()
