"""Sigmoids and softplus of one variable share an exponential, at no cost of accuracy."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.rules.engine import rewritten
from tutor.core.walk import toposort

HOSTILE = [0.0, -0.0, 1.0, -1.0, 1e-300, -1e-300, 5e-324, 36.7, -36.7, 709.0, -709.0, 745.0, -745.0,
           1e5, -1e5, 1e308, -1e308, np.inf, -np.inf, np.nan, 1e-9, -1e-9, 88.0, -88.0, -103.0]
sigmoid, softplus = T.nnet.sigmoid, T.nnet.softplus


def names(outputs):
    return [node.op.name for node in toposort(rewritten(outputs)[0])]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_all_four_are_accurate_for_every_number(dtype):
    z = T.vector("z", dtype=dtype)
    together = tutor.function([z], [sigmoid(z), sigmoid(-z), softplus(z), softplus(-z)])
    with np.errstate(all="ignore"):
        a = np.array(HOSTILE).astype(dtype)
        wide = np.concatenate([a, -a]).astype(np.longdouble)
        wanted = [1 / (1 + np.exp(-wide)), 1 / (1 + np.exp(wide)),
                  np.logaddexp(wide, 0), np.logaddexp(-wide, 0)]
        tiny = np.finfo(dtype).smallest_subnormal
        for found, right in zip(together(np.concatenate([a, -a])), wanted, strict=True):
            assert found.dtype == dtype
            right = right.astype(dtype)
            np.testing.assert_allclose(found, right, rtol=4 * np.finfo(dtype).eps, atol=2 * tiny)


@pytest.mark.parametrize("pair", [
    lambda z, y: [sigmoid(z), softplus(z)], lambda z, y: [sigmoid(z), sigmoid(-z)],
    lambda z, y: [sigmoid(z - y), softplus(y - z)], lambda z, y: [softplus(-z), sigmoid(-z)],
    lambda z, y: [softplus(-(z - y)), softplus(z - y), sigmoid(y - z)],
    lambda z, y: [T.grad(T.sum(y * softplus(-z) + (1 - y) * softplus(z)), z)]])
def test_one_exponential_is_enough(pair):
    z, y = T.dvectors("z", "y")
    outputs = pair(z, y)
    assert names(outputs).count("exp") == 1
    assert not {"sigmoid", "softplus"} & set(names(outputs))
    a, b = np.random.default_rng(0).normal(size=(2, 50)) * 5
    plain = tutor.function([z, y], outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    fast = tutor.function([z, y], outputs, on_unused_input="ignore")
    for found, right in zip(fast(a, b), plain(a, b), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-12)


def test_layers_share_within_themselves():
    x, w = T.dmatrices("x", "w")
    h = x
    for _ in range(3):
        h = sigmoid(T.dot(h, w)) * softplus(T.dot(h, w))
    found = names([h])
    assert found.count("exp") == 3 and found.count("dot") == 3
    a, b = np.random.default_rng(0).normal(size=(2, 4, 4))
    np.testing.assert_allclose(tutor.function([x, w], h)(a, b),
                               tutor.function([x, w], h, mode="FAST_COMPILE")(a, b), rtol=1e-12)


def test_one_alone_stays_as_it_is_and_the_rule_can_be_left_out():
    z, s = T.dvector("z"), T.dscalar("s")
    assert names([sigmoid(z), sigmoid(2 * z)]).count("sigmoid") == 2
    assert names([sigmoid(s), softplus(s)]).count("softplus") == 1
    outputs, _ = rewritten([sigmoid(z) + softplus(z)], excluding=["one exponential"])
    assert {"sigmoid", "softplus"} <= {node.op.name for node in toposort(outputs)}
    assert "one exponential" in [s.rule.name for s in rewritten([sigmoid(z) + softplus(z)])[1]]


def test_what_is_shared_counts_as_written_where_the_learner_wrote_it():
    x, y = T.dvectors("x", "y")
    given = sigmoid(x), -y * T.log(sigmoid(x)) - (1 - y) * T.log(1 - sigmoid(x))
    written = {node.origin for node in toposort(given)}
    results, steps = rewritten(given)
    assert {"one exponential", "one weight"} <= {step.rule.name for step in steps}
    assert {node.origin for node in toposort(results)} <= written
