"""Elementwise work on large arrays, in blocks that fit the cache, shared out over threads.

Comes after the groups. A chain of operations over 10⁷ numbers reads each operand once and needs a
few blocks of scratch, in place of an array for each step. What the cache holds as a whole is one
block, with scratch that is kept. The program of a block is generated at the first call that needs
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tutor.compile.groups import Group
from tutor.compile.memory import Room
from tutor.config import config
from tutor.graph import Apply, Constant, Variable
from tutor.ops import kernels
from tutor.ops.arithmetic import fill
from tutor.ops.elementwise import DISCRETE
from tutor.threads import shared_out

LARGE = 32_768  # numbers: below, an array is as quickly made anew
ALONE = 400_000  # numbers: below, one thread is faster with whole arrays
THREADED = 100_000  # numbers: below, waking a thread costs more than it saves
CHEAP_THREADED = 400_000  # numbers, where no operation takes longer than reading them does
BLOCK = 163_840  # numbers in a block of all arrays together, which the cache holds

CALL = re.compile(r"^([a-z_]\w*)\(.*\)$")


def statement(node: Apply, names: Sequence[str], out: str) -> str:
    """The line that computes a node of a block into the array `out`."""
    op: Any = node.op
    template = getattr(op, "template", "")
    same = all(isinstance(v, Constant) or v.dtype == node.inputs[0].dtype for v in node.inputs)
    if same and node.inputs[0].dtype not in DISCRETE and (op.ufunc or op.into):
        call = op.into or f"{op.ufunc}({', '.join(names)}, out={{out}})"
        return str(call.format(*names, out=out))
    text: str = op.source(node, names)
    if op is fill:
        return f"copyto({out}, {names[1]})"
    called = CALL.match(template)
    name = called[1] if called else ""
    if isinstance(getattr(np, name, None), np.ufunc) and text.startswith(f"{name}("):
        return f"{text[:-1]}, out={out})"
    return f"copyto({out}, {text}, casting='unsafe')"


#: Where the array of a result comes from: a function of shape and dtype, or the leaf of a number.
Memory = Callable[[tuple[int, ...], Any], Any] | int


def inherited(group: Group, leaves: Sequence[Variable], dying: Sequence[Variable],
              results: Sequence[Variable]) -> dict[Variable, Memory]:
    """Results that may be written over leaves nobody needs any more, once these were read."""
    found: dict[Variable, Memory] = {}
    for old in dying:
        last = max(i for i, node in enumerate(group.nodes) if old in node.inputs)
        for new in results:
            made = next(i for i, node in enumerate(group.nodes) if new in node.outputs)
            if new not in found and new.type is old.type and made >= last:
                found[new] = leaves.index(old)
                break
    return found


class Kernel:
    """The program of one block: its text and what it computes, as a Python function.

    Its parameters are the leaves, the results that are arrays, and the scratch arrays; it returns
    the results that are one number a block (sums, products of vectors, extremes).
    """

    def __init__(self, group: Group, argument: Callable[[Apply, Variable], str | None],
                 memory: Sequence[Memory]) -> None:
        self.group, self.argument = group, argument
        self.names = {v: f"a{i}" for i, v in enumerate(group.leaves)}
        self.arrays = [v for v in group.results if v.ndim]
        self.folds = [v for v in group.results if not v.ndim]
        self.names |= {v: f"r{i}" for i, v in enumerate(self.arrays)}
        self.scratch: list[str] = []  # the dtype of each
        self.free: dict[str, list[str]] = {}
        self.last = {v: i for i, node in enumerate(group.nodes) for v in node.inputs}
        for v, place in zip(self.arrays, memory, strict=True):
            self._lead_to(v, self.last[group.leaves[place]] if isinstance(place, int) else 0)
        lines = [self._line(i, node) for i, node in enumerate(group.nodes)]
        parameters = [*[self.names[v] for v in (*group.leaves, *self.arrays)],
                      *[f"s{i}" for i in range(len(self.scratch))]]
        returned = "".join(f"{self.names[v]}, " for v in self.folds)
        self.text = "\n".join([f"def block({', '.join(parameters)}):",
                               *[f"    {line}" for line in lines], f"    return ({returned})"])
        scope = {**kernels.__dict__, **np.__dict__, **OWN}
        for node in group.nodes:
            scope |= node.op.kernels
        exec(compile(self.text, f"<tutor blocks {id(self)}>", "exec"), scope)
        self.run: Callable[..., tuple[Any, ...]] = scope["block"]
        whole = [v.dtype for v in group.leaves if v.ndim == group.shape.ndim] + self.scratch + [
            v.dtype for v, place in zip(self.arrays, memory, strict=True) if callable(place)]
        #: How many numbers of each array make a block.
        self.numbers = max(1, 8 * BLOCK // max(1, sum(np.dtype(d).itemsize for d in whole)))

    def _lead_to(self, result: Variable, first: int) -> None:
        """What a result is made of is written into its array too, from the first node on that may
        write there: the block touches less memory.
        """
        made = {v: i for i, node in enumerate(self.group.nodes) for v in node.outputs}
        v: Variable | None = result
        while v is not None:
            i, name = made[v], self.names[result]
            v = next((u for u in self.group.nodes[i].inputs
                      if made.get(u, -1) >= first and self.last[u] == i
                      and u not in self.names and u.type is result.type), None)
            if v is not None:
                self.names[v] = name

    def _line(self, i: int, node: Apply) -> str:
        names = [self.argument(node, v) or self.names[v] for v in node.inputs]
        out = node.outputs[0]
        if not out.ndim:
            self._release(i, node)
            self.names[out] = f"n{i}"
            return f"n{i} = {node.op.source(node, names)}"
        self._release(i, node)
        name = self.names.get(out) or self._take(out.dtype)
        self.names[out] = name
        return statement(node, names, name)

    def _take(self, dtype: str) -> str:
        spare = self.free.get(dtype)
        if spare:
            return spare.pop()
        self.scratch.append(dtype)
        return f"s{len(self.scratch) - 1}"

    def _release(self, i: int, node: Apply) -> None:
        """What is read here for the last time may be written over by the result."""
        for v in dict.fromkeys(node.inputs):
            name = self.names.get(v, "")
            if self.last[v] == i and name.startswith("s"):
                self.free.setdefault(v.dtype, []).append(name)


class Blocks:
    """A group of nodes over large arrays: called with the leaves, gives the results."""

    def __init__(self, group: Group, argument: Callable[[Apply, Variable], str | None],
                 memory: Mapping[Variable, Memory]) -> None:
        self.group, self.argument = group, argument
        self.memory = [memory.get(v, np.empty) for v in group.results if v.ndim]
        self.shape = group.leaves.index(group.shape)
        self.cheap = all(node.op.cheap for node in group.nodes)
        self.room = Room()
        self._kernel: Kernel | None = None

    @property
    def kernel(self) -> Kernel:
        """The program of a block, made when it is first needed."""
        if self._kernel is None:
            self._kernel = Kernel(self.group, self.argument, self.memory)
        return self._kernel

    @property
    def least(self) -> int:
        """The size from which on threads are woken."""
        return CHEAP_THREADED if self.cheap else THREADED

    def __call__(self, *leaves: Any) -> Any:
        kernel = self.kernel
        shape, size = leaves[self.shape].shape, leaves[self.shape].size
        results = [leaves[new] if isinstance(new, int) else new(shape, v.dtype)
                   for new, v in zip(self.memory, kernel.arrays, strict=True)]
        if size < (ALONE if config.threads == 1 else self.least):
            take, places = self.room.take, enumerate(kernel.scratch)
            shares = [[kernel.run(*leaves, *results, *[take(i, shape, d) for i, d in places])]]
        else:
            block = kernel.numbers * min(config.threads, 2)  # threads meet less in larger blocks
            pieces, cut, cell = _cut([*leaves, *results], shape, size, block)
            shares = shared_out(partial(_work, kernel, cut, cell), pieces)
        if not kernel.folds:
            return results[0] if len(results) == 1 else results
        partials = [part for share in shares for part in share]
        numbers = {v: _folded(v, [p[i] for p in partials]) for i, v in enumerate(kernel.folds)}
        arrays = dict(zip(kernel.arrays, results, strict=True))
        found = [arrays[v] if v.ndim else numbers[v] for v in self.group.results]
        return found[0] if len(found) == 1 else found


def _cut(values: Sequence[Any], shape: tuple[int, ...], size: int, block: int
         ) -> tuple[list[slice], list[tuple[Any, bool]], tuple[int, ...]]:
    """The slices of the blocks; each value with whether it is sliced; the shape of a block."""
    shapes = [np.shape(v) for v in values]
    if all(not s or (s == shape and v.flags.c_contiguous)
           for v, s in zip(values, shapes, strict=True)):
        flat = [(v.reshape(-1), True) if s else (v, False)
                for v, s in zip(values, shapes, strict=True)]
        return _slices(size, block), flat, (block,)
    n, ndim = shape[0], len(shape)
    rows = max(1, block * n // size)
    cut = [(v, len(s) == ndim and s[0] == n and n > 1)
           for v, s in zip(values, shapes, strict=True)]
    return _slices(n, rows), cut, (rows, *shape[1:])


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


def _sigmoid(x: Any, out: Any) -> None:
    """`kernels.sigmoid` into an array that is there."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.reciprocal(out, out=out)


def _softplus(x: Any, out: Any) -> None:
    """`kernels.softplus` into an array that is there (which x may be)."""
    top = np.maximum(x, 0)
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    np.add(out, top, out=out)


OWN = {"sigmoid_into": _sigmoid, "softplus_into": _softplus}
