"""The back end of JAX: the lines of a program, traced and compiled; loops as `jax.lax.scan`.

Where the shape of a result depends on values, they run outside of `jit`, an operation at a time,
and a warning says so. Numbers have the dtypes they have in NumPy, float64 included.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tutor.compile.explain import explained
from tutor.compile.jax import kernels
from tutor.compile.jax.devices import handed_out, kept, on_devices, placed, spread, whole
from tutor.compile.jax.donation import DeletedError, Donation, alive, undisturbed
from tutor.compile.jax.loops import reading, scanning
from tutor.compile.jax.names import CalledBack, meaning
from tutor.compile.loops import function_of, performing
from tutor.compile.lowering import Call, Instruction, Program, Segment
from tutor.compile.passes import checked, inner_graph
from tutor.compile.scope import Line, literal, names_in
from tutor.compile.source import Source
from tutor.compile.table import OneCall
from tutor.core.arrays import DimShuffle, Dot, Outer, Reduction
from tutor.core.elementwise import Elementwise
from tutor.core.graph import Apply, Variable
from tutor.core.indexing import IncSubtensor, Subtensor
from tutor.core.op import Op
from tutor.core.scan import Loop
from tutor.core.types import DISCRETE, TensorType
from tutor.core.variables import SharedVariable
from tutor.errors import NotCompiledWarning, SingularMatrixError
from tutor.ops.linalg import MatMul
from tutor.ops.matrices import MatrixInverse
from tutor.ops.solving import TURNED, Solve


class JaxSource(Source):
    """The lines of a program whose names mean JAX's functions, in the dtypes that NumPy computes
    in, which are not all JAX's."""

    def __init__(self, program: Program, outside: bool = False) -> None:
        self.outside = outside  # it is no step of a loop
        #: By name, whether matrices that are solved with are regular, and the nodes that do it.
        self.regular: dict[str, Apply] = {}
        super().__init__(program, jax_performing)
        self.bindings.update(typed_=typed, as_dtype_=jnp.asarray, regular_=kernels.regular)

    def _lines(self, part: Instruction) -> list[Line]:
        """The lines of an instruction, and whether JAX could solve what it solves: it does not say.
        """
        if isinstance(part, Call) and isinstance(part.op, Loop) and not part.op.until:
            node = reading(part.op, part.operands)
            part = Call(node.op, node.inputs, part.results, node)
        lines = super()._lines(part)
        if isinstance(part, Call) and isinstance(part.op, Solve | MatrixInverse) and self.outside:
            turned, name = self._turned(part.operands[0]), self.fresh(None, "regular")
            a = part.operands[0] if turned is None else turned  # the elimination is the same
            self.regular[name] = part.node
            triangle = getattr(part.op, "A_structure", "general") in TURNED
            lines.append(Line(f"{name} = regular_({self.name(a)}, {triangle})"))
        return lines

    def _segment(self, segment: Segment) -> list[Line]:
        """Both branches of an `ifelse`: which one is taken is not known while tracing."""
        return [line for part in segment.instructions for line in self._lines(part)]

    def meaning(self, op: Op, name: str) -> Any:
        """The function of a name: JAX's, or what stands for a kernel."""
        if isinstance(op, Solve) and name == "solve" and not self.outside:
            return CalledBack(op.kernels[name])  # which tells of what is singular
        return meaning(op, name)

    def operand(self, call: Call, v: Variable) -> str:
        """An operand in the dtype of all; positions, which JAX takes as an array, by name."""
        text = literal(call, v)
        if text is not None and not (v.ndim and isinstance(call.op, Subtensor | IncSubtensor)):
            return text
        typed = [u for u in call.operands[call.op.dtype_of] if literal(call, u) is None]
        common = _common(call, typed) if any(v is u for u in typed) else None
        return self.name(v) if common is None else f"as_dtype_({self.name(v)}, {common.name!r})"

    def _fast(self, call: Call, operands: Sequence[str], shown: str) -> str:
        """The expression, whose results have the dtypes that are declared."""
        shown = self._otherwise(call) or shown
        dtypes = tuple([getattr(v.type, "dtype", None) for v in call.results])
        single = len(dtypes) == 1 and call.op.source(call.node, operands) is not None
        declared = dtypes[0] if single else dtypes
        return f"typed_({shown}, {declared!r})"

    def _otherwise(self, call: Call) -> str | None:
        """What XLA computes faster than the expression of the op, where there is such a thing."""
        if isinstance(call.op, Dot | Solve) and _of_one_type(call.operands):
            matrix, y = self._turned(call.operands[0]), call.operands[1]
            if matrix is None:
                return None
            if isinstance(call.op, Dot):  # of x.T·y it makes a plain loop, twenty times slower
                return f"dot({self.name(y)}, {self.name(matrix)})" if y.ndim == 1 else None
            if call.op.A_structure not in TURNED and self.outside:
                self.bindings["solve_turned_"] = kernels.solve_turned
                return f"solve_turned_({self.name(matrix)}, {self.name(y)})"
        stacks = _summed_stacks(call)
        if stacks is None:
            return None
        lead = range(stacks[0].ndim - 2)
        self.bindings["tensordot_"] = jnp.tensordot
        return f"tensordot_({self.name(stacks[0])}, {self.name(stacks[1])}, " \
               f"{((*lead, -1), (*lead, -2))})"

    def _turned(self, v: Variable) -> Variable | None:
        """The matrix whose transpose a value is."""
        node = v.owner
        turns = node is not None and isinstance(node.op, DimShuffle) and node.op.is_transpose(2)
        matrix = node.inputs[0] if node is not None and turns else None
        return matrix if matrix in self.names else None


class JaxProgram(OneCall):
    """A program that JAX traces and compiles as a whole."""

    word = "compiled"

    def __init__(self, program: Program, updates: Mapping[Variable, Variable]) -> None:
        super().__init__(program, updates)
        source = JaxSource(program, outside=True)
        self.apart = function_of(source, self.leaves, source.body,
                                 [*map(source.name, self.results), *source.regular])
        self.regular = list(source.regular.values())
        #: The inputs that are spread over devices, as `v.tag.sharding` says.
        self.spread = {i: v.tag.sharding for i, v in enumerate(program.inputs)
                       if hasattr(v.__dict__.get("_tag"), "sharding")}
        self.donation = Donation({} if self.regular else updates, self.leaves, program.outputs,
                                 self.results)
        self.stores = updates if self.donation.donors else ()
        self.jitted = self.donation.compiled(self.apart)
        self.bindings["placed_"] = placed
        #: Why it runs an operation at a time, where it does; whether that was said.
        self.reason = next((f"in {call.op}, written at: {call.node.origin}"
                            for call in program.calls if not all(
            isinstance(v.type, TensorType) for v in (*call.operands, *call.results))), "")
        self.warned = False

    @property
    def traceable(self) -> bool:
        """Whether it runs as a whole."""
        return not self.reason

    def prologue(self) -> list[Line]:
        """The lines that read shared values, as every program does, and then place them."""
        reads = [Line(f"{name} = {name}_shared.raw") for name in self.loads]
        placing = [Line(f"{name} = placed_({name}_shared, {name})") for name in self.loads]
        return [*self.at_one_moment(reads), *placing] if reads else []

    def name(self, v: Variable) -> str:
        """As in every program; a shared value comes from the device."""
        if isinstance(v, SharedVariable):
            on_devices(v.container)
        return super().name(v)

    def own(self, v: Variable, stored: bool) -> str | None:
        """A result, copied to the host, or kept on the device where nothing else holds it."""
        name = self.name(v)
        if not isinstance(v.type, TensorType):
            return name
        self.bindings.update(on_host=whole, handed_out_=self.handed_out, kept_=self.kept)
        once = self.program.outputs.count(v) == 1 and v in self.results
        if stored:
            return f"kept_({name})" if once else f"on_host({name})"
        return f"handed_out_({name})" if v.ndim and once else f"on_host({name})"

    def kept(self, value: Any) -> Any:
        """A result that nobody else gets, kept on the device."""
        return kept(value) if self.traceable else whole(value)

    def handed_out(self, value: Any) -> Any:
        """A result that nobody else gets."""
        return handed_out(value) if self.traceable else whole(value)

    @property
    def lines(self) -> list[Line]:
        """What it computes, and what it stores itself."""
        new = self.updates.items() if self.stores else ()
        return [*super().lines, *[Line(f"{self.name(shared)}_shared.value = {self.name(v)}")
                                  for shared, v in new]]

    def run(self, *leaves: Any) -> Sequence[Any]:
        """The results; once more where another thread wrote over a value in the meantime."""
        values: Sequence[Any] = leaves
        while True:
            try:
                return self._found(values)
            except Exception:
                again = alive(self.leaves, values)
                if again is values:
                    raise
                values = again

    def _found(self, leaves: Sequence[Any]) -> Sequence[Any]:
        """The results, from the compiled program where there can be one."""
        with jax.enable_x64(True):
            if self.spread:
                leaves = [spread(value, self.spread[i]) if i in self.spread else value
                          for i, value in enumerate(leaves)]
            if self.traceable:
                try:
                    return self._solved(self._compiled(leaves))
                except (SingularMatrixError, DeletedError):
                    raise
                except Exception as problem:  # an operation at a time, it works or says what fails
                    results = self.apart(*map(_placed, self.leaves, leaves))
                    self.reason = _cause(problem)
            else:
                results = self.apart(*map(_placed, self.leaves, leaves))
        if not self.warned:
            self.warned = True
            warnings.warn(f'mode="jax" runs this function an operation at a time: {self.reason}. '
                          "There a shape depends on values, or NumPy alone has the operation.",
                          NotCompiledWarning, stacklevel=4)
        if self.donation.donors:
            self.donation.store([whole(results[k]) for k in self.donation.order])
        return self._solved(results)

    def _compiled(self, leaves: Sequence[Any]) -> Any:
        """The results of the compiled program."""
        if not self.loads:
            return self.jitted(*leaves)
        if not self.donation.gives:
            return undisturbed(self.jitted, leaves)
        return self.donation.run(self.jitted, leaves)

    def _solved(self, found: Sequence[Any]) -> Sequence[Any]:
        """The results without what follows them: whether each triangle was regular."""
        if not self.regular:
            return found
        n = len(self.results)
        for node, regular in zip(self.regular, found[n:], strict=True):
            if not regular:
                raise explained(np.linalg.LinAlgError("Singular matrix"), node, {})
        return found[:n]


def jax_performing(node: Apply) -> Callable[..., Any]:
    """A loop as JAX's; what is written in Python is called back with values."""
    run = performing(node)
    if isinstance(node.op, Loop) and not node.op.until:
        inputs, results = inner_graph(node.op)
        source = JaxSource(checked(inputs, results))
        step = function_of(source, inputs, source.body, [source.name(v) for v in results])
        return scanning(node.op, step, run)
    return CalledBack(lambda *values: tuple(run(*values)))


def _placed(v: Variable, value: Any) -> Any:
    """A value on the device."""
    return jnp.asarray(value, v.dtype) if isinstance(v.type, TensorType) else value


def _common(call: Call, operands: Sequence[Variable]) -> Any:
    """The dtype in which NumPy computes with operands of several; None where there is one, or where
    NumPy's own function runs."""
    dtypes = {v.type.numpy_dtype for v in operands if isinstance(v.type, TensorType)}
    if len(dtypes) < 2 or not isinstance(call.op, Elementwise | Dot | MatMul | Outer):
        return None
    text = call.op.source(call.node, [f"_{i}" for i in range(len(call.operands))]) or ""
    if any(isinstance(meaning(call.op, name), CalledBack) for name in names_in(text)):
        return None
    return np.result_type(*dtypes)


def _summed_stacks(call: Call) -> Sequence[Variable] | None:
    """The factors of products of stacked matrices that are summed over the stack, which is one
    product: so the weights of layers over sequences get their gradients."""
    node = call.operands[0].owner if isinstance(call.op, Reduction) else None
    if node is None or not isinstance(node.op, MatMul) or not _of_one_type(node.inputs):
        return None
    x, y = node.inputs
    lead = [v.broadcastable[:-2] for v in (x, y)]
    whole = x.ndim == y.ndim > 2 and lead[0] == lead[1]
    over = call.op.axis == tuple(range(x.ndim - 2)) and not call.op.keepdims
    return (x, y) if whole and over and call.op.kind == "sum" else None


def _of_one_type(operands: Sequence[Variable]) -> bool:
    return len({v.dtype for v in operands}) == 1 and operands[0].dtype not in DISCRETE


def typed(found: Any, dtypes: str | Sequence[str | None] | None) -> Any:
    """A result in the dtype that is declared, or several."""
    if isinstance(dtypes, tuple):
        return [typed(value, dtype) for value, dtype in zip(found, dtypes, strict=True)]
    same = dtypes is None or getattr(found, "dtype", dtypes) == dtypes
    return found if same else found.astype(dtypes)


def _cause(problem: Exception) -> str:
    """Which operation could not be compiled, and the line that made it."""
    node = getattr(problem, "node", None)
    if node is not None:
        return f"in {node.op}, written at: {node.origin}"
    notes = [n for n in getattr(problem, "__notes__", ()) if n.startswith("in ")]  # JAX has its own
    return "; ".join(notes) or f"{type(problem).__name__}: {problem}"
