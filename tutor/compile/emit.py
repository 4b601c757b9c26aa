"""The `__call__` of one compiled function: arguments checked, the program, all stored at once.

Comes after all back ends, of which `program_of` chooses one (those that few need load when they are
asked for), and before `function`. The text is compiled by Python; what its names mean stands in a
scope of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import util
from itertools import count
from typing import Any

import numpy as np

from tutor import quiet
from tutor.compile.arguments import Graph, Request
from tutor.compile.inplace import AT_ONCE, Commit
from tutor.compile.loops import performing
from tutor.compile.lowering import Program, lower
from tutor.compile.mode import Mode
from tutor.compile.passes import checked, plain, with_updates
from tutor.compile.scope import Line, formed
from tutor.compile.source import FloatSource, Source
from tutor.compile.table import Interpreted, OneCall, Table
from tutor.compile.watching import Watched, Watcher
from tutor.containers import Container
from tutor.core.graph import Constant, Variable
from tutor.core.types import TensorType
from tutor.core.walk import toposort
from tutor.errors import MissingPackageError
from tutor.names import installing
from tutor.ops.random import drawn_as_they_are, drawn_in_place
from tutor.ops.random_kernels import noted

_numbers = count()
LONG = 2_000  # nodes: a shorter graph runs faster as lines, a longer one as a table


class Missing:
    """Stands for an argument that was not given."""

    def __repr__(self) -> str:
        return "<not given>"


missing = Missing()


class Emitter:
    """Writes the `__call__` of one function and compiles it."""

    drawn: Sequence[Variable] = ()  # states that are drawn from as they are

    def __init__(self, request: Request, graph: Graph, cells: Sequence[Container],
                 restores: bool, watch: Watcher | None) -> None:
        self.request, self.inputs, self.watch = request, graph.inputs, watch
        self.restores = restores  # whether defaults come back after a call
        self.results = [*graph.outputs, *graph.updates.values(), *graph.states.values()]
        if self.watch is None and not all(isinstance(v.type, TensorType) for v in graph.updates):
            self.results = drawn_in_place(self.results, graph.updates)
            self.drawn = drawn_as_they_are(self.results)
        self.n, targets = len(graph.outputs), [*graph.updates, *graph.states]
        self.outputs = self.results[: self.n]
        self.updates = dict(zip(targets, self.results[self.n :], strict=True))
        self.shared = range(len(graph.updates))  # which of these are of shared variables
        self.program: Any = self._program()
        for shared in graph.updates:
            self.program.name(shared)
        for v in graph.states:
            name, cell = self.program.names[v], cells[self.inputs.index(v)]
            self.program.bindings[f"{name}_shared"] = cell
        self.arguments = [self.program.names[v] for v in self.inputs]

    def _program(self) -> Source | OneCall | FloatSource:
        return program_of(self.inputs, self.outputs, self.updates, self.request.mode, self.watch)

    def compile(self, title: str) -> Any:
        """The `__call__`, compiled; its lines and those it ends with are kept."""
        program, self.ending = self.program, self._ending()
        body = [*program.prologue(), *self._noted(), *program.body, *self.ending]
        body = [Line(f"        {line.text}", line.node) for line in body]
        self.lines = [*self._head(), *self._checks(), *self._guarded(body)]
        self.filename = f"<tutor function {next(_numbers)}>"
        scope = {"missing": missing, "ndarray": np.ndarray, "enter": quiet.enter,
                 "leave": quiet.leave, "array": np.array, **AT_ONCE, **program.bindings}
        text = "\n".join([line.text for line in self.lines])
        exec(compile(text, self.filename, "exec"), scope)
        call = scope["__call__"]
        call.__qualname__ = title  # what Python's own errors name
        return call

    def _head(self) -> list[Line]:
        """The parameters; where a keyword is not the name in the program, it is looked up."""
        words = [a.name for a in self.request.arguments]
        given = [w for w in words if w is not None]
        exact = len(set(given)) == len(given) and all(
            w in (None, a) for w, a in zip(words, self.arguments, strict=True))
        more = [f"{a}=missing" for a in self.arguments]
        more += [*(["/"] if more and not exact else []), "*extra"]
        subset = self.request.form is not None
        more += ["output_subset=None"] if subset else []
        more += [] if exact else ["**named"]
        lines = [Line(f"def __call__({', '.join(['self', *more])}):")]
        values = f"({''.join(f'{a}, ' for a in self.arguments)})"
        if subset:
            lines.append(Line(f"    if output_subset is not None: "
                              f"return self._subset(output_subset, {values}, extra)"))
        if not exact:
            lines.append(Line(f"    if named: return self._named({values}, extra, named)"))
        return [*lines, Line("    if extra: raise self._too_many(extra)")]

    def _checks(self) -> list[Line]:
        """The prologue: arguments that are not yet what the program needs become so. A value that
        was set for an argument with a default holds for one call."""
        lines = [Line(f"    {line}")
                 for i, (name, v) in enumerate(zip(self.arguments, self.inputs, strict=True))
                 for line in (*self._reading(i, name, v), self._check(i, name, v))]
        restore = [Line("    if self._set: self._restore()")] if self.restores else []
        return lines + restore

    def _check(self, i: int, name: str, v: Variable) -> str:
        """The line that makes of an argument what the program needs, where it is not that yet."""
        made = f"{name} = self._argument({i}, {name})"
        if self.request.arguments[i].implicit:
            return made
        if not isinstance(v.type, TensorType):
            return f"if {name} is missing: {made}"
        self.program.bindings[f"{v.dtype}_"] = v.type.numpy_dtype
        ones = "".join(
            f" or {name}.shape[{k}] != 1" for k, one in enumerate(v.broadcastable) if one)
        fits = f"{name}.dtype is not {v.dtype}_ or {name}.ndim != {v.ndim}{ones}"
        return f"if type({name}) is not ndarray or {fits}: {made}"

    def _reading(self, i: int, name: str, v: Variable) -> list[str]:
        """The line that makes an array of plain numbers of Python's."""
        told = self.request.arguments[i]
        if told.implicit or told.strict or not isinstance(v.type, TensorType):
            return []
        read = reader_of(v.type)
        if read is None:
            return []
        self.program.bindings[f"read{i}_"] = read
        plain = "is list" if v.ndim else "in (float, int)"
        return [f"if type({name}) {plain} and not self.trust_input: {name} = read{i}_({name})"]

    def _guarded(self, lines: Sequence[Line]) -> list[Line]:
        """The program, and what becomes of its errors."""
        failing = ["    except Exception as problem:",
                   "        raise self._explained(problem) from problem"]
        if self.drawn:
            failing = ["    except BaseException as problem:",
                       "        for undone_ in undo_: undone_()",
                       "        if not isinstance(problem, Exception): raise", failing[1]]
        undo = ["    undo_ = ()"] if self.drawn else []
        return [*map(Line, [*undo, "    token = enter()", "    try:"]), *lines,
                *map(Line, [*failing, "    finally:", "        leave(token)"])]

    def _noted(self) -> list[Line]:
        """The states of generators as they are before the first draw, for a call that fails."""
        if not self.drawn:
            return []
        self.program.bindings["noted_"] = noted
        calls = "".join(f"noted_({self.program.name(v)}), " for v in self.drawn)
        return [Line(f"undo_ = {calls}")]

    def _ending(self) -> list[Line]:
        """Outputs and new values made independent of each other, then everything stored at once."""
        program = self.program
        seen: set[Variable] = set()
        n, news = self.n, dict[Variable, str]()
        lines = []
        names = [self._independent(v, seen, i) for i, v in enumerate(self.results[:n])]
        for i, (target, v) in enumerate(self.updates.items(), n):
            if target in program.stores:
                continue
            new = f"new{i}_"
            if target not in program.program.commits:
                text = self._independent(v, seen, i)
                if text.isidentifier():
                    new = text
                else:
                    lines.append(Line(f"{new} = {text}"))
            news[target] = new
        result = self._packed(names)
        if n and news:
            lines.append(Line(f"result = {result}"))
            result = "result"
        lines += Commit(program, news, bool(self.drawn)).lines() if news else []
        return [*lines, Line(f"return {result}")]

    def _independent(self, v: Variable, seen: set[Variable], place: int) -> str:
        """The value of a result under a name that nothing else holds, unless it may be borrowed."""
        program = self.program
        name, root, stored = program.name(v), program.program.root(v), place >= self.n
        text = program.own(v, place - self.n in self.shared)
        if text is not None or not isinstance(v.type, TensorType):
            return text or name
        if not stored and self.request.borrowed[place] and self._lent(root, v):
            return name
        if v.ndim == 0:
            return f"array({name})"
        # A 0-d root may be an operand, which `ifelse` hands on as it is.
        own = (root.owner is not None and root.ndim and root not in self.inputs
               and root not in seen and (root is v or not stored))
        seen.add(root)
        return name if own else f"{name}.copy()"

    def _lent(self, root: Variable, v: Variable) -> bool:
        """Whether what a borrowed output shares its memory with may be seen through it."""
        if isinstance(root, Constant) or (v.ndim == 0 and v.owner is not None):
            return False  # nobody may change a constant; and a 0-d result is no array yet
        if root in self.inputs:
            return bool(self.request.arguments[self.inputs.index(root)].borrow)
        return root not in self.updates

    def _packed(self, values: Sequence[str]) -> str:
        return formed(self.request.form, values)


class FloatEmitter(Emitter):
    """Writes the `__call__` of a function of 0-d floats, which calls the one of arrays where Python
    raises and NumPy gives inf or nan."""

    def _program(self) -> FloatSource:
        return FloatSource(lower(self.inputs, self.results))

    def _check(self, i: int, name: str, v: Variable) -> str:
        return f"if type({name}) is not float: {name} = float(self._argument({i}, {name}))"

    def _reading(self, i: int, name: str, v: Variable) -> list[str]:
        return [f"if type({name}) is int and {-EXACT} < {name} < {EXACT}: {name} = float({name})"]

    def _guarded(self, lines: Sequence[Line]) -> list[Line]:
        return [Line("    try:"), *lines, Line("    except (ArithmeticError, ValueError):"),
                Line(f"        return self._with_arrays({', '.join(self.arguments)})")]

    def _ending(self) -> list[Line]:
        values = [f"array({self.program.result(v)})" for v in self.outputs]
        return [Line(f"return {self._packed(values)}")]


def program_of(inputs: Sequence[Variable], outputs: Sequence[Variable],
               updates: Mapping[Variable, Variable], mode: Mode, watcher: Watcher | None
               ) -> Source | OneCall:
    """The program of a graph, up to the new values that `commits` says are stored in place. The
    `updates` are of shared variables, and of inputs that keep a value."""
    results = [*outputs, *updates.values()]
    if watcher is not None:
        return Watched(checked(inputs, results), watcher)
    if mode.backend is not None:
        return runner(mode.backend)(checked(inputs, results), updates)
    if len(toposort(results, stop=inputs)) > LONG:
        return Table(checked(inputs, results))
    if mode.rewriting != "FAST_RUN":
        return Source(plain(inputs, results), performing)
    return Source(with_updates(inputs, outputs, updates), performing)


def runner(backend: str) -> Callable[[Program, Mapping[Variable, Variable]], OneCall]:
    """What runs a program in the place of NumPy's lines."""
    if backend == "interpret":
        return Interpreted
    if util.find_spec("jax") is None:
        raise MissingPackageError(
            'mode="jax" runs the graph with JAX, which is not installed here.',
            fix=installing("jax"))
    from tutor.compile.jax.program import JaxProgram

    return JaxProgram


EXACT = 2**53  # integers below this are floats
INTEGERS = {int}


def reader_of(t: TensorType) -> Callable[[Any], Any] | None:
    """What takes a number, or a list of them, or a list of such lists, in few steps: as an array
    where nothing can be lost by that, and otherwise as it came; None for types without such.

    >>> import tutor.tensor as T; read = reader_of(T.dvector)
    >>> read([1, 2.5]), read(["1"]), read([2**60 + 1])
    (array([1. , 2.5]), ['1'], [1152921504606846977])
    """
    dtype, floats = t.numpy_dtype, t.dtype == "float64"
    plain = ({float}, {float, int}) if floats else (INTEGERS,)

    def vector(value: Any) -> Any:
        if type(value) is list:
            kinds = {*map(type, value)}
            if kinds in plain or (kinds == INTEGERS and min(value) > -EXACT and max(value) < EXACT):
                try:
                    return np.array(value, dtype)
                except OverflowError:
                    pass
        return value

    def number(value: Any) -> Any:
        if floats and type(value) is float:
            return np.array(value)
        array = vector([value])
        return value if type(array) is list else array.reshape(())

    def matrix(value: Any) -> Any:
        if type(value) is not list or {*map(type, value)} != {list} or len({*map(len, value)}) > 1:
            return value
        array = vector([v for row in value for v in row])
        return value if type(array) is list else array.reshape(len(value), -1)

    if t.dtype not in ("float64", "int64") or t.ndim > 2 or any(t.broadcastable):
        return None
    return (number, vector, matrix)[t.ndim]
