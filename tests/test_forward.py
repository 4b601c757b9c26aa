"""Tangents through loops: beside the values, in one loop that keeps no more than is read."""

import tracemalloc

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.scan import Loop
from tutor.core.walk import toposort
from tutor.errors import NullTypeGradError
from tutor.gradient import disconnected_grad, undefined_grad
from tutor.ifelse import ifelse
from tutor.loops import until

RNG = np.random.default_rng(0)
x, w, m = T.dvector("x"), T.dvector("w"), T.dmatrix("m")
VALUES = [RNG.normal(size=5), RNG.normal(size=3), RNG.normal(size=(3, 3)) / 2]
TOWARD = [RNG.normal(size=v.shape) for v in VALUES]


def loop(step, sequences=None, info=None, **more):
    return tutor.scan(step, sequences, info, **more)[0]


LOOPS = {
    "last": lambda: loop(lambda s: T.tanh(T.dot(m, s)), None, w, n_steps=4)[-1],
    "taps": lambda: loop(lambda a, b, p, q: p * q + a * T.cos(b), {"input": x, "taps": [-1, 0]},
                         {"initial": w[:2], "taps": [-2, -1]}),
    "several": lambda: T.concatenate([part.flatten() for part in loop(
        lambda a, s, r: (s * a + r, T.sin(r) * a, s * r * w), x, [w.sum(), w[0], None])]),
    "until": lambda: loop(lambda s: (s * 1.5 + w, until((s**2).sum() > 9)), None, w, n_steps=50),
    "nested": lambda: loop(lambda a, s: loop(lambda u: T.sin(u) * w + a, None, s, n_steps=2)[-1],
                           x, T.zeros_like(w)),
    "choice": lambda: loop(lambda a, s: ifelse(T.gt(a, 0), s * a, s + a * w), x, w),
    "whole numbers": lambda: loop(
        lambda a, i, s: (i + 1, s * a * i + w), x, [T.constant(1), w])[1],
    "steps that are asked for": lambda: loop(lambda a, s: s * a + w, x, w, n_steps=3),
    "a start that does not move": lambda: loop(
        lambda s: T.tanh(T.dot(m, s)), None, T.ones(3), n_steps=4) * w,
    "two loops": lambda: loop(lambda s: T.sin(s) * w, None, w, n_steps=3)
    + loop(lambda s: T.sin(s) * w, None, w * 2, n_steps=4)[1:],
    "gradient": lambda: T.grad((loop(
        lambda a, s: T.tanh(T.dot(m, s) * a + w), x, w)[-1] ** 2).sum(), m),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_carries_tangents_beside_its_values(name):
    y, at = LOOPS[name](), [x, w, m]
    ways, u = [v.type() for v in at], y.type()
    slopes = T.grad((y * u).sum(), at, disconnected_inputs="ignore")
    along = sum((g * way).sum() for g, way in zip(slopes, ways, strict=True))
    more = {"on_unused_input": "ignore"}
    f = tutor.function(at, y, **more)
    both = tutor.function([*at, *ways], [y, T.Rop(y, at, ways)], **more)
    twice = tutor.function([*at, *ways, u], T.grad(along, u), **more)
    high, low = [f(*[v + h * d for v, d in zip(VALUES, TOWARD, strict=True)])
                 for h in (1e-6, -1e-6)]
    value, tangent = both(*VALUES, *TOWARD)
    np.testing.assert_allclose(value, f(*VALUES))
    np.testing.assert_allclose(tangent, (high - low) / 2e-6, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(tangent, twice(*VALUES, *TOWARD, np.ones_like(high)))
    counts = [sum(isinstance(n.op, Loop) for n in toposort(g.graph.outputs)) for g in (f, both)]
    assert counts[0] == counts[1] > 0


def test_a_tangent_that_is_made_of_the_values_waits_for_them():
    y = loop(lambda a, s: s * a + a, x, T.constant(1.0, dtype="float64"))
    f = tutor.function([x], [y, T.Rop(y, x, y)])
    value, tangent = f([1.0, 2.0])
    assert (value.tolist(), tangent.tolist()) == ([2, 6], [4, 26])


def test_the_last_tangent_of_a_long_loop_needs_no_memory_for_the_others():
    y = loop(lambda s: T.sin(s), None, x, n_steps=500)[-1]
    f = tutor.function([x], [y, T.Rop(y, x, x)])
    at = np.ones(1000)
    f(at)
    tracemalloc.start()
    f(at)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * at.nbytes


def test_an_undefined_derivative_on_the_way_is_an_error_as_for_grad():
    lost = undefined_grad(x)
    ways = [lost + x, x * T.sin(lost), loop(lambda a: a * T.sum(lost), x),
            loop(lambda a: T.sum(undefined_grad(a)) * w, x)]
    for y in ways:
        with pytest.raises(NullTypeGradError):
            T.Rop(y, x, T.ones_like(x))
    kept = T.Rop(disconnected_grad(lost) + x, x, T.ones_like(x))
    np.testing.assert_array_equal(kept.eval({x: VALUES[0]}), np.ones(5))
