"""Names of Theano's compiler: `function` by older names, linkers, which all run the same here,
optimizers that name groups of rules, and rewrites of a program's own, which are taken and do not
run: a rewrite changes no value, so the program computes the same.

>>> import tutor
>>> tutor.Mode(optimizer=Query(["fast_run"]).excluding("fusion")).excluded
frozenset({'fusion'})
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tutor.compile.function import Function, function
from tutor.compile.mode import OPTIMIZERS, predefined_linkers
from tutor.compile.watching import Thunk
from tutor.core.errors import BadValueError
from tutor.core.graph import Apply, Variable
from tutor.errors import DebugModeError
from tutor.theano.places import aliases

predefined_optimizers: dict[Any, Any] = {name: name for name in OPTIMIZERS}
__getattr__ = aliases("compilers")


def pfunc(params: Any, outputs: Any = None, mode: Any = None, updates: Any = None,
          givens: Any = None, no_default_updates: Any = False, accept_inplace: bool = False,
          name: str | None = None, rebuild_strict: bool = True,
          allow_input_downcast: bool | None = None, profile: Any = None,
          on_unused_input: str | None = None, output_keys: Any = None) -> Function:
    """`function` by an older name, with `params` for its inputs."""
    if output_keys is not None:
        outputs = dict(zip(output_keys, outputs, strict=True))
    return function(params, outputs, mode, updates, givens, no_default_updates, accept_inplace,
                    name, rebuild_strict, allow_input_downcast, profile, on_unused_input)


def function_dump(filename: str, inputs: Any, outputs: Any = None,
                  extra_tag_to_remove: Any = None, **options: Any) -> None:
    """Write the arguments of a call of `function` to a file, in a pickle.

    `function(**pickle.load(file))` compiles it there.
    """
    with open(filename, "wb") as file:
        pickle.dump({"inputs": inputs, "outputs": outputs, **options}, file, -1)


class StochasticOrder(DebugModeError):  # noqa: N818 - Theano's name
    """Rewriting twice gave different graphs; never so here, where it depends on nothing else."""


def register_linker(name: str, linker: Any) -> None:
    """Take the name of a linker; all run the same here."""
    if name in predefined_linkers:
        raise BadValueError(f"there is a linker {name!r} already.", fix="Choose another name.")
    predefined_linkers[name] = linker


class Query:
    """The groups of rules that an optimizer uses: `include`, without `exclude`.

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


class Linker:
    """A linker by name, with settings: in Theano each ran nodes otherwise, in Python or in C."""

    def __init__(self, *settings: Any, **more: Any) -> None:
        self.settings = more


class WrapLinkerMany:
    """A linker whose `wrappers` run each node: each is called as `wrapper(i, node, *thunks)`.

    There is a thunk for each of the linkers it is made of, all the same here; calling it computes
    the node, and `thunk.inputs` and `thunk.outputs` are lists of lists of one value.

    >>> import tutor, tutor.tensor as T
    >>> def watch(i, node, fn):
    ...     fn()
    ...     print(node.op, fn.outputs[0][0])
    >>> x = T.dscalar("x")
    >>> mode = tutor.Mode(linker=WrapLinkerMany([Linker()], [watch]))
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


class Optimizer:
    """A rewrite of whole graphs; none is applied."""


class LocalOptimizer(Optimizer):
    """A rewrite of one node: `transform(node)`, for the ops in `tracks()`."""

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


optimizer = FromFunctionOptimizer


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


def register_canonicalize(rule: Any, *tags: str, **options: Any) -> Any:
    """`rule` itself; with a name before it, the decorator that gives it back."""
    return (lambda decorated: decorated) if isinstance(rule, str) else rule


class OptimizationDatabase:
    """Takes rewrites by name."""

    def register(self, name: str, rule: Any, *tags: Any, **options: Any) -> Any:
        """`rule` itself."""
        return rule


optdb = OptimizationDatabase()
