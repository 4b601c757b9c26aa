"""The attributes that old programs ask of compiled functions (`f.maker.fgraph`), nodes and types.

They are asked for through the seam, and nothing is made before.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> f = tutor.function([x], T.exp(x) + 1)
>>> [node.op.name for node in attribute(f, "maker").fgraph.toposort()]
['exp', 'add']
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tutor.compile.arguments import In, Out
from tutor.compile.compiled import Function
from tutor.containers import Container
from tutor.core.elementwise import Elementwise
from tutor.core.errors import NotHereError
from tutor.core.graph import Apply, Constant, Variable, written_at
from tutor.core.op import Op
from tutor.core.types import TensorType, Type
from tutor.theano import comparing
from tutor.theano.graph_tools import FunctionGraph


class FunctionMaker:
    """`f.maker`: the inputs and outputs of a function in full, its graph and mode."""

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
        function = self.function
        for argument, cell in zip(function.maker.inputs, function.input_storage, strict=True):
            found[argument.variable] = cell.storage
        for v in function.maker.fgraph.variables:
            found.setdefault(v, [v.data if isinstance(v, Constant) else None])
        return found

    def __call__(self) -> Any:
        n = len(self.function.request.arguments)
        values = [cell.value for cell in self.function.input_storage[:n]]
        found = self.function(*values)
        return [found] if self.function.request.form is None else found


class OfFunction:
    """The attributes of a function that only old programs ask for."""

    return_none = False
    nodes_with_inner_function: tuple[Any, ...] = ()
    finder = property(lambda self: self._function.container.found)
    indices = property(lambda self: self.maker.indices)
    unpack_single = property(lambda self: self.maker.unpack_single)
    output_keys = property(lambda self: self.maker.output_keys)
    n_returned_outputs = property(lambda self: len(self._function.graph.outputs))

    def __init__(self, function: Function) -> None:
        self._function = function

    @cached_property
    def maker(self) -> FunctionMaker:
        """The inputs, the outputs, and the mode it was made from; `f.maker.fgraph` is its graph."""
        return FunctionMaker(self._function)

    @cached_property
    def fn(self) -> Machine:
        """The graph as it runs."""
        return Machine(self._function)

    @cached_property
    def output_storage(self) -> list[Container]:
        """A container for each result; empty between calls."""
        return [Container(v.type) for v in self.maker.fgraph.outputs]

    @property
    def inv_finder(self) -> dict[Container, In]:
        """The input of each container."""
        return dict(zip(self._function.input_storage, self._function.all_inputs, strict=True))

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """Of each input: whether it must be given, whether its default comes back, its default."""
        pairs = zip(self._function.all_inputs, self._function.input_storage, strict=True)
        values = [None if a.shared or a.value is None else cell.value for a, cell in pairs]
        return list(zip(self.maker.required, self.maker.refeed, values, strict=True))

    def sync_shared(self) -> None:
        """Wait for devices; there is none to wait for."""


class OfNode:
    """The attributes of a node that only old programs ask for."""

    nin = property(lambda self: len(self._node.inputs))
    nout = property(lambda self: len(self._node.outputs))
    out = property(lambda self: self._node.outputs[self._node.op.default_output or 0])

    def __init__(self, node: Apply) -> None:
        self._node = node

    def default_output(self) -> Variable:
        """The only output, or the one that the op says is the default."""
        return self.out

    def get_parents(self) -> list[Variable]:
        """The inputs."""
        return list(self._node.inputs)

    def clone(self) -> Apply:
        """The same op on the same inputs, with outputs of its own."""
        return self.clone_with_new_inputs(self._node.inputs)

    def clone_with_new_inputs(self, inputs: Sequence[Variable], strict: bool = True) -> Apply:
        """The same op on other inputs, whose types the outputs follow."""
        node = self._node
        with written_at(node.origin):
            if [v.type for v in inputs] != [v.type for v in node.inputs]:
                return node.op.make_node(*inputs)
            return Apply(node.op, inputs, [v.type(v.name).noted_as(v) for v in node.outputs])


class OfType:
    """The attributes of a type that only old programs ask for."""

    def __init__(self, type: Any) -> None:
        self._type = type
        arrays = isinstance(type, TensorType)
        self.values_eq = comparing.equal_arrays if arrays else comparing.equal
        self.values_eq_approx = comparing.near_arrays if arrays else comparing.equal

    def is_valid_value(self, value: Any) -> bool:
        """Return whether the type stores the value just as it is."""
        try:
            self._type.filter(value, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_zeros(self, shape: Sequence[int]) -> Any:
        """An array of zeros that the type stores."""
        return np.zeros(shape, self._type.dtype)


class Storage(list[Any]):
    """The value of a container as a list of one element."""

    def __init__(self, container: Container) -> None:
        super().__init__([None])
        self.container = container

    def __getitem__(self, place: Any) -> Any:
        return [self.container.value][place]

    def __setitem__(self, place: Any, value: Any) -> None:
        held = [self.container.value]
        held[place] = value
        (self.container.value,) = held

    def __iter__(self) -> Iterator[Any]:
        return iter([self.container.value])

    def __eq__(self, other: object) -> bool:
        return [self.container.value] == other

    def __repr__(self) -> str:
        return f"[{self.container.value!r}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return storage, (self.container,)


def storage(container: Any) -> list[Any]:
    """The value in a list; to set its element sets the value."""
    if not hasattr(container, "_storage"):
        container._storage = Storage(container)
    return container._storage


class OfContainer:
    """The attributes of a container that only old programs ask for."""

    def __init__(self, container: Container) -> None:
        self.storage = storage(container)


class OfOp:
    """The attributes of an op that only old programs ask for."""

    def __init__(self, op: Op) -> None:
        if isinstance(op, Elementwise):  # a number is a tensor of no dimensions
            self.scalar_op = op


class OfVariable:
    """The attributes of a variable that only old programs ask for."""

    def __init__(self, v: Variable) -> None:
        self._variable = v

    def get_parents(self) -> list[Apply]:
        """The node that computes this variable, in a list; empty for an input."""
        return [] if self._variable.owner is None else [self._variable.owner]


#: The wrapper that has the attributes of a kind of thing, and what to write in their place today.
ASKED: dict[type, tuple[Callable[[Any], Any], str, str]] = {
    Function: (OfFunction, "a compiled function", "Call it, or look at f.maker.fgraph."),
    Apply: (OfNode, "a node", "See dir(node) for what there is."),
    Type: (OfType, "a type", "See dir(x.type) for what there is."),
    Container: (OfContainer, "a container", "Read its value."),
    Op: (OfOp, "an op", "See dir(op) for what there is."),
    Variable: (OfVariable, "a symbol", "See dir(x) for what there is."),
}


def attribute(thing: Any, name: str) -> Any:
    """An attribute that only old programs ask for; an `AttributeError` where there is none."""
    wrapper, what, fix = next(asked for kind, asked in ASKED.items() if isinstance(thing, kind))
    if not name.startswith("_"):
        asked = wrapper(thing)
        if isinstance(thing, Function):  # which keeps what was made once
            asked = thing.__dict__.setdefault("looked_into", asked)
        if hasattr(asked, name):
            return getattr(asked, name)
    raise NotHereError(f"{what} has no attribute {name!r}.", fix=fix)
