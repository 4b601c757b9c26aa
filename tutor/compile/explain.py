"""The error of a compiled function that fails: the operation, the shapes of its operands, the line.

Comes after the source, whose lines know their nodes; before `function`. NumPy's own error stays
reachable as the cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from tutor.compile.marked import marked
from tutor.compile.scope import Line, Scope
from tutor.config import config
from tutor.core.errors import (
    BadIndexError,
    BadValueError,
    ShapeError,
    ShapesDifferError,
    TutorError,
)
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, graph_inputs, toposort
from tutor.errors import FailedAssertionError, SingularMatrixError, UnfitValueError
from tutor.formulas import brief
from tutor.ops.shape import SameShape
from tutor.tree import debugprint

FEW = 4  # numbers that an error quotes
MOST_NUMBERS, MOST_VALUES = 5, 50  # that `exception_verbosity = "high"` shows
LONGEST = 200  # characters of a formula in a sentence; of an operand's a third

KINDS: tuple[tuple[type[Exception], type[TutorError]], ...] = (
    (np.linalg.LinAlgError, SingularMatrixError),
    (IndexError, BadIndexError),
    (ValueError, ShapeError),
    (TypeError, UnfitValueError),
    (AssertionError, FailedAssertionError),
    (ArithmeticError, BadValueError),
)


#: What NumPy and the engine say where it is the shapes that do not fit.
OF_SHAPES = re.compile(r"shape|dimension|\bsizes?\b(?! exceeded)|ax[ie]s|broadcast|square|aligned|"
                       r"length|channel|empty")


def failing_frame(traceback: TracebackType | None, filename: str) -> tuple[FrameType | None, int]:
    """The frame of the generated program in a traceback, and the line in it that failed."""
    found: tuple[FrameType | None, int] = (None, 0)
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            found = traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def explained_line(problem: Exception, lines: Sequence[Line], filename: str, source: Scope,
                   results: Sequence[Variable], written: Sequence[Variable] = ()) -> Exception:
    """The error to raise in place of one that came out of lines that were compiled as this file:
    it speaks of the node of the line, and of the results that it is a part of (see `within`)."""
    frame, number = failing_frame(problem.__traceback__, filename)
    node = lines[number - 1].node if 0 < number <= len(lines) else None
    known = frame.f_locals if frame is not None else {}
    held = {v: known[name] for v, name in source.names.items() if name in known}
    if node is not None:
        others = {v: source.program.compared_as(node, v) for v in node.inputs if v not in held}
        held |= {v: part_of(held[u], v) for v, u in others.items() if u in held}  # not there yet
    return within(explained(problem, node, held), results, written)


def part_of(value: Any, v: Variable) -> Any:
    """What stands for a variable where shapes are told: an array that has its sizes where they are
    not 1."""
    if np.ndim(value) != v.ndim:
        return value
    return value[tuple([slice(0, 1) if one else slice(None) for one in v.broadcastable])]


def assembled(lines: Sequence[Line], kind: str, source: Scope, results: Sequence[Variable],
              **more: Any) -> Callable[..., Any]:
    """The function that the lines define. Beside what the scope binds they may name `more`, and
    `explain`, which gives the error to raise in place of one of theirs."""
    filename = f"<tutor {kind} {next(_numbers)}>"

    def explain(problem: Exception) -> Exception:
        return explained_line(problem, lines, filename, source, results)

    scope = {"explain": explain, **more, **source.bindings}
    exec(compile("\n".join([line.text for line in lines]), filename, "exec"), scope)
    return scope[lines[0].text.split("(")[0].removeprefix("def ")]


_numbers = count()


def explained(problem: Exception, node: Apply | None, held: Mapping[Variable, Any]) -> Exception:
    """The error to raise in place of one that a node raised, where these values were held."""
    if node is None or isinstance(problem, (TutorError, MemoryError)):
        return problem
    kind = next((ours for raised, ours in KINDS if isinstance(problem, raised)), None)
    if kind is None or node.op.of_user:  # the program raised it, and may be waiting for it
        note = f"in {node.op}, written at: {node.origin}"
        if note not in getattr(problem, "__notes__", ()):
            problem.add_note(note)
        return problem
    values = [held.get(v, v.data if isinstance(v, Constant) else None) for v in node.inputs]
    formula = brief(node.outputs[0], LONGEST)
    shapes = isinstance(problem, ValueError) and _of_shapes(problem)
    if shapes and kind is SingularMatrixError:
        kind = ShapeError
    elif kind is ShapeError and not shapes:
        kind = BadValueError
    if isinstance(node.op, SameShape):  # put in by a rewrite: nobody wrote it
        operands = " and ".join(brief(v, LONGEST // 3) for v in node.inputs)
        what = f"{operands} meet elementwise and do not fit: {_shapes(node, values)}."
    elif not shapes:
        what = f"{formula} cannot be computed: {_first_line(problem)} ({_given(node, values)})."
    elif not _says_sizes(problem) and not _fit(values) and (
            node.op.shape_advice or node.op.elementwise):
        what = f"{formula} cannot be computed: {_shapes(node, values)}."
    else:
        what = f"{formula} cannot be computed: {_first_line(problem)} ({_shapes(node, values)})."
    where = [("written at", node.origin), *[
        (f"{v.name} made at", v.origin) for v in node.inputs
        if v.name and v.origin is not None and v.owner is None]]
    more = everything(node, values, held) if config.exception_verbosity == "high" else ""
    error = kind(what, where=tuple(where), fix=_fix(node, values, problem), more=more)
    error.node = node
    error.shapes = [None if value is None else np.shape(value) for value in values]
    return error


def within(error: Exception, results: Sequence[Variable],
           written: Sequence[Variable] = ()) -> Exception:
    """The error, with the results that what failed is a part of; those of the innermost graph, if
    there is a graph in a graph.

    What a rewrite put in is in no formula that anybody wrote: it stands for an operation of the
    graph as it was `written`.
    """
    if isinstance(error, TutorError) and error.node is not None and error.part is None:
        if isinstance(error.node.op, SameShape):
            error.part = _as_written(error.node, written) or error.node
        else:
            error.results, error.part = results, error.node
            error.formula = marked(results, error.node)
    return error


def _as_written(node: Apply, results: Sequence[Variable]) -> Apply | None:
    """The operation in the place of which a rewrite compares shapes: the first that was written
    there and brings together what is compared."""
    needed = set(graph_inputs(node.inputs))
    return next((n for n in toposort(results) if n.origin == node.origin and len(n.inputs) > 1
                 and needed <= set(graph_inputs(n.inputs))), None)


def _of_shapes(problem: Exception) -> bool:
    """Whether an error is about shapes, and not about the numbers."""
    text = str(problem)
    return isinstance(problem, ShapesDifferError) or (
        "out of bounds" not in text and bool(OF_SHAPES.search(text)))


def _says_sizes(problem: Exception) -> bool:
    """Whether an error of the engine's own says which sizes differ."""
    return isinstance(problem, ShapesDifferError) and bool(problem.args)


def _fit(values: list[Any]) -> bool:
    """Whether the shapes of all values are the same or broadcast without stretching an unknown
    1.
    """
    shapes = {np.shape(v) for v in values if v is not None and np.ndim(v)}
    return len(shapes) <= 1


def _labels(node: Apply) -> list[str]:
    """The operands in a few words."""
    return [v.name or ("a constant" if isinstance(v, Constant) else
                       brief(v, LONGEST // 3)) for v in node.inputs]


def _shapes(node: Apply, values: list[Any]) -> str:
    """The operands with their shapes; numbers that are a part of a shape as they are."""
    return _listed(node, values, lambda value: bool(
        value.dtype.kind in "iu" and (node.op.takes_numbers or not value.ndim)))


def _given(node: Apply, values: list[Any]) -> str:
    """The operands, those of few numbers with their values."""
    return _listed(node, values, lambda value: value.size > 0)


def _listed(node: Apply, values: list[Any], quoted: Callable[[Any], bool]) -> str:
    parts = []
    for label, value in zip(_labels(node), values, strict=True):
        if isinstance(value, (np.ndarray, np.generic)):
            whole = value.size <= FEW and quoted(value)
            parts.append(f"{label} is {np.asarray(value).tolist()}" if whole
                         else f"{label} has shape {value.shape}")
    return " and ".join(parts) if len(parts) < 3 else ", ".join(parts)


def _first_line(problem: Exception) -> str:
    return str(problem).split("\n")[0].rstrip(".") or type(problem).__name__


def _fix_of_matrix(text: str) -> str:
    if "ositive definite" in text:
        return ("It takes a symmetric matrix with eigenvalues above 0: look at them with "
                "T.nlinalg.eigh, or add a small number to the diagonal, x + 1e-6 * T.eye(n).")
    if "ingular" in text:
        return ("A row that is made of the others leaves nothing to invert: check the values, or "
                "use T.nlinalg.pinv, which every matrix has.")
    return "Check the values that were passed in."


STRETCHING = ("Make both the same shape. A dimension stretches only if its type says it is 1: "
              "T.row, T.col, x.dimshuffle(0, 'x'), or T.addbroadcast(x, axis).")


def _fix(node: Apply, values: list[Any], problem: Exception) -> str:
    if isinstance(problem, AssertionError):
        return "Pass values for which it holds."
    if isinstance(problem, IndexError):
        return "Keep the index within the shape."
    if isinstance(problem, np.linalg.LinAlgError) and not _of_shapes(problem):
        return _fix_of_matrix(str(problem))
    if _says_sizes(problem):
        return STRETCHING
    if node.op.shape_advice:
        return node.op.shape_advice
    if not _of_shapes(problem):
        return "Check the values that were passed in."
    shapes = [np.shape(v) for v in values if v is not None]
    if node.op.elementwise and len(shapes) == 2 and shapes[0] != shapes[1] and (
            len(shapes[0]) == len(shapes[1]) and 1 in shapes[0] + shapes[1]):
        return STRETCHING
    if node.op.elementwise and (turn := _vector_elsewhere(_labels(node), shapes)):
        return turn
    return "Check the shapes of the values that were passed in, or reshape one of them."


def _vector_elsewhere(labels: Sequence[str], shapes: Sequence[tuple[int, ...]]
                      ) -> str | None:
    """How a vector is laid along the one axis of the other operand that it fits, unless the last.

    >>> _vector_elsewhere(["maps", "b"], [(5, 16, 8, 8), (16,)])
    "A vector goes along the last axis; b.dimshuffle('x', 0, 'x', 'x') lays it along axis 1."
    """
    if len(shapes) != 2 or [len(shape) == 1 for shape in shapes].count(True) != 1:
        return None
    vector = 0 if len(shapes[0]) == 1 else 1
    other = shapes[1 - vector]
    if other.count(shapes[vector][0]) != 1:
        return None
    axis = other.index(shapes[vector][0])
    name = labels[vector] if labels[vector].isidentifier() else "v"
    order = ", ".join("0" if i == axis else "'x'" for i in range(len(other)))
    return (f"A vector goes along the last axis; {name}.dimshuffle({order}) lays it along axis "
            f"{axis}.")


def everything(node: Apply, values: Sequence[Any], held: Mapping[Variable, Any]) -> str:
    """All there is to say of a node that failed: the node, its graph with types, the values of its
    inputs, and the sizes of all values, the largest first."""
    shown = [np.asarray(v) if v is not None and np.size(v) <= MOST_NUMBERS else "not shown"
             for v in values]
    lines = [f"Apply node that caused the error: {node}",
             f"Inputs types: {[v.type for v in node.inputs]}",
             f"Inputs shapes: {[None if v is None else np.shape(v) for v in values]}",
             f"Inputs values: {shown}", "", "Debugprint of the apply node: ",
             debugprint(node, print_type=True, file="str"), "Storage map footprint:",
             *_footprint(node, held)]
    return "\n".join(lines)


def _footprint(node: Apply, held: Mapping[Variable, Any]) -> list[str]:
    """The size of every value that the program holds where it stopped."""
    known = dict(held)
    known |= {v: v.data for v in ancestors(node.inputs) if isinstance(v, Constant)}
    sizes = [(np.asarray(value), v) for v, value in known.items()]
    sizes.sort(key=lambda pair: -pair[0].nbytes)
    rows = [f" - {v}{_role(v)}, Shape: {a.shape}, ElemSize: {a.itemsize} Byte(s), "
            f"TotalSize: {a.nbytes} Byte(s)" for a, v in sizes[:MOST_VALUES]]
    total = sum(a.nbytes for a, _ in sizes)
    return [*rows, f" TotalSize: {total} Byte(s) {total / 2**30:.3f} GB"]


def _role(v: Variable) -> str:
    if v.owner is not None or isinstance(v, Constant):
        return ""
    return ", Shared Input" if isinstance(v, SharedVariable) else ", Input"
