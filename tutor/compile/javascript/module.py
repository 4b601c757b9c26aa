"""Functions as a module of JavaScript: what they compute, what they share, what they call.

Comes after the lines of a graph. Shared variables are in `parameters`, which updates write.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> print(written(tutor.function([x], x ** 2, name="bowl")).splitlines()[3])
export function bowl(x) {
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tutor.compile.compiled import Function
from tutor.compile.javascript.expressions import literal
from tutor.compile.javascript.program import WIDE, Body, Names, refused, state, tensor
from tutor.compile.javascript.runtime import NAME, carried, compact, functions
from tutor.compile.scope import formed, identifier
from tutor.core.errors import BadValueError, shortened
from tutor.core.graph import Variable, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.ops.shared import RandomStateType


class Module(NamedTuple):
    """A module in its parts, and what its shared variables are called in `parameters`."""

    program: str
    runtime: str
    ending: str
    keys: dict[SharedVariable, str]

    @property
    def text(self) -> str:
        """The module, whole."""
        head = "// Written by tutor. It needs nothing else, and runs in a browser or in node."
        return "\n\n".join([head, self.program, f"// What is called above.\n\n{self.runtime}",
                            f"{self.ending}\nexport {{ Tensor }};\n"])


def written(*given: Function) -> str:
    """The text of a module that exports these functions.

    Raises BadValueError for an op or a dtype that JavaScript does not have.
    """
    names = Names()
    return module({names.fresh(f.name or "f", "f"): f for f in given}).text


def module(given: Mapping[str, Function], values: Mapping[SharedVariable, Any] = {},
           calls: Sequence[str] = ()) -> Module:
    """A module of functions by name; shared variables begin with these values, or those that they
    have. It carries what they call, and these functions of the runtime too."""
    names = Names()
    names.taken.update(("parameters", *given))
    keys: dict[SharedVariable, str] = {}
    for v in dict.fromkeys(v for f in given.values() for v in shared_by(f)):
        key = identifier(v.name) or "p"
        while key in keys.values():
            key = f"{key}_2"
        keys[v] = key
    bound = {v: key if key not in names.taken else names.fresh(f"{key}_", "p")
             for v, key in keys.items()}
    names.taken.update(bound.values())
    bodies = [exported(names, title, f, keys, bound) for title, f in given.items()]
    lines = [f"  {key}: {valued(v, values.get(v, v.get_value(borrow=True)))},"
             for v, key in keys.items()]
    kept = ["/** What the functions share; updates write it. */", "export const parameters = {",
            *lines, "};"] if keys else []
    constants = [f"const {name} = {value};" for name, value in names.constants.items()]
    program = "\n\n".join([*bodies, *names.steps])
    ending = "\n".join([*constants, *kept])
    used = [name for name in NAME.findall(program + ending) if name in functions()]
    return Module(program, carried([*used, *calls, "Tensor"]), ending, keys)


def script(given: Module) -> str:
    """A module as a plain script, for a page or a worker: it exports nothing, and what it calls
    has no comments."""
    program, ending = (re.sub(r"^export ", "", part, flags=re.MULTILINE)
                       for part in (given.program, given.ending))
    return "\n\n".join([program, compact(given.runtime), ending])


def shared_by(f: Function) -> list[SharedVariable]:
    """The shared variables that a function reads or updates."""
    found = [*dict.fromkeys([*f.get_shared(), *f.graph.updates])]
    for v in found:
        if not isinstance(v.type, TensorType | RandomStateType):
            raise refused(v, f"it is {v.type}")
    return found


def valued(v: SharedVariable, value: Any) -> str:
    """The value of a shared variable as JavaScript makes it."""
    return tensor(value, v.dtype) if isinstance(v.type, TensorType) else state(value)


def exported(names: Names, title: str, f: Function, keys: Mapping[SharedVariable, str],
             bound: Mapping[SharedVariable, str]) -> str:
    """A function as it stands in a module; shared variables have these keys, and are bound to these
    names."""
    if f.graph.states:
        raise BadValueError("an input that keeps a state has no place in a program of its own.",
                            fix="Keep the state in a shared variable, with updates.")
    for v in f.inputs:
        if not isinstance(v.type, TensorType) or v.dtype.startswith("complex"):
            raise refused(v, f"it is {v.type}")
    before = set(names.taken)
    arguments = [names.fresh(v.name, "x") for v in f.inputs]
    shared = shared_by(f)
    named: dict[Variable, str] = dict(zip(f.graph.inputs, arguments, strict=True))
    named |= {v: bound[v] for v in shared}
    updates: Mapping[SharedVariable, Variable] = f.graph.updates
    body = Body(names, named, [*f.graph.outputs, *updates.values()])
    lines = [f'{a} = argument({a}, "{a}", "{v.dtype}", {v.ndim});'
             for a, v in zip(arguments, f.inputs, strict=True)]
    if shared:
        words = [bound[v] if bound[v] == keys[v] else f"{keys[v]}: {bound[v]}" for v in shared]
        lines.append(f"const {{ {', '.join(words)} }} = parameters;")
    lines += body.lines
    words = [f"{keys[v]}: {body.name(new)}" for v, new in updates.items()]
    found = formed(f._request.form, [body.name(v) for v in f.graph.outputs], literal)
    if body.between:
        lines.insert(0, "begin();")
        found = f"done({found}{', parameters' if shared else ''})"
    if updates:
        lines.append(f"Object.assign(parameters, {{ {', '.join(words)} }});")
    told = ", ".join(quoted(v, WIDE) for v in f.outputs) or "nothing; it updates the parameters"
    told = shortened(told, WIDE).replace("*/", "*\\/")
    head = [f"/** Compute {told}. */",
            f"export function {title}({', '.join(arguments)}) {{"]
    names.taken = before | set(names.constants) | {
        step.split("(")[0].removeprefix("function ") for step in names.steps}
    return "\n".join([*head, *[f"  {line}" for line in lines], f"  return {found};", "}"])
