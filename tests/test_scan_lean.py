"""Leaner loops compute what the loops they stand for compute, and leave out what they may."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.compile.loops import written
from tutor.core.errors import ShapeError
from tutor.core.graph import Apply
from tutor.core.op import Op
from tutor.core.scan import Loop
from tutor.core.walk import toposort
from tutor.tensor.shared_randomstreams import RandomStreams

RAN: list[str] = []
RNG = np.random.RandomState(3)


class Noting(Op):
    """The identity, which notes that it ran."""

    __props__ = ("label_",)

    def __init__(self, label):
        self.label_ = label

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        RAN.append(self.label_)
        outputs[0][0] = np.array(inputs[0])

    def grad(self, inputs, cotangents):
        return [Noting(f"d{self.label_}")(cotangents[0])]


def loops(f):
    return [n for n in toposort([*f.graph.outputs, *f.graph.updates.values()])
            if isinstance(n.op, Loop)]  # fmt: skip


def inside(f):
    """The names of the operations that are left in the loops of a function."""
    from tutor.compile.loops import written

    return [call.op.name for node in loops(f) for call in written(node.op).step.program.calls]


# A step is drawn: each entry takes two earlier values (places in a list) by some operation.
OPERATIONS = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "sub": lambda a, b: a - b,
    "tanh": lambda a, b: T.tanh(a),
    "dot": lambda a, b: T.dot(a, W),
    "sum": lambda a, b: a * b.sum(),
    "part": lambda a, b: T.concatenate([a[1:], b[:1]]),
    "index": lambda a, b: a * b[0],
}
W = T.dmatrix("W")
steps = st.lists(
    st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 99), st.integers(0, 99)),
    min_size=2,
    max_size=9,
)


def step_of(recipe, results):
    """A step over (x, y, h, c, b) as a function: the last values of the recipe are its results."""

    def step(*given):
        values = list(given)
        for name, i, j in recipe:
            values.append(OPERATIONS[name](values[i % len(values)], values[j % len(values)]))
        return [0.5 * T.tanh(v) for v in values[-results:]]

    return step


@given(steps, st.integers(0, 2), st.integers(1, 4), st.booleans(), st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_loop_is_its_steps_one_after_the_other(recipe, plain, n, backwards, last):
    x, y, h, c, b = T.dmatrix("x"), T.dmatrix("y"), T.dvector("h"), T.dvector("c"), T.dvector("b")
    step = step_of(recipe, 2 + plain)
    found, _ = tutor.scan(step, [x, y], [h, c] + [None] * plain, b, go_backwards=backwards)
    earlier, rows = (h, c), []
    for t in range(n):
        t = n - 1 - t if backwards else t
        results = step(x[t], y[t], *earlier, b)
        rows.append(results)
        earlier = tuple(results[:2])
    unrolled = [T.stack(list(column)) for column in zip(*rows, strict=True)]
    costs = []
    for values in (found, unrolled):
        costs.append(sum((v[-1] if last else v * (k + 1)).sum() for k, v in enumerate(values)))
    wrt = [x, y, h, c, b, W]
    both = [[cost, *T.grad(cost, wrt, disconnected_inputs="ignore")] for cost in costs]
    f = tutor.function(wrt, [*both[0], *both[1], *found], on_unused_input="ignore")
    values = [RNG.randn(n, 3), RNG.randn(n, 3), *[RNG.randn(3) for _ in range(3)], RNG.randn(3, 3)]
    outputs = f(*values)
    for one, two in zip(outputs[:7], outputs[7:14], strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-10)
    as_written = tutor.function(wrt, both[0], mode="FAST_COMPILE", on_unused_input="ignore")
    for one, two in zip(outputs[:7], as_written(*values), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-10)


def test_a_map_needs_no_loop():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    found, _ = tutor.map(lambda row, w: T.tanh(T.dot(row, w))[1:].sum() * row[0], x, w)
    f = tutor.function([x, w], [found, *T.grad(found.sum(), [x, w])])
    assert not loops(f)
    X, M = RNG.randn(4, 2), RNG.randn(2, 3)
    expected = np.tanh(X @ M)[:, 1:].sum(axis=1) * X[:, 0]
    np.testing.assert_allclose(f(X, M)[0], expected)
    assert f(X[:0], M)[0].shape == (0,)


def test_products_with_what_is_the_same_in_every_step_leave_the_loop():
    x, h, w, u, b = T.dmatrix("x"), T.dvector("h"), T.dmatrix("w"), T.dmatrix("u"), T.dvector("b")
    found, _ = tutor.scan(
        lambda row, h, w, u, b: T.tanh(T.dot(h, w) + T.dot(row, u) + b), x, h, [w, u, b]
    )
    cost = (found**2).sum()
    f = tutor.function([x, h, w, u, b], [cost, *T.grad(cost, [w, u, b])])
    assert inside(f).count("dot") == 2 and "outer" not in inside(f)  # one forward, one backward
    batch, start = T.dtensor3("batch"), T.dmatrix("start")
    found, _ = tutor.scan(
        lambda rows, h, w, u: T.tanh(T.dot(h, w) + T.dot(rows, u)), batch, start, [w, u]
    )
    g = tutor.function([batch, start, w, u], [found[-1], *T.grad(found[-1].sum(), [w, u])])
    assert inside(g).count("dot") == 2
    values = RNG.randn(4, 2, 3), RNG.randn(2, 5), RNG.randn(5, 5), RNG.randn(3, 5)
    slow = tutor.function([batch, start, w, u], [found[-1], *T.grad(found[-1].sum(), [w, u])],
                          mode="FAST_COMPILE")  # fmt: skip
    for one, two in zip(g(*values), slow(*values), strict=True):
        np.testing.assert_allclose(one, two)


def test_what_is_stretched_in_each_step_stays_in_the_loop():
    x, w = T.dvector("x"), T.dmatrix("w")
    found, _ = tutor.scan(lambda v, s, w: s + v * w, x, T.zeros_like(w), w)
    f = tutor.function([x, w], found[-1])
    assert "mul" in inside(f)  # all steps of v * w at once would be as many matrices
    np.testing.assert_allclose(f([1.0, 2.0], np.eye(2)), 3 * np.eye(2))


def test_only_the_last_value_is_kept_where_only_that_is_read():
    x = T.dmatrix("x")
    found, _ = tutor.scan(lambda row, s: T.tanh(s + row), x, T.zeros((3,)))
    fib, _ = tutor.scan(
        lambda a, b: a + b, outputs_info={"initial": T.constant([1.0, 1.0]), "taps": [-2, -1]},
        n_steps=8,
    )  # fmt: skip
    f = tutor.function([x], [found[-1], found[-1, 0], fib[-1]])
    assert [any(node.op.stacked) for node in loops(f)] == [False, False]
    last, first, number = f(np.ones((4, 3)))
    whole = tutor.function([x], found)
    assert loops(whole)[0].op.stacked == [True]
    np.testing.assert_allclose(last, whole(np.ones((4, 3)))[-1])
    assert first == last[0] and number == 55


def test_results_that_nobody_reads_are_not_computed():
    x = T.dvector("x")
    (a, _, _), _ = tutor.scan(
        lambda v, s: [Noting("a")(v + s), Noting("b")(v), Noting("c")(s)], x,
        [T.constant(0.0, dtype="float64"), None, None],
    )  # fmt: skip
    RAN.clear()
    tutor.function([x], a)([1.0, 2.0])
    assert set(RAN) == {"a"}


def test_a_step_runs_once_forwards_and_once_backwards():
    x = T.dvector("x")
    one = T.constant(1.0, dtype="float64")
    found, _ = tutor.scan(lambda v, s: T.exp(Noting("f")(s * v)), x, one)
    costs = [T.grad((found * k).sum(), x) for k in (1, 2)]
    f = tutor.function([x], [found, costs[0]])
    RAN.clear()
    f([0.1, 0.2, 0.3])
    assert sorted(RAN) == ["df"] * 3 + ["f"] * 3


def test_the_gradient_of_nested_loops_runs_each_step_once_more():
    m = T.dmatrix("m")
    one = T.constant(1.0, dtype="float64")
    rows, _ = tutor.scan(
        lambda row: tutor.scan(lambda v, s: T.exp(Noting("f")(s * v)), row, one)[0][-1], m
    )
    f = tutor.function([m], [rows.sum(), T.grad(rows.sum(), m)])
    RAN.clear()
    f(np.full((4, 5), 0.1))
    assert (RAN.count("f"), RAN.count("df")) == (20, 20)


def test_gradients_asked_for_one_by_one_share_their_loops():
    x, w, u = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("u")
    found, _ = tutor.scan(
        lambda row, h, w, u: T.tanh(T.dot(h, w) + T.dot(row, u)), x, T.zeros((3,)), [w, u]
    )
    cost = (found**2).sum()
    f = tutor.function([x, w, u], [cost, T.grad(cost, w), T.grad(cost, u)])
    assert len(loops(f)) == 2
    assert any(step.rule.name == "leaner loop" for step in f.rewrites)


def test_the_shape_of_results_needs_no_loop_and_what_never_changes_neither():
    x, w = T.dvector("x"), T.dmatrix("w")
    found, _ = tutor.scan(lambda v, s: s + v, x, T.constant(0.0, dtype="float64"), n_steps=3)
    same, _ = tutor.scan(lambda w: T.exp(w), non_sequences=w, n_steps=2)
    f = tutor.function([x, w], [found.shape[0], same])
    assert not loops(f)
    n, twice = f([1.0, 2.0, 3.0, 4.0], [[0.0, 0.0]])
    assert n == 3 and twice.tolist() == [[[1, 1]]] * 2


def test_a_result_that_does_not_depend_on_a_state_is_not_connected_to_it():
    x0, y0, z0 = T.dvectors("x0", "y0", "z0")
    (x, y, z), _ = tutor.scan(lambda x, y, z: [x**2, y, x + 1], None, [x0, y0, z0], n_steps=4)
    cost = (x + y + z).sum()
    assert tutor.function([x0, y0, z0], T.grad(cost, y0))([1], [1], [1]) == 4
    with pytest.raises(ValueError, match="does not depend on z0"):
        T.grad(cost, z0)
    assert T.grad(cost, x0).ndim == 1


def test_draws_stay_in_their_steps():
    streams = RandomStreams(4)
    found, updates = tutor.scan(lambda v: v + streams.uniform((2,)) * 2, T.arange(3.0))
    f = tutor.function([], found, updates=updates)
    assert "draw" in inside(f)
    state = np.random.RandomState(int(np.random.RandomState(4).randint(2**30)))
    np.testing.assert_allclose(f(), np.arange(3)[:, None] + 2 * state.uniform(size=(3, 2)))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_too_few_elements_are_an_error_also_without_a_loop(mode):
    x = T.dvector("x")
    found, _ = tutor.map(lambda v: v * 2, x)
    asked, _ = tutor.scan(lambda v: v * 2, x, n_steps=3)
    f = tutor.function([x], [found, asked], mode=mode)
    assert f([1.0, 2.0, 3.0, 4.0])[1].tolist() == [2, 4, 6]
    with pytest.raises(ValueError, match="asked for 3 steps"):
        f([1.0, 2.0])


def test_a_loop_that_ends_early_computes_no_further():
    x = T.dvector("x")
    from tutor.loops import until

    found, _ = tutor.scan(lambda v: (Noting("f")(v) ** 2, until(v > 1)), x)
    RAN.clear()
    assert tutor.function([x], found)([0.0, 2.0, 3.0]).tolist() == [0, 4]
    assert len(RAN) == 2


def test_a_loop_over_numbers_gives_what_numpys_numbers_give():
    k, a, x = T.lscalar("k"), T.dscalar("a"), T.dvector("x")
    start = T.constant(0.3, dtype="float64")
    logistic, _ = tutor.scan(lambda s, a: a * s * (1 - s), None, start, a, k)
    quotients, _ = tutor.scan(
        lambda v, s, t: [s / v, T.exp(t) * v], x, [T.constant(1.0, dtype="float64")] * 2
    )
    f = tutor.function([a, k, x], [logistic, *quotients])
    s, expected = 0.3, []
    for _ in range(5):
        s = 3.7 * s * (1 - s)
        expected.append(s)
    for values in ([1.0, 2.0], [0.0, 2.0], [5.0, 999.0, 3.0], []):
        found, first, second = f(3.7, 5, values)
        assert found.tolist() == expected
        with np.errstate(all="ignore"):
            state, other = np.float64(1), np.float64(1)
            for v, one, two in zip(np.array(values), first, second, strict=True):
                state, other = state / v, np.exp(other) * v
                np.testing.assert_equal([one, two], [state, other])


def test_a_loop_that_may_end_early_takes_memory_as_it_goes():
    from tutor.loops import until

    m = T.dscalar("m")
    found, _ = tutor.scan(
        lambda s, m: (s + T.ones((3,)), until(s[0] > m)), outputs_info=T.zeros((3,)),
        non_sequences=m, n_steps=10**12,
    )  # fmt: skip
    f = tutor.function([m], found)
    assert f(1000.0).shape == (1002, 3) and f(0.0).tolist() == [[1] * 3, [2] * 3]
    assert f(1000.0)[-1].tolist() == [1002] * 3


def test_what_was_returned_stays_as_it_is():
    x = T.dmatrix("x")
    found, _ = tutor.scan(lambda row, s: s + row, x, T.zeros((5000,)))
    f = tutor.function([x], found)
    first = f(np.ones((4, 5000)))
    kept = first.copy()
    f(np.zeros((4, 5000)))
    assert (first == kept).all()


def test_a_function_with_loops_survives_a_pickle():
    import pickle

    x = T.dvector("x")
    found, _ = tutor.scan(lambda v, s: s + v**2, x, T.constant(0.0, dtype="float64"))
    f = tutor.function([x], [found, T.grad(found[-1], x)])
    again = pickle.loads(pickle.dumps(f))
    assert [v.tolist() for v in again([1.0, 2.0])] == [[1, 5], [2, 4]]
    graph = pickle.loads(pickle.dumps([x, found]))
    assert tutor.function(graph[:1], graph[1])([1.0, 2.0]).tolist() == [1, 5]


def test_shapes_are_compared_until_they_cannot_change_any_more():
    x, w, v = T.dmatrix("x"), T.dmatrix("w"), T.dvector("v")
    states, _ = tutor.scan(lambda x_t, s: T.tanh(T.dot(w, s) + x_t), [x], [v])
    f = tutor.function([x, w, v], states)
    a = np.random.default_rng(0).normal(size=(6, 3))
    square, wide = np.eye(3), np.ones((3, 5))
    assert f(a, square, a[0]).shape == (6, 3)
    with pytest.raises(ShapeError):
        f(a[:, :2], square, a[0])
    # a step that hands on another shape than it got is followed by one that compares again
    last, _ = tutor.scan(lambda s, u: T.dot(w, s * u), outputs_info=[v], non_sequences=[x[0]],
                         n_steps=2)
    g = tutor.function([x, w, v], last[-1])
    assert g(a, square, a[0]).shape == (3,)
    with pytest.raises((ShapeError, ValueError)):
        g(np.ones((1, 5)), wide, np.ones(5))
    sums, _ = tutor.scan(lambda s, u: T.dot(w, s) + 0 * T.max(s * u), outputs_info=[v],
                         non_sequences=[x[0]], n_steps=2)
    h = tutor.function([x, w, v], sums[-1])
    for rows in (3, 1):  # a single number would be stretched without a word
        with pytest.raises(ShapeError):
            h(np.ones((1, 5)), wide[:rows], np.ones(5))


def test_parts_of_a_gradient_in_a_loop_go_into_one_array():
    x, u, h = T.dtensor3("x"), T.dmatrix("u"), T.dmatrix("h")

    def step(x_t, before):
        z = x_t + T.dot(before, u)
        return T.tanh(z[:, :2]) * z[:, 2:4] + T.exp(z[:, 4:])

    states, _ = tutor.scan(step, [x], [h])
    cost = (states[-1] ** 2).sum()
    f = tutor.function([x, u, h], [cost, *T.grad(cost, [x, u, h])])
    loops = [n.op for n in toposort(f.graph.outputs) if isinstance(n.op, Loop)]
    parts = [n for loop in loops for n in toposort(loop.outputs) if n.op.name == "inc_subtensor"]
    assert len(parts) == 3
    assert sum(v.owner in parts for n in parts for v in n.inputs[:1]) == 2
    plain = tutor.function([x, u, h], [cost, *T.grad(cost, [x, u, h])], mode="FAST_COMPILE")
    rng = np.random.default_rng(0)
    given_ = [0.3 * rng.normal(size=shape) for shape in ((4, 3, 6), (2, 6), (3, 2))]
    for found, right in zip(f(*given_), plain(*given_), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-10)


def test_the_way_back_from_the_last_state_begins_there_and_writes_its_rows():
    x, h, w = T.dmatrix("x"), T.dvector("h"), T.dmatrix("w")
    states, _ = tutor.scan(lambda v, s, w: T.tanh(v + T.dot(s, w)), x, h, w)
    f = tutor.function([x, h, w], T.grad(T.sum(states[-1] ** 2), w))
    loops = [n for n in toposort(f.graph.outputs) if isinstance(n.op, Loop)]
    back = next(n for n in loops if n.op.title == "grad_of_scan_fn")
    assert back.op.sequences == 1  # the slopes; zeros but for the last row would be another
    for loop in loops:
        text = "\n".join(line.text for line in written(loop.op).lines())
        assert re.search(r"\w+ = \w+\(.*, row0_\)", text)
    values = [RNG.randn(5, 3), RNG.randn(3), RNG.randn(3, 3)]
    plain = tutor.function([x, h, w], T.grad(T.sum(states[-1] ** 2), w), mode="interpret")
    for _ in range(2):
        np.testing.assert_allclose(f(*values), plain(*values))
