"""What programs look at inside a compiled function: `f.maker.fgraph`, `f.container`, `f.fn`, …

Comes before `Function`, which has all of it. Nothing here is made before it is asked for.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> f = tutor.function([x], T.exp(x) + 1)
>>> [node.op.name for node in f.maker.fgraph.toposort()]
['exp', 'add']
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tutor.compile.io import In, Out
from tutor.compile.memory import Room
from tutor.compile.places import Places, Values
from tutor.errors import DTypeError, NotHereError
from tutor.graph import Constant, Variable, ancestors
from tutor.graph.container import Container
from tutor.ops.shared import SharedVariable

if TYPE_CHECKING:
    from tutor.compile.compiled import Function
    from tutor.graph.fgraph import FunctionGraph


class FunctionMaker:
    """What a function was made from: its inputs and outputs in full, its graph and mode."""

    def __init__(self, function: Function) -> None:
        self.function, request = function, function._request
        self.inputs = [*request.arguments, *_shared_inputs(function)]
        self.expanded_inputs = self.inputs
        self.outputs = [Out(v, borrow) for v, borrow in
                        zip(function.graph.outputs, request.borrowed, strict=True)]
        self.mode, self.name, self.profile = request.mode, function.name, function.profile
        self.linker = self.mode.linker
        self.unpack_single, self.return_none = request.form is None, False
        self.output_keys = request.form if isinstance(request.form, list) else None
        self.accept_inplace, self.on_unused_input = False, None
        self.required = [a.value is None for a in self.inputs]
        self.refeed = [i in function._defaults for i in range(len(self.inputs))]
        self.indices = [[a, None, [a]] for a in self.inputs]

    @cached_property
    def fgraph(self) -> FunctionGraph:
        """The graph that runs: outputs first, then the new values of states and shared ones."""
        from tutor.graph.fgraph import FunctionGraph

        graph = self.function.graph
        results = [*graph.outputs, *graph.states.values(), *graph.updates.values()]
        return FunctionGraph([a.variable for a in self.inputs], results, clone=False,
                             name=self.name)


def _shared_inputs(function: Function) -> list[In]:
    """The shared variables that are read or updated, in the order in which they come up."""
    request = function._request
    results = [*request.run_outputs, *request.run_states.values(), *request.run_updates.values()]
    found = [v for v in ancestors(results, stop=request.inputs) if isinstance(v, SharedVariable)]
    found = list(dict.fromkeys([*found, *request.run_updates]))
    return [
        In(v, v.name, v.container, function.graph.updates.get(v), v in request.updates or None,
           implicit=True, borrow=True, shared=True)
        for v in found
    ]


class Machine:
    """`f.fn`: the graph as it runs. Calling it runs the function on the values it keeps."""

    allow_gc = True

    def __init__(self, function: Function) -> None:
        self.function = function
        self.nodes = function.maker.fgraph.toposort()

    @property
    def storage_map(self) -> dict[Variable, list[Any]]:
        """The place of each variable; what is computed has none between calls."""
        found: dict[Variable, list[Any]] = {}
        for told, cell in zip(self.function.maker.inputs, self.function.input_storage, strict=True):
            found[told.variable] = cell.storage
        for v in self.function.maker.fgraph.variables:
            found.setdefault(v, [v.data if isinstance(v, Constant) else None])
        return found

    def __call__(self) -> Any:
        n = len(self.function._request.arguments)
        values = [cell.value for cell in self.function.input_storage[:n]]
        found = self.function(*values)
        return [found] if self.function._request.form is None else found


class Inside:
    """The part of `Function` that lets others look in."""

    @cached_property
    def maker(self: Any) -> FunctionMaker:
        """What the function was made from; `f.maker.fgraph` is the graph that runs."""
        return FunctionMaker(self)

    @cached_property
    def fn(self: Any) -> Machine:
        """The graph as it runs."""
        return Machine(self)

    @cached_property
    def places(self: Any) -> Places:
        """The containers of all arguments and shared variables."""
        return Places(self.maker.inputs, self.input_storage)

    container = property(lambda self: self.places)
    finder = property(lambda self: self.places.found)

    @cached_property
    def value(self: Any) -> Values:
        """The values of arguments and shared variables, by place, variable or name."""
        return Values(self.places, self._when_set)

    @cached_property
    def input_storage(self: Any) -> list[Container]:
        """The container of each argument, then of each shared variable."""
        shared = self.maker.inputs[len(self._cells) :]
        return [*self._cells, *[told.variable.container for told in shared]]

    @cached_property
    def output_storage(self: Any) -> list[Container]:
        """A container for each result; empty between calls."""
        return [Container(v.type) for v in self.maker.fgraph.outputs]

    @property
    def inv_finder(self: Any) -> dict[Container, In]:
        """The input of each container."""
        return dict(zip(self.input_storage, self.maker.inputs, strict=True))

    @property
    def defaults(self: Any) -> list[tuple[bool, bool, Any]]:
        """Of each input: whether it must be given, whether its default comes back, its default."""
        values = [None if told.shared or told.value is None else cell.value
                  for told, cell in zip(self.maker.inputs, self.input_storage, strict=True)]
        return list(zip(self.maker.required, self.maker.refeed, values, strict=True))

    indices = property(lambda self: self.maker.indices)
    unpack_single = property(lambda self: self.maker.unpack_single)
    return_none = property(lambda self: False)
    output_keys = property(lambda self: self.maker.output_keys)
    n_returned_outputs = property(lambda self: len(self.graph.outputs))
    nodes_with_inner_function: tuple[Any, ...] = ()

    @property
    def _check_for_aliased_inputs(self: Any) -> bool:
        """Whether an argument may be written over or lent, so that two must not be one."""
        return any(told.borrow or told.mutable for told in self._request.arguments)

    def get_shared(self: Any) -> list[SharedVariable]:
        """The shared variables that the function reads or updates."""
        return [told.variable for told in self.maker.inputs if told.implicit]

    def free(self: Any) -> None:
        """Give back the memory that is kept for the next call."""
        rooms = [getattr(part, "room", None)
                 for part in (self.program, *self.program.bindings.values())]
        for room in rooms:
            if isinstance(room, Room):
                room.clear()

    def sync_shared(self) -> None:
        """Wait for devices; there is none to wait for."""

    def __getattr__(self: Any, name: str) -> Any:
        """Asked where there is no such attribute: says what to do with a function."""
        if name.startswith("_"):  # by programs, not by people
            raise AttributeError(name)
        raise NotHereError(f"a compiled function has no attribute {name!r}.",
                           fix=f"Call it for its value: {self._signature()}. The expression it was "
                           "compiled from is f.outputs[0].")

    def _no_value(self: Any, *others: Any) -> Any:
        raise DTypeError(f"{self!r} is a compiled function, and neither a number nor a symbol.",
                         fix=f"Call it for a number: {self._signature()}; or go on with the "
                         "expression it was compiled from.")

    __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = __neg__ = _no_value
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = _no_value
