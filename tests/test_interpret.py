"""`mode="interpret"`: the graph node by node; what every other mode gives is compared with it.

Ops by themselves are compared in `test_ops.py`; here are the nodes that have graphs of their own,
state, and branches that are not looked at.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.graph import Variable
from tutor.ifelse import ifelse
from tutor.loops import until
from tutor.tensor.shared_randomstreams import RandomStreams

x, v, m = T.dscalar("x"), T.dvector("v"), T.dmatrix("m")
AT = {x: 0.7, v: np.array([0.3, -1.2, 2.0]), m: np.arange(9.0).reshape(3, 3) / 4}


def scanned(*args: Any, **kwargs: Any) -> Any:
    return tutor.scan(*args, **kwargs)[0]


def pair(a: Variable, b: Variable) -> list[Variable]:
    return tutor.OpFromGraph([a, b], [a * b + 1, T.tanh(a)])(v, v * 2)


EXPRESSIONS: list[Any] = [
    scanned(lambda a, h: T.tanh(a + h), v, 0.0),
    scanned(lambda a, h, k: a * k + h, v, x, [x * 2])[-1],
    scanned(lambda a, b: a + b, outputs_info=[{"initial": v, "taps": [-1, -3]}], n_steps=4),
    scanned(lambda h: (h * 2, until(h > 20)), outputs_info=x, n_steps=9),
    scanned(lambda a: [a, a * m], v),
    scanned(lambda row: scanned(lambda a, h: a * h + 1, row, 1.0)[-1], m),
    scanned(lambda h: h + 1, outputs_info=x, n_steps=0),
    T.grad(scanned(lambda a, h: T.tanh(a * x + h), v, 0.0).sum(), [x, v]),
    ifelse(x > 0, T.sqrt(x), T.log(x - 1)),
    T.grad(ifelse(x > 0, x**2, -x), x),
    pair(*T.dvectors("ab")),
    T.grad(sum(t.sum() for t in pair(*T.dvectors("ab"))), v),
    [m.T, m[1:], v[::-1]],
    T.set_subtensor(m[[0, 2]], 5.0),
    T.hessian((T.dot(m, v) ** 2).sum(), v),
]


@pytest.mark.parametrize("made", EXPRESSIONS, ids=str)
def test_compiled_functions_give_what_the_graph_means(made: Any) -> None:
    outputs = made if isinstance(made, list) else [made]
    inputs = list(AT)
    meaning = tutor.function(inputs, outputs, mode="interpret", on_unused_input="ignore")
    compiled = tutor.function(inputs, outputs, on_unused_input="ignore")
    for out, a, b in zip(outputs, meaning(*AT.values()), compiled(*AT.values()), strict=True):
        assert (a.dtype, a.ndim) == (out.dtype, out.ndim)
        np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-12)


def test_a_branch_that_is_not_taken_is_not_looked_at() -> None:
    f = tutor.function([x, v], ifelse(x > 0, x, v[9]), mode="interpret")
    assert f(2.0, [1.0]) == 2
    with pytest.raises(IndexError):
        f(-2.0, [1.0])


@pytest.mark.parametrize("make", [
    lambda: RandomStreams(5).normal((2, 3)),
    lambda: RandomStreams(5).uniform((2,)) * x,
])
def test_draws_are_those_of_compiled_functions(make: Callable[[], Variable]) -> None:
    drawn = [tutor.function([x], make(), mode=mode, on_unused_input="ignore")
             for mode in ("interpret", "FAST_RUN")]
    for _ in range(2):
        np.testing.assert_array_equal(*[f(2.0) for f in drawn])


def test_updates_read_old_values_and_are_stored_together() -> None:
    a, b = tutor.shared(1.0), tutor.shared(10.0)
    f = tutor.function([x], a + b, updates=[(a, b), (b, a + x)], mode="interpret")
    assert [f(5.0), a.get_value(), b.get_value()] == [11, 10, 6]
    fails = tutor.function([v], a, updates=[(a, v[7])], mode="interpret")
    with pytest.raises(IndexError):
        fails([1.0])
    assert a.get_value() == 10
