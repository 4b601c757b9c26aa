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


@pytest.mark.parametrize("change", [
    lambda w, g: w - 0.1 * g, lambda w, g: T.set_subtensor(w[:2], g[:2]),
    lambda w, g: T.inc_subtensor(w[1:], g[1:]), lambda w, g: T.inc_subtensor(w[[1, 1]], g[:2])])
def test_an_array_that_nobody_may_write_to_is_left_alone(change):
    given = np.ones(N)
    given.flags.writeable = False
    e, w = tutor.shared(np.ones(N), "e"), tutor.shared(given, "w", borrow=True)
    del given
    g = T.dvector("g")
    step = tutor.function([g], updates=[(e, e - 0.5 * g), (w, change(w, g))])
    step(np.full(N, 3.0))
    assert e.get_value()[1] == -0.5
    np.testing.assert_allclose(w.get_value(), change(T.ones((N,)), T.fill(g, 3.0)).eval(
        {g: np.zeros(N)}))


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


PARTS = {
    "rows": lambda e, i, y: T.inc_subtensor(e[i], y),
    "rows set": lambda e, i, y: T.set_subtensor(e[i], y),
    "slice": lambda e, i, y: T.inc_subtensor(e[1:5:2], y[:2]),
    "slice set": lambda e, i, y: T.set_subtensor(e[-2:], y[:2]),
    "slice of all": lambda e, i, y: T.inc_subtensor(e[:], y[0]),
    "element": lambda e, i, y: T.inc_subtensor(e[3, 2], y[0, 0]),
    "element set": lambda e, i, y: T.set_subtensor(e[3, 2], 7.0),
    "pairs": lambda e, i, y: T.inc_subtensor(e[i, i], y[:, 0]),
    "mask": lambda e, i, y: T.set_subtensor(e[(e > 0.5).nonzero()], 0.0),
    "own rows": lambda e, i, y: T.inc_subtensor(e[:2], e[2:4]),
    "own rows turned": lambda e, i, y: T.set_subtensor(e[:3], e[:3][::-1]),
}


@pytest.mark.parametrize("name", PARTS)
def test_some_elements_are_changed_in_place(name):
    e, i, y = T.dmatrix("e"), T.lvector("i"), T.dmatrix("y")
    rng = np.random.default_rng(0)
    first = rng.random((400, 60))
    rows, more = np.array([3, 1, 3, 7]), rng.random((4, 60))
    plain = tutor.function([e, i, y], PARTS[name](e, i, y), mode="FAST_COMPILE",
                           on_unused_input="ignore")
    w = tutor.shared(first, "w")
    step = tutor.function([i, y], w[:3].sum(), updates=[(w, PARTS[name](w, i, y))],
                          on_unused_input="ignore")
    before = address(w)
    for _ in range(3):
        assert step(rows, more) == first[:3].sum()
        first = plain(first, rows, more)
        np.testing.assert_array_equal(w.get_value(), first)
    assert address(w) == before or name.startswith("own")
    held = w.get_value(borrow=True)
    step(rows, more)
    np.testing.assert_array_equal(held, first)


def test_an_index_or_a_shape_that_does_not_fit_changes_nothing():
    i, y = T.lvector("i"), T.dmatrix("y")
    e, w = tutor.shared(np.ones((400, 60)), "e"), tutor.shared(np.ones(N), "w")
    g = T.dvector("g")
    step = tutor.function([i, y, g], updates=[(w, w - 0.5 * g), (e, T.inc_subtensor(e[i], y))])
    for wrong in (([1, 400], np.ones((2, 60))), ([1, 2], np.ones((3, 60))), ([1], np.ones((1, 7)))):
        with pytest.raises((IndexError, ValueError)) as problem:
            step(*wrong, np.ones(N))
        assert "inc_subtensor" in str(problem.value) or "400" in str(problem.value)
        assert set(w.get_value()) == {1.0} and set(e.get_value().ravel()) == {1.0}
    step([1, 1], np.ones((2, 60)), np.ones(N))
    assert w.get_value()[0] == 0.5 and e.get_value()[1, 0] == 3


def test_what_tells_which_elements_is_read_before_it_is_updated():
    e = tutor.shared(np.zeros((400, 60)), "e")
    i = tutor.shared(np.arange(12_000) % 400, "i")
    y = tutor.shared(np.ones((12_000, 60)), "y")
    step = tutor.function([], updates=[(i, i * 0), (y, y * 2.0), (e, T.inc_subtensor(e[i], y))])
    step()
    assert set(e.get_value().ravel()) == {30.0} and not i.get_value().any()
    step()
    assert e.get_value()[0, 0] == 30 + 24_000


def test_rows_of_another_type_are_changed_as_elsewhere():
    i = T.lvector("i")
    e = tutor.shared(np.zeros((400, 60), "float32"), "e")
    new = T.cast(T.inc_subtensor(e[i], T.constant(0.1)), "float32")
    step = tutor.function([i], updates=[(e, new)])
    step([0, 0])
    assert e.get_value()[0, 0] == np.float32(0.1) + np.float32(0.1)


@pytest.mark.parametrize("change", [
    lambda w, v: w + T.exp(v), lambda w, v: T.exp(v) - w, lambda w, v: w / T.exp(v),
    lambda w, v: T.exp(v) / w])
def test_whatever_has_a_sign_is_done_in_place(change):
    w, v = tutor.shared(np.full(N, 2.0), "w"), T.dvector("v")
    step = tutor.function([v], [], updates=[(w, change(w, v))])
    place, wanted = w.get_value(borrow=True).ctypes.data, np.full(N, 2.0)
    for _ in range(3):
        step(np.linspace(0, 1, N))
        wanted = change(T.constant(wanted), T.constant(np.linspace(0, 1, N))).eval()
        np.testing.assert_allclose(w.get_value(), wanted)
        assert w.get_value(borrow=True).ctypes.data == place
