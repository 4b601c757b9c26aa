"""Questions that programs ask of a graph, by the names of `theano.gof`: `inputs`, `io_toposort`, …;
and `FunctionGraph`, the nodes between inputs and outputs, as a view that can be changed.

>>> import tutor.tensor as T; x, y = T.dscalars("x", "y")
>>> inputs([x * y + x]), len(FunctionGraph([x], [T.exp(x) * x]).apply_nodes)
([x, y], 2)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tutor.core.errors import DTypeError, MissingInputError
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.walk import ancestors as made_of
from tutor.core.walk import remake, toposort
from tutor.ops.known import is_same_graph


def inputs(variable_list: Iterable[Variable], blockers: Iterable[Variable] | None = None
           ) -> list[Variable]:
    """The variables without an owner that these are made of, constants too."""
    return [v for v in ancestors(variable_list, blockers) if v.owner is None]


def variables(i: Iterable[Variable], o: Iterable[Variable]) -> list[Variable]:
    """All variables from the inputs to the outputs."""
    return made_of(list(o), stop=set(i))


def orphans(i: Iterable[Variable], o: Iterable[Variable]) -> list[Variable]:
    """The leaves that are no inputs: constants, shared variables, others."""
    known = set(i)
    return [v for v in variables(known, o) if v.owner is None and v not in known]


def ops(i: Iterable[Variable], o: Iterable[Variable]) -> set[Apply]:
    """The nodes from the inputs to the outputs."""
    return set(toposort(list(o), stop=set(i)))


def io_toposort(inputs: Iterable[Variable], outputs: Iterable[Variable], orderings: Any = None,
                clients: Any = None) -> list[Apply]:
    """The nodes from the inputs to the outputs, each after those it needs."""
    return toposort(list(outputs), stop=set(inputs))


def list_of_nodes(inputs: Iterable[Variable], outputs: Iterable[Variable]) -> list[Apply]:
    """The nodes from the inputs to the outputs, the last ones first."""
    return io_toposort(inputs, outputs)[::-1]


def is_in_ancestors(l_node: Apply, f_node: Apply) -> bool:
    """Return whether the second node is an ancestor of the first."""
    return f_node in toposort(l_node.outputs)


def clone(i: Sequence[Variable], o: Sequence[Variable], copy_inputs: bool = True,
          copy_orphans: bool | None = None) -> tuple[list[Variable], list[Variable]]:
    """A copy of the graph between inputs and outputs: its inputs and its outputs."""
    orphans_too = copy_inputs if copy_orphans is None else copy_orphans
    memo = clone_get_equiv(i, o, copy_inputs, orphans_too)
    return [memo[v] for v in i], [memo[v] for v in o]


def equal_computations(xs: Sequence[Variable], ys: Sequence[Variable],
                       in_xs: Sequence[Variable] | None = None,
                       in_ys: Sequence[Variable] | None = None) -> bool:
    """Return whether two lists of graphs are equal, with `in_ys` in the place of `in_xs`."""
    givens = dict(zip(in_xs or (), in_ys or (), strict=True))
    return len(xs) == len(ys) and all(
        is_same_graph(x, y, givens) for x, y in zip(xs, ys, strict=True)
    )


def stack_search(start: Any, expand: Callable[[Any], Any], mode: str = "bfs",
                 build_inv: bool = False) -> Any:
    """Everything reached from the deque `start`, each once, breadth first unless `mode` is "dfs".

    `expand` gives what an item leads to, or None. With `build_inv` also a dict from each item to
    those that led to it.

    >>> stack_search(deque([1]), lambda n: [2 * n, n + 1] if n < 4 else None)
    [1, 2, 4, 3, 6]
    """
    waiting, reached = deque(start), {}
    led_by: dict[Any, list[Any]] = {}
    while waiting:
        item = waiting.popleft() if mode == "bfs" else waiting.pop()
        if id(item) in reached:
            continue
        reached[id(item)] = item
        for other in expand(item) or ():
            led_by.setdefault(other, []).append(item)
            waiting.append(other)
    found = list(reached.values())
    return (found, led_by) if build_inv else found


def ancestors(variable_list: Iterable[Variable], blockers: Iterable[Variable] | None = None
              ) -> list[Variable]:
    """These variables and all that they are made of, depth first; nothing beyond the blockers.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> ancestors([T.exp(x) ** x], blockers=[x])
    [exp(x) ** x, exp(x), x]
    """
    stop = set(blockers or ())

    def expand(v: Variable) -> list[Variable]:
        return v.owner.inputs[::-1] if v.owner is not None and v not in stop else []
    return stack_search(variable_list, expand, "dfs")


def hashtype(value: Any) -> int:
    """A hash of what kind of thing `value` is, the same in every process of one Python."""
    return hash((type(value).__name__, type(value).__module__))


def clone_get_equiv(inputs: Sequence[Variable], outputs: Sequence[Variable],
                    copy_inputs: bool = True, copy_orphans: bool = True,
                    memo: dict[Any, Any] | None = None) -> dict[Any, Any]:
    """What becomes of each variable and node in a copy of the graph between these.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> y = T.exp(x)
    >>> clone_get_equiv([x], [y], copy_inputs=False)[y].owner.inputs[0] is x
    True
    """
    memo = {} if memo is None else memo
    for v in inputs:
        memo.setdefault(v, v.clone() if copy_inputs else v)
    for node in toposort(outputs, stop=set(inputs)):
        for v in node.inputs:
            if v not in memo:
                memo[v] = v.clone() if copy_orphans else v
        twin = remake(node, [memo[v] for v in node.inputs])
        memo.setdefault(node, twin)
        for old, new in zip(node.outputs, twin.outputs, strict=True):
            if old not in memo:
                new.name = old.name
                memo[old] = new.noted_as(old)
    for v in outputs:
        memo.setdefault(v, v.clone() if copy_orphans else v)
    return memo


copied = clone  # which is a method below


class FunctionGraph:
    """The part of a graph between inputs and outputs; `clone=True` takes a copy of it."""

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable],
                 features: Any = None, clone: bool = True, update_mapping: Any = None,
                 name: str | None = None) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        if clone:
            self.inputs, self.outputs = copied(self.inputs, self.outputs)
        self.name, self.features, self.update_mapping = name, list(features or ()), update_mapping
        known = set(self.inputs)
        for v in made_of(self.outputs, stop=known):
            if v.owner is None and v not in known and not isinstance(v, Constant):
                raise MissingInputError(f"the outputs need {quoted(v)}, which is no input.",
                                        where=((f"{quoted(v, 40)} made at", v.origin),),
                                        fix="Add it to the inputs.")

    def toposort(self) -> list[Apply]:
        """The nodes, each after those it needs."""
        return toposort(self.outputs, stop=self.inputs)

    @property
    def apply_nodes(self) -> set[Apply]:
        """All nodes."""
        return set(self.toposort())

    @property
    def variables(self) -> set[Variable]:
        """All variables, inputs and constants included."""
        return {*self.inputs, *made_of(self.outputs, stop=self.inputs)}

    def clients(self, v: Variable) -> list[tuple[Any, int]]:
        """Who uses a variable: (node, place among its inputs), or ("output", place)."""
        found: list[tuple[Any, int]] = [
            (node, i) for node in self.toposort() for i, u in enumerate(node.inputs) if u is v]
        return found + [("output", i) for i, u in enumerate(self.outputs) if u is v]

    def replace(self, old: Variable, new: Variable, reason: Any = None, verbose: Any = None
                ) -> None:
        """Put `new`, of the same type, in the place of `old` everywhere."""
        if new.type is not old.type:
            raise DTypeError(f"{quoted(old)} is {old.type}, and {quoted(new)} is {new.type}.",
                             where=((f"{quoted(new, 40)} made at", new.origin),),
                             fix="Replace a variable by one of the same type.")
        for node in toposort([*self.outputs], stop=self.inputs):
            node.inputs = [new if v is old else v for v in node.inputs]
            for v in node.outputs:
                v.paper = None  # it may be of something else now
        self.outputs = [new if v is old else v for v in self.outputs]

    replace_validate = replace

    def replace_all(self, pairs: Iterable[tuple[Variable, Variable]], reason: Any = None) -> None:
        """Several replacements, one after the other."""
        for old, new in pairs:
            self.replace(old, new)

    def clone(self, check_integrity: bool = True) -> FunctionGraph:
        """The same in a copy of its own."""
        return FunctionGraph(self.inputs, self.outputs, name=self.name)

    def clone_get_equiv(self, check_integrity: bool = True, attach_feature: bool = True
                        ) -> tuple[FunctionGraph, Mapping[Variable, Variable]]:
        """A copy, and what became of each input and output in it."""
        twin = self.clone()
        old, new = [*self.inputs, *self.outputs], [*twin.inputs, *twin.outputs]
        return twin, dict(zip(old, new, strict=True))

    def attach_feature(self, feature: Any) -> None:
        """Note a feature; none is asked anything here."""
        self.features.append(feature)

    def check_integrity(self) -> None:
        """Always whole: nothing is kept twice."""

    def __contains__(self, item: Any) -> bool:
        return item in (self.apply_nodes if isinstance(item, Apply) else self.variables)

    def __repr__(self) -> str:
        return f"[{', '.join(map(str, self.toposort()))}]"
