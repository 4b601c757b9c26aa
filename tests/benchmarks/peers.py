"""Whole models, each said once for all engines: NumPy mode, `mode="jax"`, JAX by hand, PyTorch,
PyTensor; all get the same NumPy arrays and give NumPy arrays back.

Comes after `engines.py`. `m` is an engine's language (`languages.py`), `p` the parameters, and
`how` says what is timed: the value, its gradients, Jacobian or Hessian, or a step of training.
"""

from __future__ import annotations

import datetime
import os
import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks.cases import numbers
from tests.benchmarks.languages import faces
from tests.benchmarks.timing import interleaved

F32 = "float32"


class Model(NamedTuple):
    """One row: the expression of its parameters and data, and what is computed of it."""

    name: str
    expression: Callable[..., Any]
    parameters: Sequence[Any]
    data: Sequence[Any]
    how: str = "step"
    rate: float = 0.01


def weights(*shapes: tuple[int, ...], dtype: str = F32) -> list[Any]:
    return [numbers(*shape, dtype=dtype, seed=i) * np.array(0.1, dtype)
            for i, shape in enumerate(shapes)]


def labels(n: int, classes: int = 10) -> Any:
    return np.random.default_rng(6).integers(0, classes, n)


def convolutional(m: Any, p: Any, x: Any, t: Any) -> Any:
    for w in p[:2]:
        x = m.pool(m.relu(m.conv(x, w)))
    return m.crossentropy(x.reshape((64, 256)) @ p[2], t)


def lstm(m: Any, p: Any, x: Any) -> Any:
    w, b = p

    def step(x_t: Any, h: Any, c: Any) -> Any:
        z = m.concatenate([x_t, h], 1) @ w + b
        i, f, o, g = [z[:, 32 * k : 32 * (k + 1)] for k in range(4)]
        c = m.sigmoid(f) * c + m.sigmoid(i) * m.tanh(g)
        return m.sigmoid(o) * m.tanh(c), c

    return (m.last(step, x, [m.zeros((16, 32))] * 2) ** 2).mean()


def attention(m: Any, p: Any, x: Any) -> Any:
    q, k, v = [x @ w for w in p[:3]]
    return ((m.softmax(q @ k.swapaxes(1, 2) * 32**-0.5) @ v @ p[3] - x) ** 2).mean()


def normalized(m: Any, p: Any, x: Any) -> Any:
    centred = x - x.mean(0)
    scale = m.sqrt((centred**2).mean(0) + 1e-5)
    return (m.tanh(centred / scale * p[0] + p[1]) ** 2).mean()


def perceptron(m: Any, p: Any, x: Any, t: Any) -> Any:
    return m.crossentropy(m.tanh(x @ p[0] + p[1]) @ p[2] + p[3], t)


def logistic(m: Any, p: Any, x: Any, t: Any) -> Any:
    z = x @ p[0] + p[1]
    return (m.softplus(z) - t * z).mean() + 0.01 * (p[0] ** 2).sum()


def rnn(m: Any, p: Any, x: Any) -> Any:
    w, u, b = p
    states = m.every(lambda x_t, h: m.tanh(x_t @ w + h @ u + b), x, m.zeros((64,)))
    return (states**2).sum()


def polynomial(m: Any, p: Any, x: Any) -> Any:
    y = 6.0 * x
    for k in (5.0, 4.0, 3.0, 2.0, 1.0):
        y = (y + k) * x
    return y + 0.5


def network(dtype: str, batch: int = 20) -> tuple[list[Any], list[Any]]:
    return (weights((784, 500), (500,), (500, 10), (10,), dtype=dtype),
            [numbers(batch, 784, dtype=dtype), labels(batch)])


MODELS = [
    Model("convolutional (LeNet's form), batch 64", convolutional,
          weights((8, 1, 5, 5), (16, 8, 5, 5), (256, 10)), [numbers(64, 1, 28, 28, dtype=F32),
                                                            labels(64)]),
    Model("LSTM through scan, 20 × 16 × 32", lstm, weights((48, 128), (128,)),
          [numbers(20, 16, 16, dtype=F32)]),
    Model("attention block, 16 × 64 × 32", attention, weights(*[(32, 32)] * 4),
          [numbers(16, 64, 32, dtype=F32)]),
    Model("Adam on 10⁵ numbers", lambda m, p, x: ((p[0] - x) ** 2).sum(), weights((100_000,)),
          [numbers(100_000, dtype=F32)], "adam", 1e-3),
    Model("Jacobian of a two-layer net, 64", lambda m, p, x: m.tanh(p[1] @ m.tanh(p[0] @ x)),
          weights((64, 64), (64, 64)), [numbers(64, dtype=F32)], "jacobian"),
    Model("Hessian, 64", lambda m, p, x: (m.tanh(p[0] @ x) ** 2).sum(), weights((64, 64)),
          [numbers(64, dtype=F32)], "hessian"),
    Model("batch normalization 512 × 256", normalized, [np.ones(256, F32), np.zeros(256, F32)],
          [numbers(512, 256, dtype=F32)]),
    Model("embedding 20,000 × 64, 256 rows", lambda m, rows: (rows**2).mean(),
          weights((20_000, 64)), [labels(256, 20_000)], "rows", 0.1),
    *[Model(f"MLP 784-500-10, batch 20, {dtype}", perceptron, *network(dtype))
      for dtype in (F32, "float64")],
    Model("logistic regression 400 × 784", logistic, [*weights((784,)), np.float32(0)],
          [numbers(400, 784, dtype=F32), labels(400, 2).astype(F32)], rate=0.1),
    Model("descent step, called with a list", lambda m, p, x: ((x - p[0]) ** 2).sum(),
          [np.float64(0)], [[1.0, 2.0, 3.0, 4.0, 5.0]], rate=0.05),
    Model("f(3.) of 2·x", lambda m, p, x: 2 * x, [], [3.0], "value"),
    Model("RNN 100 × 64, gradient", rnn, weights((64, 64), (64, 64), (64,)),
          [numbers(100, 64, dtype=F32)], "gradient"),
    Model("polynomial, 10⁶ numbers", polynomial, [], [numbers(10**6, dtype=F32)], "value"),
]


def table(only: str, threads: int, rounds: int) -> None:
    """Print the milliseconds of each engine, and the ratios that are asked for."""
    engines = list(faces(threads))
    print(f"{datetime.date.today()}, {threads} threads on {os.cpu_count()} cores, medians of "
          f"{rounds} rounds, in ms\n")
    print("| model |", " | ".join(e.name for e in engines), "|")
    print("| --- |", " | ".join("---" for _ in engines), "|")
    for model in MODELS:
        if only in model.name:
            print(f"| {model.name} |", " | ".join(row(model, engines, rounds)), "|", flush=True)


def row(model: Model, engines: Sequence[Any], rounds: int) -> list[str]:
    """The median of each engine; a dash where it cannot say the model."""
    programs = {}
    for i, engine in enumerate(engines):
        try:
            programs[i] = engine(model)
        except AttributeError:
            continue
    first = [[np.asarray(v) for v in _flat(f(*model.data))] for f in programs.values()]
    for found in first[1:]:
        for a, b in zip(found, first[0], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    samples = interleaved(list(programs.values()), model.data, rounds)
    medians = dict(zip(programs, map(statistics.median, samples), strict=True))
    return [f"{medians[i] * 1e3:.3g}" if i in medians else "–" for i in range(len(engines))]


def _flat(found: Any) -> list[Any]:
    """The results of a program, of which some are in lists."""
    return [v for part in found for v in _flat(part)] if isinstance(found, (list, tuple)) else [
        found]
