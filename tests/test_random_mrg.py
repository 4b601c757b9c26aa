"""`MRG_RandomStreams`: the numbers of Theano's, and the streams that lie far apart."""

import runpy
from itertools import pairwise

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import TutorError
from tutor.theano.mrg import MRG_RandomStreams, guess_n_streams
from tutor.theano.mrg_kernels import M1, M2, leap, leapt, mrg_draw, next_numbers, streams_from

P = np.array([[0.1, 0.2, 0.7], [0.5, 0.4, 0.1]])
# The second call of the second variable of MRG_RandomStreams(234), as Theano 1.0.5 gives it.
NUMBERS = [
    (
        lambda s: s.uniform((7,)),
        [
            0.8290078155696392,
            0.9758498556911945,
            0.0572881787084043,
            0.237119413446635,
            0.8852989263832569,
            0.622053169645369,
            0.24878511764109135,
        ],
    ),
    (
        lambda s: s.uniform((2, 2), low=-1, high=3, nstreams=3),
        [[0.20072579570114613, 2.633611463010311], [0.7744582314044237, 0.7056478559970856]],
    ),
    (lambda s: s.uniform((2,), dtype="float32"), [0.5584682822227478, 0.9084028005599976]),
    (lambda s: s.binomial((9,), p=0.6), [1, 1, 0, 0, 1, 0, 1, 0, 0]),
    (
        lambda s: s.normal((3,), avg=1, std=0.5),
        [0.49381502374644226, 0.7996596523318167, 1.187231046240231],
    ),
    (
        lambda s: s.truncated_normal((3,)),
        [-1.15090998063517, -0.4555127403459981, 0.4257061942010419],
    ),
    (lambda s: s.multinomial(pvals=P, n=4), [[0, 0, 4], [2, 1, 1]]),
    (lambda s: s.choice(size=2, replace=False, p=P), [[2, 1], [2, 1]]),
]


@pytest.mark.parametrize("build, expected", NUMBERS)
def test_the_numbers_are_those_of_theano_in_a_program_of_its_own_too(build, expected, tmp_path):
    streams = MRG_RandomStreams(234)
    streams.uniform((1,))
    f = tutor.function([], build(streams))
    for drawn in (runpy.run_path(tutor.save(f, tmp_path / "drawn.py"))["f"], f):
        drawn()
        np.testing.assert_allclose(drawn(), expected, rtol=1e-12)


def test_many_rows_of_chances_are_counted_in_whole_numbers():
    streams, chances = MRG_RandomStreams(1), np.full((200, 4), 0.25)
    drawn = [streams.choice(3, replace=False, p=chances), streams.multinomial(n=2, pvals=chances)]
    chosen, counted = tutor.function([], drawn)()
    assert chosen.shape == (200, 3) and counted.sum(axis=1).tolist() == [2] * 200


def test_the_recurrence_is_the_published_one():
    state = [3, 1 << 30, M1 - 1, 5, 7, M2 - 1]
    rows = np.array([state], np.int64)
    for _ in range(1000):
        x = (2**22 * state[1] + 129 * state[2]) % M1
        y = (2**15 * state[3] + (2**15 + 1) * state[5]) % M2
        state = [x, *state[:2], y, *state[3:5]]
        assert next_numbers(rows)[0] == ((x - y) % M1 or M1)
        assert rows[0].tolist() == state


def test_streams_lie_2_to_the_72_numbers_apart():
    start = [1, 2, 3, 4, 5, 6]
    rows = streams_from(start, 5)
    for a, b in pairwise(rows):
        np.testing.assert_array_equal(leapt(a.reshape(1, 6), 72)[0], b)
    once = np.array([start], np.int64)
    for _ in range(8):
        next_numbers(once)
    np.testing.assert_array_equal(leapt(np.array([start]), 3), once)
    assert leap(72)[0][0] == (1516919229, 758510237, 499121365)  # as published


def test_more_numbers_than_streams_come_round_and_round():
    states = streams_from([1] * 6, 3)
    new, drawn = mrg_draw(states, (4, 2), "float64")
    again, first = mrg_draw(states, (3,), "float64")
    _, second = mrg_draw(again, (3,), "float64")
    np.testing.assert_array_equal(drawn.ravel()[:6], np.r_[first, second])
    assert (new != states).any() and mrg_draw(states, (0,), "float64")[1].shape == (0,)


def test_seeding_starts_every_variable_anew_and_updates_move_it():
    streams = MRG_RandomStreams(5)
    u = streams.uniform((2, 3))
    f = tutor.function([], u, name="draw")
    first, second = f(), f()
    streams.seed()
    np.testing.assert_array_equal(f(), first)
    still = tutor.function([], u, no_default_updates=True)
    np.testing.assert_array_equal(still(), second)
    np.testing.assert_array_equal(still(), second)
    assert ((first > 0) & (first < 1)).all() and len(streams.updates()) == 1
    assert guess_n_streams((2, T.lscalar())) == 15360


def test_sizes_may_be_symbols():
    m, streams = T.dmatrix("m"), MRG_RandomStreams(5)
    f = tutor.function([m], streams.uniform(m.shape))
    g = tutor.function(
        [m], streams.normal((m.shape[0], 2), avg=m[:, 0].dimshuffle(0, "x"), std=0.0)
    )
    assert f(np.ones((3, 2))).shape == (3, 2)
    np.testing.assert_array_equal(g([[1.0], [5.0]]), [[1, 1], [5, 5]])


def test_a_truncated_normal_has_the_deviation_asked_for():
    drawn = MRG_RandomStreams(3).truncated_normal((20001,), avg=2.0, std=0.5).eval()
    assert abs(drawn - 2.0).max() <= 2 * 0.5 / 0.8796256610342398 + 1e-12
    assert drawn.std() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: MRG_RandomStreams(0), "seed"),
        (lambda: MRG_RandomStreams([1, 2, 3, 0, 0, 0]), "seed"),
        (lambda: MRG_RandomStreams(1).uniform((0,)), "above 0"),
        (lambda: MRG_RandomStreams(1).normal((2, 0)), "above 0"),
        (lambda: MRG_RandomStreams(1).binomial((2,), n=3), "n=1"),
        (lambda: MRG_RandomStreams(1).multinomial((2,), pvals=P), "rows of pvals"),
        (lambda: MRG_RandomStreams(1).choice(2, p=P), "replace=False"),
        (lambda: MRG_RandomStreams(1).choice(4, p=P, replace=False).eval(), "different"),
        (lambda: MRG_RandomStreams(1).uniform((1,), low=np.zeros(3)), "stretch"),
    ],
)
def test_what_is_wrong(build, words):
    with pytest.raises(TutorError, match=words):
        build()
