"""Arrays are written over only after they were read for the last time, also through a view."""

from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tests.test_blocks import small_blocks
from tutor.compile.buffers import Liveness, follow_views
from tutor.compile.lowering import lower
from tutor.compile.passes import early

ONE = [
    lambda a: a.T, lambda a: T.tanh(a), lambda a: a * 0.5, lambda a: -a, lambda a: T.sqr(a) * 0.1,
    lambda a: a[::-1], lambda a: a.sum(axis=0).dimshuffle("x", 0), lambda a: a.reshape((5, 5)),
    lambda a: a.max(axis=1).dimshuffle(0, "x"), lambda a: T.switch(a > 0, a, a.T),
    lambda a: T.set_subtensor(a[0], 1.0), lambda a: T.inc_subtensor(a[:, 1], a[0]), lambda a: a.T.T,
    lambda a: T.nnet.softmax(a), lambda a: T.inc_subtensor(T.fill(a, 0.5)[:, 1], 2.0),
]  # fmt: skip
TWO = [lambda a, b: T.dot(a, b), lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b.T,
       lambda a, b: T.dot(a.T, T.tanh(b))]  # fmt: skip


@st.composite
def programs(draw):
    """Two inputs, two shared matrices with new values, and some outputs."""
    x, y = T.dmatrices("x", "y")
    shared = [tutor.shared(np.zeros((5, 5)), name) for name in "vw"]
    pool = [x, y, *shared]
    for _ in range(draw(st.integers(3, 12))):
        full = [v for v in pool if v.broadcastable == (False, False)]
        if draw(st.booleans()):
            pool.append(draw(st.sampled_from(ONE))(draw(st.sampled_from(full[-5:]))))
        else:
            a, b = (draw(st.sampled_from(full[-5:])) for _ in range(2))
            pool.append(draw(st.sampled_from(TWO))(a, b))
    full = [v for v in pool[4:] if v.broadcastable == (False, False)]
    outputs = draw(st.lists(st.sampled_from(pool[4:]), min_size=1, max_size=3))
    rate = draw(st.sampled_from([0.1, 1.0]))
    updates = []
    for v in shared if full else ():
        new = draw(st.sampled_from(full))
        kind = draw(st.integers(0, 4))
        updates.append((v, [v - rate * new, new + v, T.inc_subtensor(v[:2], new[1:3]),
                            T.set_subtensor(v[[0, 2, 0]], new[:3]),
                            T.inc_subtensor(v[[1, 1]], new[:2])][kind]))
    return [x, y], shared, outputs, updates


@settings(max_examples=150, deadline=None)
@given(programs(), st.sampled_from(["lines", "blocks", "one block"]), st.booleans())
def test_a_program_gives_what_the_plain_one_gives(program, way, in_place):
    inputs, shared, outputs, updates = program
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 5, 5))
    how = {"lines": nullcontext(), "blocks": small_blocks(),
           "one block": small_blocks(threads=1, alone=10**9)}[way]
    found = []
    with pytest.MonkeyPatch.context() as patch, how:
        patch.setattr("tutor.compile.inplace.LARGE", 0 if in_place else 9_999)
        for mode in ("FAST_RUN", "FAST_COMPILE"):
            f = tutor.function(inputs, outputs, updates=updates, mode=mode,
                               on_unused_input="ignore")
            found.append(run(f, shared, values))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def run(f, shared, values):
    """Three calls: all outputs, and the shared values after each; the inputs stay as they are."""
    for v, value in zip(shared, values[2:], strict=True):
        v.set_value(value * 0.1)
    found = []
    for _ in range(3):
        given_ = values[:2].copy()
        found += [np.array(out) for out in f(*given_)]
        np.testing.assert_array_equal(given_, values[:2])
        found += [v.get_value() for v in shared]
    return found


def test_sums_and_products_come_before_what_may_write_over_their_operands():
    x, w, v = T.dmatrices("x", "w", "v")
    h = T.tanh(T.dot(x, w))
    e = T.dot(h, v)
    f = tutor.function([x, w, v], [T.dot(e, v.T) * (1 - T.sqr(h)), T.dot(h.T, e), e.sum(axis=0)])
    text = f.source
    product, square, total = (text.index(s) for s in ("dot(v", "square", "add.reduce"))
    assert text.index("dot(tanh(dot(x, w)).T") < square and total < square and product < square
    assert "square(v" in "".join(line.text for line in f._lines)
    line = next(line.text for line in f._lines if "square" in line.text)
    name = line.split("square(")[1].split(",")[0]
    assert line.strip().endswith(f"square({name}, {name})")


def test_a_view_that_is_read_later_keeps_its_array():
    x = T.dmatrix("x")
    e = T.exp(x)
    turned = e.T
    program = lower([x], [T.tanh(e), T.tanh(turned)])
    follow_views(program)
    calls, liveness = [*program.calls], Liveness(program)
    last = next(c for c in calls if c.op.name == "tanh" and c.operands[0] is e)
    other = next(c for c in calls if c.op.name == "tanh" and c.operands[0] is turned)
    first, second = sorted([last, other], key=calls.index)
    assert not liveness.end_in(e, [first])
    assert liveness.end_in(e, [last]) == (last is second)
    assert not liveness.end_in(turned, [other])
    program.outputs.append(turned)
    assert not Liveness(program).end_in(e, [last])


def test_parts_stay_in_an_order_that_runs():
    x, w = T.dmatrices("x", "w")
    a = T.dot(x, w)
    calls = [*lower([x, w], [T.dot(T.exp(a.T).sum(axis=0), a), a.sum() * a.T.max()]).calls]
    done = {x, w}
    for call in early(calls):
        assert all(v in done for v in call.operands)
        done.update(call.results)
    assert len(done) == len(calls) + 2


def test_a_view_of_a_view_that_is_an_output_keeps_its_array():
    x = T.dmatrix("x")
    v, w = tutor.shared(np.zeros((9, 9)), "v"), tutor.shared(np.zeros((9, 9)), "w")
    d = T.dot(x, x)
    f = tutor.function([x], d.T[::-1], updates=[(v, v - 0.1 * d), (w, w - 0.1 * d)])
    a = np.random.default_rng(0).normal(size=(9, 9))
    np.testing.assert_allclose(f(a), (a @ a).T[::-1])
    np.testing.assert_allclose(w.get_value(), -0.1 * (a @ a))


@pytest.mark.parametrize("block", [4, 10**6])
def test_what_was_written_over_is_not_written_over_again_where_its_shape_is_asked_for(block):
    x = T.dtensor3("x")
    mean = x.mean(axis=0, keepdims=True)  # in the array of the sum, whose shape the gradient needs
    bell = T.exp(-T.sqr(mean))
    slope = T.grad(T.inc_subtensor(bell[:, 1:], bell[:, :-1]).sum(), x)
    given_ = np.linspace(-1, 1, 36).reshape(3, 4, 3)
    with small_blocks(block):
        f = tutor.function([x], slope)
        assert f.blocks
        np.testing.assert_allclose(
            f(given_), tutor.function([x], slope, mode="interpret")(given_), rtol=1e-12)
