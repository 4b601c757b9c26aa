"""A loop as a Python function of its own, with the lines of a step inside of a `for`.

Comes after the source, which asks here for what runs a `Loop`. Values that later steps read are
local names handed on from step to step; what is kept of all steps is written into one array each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from tutor.compile.explain import explained, failing_frame, within
from tutor.compile.floats import FloatProgram, is_scalar
from tutor.compile.lines import Line
from tutor.compile.memory import Room
from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.loops import lean
from tutor.compile.source import Program, Writer
from tutor.errors import BadValueError, Origin
from tutor.graph import Apply, Variable
from tutor.loops.loop import Loop
from tutor.ops.random import drawn_in_place
from tutor.ops.random_kernels import twin
from tutor.types import TensorType, random_state_type

_numbers = count()
FIRST_ROOM = 64  # steps for which a loop that may end early takes memory at first


class Step(Program):
    """The lines of one step. Shapes are compared while `checking` holds: once a step has passed,
    and hands on states of the shapes that it got, all later steps pass too.
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.checking = ""
        super().__init__(inputs, outputs, in_blocks=True)

    def write(self, in_blocks: bool) -> None:
        """The lines of all nodes."""
        if all(node.op.sizes_follow for node in self.nodes):
            self.checking = self.fresh("checking", "checking")
        super().write(in_blocks)

    def differing(self, test: str) -> str:
        """A comparison of shapes, while it is needed."""
        return f"{self.checking} and ({test})" if self.checking else test


class Written:
    """The function of one loop: (n_steps, sequences, initial states, constants) to its results."""

    program: Writer

    def __init__(self, loop: Loop, outputs: list[Variable]) -> None:
        self.loop, self.outputs = loop, outputs
        self.program = self._program()
        self.results = outputs[: len(loop.results)]
        self.ends = outputs[len(loop.results) :]
        names = [self.program.name(v) for v in loop.inputs]
        taps, n = loop.taps(), loop.sequences
        self.slices, self.constants = names[:n], names[n + len(taps) :]
        self.earlier = dict(zip(taps, names[n:], strict=False))
        fresh = self.program.fresh
        self.steps, self.t = fresh("n_steps", "n"), fresh("t", "t")
        self.sequences = [fresh(f"{name}_all", "all") for name in self.slices]
        self.initial = [fresh(None, "initial") for _ in loop.states]
        self.kept = [fresh(None, "kept") if keep else None for keep in loop.kept]
        self.shapes = [fresh(None, "shape") if keep else None for keep in loop.kept]
        for i, state in enumerate(loop.states):
            for back in range(1, state.depth + 1):
                if (i, -back) not in self.earlier:
                    self.earlier[i, -back] = fresh(None, "before")

    def _program(self) -> Writer:
        return Step(self.loop.inputs, self.outputs)

    def value(self, v: Variable) -> str:
        """How a result is written."""
        return self.program.name(v)

    def state(self, i: int) -> list[str]:
        """The names of the earlier values of a state, the oldest first."""
        depth = self.loop.states[i].depth
        return [self.earlier[i, -back] for back in range(depth, 0, -1)]

    def lines(self) -> list[Line]:
        """The whole function."""
        parameters = [self.steps, *self.sequences, *self.initial, *self.constants]
        whole = "".join(f"{name}, " for name in self.sequences)
        body = [*self._body(), *self._keeping(), *self._handing_on()]
        results = "".join(f"{text}, " for text in self._ending())
        lines = [Line(f"def scan({', '.join(parameters)}):"),
                 Line(f"    {self.steps} = ready({self.steps}, ({whole}))"),
                 *[Line(f"    {text}") for text in self._start()],
                 Line("    try:"), *[line.indented().indented() for line in self.program.reading()],
                 Line(f"        {self._head()}"),
                 *[line.indented().indented().indented() for line in body],
                 *[Line(f"    {text}") for text in self._failing(parameters)],
                 Line(f"    return ({results})")]  # fmt: skip
        return lines

    def _failing(self, parameters: list[str]) -> list[str]:
        """What happens when a step fails."""
        return ["except Exception as problem:", "    raise explain(problem) from problem"]

    def _start(self) -> list[str]:
        """The states before the first step, and memory for numbers that are kept."""
        lines = [f"{self.t} = -1", *[f"{name} = True" for name in self._checking()]]
        for v, kept in zip(self.results, self.kept, strict=True):
            if kept is not None and v.ndim == 0:
                lines.append(f"{kept} = empty({self._room()}, {v.dtype!r})")
        for i, state in enumerate(self.loop.states):
            names, initial = self.state(i), self.initial[i]
            if not state.history and state.depth == 1:
                tensor = self.loop.results[i].type is not random_state_type
                value = self._number(initial) if tensor else f"twin({initial})"
                lines.append(f"{names[0]} = {value}")
            else:
                rows = enumerate(names)
                lines += [f"{name} = {self._number(f'{initial}[{row}]')}" for row, name in rows]
        return lines

    def _checking(self) -> list[str]:
        """The name that tells whether shapes are compared, if there is one."""
        name = getattr(self.program, "checking", "")
        return [name] if name else []

    def _number(self, text: str) -> str:
        """An initial value as the steps read it."""
        return text

    def _elements(self, sequence: str) -> str:
        """A sequence as the loop goes through it."""
        return sequence

    def _head(self) -> str:
        if not self.sequences:
            return f"for {self.t} in range({self.steps}):"
        names = ", ".join([self.t, *self.slices])
        whole = ", ".join(map(self._elements, self.sequences))
        return f"for {names} in zip(range({self.steps}), {whole}):"

    def _room(self) -> str:
        """For how many steps memory is taken; a loop that may end early takes more as it goes."""
        return f"min({self.steps}, {FIRST_ROOM})" if self.loop.until else self.steps

    def _body(self) -> list[Line]:
        return self.program.body or [Line("pass")]

    def _keeping(self) -> list[Line]:
        """Write what is kept of this step; in the first one the shapes become known."""
        lines: list[Line] = []
        first: list[str] = []
        parts = zip(self.results, self.kept, self.shapes, strict=True)
        for i, (v, kept, shape) in enumerate(parts):
            if kept is None:
                continue
            name = self.value(v)
            if v.ndim:
                place, size = len(first), f"({self._room()}, *{name}.shape)"
                first.append(f"{kept} = room({place}, {size}, {v.dtype!r})")
                first.append(f"{shape} = {name}.shape")
                test = " and ".join([*self._checking(), f"{name}.shape != {shape}"])
                lines.append(Line(f"if {test}: differ({name}, {shape}, {self.t}, made[{i}])"))
            if self.loop.until:
                lines.append(Line(f"if {self.t} == len({kept}): {kept} = larger({kept})"))
            lines.append(Line(f"{kept}[{self.t}] = {name}"))
        if first:
            lines = [Line(f"if {self.t} == 0:"), *[Line(f"    {text}") for text in first], *lines]
        return lines

    def _handing_on(self) -> list[Line]:
        """The states as the next step reads them, and the end where it is told."""
        targets, values = [], []
        for i in range(len(self.loop.states)):
            names = self.state(i)
            targets += names
            values += [*names[1:], self.value(self.results[i])]
        lines = [Line(f"{', '.join(targets)} = {', '.join(values)}")] if targets else []
        for name in self._checking():
            pairs = zip(targets, values, strict=True)
            tests = " or ".join([f"{old}.shape != {new}.shape" for old, new in pairs])
            lines.insert(0, Line(f"if {name}: {name} = {tests or 'False'}"))
        return lines + [Line(f"if {self.value(v)}: break") for v in self.ends]

    def _ending(self) -> list[str]:
        """The results; of a state without history the last value, nobody else's."""
        texts = []
        for i, (v, kept) in enumerate(zip(self.results, self.kept, strict=True)):
            if kept is None:
                last = self.state(i)[-1]
                tensor = isinstance(v.type, TensorType) and v.ndim
                texts.append(f"own({last}, {self.initial[i]})" if tensor else last)
                continue
            if v.ndim == 0:
                texts.append(f"{kept}[: {self.t} + 1]")
                continue
            shape = f"{self.initial[i]}.shape[1:]" if i < len(self.initial) else f"{(0,) * v.ndim}"
            empty = f"empty((0, *{shape}), {v.dtype!r})"
            texts.append(f"{kept}[: {self.t} + 1] if {self.t} >= 0 else {empty}")
        return texts

    _slow: Any = None

    def compiled(self) -> Callable[..., tuple[Any, ...]]:
        """The function itself."""
        lines, filename = self.lines(), f"<tutor loop {next(_numbers)}>"

        def explain(problem: Exception) -> Exception:
            frame, number = failing_frame(problem.__traceback__, filename)
            node: Apply | None = lines[number - 1].node
            error = explained(problem, node, self.program.names, frame)
            return within(error, self.outputs)

        scope = {"ready": self.loop.ready, "twin": twin, "own": own, "empty": np.empty,
                 "differ": differ, "made": [v.origin for v in self.loop.outputs],
                 "explain": explain, "larger": larger, "room": Room().take,
                 "slow": self._slow, "float64": np.float64, **self.program.bindings}  # fmt: skip
        exec(compile("\n".join([line.text for line in lines]), filename, "exec"), scope)
        run: Callable[..., tuple[Any, ...]] = scope["scan"]
        return run


class FloatWritten(Written):
    """The function of a loop over 0-d floats: Python's floats, which raise where NumPy's are inf or
    nan; the loop then runs once more over NumPy's."""

    def _program(self) -> Writer:
        return FloatProgram(self.loop.inputs, self.outputs)

    def value(self, v: Variable) -> str:
        """How a result is written."""
        assert isinstance(self.program, FloatProgram)
        return self.program.result(v)

    def _start(self) -> list[str]:
        return [*[f"{name} = float({name})" for name in self.constants], *super()._start()]

    def _number(self, text: str) -> str:
        return f"float({text})"

    def _elements(self, sequence: str) -> str:
        return f"{sequence}.tolist()"

    def _failing(self, parameters: list[str]) -> list[str]:
        again = f"slow({', '.join(parameters)})"
        return ["except (ArithmeticError, ValueError):", f"    return {again}"]

    def _ending(self) -> list[str]:
        texts = super()._ending()
        return [text if kept else f"float64({text})"
                for text, kept in zip(texts, self.kept, strict=True)]  # fmt: skip

    def _slow(self, *values: Any) -> tuple[Any, ...]:
        return Written(self.loop, self.outputs).compiled()(*values)


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


def written(loop: Loop) -> Written:
    """The function of a loop, to be read or compiled."""
    outputs, _ = rewritten(lean(loop.outputs, loop.inputs)[0], loop.inputs)
    if not loop.until and is_scalar(loop.inputs, outputs):
        return FloatWritten(loop, outputs)
    return Written(loop, drawn_in_place(outputs, loop.inputs))


def looped(loop: Loop) -> Callable[..., tuple[Any, ...]]:
    """What runs a loop."""
    return written(loop).compiled()


def source_of(v: Variable) -> str:
    """The program of the loop that computes a variable, to be read.

    >>> import tutor, tutor.tensor as T
    >>> found, _ = tutor.scan(lambda v, s: s + v, T.dvector("x"), T.dscalar("start"))
    >>> print(source_of(found).splitlines()[0])
    def scan(n_steps, x_t__0_all, initial6):
    """
    assert v.owner is not None
    return "\n".join([line.text for line in written(v.owner.op).lines()])  # type: ignore[arg-type]

