"""What a compiled function shows: its program, the values of its arguments, the shared variables;
and what a copy of it is made of.

Comes before `Function`, which has all of it. Nothing here is made before it is asked for.

>>> import tutor, tutor.tensor as T; x, w = T.dscalar("x"), tutor.shared(2.0, "w")
>>> tutor.function([x], x * w).get_shared()
[w]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from tutor.compile.arguments import Graph, In, Request
from tutor.compile.blocks import Blocks
from tutor.compile.scope import LONGEST_NAME, identifier, readable
from tutor.containers import Container
from tutor.core.errors import (
    ArgumentError,
    BadValueError,
    DTypeError,
    NotHereError,
    plural,
    shortened,
)
from tutor.core.graph import Apply, Variable, made_at, quoted
from tutor.core.seams import old
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, rebuild
from tutor.hooks import hooks
from tutor.memory import Pool, forget
from tutor.misfits import describe

if TYPE_CHECKING:
    from tutor.compile.compiled import Function


AMBIGUOUS = "ambiguous"


class Containers:
    """All containers of a function, by everything they can be asked for with."""

    def __init__(self, inputs: Sequence[In], containers: Sequence[Container]) -> None:
        self.inputs = list(inputs)
        self.found: dict[Any, Any] = {}
        for i, (a, container) in enumerate(zip(inputs, containers, strict=True)):
            self.found[i] = self.found[a.variable] = container
            self.found[a.name] = AMBIGUOUS if a.name in self.found else container
        if sum(a.name is None for a in inputs) != 1:
            self.found.pop(None, None)

    def __getitem__(self, item: Any) -> Container:
        try:
            found = self.found[item]
        except (KeyError, TypeError):
            raise ArgumentError(f"the function has no input or state {item!s}.",
                                fix=self.choices()) from None
        if found is AMBIGUOUS:
            raise ArgumentError(f"the function has several inputs named {item!r}.",
                                fix="Ask by place or by variable: f[0], f[x].")
        return found

    def __contains__(self, item: Any) -> bool:
        return item in self.found

    def choices(self) -> str:
        """What can be asked for, in words."""
        names = [a.name for a in self.inputs if a.name is not None]
        unnamed = len(self.inputs) - len(names)
        named = f"named {', '.join(names)}" if names else "with a name"
        lead = f"It has {plural(len(names), 'input') if names else 'none'} {named}"
        return lead + (f", and {plural(unnamed, 'input')} without." if unnamed else ".")


class Values:
    """`f.value`: the values themselves; one that is set is checked as an argument is."""

    def __init__(self, containers: Containers, when_set: Callable[[], None]) -> None:
        self.containers, self.when_set = containers, when_set

    def __getitem__(self, item: Any) -> Any:
        return self.containers[item].value

    def __setitem__(self, item: Any, value: Any) -> None:
        self.containers[item].data = value
        self.when_set()

    def __contains__(self, item: Any) -> bool:
        return item in self.containers


def _shared_inputs(function: Function) -> list[In]:
    """The shared variables that are read or updated, in the order in which they come up."""
    request, new = function._request, function.graph.updates
    found = [v for v in ancestors(request.run.results, stop=request.run.inputs)
             if isinstance(v, SharedVariable)]
    found = list(dict.fromkeys([*found, *request.run.updates]))
    return [In(v, v.name, v.container, new.get(v), v in request.written.updates or None,
               implicit=True, borrow=True, shared=True) for v in found]


class Inside:
    """The part of `Function` that lets others look in."""

    request = property(lambda self: self._request)
    restored = property(lambda self: self._defaults)  # defaults that come back after a call

    @property
    def source(self: Any) -> str:
        """The program that runs, each line with the expression it computes."""
        return "\n".join([text for text, _ in self._rows()])

    def _rows(self: Any, most: int | None = None) -> list[tuple[str, Apply | None]]:
        """The lines of the program with their nodes, or the beginning of a very long one."""
        names = [self.program.names[v] for v in self.inputs]
        title = identifier(self.name)
        head = f"def {title if title and not iskeyword(title) else 'f'}({', '.join(names)}):"
        lines = [*self.program.lines, *self._ending]
        left = len(lines) - most if most else 0
        more: list[tuple[str, Apply | None]] = [(f"    … {left} more lines", None)] * (left > 0)
        otherwise = [(text, None) for text in self._written_otherwise()]
        took = self.profile.seconds if self.profile is not None else None
        return [(head, None), *otherwise, *readable(lines[:most], took), *more]

    def _written_otherwise(self: Any) -> list[str]:
        """Comments that tell names of the learner's which are written otherwise in the program."""
        names = [(name, v.name) for v, name in self.program.names.items() if v.owner is None]
        return [f"    # {name} is {shortened(told, LONGEST_NAME)}" for name, told in names
                if told and told != name]

    @property
    def blocks(self: Any) -> list[str]:
        """The programs that run in blocks over large arrays, in the order of the source."""
        bound = self.program.bindings.values()
        return [value.kernel.text for value in bound if isinstance(value, Blocks)]

    @cached_property
    def all_inputs(self: Any) -> list[In]:
        """Every argument, then every shared variable that is read or updated."""
        return [*self._request.arguments, *_shared_inputs(self)]

    @cached_property
    def container(self: Any) -> Containers:
        """The containers of all arguments and shared variables."""
        return Containers(self.all_inputs, self.input_storage)

    @cached_property
    def value(self: Any) -> Values:
        """The values of arguments and shared variables, by place, variable or name."""
        return Values(self.container, self._when_set)

    @cached_property
    def input_storage(self: Any) -> list[Container]:
        """The container of each argument, then of each shared variable."""
        shared = self.all_inputs[len(self._cells) :]
        return [*self._cells, *[a.variable.container for a in shared]]

    def __getitem__(self: Any, item: Any) -> Any:
        return self.value[item]

    def __setitem__(self: Any, item: Any, value: Any) -> None:
        self.value[item] = value

    def __contains__(self: Any, item: Any) -> bool:
        return item in self.value

    def _when_set(self: Any) -> None:
        self._set = bool(self._defaults)

    def get_shared(self: Any) -> list[SharedVariable]:
        """The shared variables that the function reads or updates."""
        return [a.variable for a in self.all_inputs if a.implicit]

    def free(self: Any) -> None:
        """Give back the memory that is kept for the next call, of this function and of all."""
        forget()
        for part in (self.program, *self.program.bindings.values()):
            pool = getattr(part, "pool", None)
            if isinstance(pool, Pool):
                pool.clear()

    def __getattr__(self: Any, name: str) -> Any:
        """Asked where there is no such attribute: says what to do with a function."""
        if name.startswith("_"):  # by programs, not by people
            raise AttributeError(name)
        if old.attribute is not None:
            return old.attribute(self, name)
        raise NotHereError(f"a compiled function has no attribute {name!r}.",
                           fix=f"Call it for its value: {self._signature()}. The expression it was "
                           "compiled from is f.outputs[0].")

    def _no_value(self: Any, *others: Any) -> Any:
        raise DTypeError(f"{self!r} is a compiled function, and neither a number nor a symbol.",
                         fix=f"Call it for a number: {self._signature()}; or go on with the "
                         "expression it was compiled from.")

    __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = __neg__ = _no_value
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = _no_value


def copied(request: Request, graph: Graph, swap: Mapping[Any, Any], delete_updates: bool
           ) -> tuple[Request, Graph]:
    """The request and the graph with shared variables exchanged, and without updates if asked."""
    checked_swap(swap, {*ancestors(request.run.results), *request.written.updates})
    arguments, graphs = request.arguments, [request.written, request.run, graph]
    if delete_updates:
        arguments = [_without_update(a) for a in arguments]
        graphs = [one._replace(updates={}, states={}) for one in graphs]
    written, run, graph = [one.made_of(rebuild(one.results, swap), swap) for one in graphs]
    form = () if request.form is None or isinstance(request.form, list) else request.form
    return request._replace(arguments=arguments, written=written, run=run, form=form), graph


def checked_swap(swap: Mapping[Any, Any], used: set[Variable]) -> None:
    """Shared variables of the function against others of the same types; else an error."""
    for was, new in swap.items():
        for v in (was, new):
            if not isinstance(v, SharedVariable) and (v is new or was in used):
                raise DTypeError(f"swap exchanges shared variables, and {describe(v)} is none.",
                                 where=((f"{quoted(v, 40)} made at", getattr(v, "origin", None)),),
                                 fix="Pass swap={old: new}, both made with shared(value).")
        if was not in used:
            raise BadValueError(f"{quoted(was)} is no shared variable of this function.",
                                fix="f.get_shared() lists those there are.")
        if new.type is not was.type:
            raise DTypeError(
                f"{quoted(was)} is {was.type}, and {quoted(new)}, which is to take its place, is "
                f"{new.type}.",
                where=made_at(new),
                fix="Both have the same dtype and number of dimensions.",
            )


def _without_update(a: In) -> In:
    twin = copy(a)
    twin.update, twin.mutable = None, twin.mutable and a.update is None
    return twin


#: What Python says of a keyword that a function does not take, or that is there already.
NOT_TAKEN = re.compile(r"got (an unexpected keyword|(?P<twice>multiple values for)) argument "
                       r"'(?P<word>.+)'")


def unfit_call(called: Any, problem: Exception) -> Exception:
    """The error for a keyword that a function does not take, in the place of Python's own."""
    found = NOT_TAKEN.search(str(problem))
    if found is None or Inside not in type(called).__mro__:
        return problem
    word = found["word"]
    if found["twice"]:
        return ArgumentError(f"{called._signature()} got two values for {word!r}.",
                             fix="Pass it once.")
    return ArgumentError(f"{called._signature()} has no argument named {word!r}.",
                         fix=called.container.choices())


hooks.unfit_call = unfit_call
