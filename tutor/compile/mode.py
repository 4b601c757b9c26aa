"""`Mode`: how a graph is rewritten and how it runs; and modes by name, which are what
`function(mode=)` and `config.mode` take.

A plain mode says which rules are used; one with a `watcher` (they are in `watching.py` and
`debugmode.py`) has the function run node by node, and be looked at as it does.

>>> get_mode("FAST_COMPILE")
Mode(linker = vm, optimizer = fast_compile)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from tutor.compile.rules.own import checked
from tutor.compile.rules.patterns import ASSUMES, Rule
from tutor.config import config
from tutor.core.errors import BadValueError
from tutor.core.graph import Variable, quoted
from tutor.signatures import answering

if TYPE_CHECKING:
    from tutor.compile.watching import Watcher

M = TypeVar("M", bound="Mode")

LINKERS = ("py", "c", "c|py", "c|py_nogc", "vm", "cvm", "vm_nogc", "cvm_nogc")
predefined_linkers: dict[str, Any] = {name: name for name in LINKERS}
#: What the rewriting engine does for each of Theano's optimizers.
OPTIMIZERS = {None: "None", "None": "None", "merge": "FAST_COMPILE", "o1": "FAST_COMPILE",
              "fast_compile": "FAST_COMPILE", "o2": "FAST_RUN", "o3": "FAST_RUN", "o4": "FAST_RUN",
              "unsafe": "FAST_RUN", "fast_run": "FAST_RUN", "fast_run_stable": "FAST_RUN",
              "stabilize": "FAST_RUN"}  # fmt: skip


class Mode:
    """How functions are rewritten and run.

    `optimizer` names the rules: "fast_run" all of them, "fast_compile" or "merge" only what brings
    equal expressions together, None nothing at all; "unsafe" also those that assume something.
    `excluding` and `including` switch rules, or groups of them, off and on by name. `linker` named
    the machinery that ran a graph; here one does, so every one of its names is taken and none makes
    a difference.

    Raises BadValueError for an unknown linker.

    >>> Mode(optimizer="fast_run").excluding("fusion").excluded
    frozenset({'fusion'})
    """

    def __init__(self, linker: Any = None, optimizer: Any = "default") -> None:
        linker = config.linker if linker is None else linker
        optimizer = config.optimizer if isinstance(optimizer, str) and optimizer == "default" \
            else optimizer
        if isinstance(linker, str) and linker not in predefined_linkers:
            raise no_such("linker", linker, predefined_linkers)
        if isinstance(optimizer, str) and optimizer not in OPTIMIZERS:
            raise no_such("optimizer", optimizer, [str(name) for name in OPTIMIZERS])
        self.provided_linker = self.linker = linker
        self.provided_optimizer = self.optimizer = optimizer
        self.included: frozenset[str | Rule] = getattr(optimizer, "include", frozenset())
        if isinstance(optimizer, str) and optimizer == "unsafe":
            self.included |= {ASSUMES}
        self.excluded: frozenset[str] = getattr(optimizer, "exclude", frozenset())
        self.call_time = self.fn_time = 0.0

    backend: str | None = None  # what runs the graph in the place of NumPy

    @property
    def rewriting(self) -> str:
        """What the engine of rewriting is asked for."""
        asked = getattr(self.optimizer, "include", None)  # by an optimizer that names its groups
        if asked is not None:
            known = [OPTIMIZERS[name] for name in asked if name in OPTIMIZERS]
            return "FAST_RUN" if "FAST_RUN" in known else "FAST_COMPILE"
        named = isinstance(self.optimizer, (str, type(None)))
        return OPTIMIZERS.get(self.optimizer, "FAST_RUN") if named else "FAST_RUN"

    def watcher(self, function: Any) -> Watcher | None:
        """What looks on while a function of this mode runs; None where nothing does.

        A linker that has an `around`, as watchers do, is what looks on.
        """
        return self.linker if hasattr(self.linker, "around") else None

    def including(self: M, *tags: str | Rule) -> M:
        """This mode with these groups of rules too, or with a rule of your own.

        Raises BadValueError for a rule that cannot be read.
        """
        for tag in tags:
            if isinstance(tag, Rule):
                checked(tag)
        return self._with(included=self.included | set(tags))

    def excluding(self: M, *tags: str) -> M:
        """This mode without these rules or groups of rules."""
        return self._with(excluded=self.excluded | set(tags))

    def requiring(self: M, *tags: str) -> M:
        """This mode; no rule here is in fewer groups than another."""
        return self._with()

    def register(self: M, *optimizations: Any) -> M:
        """This mode; rules of a program's own are not run here."""
        return self._with()

    def clone(self: M, link_kwargs: Any = None, optimizer: Any = "", **kwargs: Any) -> M:
        """Another mode like this, with another optimizer if one is given."""
        if isinstance(optimizer, str) and optimizer == "":
            return self._with()
        other = Mode(self.linker, optimizer)
        return self._with(optimizer=optimizer, provided_optimizer=optimizer,
                          included=other.included, excluded=other.excluded)

    def _with(self: M, **changed: Any) -> M:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, **changed)
        return twin

    def __str__(self) -> str:
        name = type(self).__name__
        return f"{name}(linker = {self.provided_linker}, optimizer = {self.provided_optimizer})"

    __repr__ = __str__


def no_such(what: str, name: Any, choices: Iterable[str]) -> BadValueError:
    choices = list(choices)
    from difflib import get_close_matches  # for the message alone

    near = get_close_matches(str(name), choices, 1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return BadValueError(f"there is no {what} {name!r}.",
                         fix=f"{hint}Choose one of {', '.join(map(repr, choices))}.")


FAST_COMPILE = Mode("vm", "fast_compile")
FAST_RUN = Mode("cvm", "fast_run")


class JaxMode(Mode):
    """A mode that hands the rewritten graph to JAX."""

    backend = "jax"


class InterpretMode(Mode):
    """A mode that runs the graph node by node as it was written: slow, and what it means."""

    backend = "interpret"


predefined_modes: dict[str, Mode] = {
    "FAST_COMPILE": FAST_COMPILE, "FAST_RUN": FAST_RUN, "jax": JaxMode(),
    "interpret": InterpretMode("py", None)}
ALIASES = {"FAST_RUN_NOGC": "FAST_RUN", "ProfileMode": "FAST_RUN", "PROFILE_MODE": "FAST_RUN",
           "JAX": "jax"}
#: Kinds of modes that are made from the configuration, by name.
KINDS: dict[str, type[Mode]] = {"Mode": Mode}
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
    if name not in KINDS:
        raise no_such("mode", name, [*predefined_modes, *KINDS])
    key = (name, config.linker, config.optimizer)
    if key not in _made:
        _made[key] = KINDS[name]()
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


def register_mode(name: str, mode: Mode | type[Mode]) -> None:
    """Give a mode a name for `function(mode=)`, or a kind of modes, of which one is made from the
    configuration; a name that is taken is an error."""
    if name in predefined_modes or name in KINDS:
        raise BadValueError(f"there is a mode {name!r} already.", fix="Choose another name.")
    if isinstance(mode, type):
        KINDS[name] = mode
    else:
        predefined_modes[name] = mode
