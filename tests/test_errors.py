"""What errors say of formulas: the part that failed is marked, long ones are shortened."""

import pickle

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.calls import calls
from tutor.core.errors import TutorError
from tutor.core.walk import ancestors

x = T.dscalar("x")


def failing_line(make, *args):
    """What an error of a call says after "in:"; empty where it says nothing."""
    with pytest.raises(TutorError) as caught:
        make()(*args)
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert max(map(len, lines)) < 250
    return next((line.removeprefix("in: ") for line in lines if line.startswith("in: ")), "")


def test_an_error_of_a_call_marks_in_the_formula_what_failed() -> None:
    u, w = T.dvectors("u", "w")
    m = T.dmatrix("m")
    both, uneven = ([1, 2], [1, 2]), ([1, 2], [1, 2, 3])
    part = T.exp(u) * w
    assert failing_line(lambda: tutor.function([u, w], T.sqrt(T.sum(part + 1))), *uneven) == (
        "sqrt(sum(«exp(u) * w» + 1))")
    assert failing_line(lambda: tutor.function([u, w], part), *uneven) == ""
    assert failing_line(lambda: tutor.function([u, w], [part, part + 1]), *uneven) == (
        "«exp(u) * w» + 1")
    c = tutor.shared(np.zeros(2), "c")
    assert failing_line(lambda: tutor.function([u, w], [], updates={c: c - u * w}), *uneven) == (
        "c - «u * w»")
    assert failing_line(lambda: tutor.function([m], T.nlinalg.svd(m)[1].sum()), [[np.nan]]) == (
        "sum(«svd(m)[1]»)")
    named = T.tanh(part)
    named.name = "hidden"
    assert failing_line(lambda: tutor.function([u, w], named.sum()), *uneven) == (
        "sum(tanh(«exp(u) * w»))")
    inside = tutor.OpFromGraph([u, w], [T.exp(u * w)])
    assert failing_line(lambda: tutor.function([u, w], inside(u, w).sum()), *uneven) == (
        "exp(«u * w»)")
    steps, _ = tutor.scan(lambda row: T.dot(row, w) + 1, sequences=m, n_steps=w.size)
    assert "«" in failing_line(lambda: tutor.function([m, w], steps), [[1, 2]] * 3, [1, 2, 3])
    assert failing_line(lambda: tutor.function([u, w], T.dot(m, u) + 0 * w.sum(),
                                               givens={m: T.ones((2, 3))}), *both) != ""


def test_a_long_formula_is_shortened_around_what_failed() -> None:
    u, w = T.dvectors("u", "w")
    chain = doubled = wide = u * w
    for i in range(3000):
        chain = T.tanh(chain + i)
    for _ in range(60):
        doubled = T.tanh(doubled) * doubled
    for i in range(60):
        wide = T.exp(u + i) * wide
    for long in (chain, doubled, wide):
        line = failing_line(lambda v=long: tutor.function([u, w], v.sum()), [1, 2], [1, 2, 3])
        assert "«u * w»" in line and len(line) <= 96
        assert line.startswith("… ") and line.endswith(" …")
    steep = u
    for _ in range(60):
        steep = T.tanh(steep + 0.5)
    line = failing_line(lambda: tutor.function([u, w], T.exp(steep * w)), [1, 2], [1, 2, 3])
    assert line.startswith("exp(«tanh(") and line.endswith("* w»)") and len(line) <= 96


w = T.dvector("w")
LONG = T.dvector("v")
for _i in range(30):
    LONG = T.tanh(LONG * w + _i) / (1 + T.exp(-LONG))


@pytest.mark.parametrize("wrong", [
    lambda: T.grad(LONG, x), lambda: T.grad(x, LONG), lambda: float(LONG), lambda: len(LONG),
    lambda: list(LONG), lambda: LONG[0, 0], lambda: tutor.shared(LONG),
    lambda: tutor.function(LONG, LONG), lambda: tutor.function([], [], updates={LONG: x}),
    lambda: tutor.function([], [], updates={tutor.shared(0, "k"): LONG.sum()}),
    lambda: tutor.function([], [LONG], givens={LONG: T.dmatrix("m")}),
    lambda: tutor.function([LONG, x], [x]), lambda: (LONG * T.dmatrix()).dimshuffle(0),
    lambda: T.nlinalg.matrix_inverse(LONG), lambda: T.set_subtensor(LONG, 3),
    lambda: T.nnet.categorical_crossentropy(T.dmatrix(), LONG), lambda: T.hessian(LONG, x),
    lambda: T.concatenate(LONG), lambda: T.switch(LONG), lambda: LONG.reshape(LONG),
    lambda: tutor.show({"a": LONG}), lambda: LONG in LONG, lambda: LONG.sort(axis=LONG),
])  # fmt: skip
def test_errors_of_building_speak_of_long_formulas_shortly(wrong) -> None:
    with pytest.raises(Exception) as caught:
        wrong()
    for line in str(caught.value).splitlines():
        assert len(line.split("  LONG =")[0]) < 420, line
        assert line.count("tanh") < 14 and "Elemwise{" not in line


def test_what_to_try_fits_what_failed() -> None:
    u, w, m = T.dvector("u"), T.dvector("w"), T.dmatrix("m")

    def said(y, *args) -> str:
        with pytest.raises(TutorError) as caught:
            tutor.function([v for v in (u, w, m) if v in ancestors([y])], y)(*args)
        return str(caught.value)

    product, sum_ = said(T.dot(u, w), [1.0], [1.0, 2.0]), said(u + w, [1.0], [1.0, 2.0])
    reshaped = said(u.reshape((2, 3)), [1.0])
    joined = said(T.concatenate([m, m.T]), [[1.0, 2.0]])
    assert "In a product the columns" in product
    assert "A dimension stretches only if" in sum_
    assert "cannot reshape array of size 1" in reshaped
    for text in (product, reshaped, joined):
        assert "A dimension stretches only if" not in text
    maps, b = T.tensor4("maps"), T.vector("b")
    with pytest.raises(TutorError) as caught:
        tutor.function([maps, b], maps + b)(np.zeros((5, 16, 8, 8)), np.zeros(16))
    assert "b.dimshuffle('x', 0, 'x', 'x') lays it along axis 1" in str(caught.value)


def test_asking_for_what_is_not_there_costs_no_search():
    things = T.dscalar("x") + 1, tutor.shared(1.0), T.constant(1.0), T, tutor
    for thing in things:
        assert not hasattr(thing, "expp")
        assert calls(lambda: hasattr(thing, "expp")) < 20  # noqa: B023 - called at once
    for thing, near in zip(things, ["exp", "exp", "exp", "T.exp", "pp"], strict=True):
        with pytest.raises(AttributeError, match="expp") as problem:
            thing.expp  # noqa: B018
        again = pickle.loads(pickle.dumps(problem.value))
        assert again.fix == problem.value.fix and (near in str(again) or "dir(" in str(again))
        assert problem.value.args == (str(problem.value),)
    problem.value.args += ("in the test",)  # as test suites do with errors on their way
    assert str(problem.value).endswith("\n\nin the test") and "expp" in str(problem.value)
