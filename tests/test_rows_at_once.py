"""The rows of a Jacobian or Hessian: one batch while memory allows, one after the other else."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.rules import loops
from tutor.core.scan import Loop
from tutor.core.walk import toposort
from tutor.ops.control import IfElse

X, W = T.dvector("x"), T.dmatrix("w")
H = T.tanh(T.dot(W, X))
VECTORS = {
    "a product": T.dot(H, W), "two layers": T.nnet.sigmoid(T.dot(W, T.dot(H, W))),
    "parts": T.concatenate([H[1:] * X[0], X[:2] ** 2]), "one number": X * T.sum(X ** 2),
    "a slope": T.grad(T.sum(T.log(1 + T.exp(H))), X), "a reduction": T.dot(T.outer(X, X), X),
    "a softmax": T.nnet.softmax(T.dot(W, X)), "elements set": T.set_subtensor(X[1:], X[0] ** 2),
}
AT = np.linspace(-1, 1, 4), np.linspace(-1, 1, 12).reshape(3, 4)


def compiled(e, **options):
    return tutor.function([X, W], e, on_unused_input="ignore", **options)


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("most", [loops.MOST, 0])
def test_the_rows_are_those_of_the_interpreter(name, most, monkeypatch):
    monkeypatch.setattr(loops, "MOST", most)
    v = VECTORS[name]
    e = T.jacobian(v if v.ndim == 1 else v.flatten(), X)
    np.testing.assert_allclose(compiled(e)(*AT), compiled(e, mode="interpret")(*AT), rtol=1e-10,
                               atol=1e-14)


@pytest.mark.parametrize("e", [T.jacobian(H, X), T.hessian(T.sum(H ** 2), X)])
def test_a_batch_of_rows_has_no_loop_in_it(e):
    chosen = compiled(e).graph.outputs[0].owner
    assert isinstance(chosen.op, IfElse)
    _, batch, rows = [{type(node.op) for node in toposort([v])} for v in chosen.inputs]
    assert Loop not in batch
    assert Loop in rows


def test_a_batch_that_would_need_too_much_is_a_loop():
    n = 20_000  # 3.2 GB as one batch
    x, t = T.dvector("x"), T.dvector("t")
    f = tutor.function([x, t], T.jacobian(x[0] * T.exp(x[1] * t), x)[:3])
    found = f([2.0, 0.5], np.linspace(0, 1, n))
    np.testing.assert_allclose(found[0], [1, 0])
