"""Each condition of a rule is needed: where it does not hold, the rule would be wrong, or slower.

What is a condition of a rule in the tables is taken away by `python -m tests.mutations rules`; a
test here fails then.
"""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.rules.patterns import build, parse
from tutor.compile.rules.selection import RULES

X, Y, M = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
R, S = T.dscalars("r", "s")
NAMED = {rule.name: rule for rule in RULES}


def used(e):
    return tutor.function([X, Y, R, S, M], e, on_unused_input="ignore").rewrites.counts


#: What a rule leaves alone, since it would cost more: a sign, or a quotient, for every element.
DEARER = {"sign of factor": [(-S) * X, (-S) / X, X / (-S)], "number over": [X * (1 / S)]}


@pytest.mark.parametrize("name", DEARER)
def test_what_is_cheap_is_not_made_dear(name):
    for dear, (text, _) in zip(DEARER[name], NAMED[name].forms(), strict=True):
        assert name not in used(dear)
        assert name in used(build(parse(text), {"C": T.constant(2.5), "x": X, "y": Y}))


P, E, PLACES = T.nnet.softmax(M), T.exp(M), T.arange(2)
G = T.outer(Y[:2], X) / P
#: Where a rule has work whose pattern does not say all, or which assumes something.
WORK = {
    "fill by shape": T.fill(T.exp(X), R), "sum of fill": T.sum(T.fill(X, 2.0)),
    "fill last": T.exp(T.fill(X, R)), "dimshuffle twice": M.T.T + 1,
    "size": X.shape[0] * 2, "size of computed": M.T.shape[0],
    "shape of elementwise": T.exp(M).shape, "reshape twice": M.reshape((-1,)).reshape((2, -1)),
    "whole slice": X[:] * 2, "cast back": T.cast(T.cast(X.astype("float32"), "float64"), "float32"),
    "decided switch": T.switch(True, X + Y, X), "reciprocal twice": X / T.inv(Y),
    "sub itself": X - X, "div itself": X / X, "mul by zero": X * 0,
    "square of any sqrt": T.sqr(T.sqrt(X)), "exp of log": T.exp(T.log(X)),
    "log of exponentials": T.log(T.sum(T.exp(X))), "softmax": E / E.sum(axis=1, keepdims=True),
    "turned quotient": E * (1 / E.sum(axis=1)).dimshuffle(0, "x"),
    "exp of logsoftmax": T.exp(T.nnet.logsoftmax(M)),
    "softmax gradient": P * (G - T.sum(P * G, axis=1, keepdims=True)),
    "one minus sigmoid factored": Y - Y * T.nnet.sigmoid(X),
    "slope of tanh": Y * (1 - T.tanh(X) ** 2) / T.nnet.sigmoid(2 * X),
    "distribute": (Y / T.exp(X) + X) * T.exp(X), "div by power of two": X / 4,
    "one number": 2 * (3 * X), "sign of term": X - (-2) * Y, "decay": X - 0.1 * (0.5 * X + Y),
    "part filled": T.inc_subtensor(X[PLACES], T.fill(X[PLACES], R)),
    "sum of part": T.sum(T.inc_subtensor(T.zeros((2, X.shape[0]))[[0, 1], [1, 0]], X[:2]), axis=0),
    "part scaled": 2 * T.inc_subtensor(T.zeros_like(X)[1:], Y[1:]),
    "part added": X + T.inc_subtensor(T.zeros_like(X)[1:], Y[1:]),
    "sum of products": T.sum(X * Y), "sum of squares": T.sum(M ** 2),
}


def test_every_rule_has_work():
    """The others are tried by their patterns, each of them."""
    assert set(WORK) == {rule.name for rule in RULES
                         if callable(rule.replacement) or rule.licence == "assumes"}


@pytest.mark.parametrize("name", WORK)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_rule_is_used_where_it_has_work_and_keeps_the_value(name):
    values = ([0.5, 2.0, 1.5], [1.0, 0.25, 3.0], 0.75, [[1, 2, 0], [3, 4.5, 1]])
    inputs = [X, Y, R, M]
    f, without = [tutor.function(inputs, WORK[name], mode=mode, on_unused_input="ignore") for mode
                  in (tutor.Mode().including(name), tutor.Mode().excluding(name))]
    assert f.rewrites.counts[name]
    assert name not in without.rewrites.counts
    np.testing.assert_allclose(f(*values), without(*values), rtol=1e-6)


#: What would overflow, or be another number, if the rule were applied.
WRONG = {
    "square of sqrt": (T.sqr(T.sqrt(X)), [-1.0, 4.0], [np.nan, 4.0]),
    "sum of double, small": (T.sum(X * 1e-3), [1.5e308, 1.5e308], 3e305),
    "sum of double, unknown": (T.sum(X * S), [1.5e308, 1.5e308], 1.5e308),
    "sum of double, huge": (T.sum(X * 1e300), [1e-320, 1e-320], 2e-20),
    "sum of quotient, large": (T.sum(X / 1e3), [1.5e308, 1.5e308], 3e305),
    "sum of quotient, unknown": (T.sum(X / (4 * S)), [1.5e308, 1.5e308], 1.5e308),
    "sum of quotient, tiny": (T.sum(X / 1e-300), [1e-320, 1e-320], 2e-20),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_would_overflow_or_be_another_number_stays(name):
    e, values, right = WRONG[name]
    assert name.partition(",")[0] not in used(e)
    f = tutor.function([X, S], e, on_unused_input="ignore")
    np.testing.assert_allclose(f(values, 0.5), right, rtol=1e-3)


def test_only_what_is_never_zero_cancels_and_only_where_a_nan_is_left():
    assert "cancel" in used(S / T.exp(S) * T.exp(S))
    assert "cancel" not in used(S / (S + 1) * (S + 1))
    assert "cancel" not in used(R / T.exp(S) * T.exp(S))
    f = tutor.function([R, S], R / T.exp(S) * T.exp(S))
    assert np.isnan(f(1.0, np.nan))


def test_a_number_is_no_factor_that_is_distributed_twice():
    e = 2 * T.switch(X > 0, Y / (2 * T.exp(X)), X)
    f = tutor.function([X, Y], e)
    np.testing.assert_allclose(f([-1.0, 1.0], [3.0, 3.0]), [-2, 3 / np.e])


ZEROS = ("add zero to float", "sign of difference", "sign of both", "sign of operand", "zero minus",
         "sum of negative", "sum of double", "sum of quotient")
#: Of rules that are functions: what they apply to, given as one vector.
COMPUTED = {
    "sum of products": lambda v: T.sum(v * T.ones_like(v)[::-1]),
    "sum of part": lambda v: T.sum(T.inc_subtensor(
        T.zeros((2, v.shape[0]))[[0, 1], [1, 0]], v), axis=0),
    "part scaled": lambda v: 2 * T.inc_subtensor(T.zeros_like(v)[:1], v[:1]),
    "part added": lambda v: v + T.inc_subtensor(T.zeros_like(v)[:1], v[:1]),
}  # fmt: skip


@pytest.mark.parametrize("name", ZEROS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_sign_of_a_zero_that_is_read_stays(name):
    number = 0.5 if name == "sum of quotient" else 2.0
    for text, _ in NAMED[name].forms():
        e = build(parse(text), {"x": X, "y": Y, "C": number})
        assert name in used(e)
        assert name not in used(1 / e)


@pytest.mark.parametrize("name", COMPUTED)
def test_the_sign_of_a_zero_stays_where_a_rule_is_a_function(name):
    e = COMPUTED[name](X)
    assert name in used(e)
    assert name not in used(1 / e)


def test_sums_of_parts_of_zeros_made_in_any_way():
    i, n = T.lvector("i"), T.vector("n", dtype="int8")
    for zeros in (T.zeros((2, 3)), T.alloc(0.0, 2, 3), T.zeros_like(M), M * 0,
                  T.zeros((2, 3), dtype="float32")):
        for axis in (0, 1):
            for kept in (True, False):
                e = T.sum(T.inc_subtensor(zeros[i, i], T.cast(X, zeros.dtype)), axis, keepdims=kept)
                fast, plain = (tutor.function([X, M, i], e, mode=m, on_unused_input="ignore")
                               for m in ("FAST_RUN", "FAST_COMPILE"))
                given = [1.5, 2.5, 4.0], np.ones((2, 3)), [0, 1, 1]
                np.testing.assert_array_equal(fast(*given), plain(*given))
    e = T.sum(T.inc_subtensor(T.zeros((2, 3), dtype="int8")[i, i], n), axis=0)
    f = tutor.function([i, n], e)
    np.testing.assert_array_equal(f([0, 0], [100, 100]), [-56, 0, 0])


def test_every_rule_that_may_change_the_sign_of_a_zero_is_here():
    assert {name for name, rule in NAMED.items() if rule.zero} == {*ZEROS, *COMPUTED}
