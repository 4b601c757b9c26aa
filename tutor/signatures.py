"""Calls that do not fit a signature: one error that says what is wrong, and how to call instead.

Comes after the errors. Python's own says `missing 1 required positional argument`, and that for the
name inside of a module; what is public is decorated with `answering`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from types import FunctionType
from typing import Any, TypeVar

from tutor.core.errors import ArgumentError
from tutor.core.op import FUNCTIONS
from tutor.core.seams import seams

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C")


def public(function: F) -> F:
    """Enter a function under its name."""
    FUNCTIONS[function.__name__] = function
    return function


def answering(function: F, bound: bool = False) -> F:
    """The function; a call that its signature does not take is an `ArgumentError` that says so (of
    a `bound` one, a method, without what it takes first).

    >>> answering(lambda cost, wrt, add_names=True: cost)(3, wrong=4)
    Traceback (most recent call last):
    ...
    tutor.core.errors.ArgumentError: <lambda> has no argument 'wrong'.
      written at: ...
      Fix: Write <lambda>(cost, wrt); it also takes add_names.
    """
    explain = unfit  # the name is not looked up where the function is written

    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as problem:
            if getattr(problem.__traceback__, "tb_next", None) is not None:  # raised inside
                raise
            error = explain(function, args, kwargs, problem, bound=bound)
        raise error

    # As if it were written in the module of the function, whose doctests are looked for there.
    made = FunctionType(called.__code__, function.__globals__, None, None, called.__closure__)
    return wraps(function)(made)  # type: ignore[return-value]


ANSWERING: dict[FunctionType, FunctionType] = {}  # one for each function, whatever its names


def answering_module(names: dict[str, Any]) -> None:
    """Let the public functions of a module, its names given, answer so; pickles find them there."""
    for name in names["__all__"]:
        function = names[name]
        if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
            made = ANSWERING.setdefault(function, answering(function))
            if name == function.__name__:
                made.__module__ = names["__name__"]
            names[name] = made


def answering_all(cls: type[C]) -> type[C]:
    """The class; a call that does not fit the signature of one of its methods is such an error."""
    known = {name: method for base in reversed(cls.__mro__) for name, method in vars(base).items()}
    for name, method in known.items():
        if isinstance(method, FunctionType) and not name.startswith("_"):
            setattr(cls, name, answering(method))
    return cls


def unfit(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any],
          problem: TypeError, title: str = "", bound: bool = False) -> TypeError:
    """The error for arguments that a function does not take; the problem itself where it does."""
    parameters = [*signature(function).parameters.values()]
    parts = function.__qualname__.removesuffix(".__init__").removesuffix(".__call__").split(".")
    if bound or (parameters[:1] and parameters[0].name == "self"):
        parameters, args = parameters[1:], args[1:]
    open_ended = {p.kind for p in parameters} & {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
    taken = [p for p in parameters if p.kind not in open_ended]
    placed = [p.name for p in taken if p.kind is not Parameter.KEYWORD_ONLY]
    names = [p.name for p in taken]
    needed = [p.name for p in taken if p.default is Parameter.empty]
    others = [name for name in names if name not in needed]
    strange = [] if Parameter.VAR_KEYWORD in open_ended else [w for w in kwargs if w not in names]
    missing = [name for name in needed if name not in {*placed[: len(args)], *kwargs}]
    title = title or parts[-1]
    how = (f"Write {title}({', '.join(needed)})"
           + (f"; it also takes {', '.join(others)}." if others else "."))
    if strange:
        near = _nearest(strange[0], names)
        how = f"Did you mean {near}? {how}" if near else how
        return ArgumentError(f"{title} has no argument {strange[0]!r}.", fix=how)
    if missing:
        return ArgumentError(f"{title} needs {' and '.join(missing)}, and got {len(args)} "
                             f"argument{'s' * (len(args) != 1)}.", fix=how)
    if len(args) > len(placed) and Parameter.VAR_POSITIONAL not in open_ended:
        return ArgumentError(f"{title} takes {len(placed)} argument{'s' * (len(placed) != 1)} and "
                             f"got {len(args)}.", fix=how)
    for word in kwargs:
        if word in placed[: len(args)]:
            return ArgumentError(f"{title} got {word} twice: by its place, and by name.", fix=how)
    return problem


def _nearest(word: str, names: Sequence[str]) -> str | None:
    """The name that was meant: one that contains the word or is in it, else the most alike."""
    inside = [name for name in names if word in name or name in word]
    return next(iter([*inside, *get_close_matches(word, names, 1, 0.6)]), None)


def unfit_operands(op: Any, given: Sequence[Any], named: Mapping[str, Any],
                   problem: TypeError) -> TypeError:
    """The error for operands that an op does not take; the problem itself where it lies deeper."""
    at = problem.__traceback__
    if at is None or at.tb_next is not None:
        return problem
    try:
        inputs = op.operands(*given, **named)
    except TypeError:
        return unfit(op.operands, given, named, problem, op.name)
    return unfit(op.types, inputs, {}, problem, op.name)


seams.unfit = unfit_operands
