"""Logarithms of exponentials are right where the exponentials are not, however they are written:
values, derivatives and second derivatives at numbers whose exponentials overflow and underflow.

The derivative is so in every mode, for it is taken of the form that computes no exponential; the
value in those that rewrite.
"""

import numpy as np
import pytest

import tutor
import tutor.tensor as T

FAR = [[1000.0, 999.0, -1000.0], [-1000.0, -1001.0, -999.5], [0.3, -0.2, 1.0], [-1e4, 0.0, 1e4],
       [800.0, 800.0, 800.0], [40.0, -40.0, 0.0]]  # fmt: skip
W = np.array([0.2, 0.5, 3.0])
M = np.array([[0.5, 0.5, 1e-3], [0.2, 3.0, 0.1], [1.0, 2.0, 0.3]])


def plus(*terms):
    """log of a sum, of the logarithms of its terms."""
    return np.logaddexp.reduce(np.stack(np.broadcast_arrays(*terms)), axis=0)


def lse(x):
    return np.logaddexp.reduce(x)


def log_p(x):
    return x - lse(x)


def matrix(v):
    """Three numbers as the first of two rows."""
    return T.stack([v, v[::-1] / 2])


sigma = T.nnet.sigmoid
softmax = T.nnet.softmax
#: What is written, and its value from logarithms alone.
FORMS = {
    "vector": (lambda v: T.log(T.exp(v).sum()), lse),
    "axis 0": (lambda v: T.log(T.exp(matrix(v)).sum(axis=0)).sum(),
               lambda x: plus(x, x[::-1] / 2).sum()),
    "axis 1 kept": (lambda v: T.log(T.exp(matrix(v)).sum(axis=1, keepdims=True)).sum(),
                    lambda x: lse(x) + lse(x / 2)),
    "all axes": (lambda v: T.log(T.exp(matrix(v)).sum()), lambda x: plus(lse(x), lse(x / 2))),
    "two terms": (lambda v: T.log(T.exp(v[0]) + T.exp(v[1])), lambda x: plus(x[0], x[1])),
    "three terms": (lambda v: T.log(T.exp(v[0]) + T.exp(v[1]) + T.exp(v[2])), lse),
    "one and more": (lambda v: T.log(1 + T.exp(v).sum()), lambda x: plus(0 * x[0], lse(x))),
    "log1p": (lambda v: T.log1p(T.exp(v)).sum(), lambda x: plus(0 * x, x).sum()),
    "mean": (lambda v: T.log(T.mean(T.exp(v))), lambda x: lse(x) - np.log(3)),
    "mean of rows": (lambda v: T.log(T.exp(matrix(v)).mean(axis=0)).sum(),
                     lambda x: (plus(x, x[::-1] / 2) - np.log(2)).sum()),
    "base 2": (lambda v: T.log2(T.exp(v).sum()), lambda x: lse(x) / np.log(2)),
    "base 10": (lambda v: T.log10(T.exp(v).sum()), lambda x: lse(x) / np.log(10)),
    "weighted": (lambda v: T.log((W * T.exp(v)).sum()), lambda x: lse(x + np.log(W))),
    "product": (lambda v: T.log(T.exp(v) * T.exp(-2 * v)).sum(), lambda x: -x.sum()),
    "quotient": (lambda v: T.log(T.exp(v) / T.exp(v).sum()).sum(), lambda x: log_p(x).sum()),
    "dot": (lambda v: T.log(T.dot(T.exp(v), M)).sum(),
            lambda x: np.logaddexp.reduce(x[:, None] + np.log(M), axis=0).sum()),
    "dot of rows": (lambda v: T.log(T.dot(T.exp(matrix(v)), M)).sum(), lambda x: sum(
        np.logaddexp.reduce(r[:, None] + np.log(M), axis=0).sum() for r in (x, x[::-1] / 2))),
    "dot from the left": (lambda v: T.log(T.dot(M, T.exp(v))).sum(),
                          lambda x: np.logaddexp.reduce(x + np.log(M), axis=1).sum()),
    "root and square": (lambda v: T.log(T.sqrt(T.sqr(T.exp(v)).sum())), lambda x: lse(2 * x) / 2),
    "power": (lambda v: T.log((1 + T.exp(-v)) ** -1).sum(), lambda x: -plus(0 * x, -x).sum()),
    "prod": (lambda v: T.log(T.prod(sigma(v))), lambda x: -plus(0 * x, -x).sum()),
    "largest": (lambda v: T.log(T.max(T.exp(v + W) * 2)), lambda x: (x + W).max() + np.log(2)),
    "choice": (lambda v: T.log(T.switch([True, False, True], T.exp(v), 0).sum()),
               lambda x: plus(x[0], x[2])),
    "cosh": (lambda v: T.log(T.cosh(v)).sum(), lambda x: (plus(x, -x) - np.log(2)).sum()),
    "less one": (lambda v: T.log(T.exp(v * v + 1) - 1).sum(),
                 lambda x: (x * x + 1 + np.log1p(-np.exp(-x * x - 1))).sum()),
    "from one": (lambda v: T.log(1 - T.exp(-v * v - 1)).sum(),
                 lambda x: np.log1p(-np.exp(-x * x - 1)).sum()),
    "of either sign": (lambda v: T.log(T.sqr(1 - T.exp(v - 0.6)) * T.sqr(T.expm1(v - 0.6))).sum(),
                       lambda x: 4 * (np.maximum(x - 0.6, 0)
                                      + np.log(-np.expm1(-abs(x - 0.6)))).sum()),
    "turned": (lambda v: T.log(T.exp(matrix(v)).T.sum(axis=0).dimshuffle("x", 0)).sum(),
               lambda x: lse(x) + lse(x / 2)),
    "joined": (lambda v: T.log(T.concatenate([T.exp(v), T.exp(2 * v)]).sum()),
               lambda x: plus(lse(x), lse(2 * x))),
    "sigmoid": (lambda v: T.log(sigma(v)).sum(), lambda x: -plus(0 * x, -x).sum()),
    "one less sigmoid": (lambda v: T.log(1 - sigma(v)).sum(), lambda x: -plus(0 * x, x).sum()),
    "sigmoid by hand": (lambda v: T.log(1 / (1 + T.exp(-v))).sum(),
                        lambda x: -plus(0 * x, -x).sum()),
    "one less that": (lambda v: T.log(1 - 1 / (1 + T.exp(-v))).sum(),
                      lambda x: -plus(0 * x, x).sum()),
    "log1p of that": (lambda v: T.log1p(-1 / (1 + T.exp(-v))).sum(),
                      lambda x: -plus(0 * x, x).sum()),
    "binary cross-entropy": (
        lambda v: T.nnet.binary_crossentropy(sigma(v), [0.0, 1.0, 0.3]).sum(),
        lambda x: ([0, 1, 0.3] * plus(0 * x, -x) + [1, 0, 0.7] * plus(0 * x, x)).sum()),
    "picked": (lambda v: -T.log(softmax(v)[[0, 0], [2, 0]]).sum(),
               lambda x: -log_p(x)[2] - log_p(x)[0]),
    "picked by hand": (lambda v: -T.log((T.exp(v) / T.exp(v).sum())[1]), lambda x: -log_p(x)[1]),
    "weights and logs": (lambda v: (W * T.log(softmax(v))).sum(), lambda x: (W * log_p(x)).sum()),
    "part of a softmax": (lambda v: T.log(softmax(v)[:, :2].sum()),
                          lambda x: plus(x[0], x[1]) - lse(x)),
    "logsumexp": (lambda v: T.logsumexp(v), lse),
    "logaddexp": (lambda v: T.logaddexp(v, 2 * v).sum(), lambda x: plus(x, 2 * x).sum()),
    "masked": (lambda v: T.log((np.array([0.0, 0.0, 1.0]) * T.exp(v)).sum()), lambda x: x[2]),
    "masked by what is computed": (
        lambda v: T.log((T.exp(v) * (v < 500)).sum() + T.exp(v[1] / 2)),
        lambda x: plus(*x[x < 500], x[1] / 2)),
    "two terms, one masked": (lambda v: T.log(T.exp(v[2]) + T.eq(v[1], 5e3) * T.exp(v[0])),
                              lambda x: x[2]),
    "some set": (lambda v: T.log(T.set_subtensor(T.exp(v)[:2], [0.0, 3.0]).sum()),
                 lambda x: plus(x[2], np.log(3) + 0 * x[2])),
    "dot of two": (lambda v: T.log(T.dot(T.exp(v), T.exp(v[::-1]))), lambda x: lse(x + x[::-1])),
    "dot with zeros": (
        lambda v: (T.log(T.dot(T.exp(matrix(v)), [0.0, 0.0, 1.0])).sum()
                   + T.log(T.dot([0.0, 1.0], T.exp(matrix(v)))).sum()),
        lambda x: x[2] + x[0] / 2 + x.sum() / 2),
    "dot with a mask": (lambda v: T.log(T.dot(T.exp(v) * [0.0, 0.0, 1.0], M)).sum(),
                        lambda x: (x[2] + np.log(M[2])).sum()),
    "Gaussian mixture": (
        lambda v: T.log((W * T.exp(-0.5 * T.sqr(v / 50 - 1)) / np.sqrt(2 * np.pi)).sum()),
        lambda x: lse(np.log(W) - 0.5 * (x / 50 - 1) ** 2 - 0.5 * np.log(2 * np.pi))),
}  # fmt: skip


def slopes(f, x, h):
    """Central differences, in higher precision."""
    steps = np.eye(len(x), dtype="longdouble") * np.longdouble(h)
    return np.array([(f(x + s) - f(x - s)) / (2 * h) for s in steps])


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_logarithms_of_exponentials(name, mode):
    build, right = FORMS[name]
    v, u = T.dvectors("v", "u")
    cost = build(v)
    slope = T.grad(cost, v)
    f = tutor.function([v, u], [cost, slope, T.grad((slope * u).sum(), v,
                                                    disconnected_inputs="ignore"),
                                T.Rop(cost, v, u)], mode=mode, on_unused_input="ignore")
    direction = np.array([0.5, -1.0, 2.0])
    for values in FAR:
        x = np.array(values, "longdouble")
        value, first, second, along = f(np.array(values), direction)
        if mode == "FAST_RUN":
            np.testing.assert_allclose(value, float(right(x)), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(first, slopes(right, x, 1e-4).astype(float), rtol=1e-6,
                                   atol=1e-6)
        np.testing.assert_allclose(along, first @ direction, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(
            second, slopes(lambda z: slopes(right, z, 1e-3) @ direction, x, 1e-3).astype(float),
            rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_inside_a_loop(mode):
    """The forward pass of a hidden Markov model, from left to right, so that some states cannot be
    reached."""
    steps, n = (400 if mode == "FAST_RUN" else 6), 3
    start, move, seen = T.dvector("start"), T.dmatrix("move"), T.dmatrix("seen")

    def forward(here, before, move):
        return here + T.log(T.sum(T.exp(before[:, None] + move), axis=0))

    def again(here, before, move):
        return here + T.logsumexp(before[:, None] + move, axis=0)

    def dotted(here, before, move):
        return here + T.log(T.dot(T.exp(before), T.exp(move)))

    rng = np.random.default_rng(0)
    with np.errstate(divide="ignore"):
        given = (np.log(np.eye(n)[0]), np.log(np.triu(np.full((n, n), 0.5))),
                 np.log(rng.random((steps, n))) * 5)
    found = []
    for step in (forward, again, dotted):
        states, _ = tutor.scan(step, sequences=seen, outputs_info=start, non_sequences=move)
        likelihood = T.log(T.sum(T.exp(states[-1])))
        f = tutor.function([start, move, seen], [likelihood, T.grad(likelihood, seen)], mode=mode)
        with np.errstate(all="ignore"):
            found.append(f(*given))
    for value, slope in found:
        assert np.isfinite(value) and np.isfinite(slope).all()
        np.testing.assert_allclose(value, found[1][0], rtol=1e-12)
        np.testing.assert_allclose(slope, found[1][1], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(slope.sum(axis=1), 1)  # where the model is at each step


def test_a_difference_may_be_negative():
    v = T.dvector("v")
    e = T.log1p(T.expm1(v)).sum()
    f = tutor.function([v], [e, T.grad(e, v), T.log(T.expm1(v))])
    value, slope, plain = f([-0.5, 2.0])
    np.testing.assert_allclose([value, *slope], [1.5, 1, 1])
    assert np.isnan(plain[0]) and np.isfinite(plain[1])


def test_what_is_in_its_best_form_is_left_so():
    v, w, m = T.dvector("v"), T.dvector("w"), T.dmatrix("m")
    for inside in ((w * T.exp(v)).sum(), (w * T.exp(-v)).sum(), T.dot(T.exp(-v), m), w + T.exp(v),
                   T.exp(v) - w, T.expm1(v) * w, T.sqr(1 - T.exp(-v)), T.exp(-v) - T.exp(-2 * v)):
        f = tutor.function([v, w, m], T.log(inside), on_unused_input="ignore")
        assert f.rewrites.counts["log of exponentials"] == 1


def test_what_is_asked_for_on_the_way_is_as_it_was_written():
    v = T.dvector("v")
    e = T.exp(v)
    cost = T.log(e.sum())
    np.testing.assert_allclose(T.grad(cost, e).eval({v: [0.0, 1.0]}), 1 / (1 + np.e))
    assert not T.grad(cost, v, consider_constant=[e], disconnected_inputs="ignore").eval(
        {v: [0.0, 1.0]}).any()


def test_a_logarithm_of_what_is_no_exponential_is_left_alone():
    v, w = T.dvectors("v", "w")
    for cost in (T.log(v.sum()), T.log(v * w + 1), T.log(T.sqr(v).sum(axis=0)),
                 T.log(T.nnet.sigmoid(v) + 1e-6), T.log(T.exp(v).astype("int32"))):
        f = tutor.function([v, w], cost, on_unused_input="ignore")
        assert "log of exponentials" not in f.rewrites.counts


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sizes_and_dtypes_stay(dtype):
    x, row = T.matrix("x", dtype=dtype), T.row("row", dtype=dtype)
    for cost in (T.log(T.exp(x).sum(axis=1)), T.log((T.exp(x) * row).sum(axis=1, keepdims=True)),
                 T.log(T.dot(T.exp(x), T.exp(row.T))), T.log(T.exp(x)[:, 0] + T.exp(row)[0, 0])):
        plain = tutor.function([x, row], cost, mode="FAST_COMPILE", on_unused_input="ignore")
        fast = tutor.function([x, row], cost, on_unused_input="ignore")
        slope = tutor.function([x, row], T.grad(cost.sum(), x), on_unused_input="ignore")
        for size in (0, 1, 3):
            values = np.ones((size, 1), dtype), np.full((1, 1), 2, dtype)
            a, b = plain(*values), fast(*values)
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            np.testing.assert_allclose(a, b, rtol=1e-6)
            assert slope(*values).shape == (size, 1) and slope(*values).dtype == dtype


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_terms_that_are_all_zero_have_no_share():
    x, y = T.dvectors("x", "y")
    f = tutor.function([x, y], [*T.grad(T.logaddexp(x, y).sum(), [x, y]),
                                T.grad(T.logsumexp(x), x)])
    for slope in f([-np.inf, -np.inf], [-np.inf, -np.inf]):
        np.testing.assert_array_equal(slope, 0)


@pytest.mark.parametrize(("dtype", "at"), [("float32", 20), ("float64", 37), ("float64", 300)])
@pytest.mark.parametrize("plus", [T.logaddexp, T.logaddexp2])
def test_the_second_derivative_where_one_term_is_next_to_nothing(plus, dtype, at):
    a = T.scalar("a", dtype=dtype)
    bend = T.grad(T.grad(plus(T.exp(a), 1.0), a), a)
    for mode in ("FAST_RUN", "interpret"):
        found = tutor.function([a], bend, mode=mode)(at)
        np.testing.assert_allclose(found, np.exp(float(at)), rtol=1e-6)


SOFTMAXES = {
    "a vector": (lambda m: T.exp(m[0]) / T.exp(m[0]).sum(), lambda m: softmax(m)[0]),
    "rows, turned": (lambda m: T.exp(m) / T.exp(m).sum(axis=1)[:, None], softmax),
    "rows, kept": (lambda m: T.exp(m) / T.sum(T.exp(m), axis=1, keepdims=True), softmax),
    "columns": (lambda m: T.exp(m) / T.exp(m).sum(axis=0), lambda m: softmax(m, axis=0)),
    "columns, kept": (lambda m: T.exp(m) / T.exp(m).sum(axis=0, keepdims=True),
                      lambda m: softmax(m, axis=0)),
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "interpret"])
@pytest.mark.parametrize("name", SOFTMAXES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_softmax_written_out_is_one(name, mode):
    m, u = T.dmatrices("m", "u")
    found = []
    for build in SOFTMAXES[name]:
        p = build(m)
        slope = T.grad((p * W).sum(), m)
        outputs = [slope, T.grad((slope * u).sum(), m), T.Rop(p, m, u)]
        found.append(tutor.function([m, u], [p, *outputs], mode=mode))
    for rows in (FAR[:3], FAR[3:]):
        first, second = [f(np.array(rows), np.vander([0.3, -1.0, 2.0])) for f in found]
        for one, other in list(zip(first, second, strict=True))[mode != "FAST_RUN":]:
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_a_softmax_that_is_asked_about_is_differentiated_as_it_is_written():
    v = T.dvector("v")
    e = T.exp(v)
    p = e / e.sum()
    np.testing.assert_allclose(T.grad(p[0], e).eval({v: [0.0, 0.0]}), [0.25, -0.25])
    assert T.nnet.softmax(v).ndim == T.nnet.softmax(v, axis=0).ndim == 2
