"""Classifiers by hand: softmax regression, a perceptron of two layers, a small LeNet.

Each takes the three sets and returns the costs that its program prints, and the parameters.
"""

import numpy as np

from by_hand.layers import (
    Array,
    batches,
    convolve,
    convolve_back,
    cross_entropy,
    descend,
    pool,
    pool_back,
    sigmoid,
    softmax,
    weights,
)

Sets = list[tuple[Array, Array]]
Result = tuple[list[float], list[Array]]


def logistic_sgd(sets: Sets) -> Result:
    """Softmax regression, with early stopping."""
    (x, y), (valid_x, valid_y), _ = sets
    w, b = np.zeros((64, 10)), np.zeros(10)
    patience, best, costs, done = 40, np.inf, [], 0
    for _ in range(8):
        for xs, ys in zip(batches(x, 50), batches(y, 50), strict=True):
            cost, back = cross_entropy(softmax(xs @ w + b), ys)
            descend([w, b], [xs.T @ back, back.sum(axis=0)], 0.13)
            if (done + 1) % 16 == 0:
                costs.append(cost)
                wrong = np.mean((valid_x @ w + b).argmax(axis=1) != valid_y)
                if wrong < best:
                    if wrong < best * 0.995:
                        patience = max(patience, done * 2)
                    best = wrong
            if patience <= done:
                return costs, [w, b]
            done += 1
    return costs, [w, b]


def mlp(sets: Sets) -> Result:
    """tanh and softmax, with penalties on the weights."""
    w1 = weights(np.random.RandomState(1234), 64, 30)
    b1, w2, b2 = np.zeros(30), np.zeros((30, 10)), np.zeros(10)
    costs = []
    for _ in range(8):
        epoch = []
        for xs, ys in zip(*(batches(part, 20) for part in sets[0]), strict=True):
            h = np.tanh(xs @ w1 + b1)
            cost, back = cross_entropy(softmax(h @ w2 + b2), ys)
            penalty = sum(0.001 * abs(w).sum() + 0.0001 * (w**2).sum() for w in (w1, w2))
            epoch.append(cost + penalty)
            to_h = back @ w2.T * (1 - h**2)
            grads = [xs.T @ to_h, to_h.sum(axis=0), h.T @ back, back.sum(axis=0)]
            grads[0] += 0.001 * np.sign(w1) + 0.0002 * w1
            grads[2] += 0.001 * np.sign(w2) + 0.0002 * w2
            descend([w1, b1, w2, b2], grads, 0.1)
        costs.append(float(np.mean(epoch)))
    return costs, [w1, b1, w2, b2]


def lenet(sets: Sets) -> Result:
    """Two layers of convolution, pooling and tanh, then tanh, then softmax."""
    rng = np.random.RandomState(23455)
    shapes = [((6, 1, 3, 3), 9, 6 * 9 // 4), ((10, 6, 2, 2), 24, 10 * 4 // 4)]
    bounds = [np.sqrt(6.0 / (fan_in + fan_out)) for _, fan_in, fan_out in shapes]
    k0, k1 = (rng.uniform(-a, a, s[0]) for a, s in zip(bounds, shapes, strict=True))
    c0, c1 = np.zeros(6), np.zeros(10)
    w2, b2, w3, b3 = weights(rng, 10, 20), np.zeros(20), np.zeros((20, 10)), np.zeros(10)
    params = [w3, b3, w2, b2, k1, c1, k0, c0]
    costs = []
    for _ in range(16):
        epoch = []
        for xs, ys in zip(*(batches(part, 50) for part in sets[0]), strict=True):
            images = xs.reshape(-1, 1, 8, 8)
            a0 = convolve(images, k0)
            h0 = np.tanh(pool(a0) + c0[:, None, None])
            a1 = convolve(h0, k1)
            h1 = np.tanh(pool(a1) + c1[:, None, None])
            flat = h1.reshape(50, 10)
            h2 = np.tanh(flat @ w2 + b2)
            cost, back = cross_entropy(softmax(h2 @ w3 + b3), ys)
            epoch.append(cost)
            back2 = back @ w3.T * (1 - h2**2)
            back1 = (back2 @ w2.T).reshape(h1.shape) * (1 - h1**2)
            to_h0, to_k1 = convolve_back(h0, k1, pool_back(a1, back1))
            back0 = to_h0 * (1 - h0**2)
            _, to_k0 = convolve_back(images, k0, pool_back(a0, back0))
            grads = [h2.T @ back, back.sum(axis=0), flat.T @ back2, back2.sum(axis=0)]
            grads += [to_k1, back1.sum(axis=(0, 2, 3)), to_k0, back0.sum(axis=(0, 2, 3))]
            descend(params, grads, 0.3)
        costs.append(float(np.mean(epoch)))
    return costs, params


def finetune(sets: Sets, params: list[Array], rate: float, epochs: int) -> list[float]:
    """Train layers of sigmoid and a softmax; `params` are their weights and biases in turn."""
    layers = [params[i : i + 2] for i in range(0, len(params), 2)]
    costs = []
    for _ in range(epochs):
        epoch = []
        for xs, ys in zip(*(batches(part, 20) for part in sets[0]), strict=True):
            given = [xs]
            for w, b in layers[:-1]:
                given.append(sigmoid(given[-1] @ w + b))
            cost, back = cross_entropy(softmax(given[-1] @ layers[-1][0] + layers[-1][1]), ys)
            epoch.append(cost)
            grads: list[Array] = []
            for h, (w, _) in zip(given[::-1], layers[::-1], strict=True):
                grads = [h.T @ back, back.sum(axis=0), *grads]
                back = back @ w.T * h * (1 - h)
            descend(params, grads, rate)
        costs.append(float(np.mean(epoch)))
    return costs
