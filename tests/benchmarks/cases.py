"""What is timed: each case written by hand in NumPy, and once as a graph for every engine.

A case's `arguments` are made from a seed, so that all engines get the same numbers. `by_hand` is
the NumPy program a good engineer writes, with `out=` buffers that are reused; it is 1.0. `graph`
takes an `Engine` and gives a function of the same arguments with the same results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """One row of the table: arguments, the program by hand, the graph, the ratio to reach."""

    name: str
    arguments: Callable[[], tuple[Any, ...]]
    by_hand: Callable[[], Callable[..., Any]]
    graph: Callable[[Any], Callable[..., Any]]
    target: float
    target_two: float | None = None  # with two threads
    tolerance: float = 1e-8


def numbers(*shape: int, dtype: str = "float64", seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def double_by_hand() -> Callable[..., Any]:
    def f(x: Any) -> Any:
        return np.multiply(2.0, np.asarray(x, dtype="float64"))
    return f


def double_graph(e: Any) -> Callable[..., Any]:
    x = e.T.dscalar("x")
    return e.function([x], 2 * x)


def descent_by_hand() -> Callable[..., Any]:
    c = np.array(0.0)

    def step(x: Any) -> Any:
        nonlocal c
        difference = x - c
        y = np.dot(difference, difference)
        c = c + 0.05 * 2 * difference.sum()
        return y
    return step


def descent_graph(e: Any) -> Callable[..., Any]:
    x, c = e.T.dvector("x"), e.shared(0.0, "c")
    y = e.T.sum((x - c) ** 2)
    return e.function([x], y, updates={c: c - 0.05 * e.grad(y, c)})


def logistic_arguments() -> tuple[Any, ...]:
    x = numbers(400, 784)
    return x, (np.random.default_rng(1).random(400) > 0.5).astype("float64")


def logistic_by_hand() -> Callable[..., Any]:
    w, b, n = numbers(784, seed=2) * 0.01, 0.0, 400
    p, loss, work, gw = np.empty(n), np.empty(n), np.empty(n), np.empty(784)

    def step(x: Any, y: Any) -> Any:
        nonlocal b
        np.dot(x, w, out=p)
        np.add(p, b, out=p)
        np.abs(p, out=work)
        np.negative(work, out=work)
        np.exp(work, out=work)
        np.log1p(work, out=loss)
        np.maximum(p, 0, out=work)
        np.add(loss, work, out=loss)
        np.multiply(y, p, out=work)
        np.subtract(loss, work, out=loss)
        cost = loss.mean() + 0.01 * np.dot(w, w)
        np.negative(p, out=p)
        np.exp(p, out=p)
        np.add(p, 1, out=p)
        np.reciprocal(p, out=p)
        np.subtract(p, y, out=p)
        np.divide(p, n, out=p)
        np.dot(x.T, p, out=gw)
        gb = p.sum()
        np.multiply(w, 1 - 0.1 * 0.02, out=w)
        np.multiply(gw, 0.1, out=gw)
        np.subtract(w, gw, out=w)
        b -= 0.1 * gb
        return cost
    return step


def logistic_graph(e: Any) -> Callable[..., Any]:
    T = e.T
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = e.shared(numbers(784, seed=2) * 0.01, "w"), e.shared(0.0, "b")
    p = 1 / (1 + T.exp(-T.dot(x, w) - b))
    xent = -y * T.log(p) - (1 - y) * T.log(1 - p)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = e.grad(cost, [w, b])
    return e.function([x, y], cost, updates=[(w, w - 0.1 * gw), (b, b - 0.1 * gb)])


def network(dtype: str) -> tuple[Any, ...]:
    return (numbers(784, 500, dtype=dtype, seed=3) * np.array(0.05, dtype), np.zeros(500, dtype),
            numbers(500, 10, dtype=dtype, seed=4) * np.array(0.05, dtype), np.zeros(10, dtype))


def network_arguments(batch: int, dtype: str) -> Callable[[], tuple[Any, ...]]:
    def arguments() -> tuple[Any, ...]:
        labels = np.random.default_rng(6).integers(0, 10, batch).astype("int32")
        return numbers(batch, 784, dtype=dtype, seed=5), labels
    return arguments


def network_by_hand(batch: int, dtype: str) -> Callable[[], Callable[..., Any]]:
    def make() -> Callable[..., Any]:
        w1, b1, w2, b2 = network(dtype)
        h, p = np.empty((batch, 500), dtype), np.empty((batch, 10), dtype)
        gw1, gw2, gh = np.empty_like(w1), np.empty_like(w2), np.empty_like(h)
        rows, rate = np.arange(batch), np.array(0.01, dtype)

        def step(x: Any, labels: Any) -> Any:
            np.dot(x, w1, out=h)
            np.add(h, b1, out=h)
            np.tanh(h, out=h)
            np.dot(h, w2, out=p)
            np.add(p, b2, out=p)
            np.subtract(p, p.max(axis=1, keepdims=True), out=p)
            picked = p[rows, labels]
            np.exp(p, out=p)
            total = p.sum(axis=1, keepdims=True)
            cost = (np.log(total[:, 0]) - picked).mean()
            np.divide(p, total, out=p)
            p[rows, labels] -= 1
            np.divide(p, p.dtype.type(batch), out=p)
            np.dot(h.T, p, out=gw2)
            np.dot(p, w2.T, out=gh)
            np.multiply(h, h, out=h)
            np.subtract(1, h, out=h)
            np.multiply(gh, h, out=gh)
            np.dot(x.T, gh, out=gw1)
            for parameter, gradient in ((w1, gw1), (b1, gh.sum(axis=0)), (w2, gw2),
                                        (b2, p.sum(axis=0))):
                np.multiply(gradient, rate, out=gradient)
                np.subtract(parameter, gradient, out=parameter)
            return cost
        return step
    return make


def network_graph(dtype: str) -> Callable[[Any], Callable[..., Any]]:
    def graph(e: Any) -> Callable[..., Any]:
        T = e.T
        x, labels = T.matrix("x", dtype=dtype), T.ivector("labels")
        parameters = [e.shared(v, n) for v, n in zip(network(dtype), ("w1", "b1", "w2", "b2"),
                                                     strict=True)]
        w1, b1, w2, b2 = parameters
        p = e.softmax(T.dot(T.tanh(T.dot(x, w1) + b1), w2) + b2)
        cost = -T.mean(T.log(p)[T.arange(labels.shape[0]), labels])
        grads = e.grad(cost, parameters)
        rate = np.array(0.01, dtype)
        return e.function([x, labels], cost, updates=[
            (v, v - rate * g) for v, g in zip(parameters, grads, strict=True)])
    return graph


def chain_by_hand(n: int) -> Callable[[], Callable[..., Any]]:
    def make() -> Callable[..., Any]:
        a = np.empty(n)

        def f(x: Any) -> Any:
            y = np.multiply(x, x)
            np.log1p(y, out=a)
            np.negative(y, out=y)
            np.exp(y, out=y)
            t = np.tanh(x)
            np.multiply(t, y, out=y)
            np.add(y, a, out=y)
            return y
        return f
    return make


def chain(e: Any, x: Any) -> Any:
    return e.T.tanh(x) * e.T.exp(-(x**2)) + e.T.log1p(x**2)


def chain_graph(e: Any) -> Callable[..., Any]:
    x = e.T.dvector("x")
    return e.function([x], chain(e, x))


def slope_by_hand(n: int) -> Callable[[], Callable[..., Any]]:
    def make() -> Callable[..., Any]:
        a, b = np.empty(n), np.empty(n)

        def f(x: Any) -> Any:
            y = np.multiply(x, x)
            np.negative(y, out=a)
            np.exp(a, out=a)
            np.tanh(x, out=b)
            g = np.multiply(b, b)
            np.subtract(1, g, out=g)
            np.multiply(b, x, out=b)
            np.multiply(b, 2, out=b)
            np.subtract(g, b, out=g)
            np.multiply(g, a, out=g)
            np.add(y, 1, out=y)
            np.divide(x, y, out=y)
            np.multiply(y, 2, out=y)
            np.add(g, y, out=g)
            return g
        return f
    return make


def slope_graph(e: Any) -> Callable[..., Any]:
    x = e.T.dvector("x")
    return e.function([x], e.grad(e.T.sum(chain(e, x)), x))


def polynomial_by_hand(n: int) -> Callable[[], Callable[..., Any]]:
    def make() -> Callable[..., Any]:
        a = np.empty(n)

        def f(x: Any) -> Any:
            y = np.multiply(x, 6.0)
            for k in (5.0, 4.0, 3.0, 2.0, 1.0):
                np.add(y, k, out=a)
                np.multiply(a, x, out=y)
            np.add(y, 0.5, out=y)
            return y
        return f
    return make


def polynomial_graph(e: Any) -> Callable[..., Any]:
    x = e.T.dvector("x")
    y = 6.0 * x
    for k in (5.0, 4.0, 3.0, 2.0, 1.0):
        y = (y + k) * x
    return e.function([x], y + 0.5)


def softmax_arguments() -> tuple[Any, ...]:
    return numbers(1000, 1000), np.random.default_rng(7).integers(0, 1000, 1000)


def softmax_by_hand() -> Callable[..., Any]:
    rows = np.arange(1000)

    def f(x: Any, labels: Any) -> Any:
        p = x - x.max(axis=1, keepdims=True)
        picked = p[rows, labels]
        np.exp(p, out=p)
        total = p.sum(axis=1, keepdims=True)
        cost = (np.log(total[:, 0]) - picked).mean()
        np.divide(p, total, out=p)
        p[rows, labels] -= 1
        np.divide(p, 1000, out=p)
        return cost, p
    return f


def softmax_graph(e: Any) -> Callable[..., Any]:
    x, labels = e.T.dmatrix("x"), e.T.lvector("labels")
    p = e.softmax(x)
    cost = -e.T.mean(e.T.log(p)[e.T.arange(labels.shape[0]), labels])
    return e.function([x, labels], [cost, e.grad(cost, x)])


STEPS, HIDDEN = 100, 64


def recurrent_arguments() -> tuple[Any, ...]:
    return (numbers(STEPS, HIDDEN, seed=8),)


def recurrent_weights() -> tuple[Any, ...]:
    return (numbers(HIDDEN, HIDDEN, seed=9) * 0.1, numbers(HIDDEN, HIDDEN, seed=10) * 0.1,
            np.zeros(HIDDEN))


def recurrent_by_hand() -> Callable[..., Any]:
    w, u, b = recurrent_weights()

    def f(x: Any) -> Any:
        h = np.zeros((STEPS + 1, HIDDEN))
        for t in range(STEPS):
            h[t + 1] = np.tanh(x[t] @ w + h[t] @ u + b)
        cost = (h[1:] ** 2).sum()
        gw, gu, gb = np.zeros_like(w), np.zeros_like(u), np.zeros_like(b)
        carried = np.zeros(HIDDEN)
        for t in range(STEPS - 1, -1, -1):
            g = (2 * h[t + 1] + carried) * (1 - h[t + 1] ** 2)
            gw += np.outer(x[t], g)
            gu += np.outer(h[t], g)
            gb += g
            carried = u @ g
        return cost, gw, gu, gb
    return f


def recurrent_hoisted() -> Callable[..., Any]:
    """The products of all steps at once where they can be: before the loop, and after it."""
    w, u, b = recurrent_weights()
    h, s = np.zeros((STEPS + 1, HIDDEN)), np.empty((STEPS, HIDDEN))
    g, slope = np.empty((STEPS, HIDDEN)), np.empty((STEPS, HIDDEN))

    def f(x: Any) -> Any:
        np.dot(x, w, out=s)
        np.add(s, b, out=s)
        for t in range(STEPS):
            h[t + 1] = np.tanh(h[t] @ u + s[t])
        np.multiply(h[1:], h[1:], out=slope)
        cost = slope.sum()
        np.subtract(1, slope, out=slope)
        np.multiply(h[1:], 2, out=g)
        carried = np.zeros(HIDDEN)
        for t in range(STEPS - 1, -1, -1):
            g[t] = (g[t] + carried) * slope[t]
            carried = u @ g[t]
        return cost, x.T @ g, h[:-1].T @ g, g.sum(axis=0)
    return f


def recurrent_graph(e: Any) -> Callable[..., Any]:
    T = e.T
    x = T.dmatrix("x")
    w, u, b = [e.shared(v, n) for v, n in zip(recurrent_weights(), "wub", strict=True)]
    return e.function([x], [(cost := (e.scan(
        lambda x_t, before: T.tanh(T.dot(x_t, w) + T.dot(before, u) + b), [x],
        [T.zeros((HIDDEN,), dtype="float64")]) ** 2).sum()), *e.grad(cost, [w, u, b])])


def sizes(label: str, make: Callable[[int], Case]) -> list[Case]:
    return [make(n)._replace(name=f"{label}, {n:.0e} numbers".replace("e+0", "e"))
            for n in (10**6, 10**7)]


CASES = [
    Case("call f(3.) of 2·x", lambda: (3.0,), double_by_hand, double_graph, 0.4),
    Case("descent step of section 8", lambda: (np.array([1.0, 2, 3, 4, 5]),), descent_by_hand,
         descent_graph, 1.0),
    Case("descent step, called with a list", lambda: ([1.0, 2.0, 3.0, 4.0, 5.0],), descent_by_hand,
         descent_graph, 1.2),
    Case("logistic regression step, 400×784", logistic_arguments, logistic_by_hand, logistic_graph,
         0.95),
    *[Case(f"MLP step 784-500-10, batch {batch}, {dtype}", network_arguments(batch, dtype),
           network_by_hand(batch, dtype), network_graph(dtype), 1.0,
           tolerance=1e-8 if dtype == "float64" else 1e-2)
      for batch in (20, 600) for dtype in ("float64", "float32")],
    *sizes("tanh(x)·exp(−x²)+log1p(x²)", lambda n: Case(
        "", lambda: (numbers(n),), chain_by_hand(n), chain_graph, 0.95, 0.55)),
    *sizes("gradient of its sum", lambda n: Case(
        "", lambda: (numbers(n),), slope_by_hand(n), slope_graph, 0.95, 0.55)),
    *sizes("polynomial of degree 6", lambda n: Case(
        "", lambda: (numbers(n),), polynomial_by_hand(n), polynomial_graph, 0.9, 0.6)),
    Case("softmax cross-entropy 1000×1000, gradient", softmax_arguments, softmax_by_hand,
         softmax_graph, 0.8),
    Case("RNN, 100 steps, 64 hidden, gradient", recurrent_arguments, recurrent_by_hand,
         recurrent_graph, 0.9),
    Case("the same beside products hoisted by hand", recurrent_arguments, recurrent_hoisted,
         recurrent_graph, 0.9),
]
