"""The sign of a zero is as NumPy has it wherever something sees it.

Each op says what becomes of the sign of a zero operand; what it says is tried out. A rule that may
change such a sign applies where nothing in the graph could tell, and an op that says nothing could.
"""

from itertools import product

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.op import Op
from tutor.ops.examples import EXAMPLES

OTHERS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.3, np.inf, -np.inf, 3.0]
CASES = [(name, i) for name, entries in EXAMPLES.items() for i in range(len(entries))]


def words(op, n):
    told = op.zero_sign
    told = told(*[T.dscalar() for _ in range(n)]) if callable(told) else told
    return (told,) * n if isinstance(told, str) else told


def holds(word, one, other):
    """Whether results for 0 and for -0 differ no more than the word says."""
    one, other = np.asarray(one), np.asarray(other)
    if word == "seen" or one.dtype.kind == "c":
        return True
    if not np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
        return False
    return word == "kept" or one.dtype.kind != "f" or np.array_equal(
        np.signbit(one[one == 0]), np.signbit(other[other == 0]))


@pytest.mark.parametrize("name", [n for n, op in ELEMENTWISE.items() if "f" in op.accepts])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_elementwise_op_says_what_becomes_of_the_sign(name):
    op = ELEMENTWISE[name]
    inputs = [T.dvector() for _ in range(op.nin)]
    f = tutor.function(inputs, op(*inputs), mode="FAST_COMPILE", on_unused_input="ignore")
    rest = np.array(list(product(OTHERS, repeat=op.nin - 1))).T
    if name == "polygamma":
        return  # of whole numbers n, where every x that is 0 gives an infinity
    for i, word in enumerate(words(op, op.nin)):
        found = [f(*np.insert(rest, i, zero, axis=0)) for zero in (0.0, -0.0)]
        assert holds(word, *found), (name, i)


@pytest.mark.parametrize("name, i", CASES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_other_ops_do_so_too(name, i, sampled):
    entry = EXAMPLES[name][i]
    values = [v.astype("float64") if v.dtype.kind == "f" else v for v in entry.values]
    inputs = [T.TensorType(v.dtype.name, [False] * v.ndim)() for v in values]
    out = entry.build(*inputs)
    node = out.owner if isinstance(out, T.Variable) else None
    if node is None or type(node.op).__name__ == "Elemwise" or "f" not in entry.kinds:
        return
    for v, word in zip(node.inputs, words(node.op, len(node.inputs)), strict=True):
        if v not in inputs or v.dtype != "float64" or word == "seen":
            continue
        given = list(values)
        at = inputs.index(v)
        hole = np.arange(values[at].size).reshape(values[at].shape) % 2 == 0
        given[at] = np.where(hole, 0.0, values[at])
        f = tutor.function(inputs, out, mode="FAST_COMPILE", on_unused_input="ignore")
        one = f(*given)
        given[at] = np.where(hole, -0.0, values[at])
        assert holds(word, one, f(*given)), name


class OneOver(Op):
    """An op of a program, which says nothing of zeros."""

    __props__ = ()

    def make_node(self, x):
        return tutor.core.graph.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 1 / inputs[0]


@tutor.as_op(itypes=[T.dvector], otypes=[T.dvector])
def one_over(v):
    return 1 / v


X = T.dvector("x")
#: Each gives 0 for -0 where nothing is dropped.
CHANGES = {
    "plus 0": lambda v: v + 0, "0 minus": lambda v: 0 - v, "difference": lambda v: -(v - (v + 0)),
    "both": lambda v: -v - (-v), "whole 0": lambda v: v + T.zeros_like(v),
    "part": lambda v: v + T.inc_subtensor(T.zeros_like(v)[:1], v[:1]),
}  # fmt: skip
READERS = {
    "copysign": lambda v: T.copysign(1.0, v), "as_op": one_over, "Op": OneOver(),
    "quotient": lambda v: 1 / v, "arctan2": lambda v: T.arctan2(v, -1.0),
    "behind others": lambda v: 1 / (T.tanh(v[::-1]) * 2).reshape((-1,)),
    "a complex number": lambda v: T.angle(T.cast(v, "complex128") * -1),
    "a loop": lambda v: tutor.map(lambda e: 1 / e, v)[0],
    "a state of a loop": lambda v: tutor.scan(lambda e: 1 / e, outputs_info=v, n_steps=1)[0],
    "a power": lambda v: v ** -1.0, "a branch": lambda v: 1 / T.switch(v < 1, v, 1),
    "a sorted one": lambda v: 1 / T.sort(v),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_reads_a_zero_reads_the_right_one(reader, change):
    e = READERS[reader](CHANGES[change](X))
    fast, plain = (tutor.function([X], e, mode=mode) for mode in ("FAST_RUN", "FAST_COMPILE"))
    for values in ([-0.0, -0.0], [0.0, 0.0], [-0.0, 2.0]):
        np.testing.assert_array_equal(fast(values), plain(values))


def test_where_nothing_reads_it_it_is_dropped():
    for e in (T.exp(X + 0), (X + 0) * 2, T.tanh(X + 0).sum()):
        assert "add zero to float" in tutor.function([X], e).rewrites.counts
