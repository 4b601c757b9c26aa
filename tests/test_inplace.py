"""Updates in place: a large shared array is written over where nobody can see it."""

import signal
from contextlib import suppress

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.ifelse import ifelse

N = 20_000


def address(shared):
    return shared.get_value(borrow=True).ctypes.data


def descent(w, outputs=None):
    g = T.dvector("g")
    return tutor.function([g], outputs, updates=[(w, w - 0.1 * g)])


def test_the_array_stays_and_the_values_change():
    w = tutor.shared(np.arange(float(N)), "w")
    before = address(w)
    step = descent(w)
    for _ in range(3):
        step(np.ones(N))
    assert address(w) == before
    np.testing.assert_allclose(w.get_value(), np.arange(N) - 0.3)


def test_what_somebody_holds_is_not_changed():
    w = tutor.shared(np.zeros(N), "w")
    step = descent(w)
    held = w.get_value(borrow=True)
    view = held[:10]
    step(np.ones(N))
    assert not held.any() and not view.any()
    del held
    step(np.ones(N))
    assert not view.any()
    np.testing.assert_allclose(w.get_value(), -0.2)


def test_an_array_lent_by_its_owner_is_not_changed():
    mine = np.zeros(N)
    w = tutor.shared(mine, "w", borrow=True)
    descent(w)(np.ones(N))
    assert not mine.any()
    part = np.zeros(2 * N)
    w.set_value(part[:N], borrow=True)
    descent(w)(np.ones(N))
    assert not part.any()


@pytest.mark.parametrize("outputs", [
    lambda w: w, lambda w: w[::2], lambda w: [w + 1, w], lambda w: w.dimshuffle("x", 0)])
def test_outputs_are_the_values_before_the_update(outputs):
    w = tutor.shared(np.zeros(N), "w")
    step = descent(w, outputs(w))
    first = step(np.ones(N))
    first = first[-1] if isinstance(first, list) else first
    kept = first.copy()
    step(np.ones(N))
    assert (first == kept).all() and not first.any()


def test_variables_that_take_each_others_values():
    a, b = tutor.shared(np.zeros(N), "a"), tutor.shared(np.ones(N), "b")
    f = tutor.function([], updates=[(a, b), (b, b + a * 1.0)])
    f()
    f()
    assert set(a.get_value()) == {1.0} and set(b.get_value()) == {2.0}
    assert address(a) != address(b)


def test_a_value_used_by_another_update_is_the_old_one():
    a, b = tutor.shared(np.zeros(N), "a"), tutor.shared(np.zeros(N), "b")
    f = tutor.function([], updates=[(a, a + (b * 0 + 1.0)), (b, b + a * 1.0)])
    f()
    f()
    assert set(a.get_value()) == {2.0} and set(b.get_value()) == {1.0}


def test_an_error_changes_nothing():
    w, x = tutor.shared(np.zeros(N), "w"), T.dvector("x")
    v = tutor.shared(np.zeros(N), "v")
    f = tutor.function([x], updates=[(w, w - x * 1.0), (v, v - x[: N // 2].sum() * T.ones(3)[7])])
    with pytest.raises(IndexError):
        f(np.ones(N))
    assert not w.get_value().any() and not v.get_value().any()


def test_an_interrupt_comes_before_all_updates_or_after_them():
    a, b = tutor.shared(np.zeros(N), "a"), tutor.shared(np.zeros(N), "b")
    x = T.dvector("x")
    step = tutor.function([x], updates=[(a, a + x * 1.0), (b, b + T.exp(x * 0.0))])
    ones = np.ones(N)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for i in range(150):
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 1e-4 * (1 + i % 7))
                while True:
                    step(ones)
            first, second = a.get_value(), b.get_value()
            assert set(first) == set(second) and len(set(first)) == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("read", [
    lambda w: w[0] * 2, lambda w: w.dimshuffle("x", 0).sum(), lambda w: w.reshape((2, -1)).sum(),
    lambda w: w[::2].sum() + w[0], lambda w: T.addbroadcast(w.dimshuffle("x", 0), 0).sum()])
def test_what_the_function_reads_of_it_hides_nobody_who_holds_it(read):
    w = tutor.shared(np.zeros(N), "w")
    step = descent(w, read(w))
    held = w.get_value(borrow=True)
    step(np.ones(N))
    assert not held.any()
    del held
    before = address(w)
    step(np.ones(N))
    assert address(w) == before, "nobody holds it now, and it was copied"
    np.testing.assert_allclose(w.get_value(), -0.2)


def test_views_that_only_a_branch_makes():
    w, c = tutor.shared(np.ones(N), "w"), T.dscalar("c")
    chosen = ifelse(c > 0, w[::2].sum(), T.zeros(()))
    f = tutor.function([c], chosen, updates=[(w, w - T.exp(w * 0.0))])
    held = w.get_value(borrow=True)
    assert [float(f(1.0)), float(f(-1.0)), float(f(1.0))] == [N / 2, 0, -N / 2]
    assert held.all()


def test_the_array_of_an_older_value_is_used_again_only_if_nobody_holds_it():
    w, g = tutor.shared(np.zeros(200_000), "w"), T.dvector("g")
    step = tutor.function([g], [], updates=[(w, T.tanh(w + g) + 1)])
    held, ones = [], np.ones(200_000)
    for _ in range(4):
        held.append(w.get_value(borrow=True))
        step(ones)
    kept = [0.0]
    for _ in range(3):
        kept.append(np.tanh(kept[-1] + 1) + 1)
    for array, value in zip(held, kept, strict=True):
        np.testing.assert_allclose(array, value)
    del held, array
    places = set()
    for _ in range(6):
        step(ones)
        places.add(address(w))
    assert len(places) <= 3, "each call took memory of its own"


def test_a_view_of_an_updated_variable_is_read_before_it_is_updated():
    rng = np.random.default_rng(0)
    first, second, step = rng.normal(size=(3, 150, 150))
    x = T.dmatrix("x")
    v, w = tutor.shared(first, "v"), tutor.shared(second, "w")
    f = tutor.function([x], [], updates=[(v, v - x.T), (w, w - v.T)])
    for _ in range(3):
        f(step)
        first, second = first - step.T, second - first.T
        np.testing.assert_allclose(v.get_value(), first)
        np.testing.assert_allclose(w.get_value(), second)
