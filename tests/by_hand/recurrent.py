"""An LSTM by hand: forward, back through time, and AdaDelta.

It takes the three sets and returns the costs that its program prints, and the parameters.
"""

from typing import Any

import numpy as np

from by_hand.classifiers import Result, Sets
from by_hand.layers import Array, CombinedDraws, sigmoid, softmax

DIM = 16


def orthogonal(random: Any) -> Array:
    u, _, v = np.linalg.svd(random.randn(DIM, DIM))
    return u @ v


def begin(random: Any) -> dict[str, Array]:
    """The parameters, in the order the program draws them."""
    params = {"Wemb": 0.3 * random.randn(8, DIM)}
    for name in ("lstm_W", "lstm_U"):
        params[name] = np.concatenate([orthogonal(random) for _ in range(4)], axis=1)
    params["lstm_b"] = np.zeros(4 * DIM)
    params["U"] = 0.1 * random.randn(DIM, 10)
    params["b"] = np.zeros(10)
    return params


def forward(params: dict[str, Array], x: Array, mask: Array) -> tuple[Array, list[Any]]:
    """The mean of what the cells say, and for each step all that the way back needs."""
    h = c = np.zeros((x.shape[1], DIM))
    said, tape = np.zeros_like(h), []
    for x_t, m in zip(x, mask[:, :, None], strict=True):
        emb = x_t @ params["Wemb"]
        gates = emb @ params["lstm_W"] + params["lstm_b"] + h @ params["lstm_U"]
        i, f, o = (sigmoid(part) for part in np.split(gates[:, : 3 * DIM], 3, axis=1))
        g = np.tanh(gates[:, 3 * DIM :])
        new = m * (f * c + i * g) + (1 - m) * c
        t = np.tanh(new)
        tape.append((x_t, emb, m, h, c, i, f, o, g, t))
        h, c = m * o * t + (1 - m) * h, new
        said += m * h
    return said / mask.sum(axis=0)[:, None], tape


def backward(params: dict[str, Array], tape: list[Any], to_mean: Array) -> dict[str, Array]:
    """The gradients, from what comes back to the mean of what the cells said."""
    grads = {name: np.zeros_like(param) for name, param in params.items()}
    to_h = to_c = np.zeros_like(to_mean)
    for x_t, emb, m, h, c, i, f, o, g, t in reversed(tape):
        to_h = to_h + m * to_mean
        to_new = to_c + m * to_h * o * (1 - t**2)
        parts = [m * to_new * g * i * (1 - i), m * to_new * c * f * (1 - f)]
        parts += [m * to_h * t * o * (1 - o), m * to_new * i * (1 - g**2)]
        gates = np.concatenate(parts, axis=1)
        grads["lstm_b"] += gates.sum(axis=0)
        grads["lstm_U"] += h.T @ gates
        grads["lstm_W"] += emb.T @ gates
        grads["Wemb"] += x_t.T @ (gates @ params["lstm_W"].T)
        to_h = (1 - m) * to_h + gates @ params["lstm_U"].T
        to_c = to_new * (m * f + 1 - m)
    return grads


def prepare(images: Array, lengths: Array) -> tuple[Array, Array]:
    mask = (np.arange(8)[:, None] < lengths).astype(float)
    return images.transpose(1, 0, 2) * mask[:, :, None], mask


def lstm(sets: Sets, epochs: int) -> Result:
    """Digits row by row, cut off at different heights, with dropout and a penalty on `U`."""
    (x, y), _, (test_x, _) = sets
    random = np.random.RandomState(123)
    lengths = random.randint(6, 9, size=len(x))
    params, images = begin(random), x.reshape(-1, 8, 8)
    draw = CombinedDraws(123).binomial()
    steps, squares = ({k: np.zeros_like(p) for k, p in params.items()} for _ in range(2))
    costs = []
    for _ in range(epochs):
        order, epoch = random.permutation(len(x)), []
        for chosen in order.reshape(-1, 25):
            said, tape = forward(params, *prepare(images[chosen], lengths[chosen]))
            kept = draw(np.full(said.shape, 0.5))
            p = softmax(said * kept @ params["U"] + params["b"])
            rows, labels = np.arange(25), y[chosen]
            right = p[rows, labels]
            epoch.append(-np.log(right + 1e-8).mean() + 0.0001 * (params["U"] ** 2).sum())
            back = p * (right / (right + 1e-8) / 25)[:, None]
            back[rows, labels] -= right / (right + 1e-8) / 25
            counts = tape[0][2] * 0 + sum(step[2] for step in tape)
            grads = backward(params, tape, back @ params["U"].T * kept / counts)
            grads["U"] = (said * kept).T @ back + 0.0002 * params["U"]
            grads["b"] = back.sum(axis=0)
            adadelta(params, grads, steps, squares)
        draw(np.full((len(test_x), DIM), 0.5))  # to predict draws too, and throws it away
        costs.append(float(np.mean(epoch)))
    return costs, list(params.values())


def adadelta(params: Any, grads: Any, steps: Any, squares: Any) -> None:
    """One step of Zeiler (2012), with what it remembers of past steps and gradients."""
    for name, grad in grads.items():
        squares[name] = 0.95 * squares[name] + 0.05 * grad**2
        step = -np.sqrt(steps[name] + 1e-6) / np.sqrt(squares[name] + 1e-6) * grad
        steps[name] = 0.95 * steps[name] + 0.05 * step**2
        params[name] = params[name] + step
