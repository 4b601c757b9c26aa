"""Shapes of what flows, as far as they are known from shared variables, constants and operations.

Nothing is asked of an op but to run, twice: where a size is not known another one stands for it
each time, and what comes out alike is known. Where that does not fit, sizes of the other operands
are tried: what is multiplied by 784 rows turns out to have 784 columns.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product
from typing import Any

import numpy as np

from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import toposort

Shape = tuple[int | None, ...]
Shapes = list[Shape]
TRIED = (12, 18)  # sizes that stand for those that are not known: most windows fit into them
MOST_TRIES = 60
MOST_NODES, MOST_NUMBERS = 400, 10**6  # beyond, nothing is tried


def shape_words(shape: Shape) -> str:
    """A shape as NumPy writes it, with question marks; nothing where no size is known.

    >>> shape_words((None, 784)), shape_words((10,)), shape_words((None, None))
    ('(?, 784)', '(10,)', '')
    """
    if all(size is None for size in shape):
        return ""
    sizes = ["?" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def shapes_of(outputs: Sequence[Variable]) -> dict[Variable, Shape]:
    """The shape of each tensor that some outputs are made of; None for a size that is not known.

    >>> import tutor, tutor.tensor as T
    >>> x, w = T.dmatrix("x"), tutor.shared(np.zeros((784, 10)), "w")
    >>> y = T.nnet.softmax(T.dot(x, w))
    >>> shapes_of([y])[x], shapes_of([y])[y]
    ((None, 784), (None, 10))
    """
    nodes = toposort(outputs)
    known: dict[Variable, Shape] = {}
    asked: dict[Apply, Shapes] = {}
    for _ in range(2 * (len(nodes) <= MOST_NODES)):  # what turned out counts for what comes before
        for node in nodes:
            for v in (*node.inputs, *node.outputs):
                known.setdefault(v, alone(v))
            shapes = [known[v] for v in node.inputs]
            if asked.get(node) == shapes:
                continue
            asked[node] = shapes
            found = tried(node, shapes)
            for v, shape in zip((*node.inputs, *node.outputs), found, strict=bool(found)):
                known[v] = tuple(a if b is None else b for a, b in zip(known[v], shape,
                                                                       strict=True))
    return known


def alone(v: Variable) -> Shape:
    """What is known of a variable by itself."""
    if isinstance(v, (Constant, SharedVariable)):
        value = v.data if isinstance(v, Constant) else v.get_value(borrow=True)
        return tuple(map(int, np.shape(value)))
    if not isinstance(v.type, TensorType):
        return ()
    return tuple(1 if one else None for one in v.type.broadcastable)


def tried(node: Apply, shapes: Shapes) -> Shapes:
    """The shapes of operands and of results as far as two runs show them; nothing where a node
    cannot be tried."""
    size = sum(int(np.prod([one or max(TRIED) for one in shape])) for shape in shapes)
    tensors = all(isinstance(v.type, TensorType) for v in (*node.inputs, *node.outputs))
    if not tensors or node.op.of_user or node.op.draws or node.op.inner or size > MOST_NUMBERS:
        return []
    for first in islice(fitting(shapes), MOST_TRIES):
        found = run(node, first, TRIED[0])
        if not found:
            continue
        # Where another size does as well, it was no more than a guess.
        free = [(i, axis) for i, shape in enumerate(shapes) for axis, one in enumerate(shape)
                if one is None and first[i][axis] != TRIED[0] and
                run(node, changed(first, {(i, axis): first[i][axis] + 1}), TRIED[0])]
        again = changed(first, dict.fromkeys(free, TRIED[1]))
        other = run(node, [tuple(TRIED[1] if one is None and mine == TRIED[0] else mine
                                 for one, mine in zip(shape, chosen, strict=True))
                           for shape, chosen in zip(shapes, again, strict=True)], TRIED[1])
        return [tuple(a if a == b else None for a, b in zip(one, two, strict=True))
                for one, two in zip(found, other, strict=True)] if other else []
    return []


def fitting(shapes: Shapes) -> Iterator[list[tuple[int, ...]]]:
    """Sizes for what is not known: all alike first, and then ever more of them from the others."""
    free = [(i, axis) for i, shape in enumerate(shapes)
            for axis, one in enumerate(shape) if one is None]
    plain = [tuple(one or TRIED[0] for one in shape) for shape in shapes]
    sizes = dict.fromkeys(one for shape in shapes for one in shape if one is not None)
    for count in range(len(free) + 1):
        for places in combinations(free, count):
            for chosen in product(sizes, repeat=count):
                yield changed(plain, dict(zip(places, chosen, strict=True)))


def changed(shapes: Sequence[tuple[int, ...]], sizes: dict[tuple[int, int], int]
            ) -> list[tuple[int, ...]]:
    """The shapes with other sizes at some places: of which operand, along which axis."""
    return [tuple(sizes.get((i, axis), one) for axis, one in enumerate(shape))
            for i, shape in enumerate(shapes)]


def run(node: Apply, shapes: Sequence[tuple[int, ...]], size: int) -> Shapes:
    """The shapes of operands and of results, or nothing where these do not fit. A whole number that
    is computed may be a size."""
    operands: list[Any] = []
    for v, shape in zip(node.inputs, shapes, strict=True):
        if isinstance(v, Constant):
            operands.append(v.data)
        elif v.ndim == 0 and v.owner is not None and v.dtype.startswith("int"):
            operands.append(np.array(size, dtype=v.dtype))
        else:  # other numbers each time, lest a size depend on them
            numbers = np.arange(int(np.prod(shape))) % 2 * (size == TRIED[1])
            operands.append(numbers.reshape(shape).astype(v.dtype))
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = node.op.compute(node, operands)
    except Exception:  # these sizes do not fit, or these numbers do not
        return []
    return [*shapes, *[tuple(map(int, np.shape(value))) for value in found]]
