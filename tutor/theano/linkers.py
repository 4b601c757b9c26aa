"""Linkers and optimizers by name: what Theano's modes were made of, all of which run the same here.

A linker that wraps each node looks on as it runs; an optimizer that is a query names groups of
rules.

>>> import tutor
>>> tutor.Mode(optimizer=Query(["fast_run"]).excluding("fusion")).excluded
frozenset({'fusion'})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tutor.compile.mode import OPTIMIZERS, predefined_linkers
from tutor.compile.watching import Thunk
from tutor.errors import BadValueError
from tutor.graph import Apply, Variable

predefined_optimizers: dict[Any, Any] = {name: name for name in OPTIMIZERS}


def register_linker(name: str, linker: Any) -> None:
    """Take the name of a linker; all run the same here."""
    if name in predefined_linkers:
        raise BadValueError(f"there is a linker {name!r} already.", fix="Choose another name.")
    predefined_linkers[name] = linker


class Query:
    """Which groups of rules an optimizer uses: `include`, without `exclude`.

    >>> Query(["fast_run"]).excluding("fusion").exclude
    frozenset({'fusion'})
    """

    def __init__(self, include: Iterable[str] = (), require: Iterable[str] = (),
                 exclude: Iterable[str] = (), subquery: Any = None) -> None:
        self.include, self.require = frozenset(include), frozenset(require or ())
        self.exclude = frozenset(exclude or ())

    def including(self, *tags: str) -> Query:
        """The same with these groups too."""
        return Query(self.include | set(tags), self.require, self.exclude)

    def excluding(self, *tags: str) -> Query:
        """The same without these groups."""
        return Query(self.include, self.require, self.exclude | set(tags))

    def requiring(self, *tags: str) -> Query:
        """The same, of rules that are in all these groups."""
        return Query(self.include, self.require | set(tags), self.exclude)


class WrapLinkerMany:
    """A linker whose `wrappers` run each node: each is called as `wrapper(i, node, *thunks)`.

    There is a thunk for each of the linkers it is made of, all the same here; calling it computes
    the node, and `thunk.inputs` and `thunk.outputs` are lists of lists of one value.

    >>> import tutor, tutor.tensor as T
    >>> def watch(i, node, fn):
    ...     fn()
    ...     print(node.op, fn.outputs[0][0])
    >>> x = T.dscalar("x")
    >>> mode = tutor.Mode(linker=WrapLinkerMany([PerformLinker()], [watch]))
    >>> tutor.function([x], T.exp(x), mode=mode)(0.0)
    exp 1.0
    array(1.)
    """

    def __init__(self, linkers: Sequence[Any], wrappers: Sequence[Callable[..., Any]]) -> None:
        self.linkers, self.wrappers = linkers, wrappers

    def begin(self, values: dict[Variable, Any]) -> None:
        """Nothing is told of inputs."""

    def around(self, i: int, node: Apply, fn: Thunk) -> None:
        """Each wrapper in turn; where none ran the node it has no value, as in Theano."""
        for wrapper in self.wrappers:
            wrapper(i, node, *[fn for _ in self.linkers])

    def end(self, results: Sequence[Any]) -> None:
        """Nothing is told of results."""


def WrapLinker(linkers: Sequence[Any], wrapper: Callable[..., Any]) -> WrapLinkerMany:
    """A `WrapLinkerMany` of one wrapper."""
    return WrapLinkerMany(linkers, [wrapper])


class Linker:
    """What ran a graph in Theano: named, and given settings; here all run the same."""

    def __init__(self, *settings: Any, **more: Any) -> None:
        self.settings = more


class PerformLinker(Linker):
    """Ran nodes in Python."""


class OpWiseCLinker(Linker):
    """Ran nodes in C where they had it."""


class CLinker(Linker):
    """Ran a graph in C."""


class DualLinker(Linker):
    """Ran nodes in C and in Python, and compared."""


class VMLinker(Linker):
    """Ran nodes as they were needed."""


VM_Linker = VMLinker
