"""Models whose pictures are tested: each a cost, what it is differentiated by, values of inputs."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

import tutor
import tutor.tensor as T
from tutor.core.graph import Variable

Model = tuple[Variable, list[Variable], dict[Variable, Any]]
MODELS: dict[str, Callable[[], Model]] = {}


def model(make: Callable[[], Model]) -> Callable[[], Model]:
    MODELS[make.__name__] = cache(make)
    return make


def parameter(name: str, *shape: int) -> Any:
    """A shared variable with numbers of no order."""
    count = int(np.prod(shape))
    return tutor.shared((np.arange(count) * 0.618 % 1 - 0.5).reshape(shape), name)


def cross_entropy(p: Variable, y: Variable) -> Variable:
    return -T.mean(T.log(p)[T.arange(y.shape[0]), y])


@model
def line() -> Model:
    x, y = T.dvectors("x", "y")
    w, b = parameter("w"), parameter("b")
    return T.mean((w * x + b - y) ** 2), [w, b], {x: np.arange(5.0), y: np.ones(5)}


@model
def logistic() -> Model:
    x, y, w, b = T.dmatrix("x"), T.dvector("y"), parameter("w", 4), parameter("b")
    p = T.nnet.sigmoid(T.dot(x, w) + b)
    cost = T.mean(-y * T.log(p) - (1 - y) * T.log(1 - p)) + 0.01 * T.sum(w**2)
    return cost, [w, b], {x: np.ones((3, 4)), y: np.ones(3)}


@model
def softmax_regression() -> Model:
    x, y, w, b = T.dmatrix("x"), T.lvector("y"), parameter("W", 4, 3), parameter("b", 3)
    cost = cross_entropy(T.nnet.softmax(T.dot(x, w) + b), y)
    return cost, [w, b], {x: np.ones((3, 4)), y: [0, 1, 2]}


def layers(x: Any, *sizes: int) -> tuple[Any, list[Any]]:
    params: list[Any] = []
    for i, (n, m) in enumerate(pairwise(sizes), 1):
        w, b = parameter(f"W{i}", n, m), parameter(f"b{i}", m)
        x, params = T.tanh(T.dot(x, w) + b), [*params, w, b]
    return x, params


@model
def perceptron() -> Model:
    x, y = T.dmatrix("x"), T.lvector("y")
    h, params = layers(x, 4, 6, 5)
    w = parameter("U", 5, 3)
    return cross_entropy(T.nnet.softmax(T.dot(h, w)), y), [*params, w], {
        x: np.ones((3, 4)), y: [0, 1, 2]}


@model
def fifty_layers() -> Model:
    x = T.dmatrix("x")
    h, params = layers(x, *[3] * 51)
    return T.sum(h**2), params[:2], {x: np.ones((2, 3))}


@model
def lenet() -> Model:
    x, y = T.dtensor4("x"), T.lvector("y")
    h = x
    params = []
    for i, (n, m) in enumerate(((1, 3), (3, 4)), 1):
        w, b = parameter(f"K{i}", m, n, 3, 3), parameter(f"c{i}", m)
        h = T.nnet.conv2d(h, w) + b.dimshuffle("x", 0, "x", "x")
        h = T.tanh(tutor.tensor.signal.pool.pool_2d(h, (2, 2), ignore_border=True))
        params += [w, b]
    w = parameter("W", 16, 3)
    p = T.nnet.softmax(T.dot(h.flatten(2), w))
    return cross_entropy(p, y), [*params, w], {x: np.ones((2, 1, 14, 14)), y: [0, 1]}


@model
def recurrent() -> Model:
    x, h, w, u = T.dmatrix("x"), T.dvector("h"), parameter("W", 3, 4), parameter("U", 4, 4)
    states, _ = tutor.scan(lambda v, s: T.tanh(T.dot(v, w) + T.dot(s, u)), x, h)
    return T.sum(states[-1] ** 2), [w, u], {x: np.ones((5, 3)), h: np.zeros(4)}


@model
def lstm() -> Model:
    x, h, c = T.dvectors("x", "h", "c")
    gates = [T.dot(x, parameter(f"W_{g}", 3, 4)) + T.dot(h, parameter(f"U_{g}", 4, 4))
             for g in "ifog"]
    i, f, o = map(T.nnet.sigmoid, gates[:3])
    new = f * c + i * T.tanh(gates[3])
    return T.sum(o * T.tanh(new)), [x, h], {x: np.ones(3), h: np.ones(4), c: np.ones(4)}


@model
def attention() -> Model:
    x = T.dmatrix("X")
    q, k, v = (T.dot(x, parameter(f"W_{name}", 4, 4)) for name in "qkv")
    a = T.nnet.softmax(T.dot(q, k.T) / np.sqrt(4.0))
    y = x + T.dot(a, v)
    y = (y - y.mean(1, keepdims=True)) / T.sqrt(y.var(1, keepdims=True) + 1e-5)
    out = y + T.dot(T.nnet.relu(T.dot(y, parameter("W_1", 4, 8))), parameter("W_2", 8, 4))
    return T.mean(out**2), [x], {x: np.arange(12.0).reshape(3, 4)}


@model
def variational_autoencoder() -> Model:
    x, e = T.dmatrices("x", "ϵ")
    h = T.tanh(T.dot(x, parameter("W", 6, 5)))
    mu, s = T.dot(h, parameter("M", 5, 2)), T.dot(h, parameter("S", 5, 2))
    mu.name, s.name = "μ", "logvar"
    z = mu + T.exp(s / 2) * e
    p = T.nnet.sigmoid(T.dot(z, parameter("V", 2, 6)))
    kl = -T.sum(1 + s - mu**2 - T.exp(s)) / 2
    cost = T.nnet.binary_crossentropy(p, x).sum() + kl
    return cost, [x], {x: np.full((3, 6), 0.5), e: np.ones((3, 2))}


@model
def gan() -> Model:
    x, z = T.dmatrices("x", "z")
    g, params = layers(z, 2, 4, 3)
    w = parameter("D", 3, 1)
    real, fake = (T.nnet.sigmoid(T.dot(v, w)) for v in (x, g))
    return -T.mean(T.log(real) + T.log(1 - fake)), params, {x: np.ones((2, 3)), z: np.ones((2, 2))}


@model
def embedding() -> Model:
    y, table, w = T.lvector("words"), parameter("E", 7, 4), parameter("W", 4, 7)
    p = T.nnet.softmax(T.dot(table[y].mean(0), w))
    return -T.log(p[0, y[0]]), [table, w], {y: [1, 2, 3]}


@model
def quadratic_form() -> Model:
    a, v = T.dmatrix("A"), T.dvector("v")
    return T.dot(v, T.dot(a, v)) / T.sum(v**2) + T.nlinalg.det(a), [v], {
        a: np.eye(3) * 2, v: np.ones(3)}


@model
def gated_switch() -> Model:
    x, y = T.dscalars("x", "y")
    return T.switch(x > y, T.sqrt(abs(x - y)), x * y) ** 2 + T.maximum(x, y), [x, y], {x: 3, y: 2}


@model
def rosenbrock() -> Model:
    x, y = T.dscalars("x", "y")
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2, [x, y], {x: -1.2, y: 1}


@model
def power() -> Model:
    a, k = T.dmatrix("A"), T.lscalar("k")
    powers, _ = tutor.scan(lambda p, a: T.dot(p, a), outputs_info=T.eye(3), non_sequences=a,
                           n_steps=k)
    return T.sum(powers[-1]), [a], {a: np.eye(3) * 2, k: 4}


@model
def logsumexp() -> Model:
    v = T.dvector("v")
    m = T.max(v)
    return m + T.log(T.sum(T.exp(v - m))), [v], {v: np.arange(5.0)}


@model
def scoped_network() -> Model:
    x, y, params = T.dmatrix("x"), T.lvector("y"), [parameter("W1", 20, 8), parameter("b1", 8)]
    with tutor.scope("hidden"):
        h = T.tanh(T.dot(x, params[0]) + params[1])
    with tutor.scope("output"):
        p = T.nnet.softmax(T.dot(h, parameter("W2", 8, 3)))
    with tutor.scope("loss"):
        cost = cross_entropy(p, y)
    return cost, params, {x: np.ones((3, 20)), y: [0, 1, 2]}


@model
def language_model() -> Model:
    words, after = T.lmatrix("words"), T.lvector("after")
    embedded, weights = parameter("E", 12, 5), parameter("H", 10, 8)

    def embed(words: Variable) -> Variable:
        return embedded[words].flatten(2)

    def hidden(x: Variable) -> Variable:
        return T.tanh(T.dot(x, weights) + parameter("d", 8))

    def predict(h: Variable) -> Variable:
        return T.nnet.softmax(T.dot(h, parameter("U", 8, 12)))

    cost = cross_entropy(predict(hidden(embed(words))), after)
    return cost, [embedded, weights], {words: np.arange(8).reshape(4, 2), after: [1, 2, 3, 4]}


@model
def gaussian() -> Model:
    x, mean, spread = T.dvector("x"), tutor.shared(0.3, "mu"), tutor.shared(0.1, "logsigma")
    cost = T.mean(0.5 * ((x - mean) / T.exp(spread)) ** 2 + spread + 0.5 * np.log(2 * np.pi))
    return cost, [mean, spread], {x: np.array([1.0, 2.0, -0.5])}


@model
def fan_out() -> Model:
    x = T.dscalar("x")
    u = T.sin(x)
    u.name = "u"
    return u * u + 3 * u, [x], {x: 0.5}


@model
def least_squares() -> Model:
    x, t, w = T.dmatrix("x"), T.dvector("t"), T.dvector("w")
    given = {x: np.arange(6.0).reshape(3, 2), t: np.ones(3), w: np.ones(2)}
    return ((T.dot(x, w) - t) ** 2).sum() / 2, [w], given
