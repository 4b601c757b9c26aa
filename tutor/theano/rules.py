"""Rewrites of a program's own: its decorators are taken, and what they decorate does not run.

A rewrite changes no value, so a program that registers some computes the same here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Optimizer:
    """A rewrite of whole graphs; none is applied."""


class LocalOptimizer(Optimizer):
    """A rewrite of one node: `transform(node)`."""

    _tracks: Sequence[Any] | None = None

    def tracks(self) -> Sequence[Any] | None:
        """The ops it is for."""
        return self._tracks


class FromFunctionLocalOptimizer(LocalOptimizer):
    """One that is a function."""

    def __init__(self, fn: Callable[..., Any], tracks: Sequence[Any] | None = None) -> None:
        self.transform, self._tracks = fn, tracks
        self.__name__, self.__doc__ = fn.__name__, fn.__doc__


class FromFunctionOptimizer(Optimizer):
    """A rewrite of whole graphs that is a function."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.apply = fn
        self.__name__, self.__doc__ = fn.__name__, fn.__doc__


def local_optimizer(tracks: Sequence[Any] | None, inplace: bool = False, requirements: Any = ()
                    ) -> Callable[[Callable[..., Any]], FromFunctionLocalOptimizer]:
    """Decorate a function of a node.

    >>> @register_canonicalize
    ... @local_optimizer([None])
    ... def keep(node):
    ...     return False
    >>> keep.tracks()
    [None]
    """
    return lambda fn: FromFunctionLocalOptimizer(fn, tracks)


def optimizer(fn: Callable[..., Any]) -> FromFunctionOptimizer:
    """Decorate a function of a graph."""
    return FromFunctionOptimizer(fn)


def register_canonicalize(rule: Any, *tags: str, **options: Any) -> Any:
    """`rule` itself; with a name before it, the decorator that gives it back."""
    if isinstance(rule, str):
        return lambda decorated: decorated
    return rule


register_stabilize = register_specialize = register_uncanonicalize = register_canonicalize
register_useless = register_specialize_device = register_canonicalize


class OptimizationDatabase:
    """Takes rewrites by name."""

    def register(self, name: str, rule: Any, *tags: Any, **options: Any) -> Any:
        """`rule` itself."""
        return rule


optdb = OptimizationDatabase()
