"""Questions that programs ask of a graph: `inputs`, `clone`, `io_toposort`, `is_same_graph`, …

Comes after the walks, on which it rests; names and forms are those of `theano.gof.graph`.

>>> import tutor.tensor as T
>>> x, y = T.dscalars("x", "y")
>>> inputs([x * y + x]), is_same_graph(x * y + 1, x * y + 1)
([x, y], True)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tutor.core.graph import Apply, Variable
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
