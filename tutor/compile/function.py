"""`function`: an expression becomes something you can call.

Checks what it is given, rewrites, generates the program, and wraps it in a class of its own whose
`__call__` is generated too, so that a call costs little.

>>> from tutor.core.graph import constant
>>> function([], constant([1, 2]) * 3)()
array([3, 6])
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tutor.compile.arguments import (
    Graph,
    Out,
    Request,
    arguments_of,
    as_update,
    checked_givens,
    checked_updates,
    output_of,
)
from tutor.compile.compiled import Function, compiled
from tutor.compile.mode import get_mode
from tutor.compile.watching import ProfileStats, measured
from tutor.config import CHOICES, change_flags, config
from tutor.core.errors import (
    ArgumentError,
    BadValueError,
    DTypeError,
    MissingInputError,
    UnusedInputError,
)
from tutor.core.graph import Constant, Variable, made_at, quoted
from tutor.core.seams import seams
from tutor.core.variables import SharedVariable
from tutor.core.walk import ancestors, graph_inputs, rebuild
from tutor.hooks import hooks
from tutor.misfits import describe
from tutor.signatures import answering, public

__all__ = ["Function", "evaluate", "function"]


class OutputKeyError(DTypeError, AssertionError):
    """A key in a dict of outputs is no string."""


@public
@answering
def function(inputs: Any, outputs: Any = None, mode: Any = None, updates: Any = None,
             givens: Any = None, no_default_updates: Any = False, accept_inplace: bool = False,
             name: str | None = None, rebuild_strict: bool = True,
             allow_input_downcast: bool | None = None,
             profile: bool | str | ProfileStats | None = None,
             on_unused_input: str | None = None) -> Function:
    """Compile an expression (one, a list, a dict of them, or none) into something you can call.

    `inputs` is a list of variables (or `In`, which says more), the arguments in this order; an
    argument can also be passed by the variable's name. `updates` (a dict or a list of pairs) gives
    shared variables new values, computed from the old ones and stored together at the end; `givens`
    puts expressions or values in the place of variables, of another type too where `rebuild_strict`
    is False. `mode` is a `Mode` or the name of one, and `profile` measures the time of each
    operation. Arguments are checked: what is wrong is an `ArgumentError` (a `TypeError`). Outputs
    that need a variable that is no input are a `MissingInputError`; an input without influence is
    an `UnusedInputError`, unless `on_unused_input` is "warn" or "ignore".

    >>> import tutor.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> function([x, y], [x + y, x * y])(2, 3)
    [array(5.), array(6.)]
    """
    with change_flags(compute_test_value="off"):
        arguments = arguments_of(inputs, allow_input_downcast)
        results, borrowed, form = _outputs(outputs)
        variables = [a.variable for a in arguments]
        replacements = checked_givens(givens, variables, rebuild_strict)
        written = Graph(variables, results, checked_updates(updates),
                        {a.variable: a.update for a in arguments if a.update is not None})
        if name is not None and not isinstance(name, str):
            raise DTypeError(f"the name of a function is a string, not {describe(name)}.",
                             fix='Write name="train".')
        chosen = get_mode(mode)
        unused = _choice("on_unused_input", on_unused_input or config.on_unused_input)
        ends = {v: v for v in variables if v.owner is not None}
        run = written.made_of(rebuild(written.results, ends | replacements))
        leaves = graph_inputs(run.results, stop=variables)
        more = default_updates(run, leaves, no_default_updates, replacements)
        if more:
            written.updates.update(more)
            run.updates.update(more)
            leaves = graph_inputs(run.results, stop=variables)
        check_parts(replacements, [*written.results, *replacements.values(), *more.values()])
        check_inputs(variables, leaves, run.outputs)
        if unused != "ignore":
            _check_unused(run, unused, {*leaves, *run.states}, results)
        request = Request(arguments, written, run, borrowed, form, chosen)
        return compiled(request, name, measured(profile, name))


def check_parts(givens: Iterable[Variable], written: Sequence[Variable]) -> None:
    """An expression that is given a value is a part of what is computed: one that is written anew
    is another. Plain variables may be without influence, and all is in a program for Theano.
    """
    if hooks.unused_givens:
        return
    formulas = {v for v in givens if v.owner is not None}
    for v in formulas.difference(ancestors(written)) if formulas else ():
        raise UnusedInputError(
            f"{quoted(v)} is given a value, and is no part of what is computed: an expression that "
            "is written a second time is another one.", where=made_at(v),
            fix="Name it where it is first written, u = x * 2, build the outputs from u, and "
                "write givens={u: …}.")


def check_inputs(inputs: Sequence[Variable], leaves: Iterable[Variable],
                 outputs: Sequence[Variable]) -> None:
    """All that outputs and new values read must be there: an input, or something with a value."""
    for v in leaves:
        if v not in inputs and not isinstance(v, (Constant, SharedVariable)):
            raise _missing(v, inputs, v in ancestors(outputs, stop=inputs))


def _missing(v: Variable, inputs: Sequence[Variable], by_output: bool) -> MissingInputError:
    """The error for a variable that is no input; another of its name may be."""
    twin = next((u for u in inputs if u.name == v.name and v.name), None)
    fix = (f"Add it to the inputs: function([{', '.join(map(repr, [*inputs, v]))}], ...), or to "
           "the givens." if twin is None else
           f"There are two variables named {v.name}: this one, and the input made at "
           f"{twin.origin}. Use the same one in both places.")
    return MissingInputError(f"{'the output' if by_output else 'a new value in updates'} needs "
                             f"{quoted(v)}, which is no input.", where=made_at(v), fix=fix)


def _check_unused(run: Graph, on_unused: str, needed: set[Variable], outputs: Sequence[Variable]
                  ) -> None:
    """Each input has an influence, or is computed from others, or is there by form alone."""
    unused = set(run.inputs) - needed
    if unused:
        reached = ancestors(run.results, stop=run.inputs)
        unused -= {*reached, *_hidden([*reached, *ancestors(outputs)])}
    for v in filter(unused.__contains__, run.inputs):
        message = UnusedInputError(
            f"the input {quoted(v)} has no influence on any output.", where=made_at(v),
            fix='Leave it out of the inputs, or pass on_unused_input="ignore".')
        if on_unused == "raise":
            raise message
        if on_unused == "warn":
            warnings.warn(str(message), stacklevel=5)


def _hidden(variables: Iterable[Variable]) -> set[Variable]:
    """What constants depend on by form: the derivative of 2x is 2, and yet a function of x."""
    found: set[Variable] = set()
    waiting = list(variables)
    while waiting:
        like = getattr(waiting.pop(), "like", None)
        if like is not None and like not in found:
            more = ancestors([like])
            found.update(more)
            waiting += more
    return found


def _choice(setting: str, value: Any) -> Any:
    if value not in CHOICES[setting]:
        raise BadValueError(f"{setting} cannot be {value!r}.",
                            fix=f"Choose one of {', '.join(map(repr, CHOICES[setting]))}.")
    return value


def _outputs(outputs: Any) -> tuple[list[Variable], list[bool], Any]:
    """The results as variables, whether each may be borrowed, and the form they come back in."""
    keys: Any = None
    if outputs is None:
        return [], [], ()
    if isinstance(outputs, Variable):
        return [output_of(outputs)], [False], None
    if isinstance(outputs, Mapping):
        for key in outputs:
            if not isinstance(key, str):
                raise OutputKeyError(f"the keys of outputs are strings, and {key!r} is none.",
                                     fix='Write {"cost": y}.')
        keys = sorted(outputs)
        outputs = [outputs[k] for k in keys]
    form = keys if keys is not None else () if isinstance(outputs, (list, tuple)) else None
    given = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    borrowed = [isinstance(v, Out) and bool(v.borrow) for v in given]
    return [output_of(v.variable if isinstance(v, Out) else v) for v in given], borrowed, form


def default_updates(run: Graph, leaves: Sequence[Variable], without: Any,
                    replacements: Mapping[Variable, Variable]) -> dict[SharedVariable, Variable]:
    """The updates that shared variables bring of their own, as random streams do.

    Those count that the results are made of (their `leaves`), and those that these updates are made
    of in turn; nothing above the inputs does.
    """
    found: dict[SharedVariable, Variable] = {}
    if without is True:
        return found
    if without is not False and not isinstance(without, (list, tuple, set, frozenset)):
        raise DTypeError(
            f"no_default_updates is True, False or a list of variables, and not {quoted(without)}.",
            fix="Write no_default_updates=[v.rng].",
        )
    passed = {*(without or ()), *run.updates}
    while leaves:
        new = {v: v.default_update for v in leaves
               if isinstance(v, SharedVariable) and v not in passed
               and hasattr(v, "default_update") and v.default_update is not None}
        passed.update(new)
        made = [rebuild([as_update(u, v)], replacements)[0] for v, u in new.items()]
        found.update(zip(new, made, strict=True))
        leaves = graph_inputs(made, stop=run.inputs)
    return found


#: What `eval` passes on to `function`.
OPTIONS = frozenset("mode updates givens no_default_updates accept_inplace name rebuild_strict "
                    "allow_input_downcast profile on_unused_input".split())


@public
@answering
def evaluate(v: Variable, values: Mapping[Any, Any], **options: Any) -> Any:
    """`v.eval({x: 3})`: the value of an expression when its inputs have these values."""
    leaves = graph_inputs([v])
    by_name = {u.name: u for u in leaves if u.name}
    words = [word for word in options if word not in OPTIONS]
    if words:
        raise ArgumentError(
            f"eval takes a dict from inputs to values, and got {words[0]}={options[words[0]]!r}.",
            fix=f"Write y.eval({{{words[0] if words[0] in by_name else 'x'}: "
            f"{options[words[0]]!r}}}).")
    if not isinstance(values, Mapping):
        raise ArgumentError(f"eval takes a dict from inputs to values, and got {describe(values)}.",
                            fix=f"Write y.eval({{{next(iter(by_name), 'x')}: …}}).")
    inputs = []
    for key in values:
        if isinstance(key, str) and key not in by_name:
            raise ArgumentError(f"there is no input named {key!r}.",
                                fix=f"It has {', '.join(by_name) or 'no inputs'}.")
        inputs.append(by_name[key] if isinstance(key, str) else key)
    missing = [u for u in graph_inputs([v], stop=inputs) if u not in inputs
               and not isinstance(u, (Constant, SharedVariable))]
    if missing and "givens" not in options:
        names = ", ".join(f"{quoted(u, 40)}: …" for u in (*inputs, *missing))
        raise MissingInputError(f"{quoted(missing[0])} has no value.", where=made_at(missing[0]),
                                fix=f"Write y.eval({{{names}}}).")
    if options:
        return function(inputs, v, **{"on_unused_input": "ignore", **options})(*values.values())
    cache = v.__dict__.setdefault("_functions", {})
    key = tuple(inputs)
    if key not in cache:
        cache[key] = function(inputs, v, on_unused_input="ignore")
    return cache[key](*values.values())


seams.evaluate = evaluate
