"""`function`: an expression becomes something you can call.

Checks what it is given, rewrites, generates the program, and wraps it in a class of its own whose
`__call__` is generated too, so that a call costs little.

>>> from tutor.graph import constant
>>> function([], constant([1, 2]) * 3)()
array([3, 6])
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any, NamedTuple

from tutor.compile.blocks import Blocks
from tutor.compile.checks import Request, checked_request
from tutor.compile.emit import Emitter, missing
from tutor.compile.explain import explained, failing_frame
from tutor.compile.floats import FloatProgram, is_scalar
from tutor.compile.source import Line, Program, readable
from tutor.config import change_flags
from tutor.errors import ArgumentError, MissingPackageError, TutorError
from tutor.graph import Apply, Variable, collecting_later, graph_inputs
from tutor.graph.shared import SharedVariable
from tutor.operators import public
from tutor.ops.random import drawn_in_place
from tutor.rewrite.engine import Step, rewritten
from tutor.types import describe, plural

DOWNCAST = "To accept the loss, pass allow_input_downcast=True to function."


class Graph(NamedTuple):
    """A graph that is ready to run: inputs, outputs, and the new value of each shared variable."""

    inputs: list[Variable]
    outputs: list[Variable]
    updates: dict[SharedVariable, Variable]


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
        return self._text()

    def _text(self, most: int | None = None) -> str:
        """The program, or the beginning of a very long one."""
        names = [self.program.names[v] for v in self.inputs]
        head = f"def {self.title}({', '.join(names)}):"
        lines = [*self.program.lines, *self._ending]
        more = [f"    … {len(lines) - most} more lines"] if most and len(lines) > most else []
        return "\n".join([head, *readable(lines[:most]), *more])

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
    with collecting_later(), change_flags(compute_test_value="off"):
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
    if request.mode.lower() == "jax":
        call = _jax_emitter()(made, False).compile()
    else:
        call = Emitter(made, floats).compile()
    made.__class__ = type("Function", (Function,), {"__call__": call, "__doc__": Function.__doc__})
    return made


def _jax_emitter() -> type[Emitter]:
    """JAX's writer of calls, loaded when it is first needed."""
    if importlib.util.find_spec("jax") is None:
        raise MissingPackageError(
            'mode="jax" runs the graph with JAX, which is not installed here.',
            fix='pip install "theano-tutor[jax]"',
        )
    emitter: type[Emitter] = importlib.import_module("tutor.compile.jax.program").JaxEmitter
    return emitter


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
