"""What old programs look at inside a compiled function: `f.maker.fgraph`, `f.fn`, `f.finder`, …

Comes after functions, which ask for it through the seam. Nothing is made before it is asked for.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> f = tutor.function([x], T.exp(x) + 1)
>>> [node.op.name for node in attribute(f, "maker").fgraph.toposort()]
['exp', 'add']
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tutor.compile.compiled import Function
from tutor.compile.io import In, Out
from tutor.errors import NotHereError
from tutor.graph import Constant, Variable
from tutor.graph.container import Container
from tutor.theano.fgraph import FunctionGraph


class FunctionMaker:
    """What a function was made from: its inputs and outputs in full, its graph and mode."""

    def __init__(self, function: Function) -> None:
        self.function, request = function, function.request
        self.inputs = function.all_inputs
        self.expanded_inputs = self.inputs
        self.outputs = [Out(v, borrow) for v, borrow in
                        zip(function.graph.outputs, request.borrowed, strict=True)]
        self.mode, self.name, self.profile = request.mode, function.name, function.profile
        self.linker = self.mode.linker
        self.unpack_single, self.return_none = request.form is None, False
        self.output_keys = request.form if isinstance(request.form, list) else None
        self.accept_inplace, self.on_unused_input = False, None
        self.required = [a.value is None for a in self.inputs]
        self.refeed = [i in function.restored for i in range(len(self.inputs))]
        self.indices = [[a, None, [a]] for a in self.inputs]

    @cached_property
    def fgraph(self) -> FunctionGraph:
        """The graph that runs: outputs first, then the new values of states and shared ones."""
        graph = self.function.graph
        results = [*graph.outputs, *graph.states.values(), *graph.updates.values()]
        return FunctionGraph([a.variable for a in self.inputs], results, clone=False,
                             name=self.name)


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
        n = len(self.function.request.arguments)
        values = [cell.value for cell in self.function.input_storage[:n]]
        found = self.function(*values)
        return [found] if self.function.request.form is None else found


class Inside:
    """The attributes of a function that only old programs ask for."""

    def __init__(self, function: Function) -> None:
        self.function, self.all_inputs = function, function.all_inputs

    @cached_property
    def maker(self) -> FunctionMaker:
        """What the function was made from; `f.maker.fgraph` is the graph that runs."""
        return FunctionMaker(self.function)

    @cached_property
    def fn(self) -> Machine:
        """The graph as it runs."""
        return Machine(self.function)

    finder = property(lambda self: self.function.container.found)

    @cached_property
    def output_storage(self) -> list[Container]:
        """A container for each result; empty between calls."""
        return [Container(v.type) for v in self.maker.fgraph.outputs]

    @property
    def inv_finder(self) -> dict[Container, In]:
        """The input of each container."""
        return dict(zip(self.function.input_storage, self.all_inputs, strict=True))

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """Of each input: whether it must be given, whether its default comes back, its default."""
        values = [None if told.shared or told.value is None else cell.value
                  for told, cell in zip(self.all_inputs, self.function.input_storage, strict=True)]
        return list(zip(self.maker.required, self.maker.refeed, values, strict=True))

    indices = property(lambda self: self.maker.indices)
    unpack_single = property(lambda self: self.maker.unpack_single)
    return_none = False
    output_keys = property(lambda self: self.maker.output_keys)
    n_returned_outputs = property(lambda self: len(self.function.graph.outputs))
    nodes_with_inner_function: tuple[Any, ...] = ()

    def sync_shared(self) -> None:
        """Wait for devices; there is none to wait for."""


def attribute(function: Function, name: str) -> Any:
    """An attribute that only old programs ask for; an `AttributeError` where there is none."""
    made: Inside = function.__dict__.setdefault("looked_into", Inside(function))
    if name not in vars(Inside) and name not in vars(made):
        raise NotHereError(f"a compiled function has no attribute {name!r}.",
                           fix="Call it, or look at f.maker.fgraph.")  # fmt: skip
    return getattr(made, name)
