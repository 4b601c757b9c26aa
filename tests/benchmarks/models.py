"""More of what is timed: parts of whole models, each beside the program by hand, as in `cases.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.benchmarks.cases import Case, numbers

LAYERS = [numbers(64, 64, seed=seed) / 8 for seed in range(3)]
TIMES = np.linspace(0, 1, 30_000)
RATE, FIRST, SECOND, SMALL = 0.001, 0.9, 0.999, 1e-8  # of Adam


def jacobian_by_hand() -> Callable[..., Any]:
    def f(x: Any) -> Any:
        slopes = np.eye(64)
        for w in LAYERS:
            x = np.tanh(np.dot(w, x))
            slopes = (1 - x * x)[:, None] * np.dot(w, slopes)
        return slopes
    return f


def jacobian_graph(e: Any) -> Callable[..., Any]:
    x = y = e.T.dvector("x")
    for w in LAYERS:
        y = e.T.tanh(e.T.dot(e.shared(w), y))
    return e.function([x], e.jacobian(y, x))


def hessian_by_hand() -> Callable[..., Any]:
    w = LAYERS[0]

    def f(x: Any) -> Any:
        p = 1 / (1 + np.exp(-np.dot(w, x)))
        return np.dot(w.T * (p * (1 - p)), w)
    return f


def hessian_graph(e: Any) -> Callable[..., Any]:
    x = e.T.dvector("x")
    cost = e.T.sum(e.T.log(1 + e.T.exp(e.T.dot(e.shared(LAYERS[0]), x))))
    return e.function([x], e.hessian(cost, x))


def adam_by_hand() -> Callable[..., Any]:
    w, m, v, work = [numbers(100_000), *[np.zeros(100_000) for _ in range(3)]]
    state = SimpleNamespace(t=0)

    def step() -> Any:
        state.t += 1
        cost = np.dot(w, w)
        np.multiply(m, FIRST, out=m)
        np.multiply(w, 2 * (1 - FIRST), out=work)
        np.add(m, work, out=m)
        np.multiply(v, SECOND, out=v)
        np.multiply(w, w, out=work)
        np.multiply(work, 4 * (1 - SECOND), out=work)
        np.add(v, work, out=v)
        np.multiply(v, 1 / (1 - SECOND ** state.t), out=work)
        np.sqrt(work, out=work)
        np.add(work, SMALL, out=work)
        np.divide(m, work, out=work)
        np.multiply(work, RATE / (1 - FIRST ** state.t), out=work)
        np.subtract(w, work, out=w)
        return cost
    return step


def adam_graph(e: Any) -> Callable[..., Any]:
    w, m, v = [e.shared(value, name) for value, name in zip(
        (numbers(100_000), np.zeros(100_000), np.zeros(100_000)), "wmv", strict=True)]
    t = e.shared(0.0, "t")
    cost = e.T.sum(w ** 2)
    g = e.grad(cost, w)
    first, second = FIRST * m + (1 - FIRST) * g, SECOND * v + (1 - SECOND) * g ** 2
    step = RATE * (first / (1 - FIRST ** (t + 1))) / (
        e.T.sqrt(second / (1 - SECOND ** (t + 1))) + SMALL)
    return e.function([], cost, updates=[(t, t + 1), (m, first), (v, second), (w, w - step)])


def normalized_by_hand() -> Callable[..., Any]:
    def f(x: Any) -> Any:
        n = len(x)
        centred = x - x.mean(axis=0)
        scale = 1 / np.sqrt(np.einsum("ij,ij->j", centred, centred) / n + 1e-5)
        centred *= scale
        y = centred * centred
        g = 3 * y
        g -= g.mean(axis=0)
        g -= centred * (np.einsum("ij,ij->j", g, centred) / n)
        g *= scale
        return np.vdot(y, centred), g
    return f


def normalized_graph(e: Any) -> Callable[..., Any]:
    x = e.T.dmatrix("x")
    y = (x - x.mean(axis=0)) / e.T.sqrt(x.var(axis=0) + 1e-5)
    cost = e.T.sum(y ** 3)
    return e.function([x], [cost, e.grad(cost, x)])


def residuals_by_hand() -> Callable[..., Any]:
    def f(p: Any) -> Any:
        slopes = np.empty((len(TIMES), 3))
        np.exp(-p[1] * TIMES, out=slopes[:, 0])
        slopes[:, 1] = slopes[:, 0] * TIMES
        slopes[:, 1] *= -p[0]
        slopes[:, 2] = 1
        return slopes
    return f


def residuals_graph(e: Any) -> Callable[..., Any]:
    p, t = e.T.dvector("p"), e.shared(TIMES)
    return e.function([p], e.jacobian(p[0] * e.T.exp(-p[1] * t) + p[2], p))


def embedding_by_hand() -> Callable[..., Any]:
    table = numbers(20_000, 64)

    def step(i: Any) -> Any:
        rows = table[i]
        cost = np.vdot(rows, rows)
        rows *= -0.02
        np.add.at(table, i, rows)
        return cost
    return step


def embedding_graph(e: Any) -> Callable[..., Any]:
    i, table = e.T.lvector("i"), e.shared(numbers(20_000, 64))
    cost = e.T.sum(table[i] ** 2)
    return e.function([i], cost, updates=[(table, table - 0.01 * e.grad(cost, table))])


def rectified_by_hand() -> Callable[..., Any]:
    def f(x: Any) -> Any:
        y = np.maximum(x, 0)
        cost = np.vdot(y, y)
        y *= 2
        return cost, y
    return f


def rectified_graph(e: Any) -> Callable[..., Any]:
    x = e.T.dmatrix("x")
    cost = e.T.sum(e.T.switch(x > 0, x, 0) ** 2)
    return e.function([x], [cost, e.grad(cost, x)])


MODELS = [
    Case("Jacobian of 30000 residuals by 3", lambda: (np.array([1.0, 0.5, 0.1]),),
         residuals_by_hand, residuals_graph, 4.0),
    Case("embedding 20000×64, step on 256", lambda: (np.random.default_rng(1).integers(
        0, 20_000, 256),), embedding_by_hand, embedding_graph, 1.5),
    Case("choice of 512×256, gradient", lambda: (numbers(512, 256),), rectified_by_hand,
         rectified_graph, 3.0),
    Case("Jacobian of three layers of 64", lambda: (numbers(64),), jacobian_by_hand,
         jacobian_graph, 2.0),
    Case("Hessian of a logistic cost, 64", lambda: (numbers(64),), hessian_by_hand,
         hessian_graph, 2.0),
    Case("Adam step on 1e5 numbers", lambda: (), adam_by_hand, adam_graph, 1.0, tolerance=1e-6),
    Case("batch normalization 512×256, gradient", lambda: (numbers(512, 256),), normalized_by_hand,
         normalized_graph, 1.0),
]
