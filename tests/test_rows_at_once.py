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
    if isinstance(chosen.inputs[2].owner.op, IfElse):  # columns, where these are fewer
        chosen = chosen.inputs[2].owner
    _, batch, rows = [{type(node.op) for node in toposort([v])} for v in chosen.inputs]
    assert Loop not in batch
    assert Loop in rows


P, S = T.dvector("p"), T.dvector("s")
MODELS = {
    "a decay": P[0] * T.exp(-P[1] * S) + P[2], "a layer": T.tanh(T.dot(T.outer(S, S)[:, :3], P)),
    "a pole elsewhere": T.log(T.set_subtensor(S[1:4], P)), "a choice": T.maximum(S, P[1]),
    "parts": T.concatenate([P, S[::-1] * P[2]]), "one number": P[2] * S,
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("ndim", [0, 1, 2])
def test_of_more_rows_than_columns_the_columns_are_computed(name, ndim):
    p = [T.dscalar, T.dvector, T.dmatrix][ndim]("v")
    model = tutor.clone(MODELS[name], {P: p * T.ones(3) if ndim == 0 else p.flatten()})
    f, g = [tutor.function([p, S], T.jacobian(model, p), mode=mode)
            for mode in (None, "interpret")]
    for size in (9, 4):
        at = np.array([0.0, 0.5, 2.0]).reshape(*[1] * (ndim - 1), 3) if ndim else np.float64(2)
        found = f(at, np.linspace(-1, 1, size))
        np.testing.assert_allclose(found, g(at, np.linspace(-1, 1, size)), rtol=1e-10, atol=1e-14)
    choices = [node.inputs[1] for node in toposort(f.graph.outputs) if isinstance(node.op, IfElse)]
    assert any(v.owner.op.name != "scan" for v in choices)


@pytest.mark.parametrize("row", [
    lambda e: T.exp(e), lambda e: e + 1, lambda e: T.switch(T.neq(e, 0), T.dot(W, e), 0),
    lambda e: e * T.sum(e)])
def test_a_step_that_is_not_linear_in_a_unit_vector_is_a_row(row):
    e, _ = tutor.scan(lambda i, x: row(T.inc_subtensor(T.zeros_like(x)[i], 1)) * 2,
                      sequences=T.arange(X.shape[0]), non_sequences=X)
    at = AT[0], np.arange(16.0).reshape(4, 4)
    np.testing.assert_allclose(compiled(e)(*at), compiled(e, mode="interpret")(*at))


def test_a_batch_that_would_need_too_much_is_a_loop():
    n = 20_000  # 3.2 GB as one batch
    x, t = T.dvector("x"), T.dvector("t")
    f = tutor.function([x, t], T.jacobian(x[0] * T.exp(x[1] * t), x)[:3])
    found = f([2.0, 0.5], np.linspace(0, 1, n))
    np.testing.assert_allclose(found[0], [1, 0])
