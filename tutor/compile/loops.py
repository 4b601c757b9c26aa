"""Ops without a NumPy expression as functions of values: a loop, with the lines of a step inside of
a `for`; a graph that is an op; what a user wrote, `perform(node, inputs, storage)`.

Comes after the source, whose lines call what `performing` gives here. Values that later steps read
are local names handed on from step to step; what is kept of all steps is written into one array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tutor.compile.explain import assembled, explained
from tutor.compile.lowering import is_scalar, lower
from tutor.compile.passes import inner_graph, planned
from tutor.compile.scope import Line, Scope
from tutor.compile.source import FloatSource, Source
from tutor.core.errors import BadValueError, NotHereError, Origin
from tutor.core.graph import Apply, Variable
from tutor.core.scan import Loop
from tutor.core.seams import seams
from tutor.core.types import TensorType
from tutor.memory import Pool
from tutor.misfits import describe, in_words
from tutor.ops.random import drawn_in_place
from tutor.ops.random_kernels import twin
from tutor.ops.shared import random_state_type

FIRST_ROOM = 64  # steps for which a loop that may end early takes memory at first


def performing(node: Apply) -> Callable[..., Any]:
    """The function that runs an op without a NumPy expression; it gives all results."""
    if isinstance(node.op, Loop):
        return written(node.op).compiled()
    return graph_function(*inner_graph(node.op)) if node.op.inner else performer(node)


def written(loop: Loop) -> LoopSource:
    """The function of a loop, to be read or compiled."""
    inputs, outputs = inner_graph(loop)
    if not loop.until and is_scalar(inputs, outputs):
        return LoopSource(loop, outputs, floats=True)
    return LoopSource(loop, drawn_in_place(outputs, inputs))


class LoopSource:
    """The function of one loop: (n_steps, sequences, initial states, constants) to its results.

    With `floats` it works on Python's floats, which raise where NumPy's are inf or nan; the loop
    then runs once more over NumPy's.
    """

    def __init__(self, loop: Loop, outputs: list[Variable], floats: bool = False) -> None:
        self.loop, self.outputs, self.floats = loop, outputs, floats
        self.results = outputs[: len(loop.results)]
        self.ends = outputs[len(loop.results) :]
        #: Names of the rows that results are written into, once it is known how large they are.
        self.rows: dict[Variable, str] = {}
        self.step = self._step()
        names = [self.step.name(v) for v in loop.inputs]
        self.slices, self.before, self.constants = loop.split(names)
        fresh = self.step.fresh
        self.steps, self.t = fresh("n_steps", "n"), fresh("t", "t")
        self.sequences = [fresh(f"{name}_all", "all") for name in self.slices]
        self.initial = [fresh(None, "initial") for _ in self.before]
        self.kept = [fresh(None, "kept") if keep else None for keep in loop.stacked]
        self.shapes = [fresh(None, "shape") if keep else None for keep in loop.stacked]

    def _step(self) -> Source | FloatSource:
        """The lines of a step. Shapes are compared until a step has passed that hands on states of
        the shapes that it got: then all later steps pass too."""
        if self.floats:
            return FloatSource(lower(self.loop.inputs, self.outputs))
        program = planned(self.loop.inputs, self.outputs)
        follow = all(call.op.sizes_follow for call in program.calls)
        if follow and not self.loop.until:
            kept = [v for v, keep in zip(self.results, self.loop.stacked, strict=True) if keep]
            self.rows = {v: f"row{i}_" for i, v in enumerate(kept)
                         if v.ndim and v in program.owned and kept.count(v) == 1}
        return Source(program, performing, follow, rows=self.rows)

    @property
    def checking(self) -> list[str]:
        """The name that tells whether shapes are compared, if there is one."""
        return [self.step.checking] if isinstance(self.step, Source) and self.step.checking else []

    def lines(self) -> list[Line]:
        """The whole function."""
        parameters = ", ".join([self.steps, *self.sequences, *self.initial, *self.constants])
        whole = "".join(f"{name}, " for name in self.sequences)
        body = self.step.body or [Line("pass")]
        body = [*self._before(), *body, *self._keeping(), *self._handing_on()]
        failing = ["except Exception as problem:", "    raise explain(problem) from problem"]
        if self.floats:
            failing = ["except (ArithmeticError, ValueError):", f"    return slow({parameters})"]
        results = "".join(f"{self._result(i)}, " for i in range(len(self.results)))
        return [Line(f"def scan({parameters}):"),
                Line(f"    {self.steps} = ready({self.steps}, ({whole}))"),
                *[Line(f"    {text}") for text in self._start()],
                Line("    try:"),
                *[line.indented().indented() for line in self.step.prologue()],
                Line(f"        {self._head()}"),
                *[line.indented().indented().indented() for line in body],
                *[Line(f"    {text}") for text in failing],
                Line(f"    return ({results})")]  # fmt: skip

    def _start(self) -> list[str]:
        """The states before the first step, and memory for numbers that are kept."""
        lines = [f"{name} = float({name})" for name in self.constants if self.floats]
        lines += [f"{self.t} = -1", *[f"{name} = True" for name in self.checking]]
        lines += [f"{kept} = empty({self._most()}, {v.dtype!r})"
                  for v, kept in zip(self.results, self.kept, strict=True) if kept and not v.ndim]
        for v, name, initial in zip(self.results, self.before, self.initial, strict=False):
            call = "float" if self.floats else "twin" * (v.type is random_state_type)
            lines.append(f"{name} = {call}({initial})" if call else f"{name} = {initial}")
        return lines

    def _head(self) -> str:
        if not self.sequences:
            return f"for {self.t} in range({self.steps}):"
        names = ", ".join([self.t, *self.slices])
        whole = ", ".join([f"{s}.tolist()" if self.floats else s for s in self.sequences])
        return f"for {names} in zip(range({self.steps}), {whole}):"

    def _most(self) -> str:
        """For how many steps memory is taken; a loop that may end early takes more as it goes."""
        return f"min({self.steps}, {FIRST_ROOM})" if self.loop.until else self.steps

    def _before(self) -> list[Line]:
        """The rows that this step writes into, which are there once all steps have one shape."""
        (checking,) = self.checking or [""]
        return [Line(f"{self.rows[v]} = None if {checking} else {kept}[{self.t}]")
                for v, kept in zip(self.results, self.kept, strict=True) if kept and v in self.rows]

    def _keeping(self) -> list[Line]:
        """Write what is kept of this step; in the first one the shapes become known."""
        lines: list[Line] = []
        first: list[Line] = []
        parts = zip(self.results, self.kept, self.shapes, strict=True)
        for i, (v, kept, shape) in enumerate(parts):
            if kept is None:
                continue
            name = self.step.result(v)
            if v.ndim:
                size = f"({self._most()}, *{name}.shape)"
                first += [Line(f"    {kept} = room({len(first)}, {size}, {v.dtype!r})"),
                          Line(f"    {shape} = {name}.shape")]
                test = " and ".join([*self.checking, f"{name}.shape != {shape}"])
                lines.append(Line(f"if {test}: differ({name}, {shape}, {self.t}, made[{i}])"))
            if self.loop.until:
                lines.append(Line(f"if {self.t} == len({kept}): {kept} = larger({kept})"))
            written = f"if {name} is not {self.rows[v]}: " if v in self.rows else ""
            lines.append(Line(f"{written}{kept}[{self.t}] = {name}"))
        return [Line(f"if {self.t} == 0:"), *first, *lines] if first else lines

    def _handing_on(self) -> list[Line]:
        """The states as the next step reads them, and the end where it is told."""
        targets = self.before
        values = [self.step.result(v) for v in self.results[: len(targets)]]
        lines = [Line(f"{', '.join(targets)} = {', '.join(values)}")] if targets else []
        for name in self.checking:
            pairs = zip(targets, values, strict=True)
            tests = " or ".join([f"{old}.shape != {new}.shape" for old, new in pairs])
            lines.insert(0, Line(f"if {name}: {name} = {tests or 'False'}"))
        return lines + [Line(f"if {self.step.result(v)}: break") for v in self.ends]

    def _result(self, i: int) -> str:
        """A result; of a state without history the last value, nobody else's."""
        v, kept = self.results[i], self.kept[i]
        if kept is None:
            last = self.before[i]
            if self.floats:
                return f"float64({last})"
            tensor = isinstance(v.type, TensorType) and v.ndim
            return f"own({last}, {self.initial[i]})" if tensor else last
        rows = f"{kept}[: {self.t} + 1]"
        if not v.ndim:
            return rows
        parts = [f"({''.join(f'{name}, ' for name in names)})"
                 for names in (self.sequences, self.initial, self.constants)]
        known = i < len(self.initial)
        shape = f"{self.initial[i]}.shape" if known else f"shapes({', '.join(parts)})[{i}]"
        return f"{rows} if {self.t} >= 0 else empty((0, *{shape}), {v.dtype!r})"

    def _slow(self, *values: Any) -> Any:
        return LoopSource(self.loop, self.outputs).compiled()(*values)

    def compiled(self) -> Callable[..., Any]:
        """The function itself."""
        return assembled(
            self.lines(), "loop", self.step, self.outputs, ready=self.loop.ready, twin=twin,
            shapes=self.loop.shapes, own=own, empty=np.empty, differ=differ, larger=larger,
            made=[v.origin for v in self.loop.outputs], room=Pool().take, slow=self._slow,
            float64=np.float64)


def own(value: Any, initial: Any) -> Any:
    """The last value of a state as an array that nothing else refers to."""
    return value.copy() if value is initial or value.base is not None else value


def differ(value: Any, shape: Sequence[int], t: int, made: Origin | None) -> None:
    """Say that a result changed its shape, and where a step makes it."""
    raise BadValueError(
        f"a result of scan has shape {tuple(shape)} in step 0 and shape {value.shape} in step {t}.",
        where=(("a step makes it at", made),),
        fix="The results of all steps are stacked, so they have one shape. Where only the last is "
        "used, result[-1], it may grow.",
    )


def larger(kept: Any) -> Any:
    """The same rows in an array of twice as many."""
    new = np.empty((2 * len(kept), *kept.shape[1:]), kept.dtype)
    new[: len(kept)] = kept
    return new


def source_of(v: Variable) -> str:
    """The program of the loop that computes a variable, to be read.

    >>> import tutor, tutor.tensor as T
    >>> found, _ = tutor.scan(lambda v, s: s + v, T.dvector("x"), T.dscalar("start"))
    >>> print(source_of(found).splitlines()[0])
    def scan(n_steps, x_t__0_all, initial6):
    """
    assert v.owner is not None
    return "\n".join([line.text for line in written(v.owner.op).lines()])  # type: ignore[arg-type]


def graph_function(inputs: Sequence[Variable], results: Sequence[Variable]
                   ) -> Callable[..., Sequence[Any]]:
    """The back end as it stands alone: a graph as a function of prepared arguments.

    >>> import tutor.tensor as T; x = T.dvector("x")
    >>> graph_function([x], [T.exp(x) * 2, x])(np.zeros(2))
    (array([2., 2.]), array([0., 0.]))
    """
    program = planned(inputs, results)
    source = Source(program, performing)
    names = [source.name(v) for v in results]
    roots = [program.root(v) for v in results]
    for i, (v, root) in enumerate(zip(results, roots, strict=True)):  # each is nobody else's
        if isinstance(v.type, TensorType) and v.ndim and (
                root.owner is None or root in roots[:i]):
            names[i] += ".copy()"
    return function_of(source, inputs, source.lines, names)


def function_of(source: Scope, parameters: Sequence[Variable], body: Sequence[Line],
                results: Sequence[str]) -> Callable[..., Sequence[Any]]:
    """Lines as a function of these variables that returns what is written so."""
    lines = [Line(f"def run({', '.join(map(source.name, parameters))}):"),
             Line("    try:"),
             *[line.indented().indented() for line in body],
             Line(f"        return ({''.join(text + ', ' for text in results)})"),
             Line("    except Exception as problem:"),
             Line("        raise explain(problem) from problem")]  # fmt: skip
    return assembled(lines, "op", source, source.program.outputs)


def performer(node: Apply) -> Callable[..., tuple[Any, ...]]:
    """A function of the input values that runs `perform` and gives the outputs.

    As in Theano, what an op gets for a tensor is an array, also for a number; a copy, where it says
    that it writes over it.
    """
    op: Any = node.op
    written = {i for places in op.destroy_map.values() for i in places}
    arrays = [(np.array if i in written else np.asarray) if isinstance(v.type, TensorType) else None
              for i, v in enumerate(node.inputs)]
    if not hasattr(op, "perform"):
        return _thunk(node, arrays)

    def perform(*values: Any) -> tuple[Any, ...]:
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        given = [a(v) if a else v for v, a in zip(values, arrays, strict=True)]
        op.perform(node, given, storage)
        return _taken(node, storage)

    return perform


def _taken(node: Apply, storage: list[list[Any]]) -> tuple[Any, ...]:
    """What an op left in its output storage, as the types of the outputs say."""
    found = []
    for v, cell in zip(node.outputs, storage, strict=True):
        value = cell[0]
        if isinstance(v.type, TensorType) and not v.type.is_super(value):
            if value is None:
                raise BadValueError(f"{node.op} left no value for output number {v.index}.",
                                    where=(("written at", node.origin),),
                                    fix="In perform, write output_storage[i][0] = value.")
            if np.ndim(value) != v.ndim:
                raise BadValueError(
                    f"{node.op} gave {describe(value)} for {in_words(v.type)}.",
                    where=(("written at", node.origin),),
                    fix="Give what make_node says, or say there what perform gives.",
                )
            value = v.type.filter(value, allow_downcast=True)
        found.append(value)
    return tuple(found)


def _thunk(node: Apply, arrays: list[Any]) -> Callable[..., tuple[Any, ...]]:
    """For an op that has `make_thunk` in the place of `perform`."""
    op: Any = node.op
    if not hasattr(op, "make_thunk"):
        raise NotHereError(f"{op} has no perform, and C code does not run here.",
                           where=(("written at", node.origin),),
                           fix="Write perform(self, node, inputs, output_storage) in Python.")
    storage: dict[Any, list[Any]] = {v: [None] for v in (*node.inputs, *node.outputs)}
    computed: dict[Any, list[bool]] = {v: [v in node.inputs] for v in storage}
    thunk = op.make_thunk(node, storage, computed, [])

    def run(*values: Any) -> tuple[Any, ...]:
        for v, value, array in zip(node.inputs, values, arrays, strict=True):
            storage[v][0] = array(value) if array else value
        for v in node.outputs:
            storage[v][0] = None
        thunk()
        return _taken(node, [storage[v] for v in node.outputs])

    return run


def performed(node: Apply, operands: Sequence[Any]) -> Sequence[Any]:
    """What an op gives that a user wrote in Python."""
    return performer(node)(*operands)


def told(problem: Exception, node: Apply, operands: Sequence[Any]) -> Exception:
    """The error that compiled functions raise."""
    return explained(problem, node, dict(zip(node.inputs, operands, strict=True)))


seams.performed, seams.explained = performed, told
