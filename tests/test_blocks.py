"""Large arrays run in blocks, shared out over threads, and give what the plain lines give.

Blocks of four numbers make every array large here.
"""

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.compile import blocks, source
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import ShapeError
from tutor.core.types import TensorType
from tutor.strides import order_of


@contextmanager
def small_blocks(block=4, threads=2, alone=0):
    names = "LARGE WHOLE THREADED CHEAP_THREADED BLOCK".split()
    sizes = [0, alone, 0, 0, block]
    with pytest.MonkeyPatch.context() as patch, tutor.config.change_flags(threads=threads):
        patch.setattr(source, "LARGE", 0)
        for name, size in zip(names, sizes, strict=True):
            patch.setattr(blocks, name, size)
        yield


def both_ways(inputs, outputs, *values):
    """What the function in blocks gives, and what the same graph gives without rewriting."""
    with small_blocks():
        function = tutor.function(inputs, outputs)
        assert function.blocks, "nothing ran in blocks"
        got = function(*values)
    with small_blocks(threads=1, alone=10**9):  # all in one block, with scratch that is kept
        for _ in range(2):
            same(function(*values), got)
    plain = tutor.function(inputs, outputs, mode="FAST_COMPILE")
    assert not plain.blocks
    return got, plain(*values)


def same(got, wanted):
    for a, b in zip(got, wanted, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol=1e-6 if a.dtype == "float32" else 1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool", "complex128"])
@pytest.mark.parametrize("name", list(ELEMENTWISE))
def test_every_elementwise_op_in_blocks(name, dtype):
    op = ELEMENTWISE[name]
    if np.dtype(dtype).kind not in op.accepts:
        pytest.skip("not defined for this dtype")
    rng = np.random.default_rng(0)
    values = [rng.uniform(*op.domain, (5, 3)) for _ in range(op.nin)]
    values = [np.rint(np.abs(v)).astype(dtype) if np.dtype(dtype).kind in "ib" else
              v.astype(dtype) for v in values]
    inputs = [TensorType(dtype, (False, False))(f"x{i}") for i in range(op.nin)]
    out = op(*inputs)
    other = T.exp(T.cast(inputs[0], "float64") if dtype == "bool" else inputs[0])
    got, wanted = both_ways(inputs, [out, other], *values)
    same(got, wanted)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(9, 7), (1, 40), (40, 1), (6, 2, 3)])
def test_sums_of_rows_are_in_the_blocks_of_what_they_meet(shape, order):
    x, y = (T.TensorType("float64", (False,) * len(shape))(name) for name in "xy")
    outer = T.TensorType("float64", (False,) + (True,) * (len(shape) - 1))("outer")
    axes = tuple(range(1, len(shape)))
    e = T.exp(x * y)
    spread = T.sqrt(e.sum(axes, keepdims=True) + outer) * e.max(axes[-1], keepdims=True)
    out = T.sum(e / spread * y)
    rng = np.random.default_rng(1)
    values = [np.asarray(rng.normal(size=shape), order=order) for _ in "xy"]
    values += [rng.uniform(1, 2, (shape[0], *[1] * len(axes)))]
    same(*both_ways([x, y, outer], [out, spread, *tutor.grad(out, [x, outer])], *values))
    with small_blocks():
        f = tutor.function([x, y, outer], [out, spread])
        with pytest.raises(ShapeError, match="outer"):
            f(*values[:2], values[2].repeat(2, 0))


def test_a_sum_of_rows_has_no_columns_to_compare():
    x, row = T.dmatrix("x"), T.drow("row")
    cost = (row / (1 + T.sqr(x.sum(1, keepdims=True)))).sum()
    rng = np.random.default_rng(3)
    same(*both_ways([x, row], [cost, *tutor.grad(cost, [x, row])], rng.normal(size=(5, 2)),
                    rng.normal(size=(1, 3))))


def test_a_sum_of_all_is_whole_before_what_it_meets():
    x, row = T.dmatrix("x"), T.drow("row")
    e = T.exp(x * row)
    rng = np.random.default_rng(2)
    same(*both_ways([x, row], [e / e.sum(), T.tanh(e) * e.sum() * e.max()],
                    rng.normal(size=(9, 7)), rng.normal(size=(1, 7))))


def test_operands_that_stretch_and_operands_in_another_order():
    x, row, column = T.dmatrix("x"), T.dvector("row"), T.dcol("column")
    y = T.tanh(x * row + column) - T.sqr(x.T.T) * 2
    rng = np.random.default_rng(1)
    wide = rng.normal(size=(14, 6))
    for a in (rng.normal(size=(7, 3)), rng.normal(size=(3, 7)).T, wide[::2, ::2]):
        got, wanted = both_ways([x, row, column], [y, y.sum()], a, rng.normal(size=3),
                                rng.normal(size=(7, 1)))
        same(got, wanted)


def test_images_that_lie_side_by_side_stay_so():
    x, z, b = T.dtensor4("x"), T.dtensor4("z"), T.dvector("b")
    y = T.tanh(x + b.dimshuffle("x", 0, "x", "x")) * 2
    rng = np.random.default_rng(3)
    laid = rng.normal(size=(5, 3, 4, 7)).transpose(3, 0, 1, 2)
    outputs = [y * z, (y * z).sum()]
    for other in (laid + 1, np.ascontiguousarray(laid) + 1):
        got, wanted = both_ways([x, z, b], outputs, laid, other, rng.normal(size=5))
        same(got, wanted)
        assert order_of(got[0]) == order_of(laid)


def test_sums_extremes_and_products_of_blocks():
    x, y = T.dvector("x"), T.dvector("y")
    u, v = T.exp(x - y), T.sqr(x) + 1
    values = np.random.default_rng(2).normal(size=(2, 11))
    got, wanted = both_ways([x, y], [u.sum(), v.max(), v.min(), T.dot(u, v), u * v], *values)
    same(got, wanted)


def test_shapes_that_differ_are_an_error_in_blocks_too():
    x, y = T.dvector("x"), T.dvector("y")
    with small_blocks():
        f = tutor.function([x, y], T.exp(x) * y + 1)
        with pytest.raises(ValueError, match=r"shape \(3,\).*shape \(4,\)"):
            f(np.zeros(3), np.zeros(4))


def test_a_result_is_an_array_of_its_own():
    x = T.dvector("x")
    with small_blocks():
        f = tutor.function([x], T.exp(x) + 1)
        first, second = f(np.zeros(9)), f(np.ones(9))
    assert not np.shares_memory(first, second)
    assert first[0] == 2


UNARY = [T.exp, T.tanh, T.sqr, T.neg, T.nnet.sigmoid, T.nnet.softplus, T.sin, abs]
BINARY = [T.add, T.sub, T.mul, T.maximum]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_elementwise_graph_gives_the_same_in_blocks(data):
    inputs = [T.dmatrix("a"), T.dmatrix("b"), T.dvector("c"), T.dscalar("d")]
    pool = [inputs[0] * 0.5 + inputs[1]]
    for _ in range(data.draw(st.integers(1, 12))):
        first = data.draw(st.sampled_from(pool))
        if data.draw(st.booleans()):
            pool.append(data.draw(st.sampled_from(UNARY))(first * 0.5))
        else:
            second = data.draw(st.sampled_from([*pool, *inputs]))
            pool.append(data.draw(st.sampled_from(BINARY))(first, second))
    outputs = [*pool[-3:], pool[-1].sum(), T.grad(pool[-1].sum(), inputs[0])]
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    values = [rng.normal(size=s) for s in ((5, 4), (5, 4), (4,), ())]
    with small_blocks(data.draw(st.integers(1, 30)), data.draw(st.integers(1, 3))):
        got = tutor.function(inputs, outputs, on_unused_input="ignore")(*values)
    plain = tutor.function(inputs, outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    for a, b in zip(got, plain(*values), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_memory_of_a_product_is_written_over_only_after_its_last_reading():
    a, c = T.dmatrix("a"), T.dmatrix("c")
    y = T.dot(a, c)
    outputs = [T.dot(T.exp(y), y * 3 + 1)]
    values = np.random.default_rng(3).normal(size=(2, 120, 120)) * 0.1
    got, wanted = both_ways([a, c], outputs, *values)
    same(got, wanted)


def test_scratch_is_kept_for_the_next_call_and_given_back_when_asked():
    x = T.dvector("x")
    f = tutor.function([x], T.tanh(x) * T.exp(-(x**2)) + T.log1p(x**2))
    block = next(b for b in f.program.bindings.values() if isinstance(b, blocks.Blocks))
    with tutor.config.change_flags(threads=1):
        first = f(np.ones(40_000))
        kept = {id(a) for a in block.pool.arrays.values()}
        second = f(np.full(40_000, 2.0))
        assert kept and {id(a) for a in block.pool.arrays.values()} == kept
    assert first[0] != second[0] and not any(
        np.shares_memory(a, b) for a in (first, second) for b in block.pool.arrays.values())
    f.free()
    assert not block.pool.arrays


def test_chains_that_turn_out_to_have_one_shape_run_together():
    x, m, s = T.dvectors("x", "m", "s")
    a, b = 0.9 * m + 1.0, 0.99 * s + 2.0
    c = T.sqr(x) + 3.0
    y = (a + c) / (T.sqrt(b) + 1e-8) * c
    rng = np.random.default_rng(0)
    values = [rng.random(11) for _ in range(3)]
    got, wanted = both_ways([x, m, s], [y, a, c.sum()], *values)
    same(got, wanted)
    f = tutor.function([x, m, s], [y, a, c.sum()])
    assert len(f.blocks) == 1
    with pytest.raises(ShapeError):
        f(values[0], values[1], values[2][:5])


def test_a_result_in_the_place_of_an_operand_waits_until_that_was_read():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    p = T.dot(x, w)
    values = np.random.default_rng(0).normal(size=(2, 5, 5))
    same(*both_ways([x, w], [T.dot(T.exp(p) * 2 + p, w)], *values))


def test_results_of_one_block_have_memory_of_their_own_in_every_call():
    """Numbers and bools of one shape: the place of one never serves the other."""
    x = T.dmatrix("x")
    a = T.exp(x) * 2
    f = tutor.function([x], [(T.gt(a, 3) & T.lt(a, 5)).any(axis=0), T.sort(a, 0).sum()])
    value = np.random.default_rng(0).normal(size=(300, 300))
    wanted = [((np.exp(value) > 1.5) & (np.exp(value) < 2.5)).any(axis=0), np.exp(value).sum() * 2]
    for _ in range(3):
        for got, right in zip(f(value), wanted, strict=True):
            np.testing.assert_allclose(got, right)
