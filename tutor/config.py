"""The configuration: the one place where settings live, under Theano's names.

First values come from `~/.theanorc` (or the files in `THEANORC`), then from `THEANO_FLAGS` and
`TUTOR_FLAGS` in the environment. A layer may have further settings accepted.

>>> config.floatX, config.NanGuardMode.action
('float64', 'raise')
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import reduce
from shlex import shlex
from typing import Any, NamedTuple

from tutor.core.seams import config as kept

MODES = ("Mode", "FAST_RUN", "FAST_COMPILE", "DebugMode", "DEBUG_MODE", "NanGuardMode",
         "MonitorMode", "ProfileMode", "PROFILE_MODE", "FAST_RUN_NOGC", "JAX", "jax")  # fmt: skip


class Setting(NamedTuple):
    """A setting: its first value, what it may be (choices, or a reader of values), what it does."""

    default: Any
    kind: tuple[Any, ...] | Callable[[Any], Any]
    doc: str = "Accepted, without effect here."

    def checked(self, name: str, value: Any) -> Any:
        """The value as it is stored; a `ValueError` where it cannot be this setting's."""
        if isinstance(self.kind, tuple):
            if value in self.kind:
                return value
            choices = ", ".join(map(repr, self.kind))
            raise ValueError(f"config.{name} cannot be {value!r}; choose one of {choices}")
        try:
            return self.kind(value)
        except (ValueError, TypeError, KeyError):
            plain = self.kind in (int, float, str)
            wanted = self.kind.__name__ if plain else self.kind.__doc__
            raise ValueError(f"config.{name} cannot be {value!r}; it is {wanted}") from None


def boolean(value: Any) -> bool:
    """True or False"""
    words = {"true": True, "1": True, "false": False, "0": False}
    return words[str(value).strip().lower()]


def _count(value: Any) -> int:
    """a whole number, at least 1"""
    if isinstance(value, bool) or float(value) != int(value) or int(value) < 1:
        raise ValueError
    return int(value)


def _device(value: Any) -> str:
    """cpu, cuda, gpu or opencl, perhaps with a number"""
    if not str(value).startswith(("cpu", "cuda", "gpu", "opencl")):
        raise ValueError
    return "cpu"


CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

#: Every setting by its full name; a layer may `accept` more.
SETTINGS: dict[str, Setting] = {
    "floatX": Setting("float64", ("float64", "float32", "float16"),
                      "The dtype of constructors without a prefix."),
    "mode": Setting("Mode", MODES, "How functions are compiled where no mode is given."),
    "on_unused_input": Setting("raise", ("raise", "warn", "ignore"),
                               "What an input without influence on any output is."),
    "exception_verbosity": Setting("low", ("low", "high"),
                                   "high: errors show the graph and the shapes of all values."),
    "compute_test_value": Setting("off", ("off", "ignore", "warn", "raise", "pdb"),
                                  "Compute the value of every node from tag.test_value at once."),
    "print_test_value": Setting(False, boolean, "Show test values where variables are printed."),
    "optimizer": Setting("o4", ("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile",
                                "merge", "None"), "Which rewrite rules are used."),
    "linker": Setting("cvm", str),
    "profile": Setting(False, boolean, "Time the nodes of every function."),
    "threads": Setting(max(CPUS, 1), _count, "How many threads work on large arrays."),
    "device": Setting("cpu", _device, "Always cpu: other devices are accepted, and not used."),
    "NanGuardMode.nan_is_error": Setting(True, boolean, "NanGuardMode stops at nan."),
    "NanGuardMode.inf_is_error": Setting(True, boolean, "NanGuardMode stops at infinities."),
    "NanGuardMode.big_is_error": Setting(True, boolean, "NanGuardMode stops beyond 1e10."),
    "NanGuardMode.action": Setting("raise", ("raise", "warn", "pdb"), "What it then does."),
    "DebugMode.check_finite": Setting(True, boolean, "DebugMode stops at nan and infinities."),
    "unpickle_function": Setting(True, boolean, "Functions come out of pickles, in place of None."),
}  # fmt: skip
CHOICES = {name: kind for name, (_, kind, _) in SETTINGS.items() if isinstance(kind, tuple)}


def get(name: str) -> Any:
    """The value of a setting by its full name.

    >>> get("NanGuardMode.action")
    'raise'
    """
    return reduce(getattr, name.split("."), config)


def put(name: str, value: Any) -> None:
    """Set a setting by its full name; a value it cannot have is a `ValueError`."""
    *sections, last = name.split(".")
    setattr(reduce(getattr, sections, config), last, value)


def change_flags(flags: Any = None, **more: Any) -> Any:
    """Other settings for a block, or while a function runs: a context manager and a decorator.

    Names with a point come in a mapping: `change_flags({"NanGuardMode.action": "warn"})`.

    >>> with change_flags(floatX="float32"):
    ...     config.floatX
    'float32'
    """
    wanted = {**dict(flags or {}), **more}
    for name in wanted:
        if name not in SETTINGS:
            raise AttributeError(_unknown(name))
    return _changed(wanted)


@contextmanager
def _changed(wanted: dict[str, Any]) -> Iterator[None]:
    before = {name: get(name) for name in wanted}
    try:
        for name, value in wanted.items():
            put(name, value)
        yield
    finally:
        for name, value in before.items():
            put(name, value)


class Section:
    """Settings as attributes, and sections of further ones (`config.NanGuardMode.action`).

    >>> Section().floatX
    'float64'
    """

    _prefix: str
    change_flags = staticmethod(change_flags)

    def __init__(self, prefix: str = "") -> None:
        if not prefix:  # those that the core asks for are kept there
            object.__setattr__(self, "__dict__", vars(kept))
        object.__setattr__(self, "_prefix", prefix)
        for full, setting in () if prefix else SETTINGS.items():
            self.begin(full, setting.default)

    def begin(self, full: str, value: Any) -> None:
        """The first value of a setting, in a section within this one."""
        *groups, last = full.split(".")
        section, path = self, ""
        for group in groups:
            path += f"{group}."
            if group not in vars(section):
                object.__setattr__(section, group, Section(path))
            section = vars(section)[group]
        vars(section).setdefault(last, value)

    def __setattr__(self, name: str, value: Any) -> None:
        full = self._prefix + name
        setting = SETTINGS.get(full)
        if setting is not None:
            value = setting.checked(full, value)
        elif not self._prefix or self._prefix == "NanGuardMode.":
            raise AttributeError(_unknown(full))
        object.__setattr__(self, name, value)  # compilers and devices had many more

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name if name.startswith("__") else _unknown(self._prefix + name))

    def __iter__(self) -> Iterator[str]:
        return iter(SETTINGS)

    def _own(self) -> dict[str, Setting]:
        return {name: setting for name, setting in SETTINGS.items()
                if name.startswith(self._prefix)}

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {get(name)!r}" for name in self._own())

    def __str__(self) -> str:
        """As Theano prints it: every setting with what it may be, what it does, and its value."""
        return "".join([
            f"{name} ({kind if isinstance(kind, tuple) else type(default)}) \n    Doc:  {doc} \n"
            f"    Value:  {get(name)}\n\n" for name, (default, kind, doc) in self._own().items()])


def _unknown(name: str) -> str:
    near = " or ".join(get_close_matches(name, SETTINGS, 3, 0.6))
    return f"config has no {name!r}; {f'did you mean {near}?' if near else 'see print(config)'}"


config: Any = Section()


def parse_config_string(text: str, issue_warnings: bool = True) -> dict[str, str]:
    """The flags in `floatX=float32,gcc.cxxflags="-O3 -g"`, as a dict; an entry without = is none.

    >>> parse_config_string('floatX=float32,gcc.cxxflags="-O3, -g"')
    {'floatX': 'float32', 'gcc.cxxflags': '-O3, -g'}
    """
    parts = shlex(text, posix=True)
    parts.whitespace, parts.whitespace_split = ",", True
    pairs = [part.strip().partition("=") for part in parts]
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def flags_of_files(paths: str) -> dict[str, str]:
    """The flags in configuration files: `[global]` holds names without a section."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    try:
        parser.read([os.path.expanduser(path) for path in paths.split(os.pathsep)])
    except (configparser.Error, UnicodeDecodeError) as problem:
        words = " ".join(str(problem).split())
        raise ValueError(f"the configuration file cannot be read: {words}") from None
    return {
        name if section == "global" else f"{section}.{name}": value
        for section in parser.sections()
        for name, value in parser.items(section)
        if value is not None
    }


FLAGS: dict[str, str] = {}  # what files and the environment say, also of settings yet to come


def accept(more: Mapping[str, Setting]) -> None:
    """Have further settings, each with what files and the environment say, or its first value."""
    for name, setting in more.items():
        SETTINGS[name] = setting
        config.begin(name, setting.default)
        if name in FLAGS:
            put(name, FLAGS[name].strip())


def read_first_values(environment: Mapping[str, str]) -> None:
    """Set what files and the environment say; flags nobody knows mean nothing here."""
    FLAGS.update(flags_of_files(environment.get("THEANORC", "~/.theanorc")))
    for variable in ("THEANO_FLAGS", "TUTOR_FLAGS"):
        FLAGS.update(parse_config_string(environment.get(variable, "")))
    for name, value in FLAGS.items():
        if name in SETTINGS:
            put(name, value.strip())


read_first_values(os.environ)
