"""`function`: an expression becomes something you can call.

Checks what it is given, rewrites, generates the program, and wraps it in a class of its own whose
`__call__` is generated too, so that a call costs little.

>>> from tutor.core.graph import constant
>>> function([], constant([1, 2]) * 3)()
array([3, 6])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tutor.compile.checks import checked_request
from tutor.compile.compiled import Function, compiled, measured
from tutor.config import change_flags
from tutor.core.errors import ArgumentError, describe
from tutor.core.graph import Variable
from tutor.core.op import public
from tutor.core.seams import seams
from tutor.core.walk import graph_inputs
from tutor.signatures import answering

if TYPE_CHECKING:
    from tutor.compile.profiling import ProfileStats

__all__ = ["Function", "evaluate", "function"]


@public
@answering
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
    profile: bool | str | ProfileStats | None = None,
    on_unused_input: str | None = None,
) -> Function:
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
            rebuild_strict,
        )
        return compiled(request, name, measured(profile, name))


#: What `eval` passes on to `function`.
OPTIONS = frozenset("mode updates givens no_default_updates accept_inplace name rebuild_strict "
                    "allow_input_downcast profile on_unused_input".split())


@public
@answering
def evaluate(v: Variable, values: Mapping[Any, Any], **options: Any) -> Any:
    """`v.eval({x: 3})`: the value of an expression when its inputs have these values."""
    by_name = {u.name: u for u in graph_inputs([v]) if u.name}
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


seams.evaluate = evaluate
