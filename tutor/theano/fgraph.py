"""`FunctionGraph`: the nodes between inputs and outputs, and who uses what.

Comes after the walks. It is a view of the graph that can be changed: `replace` puts one variable in
the place of another, in a copy of the graph if not told otherwise.

>>> import tutor.tensor as T; x = T.dscalar("x")
>>> len(FunctionGraph([x], [T.exp(x) * x]).apply_nodes)
2
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.core.errors import DTypeError, MissingInputError
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.walk import ancestors, toposort
from tutor.theano.graph_tools import clone


class FunctionGraph:
    """The part of a graph between inputs and outputs; `clone=True` takes a copy of it."""

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable],
                 features: Any = None, clone: bool = True, update_mapping: Any = None,
                 name: str | None = None) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        if clone:
            self.inputs, self.outputs = _cloned(self.inputs, self.outputs)
        self.name, self.features, self.update_mapping = name, list(features or ()), update_mapping
        known = set(self.inputs)
        for v in ancestors(self.outputs, stop=known):
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
        return {*self.inputs, *ancestors(self.outputs, stop=self.inputs)}

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


def _cloned(inputs: list[Variable], outputs: list[Variable]
            ) -> tuple[list[Variable], list[Variable]]:
    return clone(inputs, outputs)
