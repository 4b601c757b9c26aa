"""Elementwise work on large arrays, in blocks that fit the cache, shared out over threads.

Comes after the passes. A chain of operations over 10⁷ numbers reads each operand once and needs a
few blocks of scratch, in place of an array for each step. What the cache holds as a whole is one
block, with scratch that is kept. The program of a block is generated at the first call that needs
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from math import ceil
from typing import Any

import numpy as np

from tutor.compile.lowering import Call, Fused
from tutor.compile.scope import Scope
from tutor.config import config
from tutor.core.elementwise import fill
from tutor.core.graph import Constant, Variable
from tutor.core.op import Op
from tutor.core.types import DISCRETE
from tutor.memory import Pool
from tutor.ops.sums import along
from tutor.strides import common_order
from tutor.threads import shared_out

LARGE = 32_768  # numbers: below, an array is as quickly made anew
WHOLE = 1.5  # blocks: what is not larger, one thread does at once
THREADED = 200_000  # numbers: below, waking a thread costs more than it saves
CHEAP_THREADED = 400_000  # numbers, where few operations take longer than reading them does
BLOCK = 163_840  # numbers in a block of all arrays together, which the cache holds

REDUCED = re.compile(r"(add|maximum|minimum)\.reduce\((\w+, axis=([1-9])(?:, keepdims=True)?)\)")
CALL = re.compile(r"^([a-z_]\w*)\(.*\)$")


def into(call: Call, names: Sequence[str], out: str) -> str:
    """The line that computes a call into the array `out`."""
    op: Any = call.op
    first = call.operands[0].dtype
    same = all(isinstance(v, Constant) or v.dtype == first for v in call.operands)
    same = same and first not in DISCRETE and bool(op.ufunc or op.into)
    if same or (op.into and op.chooses):
        return str((op.into or f"{op.ufunc}({', '.join(names)}, out={{out}})").format(
            *names, out=out))
    if op in INTO:
        return INTO[op].format(*names, out=out)
    text: str = op.source(call.node, names)
    called = CALL.match(getattr(op, "template", ""))
    name = called[1] if called else ""
    numpys = name not in op.kernels and isinstance(getattr(np, name, None), np.ufunc)
    if numpys and text.startswith(f"{name}("):
        return f"{text[:-1]}, out={out})"
    return f"copyto({out}, {text}, casting='unsafe')"


#: Ops that are no ufuncs, and yet compute into an array whatever the dtypes.
INTO: dict[Op, str] = {fill: "copyto({out}, {1})"}
#: Where the array of a result comes from: a function of shape and dtype, or the leaf of a number.
Memory = Callable[[tuple[int, ...], Any], Any] | int


class Kernel(Scope):
    """The program of one block: its text and what it computes, as a Python function.

    Its parameters are the leaves, the results that are arrays, and the scratch arrays; it returns
    the results that are one number a block (sums, products of vectors, extremes).
    """

    def __init__(self, fused: Fused, leaves: Sequence[Variable], memory: Sequence[Memory]) -> None:
        super().__init__([])
        self.calls, self.pattern = fused.calls, fused.shape.broadcastable
        self.by_rows = any(call.op.folds and call.results[0].ndim for call in fused.calls)
        self.arrays = [v for v in fused.results if v.ndim]
        self.folds = [v for v in fused.results if not v.ndim]
        for letter, variables in (("a", leaves), ("r", self.arrays)):
            self.names |= {v: f"{letter}{i}" for i, v in enumerate(variables)}
        self.scratch: list[str] = []  # the dtype of each
        self.free: dict[str, list[str]] = {}
        self.last = {v: i for i, call in enumerate(self.calls) for v in call.operands}
        lines = [self._line(i, call) for i, call in enumerate(self.calls)]
        parameters = [*[self.names[v] for v in (*leaves, *self.arrays)],
                      *[f"s{i}" for i in range(len(self.scratch))]]
        returned = "".join(f"{self.names[v]}, " for v in self.folds)
        self.text = "\n".join([f"def block({', '.join(parameters)}):",
                               *[f"    {line}" for line in lines], f"    return ({returned})"])
        exec(compile(self.text, f"<tutor blocks {id(self)}>", "exec"), self.bindings)
        self.run: Callable[..., tuple[Any, ...]] = self.bindings["block"]
        whole = [v.dtype for v in leaves if v.ndim == fused.shape.ndim] + self.scratch + [
            v.dtype for v, where in zip(self.arrays, memory, strict=True) if callable(where)]
        #: How many numbers of each array make a block.
        self.numbers = max(1, 8 * BLOCK // max(1, sum(np.dtype(d).itemsize for d in whole)))

    def _line(self, i: int, call: Call) -> str:
        operands = [self.operand(call, v) for v in call.operands]
        out = call.results[0]
        self._release(i, call)
        if out.broadcastable == self.pattern:
            name = self.names[out] = self.names.get(out) or self._take(out.dtype)
            line = into(call, operands, name)
        else:  # one number, or one a row
            name = self.names.setdefault(out, f"n{i}")
            target = f"{name}[...]" if out in self.arrays else name
            line = f"{target} = {self._reduced(call.op.source(call.node, operands) or '')}"
        return self.bound(call.op, line, {*operands, name})

    def _reduced(self, text: str) -> str:
        """A reduction as it is fast for many short rows; other text as it is."""
        found = REDUCED.fullmatch(text)
        if found is None:
            return text
        self.bindings["along_"] = along
        return f"along_({found[1]}, {found[2]})"

    def _take(self, dtype: str) -> str:
        spare = self.free.get(dtype)
        if spare:
            return spare.pop()
        self.scratch.append(dtype)
        return f"s{len(self.scratch) - 1}"

    def _release(self, i: int, call: Call) -> None:
        """What is read here for the last time may be written over by the result."""
        for v in dict.fromkeys(call.operands):
            name = self.names.get(v, "")
            if self.last[v] == i and name.startswith("s"):
                self.free.setdefault(v.dtype, []).append(name)


class Blocks:
    """Fused calls over large arrays: called with the leaves, gives the results."""

    def __init__(self, fused: Fused, leaves: Sequence[Variable],
                 memory: Mapping[Variable, Memory]) -> None:
        self.fused, self.leaves = fused, leaves
        self.memory = [memory[v] for v in fused.results if v.ndim]
        self.shape = leaves.index(fused.shape)
        self.cheap = 3 * sum(not call.op.cheap for call in fused.calls) < len(fused.calls)
        self.pool = Pool()

    @cached_property
    def kernel(self) -> Kernel:
        """The program of a block, made when it is first needed."""
        return Kernel(self.fused, self.leaves, self.memory)

    @property
    def least(self) -> int:
        """The size from which on threads are woken."""
        return CHEAP_THREADED if self.cheap else THREADED

    def _shape(self, shape: tuple[int, ...], v: Variable) -> tuple[int, ...]:
        """The shape of a result, where this is that of the arrays."""
        if v.broadcastable == self.fused.shape.broadcastable:
            return shape
        return tuple([1 if one else n for n, one in zip(shape, v.broadcastable, strict=True)])

    def __call__(self, *leaves: Any) -> Any:
        shape = leaves[self.shape].shape
        order = common_order([v for v in leaves if np.shape(v) == shape])
        if order == sorted(order) or self.kernel.by_rows:  # whose rows are those of the last axis
            return self._over(leaves)
        back = np.argsort(order)
        found = self._over([np.expand_dims(v, tuple(range(len(shape) - v.ndim))).transpose(order)
                            if np.ndim(v) else v for v in leaves])
        return ([v.transpose(back) if np.ndim(v) else v for v in found]
                if isinstance(found, list) else found.transpose(back) if np.ndim(found) else found)

    def _over(self, leaves: Sequence[Any]) -> Any:
        """The results over leaves that lie in memory as their dimensions are said."""
        kernel = self.kernel
        shape, size = leaves[self.shape].shape, leaves[self.shape].size
        results = [leaves[new] if isinstance(new, int) else new(self._shape(shape, v), v.dtype)
                   for new, v in zip(self.memory, kernel.arrays, strict=True)]
        alone = config.threads == 1 or size < self.least
        if alone and size <= WHOLE * kernel.numbers:
            take, places = self.pool.take, enumerate(kernel.scratch)
            shares = [[kernel.run(*leaves, *results, *[take(i, shape, d) for i, d in places])]]
        else:
            block = kernel.numbers if alone else _even(size, 2 * kernel.numbers)
            pieces, cut, cell = _cut([*leaves, *results], shape, size, block, kernel.by_rows)
            work = partial(_work, kernel, cut, cell)
            shares = [work(pieces)] if alone else shared_out(work, pieces)
        if not kernel.folds:
            return results[0] if len(results) == 1 else results
        partials = [part for share in shares for part in share]
        numbers = {v: _folded(v, [p[i] for p in partials]) for i, v in enumerate(kernel.folds)}
        arrays = dict(zip(kernel.arrays, results, strict=True))
        found = [arrays[v] if v.ndim else numbers[v] for v in self.fused.results]
        return found[0] if len(found) == 1 else found


def _cut(values: Sequence[Any], shape: tuple[int, ...], size: int, block: int, by_rows: bool
         ) -> tuple[list[slice], list[tuple[Any, bool]], tuple[int, ...]]:
    """The slices of the blocks; each value with whether it is sliced; the shape of a block."""
    shapes = [np.shape(v) for v in values]
    if not by_rows and all(
            not s or (s == shape and v.flags.c_contiguous) for v, s in zip(
                values, shapes, strict=True)):
        flat = [(v.reshape(-1), True) if s else (v, False)
                for v, s in zip(values, shapes, strict=True)]
        return _slices(size, block), flat, (block,)
    n, ndim = shape[0], len(shape)
    rows = max(1, block * n // size)
    cut = [(v, len(s) == ndim and s[0] == n and n > 1)
           for v, s in zip(values, shapes, strict=True)]
    return _slices(n, rows), cut, (rows, *shape[1:])


def _even(size: int, most: int) -> int:
    """How many numbers of an array make a block where each thread gets as many blocks; threads meet
    less in larger ones."""
    rounds = ceil(size / (most * config.threads))
    return ceil(size / (rounds * config.threads))


def _slices(n: int, step: int) -> list[slice]:
    return [slice(i, min(i + step, n)) for i in range(0, n, step)]


def _work(kernel: Kernel, values: list[tuple[Any, bool]], cell: tuple[int, ...],
          pieces: Sequence[slice]) -> list[tuple[Any, ...]]:
    """Some of the blocks, one after the other, with scratch of their own."""
    scratch = [np.empty(cell, dtype) for dtype in kernel.scratch]
    found = []
    for piece in pieces:
        n = piece.stop - piece.start
        own = scratch if n == cell[0] else [s[:n] for s in scratch]
        found.append(kernel.run(*[v[piece] if cut else v for v, cut in values], *own))
    return found


def _folded(v: Variable, parts: list[Any]) -> Any:
    """The numbers of all blocks taken together."""
    assert v.owner is not None
    return getattr(np, v.owner.op.folds).reduce(np.asarray(parts, dtype=v.dtype))
