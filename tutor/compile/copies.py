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
    from tutor.compile.compiled import Graph, Request


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
