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
from tutor.compile.lowering import Call, Program
from tutor.compile.passes import checked, inner_graph
from tutor.compile.scope import names_in
from tutor.compile.table import Expression, Table
from tutor.core.elementwise import Elementwise
from tutor.core.errors import NotCompiledWarning
from tutor.core.graph import Constant, Variable
from tutor.core.indexing import IncSubtensor, Subtensor
from tutor.core.op import Op
from tutor.core.products import Dot, Outer
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.loops.loop import Loop
from tutor.ops import kernels
from tutor.ops.linalg import MatMul


class JaxTable(Table):
    """The table whose names mean JAX's functions, run as a whole by a compiled program."""

    fast = False

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.bindings.update(table=self.compiled, placed_=placed)
        self.traceable, self.untold = True, ""
        apart = next((call.node for call in program.calls if not all(
            isinstance(v.type, TensorType) for v in (*call.operands, *call.results))), None)
        if apart is not None:
            self._apart(f"in {apart.op}, written at: {apart.origin}")
        self.jitted = jax.jit(self.run)

    def _apart(self, why: str) -> None:
        """Run an operation at a time from now on."""
        self.traceable, self.untold = False, why

    def prologue(self) -> list[Line]:
        """The lines that read shared values, as every program does, and then place them."""
        reads = [Line(f"{name} = {name}_shared.raw") for name in self.loads]
        placing = [Line(f"{name} = placed_({name}_shared, {name})") for name in self.loads]
        return [*self.at_one_moment(reads), *placing] if reads else []

    def meaning(self, op: Op, name: str) -> Any:
        """The function of a name: JAX's, or what stands for a kernel."""
        return meaning(name) if hasattr(kernels, name) or hasattr(np, name) else None

    def literal(self, call: Call, v: Variable) -> str | None:
        """As in every table, but for positions, which JAX takes as an array."""
        text = super().literal(call, v)
        positions = text is not None and v.ndim and isinstance(call.op, Subtensor | IncSubtensor)
        return None if positions else text

    def name(self, v: Variable) -> str:
        """As in every program; a shared value comes from the device."""
        if isinstance(v, SharedVariable):
            on_devices(v.container)
        return super().name(v)

    def own(self, v: Variable, stored: bool) -> str | None:
        """A result, copied to the host, or kept on the device where JAX shares it with nobody."""
        name = self.name(v)
        if not isinstance(v.type, TensorType):
            return name
        self.bindings.update(on_host=whole, kept_=kept)
        root = self.program.root(v)  # of an argument or a constant JAX may share the memory
        alone = root.owner is not None or isinstance(root, SharedVariable)
        return f"kept_({name})" if stored and alone else f"on_host({name})"

    def performing(self, call: Call) -> Callable[..., Any]:
        """A loop as JAX's; what is written in Python is called back with values."""
        if isinstance(call.op, Loop) and not call.op.until:
            return _loop(call.op, super().performing(call))
        runner = super().performing(call)
        return CalledBack(lambda *values: tuple(runner(*values)))

    def compiled(self, *leaves: Any) -> Sequence[Any]:
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

    def _expression(self, call: Call) -> Expression:
        """As in every table, in the dtypes that NumPy computes in, which are not all JAX's."""
        found = super()._expression(call)
        wanted = [getattr(v.type, "numpy_dtype", None) for v in call.results]
        first = call.op.dtype_of.start or 0
        common = _common(call, [call.operands[i] for i, _ in found.parameters][first:])

        def computed(*values: Any) -> Any:
            if common is not None:
                values = (*values[:first], *[jnp.asarray(v, common) for v in values[first:]])
            results = found.compute(*values)
            if found.single:
                return _as(results, wanted[0])
            return [_as(v, dtype) for v, dtype in zip(results, wanted, strict=True)]

        return found._replace(compute=computed)

    def _placed(self, v: Variable, value: Any) -> Any:
        """A value on the device, spread as `v.tag.sharding` says."""
        if not isinstance(v.type, TensorType):
            return value
        wanted = v.__dict__.get("_tag") and getattr(v.tag, "sharding", None)
        return jnp.asarray(value) if wanted is None else jax.device_put(value, wanted)


def _common(call: Call, operands: Sequence[Variable]) -> Any:
    """The dtype in which NumPy computes with operands of several; None where there is one, or where
    NumPy's own function runs."""
    dtypes = {v.type.numpy_dtype for v in operands if isinstance(v.type, TensorType)}
    if len(dtypes) < 2 or not isinstance(call.op, Elementwise | Dot | MatMul | Outer):
        return None
    text = call.op.source(call.node, [f"_{i}" for i in range(len(call.operands))]) or ""
    if any(hasattr(kernels, name) and name not in OWN for name in names_in(text)):
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


def _loop(loop: Loop, plain: Callable[..., Any]) -> Callable[..., Any]:
    """A loop as `jax.lax.scan`: the carry holds the values that later steps read."""
    inputs, results = inner_graph(loop)
    table = JaxTable(checked(inputs, results))
    first, states = 1 + loop.sequences, len(loop.states)

    def step_of(values: Sequence[Any]) -> list[Any]:
        known = dict(zip(loop.inputs, values, strict=True))
        known |= zip(table.results, table.run(*values), strict=True)
        return [v.data if isinstance(v, Constant) else known[v] for v in results]

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
