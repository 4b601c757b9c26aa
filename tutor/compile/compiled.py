"""`Function`: what `function` gives. It is called, asked for its state, copied, and pickled.

Comes after the writer of its `__call__`; `inside.py` has what programs look at inside of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

from tutor.compile.arguments import Graph, In, Request
from tutor.compile.builders import inlined
from tutor.compile.emit import Emitter, FloatEmitter, missing
from tutor.compile.inside import Inside, copied
from tutor.compile.lowering import is_scalar
from tutor.compile.mode import Mode
from tutor.compile.rules.engine import Step, Steps, rewritten
from tutor.compile.rules.loops import optimized
from tutor.compile.scope import LONGEST_NAME, Line, identifier
from tutor.compile.source import FloatSource, Source
from tutor.compile.table import OneCall
from tutor.compile.watching import ProfileStats, Watcher, measured
from tutor.config import config
from tutor.containers import Container
from tutor.core.errors import ArgumentError, TutorError, plural, shortened
from tutor.core.graph import Apply
from tutor.core.seams import seams
from tutor.core.variables import SharedVariable
from tutor.core.walk import rebuild, toposort
from tutor.misfits import describe
from tutor.pickling import flattened, unflattened

DOWNCAST = "To accept the loss, pass allow_input_downcast=True to function."


class Function(Inside):
    """A compiled function; made by `function`.

    `inputs`, `outputs` and `updates` are the expressions as they were given; `graph` the same after
    rewriting, `rewrites` the steps in between, and `source` the NumPy program that runs. `f[x]` is
    the value that is kept for an argument, and can be set.
    """

    name: str | None
    graph: Graph
    program: Source | OneCall | FloatSource
    profile: ProfileStats | None
    trust_input = False  # take arguments as they are
    _request: Request
    _rewrites: Steps | None
    _cells: list[Container]
    _defaults: dict[int, Any]
    _set = False  # whether a default was changed by f[x] = value
    _watch: Watcher | None = None
    _lines: list[Line]
    _filename: str
    _ending: list[Line]
    _slow: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("made by function()")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows."""
        return seams.display(self)

    inputs = property(lambda self: self._request.written.inputs)
    outputs = property(lambda self: self._request.written.outputs)
    updates = property(lambda self: self._request.written.updates)
    mode: Mode = property(lambda self: self._request.mode)  # type: ignore[assignment]

    @property
    def rewrites(self) -> Steps:
        """The steps from the graph as it was written to the one that runs."""
        if self._rewrites is None:
            _, self._rewrites = _rewritten(self._request)
        return self._rewrites

    @property
    def title(self) -> str:
        """Its name, or `f`."""
        return shortened(self.name or "", LONGEST_NAME) or "f"

    def _restore(self) -> None:
        """The defaults again, in place of what was set for one call."""
        self._set = False
        for i, value in self._defaults.items():
            self._cells[i].value = value

    def _argument(self, index: int, value: Any) -> Any:
        """A value for one argument as the program needs it, or an error that names the argument."""
        told = self._request.arguments[index]
        v, label = told.variable, shortened(told.name or "", LONGEST_NAME) or f"number {index + 1}"
        if value is missing:
            kept = self._cells[index].value if told.value is not None else None
            if kept is not None:
                return kept
            raise ArgumentError(
                f"{self._signature()} needs {plural(len(self.inputs), 'argument')}, and "
                f"{label} is missing.",
                where=((f"{label} made at", v.origin),),
                fix=f"Call {self._signature()}.",
            )
        if told.implicit:
            raise ArgumentError(
                f"{label} is implicit in {self._signature()}: its value is kept elsewhere.",
                where=((f"{label} made at", v.origin),),
                fix="Set it there, or say In(..., implicit=False).",
            )
        if self.trust_input:
            return value
        try:
            return v.type.filter(value, told.strict, told.allow_downcast)
        except TutorError as problem:
            raise ArgumentError(
                f"argument {label} of {self._signature()} {problem.what}",
                where=((f"{label} made at", v.origin),),
                fix=f"{problem.fix} {DOWNCAST}" if "would lose" in problem.what else problem.fix,
            ) from None

    def _named(self, given: Sequence[Any], extra: Sequence[Any], named: dict[str, Any]) -> Any:
        """The call with keywords that are no names of Python's, or ambiguous."""
        values = [*given, *extra]
        words = [a.name for a in self._request.arguments]
        for word, value in named.items():
            if word not in words:  # Python passes on what it takes `µ` for, which is `μ`
                words = [word if identifier(name) == word else name for name in words]
            if words.count(word) != 1:
                what = "has several arguments" if word in words else "has no argument"
                raise ArgumentError(f"{self._signature()} {what} named {word!r}.",
                                    fix=self.container.choices())
            i = words.index(word)
            if i < len(given) and values[i] is not missing:
                raise ArgumentError(f"{self._signature()} got two values for {word!r}.",
                                    fix="Pass it once.")
            values[i] = value
        return self(*values)

    def _subset(self, wanted: Sequence[Any], given: Sequence[Any], extra: Sequence[Any]) -> Any:
        """The call with only some of the outputs, by place or by key."""
        found, form = self(*given, *extra), self._request.form
        if isinstance(form, list):
            return {key: found[key] for key in wanted}
        return [found[i] for i in wanted]

    def _signature(self) -> str:
        told = self._request.arguments
        names = [shortened(a.name or "", LONGEST_NAME) or
                 f"<{getattr(a.variable.type, 'shape_name', 'value')}>" for a in told]
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
            _give_call(twin, Emitter)
            self._slow = twin
        return self._slow(*args)

    def _explained(self, problem: Exception) -> Exception:
        """The error with the learner's line, for one that came out of the program."""
        from tutor.compile.explain import explained_line

        return explained_line(problem, self._lines, self._filename, self.program,
                              self.graph.results, self._request.run.results)

    def copy(self, share_memory: bool = False, swap: dict[Any, Any] | None = None,
             delete_updates: bool = False, name: str | None = None, profile: Any = None
             ) -> Function:
        """A function that computes the same, and gives its results in a list, as Theano's does.

        Shared variables stay shared, except that those in `swap` are replaced by others of the
        same type; inputs that keep a value start anew. With `delete_updates` nothing is updated.

        >>> import tutor
        >>> c, d = tutor.shared(1, "c"), tutor.shared(10, "d")
        >>> f = tutor.function([], c * 2, updates={c: c + 1})
        >>> f.copy(swap={c: d})(), c.get_value(), d.get_value()
        ([array(20)], array(1), array(11))
        """
        request, graph = copied(self._request, self.graph, swap or {}, delete_updates)
        title = name or (f"{self.name} copy" if self.name else None)
        cells = [_cell(a) for a in request.arguments]
        for a, cell, own in zip(request.arguments, cells, self._cells, strict=True):
            if cell is not own and a.update is None:
                cell.value = own.value
        made = _assembled(request, graph, title, measured(profile, title), cells)
        made._rewrites, made.trust_input = self._rewrites, self.trust_input
        return made

    def __copy__(self) -> Function:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        nodes, graphs = flattened(self._request.written, self._request.run, self.graph)
        without: Any = None  # the graphs, which go beside it
        request = self._request._replace(written=without, run=without)
        return _unpickled, (nodes, graphs, request, self.name, self._cells, self.trust_input)

    def __repr__(self) -> str:
        return f"<function {self._signature()}>"


def compiled(request: Request, name: str | None, profile: ProfileStats | None) -> Function:
    """The function for a request."""
    start = perf_counter()
    graph, steps = _rewritten(request)
    cells = [_cell(a) for a in request.arguments]
    made = _assembled(request, graph, name, profile, cells)
    made._rewrites = steps
    if profile is not None:
        profile.compile_time += perf_counter() - start
    return made


def _rewritten(request: Request) -> tuple[Graph, Steps]:
    run, mode = request.run, request.mode
    # An expression that is given as an argument is a variable like any other: nothing looks into it
    given = {v: v.clone() for v in run.inputs if v.owner is not None}
    graph = run.made_of(rebuild(run.results, given), given)
    results, steps = graph.results, list[Step]()
    if any(node.op.inner for node in toposort(results, graph.inputs)):
        results, steps = optimized(results, graph.inputs, mode.rewriting)
        results = inlined(results)
    results, more = rewritten(results, graph.inputs, mode.rewriting, mode.excluded, mode.included)
    return graph.made_of(results), Steps([*steps, *more], graph.results, results)


def _cell(told: In) -> Container:
    """Where the value of an argument is kept: its own place, or one that others use too."""
    if isinstance(told.value, Container):
        return told.value
    if isinstance(told.value, SharedVariable):
        return told.value.container
    v = told.variable
    cell = Container(v.type, None, told.name, told.strict, told.allow_downcast)
    try:
        cell.data = told.value
    except TutorError as problem:
        raise type(problem)(f"the default of {told.name or v} {problem.what}",
                            where=((f"{v} made at", v.origin),), fix=problem.fix) from None
    return cell


def _assembled(request: Request, graph: Graph, name: str | None, profile: ProfileStats | None,
               cells: list[Container]) -> Function:
    made = Function.__new__(Function)
    made.name, made.profile = name, profile
    made._request, made.graph, made._cells, made._rewrites = request, graph, cells, None
    told = request.arguments
    made._defaults = {i: cell.value for i, (a, cell) in enumerate(zip(told, cells, strict=True))
                      if a.value is not None and a.update is None
                      and not isinstance(a.value, (Container, SharedVariable))}
    made._watch = request.mode.watcher(made)
    if profile is not None:
        made._watch = profile.around(made._watch)
    plain = graph.outputs and not any([graph.updates, graph.states, made._watch, made.mode.backend,
                                       *[a.strict or a.implicit for a in told]])
    floats = plain and is_scalar(graph.inputs, graph.outputs)
    _give_call(made, FloatEmitter if floats else Emitter)
    return made


def _give_call(made: Function, kind: type[Emitter]) -> None:
    emitter = kind(made._request, made.graph, made._cells, bool(made._defaults), made._watch)
    call = emitter.compile(made.title)
    made.program, made._filename = emitter.program, emitter.filename
    made._lines, made._ending = emitter.lines, emitter.ending
    made.__class__ = type("Function", (Function,), {"__call__": call, "__doc__": Function.__doc__})


def _unpickled(nodes: list[Apply], graphs: list[Any], request: Request, name: str | None,
               cells: list[Container], trust_input: bool) -> Function | None:
    """A function from what its pickle has: all nodes, and the rest by their places; nothing where
    `config.unpickle_function` is False."""
    if not config.unpickle_function:
        return None
    written, run, graph = [Graph(*map(unflattened, part)) for part in graphs]
    made = _assembled(request._replace(written=written, run=run), graph, name, None, cells)
    made.trust_input = trust_input
    return made
