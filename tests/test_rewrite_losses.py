"""Losses are stable and cheap however they are written: cross-entropies never see log 0, and their
gradients divide by no probability.

Each spelling is compared with the formula that needs no logarithm of a small number.
"""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import ShapeError
from tutor.core.walk import toposort

Z = np.array([-1000.0, -800.0, -50.0, -5.0, -0.1, 0.0, 0.1, 3.0, 40.0, 800.0, 1000.0])
PROBABILITIES = {
    "sigmoid": T.nnet.sigmoid,
    "by exp": lambda z: 1 / (1 + T.exp(-z)),
    "by inv": lambda z: T.inv(1 + T.exp(-z)),
    "by power": lambda z: (1 + T.exp(-z)) ** -1,
    "by product": lambda z: 1.0 / (1.0 + T.exp(-1 * z)),
    "by quotient": lambda z: T.exp(z) / (1 + T.exp(z)),
    "by shared quotient": lambda z: (lambda e: e / (e + 1))(T.exp(z)),
    "by tanh": lambda z: 0.5 * (1 + T.tanh(z / 2)),
    "by half tanh": lambda z: 0.5 + 0.5 * T.tanh(z * 0.5),
    "turned round": lambda z: 1 - T.nnet.sigmoid(-z),
}
COSTS = {
    "together": lambda p, y: -(y * T.log(p) + (1 - y) * T.log(1 - p)),
    "apart": lambda p, y: -y * T.log(p) - (1 - y) * T.log(1 - p),
    "by name": T.nnet.binary_crossentropy,
    "by log1p": lambda p, y: -y * T.log(p) - (1 - y) * T.log1p(-p),
    "by factor": lambda p, y: -1 * (y * T.log(p) + (1.0 - y) * T.log(1.0 - p)),
    "with the other sign": lambda p, y: (y - 1) * T.log(1 - p) - y * T.log(p),
    "by choice": lambda p, y: -T.switch(y > 0.5, T.log(p), T.log(1 - p)),
}


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("probability", PROBABILITIES)
@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
def test_binary_cross_entropy_however_it_is_written(cost, probability, target):
    if cost == "by choice" and target == 0.3:
        return  # it is another cost then
    z, y = T.dvectors("z", "y")
    loss = COSTS[cost](PROBABILITIES[probability](z), y)
    f = tutor.function([z, y], [loss, T.grad(loss.mean(), z)])
    value, slope = f(Z, np.full_like(Z, target))
    true = np.logaddexp(0, -Z) * target + np.logaddexp(0, Z) * (1 - target)
    np.testing.assert_allclose(value, true, rtol=1e-9, atol=1e-12)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(slope, (1 / (1 + np.exp(-Z)) - target) / Z.size, atol=1e-12)


CORNERS = [0.0, -0.0, 5e-324, -1e-300, 1e-9, -0.7, 3.0, 40.0, -40.0, 800.0, -800.0, 1e300, -1e300]
TARGETS = [0.0, -0.0, 1.0, 0.3, 1e-20, 1 - 1e-16, 2.5, -1e10]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("form", ["rest", "turned", "minus", "scaled", "gradient"])
@pytest.mark.parametrize("of_negative", [True, False])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_one_weight_gives_what_two_give(form, of_negative, dtype):
    z, y, k = T.vector("z", dtype=dtype), T.vector("y", dtype=dtype), T.scalar("k", dtype=dtype)
    over, under = (-z, z) if of_negative else (z, -z)
    p, q, s, r = *map(T.nnet.softplus, (over, under)), *map(T.nnet.sigmoid, (over, under))
    sign, loss, slope = {
        "rest": (1, y * p + (1 - y) * q, y * s - (1 - y) * r),
        "turned": (1, y * p - (y - 1) * q, (y - 1) * r + y * s),
        "minus": (-1, -(1 - y) * q - y * p, (1 - y) * r - y * s),
        "scaled": (0.25, k * y * p / 2 + (1 - y) * k * q / 2, k * y / 2 * s - k * (1 - y) / 2 * r),
        "gradient": (1, (1 - y) * q + y * p, T.grad(T.sum(y * p + (1 - y) * q), over)
                     if not of_negative else -T.grad(T.sum(y * p + (1 - y) * q), z)),
    }[form]
    given = [z, y, k] if form == "scaled" else [z, y]
    f = tutor.function(given, [loss, slope, q])
    assert [step.rule.name for step in f.rewrites].count("one weight") == 2
    plain = tutor.function(given, [loss, slope], mode="FAST_COMPILE")
    grid = [(a, b) for a in CORNERS for b in TARGETS if abs(a) < np.finfo(dtype).max]
    a, b = np.array(grid).T.astype(dtype)
    wide = (-a if of_negative else a).astype("longdouble")
    small, weight = np.exp(-abs(wide)), b.astype("longdouble") - np.signbit(wide)
    loss = weight * wide + np.log1p(small)
    slope = weight - np.copysign(small / (1 + small), wide)
    half = [0.5] * (len(given) - 2)
    for new, old, right in zip(f(a, b, *half)[:2], plain(a, b, *half), (loss, slope), strict=True):
        right = (sign * right).astype(dtype)
        assert (np.isfinite(new) == np.isfinite(right)).all()
        finite = np.isfinite(right)
        off, allowed = abs(new - right)[finite], abs(old - right)[finite]
        assert (off <= allowed + 8 * np.spacing(abs(right))[finite]).all()
    hidden = f(*np.array([[np.nan, 1.0], [1.0, np.nan]], dtype), *half)
    assert np.isnan(hidden[:2]).all()
    with pytest.raises(ShapeError):
        f(a, b[:1], *half)


def test_what_is_weighed_by_two_independent_numbers_stays_so():
    z, y, u = T.dvectors("z", "y", "u")
    s = T.nnet.sigmoid
    for e in (y * s(z) - u * s(-z), y * s(z) + (1 - y) * s(-z), y * s(z) - (1 - y) * s(-u),
              y * s(z) - (2 - y) * s(-z), y * u * s(z) - (1 - y) * s(-z)):
        f = tutor.function([z, y, u], e, on_unused_input="ignore")
        assert "one weight" not in f.rewrites.counts
        plain = tutor.function([z, y, u], e, on_unused_input="ignore", mode="FAST_COMPILE")
        given = np.random.default_rng(0).normal(size=(3, 9))
        np.testing.assert_allclose(f(*given), plain(*given), rtol=1e-12)


X = np.array([[1000.0, 0.0, 0.0], [0.0, -1000.0, 0.0], [1.0, 2.0, 3.0], [-800.0, 800.0, 0.0]])
PICK = np.array([1, 1, 0, 0])
ONE_HOT = np.eye(3)[PICK]


def reference(x):
    """The mean of -log softmax at the targets, and its gradient."""
    rest = x - x.max(1, keepdims=True)
    log_p = rest - np.log(np.exp(rest).sum(1, keepdims=True))
    return -log_p[np.arange(len(x)), PICK].mean(), (np.exp(log_p) - ONE_HOT) / len(x)


def by_hand(x, keepdims):
    e = T.exp(x)
    return e / (e.sum(axis=1, keepdims=True) if keepdims else e.sum(axis=1).dimshuffle(0, "x"))


MULTICLASS = {
    "tutorial": lambda x, y, t: -T.mean(T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y]),
    "by name": lambda x, y, t: T.nnet.categorical_crossentropy(T.nnet.softmax(x), y).mean(),
    "one-hot by name": lambda x, y, t: T.nnet.categorical_crossentropy(
        T.nnet.softmax(x), t).mean(),
    "one-hot": lambda x, y, t: -T.mean(T.sum(t * T.log(T.nnet.softmax(x)), axis=1)),
    "logsoftmax": lambda x, y, t: -T.mean(T.nnet.logsoftmax(x)[T.arange(y.shape[0]), y]),
    "softmax of the other axis": lambda x, y, t: -T.mean(
        T.log(T.nnet.softmax(x.T, axis=0)).T[T.arange(y.shape[0]), y]),
    "log sum exp": lambda x, y, t: T.mean(
        T.log(T.sum(T.exp(x), axis=1)) - x[T.arange(y.shape[0]), y]),
    "log sum exp kept": lambda x, y, t: T.mean(
        T.log(T.sum(T.exp(x), axis=1, keepdims=True)) - (x * t).sum(axis=1, keepdims=True)),
    "by hand": lambda x, y, t: -T.mean(T.log(by_hand(x, True))[T.arange(y.shape[0]), y]),
    "by hand, turned": lambda x, y, t: -T.mean(T.log(by_hand(x, False))[T.arange(y.shape[0]), y]),
    "logs first": lambda x, y, t: -(t * T.log(T.nnet.softmax(x))).sum() / x.shape[0],
}


@pytest.mark.parametrize("name", MULTICLASS)
def test_cross_entropy_of_classes_however_it_is_written(name):
    x, y, t = T.dmatrix("x"), T.lvector("y"), T.dmatrix("t")
    loss = MULTICLASS[name](x, y, t)
    f = tutor.function([x, y, t], [loss, T.grad(loss, x)], on_unused_input="ignore")
    value, slope = f(X, PICK, ONE_HOT)
    true, gradient = reference(X)
    np.testing.assert_allclose(value, true, rtol=1e-12)
    np.testing.assert_allclose(slope, gradient, atol=1e-12)


def test_the_gradient_of_a_softmax_cross_entropy_is_cheap():
    x, y = T.dmatrix("x"), T.lvector("y")
    loss = MULTICLASS["tutorial"](x, y, None)
    f = tutor.function([x, y], [loss, T.grad(loss, x)])
    full = [n.op.name for n in toposort(f.graph.outputs) if n.outputs[0].ndim == 2
            and n.outputs[0].broadcastable == (False, False)]
    assert sorted(full) == ["inc_subtensor", "softmax_parts"]


def test_the_gradient_of_a_mean_fills_no_array():
    x = T.dmatrix("x")
    f = tutor.function([x], T.grad(T.mean(T.sqr(T.tanh(x))), x))
    assert not [n for n in toposort(f.graph.outputs) if n.op.name == "fill"]


def test_parts_are_added_in_place_of_arrays_of_zeros():
    x = T.dvector("x")
    cost = sum(x[i] ** 2 for i in range(5)) + (x**2).sum()
    f = tutor.function([x], T.grad(cost, x))
    names = [n.op.name for n in toposort(f.graph.outputs)]
    assert "fill" not in names
    np.testing.assert_allclose(f(np.arange(6.0)), [0, 4, 8, 12, 16, 10])


@pytest.mark.parametrize("names, gone", [
    (["log sigmoid"], "log sigmoid"), (["stable"], "one over"), (["merge"], "merge"),
    (["constant_folding"], "constant folding"), (["stabilize"], "sigmoid"),
])  # fmt: skip
def test_rules_are_switched_off_by_name(names, gone):
    from tutor.compile.rules.engine import rewritten

    x = T.dvector("x")
    y = T.log(1 / (1 + T.exp(-x))) + T.exp(-x) * (T.constant(2.0) + 1)
    before = {s.rule.name for s in rewritten([y], [x])[1]}
    after = {s.rule.name for s in rewritten([y], [x], excluding=names)[1]}
    assert gone in before
    if gone == "one over":
        assert gone in after and not any(
            s.rule.licence == "stable" for s in rewritten([y], [x], excluding=names)[1])
    else:
        assert gone not in after


def test_rules_that_assume_something_are_switched_on_by_name():
    from tutor.compile.rules.engine import rewritten

    x = T.dvector("x")
    assert str(rewritten([x - x], [x])[0][0].owner.op) == str((x - x).owner.op)
    (new,), steps = rewritten([x - x], [x], including=["sub itself"])
    assert steps[0].rule.name == "sub itself"
    assert new.owner.op.name == "fill"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_of_the_examples_go_into_the_softmax(dtype):
    x, w, labels = T.matrix("x", dtype=dtype), T.vector("w", dtype=dtype), T.lvector("labels")
    picked = T.log(T.nnet.softmax(x))[T.arange(labels.shape[0]), labels]
    outputs = [-(w * picked).sum(), T.grad(-(w * picked).sum(), x)]
    fast = tutor.function([x, w, labels], outputs)
    assert not [n for n in toposort(fast.graph.outputs) if n.op.name == "mul"
                and n.outputs[0].broadcastable == (False, False)]
    plain = tutor.function([x, w, labels], outputs, mode="FAST_COMPILE")
    rows = [[0, 1, 2], [800, -800, 0], [-1e30, 0, 1], [np.inf, 0, 1], [-np.inf, 0, 1],
            [np.nan, 1, 2], [1e38, 1e38, -1e38], [5e-324, 0, -0.0]]
    a, y = np.array(rows, dtype), np.arange(len(rows)) % 3
    for weight in (1, -2.5, 0, 1e30, 1e-30, 1e-44, np.inf, np.nan):
        b = np.full(len(rows), weight, dtype)
        for i in range(len(rows)):
            for found, right in zip(fast(a[i:i + 1], b[i:i + 1], y[i:i + 1]),
                                    plain(a[i:i + 1], b[i:i + 1], y[i:i + 1]), strict=True):
                tiny = np.finfo(dtype).smallest_subnormal
                finite = np.isfinite(right)
                np.testing.assert_allclose(found[finite], right[finite], rtol=2e-6, atol=4 * tiny)
    for wrong in (np.ones(1, dtype), np.ones(3, dtype)):
        with pytest.raises(ShapeError):
            fast(a, wrong, y)
        with pytest.raises(ShapeError):
            plain(a, wrong, y)


def test_a_large_softmax_is_shared_out_with_its_scale():
    x, labels = T.dmatrix("x"), T.lvector("labels")
    cost = -T.mean(T.log(T.nnet.softmax(x))[T.arange(labels.shape[0]), labels])
    rng = np.random.default_rng(0)
    a, y = rng.normal(size=(700, 300)), rng.integers(0, 300, 700)
    plain = tutor.function([x, labels], [cost, T.grad(cost, x)], mode="FAST_COMPILE")(a, y)
    for threads in (1, 2):
        with tutor.config.change_flags(threads=threads):
            for found, right in zip(tutor.function([x, labels], [cost, T.grad(cost, x)])(a, y),
                                    plain, strict=True):
                np.testing.assert_allclose(found, right, rtol=1e-11, atol=1e-18)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "corner", [0.0, 19.0, -19.0, 21.0, 90.0, -800.0, 1e30, np.inf, -np.inf, np.nan])
def test_rows_of_a_large_softmax_are_those_of_a_small_one(corner, dtype):
    x = T.matrix("x", dtype=dtype)
    a = np.random.default_rng(0).normal(size=(400, 200)).astype(dtype)
    a[7, 3], a[8], a[9, :] = corner, a[8] + np.array(corner, dtype), corner
    a[20:30] -= 700
    f = tutor.function([x], [T.nnet.softmax(x), T.log(T.nnet.softmax(x)),
                             T.log(T.exp(x).sum(axis=1))])
    alone = tutor.function([x], T.nnet.softmax(x))
    large, only, small = f(a), alone(a), [f(a[i:i + 1]) for i in range(len(a))]
    info = np.finfo(dtype)
    for k in (0, 1, 2):
        rows = np.concatenate([row[k] for row in small])
        np.testing.assert_allclose(large[k], rows, rtol=40 * info.eps, atol=8 * info.eps * k)
    np.testing.assert_allclose(only, large[0], rtol=40 * info.eps, atol=info.tiny)


def test_class_weights_that_are_arrays_are_no_numbers_to_a_rule() -> None:
    weights, z, y = np.array([1.0, 2, 3]), T.dvector("z"), T.dvector("y")
    p = T.nnet.sigmoid(z)
    loss = -T.mean(weights * y * T.log(p) + 0.5 * (1 - y) * T.log(1 - p))
    at, true = np.array([1.0, 2, 3]), np.array([0.0, 1, 1])
    said = 1 / (1 + np.exp(-at))
    wanted = -np.mean(weights * true * np.log(said) + 0.5 * (1 - true) * np.log(1 - said))
    slope = -(weights * true * (1 - said) - 0.5 * (1 - true) * said) / 3
    found, g = tutor.function([z, y], [loss, T.grad(loss, z)])(at, true)
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_allclose(g, slope)


@pytest.mark.parametrize(("build", "right"), [
    (lambda w, y: (1 - T.tanh(w) ** 2) / (0.5 * (1 + T.tanh(w))), lambda w, y: 4 * sigmoid(-2 * w)),
    (lambda w, y: (1 - T.tanh(w) ** 2) * (y / (0.5 * (1 + T.tanh(w)))),
     lambda w, y: 4 * y * sigmoid(-2 * w)),
    (lambda w, y: (y / (0.5 * (1 + T.tanh(w))) + 3) * (1 - T.sqr(T.tanh(w))),
     lambda w, y: 4 * y * sigmoid(-2 * w) + 12 * sigmoid(2 * w) * sigmoid(-2 * w)),
    (lambda w, y: (y / T.exp(w) + 3) * T.exp(w), lambda w, y: y + 3 * np.exp(w)),
    (lambda w, y: T.exp(w) * (3 - y / T.exp(w)), lambda w, y: 3 * np.exp(w) - y),
], ids=["quotient", "product", "sum", "distributed", "taken off"])
def test_what_a_factor_cancels_where_it_is_0(build, right):
    """Derivatives written by hand: the factor and the divisor are 0 together at -1000."""
    w, y = T.dvectors("w", "y")
    f = tutor.function([w, y], build(w, y), on_unused_input="ignore")
    at, weight = np.array([-1000.0, -30.0, 0.3, 20.0]), np.array([2.0, -1.0, 0.5, 1.0])
    np.testing.assert_allclose(f(at, weight), right(at, weight), rtol=1e-9, atol=1e-12)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def hand(p, s, y):
    """The gradient of a cross-entropy with the truth y, where p has the slope s."""
    return y * s / p - (1 - y) * s / (1 - p)


SLOPES = {
    "half of one and tanh": lambda w, y: hand((1 + T.tanh(w)) / 2, 1 - T.tanh(w) ** 2, y),
    "its negative": lambda w, y: -hand((1 - T.tanh(w)) / 2, 1 - T.tanh(w) ** 2, 1 - y),
    "half and half of tanh": lambda w, y: hand(0.5 + 0.5 * T.tanh(w), 1 - T.tanh(w) ** 2, y),
    "half less half of tanh": lambda w, y: hand(0.5 - 0.5 * T.tanh(-w), 1 - T.tanh(w) ** 2, y),
    "of two factors": lambda w, y: hand(
        0.5 * (T.tanh(w) + 1), (1 - T.tanh(w)) * (1 + T.tanh(w)), y),
    "with cosh": lambda w, y: hand((1 + T.tanh(w)) / 2, 1 / T.cosh(w) ** 2, y),
    "both written out": lambda w, y: y * (1 - T.tanh(w) ** 2) / ((1 + T.tanh(w)) / 2)
    - (1 - y) * (1 - T.tanh(w) ** 2) / ((1 - T.tanh(w)) / 2),
    "a common factor": lambda w, y: (1 - T.tanh(w) ** 2) * (
        y / ((1 + T.tanh(w)) / 2) - (1 - y) / (1 - (1 + T.tanh(w)) / 2)),
    "a sigmoid": lambda w, y: 4 * hand(
        T.nnet.sigmoid(2 * w), T.nnet.sigmoid(2 * w) * (1 - T.nnet.sigmoid(2 * w)), y),
    "of grad": lambda w, y: -2 * T.grad(-T.sum(
        y * T.log((1 + T.tanh(w)) / 2) + (1 - y) * T.log(1 - (1 + T.tanh(w)) / 2)), w),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("form", SLOPES.values(), ids=SLOPES.keys())
def test_the_slope_of_a_cross_entropy_by_hand_is_finite_wherever_it_is_saturated(form, dtype):
    w, y = T.vector("w", dtype=dtype), T.vector("y", dtype=dtype)
    f = tutor.function([w, y], form(w, y))
    at = np.array([-800, -40, -8, -1, 0, 1, 8, 40, 800], dtype)
    for truth in (0.0, 1.0, 0.25):
        p = 1 / (1 + np.exp(np.clip(-2 * at.astype("float64"), -700, 700)))
        wanted = 4 * (truth * (1 / (1 + np.exp(np.clip(2 * at.astype("float64"), -700, 700))))
                      - (1 - truth) * p)
        found = f(at, np.full_like(at, truth))
        np.testing.assert_allclose(found, wanted, rtol=1e-5 if dtype == "float32" else 1e-12,
                                   atol=1e-30)


@pytest.mark.parametrize("total", [
    lambda g: T.sum(g, axis=1, keepdims=True), lambda g: T.sum(g, axis=1).dimshuffle(0, "x")])
def test_the_gradient_of_a_softmax_by_hand_never_divides_by_a_probability_of_0(total):
    x, y = T.dmatrices("x", "y")
    p = T.nnet.softmax(x)
    g = -y / p
    slope = p * (g - total(p * g))
    f = tutor.function([x, y], slope)
    assert f.rewrites.counts["softmax gradient"] == 1
    at, truth = [[1000.0, 0, -1000], [0.3, 0.1, 0.5]], [[0.0, 1, 0], [1, 0, 0]]
    with np.errstate(over="ignore"):
        p = np.exp(at - np.max(at, axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(f(at, truth), p - truth, atol=1e-15)
    with pytest.raises(ShapeError):
        f(at, np.ones((2, 2)))
    with pytest.raises(ShapeError):
        f(at, np.ones((1, 3)))
