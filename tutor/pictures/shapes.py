"""Shapes of what flows, as far as they are known from shared variables, constants and operations.

Nothing is asked of an op but to run, several times: where a size is not known another one stands
for it each time, and what comes out alike is known. Where that does not fit, sizes of the other
operands are tried: what is multiplied by 784 rows turns out to have 784 columns.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product
from typing import Any

import numpy as np

from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import DISCRETE, TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import toposort

Shape = tuple[int | None, ...]
Shapes = list[Shape]
TRIED, FEW = (12, 18), 3  # sizes for those that are not known: into the first most windows fit
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
    """The shapes of operands and of results as far as runs show them: what is the same whatever the
    sizes are that are not known. Nothing where a node cannot be tried."""
    size = sum(int(np.prod([one or max(TRIED) for one in shape])) for shape in shapes)
    tensors = all(isinstance(v.type, TensorType) for v in (*node.inputs, *node.outputs))
    op = node.op
    if not tensors or op.of_user or op.draws or op.inner or size > MOST_NUMBERS or sized(node):
        return []
    first = next((one for one in islice(fitting(shapes), MOST_TRIES) if run(node, one)), None)
    if first is None:
        return []
    free = [(i, axis) for i, shape in enumerate(shapes) for axis, one in enumerate(shape)
            if one is None]
    guessed = {place: first[place[0]][place[1]] for place in free}
    alike = [place for place, one in guessed.items() if one == TRIED[0]]
    second = run(node, changed(first, dict.fromkeys(alike, TRIED[1])), TRIED[1])
    if not second:
        return []
    alone: list[dict[tuple[int, int], int]] = [{place: one + 6} for place, one in guessed.items()]
    runs = [run(node, changed(first, sizes)) for sizes in alone]
    runs += [run(node, first), second, run(node, changed(first, dict.fromkeys(alike, FEW)), FEW)]
    return [tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*found, strict=True))
            for found in zip(*filter(None, runs), strict=True)]


def sized(node: Apply) -> bool:
    """Whether a size may be the value of a whole number that is not known."""
    return not node.op.keeps_shape and any(
        v.ndim == 0 and v.dtype in DISCRETE and not isinstance(v, Constant) for v in node.inputs)


def fitting(shapes: Shapes) -> Iterator[list[tuple[int, ...]]]:
    """Sizes for what is not known: all alike first, and then ever more of them from the others."""
    free = [(i, axis) for i, shape in enumerate(shapes)
            for axis, one in enumerate(shape) if one is None]
    plain = [tuple(one or TRIED[0] for one in shape) for shape in shapes]
    known = dict.fromkeys(one for shape in shapes for one in shape if one is not None)
    sizes = [one for one in known if one != 1] or [*known]  # 1 stretches: it fits by mistake
    for count in range(len(free) + 1):
        for places in combinations(free, count):
            for chosen in product(sizes, repeat=count):
                yield changed(plain, dict(zip(places, chosen, strict=True)))


def changed(shapes: Sequence[tuple[int, ...]], sizes: dict[tuple[int, int], int]
            ) -> list[tuple[int, ...]]:
    """The shapes with other sizes at some places: of which operand, along which axis."""
    return [tuple(sizes.get((i, axis), one) for axis, one in enumerate(shape))
            for i, shape in enumerate(shapes)]


def run(node: Apply, shapes: Sequence[tuple[int, ...]], size: int = TRIED[0]) -> Shapes:
    """The shapes of operands and of results, or nothing where these do not fit."""
    operands: list[Any] = []
    for v, shape in zip(node.inputs, shapes, strict=True):
        if isinstance(v, Constant):
            operands.append(v.data)
        else:  # other numbers each time, lest a size depend on them
            numbers = np.arange(int(np.prod(shape))) % 2 * (size != TRIED[0])
            operands.append(numbers.reshape(shape).astype(v.dtype))
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = node.op.compute(node, operands)
    except Exception:  # these sizes do not fit, or these numbers do not
        return []
    return [*shapes, *[tuple(map(int, np.shape(value))) for value in found]]
