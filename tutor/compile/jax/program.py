"""The table of a graph, traced and compiled by JAX; and loops, as `jax.lax.scan`.

Where the shape of a result depends on values, the table runs outside of `jit`, an operation at a
time, and says so. Numbers have the dtypes they have in NumPy, float64 included.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tutor.compile.emit import Emitter
from tutor.compile.identifiers import SKIPPED
from tutor.compile.jax.devices import kept, on_devices, placed, whole
from tutor.compile.jax.names import (
    OWN,
    CalledBack,
    NotTraceableError,
    as_jax,
    host,
    is_traced,
    meaning,
)
from tutor.compile.lines import Line
from tutor.compile.loops import looped
from tutor.compile.rules.engine import rewritten
from tutor.compile.rules.loops import lean
from tutor.compile.source import IDENTIFIER, STRINGS, Program
from tutor.compile.table import Table
from tutor.errors import NotCompiledWarning
from tutor.graph import Apply, Variable
from tutor.loops.loop import Loop
from tutor.ops import kernels
from tutor.ops.elementwise import Elementwise
from tutor.ops.indexing import IncSubtensor, Subtensor
from tutor.ops.linalg import Dot, MatMul, Outer
from tutor.ops.shared import SharedVariable
from tutor.types import TensorType


class JaxTable(Table):
    """The table whose names mean JAX's functions, run as a whole by a compiled program."""

    quick = False

    def write(self, in_blocks: bool) -> None:
        """Fill the table; the line of the program calls the compiled one."""
        super().write(in_blocks)
        self.bindings["table"] = self.compiled
        self.traceable, self.untold = True, ""
        self.bindings["placed_"] = placed
        for node in self.nodes:
            if not all(isinstance(v.type, TensorType) for v in (*node.inputs, *node.outputs)):
                self._apart(f"in {node.op}, written at: {node.origin}")
                break
        self.jitted = jax.jit(self.run)

    def _apart(self, why: str) -> None:
        """Run an operation at a time from now on."""
        self.traceable, self.untold = False, why

    def reading(self) -> list[Line]:
        """The lines that read shared values, as every program does, and then place them."""
        reads = [Line(f"{name} = {name}_shared.raw") for name in self.loads]
        placing = [Line(f"{name} = placed_({name}_shared, {name})") for name in self.loads]
        return [*self.at_one_moment(reads), *placing] if reads else []

    def bind(self, text: str, arguments: list[str]) -> None:
        """Bind the functions that an expression names."""
        known = {*arguments, *SKIPPED, "True", "False", "None"}
        for found in IDENTIFIER.findall(STRINGS.sub("''", text)):
            if found not in known and found not in self.bindings and _is_function(found):
                self.bindings[found] = meaning(found)

    def literal(self, node: Apply, v: Variable) -> str | None:
        """As in every table, but for positions, which JAX takes as an array."""
        text = super().literal(node, v)
        positions = text is not None and v.ndim and isinstance(node.op, Subtensor | IncSubtensor)
        return None if positions else text

    def name(self, v: Variable) -> str:
        """As in every program; a shared value comes from the device."""
        if isinstance(v, SharedVariable) and v not in self.names:
            on_devices(v.container)
            name = self.names[v] = self.fresh(v.name, "s")
            self.bindings[f"{name}_shared"] = v.container
            self.loads.append(name)
        return super().name(v)

    def performing(self, node: Apply) -> Callable[..., Any]:
        """A loop as JAX's; what is written in Python is called back with values."""
        if isinstance(node.op, Loop) and not node.op.until:
            return _loop(node.op)
        runner = super().performing(node)
        return CalledBack(lambda *values: tuple(runner(*values)))

    def compiled(self, *leaves: Any) -> list[Any]:
        """The results, from the compiled program where there can be one."""
        with jax.enable_x64(True):
            placed = [self._placed(v, a) for v, a in zip(self.leaves, leaves, strict=True)]
            if self.traceable:
                try:
                    return self.jitted(*placed)
                except Exception as problem:  # an operation at a time, it works or says what fails
                    results = self.run(*placed)
                    self._apart(_cause(problem))
            else:
                results = self.run(*placed)
        if self.untold:
            why, self.untold = self.untold, ""
            warnings.warn(f'mode="jax" runs this function an operation at a time: {why}. There a '
                          "shape depends on values, or NumPy alone has the operation.",
                          NotCompiledWarning, stacklevel=3)
        return results

    def _computing(self, node: Apply) -> tuple[Callable[..., Any], bool]:
        """As in every table, in the dtypes that NumPy computes in, which are not all JAX's."""
        compute, single = super()._computing(node)
        wanted = [getattr(v.type, "numpy_dtype", None) for v in node.outputs]
        free = [v for v in node.inputs if self.literal(node, v) is None]
        first = node.op.dtype_of.start or 0
        common = _common(node, free[first:])

        def computed(*values: Any) -> Any:
            if common is not None:
                values = (*values[:first], *[jnp.asarray(v, common) for v in values[first:]])
            found = compute(*values)
            if single:
                return _as(found, wanted[0])
            return [_as(v, dtype) for v, dtype in zip(found, wanted, strict=True)]

        return computed, single

    def _placed(self, v: Variable, value: Any) -> Any:
        """A value on the device, spread as `v.tag.sharding` says."""
        if not isinstance(v.type, TensorType):
            return value
        wanted = v.__dict__.get("_tag") and getattr(v.tag, "sharding", None)
        return jnp.asarray(value) if wanted is None else jax.device_put(value, wanted)


def _common(node: Apply, operands: Sequence[Variable]) -> Any:
    """The dtype in which NumPy computes with operands of several; None where there is one, or where
    NumPy's own function runs."""
    dtypes = {v.type.numpy_dtype for v in operands if isinstance(v.type, TensorType)}
    if len(dtypes) < 2 or not isinstance(node.op, Elementwise | Dot | MatMul | Outer):
        return None
    text = node.op.source(node, [f"_{i}" for i in range(len(node.inputs))]) or ""
    if any(hasattr(kernels, name) and name not in OWN for name in IDENTIFIER.findall(text)):
        return None
    return np.result_type(*dtypes)


def _as(value: Any, dtype: Any) -> Any:
    """A result in the dtype that is declared."""
    if dtype is None or getattr(value, "dtype", dtype) == dtype:
        return value
    return value.astype(dtype)


def _cause(problem: Exception) -> str:
    """Which operation could not be compiled, and the line that made it."""
    node = getattr(problem, "node", None)
    if node is not None:
        return f"in {node.op}, written at: {node.origin}"
    return "; ".join(getattr(problem, "__notes__", ())) or f"{type(problem).__name__}: {problem}"


def _is_function(name: str) -> bool:
    return hasattr(kernels, name) or hasattr(np, name)


def _loop(loop: Loop) -> Callable[..., Any]:
    """A loop as `jax.lax.scan`: the carry holds the values that later steps read."""
    results, _ = rewritten(lean(loop.outputs, loop.inputs)[0], loop.inputs)
    table = JaxTable(loop.inputs, results)
    places = {v: i for i, v in enumerate(dict.fromkeys(results))}
    plain = looped(loop)
    first, states = 1 + loop.sequences, len(loop.states)

    def step_of(values: Sequence[Any]) -> list[Any]:
        found = dict(zip(places, _run(table, list(places), values), strict=True))
        return [found[v] for v in results]

    def run(n: Any, *values: Any) -> Any:
        if is_traced(n):
            raise NotTraceableError
        if not any(map(is_traced, values)):
            return [as_jax(v) for v in plain(host(n), *map(host, values))]
        count, sequences = int(n), values[: loop.sequences]
        loop.ready(count, sequences)
        initial, constants = values[first - 1 : first - 1 + states], values[first - 1 + states :]
        rows = [s.history or s.depth > 1 for s in loop.states]
        carry = [v if many else v[None] for many, v in zip(rows, initial, strict=True)]
        carry = [v.astype(r.dtype) for v, r in zip(carry, loop.results, strict=False)]

        def body(before: Any, slices: Any) -> Any:
            reads = [before[i][loop.states[i].depth + tap] for i, tap in loop.taps()]
            found = step_of([*slices, *reads, *constants])
            found = [jnp.asarray(v, r.dtype) for v, r in zip(found, loop.results, strict=True)]
            after = [jnp.concatenate([b[1:], v[None]]) for b, v in zip(before, found, strict=False)]
            return after, [v for v, kept in zip(found, loop.kept, strict=True) if kept]

        last, stacked = jax.lax.scan(body, carry, [s[:count] for s in sequences], length=count)
        kepts = iter(stacked)
        return [next(kepts) if kept else last[i][-1] for i, kept in enumerate(loop.kept)]

    return run


def _run(table: JaxTable, wanted: Sequence[Variable], values: Sequence[Any]) -> list[Any]:
    """The values of any variables of a table, those that are inputs or constants too."""
    made = dict(zip(table.results_of, table.run(*values), strict=True))
    given = dict(zip(table.inputs, values, strict=True))
    constants = {v: getattr(v, "data", None) for v in wanted}
    known = {**constants, **given, **made}
    return [known[v] for v in wanted]


class JaxEmitter(Emitter):
    """The `__call__` of a function whose program is JAX's: results are copied to the host."""

    def _arrays(self) -> Program:
        return JaxTable(self.inputs, self.results)

    def _independent(self, program: Program, v: Variable, seen: set[Variable], place: int) -> str:
        name = program.name(v)
        if not isinstance(v.type, TensorType):
            return name
        program.bindings.update(on_host=whole, kept_=kept)
        root = program.roots.get(v, v)  # of an argument or a constant JAX may share the memory
        own = root.owner is not None or isinstance(root, SharedVariable)
        target = None if place < self.n else [*self.updates][place - self.n]
        shared = isinstance(target, SharedVariable)
        return f"kept_({name})" if shared and own else f"on_host({name})"
