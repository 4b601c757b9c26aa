"""What a learner is told when a compiled function fails: the operation, the shapes that met, the
line.

Comes after the source, whose lines know their nodes; before `function`. NumPy's own error stays
reachable as the cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from tutor.compile.marked import marked
from tutor.compile.meeting import ShapesDifferError
from tutor.compile.verbose import everything
from tutor.config import config
from tutor.errors import (
    BadIndexError,
    BadValueError,
    FailedAssertionError,
    ShapeError,
    SingularMatrixError,
    TutorError,
    UnfitValueError,
)
from tutor.graph import Apply, Constant, Variable, graph_inputs, toposort
from tutor.ops.stable import SameShape
from tutor.text import brief

FEW = 4  # numbers that an error quotes
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
                       r"length|channels|empty")


def failing_frame(traceback: TracebackType | None, filename: str) -> tuple[FrameType | None, int]:
    """The frame of the generated program in a traceback, and the line in it that failed."""
    found: tuple[FrameType | None, int] = (None, 0)
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            found = traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def explained(
    problem: Exception,
    node: Apply | None,
    names: dict[Variable, str],
    frame: FrameType | None,
) -> Exception:
    """The error to raise in place of one that came from the line of a node."""
    if node is None or isinstance(problem, (TutorError, MemoryError)):
        return problem
    kind = next((ours for theirs, ours in KINDS if isinstance(problem, theirs)), None)
    if kind is None or node.op.of_user:  # the program raised it, and may be waiting for it
        note = f"in {node.op}, written at: {node.origin}"
        if note not in getattr(problem, "__notes__", ()):
            problem.add_note(note)
        return problem
    values = _values(node, names, frame)
    formula = brief(node.outputs[0], LONGEST)
    shapes = isinstance(problem, ValueError) and _of_shapes(problem)
    if shapes and kind is SingularMatrixError:
        kind = ShapeError
    elif kind is ShapeError and not shapes:
        kind = BadValueError
    if isinstance(node.op, SameShape):  # put in by a rewrite: nobody wrote it
        meeting = " and ".join(brief(v, LONGEST // 3) for v in node.inputs)
        what = f"{meeting} meet elementwise and do not fit: {_meeting(node, values)}."
    elif not shapes:
        what = f"{formula} cannot be computed: {_first_line(problem)} ({_given(node, values)})."
    elif not _says_sizes(problem) and not _fit(values) and (
            node.op.shape_advice or node.op.elementwise):
        what = f"{formula} cannot be computed: {_meeting(node, values)}."
    else:
        what = f"{formula} cannot be computed: {_first_line(problem)} ({_meeting(node, values)})."
    where: list[tuple[str, Any]] = [("written at", node.origin)]
    where += [
        (f"{v.name} made at", v.origin)
        for v in node.inputs
        if v.name and v.origin is not None and v.owner is None
    ]
    high = config.exception_verbosity == "high"
    more = everything(node, values, names, frame) if high else ""
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
            error.within((), _as_written(error.node, written) or error.node, "")
        else:
            error.within(results, error.node, marked(results, error.node))
    return error


def _as_written(node: Apply, results: Sequence[Variable]) -> Apply | None:
    """The operation in the place of which a rewrite compares shapes: the first that was written
    there and brings together what is compared."""
    needed = set(graph_inputs(node.inputs))
    return next((n for n in toposort(results) if n.origin == node.origin and len(n.inputs) > 1
                 and needed <= set(graph_inputs(n.inputs))), None)


def _values(node: Apply, names: dict[Variable, str], frame: FrameType | None) -> list[Any]:
    found = []
    for v in node.inputs:
        name = names.get(v)
        value = v.data if isinstance(v, Constant) else None
        if frame is not None and name is not None:
            value = frame.f_locals.get(name, value)
        found.append(value)
    return found


def _of_shapes(problem: Exception) -> bool:
    """Whether an error is about shapes, and not about the numbers."""
    told = str(problem)
    return isinstance(problem, ShapesDifferError) or (
        "out of bounds" not in told and bool(OF_SHAPES.search(told)))


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


def _meeting(node: Apply, values: list[Any]) -> str:
    """The operands with their shapes; numbers that are a part of a shape as they are."""
    return _told(node, values, lambda value: bool(
        value.dtype.kind in "iu" and (node.op.takes_numbers or not value.ndim)))


def _given(node: Apply, values: list[Any]) -> str:
    """The operands, those of few numbers with their values."""
    return _told(node, values, lambda value: value.size > 0)


def _told(node: Apply, values: list[Any], quoted: Callable[[Any], bool]) -> str:
    parts = []
    for label, value in zip(_labels(node), values, strict=True):
        if isinstance(value, (np.ndarray, np.generic)):
            whole = value.size <= FEW and quoted(value)
            parts.append(f"{label} is {np.asarray(value).tolist()}" if whole
                         else f"{label} has shape {value.shape}")
    return " and ".join(parts) if len(parts) < 3 else ", ".join(parts)


def _first_line(problem: Exception) -> str:
    return str(problem).split("\n")[0].rstrip(".") or type(problem).__name__


def _fix_of_matrix(told: str) -> str:
    if "ositive definite" in told:
        return ("It takes a symmetric matrix with eigenvalues above 0: look at them with "
                "T.nlinalg.eigh, or add a small number to the diagonal, x + 1e-6 * T.eye(n).")
    if "ingular" in told:
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
    if (
        node.op.elementwise
        and len(shapes) == 2
        and shapes[0] != shapes[1]
        and len(shapes[0]) == len(shapes[1])
        and (1 in shapes[0] + shapes[1])
    ):
        return STRETCHING
    return "Check the shapes of the values that were passed in, or reshape one of them."
