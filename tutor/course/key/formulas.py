"""Parts of answers, right and wrong, and data that they are tried on.

Comes before the checks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor import tensor
from tutor.core.graph import Variable
from tutor.course.digits import digits


def noise(*shape: int, seed: int = 7) -> Any:
    """Numbers around 0 in no order."""
    return np.random.RandomState(seed + sum(shape)).randn(*shape)


def weighed(s: Variable) -> Variable:
    """The weights of scores."""
    return tensor.exp(s) / tensor.sum(tensor.exp(s))


def head(x: Variable, Wq: Variable, Wk: Variable, Wv: Variable | None, d: Variable) -> Variable:
    """A head of attention whose scores are divided by the root of d."""
    scores = tensor.dot(tensor.dot(x, Wq), tensor.dot(x, Wk).T) / tensor.sqrt(d)
    return tensor.dot(tensor.nnet.softmax(scores), x if Wv is None else tensor.dot(x, Wv))


def fixed(d: int) -> tuple[Any, str]:
    """A head whose d is written down as a number, and what is said of it."""
    return (lambda x, Wq, Wk, Wv: head(x, Wq, Wk, Wv, tensor.constant(float(d))),
            f"Its d is always {d}: take the number of columns from Wq itself.")


def spread(w: Variable, G: Variable, size: Variable) -> Variable:
    """A window of three laid over G with zeros around it, at so many places."""
    border = tensor.zeros((size - G.size + 2) // 2)
    padded = tensor.concatenate([border, G, border])
    return sum((w[i] * padded[i:i + size] for i in range(3)), tensor.zeros(size))


def within(S: Variable, n: Variable) -> Variable:
    """Where a row of scores has its letters."""
    return tensor.lt(tensor.arange(S.shape[1]), n.dimshuffle(0, "x"))


def missed(Z: Variable, t: Variable) -> Variable:
    """The probabilities of each row, less the truth."""
    return tensor.nnet.softmax(Z) - tensor.eq(tensor.arange(Z.shape[1]), t.dimshuffle(0, "x"))


def larger(P: Variable, t: Variable) -> Variable:
    """How many numbers of each row are larger than that of the true class."""
    own = P[tensor.arange(t.size), t].dimshuffle(0, "x")
    return tensor.sum(tensor.gt(P, own), axis=1)


def masked(number: float) -> tuple[Any, str]:
    """Weights whose mask is a number that scores may have, and what is said of it."""
    return (lambda S: tensor.nnet.softmax(
        tensor.switch(tensor.tril(tensor.ones_like(S)) > 0, S, number)),
        "Such a mask is a score like any other: next to smaller ones it gets the weight.")


def blanked(number: float) -> tuple[Any, str]:
    """Weights whose blanks get a number that scores may have, and what is said of it."""
    return (lambda S, n: tensor.nnet.softmax(tensor.switch(within(S, n), S, number)),
            "Such a mask is a score like any other: next to smaller ones it gets the weight.")


def late(S: Variable) -> Variable:
    """Weights without later letters, that were shared out before these were left out."""
    left = tensor.nnet.softmax(S) * tensor.tril(tensor.ones_like(S))
    return left / tensor.sum(left, axis=1, keepdims=True)


def cost_of(active: Any, power: int, x: Variable, W: Variable, b: Variable, v: Variable,
            t: Variable) -> Variable:
    """The cost of a perceptron with weight decay."""
    p = tensor.dot(active(tensor.dot(x, W.T) + b), v)
    return tensor.mean((p - t) ** 2) + 0.01 * tensor.sum(W ** power)


def portions() -> list[tuple[Any, Any]]:
    """Sixty minibatches of fifty training digits."""
    training = digits().split()[0]
    rows = [np.random.RandomState(number).randint(len(training.y), size=50)
            for number in range(60)]
    return [(training.x[some], training.y[some]) for some in rows]
