"""The configuration: the one place where settings live, under Theano's names.

First values come from `~/.theanorc` (or the files in `THEANORC`), then from `THEANO_FLAGS` and
`TUTOR_FLAGS` in the environment. A layer may have further settings accepted.

>>> config.floatX, config.NanGuardMode.action
('float64', 'raise')
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

MODES = ("Mode", "FAST_RUN", "FAST_COMPILE", "DebugMode", "DEBUG_MODE", "NanGuardMode",
         "MonitorMode", "ProfileMode", "PROFILE_MODE", "FAST_RUN_NOGC", "JAX", "jax")  # fmt: skip
WARNINGS = ("ignore", "warn", "raise", "pdb")


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

EFFECTIVE: dict[str, Setting] = {
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
    "warn_float64": Setting("ignore", WARNINGS),
    "profile": Setting(False, boolean, "Time the nodes of every function."),
    "threads": Setting(max(CPUS, 1), _count, "How many threads work on large arrays."),
    "device": Setting("cpu", _device, "Always cpu: other devices are accepted, and not used."),
    "cast_policy": Setting("custom", ("custom", "numpy+floatX")),
    "int_division": Setting("int", ("int", "raise", "floatX")),
    "NanGuardMode.nan_is_error": Setting(True, boolean, "NanGuardMode stops at nan."),
    "NanGuardMode.inf_is_error": Setting(True, boolean, "NanGuardMode stops at infinities."),
    "NanGuardMode.big_is_error": Setting(True, boolean, "NanGuardMode stops beyond 1e10."),
    "NanGuardMode.action": Setting("raise", ("raise", "warn", "pdb"), "What it then does."),
    "DebugMode.check_finite": Setting(True, boolean, "DebugMode stops at nan and infinities."),
    "unpickle_function": Setting(True, boolean, "Functions come out of pickles, in place of None."),
    "unittests.rseed": Setting("666", str, "The seed of tests; random draws another each time."),
}  # fmt: skip

SETTINGS: dict[str, Setting] = dict(EFFECTIVE)  # and those that are accepted without effect


def settings() -> dict[str, Setting]:
    """Every setting by its full name."""
    return SETTINGS


CHOICES: dict[str, tuple[Any, ...]] = {
    name: setting.kind for name, setting in EFFECTIVE.items() if isinstance(setting.kind, tuple)
}


class Section:
    """Settings as attributes, and sections of further ones (`config.NanGuardMode.action`).

    >>> Section().floatX
    'float64'
    """

    _prefix: str

    def __init__(self, prefix: str = "") -> None:
        object.__setattr__(self, "_prefix", prefix)
        for full, setting in () if prefix else EFFECTIVE.items():
            self.begin(full, setting.default)

    def begin(self, full: str, value: Any) -> None:
        """The first value of a setting, in a section within this one."""
        *groups, last = full.split(".")
        section, path = self, ""
        for group in groups:
            path += f"{group}."
            section = section.__dict__.get(group) or section._new(group, path)
        if last not in section.__dict__:
            object.__setattr__(section, last, value)

    def _new(self, name: str, prefix: str) -> Section:
        """A section in this one."""
        object.__setattr__(self, name, made := Section(prefix))
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        full = self._prefix + name
        setting = SETTINGS.get(full)
        if setting is not None:
            value = setting.checked(full, value)
        elif not self._prefix or self._prefix == "NanGuardMode.":
            raise AttributeError(_unknown(full))
        object.__setattr__(self, name, value)  # compilers and devices had many more

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(_unknown(self._prefix + name))

    def __iter__(self) -> Iterator[str]:
        return iter(settings())

    def change_flags(self, flags: Mapping[str, Any] | None = None, **more: Any) -> change_flags:
        """See `change_flags`."""
        return change_flags(flags, **more)

    def __repr__(self) -> str:
        names = [name for name in settings() if name.startswith(self._prefix)]
        return "\n".join(f"{name} = {get(name)!r}" for name in names)

    def __str__(self) -> str:
        """As Theano prints it: every setting with what it may be, what it does, and its value."""
        lines = []
        for name, setting in settings().items():
            if name.startswith(self._prefix):
                kind = setting.kind if isinstance(setting.kind, tuple) else type(setting.default)
                lines += [f"{name} ({kind}) ", f"    Doc:  {setting.doc} ",
                          f"    Value:  {get(name)}", ""]  # fmt: skip
        return "\n".join(lines) + "\n"


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # costs a millisecond that few need

    near = " or ".join(get_close_matches(name, settings(), 3, 0.6))
    return f"config has no {name!r}; {f'did you mean {near}?' if near else 'see print(config)'}"


config: Any = Section()


def get(name: str) -> Any:
    """The value of a setting by its full name.

    >>> get("NanGuardMode.action")
    'raise'
    """
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def put(name: str, value: Any) -> None:
    """Set a setting by its full name; a value it cannot have is a `ValueError`."""
    *sections, last = name.split(".")
    section = config
    for part in sections:
        section = getattr(section, part)
    setattr(section, last, value)


class change_flags:  # noqa: N801 - Theano's name
    """Other settings for a block, or while a function runs: a context manager and a decorator.

    Names with a point come in a mapping: `change_flags({"NanGuardMode.action": "warn"})`.

    >>> with change_flags(floatX="float32"):
    ...     config.floatX
    'float32'
    """

    def __init__(self, flags: Any = None, **more: Any) -> None:
        self.flags: dict[str, Any] = {**dict(flags or {}), **more}
        for name in self.flags:
            if name not in SETTINGS:
                raise AttributeError(_unknown(name))
        self.before: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        self.before.append({name: get(name) for name in self.flags})
        try:
            for name, value in self.flags.items():
                put(name, value)
        except ValueError:
            self.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        for name, value in self.before.pop().items():
            put(name, value)

    def __call__(self, function: F) -> F:
        @wraps(function)
        def changed(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return changed  # type: ignore[return-value]


def parse_config_string(text: str, issue_warnings: bool = True) -> dict[str, str]:
    """The flags in `floatX=float32,gcc.cxxflags="-O3 -g"`, as a dict; an entry without = is none.

    >>> parse_config_string('floatX=float32,gcc.cxxflags="-O3, -g"')
    {'floatX': 'float32', 'gcc.cxxflags': '-O3, -g'}
    """
    if not text:
        return {}
    from shlex import shlex

    parts = shlex(text, posix=True)
    parts.whitespace, parts.whitespace_split = ",", True
    pairs = [part.strip().partition("=") for part in parts]
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def flags_of_files(paths: str) -> dict[str, str]:
    """The flags in configuration files: `[global]` holds names without a section."""
    files = [os.path.expanduser(path) for path in paths.split(os.pathsep)]
    if not any(map(os.path.isfile, files)):
        return {}
    import configparser  # where there is a file to read

    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    try:
        parser.read(files)
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
        if name in settings():
            put(name, value.strip())


read_first_values(os.environ)
