"""An expression again: `clone`, with some of its variables replaced by others; `OpFromGraph`, as an
op of its own, with gradients of its own where asked.

>>> import tutor, tutor.tensor as T
>>> x, y = T.dvectors("xy"); op = OpFromGraph([x, y], [x * y + 1])
>>> tutor.function([x, y], op(y, x * 2))([1, 2], [3, 4])
array([ 7., 17.])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tutor.compile.arguments import as_it_is, converted, pairs
from tutor.config import change_flags, config
from tutor.core.errors import BadValueError, DTypeError
from tutor.core.gradient import depending
from tutor.core.graph import Apply, Constant, Variable, apply, as_tensor_variable, made_at, quoted
from tutor.core.op import Op
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, interpret, rebuild, remake, toposort
from tutor.derivatives.products import Rop
from tutor.derivatives.pulling import pull_back
from tutor.misfits import describe
from tutor.signatures import answering
from tutor.testvalues import note_test_values


@answering
def clone(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True,
          copy_inputs: Any = None) -> Any:
    """A copy of one expression or of a list of them; `replace` is a dict or a list of pairs.

    All replacements are made at once, so two variables can change places. With `strict` each is of
    the type of what it replaces; else the types of what is computed follow. Without `share_inputs`
    the copy has inputs of its own too, except for shared variables and constants.

    Raises DTypeError where `replace` is no dict or list of pairs.

    >>> import tutor.tensor as T
    >>> clone(T.dscalar("x") * 2)
    x * 2
    """
    if copy_inputs is not None:
        share_inputs = bool(copy_inputs)
    if replace is not None and not isinstance(replace, (dict, list, tuple)):
        raise DTypeError(f"replace is a dict or a list of pairs, not {describe(replace)}.",
                         fix="Write replace={x: y}.")
    given = {old: converted(new, old, "replace", DTypeError) if strict else as_it_is(new, old)
             for old, new in pairs("replace", replace)}
    outputs = list(output) if isinstance(output, (list, tuple)) else [output]
    outputs = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in outputs]
    if not share_inputs:
        given |= {v: v.clone() for v in graph_inputs(outputs, stop=set(given))
                  if v not in given and not isinstance(v, (Constant, SharedVariable))}
    made = rebuild(outputs, given, again)
    return made if isinstance(output, (list, tuple)) else made[0]


def again(node: Apply, inputs: list[Variable]) -> Sequence[Variable]:
    """The node made anew, whether its inputs changed or not; its notes stay where its types do."""
    made = remake(node, inputs).outputs
    if [v.type for v in made] == [v.type for v in node.outputs]:
        for new, old in zip(made, node.outputs, strict=True):
            new.noted_as(old)
    return made


class OpFromGraph(Op):
    """An op that computes these outputs from these inputs; applied like a function.

    Shared variables in the graph come along by themselves. `grad_overrides` says how the op is
    differentiated: "default" (from its graph), a function of (inputs, output gradients), another
    `OpFromGraph` of these, a variable of `DisconnectedType` or `NullType`, or a list of such, one
    for each input, whose functions give one gradient each. `lop_overrides` are the same with the
    outputs between, and `rop_overrides` say how tangents (inputs, eval points) are carried forward.
    With `inline` a compiled function has the graph of the op in the place of the op.

    >>> import tutor, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> clipped = OpFromGraph([x], [x * 3], grad_overrides=lambda ins, gs: [T.clip(gs[0], -1, 1)])
    >>> tutor.grad(clipped(x), x).eval({x: 5.0})
    array(1.)
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable],
                 inline: bool = False, lop_overrides: Any = "default",
                 grad_overrides: Any = "default", rop_overrides: Any = "default",
                 connection_pattern: list[list[bool]] | None = None, name: str | None = None,
                 **kwargs: Any) -> None:
        _checked(inputs, outputs, kwargs)
        if lop_overrides != "default" and grad_overrides != "default":
            raise BadValueError("lop_overrides and grad_overrides both say how to differentiate.",
                                fix="Pass one of them.")
        self.is_inline, self.title, self.kwargs = inline, name, kwargs
        self.shared_inputs = [v for v in graph_inputs(outputs, stop=set(inputs))
                              if isinstance(v, SharedVariable)]
        taken: list[Variable] = [*inputs, *self.shared_inputs]
        stand_ins = {v: v.type(v.name) for v in taken}
        self.local_inputs = [stand_ins[v] for v in taken]
        self.local_outputs = rebuild(outputs, stand_ins, again)
        self.inner = self.local_inputs, self.local_outputs
        self.n_inputs = len(inputs)
        self.lop_overrides, self.grad_overrides = lop_overrides, grad_overrides
        self.rop_overrides, self._pattern = rop_overrides, connection_pattern
        self.input_types = [v.type for v in inputs]
        self.output_types = [v.type for v in outputs]

    def compute(self, node: Apply, operands: Sequence[Any]) -> list[Any]:
        """The results of its graph, interpreted."""
        return interpret(self.local_outputs, dict(zip(self.local_inputs, operands, strict=True)))

    def __str__(self) -> str:
        return f"{self.title or type(self).__name__}{{inline={self.is_inline}}}"

    def make_node(self, *inputs: Any) -> Apply:
        """The node: the inputs, brought to the types of the graph's, and its shared variables."""
        return apply(self, [*self._fitted(inputs), *self.shared_inputs], *self.output_types)

    def _fitted(self, inputs: Sequence[Any]) -> list[Variable]:
        if len(inputs) == len(self.local_inputs):  # a node made again
            inputs = inputs[: self.n_inputs]
        if len(inputs) != self.n_inputs:
            raise BadValueError(f"{self} takes {self.n_inputs} inputs and got {len(inputs)}.",
                                fix="Pass one for each input of its graph.")
        return [converted(v, local, "the inputs of an op", DTypeError)
                for v, local in zip(inputs, self.local_inputs, strict=False)]

    def filled(self, inputs: Sequence[Variable], results: Sequence[Variable],
                more: dict[Variable, Variable] | None = None) -> list[Variable]:
        """Expressions over the inner inputs, with these in their place."""
        found = rebuild(results, dict(zip(self.local_inputs, inputs, strict=True)) | (more or {}))
        if config.compute_test_value != "off":
            for node in toposort(found, stop=[*inputs, *(more or {}).values()]):
                note_test_values(node)
        for v in found:  # a derivative is a function of the inputs, though not by its values
            if v.owner is not None and more:
                v.__dict__["like"] = self.make_node(*inputs).outputs[0]
        return found

    def L_op(self, inputs: list[Variable], outputs: list[Variable], cotangents: list[Variable]
             ) -> Sequence[Any]:
        """The gradients, as overridden or from the graph."""
        given, n = inputs[: self.n_inputs], self.n_inputs
        overrides, arguments = self.grad_overrides, (given, cotangents)
        if self.lop_overrides != "default":
            overrides, arguments = self.lop_overrides, (given, outputs, cotangents)  # type: ignore[assignment]
        found = _overridden(overrides, arguments, n)
        if any(g is DEFAULT for g in found) or self.shared_inputs:
            with change_flags(compute_test_value="off"):
                seeds = {v: v.type() for v in self.local_outputs}
                pulled = pull_back(seeds, self.local_inputs)
            more = dict(zip(seeds.values(), cotangents, strict=True))
            plain = [g if g is None else self.filled(inputs, [g], more)[0] for g, _ in pulled]
            found = [p if g is DEFAULT else g for g, p in zip(found, plain, strict=False)]
            found += plain[n:]
        return found

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> Sequence[Any]:
        """The tangents of the outputs, as overridden or from the graph."""
        n, points = self.n_inputs, eval_points
        found = _overridden(self.rop_overrides, (inputs[:n], points[:n]), len(self.local_outputs))
        if not any(g is DEFAULT for g in found):
            return found
        moving = {v: v.type() for v, point in zip(self.local_inputs, points, strict=True)
                  if point is not None}
        with change_flags(compute_test_value="off"):
            tangents = Rop(self.local_outputs, list(moving), list(moving.values()))
        more = dict(zip(moving.values(), [p for p in points if p is not None], strict=True))
        plain = self.filled(inputs, tangents, more)
        return [p if g is DEFAULT else g for g, p in zip(found, plain, strict=True)]

    def connection_pattern(self, node: Apply | None = None) -> list[list[bool]]:
        """Which output depends on which input, differentiably; shared variables come last."""
        if self._pattern is None:
            self._pattern = [depending([v], self.local_outputs) for v in self.local_inputs]
        missing = len(self.local_inputs) - len(self._pattern)
        return self._pattern + [[True] * len(self.local_outputs)] * missing


DEFAULT = object()


def inlined(outputs: Sequence[Variable]) -> list[Variable]:
    """The outputs with the graphs of inline ops in the place of these."""
    while any(_is_inline(node) for node in toposort(outputs)):
        outputs = rebuild(outputs, {}, _in_line)
    return list(outputs)


def _is_inline(node: Apply) -> bool:
    return isinstance(node.op, OpFromGraph) and node.op.is_inline


def _in_line(node: Apply, inputs: list[Variable]) -> Sequence[Variable] | None:
    return node.op.filled(inputs, node.op.local_outputs) if _is_inline(node) else None


def _checked(inputs: Sequence[Any], outputs: Sequence[Any], kwargs: dict[str, Any]) -> None:
    if not isinstance(outputs, (list, tuple)) or not isinstance(inputs, (list, tuple)):
        raise DTypeError("the inputs and outputs of an OpFromGraph are lists.",
                         fix="Write OpFromGraph([x], [y]).")
    for v in (*inputs, *outputs):
        if not isinstance(v, Variable):
            raise DTypeError(f"inputs and outputs are variables, and {describe(v)} is none.",
                             fix="Write OpFromGraph([x], [y]).")
    for wrong in {"updates", "givens"} & set(kwargs):
        raise DTypeError(f"an OpFromGraph has no {wrong}.",
                         fix="Put them in the graph, or in the function that uses the op.")
    for v in inputs:
        if isinstance(v, (Constant, SharedVariable)):
            raise DTypeError(f"{quoted(v)} is no argument of an op: its value is there already.",
                             fix="Leave it out of the inputs.")
    known = set(inputs)
    for v in graph_inputs(outputs, stop=known):
        if v not in known and not isinstance(v, (Constant, SharedVariable)):
            raise DTypeError(f"the outputs need {quoted(v)}, which is no input.",
                             where=made_at(v),
                             fix="Add it to the inputs.")


def _overridden(overrides: Any, arguments: tuple[Any, ...], n: int) -> list[Any]:
    """What the overrides give for each of n, `DEFAULT` where they say nothing."""
    if isinstance(overrides, (list, tuple)):
        if len(overrides) != n:
            raise BadValueError(f"there are {len(overrides)} overrides for {n} gradients.",
                                fix='Give one each: "default" keeps what follows from the graph.')
        return [_one(o, arguments) for o in overrides]
    found = _one(overrides, arguments)
    if found is DEFAULT:
        return [DEFAULT] * n
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _one(override: Any, arguments: tuple[Any, ...]) -> Any:
    if isinstance(override, str) and override == "default":
        return DEFAULT
    if override is None or isinstance(override, Variable):
        return override
    if isinstance(override, OpFromGraph):
        return override(*[v for group in arguments for v in group])
    return override(*arguments)
