"""Values for trying out: with `config.compute_test_value` on, a node is computed as it is made.

Inputs say theirs in `x.tag.test_value`; what is computed from them is noted in the tags of the
results. A shape that does not fit is then an error at the very line that combines the variables.

>>> import tutor.tensor as T
>>> get_test_value(T.constant(2.5) * 2)
array(5., dtype=float32)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from tutor.config import change_flags, config
from tutor.core.errors import BadValueError, TutorError
from tutor.core.graph import Apply, Constant, Variable, as_tensor_variable, quoted, written_at
from tutor.core.seams import seams
from tutor.core.walk import ancestors, graph_inputs, interpret, remake, toposort
from tutor.formulas import formula


def get_test_value(v: Any) -> Any:
    """The value to try out with: of a constant, a shared variable, or from `v.tag.test_value`.

    Without one it is an `AttributeError`; one that does not fit the type is a `TypeError`.
    """
    if not isinstance(v, Variable):
        v = as_tensor_variable(v)
    if isinstance(v, Constant):
        return v.data
    container = getattr(v, "container", None)
    if container is not None:
        return container.value
    if hasattr(v.tag, "test_value"):
        try:
            return v.type.filter(v.tag.test_value)
        except TutorError as problem:
            raise type(problem)(
                f"the test value of {v} {problem.what}",
                where=((f"{v} made at", v.origin),),
                fix=problem.fix,
            ) from None
    if v.owner is None:
        raise AttributeError(f"{quoted(v)} has no test value")
    for node in toposort([v], stop={u for u in ancestors([v]) if _has_value(u)}):
        _note(node, values_of(node))
    return v.tag.test_value


def _has_value(v: Variable) -> bool:
    return isinstance(v, Constant) or hasattr(v, "container") or hasattr(v.tag, "test_value")


def values_of(node: Apply) -> Sequence[Any]:
    """The outputs of a node for the test values of its inputs."""
    values = [get_test_value(v) for v in node.inputs]
    with change_flags(compute_test_value="off"):
        return tried(node, values)


def tried(node: Apply, values: Sequence[Any]) -> Sequence[Any]:
    """The outputs of a node for these values of its inputs.

    >>> import tutor.tensor as T
    >>> tried((T.dscalar("x") * 2).owner, [3.0, 2.0])
    [array(6.)]
    """
    inputs = [v if isinstance(v, Constant) else _stand_in(v) for v in node.inputs]
    outputs = remake(node, inputs).outputs
    given = {v: value for v, value in zip(inputs, values, strict=True) if v.owner is None}
    free = [v for v in given if not isinstance(v, Constant)]
    return interpret(outputs, {v: v.type.filter(given[v], allow_downcast=True) for v in free})


def _stand_in(v: Variable) -> Variable:
    """An input of the same type, which errors call and place as the operand it stands for."""
    with written_at(v.origin):
        return v.type(v.name or formula(v).split("  where ")[0])


def note_test_values(node: Apply) -> None:
    """Compute a new node, and note the values of its outputs; what is missing is as configured."""
    try:
        values = values_of(node)
    except AttributeError:
        if config.compute_test_value == "ignore":
            return
        missing = next(v for v in graph_inputs(node.inputs) if not _has_value(v))
        problem = BadValueError(
            f"{node.op} cannot be tried out: its operand {missing} has no test value.",
            where=((f"{missing} made at", missing.origin),),
            fix="Set x.tag.test_value of every input, or config.compute_test_value = 'off'.",
        )
        if config.compute_test_value == "warn":
            warnings.warn(str(problem), stacklevel=4)
            return
        raise problem from None
    _note(node, values)


def _note(node: Apply, values: Sequence[Any]) -> None:
    for v, value in zip(node.outputs, values, strict=True):
        v.tag.test_value = value


def pass_on(inner: Variable, outer: Any, place: Any = ()) -> None:
    """Give a variable that stands for (a part of) another one that one's test value, if it has any.

    `place` is the index of the part.
    """
    if config.compute_test_value != "off" and isinstance(outer, Variable):
        try:
            inner.tag.test_value = get_test_value(outer)[place]
        except (AttributeError, IndexError):
            return


seams.made = note_test_values
