"""Right answers that are written in another way than the solution, and more of the wrong ones."""

import json

import pytest

import tutor.ifelse
from tutor.course.checks import judged, key_of
from tutor.course.exercises import EXERCISES, PROMISES
from tutor.course.written import read, written

SYMBOLS = """
v, G, s = T.dvector("v"), T.dvector("G"), T.dvector("s")
x, y, z, g = T.dscalars("x", "y", "z", "g")
A, X, S, V = T.dmatrix("x"), T.dmatrix("X"), T.dmatrix("S"), T.dmatrix("V")
W, b, t, n = T.dmatrix("W"), T.dvector("b"), T.dvector("t"), T.lvector("n")
Wq, Wk, Wv = T.dmatrices("Wq", "Wk", "Wv")
weights = T.nnet.softmax(s).flatten()
w, p = T.dvectors("w", "p")
P, k = T.dmatrix("P"), T.lvector("t")
low = T.tril(T.ones_like(S))
there = T.arange(S.shape[1]) < n.dimshuffle(0, "x")
"""
RIGHT = {
    "12-5": ["T.mean(T.sum(P >= P[T.arange(k.size), k][:, None], axis=1) <= 2)",
             'T.any(T.eq(T.argsort(P, axis=1)[:, -2:], k.dimshuffle(0, "x")), axis=1).mean()'],
    "14-1": ["(7, 12, -4)", "numpy.array([7.0, 12, -4])"],
    "14-2": ["(20, 8, 24, 24)"],
    "14-4": ["T.stack([T.dot(G, v[:-2]), T.dot(G, v[1:-1]), T.dot(G, v[2:])])",
             "T.stack([(G * v[i:i + G.shape[0]]).sum() for i in range(3)])"],
    "14-5": ["A.reshape((A.shape[0] // 2, 2, A.shape[1] // 2, 2)).mean(axis=(1, 3))",
             "T.signal.pool.pool_2d(A, (2, 2), ignore_border=True, mode='average_exc_pad')"],
    "14-8": ["T.concatenate([w[0] * G, [0, 0]]) + T.concatenate([[0], w[1] * G, [0]]) "
             "+ T.concatenate([[0, 0], w[2] * G])"],
    "15-1": ["2 * x * x", "(x + x) * x", "T.sqr(x) * 2"],
    "15-3": ["0.5 * (T.sin(x / 2) / (x / 2)) ** 2",
             "T.sin(x) ** 2 / (x ** 2 * (1 + T.cos(x)))"],
    "15-4": ["('log(a ** b)', 'b * log(a)', 'assumes')",
             "['log(pow(x, y))', 'log(x) * y', 'assumes']"],
    "15-5": ["[1e200, 1e200]", "(-1, -2)", "numpy.array([1e-200, 1e-200])", "[0.1, 10.0]",
             "[1e300, 1.000000000001e-300]"],
    "17-2": ["(3, 9)", "[3.0, 9]", "numpy.array([3, 9])",
             "numpy.linalg.eigvals([[6, -3], [-3, 6]])[::-1]"],
    "17-5": ["8 * v * T.dot(v, p) + 4 * T.sum(v ** 2) * p"],
    "19-2": ["T.dot(T.exp(S) / T.exp(S).sum(axis=1, keepdims=True), V)"],
    "19-4": ["weights * v - weights * T.dot(weights, v)"],
    "19-5": ["T.nnet.softmax(A.dot(Wq).dot(A.dot(Wk).T) / Wq.shape[1] ** 0.5).dot(A.dot(Wv))",
             "T.nnet.softmax(A.dot(Wq).dot(A.dot(Wk).T) / T.sqrt(Wk.shape[1])).dot(A).dot(Wv)"],
    "19-6": ["T.exp(S) * there / T.sum(T.exp(S) * there, axis=1, keepdims=True)",
             "T.nnet.softmax(S + T.log(there))", "T.nnet.softmax(T.switch(there, S, -numpy.inf))"],
    "20-3": ["T.exp(S) * low / T.sum(T.exp(S) * low, axis=1, keepdims=True)",
             "T.nnet.softmax(T.switch(low > 0, S, -numpy.inf))",
             "T.nnet.softmax(S - 1e9 * (1 - low))"],
    "21-2": ["-z / y * g", "-(g * z) / y"],
    "22-1": ["T.switch(x >= 0, x ** 2, -x / 2)", "(x > 0) * x ** 2 - (x <= 0) * x / 2",
             "theano.ifelse.ifelse(x > 0, x ** 2, -x / 2)"],
    "22-2": ["(X * X).sum(axis=1)", "T.diag(T.dot(X, X.T))", "T.sqr(X).sum(axis=-1)"],
    "22-3": ["((T.nnet.relu(A.dot(W.T) + b).dot(v) - t) ** 2).mean() + 0.01 * (W ** 2).sum()"],
    "22-4": ["16_777_216", "2.0 ** 24", "numpy.float32(2 ** 24)"],
    "23-2": ["0.01033", "(0.96 * 0.04) ** 0.5 / 360 ** 0.5"],
}
# By exercise: wrong answers that have no name of their own, and what is said about them.
MORE = {
    "02-1": [("x ** 2 / 2", "(x / 2) ** 2", "first comes the power, and then the division"),
             ("x ** 2 / 2", "x * 2 / 2", "It has 2 times where a power belongs")],
    "03-2": [("T.mean(v)", "T.sum(v)", "It takes the sum where the mean is asked for")],
    "07-1": [("[x], total,", "[x], x,", "it gives 5, and 0 is right.")],
    "12-3": [("T.mean(T.log(P[T.arange(t.size), t]))", "T.log(T.mean(P[T.arange(t.size), t]))",
              "first comes the logarithm, and then the mean")],
    "12-4": [("T.arange(Z.shape[1])", "T.arange(4)", "as in Z.shape[0], and see how")],
    "17-1": [("[[3, 2], [1, 6]]", "[[3, 1], [2, 6]]", "It is transposed")],
    "18-4": [("T.max(v)", "T.sort(v)[-1]", "and only T.exp, T.log, T.sum and T.max are allowed")],
    "20-2": [("T.dot(Q, K.T)", "T.dot(Q, K)", "With Q of the shape (3, 2), K of the")],
    "22-2": [("T.sum(X ** 2, axis=1)", "T.dot(X, X)", "With X of the shape (2, 3) it does not"),
             ("T.sum(X ** 2, axis=1)", "T.diag(T.dot(X, X.T) * T.eye(3))", "many sizes")],
    "22-4": [("2 ** 24", "2 ** 24 - 1", "16777215 is not the value."),
             ("2 ** 24", "2 ** 24 + 1.0", "16777217 is not the value.")],
}  # fmt: skip
CASES = [(name, answer) for name, answers in RIGHT.items() for answer in answers]


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_a_right_answer_in_other_words_is_right(name: str, answer: str) -> None:
    made: dict[str, object] = {}
    exec(f"{PROMISES}\n{SYMBOLS}\nanswer = {answer}", made)
    assert tutor.ifelse  # some answers ask for it
    key = key_of(EXERCISES[name])
    assert judged(key, made["answer"]) is None
    assert judged(key, read(json.loads(json.dumps(written(made["answer"]))))) is None
