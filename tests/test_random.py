"""Random streams: the numbers Theano gave for the same seed, and when a stream moves on."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.core.errors import DTypeError, ShapeError, TutorError
from tutor.errors import NullTypeGradError
from tutor.ops.random import RandomFunction, normal, random_state_type, uniform
from tutor.ops.random_kernels import multinomial, random_integers
from tutor.tensor.shared_randomstreams import RandomStreams

# The second call of the second variable of RandomStreams(234), as Theano 1.0.5 gives it.
F32 = "float32"
NUMBERS = [
    (
        lambda s: s.uniform((3,)),
        "float64",
        [0.3668686703002422, 0.4380790366189937, 0.31374095282237835],
    ),
    (
        lambda s: s.uniform((3,), dtype=F32),
        F32,
        [0.36686867475509644, 0.43807902932167053, 0.31374093890190125],
    ),
    (
        lambda s: s.uniform((2, 1), low=-3, high=2.5),
        "float64",
        [[-2.2162741482010615], [-0.982222313348668]],
    ),
    (
        lambda s: s.uniform(low=[0, 10, 20], high=30),
        "float64",
        [11.006060109007265, 18.761580732379876, 23.137409528223785],
    ),
    (
        lambda s: s.normal((3,)),
        "float64",
        [-0.9748462455013606, -1.8352089147235817, -0.6101067611321291],
    ),
    (
        lambda s: s.normal((3,), avg=1, std=0.5, dtype=F32),
        F32,
        [0.5125768780708313, 0.08239554613828659, 0.6949466466903687],
    ),
    (
        lambda s: s.normal(avg=[0.0, 100.0], std=2),
        "float64",
        [-0.7260474575158576, 98.05030750899728],
    ),
    (lambda s: s.binomial((6,)), "int64", [0, 1, 0, 0, 1, 1]),
    (lambda s: s.binomial((3,), n=100, p=0.3), "int64", [28, 29, 28]),
    (lambda s: s.binomial(n=[10, 1000], p=[0.2, 0.5], dtype="float64"), "float64", [1.0, 510.0]),
    (lambda s: s.random_integers((6,), 0, 9), "int64", [0, 1, 0, 4, 8, 1]),
    (lambda s: s.random_integers((3,), low=-5, high=127, dtype="int32"), "int32", [53, 34, 43]),
    (
        lambda s: s.random_integers(low=[0, 1000], high=[[9, 1009], [99, 1099]]),
        "int64",
        [[9, 1007], [12, 1048]],
    ),
    (lambda s: s.poisson((5,), lam=4.5), "int64", [5, 4, 7, 8, 3]),
    (lambda s: s.choice((6,), 10), "int64", [0, 1, 0, 4, 8, 1]),
    (lambda s: s.choice((4,), [3, 1, 4, 1, 5, 9, 2, 6], replace=False), "int64", [6, 4, 1, 3]),
    (lambda s: s.choice((6,), 3, p=[0.1, 0.2, 0.7]), "int64", [1, 2, 0, 1, 2, 2]),
    (lambda s: s.permutation(n=6), "int64", [4, 5, 0, 3, 1, 2]),
    (lambda s: s.permutation((2,), 5), "int64", [[4, 2, 3, 0, 1], [3, 1, 2, 0, 4]]),
    (lambda s: s.multinomial((2,), n=5, pvals=[0.2, 0.3, 0.5]), "int64", [[1, 1, 3], [0, 3, 2]]),
    (
        lambda s: s.multinomial(n=[5, 50], pvals=[[0.1, 0.9], [0.3, 0.7]]),
        "int64",
        [[0, 5], [14, 36]],
    ),
    (
        lambda s: s.multinomial((2, -1), pvals=[[0.1, 0.9], [0.3, 0.7]]),
        "int64",
        [[[0, 1], [0, 1]], [[0, 1], [1, 0]]],
    ),
    (lambda s: s.multinomial((2,), n=9, pvals=[0.5, 0.5, 0.0]), "int64", [[4, 5, 0], [3, 6, 0]]),
]


@pytest.mark.parametrize("build, dtype, expected", NUMBERS)
def test_the_numbers_are_those_of_theano(build, dtype, expected):
    streams = RandomStreams(234)
    streams.uniform((1,))
    f = tutor.function([], build(streams))
    f()
    drawn = f()
    assert drawn.dtype == dtype
    np.testing.assert_array_equal(drawn, np.asarray(expected, dtype))


def test_one_draw_a_call_for_each_variable():
    u = RandomStreams(3).uniform((2, 2))
    assert not tutor.function([], u + u - 2 * u)().any()
    f = tutor.function([], [u, u * 1])
    (a, b), (c, d) = f(), f()
    assert (a == b).all() and (c == d).all() and (a != c).all()


def test_a_stream_stands_still_when_it_is_told():
    u = RandomStreams(3).uniform((2,))
    still = tutor.function([], u, no_default_updates=True)
    moving = tutor.function([], u)
    assert (still() == still()).all()
    first = still()
    assert (moving() == first).all() and (moving() != first).all() and (still() != first).all()
    assert (tutor.function([], u, no_default_updates=[u.rng])() == still()).all()


def test_functions_share_the_state_of_a_variable():
    streams = RandomStreams(5)
    u = streams.normal((3,))
    f, g = tutor.function([], u), tutor.function([], u * 1)
    state = np.random.RandomState(int(np.random.RandomState(5).randint(2**30)))
    for call in (f, g, f):
        np.testing.assert_array_equal(call(), state.normal(size=3))


def test_updates_move_a_stream_that_is_not_used():
    streams = RandomStreams(5)
    u = streams.normal((3,))
    tutor.function([], [], updates=streams.updates())()
    state = np.random.RandomState(int(np.random.RandomState(5).randint(2**30)))
    state.normal(size=3)
    np.testing.assert_array_equal(tutor.function([], u)(), state.normal(size=3))


def test_seeding_starts_every_variable_anew():
    streams = RandomStreams(234)
    f = tutor.function([], [streams.uniform((2,)), streams.normal((2,))])
    before = f()
    streams.seed(888)
    other = f()
    streams.seed()
    again = f()
    streams.seed(888)
    assert all((a == b).all() and (a != c).all() for a, b, c in zip(before, again, other))  # noqa: B905
    assert all((a == b).all() for a, b in zip(other, f(), strict=True))


def test_a_state_is_read_and_written_as_the_tutorial_does():
    streams = RandomStreams(234)
    u = streams.uniform((2,))
    f = tutor.function([], u)
    first = f()
    state = u.rng.get_value(borrow=True)
    state.seed(89234)
    u.rng.set_value(state, borrow=True)
    np.testing.assert_array_equal(f(), np.random.RandomState(89234).uniform(size=2))
    streams[u.rng] = np.random.RandomState(int(np.random.RandomState(234).randint(2**30)))
    np.testing.assert_array_equal(f(), first)
    assert streams[u.rng] is u.rng.get_value(borrow=True)
    assert u.rng.get_value() is not u.rng.get_value(borrow=True)


def test_states_are_copied_from_stream_to_stream():
    class Graph:
        def __init__(self, seed):
            self.rng = RandomStreams(seed)
            self.y = self.rng.uniform(size=(1,))

    one, two = Graph(123), Graph(987)
    f, g = tutor.function([], one.y), tutor.function([], two.y)
    assert f() != g()
    for a, b in zip(one.rng.state_updates, two.rng.state_updates, strict=True):
        b[0].set_value(a[0].get_value())
    assert f() == g() and f() == g()


def test_no_two_variables_come_to_share_a_state():
    a, b = RandomStreams(1).uniform((2,)), RandomStreams(2).uniform((2,))
    tutor.function([], a, updates={a.rng: a.update[1], b.rng: a.update[1]})()
    assert a.rng.get_value(borrow=True) is not b.rng.get_value(borrow=True)
    r = tutor.shared(np.random.RandomState(1))
    new, _ = uniform(r, (2,))
    returned = tutor.function([], new, updates={r: new})()
    assert returned is not r.get_value(borrow=True)


def test_sizes_may_be_symbols():
    streams, m, n = RandomStreams(7), T.dmatrix("m"), T.lscalar("n")
    f = tutor.function([m], streams.uniform(m.shape))
    assert [f(np.ones(s)).shape for s in ((2, 3), (4, 1))] == [(2, 3), (4, 1)]
    assert tutor.function([n], streams.normal((n, 2)))(3).shape == (3, 2)
    assert tutor.function([m], streams.binomial((m.shape[0], 1)))(np.ones((4, 2))).shape == (4, 1)
    v = T.lvector("v")
    assert tutor.function([v], streams.poisson(v, 2.0, ndim=2))([2, 5]).shape == (2, 5)
    assert streams.uniform((3, 1)).broadcastable == (False, True)
    with pytest.raises(ShapeError, match="ndim"):
        streams.uniform(v)


def test_what_states_hold_does_not_depend_on_how_often_they_were_copied():
    r = random_state_type("r")
    new, first = normal(r, (3,))
    newer, second = normal(new, (3,))
    f = tutor.function([r], [first, second, newer])
    state = np.random.RandomState(9)
    a, b, last = f(state)
    again = f(state)
    assert (a == again[0]).all() and (b == again[1]).all()  # the argument stays as it was
    np.testing.assert_array_equal(np.r_[a, b], np.random.RandomState(9).normal(size=6))
    assert last.normal() == again[2].normal()


def test_a_distribution_written_by_a_user():
    def dice(state, sides, size):
        return state.randint(1, int(sides) + 1, size)

    op = RandomFunction(dice, T.lvector)
    v = RandomStreams(1).gen(op, (4,), 6)
    state = np.random.RandomState(int(np.random.RandomState(1).randint(2**30)))
    np.testing.assert_array_equal(tutor.function([], v)(), state.randint(1, 7, 4))


def test_rows_are_shuffled_each_by_itself():
    m = T.dmatrix("m")
    v = RandomStreams(2).shuffle_row_elements(m)
    data = np.arange(12.0).reshape(3, 4)
    shuffled, order = tutor.function([m], [v, v.permutation])(data)
    np.testing.assert_array_equal(shuffled, np.take_along_axis(data, order, -1))
    assert (np.sort(shuffled) == data).all() and (shuffled != data).any()
    (slope,) = [tutor.function([m], T.grad((v * m).sum(), m))(data)]
    assert slope.shape == data.shape


def test_a_graph_with_streams_survives_a_pickle():
    streams = RandomStreams(11)
    u = streams.uniform((3,))
    tutor.function([], u)()
    again = pickle.loads(pickle.dumps(u))
    np.testing.assert_array_equal(tutor.function([], again)(), tutor.function([], u)())


def test_a_draw_has_no_derivative_by_its_parameters():
    mean, x = T.dvector("mean"), T.dvector("x")
    streams = RandomStreams(3)
    drawn = streams.normal(avg=mean)
    with pytest.raises(NullTypeGradError, match="smoothly"):
        T.grad((drawn * x).sum(), mean)
    cost = (drawn * x).sum() + (mean**2).sum()
    f = tutor.function([mean, x], [drawn, T.grad(cost, x)])
    numbers, slope = f([1.0, 2.0], [3.0, 4.0])
    assert (numbers == slope).all()
    slope = T.grad(cost, mean, consider_constant=[drawn])
    assert tutor.function([mean, x], slope, on_unused_input="ignore")([1.0], [2.0]).tolist() == [2]

    def chain(v, w):
        return streams.binomial(size=(2,), p=T.nnet.sigmoid(v * w), dtype="float64")

    w = T.dscalar("w")
    end, updates = tutor.scan(chain, outputs_info=T.ones((2,)), non_sequences=w, n_steps=3)
    with pytest.raises(NullTypeGradError):
        T.grad(end[-1].sum() * w, w)
    cost = end[-1].sum() * w
    outputs = [end[-1].sum(), T.grad(cost, w, consider_constant=[end])]
    f = tutor.function([w], outputs, updates=updates)
    value, slope = f(0.5)
    assert value == slope


@given(st.integers(0, 2**20), st.integers(-50, 50), st.integers(0, 2**40), st.integers(1, 8))
def test_random_integers_are_those_of_single_draws(seed, low, span, n):
    one, many = np.random.RandomState(seed), np.random.RandomState(seed)
    found = random_integers(many, np.asarray(low), np.asarray(low + span), (n,))
    assert found.tolist() == [one.randint(low, low + span + 1) for _ in range(n)]


@given(st.integers(0, 2**20), st.integers(0, 9), st.integers(1, 6))
def test_rows_of_a_multinomial_are_those_of_single_draws(seed, n, rows):
    chances = np.random.RandomState(seed).dirichlet([1, 2, 3], rows)
    one, many = np.random.RandomState(seed), np.random.RandomState(seed)
    found = multinomial(many, np.asarray(n), chances, None)
    for row, counts in zip(chances, found, strict=True):
        if row.sum() > 1 or row[-1] < 5e-5:
            row = row * (1 - 5e-5)
        np.testing.assert_array_equal(counts, one.multinomial(n, row))


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda s: s.uniform(3), "size is a tuple"),
        (lambda s: s.uniform((2, 2), ndim=3), "ndim=3"),
        (lambda s: s.uniform((2.5,)), "no whole number"),
        (lambda s: s.uniform((-1, 2), low=[0.1, 0.2]), "-1"),
        (lambda s: s.uniform((2,), low=np.zeros((2, 2))), "more dimensions"),
        (lambda s: s.poisson(), "size"),
        (lambda s: s.permutation(n=3, ndim=2), "one dimension"),
        (lambda s: s.gen(uniform, (2,)).rng.set_value(3), "RandomState"),
        (lambda s: uniform(T.dscalar("x"), (2,)), "random state"),
        (lambda s: s.multinomial((2,), pvals=[0.8, 0.9]).eval(), "sum to"),
        (lambda s: s.multinomial((2,), pvals=[-0.1, 0.9]).eval(), "negative"),
        (lambda s: s.uniform((3,), low=[0.0, 1.0]).eval(), "broadcast|shape"),
    ],
)
def test_what_is_wrong(build, words):
    with pytest.raises((TutorError, DTypeError), match=words):
        build(RandomStreams(1))
