"""`function`: an expression becomes something you can call.

Checks what it is given, rewrites, generates the program, and wraps it in a class of its own whose
`__call__` is generated too, so that a call costs little.

>>> from tutor.graph import constant
>>> function([], constant([1, 2]) * 3)()
array([3, 6])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from tutor.compile import quiet
from tutor.compile.blocks import Blocks
from tutor.compile.checks import Request, checked_request
from tutor.compile.explain import explained, failing_frame
from tutor.compile.floats import FloatProgram, is_scalar
from tutor.compile.inplace import AT_ONCE, Final, finals_in_place, lines_in_place
from tutor.compile.source import Line, Program, readable
from tutor.compile.table import LONG, Table
from tutor.errors import ArgumentError, TutorError
from tutor.graph import Apply, Variable, collecting_later, graph_inputs, toposort
from tutor.graph.shared import SharedVariable
from tutor.operators import public
from tutor.ops.random import drawn_in_place
from tutor.rewrite.engine import Step, rewritten
from tutor.types import TensorType, describe, plural

DOWNCAST = "To accept the loss, pass allow_input_downcast=True to function."
_numbers = count()


class Graph(NamedTuple):
    """A graph that is ready to run: inputs, outputs, and the new value of each shared variable."""

    inputs: list[Variable]
    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]


class Missing:
    """Stands for an argument that was not given."""

    def __repr__(self) -> str:
        return "<not given>"


missing = Missing()


class Function:
    """A compiled function; made by `function`.

    `inputs`, `outputs` and `updates` are the expressions as they were given; `graph` the same after
    rewriting, `rewrites` the steps in between, and `source` the NumPy program that runs.
    """

    name: str | None
    inputs: list[Variable]
    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]
    graph: Graph
    rewrites: list[Step]
    program: Program | FloatProgram
    _request: Request
    _lines: list[Line]
    _filename: str
    _ending: list[Line]
    _slow: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("made by function()")

    @property
    def source(self) -> str:
        """The program that runs, each line with the expression it computes."""
        names = [self.program.names[v] for v in self.inputs]
        head = f"def {self.title}({', '.join(names)}):"
        return "\n".join([head, *readable([*self.program.lines, *self._ending])])

    @property
    def blocks(self) -> list[str]:
        """The programs that run in blocks over large arrays, in the order of the source."""
        bound = self.program.bindings.values()
        return [value.kernel.text for value in bound if isinstance(value, Blocks)]

    @property
    def title(self) -> str:
        """Its name, or `f`."""
        return self.name or "f"

    def _argument(self, index: int, value: Any) -> Any:
        """A value for one argument as the program needs it, or an error that names the argument."""
        v = self.inputs[index]
        label = v.name or f"number {index + 1}"
        if value is missing:
            raise ArgumentError(
                f"{self._signature()} needs {plural(len(self.inputs), 'argument')}, and "
                f"{label} is missing.",
                where=((f"{label} made at", v.origin),),
                fix=f"Call {self._signature()}.",
            )
        try:
            return v.type.filter(value, allow_downcast=self._request.allow_downcast)
        except TutorError as problem:
            raise ArgumentError(
                f"argument {label} of {self._signature()} {problem.what}",
                where=((f"{label} made at", v.origin),),
                fix=f"{problem.fix} {DOWNCAST}" if "would lose" in problem.what else problem.fix,
            ) from None

    def _signature(self) -> str:
        names = [v.name or f"<{getattr(v.type, 'shape_name', 'value')}>" for v in self.inputs]
        return f"{self.title}({', '.join(names)})"

    def _too_many(self, extra: tuple[Any, ...]) -> Exception:
        n = len(self.inputs)
        shown = ", ".join(describe(v) for v in extra[:3])
        return ArgumentError(
            f"{self._signature()} takes {plural(n, 'argument')} and got {n + len(extra)}: {shown} "
            f"{'is' if len(extra) == 1 else 'are'} too many.",
            fix=f"Call {self._signature()}.",
        )

    def _with_arrays(self, *args: Any) -> Any:
        """The call once more over arrays, where Python's floats raise and NumPy's are inf or
        nan.
        """
        if self._slow is None:
            twin = Function.__new__(Function)
            twin.__dict__.update(self.__dict__)
            twin.__class__ = type(
                "Function", (Function,), {"__call__": Emitter(twin, False).compile()}
            )
            self._slow = twin
        return self._slow(*args)

    def _explained(self, problem: Exception) -> Exception:
        """The error with the learner's line, for one that came out of the program."""
        frame, line = failing_frame(problem.__traceback__, self._filename)
        node: Apply | None = self._lines[line - 1].node if 0 < line <= len(self._lines) else None
        names = dict(self.program.names)
        if node is not None and frame is not None and isinstance(self.program, Program):
            for v in node.inputs:  # what was not computed yet has the shape of what stands for it
                if names.get(v) not in frame.f_locals:
                    names[v] = names.get(self.program.shapes.get(v, v), "")
        return explained(problem, node, names, frame, self.title)

    def __repr__(self) -> str:
        return f"<function {self._signature()}>"


class Emitter:
    """Writes the `__call__` of one function and compiles it."""

    def __init__(self, function: Function, floats: bool) -> None:
        self.function, self.graph = function, function.graph
        self.targets = list(self.graph.updates)
        self.results = [*self.graph.outputs, *self.graph.updates.values()]
        self.finals: dict[SharedVariable, Final] = {}
        self.program = FloatProgram(self.graph.inputs, self.results) if floats else self._arrays()
        for shared in self.targets:
            self.program.name(shared)
        self.arguments = [self.program.names[v] for v in self.graph.inputs]

    def _arrays(self) -> Program:
        """The program over arrays, up to what can be done in place at its end."""
        outputs, updates = self.graph.outputs, self.graph.updates
        nodes = toposort(self.results, stop=self.graph.inputs)
        if len(nodes) > LONG:
            return Table(self.graph.inputs, self.results, nodes=nodes)
        if self.function._request.mode == "FAST_COMPILE":
            return Program(self.graph.inputs, self.results, nodes=nodes)
        self.finals = finals_in_place(updates, outputs, nodes)
        before = [self.finals[s].other if s in self.finals else v for s, v in updates.items()]
        seen = {*outputs, *[v for s, v in updates.items() if s not in self.finals]}
        stores = {v: s.container for s, v in updates.items()}
        inside = set(before) - seen
        program = Program(self.graph.inputs, [*outputs, *before], True, stores, inside)
        for final in self.finals.values():
            program.check_shapes(final.node)
        return program

    def compile(self) -> Any:
        """The `__call__`, compiled; the function gets the program and knows its lines."""
        function = self.function
        if isinstance(self.program, FloatProgram):
            values = [f"array({self.program.result(v)})" for v in self.graph.outputs]
            ending = [Line(f"return {self._packed(values)}")]
            lines = self._float_lines(self.program, ending)
        else:
            ending = self._ending(self.program)
            lines = self._array_lines(ending)
        function.program, function._ending, function._lines = self.program, ending, lines
        function._filename = f"<tutor function {next(_numbers)}>"
        text = "\n".join([line.text for line in lines])
        scope = {
            "missing": missing,
            "ndarray": np.ndarray,
            "enter": quiet.enter,
            "leave": quiet.leave,
            "array": np.array,
            **AT_ONCE,
            **self.program.bindings,
        }
        exec(compile(text, function._filename, "exec"), scope)
        call = scope["__call__"]
        call.__qualname__ = function.title  # what Python's own errors name
        return call

    def _head(self) -> list[Line]:
        parameters = ", ".join(["self", *[f"{a}=missing" for a in self.arguments], "*extra"])
        return [
            Line(f"def __call__({parameters}):"),
            Line("    if extra: raise self._too_many(extra)"),
        ]

    def _array_lines(self, ending: list[Line]) -> list[Line]:
        lines = self._head()
        for i, (name, v) in enumerate(zip(self.arguments, self.graph.inputs, strict=True)):
            lines.append(Line(f"    {self._check(name, v)}{name} = self._argument({i}, {name})"))
        lines += [Line("    token = enter()"), Line("    try:")]
        lines += [Line(f"        {line.text}", line.node) for line in self.program.lines]
        lines += [Line(f"        {line.text}") for line in ending]
        lines += [
            Line("    except Exception as problem:"),
            Line("        raise self._explained(problem) from problem"),
            Line("    finally:"),
            Line("        leave(token)"),
        ]
        return lines

    def _check(self, name: str, v: Variable) -> str:
        """The test that an argument already is what the program needs."""
        if not isinstance(v.type, TensorType):
            return f"if {name} is missing: "
        self.program.bindings[f"{v.dtype}_"] = v.type.numpy_dtype
        ones = "".join(
            f" or {name}.shape[{i}] != 1" for i, one in enumerate(v.broadcastable) if one
        )
        fits = f"{name}.dtype is not {v.dtype}_ or {name}.ndim != {v.ndim}{ones}"
        return f"if type({name}) is not ndarray or {fits}: "

    def _float_lines(self, program: FloatProgram, ending: list[Line]) -> list[Line]:
        lines = self._head()
        for i, name in enumerate(self.arguments):
            lines.append(
                Line(
                    f"    if type({name}) is not float: {name} = float(self._argument({i}, {name}))"
                )
            )
        lines.append(Line("    try:"))
        lines += [Line(f"        {line.text}", line.node) for line in program.lines]
        lines += [Line(f"        {line.text}") for line in ending]
        lines += [
            Line("    except (ArithmeticError, ValueError):"),
            Line(f"        return self._with_arrays({', '.join(self.arguments)})"),
        ]
        return lines

    def _ending(self, program: Program) -> list[Line]:
        """Outputs and new values made independent of each other, then everything stored at once."""
        seen: set[Variable] = set()
        n = len(self.graph.outputs)
        first, last, stored = lines_in_place(self.finals, program)
        names = []
        for i, v in enumerate(self.results):
            own = stored.get(self.targets[i - n]) if i >= n else None
            names.append(own or self._independent(program, v, seen, i >= n))
        lines = []
        for i, text in enumerate(names[n:]):
            if text.isidentifier():
                continue
            lines.append(Line(f"new{i}_ = {text}"))
            names[n + i] = f"new{i}_"
        if n and self.targets:
            lines.append(Line(f"result = {self._packed(names[:n])}"))
        lines += [*first, *[
            Line(f"{program.names[shared]}_shared.value = {text}")
            for shared, text in zip(self.targets, names[n:], strict=True)
        ], *last]
        lines.append(Line(f"return {'result' if n and self.targets else self._packed(names[:n])}"))
        return lines

    def _independent(self, program: Program, v: Variable, seen: set[Variable], stored: bool) -> str:
        """The value of a result under a name that nothing else holds."""
        name = program.name(v)
        if not isinstance(v.type, TensorType):
            return name
        if v.ndim == 0:
            return f"array({name})"
        root = program.roots.get(v, v)
        own = (
            root.owner is not None
            and root not in self.graph.inputs
            and root not in seen
            and (root is v or not stored)
        )
        seen.add(root)
        return name if own else f"{name}.copy()"

    def _packed(self, values: Sequence[str]) -> str:
        form = self.function._request.form
        if form is None:
            return values[0]
        if isinstance(form, list):
            return f"{{{', '.join(f'{k!r}: {v}' for k, v in zip(form, values, strict=True))}}}"
        return f"[{', '.join(values)}]"


@public
def function(
    inputs: Any,
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compile an expression (one, a list, a dict of them, or none) into something you can call.

    `inputs` is a list of variables, the arguments in this order; an argument can also be passed by
    the variable's name. `updates` (a dict or a list of pairs) gives shared variables new values,
    computed from the old ones and stored together at the end; `givens` puts expressions or values
    in the place of variables. Arguments are checked: what is wrong is an `ArgumentError` (a
    `TypeError`). Outputs that need a variable that is no input are a `MissingInputError`; an input
    without influence is an `UnusedInputError`, unless `on_unused_input` is "warn" or "ignore".

    >>> import tutor.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> function([x, y], [x + y, x * y])(2, 3)
    [array(5.), array(6.)]
    """
    with collecting_later():
        request = checked_request(
            inputs,
            outputs,
            updates,
            givens,
            no_default_updates,
            mode,
            name,
            allow_input_downcast,
            on_unused_input,
        )
        return _compiled(request, name)


def _compiled(request: Request, name: str | None) -> Function:
    made = Function.__new__(Function)
    made.name, made._request = name, request
    made.inputs, made.outputs, made.updates = request.inputs, request.outputs, request.updates
    results = [*request.run_outputs, *request.run_updates.values()]
    new, made.rewrites = rewritten(results, request.inputs, request.mode)
    new = drawn_in_place(new, request.run_updates)
    n = len(request.outputs)
    made.graph = Graph(
        request.inputs, new[:n], dict(zip(request.run_updates, new[n:], strict=True))
    )
    floats = (
        not made.updates
        and bool(request.outputs)
        and is_scalar(made.graph.inputs, made.graph.outputs)
    )
    call = Emitter(made, floats).compile()
    made.__class__ = type("Function", (Function,), {"__call__": call, "__doc__": Function.__doc__})
    return made


@public
def evaluate(v: Variable, values: Mapping[Any, Any], **options: Any) -> Any:
    """`v.eval({x: 3})`: the value of an expression when its inputs have these values."""
    by_name = {u.name: u for u in _inputs_of(v) if u.name}
    inputs = []
    for key in values:
        if isinstance(key, str) and key not in by_name:
            raise ArgumentError(
                f"there is no input named {key!r}.",
                fix=f"It has {', '.join(by_name) or 'no inputs'}.",
            )
        inputs.append(by_name[key] if isinstance(key, str) else key)
    cache = v.__dict__.setdefault("_functions", {})
    key = tuple(inputs)
    if key not in cache:
        cache[key] = function(inputs, v, on_unused_input="ignore", **options)
    return cache[key](*values.values())


def _inputs_of(v: Variable) -> list[Variable]:
    return graph_inputs([v])
