"""The parts of a copied function: a request and a graph with other shared variables.

Comes before `Function`, whose `copy` it serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tutor.compile.io import In
from tutor.core.errors import BadValueError, DTypeError, describe
from tutor.core.graph import Variable, quoted
from tutor.core.shared import Container, SharedVariable
from tutor.core.walk import ancestors, rebuild

if TYPE_CHECKING:
    from tutor.compile.compiled import Request


def copied(request: Request, graph: Any, swap: Mapping[Any, Any], delete_updates: bool
           ) -> tuple[Request, Any]:
    """The request and the graph with shared variables exchanged, and without updates if asked."""
    results = [*request.run_outputs, *request.run_updates.values(), *request.run_states.values()]
    checked_swap(swap, {*ancestors(results), *request.updates})
    arguments = request.arguments
    updates, run_updates, new = request.updates, request.run_updates, graph.updates
    states, run_states, kept = request.states, request.run_states, graph.states
    if delete_updates:
        updates, run_updates, new, states, run_states, kept = {}, {}, {}, {}, {}, {}
        arguments = [_without_update(a) for a in arguments]
    form = () if request.form is None or isinstance(request.form, list) else request.form
    twin = request._replace(
        arguments=arguments,
        outputs=rebuild(request.outputs, swap),
        updates=_swapped(updates, swap),
        states=_swapped(states, swap),
        run_outputs=rebuild(request.run_outputs, swap),
        run_updates=_swapped(run_updates, swap),
        run_states=_swapped(run_states, swap),
        form=form,
    )
    return twin, graph._replace(outputs=rebuild(graph.outputs, swap),
                                updates=_swapped(new, swap), states=_swapped(kept, swap))


def checked_swap(swap: Mapping[Any, Any], used: set[Variable]) -> None:
    """Shared variables of the function against others of the same types; else an error."""
    for old, new in swap.items():
        for v in (old, new):
            if not isinstance(v, SharedVariable) and (v is new or old in used):
                raise DTypeError(
                    f"swap exchanges shared variables, and {describe(v)} is none.",
                    where=((f"{quoted(v, 40)} made at", getattr(v, "origin", None)),),
                    fix="Pass swap={old: new}, both made with shared(value).",
                )
        if old not in used:
            raise BadValueError(f"{quoted(old)} is no shared variable of this function.",
                                fix="f.get_shared() lists those there are.")
        if new.type is not old.type:
            raise DTypeError(
                f"{quoted(old)} is {old.type}, and {quoted(new)}, which is to take its place, is "
                f"{new.type}.",
                where=((f"{quoted(new, 40)} made at", new.origin),),
                fix="Both have the same dtype and number of dimensions.",
            )


def _swapped(updates: Mapping[Any, Variable], swap: Mapping[Any, Any]) -> dict[Any, Variable]:
    new = rebuild(list(updates.values()), swap)
    return {swap.get(v, v): u for v, u in zip(updates, new, strict=True)}


def _without_update(a: In) -> In:
    if a.update is None:
        return a
    return In(a.variable, a.name, a.value, None, False, a.strict, a.allow_downcast, False,
              a.implicit)


def copied_cells(arguments: Sequence[In], cells: Sequence[Container]) -> list[Container]:
    """Places for the arguments of the copy: its own, unless the value is kept elsewhere."""
    found = []
    for a, cell in zip(arguments, cells, strict=True):
        if isinstance(a.value, (Container, SharedVariable)):
            found.append(cell)
            continue
        twin = Container(cell.type, None, cell.name, cell.strict, cell.allow_downcast)
        twin.data = cell.value if a.update is None else a.value
        found.append(twin)
    return found
