"""A function compiled with `mode="jax"` as a module of JAX, which runs without this package.

What is computed is one function under `jit`, of arguments and parameters; sizes stay NumPy's, so
that they are known while it is traced. Numbers have 64 bits where the function's have.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import FunctionType
from typing import Any

import jax
import jax.numpy as jnp

from tutor.compile.compiled import Function
from tutor.compile.jax.names import CalledBack, DataDependent, Either, meaning
from tutor.compile.scope import formed
from tutor.compile.standalone import Module, names_in, parts_of_loop, written_for
from tutor.core.errors import BadValueError
from tutor.core.graph import Apply, Constant, Variable, made_at
from tutor.core.types import DISCRETE
from tutor.core.variables import SharedVariable

NUMPY = 'Compile the function without mode="jax", and save that.'


class JaxModule(Module):
    """The parts of a module whose names are JAX's, where values count, and NumPy's for sizes."""

    needs = "NumPy and JAX"
    settings = ('jax.config.update("jax_enable_x64", True)',)

    def __init__(self, parameters: str) -> None:
        super().__init__(parameters)
        self.imports.update(jax="import jax", jnp="import jax.numpy as jnp",
                            special="import jax.scipy.special")
        self.taken |= {"jax", "jnp", "computed", *dir(jnp)}
        self.known: dict[Variable, bool] = {}

    @property
    def runner(self) -> Callable[..., Any]:
        """The function that runs a loop."""
        return scan_steps

    def computing(self, f: Function, head: Sequence[str], shared: Mapping[str, SharedVariable]
                  ) -> list[str]:
        """A function of arguments and parameters, compiled; and the one that calls it."""
        if reason := getattr(f.program, "reason", ""):
            raise BadValueError(f"JAX cannot compile this function as a whole: {reason}.",
                                fix=NUMPY)
        self.names.update({v: self.fresh(v.name, "p") for v in shared.values()})
        given = [self.names[v] for v in [*f.graph.inputs, *shared.values()]]
        lines = [f"    {line}" for line in self.lines([*f.graph.outputs,
                                                       *f.graph.updates.values()])]
        results = ", ".join(self.name(v) for v in [*f.graph.outputs, *f.graph.updates.values()])
        pure = ["@jax.jit", f"def computed({', '.join(given)}):", *lines,
                f"    return [{results}]", "", ""]
        keys = {v: key for key, v in shared.items()}
        read = [*given[:len(f.graph.inputs)], *[f"PARAMETERS[{key!r}]" for key in shared]]
        body = [*head, f"    found = computed({', '.join(read)})"]
        n = len(f.graph.outputs)
        if f.graph.updates:
            values = ", ".join(f"{keys[v]!r}: found[{n + i}]"
                               for i, v in enumerate(f.graph.updates))
            body.append(f"    PARAMETERS.update({{{values}}})")
        finals = [f"np.asarray(found[{i}])" for i in range(n)]
        return [*pure, *body, f"    return {formed(f._request.form, finals)}"]

    def is_known(self, v: Variable) -> bool:
        """Whether a value follows from shapes and constants: it is known while tracing."""
        if v not in self.known:
            node = v.owner
            self.known[v] = isinstance(v, Constant) if node is None else not node.op.draws and all(
                map(self.is_known, node.inputs[node.op.reads]))
        return self.known[v]

    def said(self, node: Apply, text: str, own: set[str]) -> str:
        """The expression in JAX's names and the dtype that it has in NumPy."""
        if all(map(self.is_known, node.outputs)):
            return super().said(node, text, own)
        renamed = {}
        text = ast.unparse(_Both().visit(ast.parse(text, mode="eval")))
        for name in names_in(text) - own:
            found: Any = meaning(node.op, name)
            if isinstance(found, Either):
                found = found.other
            if isinstance(found, (CalledBack, DataDependent)):
                raise BadValueError(
                    f"{node.op} runs in NumPy alone, so it cannot stand in a program of JAX.",
                    where=made_at(node.outputs[0]),
                    fix=NUMPY)
            if isinstance(found, FunctionType) and found.__module__.startswith("tutor."):
                renamed[name] = f"{name}_jax"
                self.copy(renamed[name], found)
            elif name in node.op.kernels:
                renamed[name] = _public(found)
        for name, new in renamed.items():
            text = re.sub(rf"\b{name}\b(?=\()", new, text)
        said = written_for("jnp", jnp, text, own | self.copied.keys() | self.imports.keys())
        if len(node.outputs) > 1:
            return said
        return f"jnp.asarray({said}, {node.outputs[0].dtype!r})" if _mixed(node) else said


def _public(function: Any) -> str:
    """The name by which JAX's documentation knows a function."""
    name = str(function.__name__)
    for module in ("jax.nn", "jax.scipy.special", "jax.numpy"):
        if getattr(import_module(module), name, None) is function:
            return f"{module}.{name}"
    raise BadValueError(f"JAX has no public {name}.", fix=NUMPY)


def _mixed(node: Apply) -> bool:
    """Whether JAX might give the result another dtype than NumPy does."""
    dtypes = {v.dtype for v in [*node.inputs[node.op.dtype_of], *node.outputs]}
    return len(dtypes) > 1 or not (node.op.elementwise or dtypes.isdisjoint(DISCRETE))


class _Both(ast.NodeTransformer):
    """Write a choice as one between two values, both of which are computed."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])


def scan_steps(step: Any, given: Any, n_sequences: Any, keep: Any, shapes: Any) -> Any:
    """The results of a loop, as one `jax.lax.scan`."""
    steps, sequences, initial, constants = parts_of_loop(given, n_sequences, keep)
    dtypes = [dtype for dtype, _ in shapes]
    initial = [jnp.asarray(v, dtype) for v, dtype in zip(initial, dtypes, strict=False)]
    stacked = [not (i < len(keep) and keep[i] != "all") for i in range(len(shapes))]

    def body(states: Any, slices: Any) -> Any:
        found = step(*slices, *states, *constants)
        found = [jnp.asarray(v, dtype) for v, dtype in zip(found, dtypes, strict=True)]
        return found[:len(keep)], [v for v, kept in zip(found, stacked, strict=True) if kept]

    last, rows = jax.lax.scan(body, initial, [s[:steps] for s in sequences], length=steps)
    rows = iter(rows)
    return [next(rows) if kept else last[i] for i, kept in enumerate(stacked)]
