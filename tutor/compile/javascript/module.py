"""Functions as a module of JavaScript: what they compute, what they share, what they call.

Comes after the lines of a graph. Shared variables are in `parameters`, which updates write.

>>> import tutor, tutor.tensor as T; x = T.dscalar("x")
>>> print(written(tutor.function([x], x ** 2, name="square")).splitlines()[3])
export function square(x) {
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutor.compile.compiled import Function
from tutor.compile.javascript.expressions import literal
from tutor.compile.javascript.program import WIDE, Body, Names, refused, tensor
from tutor.compile.javascript.runtime import NAME, carried, functions
from tutor.compile.standalone import shared_of
from tutor.core.errors import BadValueError, shortened
from tutor.core.graph import Variable, quoted
from tutor.core.shared import SharedVariable
from tutor.core.types import TensorType


def written(*given: Function) -> str:
    """The text of a module that exports these functions.

    Raises BadValueError for an op or a dtype that JavaScript does not have.
    """
    module = Names()
    shared: dict[str, SharedVariable] = {}
    for f in given:
        shared |= shared_of(f)
    bound = {v: key if key not in module.taken else module.fresh(f"{key}_", "p")
             for key, v in shared.items()}
    module.taken.update(("parameters", *bound.values()))
    bodies = [exported(module, f, bound) for f in given]
    values = [f"  {key}: {tensor(v.get_value(borrow=True), v.dtype)}," for key, v in shared.items()]
    kept = ["/** What the functions share; updates write it. */", "export const parameters = {",
            *values, "};"] if shared else []
    constants = [f"const {name} = {value};" for name, value in module.constants.items()]
    program = "\n\n".join([*bodies, *module.steps])
    ending = "\n".join([*constants, *kept])
    called = [name for name in NAME.findall(program + ending) if name in functions()]
    head = "// Written by tutor. It needs nothing else, and runs in a browser or in node."
    runtime = f"// What is called above.\n\n{carried([*called, 'Tensor'])}"
    return "\n\n".join([head, program, runtime, f"{ending}\nexport {{ Tensor }};\n"])


def exported(module: Names, f: Function, bound: Mapping[SharedVariable, str]) -> str:
    """A function as it stands in a module; shared variables are bound to these names."""
    if f.graph.states:
        raise BadValueError("an input that keeps a state has no place in a program of its own.",
                            fix="Keep the state in a shared variable, with updates.")
    for v in f.inputs:
        if not isinstance(v.type, TensorType) or v.dtype.startswith("complex"):
            raise refused(v, f"it is {v.type}")
    title = module.fresh(f.name or "f", "f")
    before = set(module.taken)
    arguments = [module.fresh(v.name, "x") for v in f.inputs]
    shared = shared_of(f)
    named: dict[Variable, str] = dict(zip(f.graph.inputs, arguments, strict=True))
    named |= {v: bound[v] for v in shared.values()}
    updates: Mapping[SharedVariable, Variable] = f.graph.updates
    body = Body(module, named, [*f.graph.outputs, *updates.values()])
    lines = [f'{a} = argument({a}, "{a}", "{v.dtype}", {v.ndim});'
             for a, v in zip(arguments, f.inputs, strict=True)]
    if shared:
        words = [key if named[v] == key else f"{key}: {named[v]}" for key, v in shared.items()]
        lines.append(f"const {{ {', '.join(words)} }} = parameters;")
    lines += body.lines
    keys = {v: key for key, v in shared.items()}
    words = [f"{keys[v]}: {body.name(new)}" for v, new in updates.items()]
    found = formed([body.name(v) for v in f.graph.outputs], f)
    if updates:
        lines.append(f"Object.assign(parameters, {{ {', '.join(words)} }});")
    told = ", ".join(quoted(v, WIDE) for v in f.outputs) or "nothing; it updates the parameters"
    head = [f"/** Compute {shortened(told, WIDE)}. */".replace("*/", "*\\/", told.count("*/")),
            f"export function {title}({', '.join(arguments)}) {{"]
    module.taken = before | set(module.constants) | {
        step.split("(")[0].removeprefix("function ") for step in module.steps}
    return "\n".join([*head, *[f"  {line}" for line in lines], f"  return {found};", "}"])


def formed(finals: Sequence[str], f: Function) -> str:
    """The results in the form that the function gives them."""
    form = f._request.form
    if form is None:
        return finals[0]
    if isinstance(form, Mapping | list):
        parts = [f"{literal(str(k))}: {v}" for k, v in zip(form, finals, strict=True)]
        return f"{{ {', '.join(parts)} }}"
    return f"[{', '.join(finals)}]"
